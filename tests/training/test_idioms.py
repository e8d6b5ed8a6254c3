"""What people say freely of a camera: balanced, plain to a reader, clear of the words of other classes."""

import random
import re
from collections import Counter
from typing import get_args

import pytest

from i2v_cli.training.captions import Move, Wish, caption, pace_of
from i2v_cli.training.evaluate import WORDINGS
from i2v_cli.training.grammar import tidy
from i2v_cli.training.idioms import (
    IDIOMS,
    PROMPTS,
    amid,
    any_whole,
    idioms,
    moving,
    moving_too,
    resting,
    whole,
)
from i2v_cli.training.motion import TRAVEL_AXES, travels
from i2v_cli.training.wishes import Axis, Region

COUNT = 3000
PACED = (
    r"\b(slow\w*|fast\w*|quick\w*|rapid\w*|swift\w*|gentl\w*|gradual\w*|stead\w*|smooth\w*|pace|speed\w*|hurry|"
    r"whip|crash|creep\w*|rush\w*|inch\w*|little by little|bit by bit)\b"
)
ORDERED = r"\b(then|before|after|later|next|first|finally|followed|once)\b|->"
OWN = {
    ("pan", 1): r"\bright",
    ("pan", -1): r"\bleft",
    ("roll", 1): r"(?<!counter)(?<!counter-)(?<!anti)(?<!anti-)clockwise|\bright\b",
    ("roll", -1): r"counter-?clockwise|anti-?clockwise|\bleft\b",
}


def unsaid(move: Move, seed: int) -> str:
    return tidy(moving(move, pace_of(1.0), random.Random(seed)))


def test_the_classes_are_the_axes_a_resting_camera_and_bystanders():
    assert set(idioms()) == {*get_args(Axis), "static", "bystander"}


@pytest.mark.parametrize(
    ("kind", "least"), [("pan", 150), ("tilt", 150), ("zoom", 150), ("static", 150), ("roll", 40)]
)
def test_every_class_has_very_many_different_phrases(kind, least):
    assert len(set(idioms()[kind])) == len(idioms()[kind]) >= least


@pytest.mark.parametrize("axis", get_args(Axis))
def test_a_phrase_of_an_axis_tells_both_signs_apart(axis):
    assert all(re.search(r"\([^()/]*/[^()/]*\)", phrase) for phrase in idioms()[axis])


@pytest.mark.parametrize("axis", TRAVEL_AXES)
@pytest.mark.parametrize("sign", [1, -1])
def test_many_idioms_of_an_axis_move_the_camera_itself(axis, sign):
    said = {unsaid(Move(axis, sign), seed) for seed in range(COUNT)}
    assert 40 < sum(map(travels, said)) < 0.5 * len(said)


def test_no_bystander_makes_the_camera_travel():
    assert not any(map(travels, idioms()["bystander"]))


def test_phrases_are_of_every_length():
    lengths = Counter(len(phrase.split()) for phrases in idioms().values() for phrase in phrases)
    assert min(lengths) == 1
    assert max(lengths) > 25


@pytest.mark.parametrize("phrase", [phrase for phrases in idioms().values() for phrase in phrases])
def test_a_phrase_names_no_speed_and_no_order(phrase):
    words = re.sub(r"first frame|first to|the same|as the clip", "", phrase)
    if phrase not in idioms()["static"]:
        assert not re.search(PACED, words), phrase
    assert phrase in idioms()["static"] or not re.search(ORDERED, words), phrase


@pytest.mark.parametrize("key", OWN, ids=lambda key: f"{key[0]}{key[1]:+d}")
def test_a_sideways_idiom_names_its_own_side(key):
    for seed in range(COUNT):
        assert re.search(OWN[key], unsaid(Move(*key), seed)), unsaid(Move(*key), seed)


@pytest.mark.parametrize("axis", get_args(Axis))
def test_no_idiom_serves_two_classes(axis):
    up, down = ({unsaid(Move(axis, sign), seed) for seed in range(COUNT)} for sign in (1, -1))
    assert not up & down


