"""The sentences that people would write for a wish: the text half of a training example.

`caption` words a wish in one of very many ways, often amid a scene description that speaks of other
movements. A reader can always recover each move's axis and sign, and what stirs.
What the camera does is said here, or in whole wordings in `idioms`, what moves by itself in `stirs`; the
vocabulary is in `words`, `phrases` and `scenes`.
"""

import random
import re
from collections.abc import Sequence

from i2v_cli.training.grammar import Form, entries, expand, head, inflect, pick, polish, tidy, weighted
from i2v_cli.training.idioms import amid, moving, moving_too, resting
from i2v_cli.training.phrases import (
    FRAMES,
    IDIOMS_TOGETHER,
    NOUNS_TOGETHER,
    STATIC_REQUESTS,
    STATIC_SENTENCES,
    STATIC_TAGS,
    TOGETHER,
)
from i2v_cli.training.scenes import CHATTER, QUALITY
from i2v_cli.training.stirs import calm_line, clause, sight, stir_lines
from i2v_cli.training.wishes import AXES, KINDS_OF_REGION, LIGHTS, Axis, Move, Region, Stir, Wish, sample
from i2v_cli.training.words import HEADLONG, LEXICON, PACES, UNWANTED, Pace

__all__ = ["KINDS_OF_REGION", "LIGHTS", "Move", "Region", "Stir", "Wish", "caption", "sample"]

LONGEST = 360  # characters; a text encoder of 128 tokens reads all of it
FORMS: dict[str, Form] = {"base": "base", "gerund": "gerund", "past": "past"}
STYLES = (
    ("finite", 22),
    ("base", 15),
    ("imperative", 18),
    ("noun", 16),
    ("gerund", 11),
    ("effect", 9),
    ("contrast", 5),
    ("tags", 6),
    ("past", 4),
)
SHOWN = 0.4  # of the scene descriptions of a labelled photo: they say what it really shows
# Of what is composed about a camera that rests or makes one move, and about two moves: half of all of it.
IDIOMATIC, IDIOMATIC_PAIRS = 0.75, 0.4
WITH_BYSTANDER = 0.2  # of these idioms, where nothing stirs
CALMED = 0.14  # of the captions of a labelled photo in which nothing stirs


def caption(wish: Wish, rng: random.Random, regions: Sequence[Region] = ()) -> str:
    """One wording of `wish`, at most `LONGEST` characters; `regions` are all that the photo shows."""
    plain = len(wish.moves) <= 1 and wish.spoken and all(move.speed == 1.0 for move in wish.moves)
    while True:
        benchmark = plain and rng.random() < 0.4
        text = _benchmark(wish, regions, rng) if benchmark else polish(_compose(wish, regions, rng), rng)
        if len(text) <= LONGEST:
            return text


def _compose(wish: Wish, regions: Sequence[Region], rng: random.Random) -> str:
    only_scene = not wish.spoken and not wish.stirs and not wish.light
    scene = _scene(regions, rng) if only_scene or rng.random() < 0.44 else []
    quiet = not wish.stirs and not wish.light
    if scene and len(wish.moves) == 1 and quiet and rng.random() < 0.2:
        scene[0] = _over_scene(wish.moves[0], scene[0], rng)
        lines, loud = scene, False
    else:
        wishes, loud = _wishes(wish, regions, rng, alone=not scene)
        place = rng.choice((0, len(scene), len(scene), rng.randint(0, len(scene))))
        lines = [*scene[:place], *wishes, *scene[place:]]
    gap = rng.choice((". ", ". ", "; ", " - ", "\n")) if loud else rng.choice((", ", ", ", ". ", "; "))
    text = gap.join(lines)
    if rng.random() < 0.13:
        text = f"{text}, {', '.join(rng.sample(entries(QUALITY), rng.randint(1, 4)))}"
    if rng.random() < 0.13:
        chatter = pick(CHATTER, rng)
        text = rng.choice((f"{text}. {chatter}", f"{chatter}. {text}"))
    return text


