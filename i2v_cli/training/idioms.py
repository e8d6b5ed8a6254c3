"""What people write of a camera when they write freely: whole wordings, no grammar behind them.

They are the rows of `idioms.tsv`: a class and a phrase. A phrase of a class of moves serves both signs, so
that no word gives a sign away by chance: "(right/left)" reads "right" where the sign is +1, "left" where it
is -1. "~" marks where an adverb of speed may stand; "[a|b]" and "{name}" are as in `words`. A `bystander` is
somebody or something that moves by itself, in any direction, and has no bearing on the camera.
`prompts.tsv` holds whole prompts in the same notation: stories in which others move, moves that are only
implied, film jargon, broken English.
"""

import csv
import random
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import cast

from i2v_cli.training.grammar import expand, head, pick
from i2v_cli.training.wishes import ACTIONS_OF, Axis, Move, Region
from i2v_cli.training.words import Pace

IDIOMS = Path(__file__).with_name("idioms.tsv")
PROMPTS = Path(__file__).with_name("prompts.tsv")
UNMARKED = 0.12  # of the phrases lack their apostrophes
BRIEF = 64  # characters of a phrase that leaves room for a second one
# What is said of one move as if there were no other.
_SOLE = re.compile(
    r"\b(no|not|nothing|neither|nor|without|only|just|don't|start|begin|ends?|finish|so|until|all)\b"
)
_SIGNED = re.compile(r"\(([^()/]*)/([^()/]*)\)")


def moving(move: Move, pace: Pace, rng: random.Random) -> str:
    """A wording of `move` alone."""
    return _at_pace(_signed(rng.choice(idioms()[move.axis]), move.sign), pace, rng)


def moving_too(move: Move, pace: Pace, rng: random.Random) -> str:
    """A wording of `move` that can stand beside another move's."""
    phrases = [phrase for phrase in idioms()[move.axis] if len(phrase) <= BRIEF and not _SOLE.search(phrase)]
    return _at_pace(_signed(rng.choice(phrases), move.sign), pace, rng)


def resting(regions: Sequence[Region], rng: random.Random) -> str:
    """A wording of a static camera."""
    return _unmarked(expand(_foreign("static", regions, rng), rng), rng)


def amid(line: str, regions: Sequence[Region], rng: random.Random) -> str:
    """`line` about the camera beside a bystander that moves anywhere."""
    other = expand(_foreign("bystander", regions, rng), rng)
    if rng.random() < 0.5:
        return line + rng.choice((" while ", ", while ", " as ", ", ", ". ", "; ")) + other
    return other + rng.choice((", ", ". ", "; ", " and ", ", but ", " - ")) + line


def whole(move: Move | None, regions: Sequence[Region], rng: random.Random) -> str:
    """A prompt to which nothing need be added: one move at the usual speed, or a static camera."""
    phrase = _foreign(move.axis if move else "static", regions, rng, PROMPTS)
    return _unmarked(expand(_signed(phrase, move.sign) if move else phrase, rng), rng)


def any_whole(rng: random.Random) -> tuple[Move | None, str]:
    """Any whole prompt, typed in any way, and the move that it asks for; None for a static camera."""
    prompts = idioms(PROMPTS)
    (kind,) = rng.choices(list(prompts), [len(phrases) for phrases in prompts.values()])
    move = None if kind == "static" else Move(cast("Axis", kind), rng.choice((-1, 1)))
    words = whole(move, (), rng)
    typed = (words.lower(), words.rstrip("."), *(4 * [words]))
    return move, rng.choice(typed)


@cache
def idioms(path: Path = IDIOMS) -> dict[str, tuple[str, ...]]:
    """The phrases by class."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {kind: tuple(row["phrase"] for row in rows if row["class"] == kind) for kind in _kinds(rows)}


def _kinds(rows: Sequence[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(row["class"] for row in rows))


def _foreign(kind: str, regions: Sequence[Region], rng: random.Random, path: Path = IDIOMS) -> str:
    """A phrase that tells nothing of what could move in the photo itself."""
    own = {head(region.name).split()[-1] for region in regions if region.kind in ACTIONS_OF}
    named = re.compile(rf"\b({'|'.join(map(re.escape, own))})s?\b") if own else None
    phrases = idioms(path)[kind]
    foreign = [phrase for phrase in phrases if named is None or not named.search(phrase.lower())]
    return rng.choice(foreign or phrases)


def _signed(phrase: str, sign: int) -> str:
    return _SIGNED.sub(lambda match: match[1 if sign > 0 else 2], phrase)


def _at_pace(phrase: str, pace: Pace, rng: random.Random) -> str:
    text = _unmarked(expand(phrase, rng), rng)
    if not pace.adverbs:
        return text.replace("~", "")
    adverb = pick(pace.adverbs, rng)
    if "~" in text:
        return text.replace("~", adverb)
    said = (f"{adverb}, {text}", f"{text}, {adverb}", f"{text}, {pick(pace.closers, rng)}")
    return rng.choice((*said, f"{text} ({pick(pace.tags, rng)})", f"{text}. {pick(pace.tags, rng)}"))


def _unmarked(text: str, rng: random.Random) -> str:
    return text.replace("'", "") if rng.random() < UNMARKED else text
