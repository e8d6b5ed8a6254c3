"""Captions say what their wish says, in very many ways."""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from i2v_cli.training.captions import LONGEST, Move, Wish, caption, pace_of, sample
from i2v_cli.training.grammar import inflect, plural
from i2v_cli.training.wishes import ACTIONS_OF, HEADINGS, LIGHTS, Region, Stir

COUNT = 20_000
PHOTOS = tuple(
    tuple(Region(name, kind) for name, kind in photo)
    for photo in (
        (("lake", "water"), ("cloudy sky", "sky"), ("trees", "foliage"), ("castle", "building")),
        (("red panda", "subject"), ("bamboo leaves", "foliage"), ("branch", "object")),
        (("candle flame", "fire"), ("smoke", "smoke"), ("table", "object")),
        (("flag", "cloth"), ("street lamps", "light"), ("dry grass", "grass")),
        (("waterfall", "water"), ("mist", "smoke"), ("tulips", "flower")),
        (("river", "water"), ("sky", "sky")),
    )
)
# Words that only the region, or anything of its kind, is called by.
CALLED = {
    "sky": r"sky|clouds?|heavens",
    "water": r"waters?|lake|river|waterfall|pond|loch|tarn|lagoon|bay|stream|creek|brook|current",
    "foliage": r"trees|branches|treetops|twigs|foliage|lea(f|ves)|greenery|plants|vegetation|wood(s|land|ed)|"
    r"grove|thicket|jungle|pines|birches|oaks|willows|spruces|tree crowns|boughs|canopy|forest",
    "grass": r"grass(y|land)?|meadow|pasture|prairie|moor(land)?|turf|savanna|steppe|fields|lawn|"
    r"clover|marsh",
    "flower": r"tulips|flowers|blossoms|petals|blooms|wildflowers|daisies|poppies|roses|lilies",
    "fire": r"flames?|candle|candlelight",
    "smoke": r"smoke|mist|fog|haze",
    "light": r"lamps|lights",
    "cloth": r"flag|fabric|cloth",
    "subject": r"panda|subject|animal|creature",
}
HEADED = {
    "left": r"\bleft",
    "right": r"\bright",
    "up": r"\b(up|upwards?|ris(e|es|ing)|ascend\w*|climb\w*|into (the )?air|toward (the )?sky)\b",
    "down": r"\b(down|downwards?|fall(s|ing)?|top to bottom)\b",
}
SOFT = r"gent|soft|slight|\blight|subtl|calm|little|slow|\blaz|leisure|faint|tiny|hurry"
STRONG = r"strong|wild|heav(y|il)|violent|powerful|intense|vigorous|fierce|storm|very much|a lot|"
STRONG += r"force|mad\b|hard|fast|quick|rapid|swift|high speed"
CAMERA_MOVES = re.compile(
    r"\b(camera|cam|shot|view|we) (is |starts |keeps |should |slowly |gently |first )*"
    r"(pan|tilt|zoom|roll|dolly|truck|pedestal|crane|mov|push|pull|swing|rotat|drift|ris)(s|es|ies|ing|ning|ming|ling)?\b"
)
BENCHMARK = re.compile(r", camera (static|(pan|tilt|zoom|roll)s (left|right|up|down|in|out|\w*clockwise))$")
NEGATED = re.compile(r"\b(no|not|don't|without|instead|never|neither|shouldn't|doesn't)\b")
REFUSED = re.compile(NEGATED.pattern + r"|\b(skip|spare|(sea)?sick|dont|doesnt)\b")


@cache
def drawn() -> list[tuple[Wish, str]]:
    rng = random.Random(0)
    wishes = [sample(rng, ()) for _ in range(COUNT)]
    return [(wish, caption(wish, rng)) for wish in wishes]


@cache
def labelled() -> list[tuple[Wish, str]]:
    rng = random.Random(1)
    drawn = []
    for _ in range(COUNT):
        photo = rng.choice(PHOTOS)
        wish = sample(rng, photo)
        drawn.append((wish, caption(wish, rng, photo)))
    return drawn


@pytest.fixture
def bare(monkeypatch) -> Callable[[Wish, int], str]:
    """A lower-case caption without scene, chatter and typos: only the wish speaks."""
    monkeypatch.setattr("i2v_cli.training.captions._scene", lambda regions, rng: [])
    monkeypatch.setattr("i2v_cli.training.captions.CHATTER", "please")
    monkeypatch.setattr("i2v_cli.training.captions.QUALITY", "4k / 8k / hd / uhd")
    monkeypatch.setattr("i2v_cli.training.grammar._mistype", lambda text, rng: text)
    return lambda wish, seed, regions=(): caption(wish, random.Random(seed), regions).lower()


