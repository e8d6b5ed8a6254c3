"""Captions say what their wish says, in very many ways."""

import random
import re
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from i2v_cli.training.captions import LONGEST, Move, Wish, caption, pace_of, sample
from i2v_cli.training.grammar import inflect
from i2v_cli.training.phrases import ACTIONS

COUNT = 20_000
SUBJECTS = ("frog", "crowned crane", "red balloon", "old sailor")
CAMERA_MOVES = re.compile(
    r"\b(camera|cam|shot|view|we) (is |starts |keeps |should |slowly |gently |first )*"
    r"(pan|tilt|zoom|roll|dolly|truck|pedestal|crane|mov|push|pull|swing|rotat|drift|ris)(s|es|ies|ing|ning|ming|ling)?\b"
)
BENCHMARK = re.compile(r", camera (static|(pan|tilt|zoom|roll)s (left|right|up|down|in|out|\w*clockwise))$")
NEGATED = re.compile(r"\b(no|not|don't|without|instead|never|neither|shouldn't|doesn't)\b")


@cache
def drawn() -> list[tuple[Wish, str]]:
    rng = random.Random(0)
    wishes = [sample(rng, SUBJECTS) for _ in range(COUNT)]
    return [(wish, caption(wish, rng)) for wish in wishes]


@pytest.fixture
def bare(monkeypatch) -> Callable[[Wish, int], str]:
    """A lower-case caption without scene, chatter and typos: only the wish speaks."""
    monkeypatch.setattr("i2v_cli.training.captions._scene", lambda rng: [])
    monkeypatch.setattr("i2v_cli.training.captions.CHATTER", "please")
    monkeypatch.setattr("i2v_cli.training.grammar._mistype", lambda text, rng: text)
    return lambda wish, seed: caption(wish, random.Random(seed)).lower()


def share(predicate) -> float:
    return sum(predicate(wish, text) for wish, text in drawn()) / COUNT


def test_same_seed_gives_same_captions():
    one, two = random.Random(5), random.Random(5)
    assert [caption(sample(one, SUBJECTS), one) for _ in range(300)] == [
        caption(sample(two, SUBJECTS), two) for _ in range(300)
    ]


def test_more_than_nine_of_ten_captions_are_unique():
    assert len({text.lower() for _, text in drawn()}) > 0.9 * COUNT


def test_captions_are_short_clean_ascii_lines():
    for _, text in drawn():
        assert 3 <= len(text) <= LONGEST + 1 < 400
        assert text.isascii()
        assert not re.search(r"[\[\]{}|<]|  | / ", text), text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (lambda wish, _: not wish.moves and wish.spoken, 0.15),
        (lambda wish, _: not wish.moves and not wish.spoken, 0.10),
        (lambda wish, _: len(wish.moves) == 1, 0.50),
        (lambda wish, _: len(wish.moves) == 2 and not wish.sequence, 0.18),
        (lambda wish, _: wish.sequence, 0.07),
        (lambda wish, _: bool(wish.subject), 0.25),
        (
            lambda wish, text: bool(
                re.search(r", camera (static|\w+s (left|right|up|down|in|out|\w*clockwise))$", text)
            ),
            0.15,
        ),
    ],
    ids=["static", "unspoken", "one move", "two at once", "sequence", "subject", "benchmark suffix"],
)
def test_distribution_is_within_two_percent(kind, expected):
    assert share(kind) == pytest.approx(expected, abs=0.02)


def test_unspoken_speed_is_the_commonest_and_every_pace_occurs():
    speeds = Counter(move.speed for wish, _ in drawn() for move in wish.moves)
    assert speeds[1.0] / speeds.total() == pytest.approx(0.45, abs=0.02)
    assert len({pace_of(speed).limit for speed in speeds}) == 6


def test_every_axis_and_sign_occurs_often():
    moves = Counter((move.axis, move.sign) for wish, _ in drawn() for move in wish.moves)
    assert len(moves) == 8
    assert min(moves.values()) > 0.04 * COUNT


def test_moves_at_once_have_different_axes():
    for wish, _ in drawn():
        if len(wish.moves) == 2 and not wish.sequence:
            assert wish.moves[0].axis != wish.moves[1].axis


def test_static_caption_never_moves_the_camera():
    for wish, text in drawn():
        if not wish.moves:
            match = CAMERA_MOVES.search(text.lower())
            assert not match or NEGATED.search(text.lower()), text