def _benchmark(wish: Wish, regions: Sequence[Region], rng: random.Random) -> str:
    """VBench-I2V's own form: a scene, a comma, "camera pans left"."""
    lines = _scene(regions, rng)[: rng.choice((1, 1, 1, 2))]
    lines += stir_lines(wish, regions, rng)
    camera = "static"
    if wish.moves:
        verb, rest = LEXICON[wish.moves[0].axis, wish.moves[0].sign].plain.split(" ", 1)
        camera = f"{inflect(verb, 'finite')} {rest}"
    text = tidy(", ".join([*lines, f"camera {camera}"]))
    return text[0].upper() + text[1:] if rng.random() < 0.4 else text


def _scene(regions: Sequence[Region], rng: random.Random) -> list[str]:
    """One to three clauses, the first of them a noun phrase, often of what the photo really shows."""
    asides = [expand("{aside}", rng) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    first = expand("{scene}", rng)
    # What a scene says of other animals and people is noise; of this photo's own it would be a wish.
    own = any(head(one.name).split()[-1] in first for one in regions if one.kind == "subject")
    return [sight(regions, rng) if regions and (own or rng.random() < SHOWN) else first, *asides]


def _over_scene(move: Move, scene: str, rng: random.Random) -> str:
    """The camera clause and what it shows in one: "the camera pans left across an old town square"."""
    lexicon = LEXICON[move.axis, move.sign]
    verb, rest = lexicon.plain.split(" ", 1)
    if rng.random() < 0.4:
        line = _frame("noun", _adjective(move, rng) + lexicon.plain, rng)
    else:
        form: Form = rng.choice(("finite", "gerund", "base"))
        line = _frame(form, _at_pace(inflect(verb, form), rest, move, "front", rng), rng)
    return f"{line} {pick(lexicon.onto, rng)} {scene}"


def _wishes(
    wish: Wish, regions: Sequence[Region], rng: random.Random, *, alone: bool
) -> tuple[list[str], bool]:
    """Clauses for all that is wished, and whether one is a request, which wants a sentence of its own."""
    loud = rng.random() < 0.6
    if len(wish.stirs) == 1 and not wish.light and wish.spoken and rng.random() < 0.18:
        camera = _predicate(wish, "finite", rng, bare=False)
        camera = expand(f"{{thecamera}} {camera}", rng) if wish.moves else camera
        both = [camera, clause(wish.stirs[0], regions, rng)]
        rng.shuffle(both)
        return [rng.choice((" while ", " while ", " and ", ", and ", " as ")).join(both)], True
    lines = stir_lines(wish, regions, rng)
    if regions and not wish.stirs and rng.random() < CALMED:
        lines.append(calm_line(wish, regions, rng))
    if not wish.spoken:
        return lines, loud
    if rng.random() < (IDIOMATIC if len(wish.moves) < 2 else IDIOMATIC_PAIRS):
        camera, request = _idiom(wish, regions, rng), False
    else:
        camera, request = _camera(wish, rng, alone=alone and not lines)
    lines.insert(rng.choice((0, len(lines))), camera)
    return lines, request or (loud and len(lines) > 1)


def _idiom(wish: Wish, regions: Sequence[Region], rng: random.Random) -> str:
    """Words about the camera that no grammar made."""
    if len(wish.moves) == 2:
        said = (moving_too(move, pace_of(move.speed), rng) for move in _ordered(wish, rng))
        return rng.choice(entries(IDIOMS_TOGETHER)).format(*said)
    move = wish.moves[0] if wish.moves else None
    line = moving(move, pace_of(move.speed), rng) if move else resting(regions, rng)
    return amid(line, regions, rng) if not wish.stirs and rng.random() < WITH_BYSTANDER else line


def _camera(wish: Wish, rng: random.Random, *, alone: bool) -> tuple[str, bool]:
    """The clause about the camera, and whether it is a request or a whole sentence."""
    if not wish.moves:
        table = rng.choice((STATIC_TAGS, STATIC_SENTENCES, STATIC_REQUESTS))
        return pick(table, rng), table is STATIC_REQUESTS
    style = weighted(STYLES, rng)
    single = len(wish.moves) == 1
    if single and style in SPECIAL:
        return SPECIAL[style](wish.moves[0], rng), style != "tags"
    if style == "noun":
        return _frame("noun", _nouns(wish, rng), rng) + _without(wish, rng), False
    if style == "imperative":
        bare = not alone or rng.random() < 0.6
        return _frame("imperative", _predicate(wish, "base", rng, bare=bare), rng) + _without(wish, rng), True
    form = FORMS.get(style, "finite")
    return _frame(form, _predicate(wish, form, rng, bare=False), rng) + _without(wish, rng), form == "base"


def _predicate(wish: Wish, form: Form, rng: random.Random, *, bare: bool) -> str:
    """What the camera does, in `form`, without naming it; for a static camera a whole sentence."""
    if not wish.moves:
        return pick(STATIC_SENTENCES, rng)
    if len(wish.moves) == 1:
        return _verb(wish.moves[0], form, rng, bare=bare)
    pattern, tail = rng.choice(TOGETHER)
    first, second = _ordered(wish, rng)
    shared = pace_of(first.speed) is pace_of(second.speed)
    closing = shared and pace_of(first.speed).closers and rng.random() < 0.25
    both_spoken = pace_of(first.speed).adverbs and pace_of(second.speed).adverbs
    place = "none" if closing else "any" if both_spoken and not shared else "front"
    later = "none" if shared and rng.random() < 0.7 else place
    if tail == "noun":
        said = ("" if later == "none" else _adjective(second, rng)) + _noun(second, rng)
    else:
        said = _verb(second, form if tail == "verb" else "gerund", rng, bare=bare, place=later)
    text = pattern.format(_verb(first, form, rng, bare=bare, place=place), said)
    return f"{text}, all {pick(pace_of(first.speed).closers, rng)}" if closing else text


def _ordered(wish: Wish, rng: random.Random) -> tuple[Move, Move]:
    """In any order, save that a spoken speed must not seem to cover an unspoken one."""
    first, second = wish.moves
    unspoken = [not pace_of(move.speed).adverbs for move in (first, second)]
    if unspoken[0] == unspoken[1]:
        return (first, second) if rng.random() < 0.5 else (second, first)
    return (first, second) if unspoken[0] else (second, first)


def _verb(move: Move, form: Form, rng: random.Random, *, bare: bool, place: str = "any") -> str:
    """A verb phrase; `bare`: understood without "the camera". `place` of the speed: any, front or none."""
    extreme = HEADLONG.get((move.axis, move.sign, move.speed > 1.0))
    if extreme and place == "any" and pace_of(move.speed) in {PACES[0], PACES[-1]} and rng.random() < 0.2:
        verb, _, rest = pick(extreme, rng).partition(" ")
        return f"{inflect(verb, form)} {rest}"
    lexicon = LEXICON[move.axis, move.sign]
    generic = rng.choice((lexicon.jargon, lexicon.handled)) if bare else lexicon.loose
    verb, _, rest = pick(lexicon.jargon if rng.random() < 0.5 else generic, rng).partition(" ")
    return _at_pace(inflect(verb, form), rest, move, place, rng)


def _at_pace(verb: str, rest: str, move: Move, place: str, rng: random.Random) -> str:
    pace = pace_of(move.speed)
    if not pace.adverbs or place == "none":
        return f"{verb} {rest}".strip()
    spot = "front" if place == "front" else rng.choice(("front", "front", "after", "end", "closer"))
    if spot == "closer":
        return f"{verb} {rest}".strip() + f" {pick(pace.closers, rng)}"
    adverb = pick(pace.adverbs, rng)
    # English puts no adverb between a verb and its object.
    if spot == "after" and not re.match(r"(the|her|us|more|attention)\b", rest):
        return f"{verb} {adverb} {rest}".strip()
    return f"{verb} {rest} {adverb}" if spot == "end" else f"{adverb} {verb} {rest}".strip()


def _nouns(wish: Wish, rng: random.Random) -> str:
    if len(wish.moves) == 1:
        move = wish.moves[0]
        pace = pace_of(move.speed)
        if pace.tags and rng.random() < 0.25:
            return f"{_noun(move, rng)}, {pick(pace.tags, rng)}"
        return _adjective(move, rng) + _noun(move, rng)
    said = (_adjective(move, rng) + _noun(move, rng) for move in _ordered(wish, rng))
    return rng.choice(entries(NOUNS_TOGETHER)).format(*said)


def _noun(move: Move, rng: random.Random) -> str:
    return pick(LEXICON[move.axis, move.sign].nouns, rng)


def _adjective(move: Move, rng: random.Random) -> str:
    pace = pace_of(move.speed)
    return f"{pick(pace.adjectives, rng)} " if pace.adjectives else ""


def _effect(move: Move, rng: random.Random) -> str:
    text = pick(LEXICON[move.axis, move.sign].effects, rng)
    pace = pace_of(move.speed)
    if not pace.adverbs:
        return text
    adverb = pick(pace.adverbs, rng)
    return rng.choice((f"{adverb}, {text}", f"{text}, {adverb}", f"{text}, {pick(pace.closers, rng)}"))


def _contrast(move: Move, rng: random.Random) -> str:
    """What is not wanted beside what is: another axis, or the other direction."""
    noun, verb, _ = (pick(words, rng) for words in UNWANTED[_other_axis((move,), rng)])
    opposite = LEXICON[move.axis, -move.sign].plain
    base = _verb(move, "base", rng, bare=True)
    finite = _verb(move, "finite", rng, bare=False)
    return rng.choice(
        (
            f"no {noun}, just {base}",
            f"no {noun}, only a {_adjective(move, rng)}{_noun(move, rng)}",
            f"the camera does not {verb}; it {finite}",
            f"the camera does not {verb}, it only {finite}",
            f"don't {verb}, {base} instead",
            f"do not {verb}, just {base}",
            f"instead of a {noun}, {base}",
            f"do not {opposite}, {base}",
            f"the camera does not {opposite}, it {finite}",
            f"not a {noun} but a {_adjective(move, rng)}{_noun(move, rng)}",
        )
    )


def _tags(move: Move, rng: random.Random) -> str:
    """A list of key words or hashtags: "pan right, slow, cinematic"."""
    pace = pace_of(move.speed)
    plain = LEXICON[move.axis, move.sign].plain
    said = [
        rng.choice((plain, plain, f"camera {plain}", f"{_adjective(move, rng)}{plain}", _noun(move, rng)))
    ]
    if pace.tags:
        said.append(pick(pace.tags, rng))
    said += rng.sample(entries(QUALITY), rng.randint(0, 3))
    if rng.random() < 0.25:
        return " ".join("#" + re.sub(r"\W", "", tag) for tag in said)
    if rng.random() < 0.2:
        rng.shuffle(said)
    return ", ".join(said)


def _without(wish: Wish, rng: random.Random) -> str:
    """Now and then, a word on an axis that nobody asked for."""
    if rng.random() > 0.05:
        return ""
    noun, _, gerund = (pick(words, rng) for words in UNWANTED[_other_axis(wish.moves, rng)])
    return rng.choice(
        (f", no {noun}", f" without any {noun}", f" without {gerund}", f", but without {gerund}")
    )


def _other_axis(moves: Sequence[Move], rng: random.Random) -> Axis:
    used = {move.axis for move in moves}
    return rng.choice([axis for axis, _ in AXES if axis not in used])


def _frame(form: str, predicate: str, rng: random.Random) -> str:
    return pick(FRAMES[form], rng).replace("{}", predicate)


def pace_of(speed: float) -> Pace:
    """The class of `speed` that a caption can name."""
    return next(pace for pace in PACES if speed < pace.limit)


# Whole clauses about a single move, beside the frames.
SPECIAL = {"effect": _effect, "contrast": _contrast, "tags": _tags}