@pytest.fixture
def grammatical(bare, monkeypatch) -> Callable[[Wish, int], str]:
    """As `bare`, without the idioms, which may name the opposite: "do not look down, look up"."""
    monkeypatch.setattr("i2v_cli.training.captions.IDIOMATIC", 0)
    return bare


def share(predicate, drawn) -> float:
    return sum(predicate(wish, text) for wish, text in drawn) / len(drawn)


def every_stir() -> list[Stir]:
    regions = {region.kind: region for photo in reversed(PHOTOS) for region in photo}
    return [
        Stir(regions[kind].name, kind, action, heading)
        for kind, actions in ACTIONS_OF.items()
        for action in actions
        for heading, _ in HEADINGS.get((kind, action), (("", 1),))
    ]


def test_same_seed_gives_same_captions():
    one, two = random.Random(5), random.Random(5)
    photo = PHOTOS[0]
    assert [caption(sample(one, photo), one, photo) for _ in range(300)] == [
        caption(sample(two, photo), two, photo) for _ in range(300)
    ]


@pytest.mark.parametrize("draw", [drawn, labelled])
def test_more_than_nine_of_ten_captions_are_unique(draw):
    assert len({text.lower() for _, text in draw()}) > 0.9 * COUNT


def test_captions_are_short_clean_ascii_lines():
    for _, text in drawn() + labelled():
        assert 3 <= len(text) <= LONGEST + 1 < 400
        assert text.isascii()
        assert not re.search(r"[\[\]{}|<]|  | / ", text), text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (lambda wish, _: not wish.moves and wish.spoken, 0.16),
        (lambda wish, _: not wish.moves and not wish.spoken, 0.10),
        (lambda wish, _: len(wish.moves) == 1, 0.58),
        (lambda wish, _: len(wish.moves) == 2, 0.16),
        (lambda wish, _: bool(wish.light), 0.05),
        (
            lambda wish, text: bool(
                re.search(r", camera (static|\w+s (left|right|up|down|in|out|\w*clockwise))$", text)
            ),
            0.15,
        ),
    ],
    ids=["static", "unspoken", "one move", "two at once", "light", "benchmark suffix"],
)
def test_distribution_without_regions_is_within_two_percent(kind, expected):
    assert share(kind, drawn()) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (lambda wish, _: len(wish.stirs) == 1 and not wish.alive, 0.45),
        (lambda wish, _: len(wish.stirs) == 2 and not wish.alive, 0.08),
        (lambda wish, _: wish.alive, 0.02),
        (lambda wish, _: bool(wish.light), 0.05),
    ],
    ids=["one stir", "two", "alive", "light"],
)
def test_distribution_with_regions_is_within_two_percent(kind, expected):
    assert share(kind, labelled()) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (lambda wish, _: not wish.moves and wish.spoken, 0.30),
        (lambda wish, _: not wish.moves and not wish.spoken, 0.30),
        (lambda wish, _: len(wish.moves) == 1, 0.40),
    ],
    ids=["static", "unspoken", "one move"],
)
def test_beside_a_stir_the_camera_mostly_rests(kind, expected):
    beside = [(wish, text) for wish, text in labelled() if wish.stirs and not wish.alive]
    assert share(kind, beside) == pytest.approx(expected, abs=0.02)
    assert all(move.speed <= 1.0 for wish, _ in beside for move in wish.moves)


def test_the_camera_moves_as_without_regions_where_nothing_stirs():
    still = [(wish, text) for wish, text in labelled() if not wish.stirs]
    assert share(lambda wish, _: len(wish.moves) == 1, still) == pytest.approx(0.58, abs=0.02)
    assert share(lambda wish, _: len(wish.moves) == 2, still) == pytest.approx(0.16, abs=0.02)


def test_every_action_heading_and_strength_occurs():
    stirs = [stir for wish, _ in labelled() for stir in wish.stirs]
    seen = {(stir.kind, stir.action) for stir in stirs}
    assert seen == {(kind, action) for kind, actions in ACTIONS_OF.items() for action in actions}
    assert {stir.heading for stir in stirs} == {"", "left", "right", "up", "down"}
    assert {stir.strength for stir in stirs} == {0.5, 1.0, 1.6}
    assert {wish.light for wish, _ in labelled()} == {"", *LIGHTS}