def test_unspoken_caption_never_mentions_the_camera():
    for wish, text in drawn():
        if not wish.spoken:
            assert not re.search(
                r"\b(camera|cam|tripod|zoom|pan (left|right|up|down)|tilt (up|down))\b", text.lower()
            ), text


@pytest.mark.parametrize(("sign", "own", "other"), [(-1, "left", "right"), (1, "right", "left")])
def test_a_plain_pan_names_its_side_last_and_the_other_only_as_its_origin(bare, sign, own, other):
    for seed in range(3000):
        text = bare(Wish((Move("pan", sign),)), seed)
        assert own in text, text
        if not NEGATED.search(text):
            assert text.rindex(own) > text.rfind(other), text


@pytest.mark.parametrize(
    ("move", "forbidden"),
    [
        (Move("tilt", 1), r"\b(down\w*|lower|below|ground(?! up)|left|right|\w*clockwise)\b"),
        (Move("tilt", -1), r"\b(up|upward\w*|higher|above|left|right|\w*clockwise)\b"),
        (
            Move("zoom", 1),
            r"\b(out|back|away|wider|backward\w*|left|right|down|(?<!close-)up\b(?! close)|\w*clockwise)\b",
        ),
        (
            Move("zoom", -1),
            r"\b(in\b(?! (the|this|a|one|middle|frame))|closer|forward\w*|left|right|down|\w*clockwise)\b",
        ),
        (Move("roll", 1), r"\b(counter\w*|anti\w*|left)\b"),
        (Move("roll", -1), r"(?<!counter)(?<!anti)(?<!counter.)(?<!anti.)\bclockwise|\bright\b"),
    ],
    ids=lambda value: f"{value.axis}{value.sign:+d}" if isinstance(value, Move) else "",
)
def test_a_plain_move_never_says_the_opposite(bare, move, forbidden):
    for seed in range(3000):
        text = bare(Wish((move,)), seed)
        match = re.search(forbidden, text)
        assert not match or NEGATED.search(text), text


@pytest.mark.parametrize("speed", [0.3, 0.55, 0.8, 1.5, 1.7])
def test_a_speed_is_named_by_its_class_only(bare, speed):
    one, near = Wish((Move("tilt", 1, speed),)), Wish((Move("tilt", 1, speed * 1.01),))
    for seed in range(200):
        assert bare(one, seed) == bare(near, seed)


def test_an_unspoken_speed_is_not_named(bare):
    pace = (
        r"slow|fast|quick|rapid|swift|gentl|gradual|steadi|smooth|pace|speed|hurry|whip|crash|creep|rush|inch"
    )
    for seed in range(3000):
        text = bare(Wish((Move("zoom", -1),)), seed)
        assert not re.search(pace, text), text


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (0.55, r"slow|gent|soft|gradual|leisure|unhurr|lazily|subtl|little by|hurry|bit by|time|low speed"),
        (1.5, r"fast|quick|rapid|swift|brisk|speed|energetic|hurr|urgency"),
    ],
)
def test_a_spoken_speed_is_always_named(bare, speed, words):
    for seed in range(1000):
        text = bare(Wish((Move("pan", 1, speed),)), seed)
        assert re.search(words, text), text


def test_a_sequence_says_its_order(bare):
    order = r"then|before|after|later|next|first|final|follow|once|->|step 1|2\)|finish|ends|turns into"
    wish = Wish((Move("zoom", 1), Move("pan", -1)), sequence=True)
    for seed in range(3000):
        text = bare(wish, seed)
        assert re.search(order, text), text


def test_moves_at_once_never_sound_like_a_sequence(bare):
    order = r"\b(then|before|after|later|next|first|finally|followed|once)\b|->"
    wish = Wish((Move("zoom", 1), Move("pan", -1, 0.55)))
    for seed in range(3000):
        text = bare(wish, seed)
        assert not re.search(order, text.replace("at once", "")), text
        assert "left" in text, text


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_subject_is_named(bare, action):
    for seed in range(500):
        assert "frog" in bare(Wish((Move("pan", 1),), subject="frog", action=action), seed)


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("pan", "pans panning panned"),
        ("dolly", "dollies dollying dollied"),
        ("push", "pushes pushing pushed"),
        ("rise", "rises rising rose"),
        ("whip-pan", "whip-pans whip-panning whip-panned"),
        ("move", "moves moving moved"),
    ],
)
def test_verbs_inflect(verb, forms):
    assert [inflect(verb, form) for form in ("finite", "gerund", "past")] == forms.split()
