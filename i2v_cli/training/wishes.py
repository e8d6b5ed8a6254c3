"""What somebody may wish for a photo: camera moves, regions that stir, a change of light; and how often.

Knows no words beyond the names of regions: `captions` says a wish, `motion` carries it out.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from i2v_cli.training.grammar import weighted

Axis = Literal["pan", "tilt", "zoom", "roll"]

# How many moves at once, and whether stillness is spoken: what people ask for, with enough of it to learn.
# No moves in turn: a prompt that asks for some is cut into its parts before the denoiser hears it.
KINDS = (("static", 16), ("unspoken", 10), ("one", 58), ("both", 16))
# Where something stirs, the camera mostly rests, and it never hurries.
KINDS_BESIDE_STIRS = (("static", 30), ("unspoken", 30), ("one", 40))
AXES: tuple[tuple[Axis, int], ...] = (("pan", 30), ("tilt", 26), ("zoom", 30), ("roll", 14))
SPEEDS = ((1.0, 45), (0.3, 10), (0.55, 17), (0.8, 8), (1.5, 12), (1.7, 8))
CALM_SPEEDS = tuple((speed, weight) for speed, weight in SPEEDS if speed <= 1.0)

ACTIONS_OF = {
    "sky": ("drift",),
    "water": ("ripple", "wave", "flow"),
    "foliage": ("sway",),
    "grass": ("sway",),
    "flower": ("sway",),
    "fire": ("flicker",),
    "smoke": ("flow",),
    "light": ("pulse",),
    "cloth": ("flutter",),
    "subject": ("sway", "bob", "breathe", "tremble"),
}
KINDS_OF_REGION = tuple(ACTIONS_OF)
# How often a kind is asked for where it is seen; what few photos show is asked for more often.
ASKED = {"sky": 2.5, "foliage": 1, "subject": 1, "grass": 1.5, "fire": 2, "smoke": 2, "water": 3}
ASKED_ELSE = 2
LIGHTS = ("darken", "brighten", "warm", "cold", "flash")

STIRRED = (("none", 45), ("one", 45), ("two", 8), ("alive", 2))  # of the wishes with a movable region
LIT = 0.05
ALIVE_AT_MOST = 3
STRENGTHS = ((1.0, 55), (0.5, 28), (1.6, 17))
HEADINGS = {
    ("sky", "drift"): (("", 40), ("left", 30), ("right", 30)),
    ("water", "flow"): (("", 40), ("left", 30), ("right", 30)),
    ("smoke", "flow"): (("", 30), ("up", 30), ("left", 20), ("right", 20)),
}
# What water does depends on what it is: the first pattern that its name holds.
WATERS = (
    (r"fall|fountain|cascade", (("flow", 100),)),
    (r"river|stream|creek|brook|rapids|canal", (("flow", 60), ("ripple", 30), ("wave", 10))),
    (r"drop|splash|reflection", (("ripple", 100),)),
    (r"\bsea\b|ocean|surf\b|wave|foam", (("wave", 55), ("ripple", 38), ("flow", 7))),
    (r"lake|pond|pool|puddle|bay|harbo|fjord|lagoon", (("ripple", 65), ("wave", 25), ("flow", 10))),
    (r"", (("ripple", 45), ("flow", 30), ("wave", 25))),
)
FALLING = (("", 35), ("down", 65))


@dataclass(frozen=True, slots=True)
class Region:
    """A labelled region of a photo; only those of `KINDS_OF_REGION` can stir."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Move:
    """One camera move. `sign` +1: pan right, tilt up, zoom in, roll clockwise, as the camera turns.

    `speed` multiplies the usual distance: 0.3 very slow to 1.7 very fast, 1.0 is not spoken of.
    """

    axis: Axis
    sign: int
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Stir:
    """A region that moves by itself, and with it all of its kind.

    `action` is one of `ACTIONS_OF[kind]`; `heading` left, right, up, down, or "" where it is not spoken of;
    `strength` 0.5 gentle, 1.0 unspoken, 1.6 strong.
    """

    name: str
    kind: str
    action: str
    heading: str = ""
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """`moves` at once, of different axes; none is a static camera, `spoken` of or not.

    `light` is one of `LIGHTS` or "". `alive`: the words ask for life in general and name none of the `stirs`.
    """

    moves: tuple[Move, ...]
    stirs: tuple[Stir, ...] = ()
    light: str = ""
    spoken: bool = True
    alive: bool = False