def test_a_photo_comes_alive_with_at_most_three_regions_and_no_word_on_the_camera():
    for wish, _ in labelled():
        if wish.alive:
            assert 1 <= len(wish.stirs) <= 3
            assert not wish.spoken
            assert not any(stir.heading for stir in wish.stirs)


def test_what_stirs_at_once_is_of_different_kinds_for_all_of_a_kind_moves_alike():
    rng = random.Random(3)
    regions = [Region("maples", "foliage"), Region("birches", "foliage"), Region("meadow", "grass")]
    wishes = [sample(rng, regions) for _ in range(2000)]
    kinds = [[stir.kind for stir in wish.stirs] for wish in wishes]
    assert all(len(set(several)) == len(several) for several in kinds)
    assert ["foliage", "grass"] in kinds and ["grass", "foliage"] in kinds
    assert max(map(len, ([stir.kind for stir in sample(rng, regions[:2]).stirs] for _ in range(500)))) == 1


def test_nothing_of_a_kind_is_said_to_rest_while_it_stirs():
    rng = random.Random(4)
    regions = [Region("maples", "foliage"), Region("birches", "foliage"), Region("lake", "water")]
    for _ in range(1000):
        wish = sample(rng, regions)
        words = caption(wish, rng, regions)
        if [stir.name for stir in wish.stirs] == ["maples"]:
            assert not re.search(r"birches[^,.;]* (still|motionless|frozen|not move)", words), words


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
        if len(wish.moves) == 2:
            assert wish.moves[0].axis != wish.moves[1].axis


def test_static_caption_never_moves_the_camera():
    for wish, text in drawn():
        if not wish.moves:
            match = CAMERA_MOVES.search(text.lower())
            assert not match or REFUSED.search(text.lower()), text


def test_unspoken_caption_never_mentions_the_camera():
    for wish, text in drawn():
        if not wish.spoken:
            assert not re.search(
                r"\b(camera|cam|tripod|zoom|pan (left|right|up|down)|tilt (up|down))\b", text.lower()
            ), text


@pytest.mark.parametrize(("sign", "own", "other"), [(-1, "left", "right"), (1, "right", "left")])
def test_a_plain_pan_names_its_side_last_and_the_other_only_as_its_origin(grammatical, sign, own, other):
    for seed in range(3000):
        text = grammatical(Wish((Move("pan", sign),)), seed)
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
def test_a_plain_move_never_says_the_opposite(grammatical, move, forbidden):
    for seed in range(3000):
        text = grammatical(Wish((move,)), seed)
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


def test_moves_at_once_never_sound_like_a_sequence(bare):
    order = r"\b(then|before|after|later|next|first|finally|followed|once)\b|->"
    wish = Wish((Move("zoom", 1), Move("pan", -1, 0.55)))
    for seed in range(3000):
        text = bare(wish, seed)
        assert not re.search(order, text.replace("at once", "")), text
        assert "left" in text, text


@pytest.mark.parametrize("moves", [(), (Move("pan", 1),)], ids=["static", "pan"])
@pytest.mark.parametrize("stir", every_stir(), ids=lambda stir: f"{stir.kind}-{stir.action}-{stir.heading}")
def test_a_stir_names_its_region(bare, stir, moves):
    for seed in range(300):
        text = bare(Wish(moves, stirs=(stir,)), seed)
        assert re.search(rf"\b({CALLED[stir.kind]})\b", text), text


@pytest.mark.parametrize("stir", every_stir(), ids=lambda stir: f"{stir.kind}-{stir.action}-{stir.heading}")
def test_a_heading_is_spoken_only_where_it_is_set(bare, stir):
    for seed in range(500):
        text = bare(Wish((), stirs=(stir,), spoken=False), seed).replace("waterfall", "water")
        if stir.heading in {"left", "right"}:
            rest = text.replace("from left to right", "right").replace("from right to left", "left")
            other = {"left": "right", "right": "left"}[stir.heading]
            assert re.search(HEADED[stir.heading], rest), text
            assert not re.search(HEADED[other], rest), text
        elif stir.heading:
            assert re.search(HEADED[stir.heading], text), text
        elif (stir.kind, stir.action) in HEADINGS:
            assert not re.search("|".join(HEADED.values()), text), text