def test_idioms_read_clean():
    rng = random.Random(0)
    for _ in range(COUNT):
        axis, sign = rng.choice(get_args(Axis)), rng.choice((-1, 1))
        for line in (moving(Move(axis, sign), pace_of(1.0), rng), resting((), rng)):
            assert not re.search(r"[<{}\[\]|/~@#()]", amid(line, (), rng)), line


def test_a_speed_stands_where_the_phrase_leaves_room_for_it():
    for seed in range(COUNT):
        text = moving(Move("tilt", 1, 0.55), pace_of(0.55), random.Random(seed))
        assert "~" not in text
        assert re.search(
            r"slow|gent|soft|gradual|leisure|hurr|lazi|subtl|little by|bit by|time|speed", text
        ), text


def test_idioms_beside_another_move_do_not_exclude_it():
    for seed in range(COUNT):
        text = moving_too(Move("zoom", 1), pace_of(1.0), random.Random(seed))
        assert not re.search(r"\b(no|not|only|just|neither|nothing|without)\b", text), text


def test_the_photos_own_subject_is_no_bystander():
    dog, rng = (Region("brown dog", "subject"),), random.Random(0)
    for _ in range(COUNT):
        assert "dog" not in amid(resting(dog, rng), dog, rng)


def test_bystanders_go_every_way_whatever_the_camera_does():
    rng = random.Random(0)
    ways = Counter(
        way for _ in range(COUNT) for way in re.findall(r"\b(left|right|up|down)$", amid("x", (), rng))
    )
    assert ways["left"] == pytest.approx(ways["right"], rel=0.2)
    assert ways["up"] == pytest.approx(ways["down"], rel=0.4)


def test_about_half_of_the_captions_hold_an_idiom(monkeypatch):
    said = []
    monkeypatch.setattr("i2v_cli.training.captions._idiom", lambda *_: said.append(1) or "the camera does it")
    rng = random.Random(0)
    for _ in range(COUNT):
        caption(Wish((Move(rng.choice(("pan", "tilt")), 1, rng.choice((1.0, 1.0, 0.55))),)), rng)
    assert 0.35 < len(said) / COUNT < 0.65


def test_the_phrases_are_in_the_package():
    assert IDIOMS.is_file()
    assert IDIOMS.read_text(encoding="utf-8").isascii()


def test_there_are_very_many_whole_prompts_of_every_class_and_none_is_a_test():
    prompts = idioms(PROMPTS)
    assert set(prompts) == {*get_args(Axis), "static"}
    assert all(len(set(prompts[kind])) == len(prompts[kind]) >= 50 for kind in prompts)
    tests = {words for _, words in (line.split("\t") for line in WORDINGS.read_text().splitlines())}
    assert not tests & {phrase for phrases in prompts.values() for phrase in phrases}


@pytest.mark.parametrize("axis", get_args(Axis))
def test_a_whole_prompt_tells_both_signs_apart_and_reads_clean(axis):
    for seed in range(COUNT):
        up, down = (whole(Move(axis, sign), (), random.Random(seed)) for sign in (1, -1))
        assert up != down
        assert not re.search(r"[<{}\[\]|]|\([^()]*/[^()]*\)", up + down), up


def test_a_whole_prompt_says_nothing_of_what_the_photo_could_move():
    sea, rng = (Region("grey sea", "water"),), random.Random(0)
    for _ in range(COUNT):
        assert not re.search(r"\bseas?\b", whole(None, sea, rng).lower())


def test_a_subject_with_a_short_name_leaves_phrases_to_choose_from():
    assert whole(Move("pan", 1), (Region("t", "subject"),), random.Random(0))


def test_any_whole_prompt_comes_with_the_move_that_it_asks_for():
    static = {phrase.rstrip(".") for phrase in idioms(PROMPTS)["static"]}
    rng, signs = random.Random(0), Counter()
    for _ in range(COUNT):
        move, words = any_whole(rng)
        signs[move and move.sign] += 1
        assert words.rstrip(".") not in static or move is None
    assert signs[1] == pytest.approx(signs[-1], rel=0.15)
    assert 0.15 < signs[None] / COUNT < 0.3