def sample(rng: random.Random, regions: Sequence[Region]) -> Wish:
    """One wish of the training distribution for a photo with these regions; without any, nothing stirs."""
    movable = list({region.name: region for region in regions if region.kind in ACTIONS_OF}.values())
    light = rng.choice(LIGHTS) if rng.random() < LIT else ""
    stirred = weighted(STIRRED, rng) if movable else "none"
    if stirred == "alive":
        return Wish((), stirs=_alive(movable, rng), light=light, spoken=False, alive=True)
    chosen = _chosen(movable, ("none", "one", "two").index(stirred), rng)
    kind = weighted(KINDS_BESIDE_STIRS if chosen else KINDS, rng)
    moves: tuple[Move, ...] = ()
    if kind in {"one", "both"}:
        speed = weighted(CALM_SPEEDS if chosen else SPEEDS, rng)
        first = Move(weighted(AXES, rng), rng.choice((-1, 1)), speed)
        moves = (first,) if kind == "one" else (first, _second(first, rng))
    stirs = tuple(_stir(region, rng) for region in chosen)
    return Wish(moves, stirs, light, spoken=kind != "unspoken")


def _chosen(movable: list[Region], count: int, rng: random.Random) -> list[Region]:
    """Of different kinds: all of a kind that is seen moves alike, whatever its regions are called."""
    chosen: list[Region] = []
    for _ in range(count):
        kinds = {region.kind for region in chosen}
        if rest := [region for region in movable if region.kind not in kinds]:
            chosen += rng.choices(rest, [ASKED.get(region.kind, ASKED_ELSE) for region in rest])
    return chosen


def _second(first: Move, rng: random.Random) -> Move:
    speed = first.speed if rng.random() < 0.7 else weighted(SPEEDS, rng)
    axis = weighted([(axis, weight) for axis, weight in AXES if axis != first.axis], rng)
    return Move(axis, rng.choice((-1, 1)), speed)


def _stir(region: Region, rng: random.Random) -> Stir:
    action = rng.choice(ACTIONS_OF[region.kind])
    headings = HEADINGS.get((region.kind, action), (("", 1),))
    if region.kind == "water":
        action = weighted(_water(region.name), rng)
        falls = re.search(WATERS[0][0], region.name.lower())
        headings = FALLING if falls else HEADINGS.get(("water", action), (("", 1),))
    return Stir(region.name, region.kind, action, weighted(headings, rng), weighted(STRENGTHS, rng))


def _alive(movable: Sequence[Region], rng: random.Random) -> tuple[Stir, ...]:
    """What anybody would expect to see moving, each region in its most natural way."""
    strength = rng.choice((0.5, 1.0))
    shuffled = rng.sample(movable, len(movable))
    chosen = list({region.kind: region for region in shuffled}.values())[:ALIVE_AT_MOST]
    natural = {"water": "", "subject": "breathe"}
    return tuple(
        Stir(
            region.name,
            region.kind,
            natural.get(region.kind, ACTIONS_OF[region.kind][0]) or _water(region.name)[0][0],
            strength=strength,
        )
        for region in chosen
    )


def _water(name: str) -> tuple[tuple[str, int], ...]:
    """(action, weight) pairs, the most natural first."""
    return next(weights for pattern, weights in WATERS if re.search(pattern, name.lower()))