@pytest.mark.parametrize("stir", every_stir(), ids=lambda stir: f"{stir.kind}-{stir.action}-{stir.heading}")
def test_a_strength_is_spoken_only_where_it_is_set(bare, stir):
    for seed in range(300):
        said = {
            strength: bare(Wish((), stirs=(replace(stir, strength=strength),), spoken=False), seed)
            for strength in (0.5, 1.0, 1.6)
        }
        assert re.search(SOFT, said[0.5]), said[0.5]
        assert re.search(STRONG, said[1.6]), said[1.6]
        plain = re.sub(r"\blights?\b|candlelight", "", said[1.0])
        assert not re.search(rf"{SOFT}|{STRONG}", plain), said[1.0]


def test_two_stirs_name_both_regions(bare):
    lake, trees = Stir("lake", "water", "ripple"), Stir("trees", "foliage", "sway")
    for seed in range(1000):
        text = bare(Wish((), stirs=(lake, trees)), seed, PHOTOS[0])
        assert re.search(CALLED["water"], text), text
        assert re.search(CALLED["foliage"], text), text


def test_a_region_is_called_by_its_name_where_the_photo_has_another_of_its_kind(bare):
    photo = (Region("palm trees", "foliage"), Region("fern", "foliage"))
    for seed in range(500):
        assert "fern" in bare(Wish((), stirs=(Stir("fern", "foliage", "sway"),)), seed, photo)


STIRRING = re.compile(
    r"\b(lake|water|river|clouds|sky|trees|leaves|grass|flame|smoke|mist|flag|lamps|tulips|panda|branches|"
    r"waterfall|fabric|flowers|foliage|subject|animal) "
    r"(is |are |starts? |begins? (to )?|keeps? |should |to |\w+ly )*"
    r"(drift|mov|rippl|shimmer|wave|swell|flow|run|stream|sway|rustl|trembl|flicker|danc|burn|ris|curl|pulse|"
    r"blink|twinkl|flutter|flap|bob|bounc|breath|shiver|stir)(e|es|s|ed|ing)?\b"
)


def test_without_stirs_nothing_is_asked_to_stir(bare):
    rng = random.Random(2)
    for seed in range(COUNT // 2):
        photo = rng.choice(PHOTOS)
        wish = sample(rng, photo)
        if not wish.stirs:
            text = bare(wish, seed, photo)
            assert not STIRRING.search(text) or NEGATED.search(text), text
            assert not re.search(
                r"\b(come alive|to life|animate (this|the)|ripples|(?<!no )wind)\b", text
            ) or (NEGATED.search(text)), text


def test_no_scene_description_stirs_by_itself_though_animals_may():
    for wish, text in labelled() + drawn():
        if not wish.stirs:
            said = text.lower().replace("a panda", "it")
            assert not STIRRING.search(said) or NEGATED.search(said), text


def test_a_scene_description_never_tells_of_the_photos_own_subject():
    photo, rng = (Region("red panda", "subject"), Region("branch", "object")), random.Random(3)
    for _ in range(COUNT // 4):
        text = caption(Wish((), spoken=False), rng, photo).lower()
        assert not re.search(r"\ba panda\b", text), text


def test_some_captions_say_that_regions_are_still():
    calm = r"\b(calm|motionless|frozen|do not move|does not move|stays? \w* ?still|nothing|no wind)\b"
    still = [(wish, text) for wish, text in labelled() if not wish.stirs]
    assert 0.05 < share(lambda _, text: bool(re.search(calm, text.lower())), still) < 0.2


LIT = (
    r"lightning|dusk|sunrise|sunset|golden|dark|bright|dawn|nightfall|warm|cold|blue|flash|"
    r"sun (rises|comes)|light (fades|turns|grows|cools)"
)


def test_light_is_spoken_of_where_it_changes_and_only_there(bare):
    known = set()
    for light in ("", *LIGHTS):
        for seed in range(500):
            text = bare(Wish((Move("pan", 1),), light=light), seed, PHOTOS[1])
            known.add((text, light))
            if not light:
                assert not re.search(LIT, text), text
    assert len({text for text, _ in known}) == len(known)


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("trees on the hill", True),
        ("blades of grass", True),
        ("people walking", True),
        ("grass", False),
        ("rhinoceros", False),
        ("surface of the waters", False),
        ("woman with trumpets", False),
    ],
)
def test_a_noun_phrase_is_plural_by_its_head(noun, many):
    assert plural(noun) is many


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
