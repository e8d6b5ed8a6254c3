"""What a clip's frames are held to, and how that enters denoising.

The model was trained with frames that are not noisy among those that are, and is told which: their first
frame, their last ones, any. In the reference implementation these are "mask strategies".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

FREE = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """A pin in latents. latents: [C, t, h, w], held from latent frame `start` on. edit: as of the pin."""

    latents: Tensor
    start: int
    edit: float = 0.0


def written(holds: Sequence[Hold], shape: Sequence[int]) -> tuple[Tensor, Tensor]:
    """shape: (C, T, h, w) of the clip's latents -> clean [1, C, T, h, w], 0 where nothing is held, hold [T].

    Of holds that overlap the last one counts.
    """
    clean, hold = torch.zeros(1, *shape), torch.full((shape[1],), FREE)
    for given in holds:
        frames = slice(given.start, given.start + given.latents.shape[1])
        clean[0, :, frames] = given.latents
        hold[frames] = given.edit
    return clean, hold


def held_at(hold: Tensor, sigma: float) -> Tensor | None:
    """[T], True for the frames that are held at this level of noise; None for none.

    A frame that is let go at a share of noise goes on from there: what the samplers carry for it meanwhile is
    its own latent with as much noise.
    """
    held = hold < sigma
    return held if bool(held.any()) else None
