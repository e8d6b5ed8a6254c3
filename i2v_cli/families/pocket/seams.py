"""Patches side by side in one light: how much lighter each pixel must be so that no seam is seen.

Perez, Gangnet and Blake 2003 (Poisson image editing): from pixel to pixel the canvas shall change as the
photo does where they come from. Where patches show different things their seam is an outline, and may stay.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from i2v_cli.families.pocket.patches import Window

OUTLINE = 12.0  # levels: patches that differ by more show different things
STAY = 3e-3  # weight of no change at all
ROUNDS = 200


def evened(window: Window, sources: Tensor) -> Tensor:
    """Levels to add to each pixel of the window, [3, height, width]; none to the picture itself.

    sources: [2, height, width], the row and the column of the picture that is seen there.
    """
    beyond = window.beyond().float()
    pairs = [_pairs(window, sources, axis) for axis in (1, 2)]

    def normal(levels: Tensor) -> Tensor:
        total = STAY * levels
        for axis, (_, weight) in enumerate(pairs, start=1):
            total = total + _spread(weight * -levels.diff(dim=axis), axis)
        return total * beyond

    asked = [_spread(weight * wanted, axis) for axis, (wanted, weight) in enumerate(pairs, start=1)]
    return _solved(normal, torch.stack(asked).sum(dim=0) * beyond)


def _pairs(window: Window, sources: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """By how much each pixel shall be lighter than the next one than it is, and how much that counts."""
    size = window.picture.shape[axis]
    count = sources.shape[axis]
    first, second = sources.narrow(axis, 0, count - 1), sources.narrow(axis, 1, count - 1)
    step = torch.tensor([int(axis == 1), int(axis == 2)])[:, None, None]
    after, before = first + step, second - step
    here, there = window.seen(*first), window.seen(*second)
    changes = torch.stack([here - window.seen(*after), window.seen(*before) - there])
    known = torch.stack([after[axis - 1] < size, before[axis - 1] >= 0]).float()[:, None]
    change = (changes * known).sum(dim=0) / known.sum(dim=0).clamp(min=1)
    unlike = (here - window.seen(*before)).abs().mean(dim=0)
    weight = known.amax(dim=0) / (1 + (unlike / OUTLINE) ** 2)
    return change - (here - there), weight


def _spread(flow: Tensor, axis: int) -> Tensor:
    """What pairs ask of their two pixels: the first one gets it, the second one's is taken."""
    shape = list(flow.shape)
    shape[axis] = 1
    none = flow.new_zeros(shape)
    return torch.cat([flow, none], dim=axis) - torch.cat([none, flow], dim=axis)


def _solved(normal: Callable[[Tensor], Tensor], rest: Tensor) -> Tensor:
    """What `normal` makes `rest` of, by conjugate gradients."""
    found, way = torch.zeros_like(rest), rest
    left = rest.square().sum()
    for _ in range(ROUNDS):
        if left < 1e-3:
            break
        ahead = normal(way)
        length = left / (way * ahead).sum()
        found, rest = found + length * way, rest - length * ahead
        now = rest.square().sum()
        way, left = rest + now / left * way, now
    return found
