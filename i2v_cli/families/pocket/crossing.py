"""One picture becomes another: both under one camera, which arrives at the second as it left the first.

The second picture is told backwards from its end, as the last phase of a loop is, and fades in half-way.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from i2v_cli.families.pocket import timeline, warp
from i2v_cli.families.pocket.canvas import Uncropped
from i2v_cli.families.pocket.timeline import Phase, Shown
from i2v_cli.families.pocket.vae import Motion

BEGINS, ENDS = 0.25, 0.75  # of the clip: when both are seen


def crossed(
    leaving: Iterator[Tensor],
    photo: Tensor,
    motion: Motion,
    path: Tensor,
    seconds: float,
    *,
    uncropped: Uncropped | None = None,
) -> Iterator[Tensor]:
    """Chunks [f, 3, H, W] uint8; the last frame is `photo`, exactly.

    leaving: the chunks of the first picture. photo: [3, H, W] uint8, motion: what moves in it. path: [F, 9],
    the axes at each frame. seconds: how long the clip is. uncropped: what a crop cut off the photo.
    """
    moments = timeline.moments(len(path), loop=False)
    scene = [_arriving(moment, seconds) for moment in moments]
    arriving = warp.frames(photo, motion, path - path[-1], scene, uncropped=uncropped)
    done = 0
    for old, new in zip(leaving, arriving, strict=True):
        shares = [share(moment) for moment in moments[done : done + len(old)]]
        done += len(old)
        mixed = torch.stack([_mixed(*three) for three in zip(old, new, shares, strict=True)])
        if done == len(moments):
            mixed[-1] = photo
        yield mixed


def share(moment: float) -> float:
    """Of the second picture, 0..1."""
    return timeline.ramp((moment - BEGINS) / (ENDS - BEGINS))


def _mixed(old: Tensor, new: Tensor, weight: float) -> Tensor:
    return torch.lerp(old.float(), new.float(), weight).round().to(torch.uint8)


def _arriving(moment: float, seconds: float) -> Shown:
    """The scene's phases, told backwards from the end."""
    phases = timeline.phases(1 - moment, seconds, loop=False)
    return Shown(tuple(Phase(-phase.seconds, phase.weight) for phase in phases), 0.0)
