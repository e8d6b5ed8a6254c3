"""Which moment of the motion a frame shows: any frame rate, any length, seamless loops.

The camera's path spans the clip, however long it is. What moves by itself keeps its own pace: it is told for
`SCENE_SECONDS`, a phase; a longer clip is a chain of phases, each of which starts from the photo at rest
while the one before fades, so nothing drifts. A loop ends with a phase told backwards and mirrored in time,
which arrives at the photo at rest with the very speed at which the first one left it (the symmetric blend of
Holynski et al. 2021, "Animating Pictures with Eulerian Motion Fields").
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from i2v_cli.families.pocket.config import KNOTS, SCENE_SECONDS

FADE = 1.0  # seconds in which one phase takes over from another
LOOPED = 0.75  # of a loop shorter than two phases, each of its two lasts


@dataclass(frozen=True, slots=True)
class Phase:
    """Seconds into the scene's motion that are seen with `weight`; negative ones lead up to the photo."""

    seconds: float
    weight: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame's share of what moves: one phase of the scene or two, and how far pushes have gone, 0..1."""

    phases: tuple[Phase, ...]
    pushed: float


def shown(moment: float, seconds: float, *, loop: bool) -> Shown:
    """moment: 0..1 of a clip of so many seconds."""
    pushed = (1 - math.cos(2 * math.pi * moment)) / 2 if loop else ramp(moment)
    return Shown(tuple(phases(moment, seconds, loop=loop)), pushed)


def moments(frames: int, *, loop: bool) -> list[float]:
    """Where each frame lies in the clip, 0..1. A loop's last frame is a step before its first."""
    return [index / steps(frames, loop=loop) for index in range(frames)]


def steps(frames: int, *, loop: bool) -> int:
    """From moment 0 to moment 1, each of one frame's time: what follows a clip's last frame is not seen."""
    return frames if loop else frames - 1


def along(path: Tensor, moments: list[float], *, loop: bool) -> Tensor:
    """Knots [48, A] -> [F, A], linear between them, zero at moment 0; a loop goes there and comes back."""
    if loop:
        moments = [(1 - math.cos(2 * math.pi * moment)) / 2 for moment in moments]
    knots = torch.cat([torch.zeros_like(path[:1]), path])
    return looked_up(knots, [moment * KNOTS for moment in moments])


def looked_up(rows: Tensor, places: list[float]) -> Tensor:
    """[N, ...] at places 0..N-1, linear between them. -> [len(places), ...]."""
    return torch.stack([_between(rows, place) for place in places])


def residual_at(residual: Tensor, seconds: float) -> Tensor:
    """Knots [48, ...] -> [...], the scene's motion so many seconds into a phase, odd around its start."""
    knots = torch.cat([torch.zeros_like(residual[:1]), residual])
    found = _between(knots, min(abs(seconds) / SCENE_SECONDS, 1) * KNOTS)
    return found if seconds >= 0 else -found


def phases(moment: float, seconds: float, *, loop: bool) -> list[Phase]:
    """What is seen at `moment` (0..1) of a clip of so many seconds: one phase or two, weights sum to 1."""
    time = moment * seconds
    starts, fade = _chain(seconds, loop=loop)
    found = []
    for number, start in enumerate(starts):
        last = number == len(starts) - 1
        rises = 1.0 if number == 0 else ramp((time - start) / fade)
        falls = 0.0 if last else ramp((time - starts[number + 1]) / fade)
        weight = min(rises, 1 - falls)
        if weight > 0:
            backwards = loop and last
            found.append(Phase(time - seconds if backwards else time - start, weight))
    return found


def _chain(seconds: float, *, loop: bool) -> tuple[list[float], float]:
    """When phases start, and how long each takes to fade into the next: never into two at once."""
    if loop:
        length = min(SCENE_SECONDS, LOOPED * seconds)
        count = max(math.ceil((seconds - length) / (length - min(FADE, length / 2))), 1)
        stride = (seconds - length) / count
        fade = length - stride if count == 1 else min(length - stride, stride)
        return [number * stride for number in range(count + 1)], fade
    stride = SCENE_SECONDS - FADE
    count = max(math.ceil((seconds - SCENE_SECONDS - 0.1) / stride), 0)
    return [number * stride for number in range(count + 1)], FADE


def ramp(share: float) -> float:
    """0..1, smooth at both ends."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _between(knots: Tensor, place: float) -> Tensor:
    low = min(math.floor(place), len(knots) - 2)
    return torch.lerp(knots[low], knots[low + 1], place - low)
