"""From motion to frames: every pixel is fetched from the photo at the output's own resolution.

A fifth file beside the usual four, for it holds no weights: vae.py says what moves, this what is seen.
Sharpness is the photo's own, still regions are exact copies, and the first frame is the photo.
"""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.families.pocket.config import KNOTS
from i2v_cli.families.pocket.vae import Motion

CHUNK = 8


def frames(photo: Tensor, motion: Motion, num_frames: int) -> Iterator[Tensor]:
    """Chunks [f, 3, H, W] uint8 on the CPU.

    photo: [3, H, W] uint8, already of the output's size. motion: of a batch of one. It spans the clip's
    duration whatever the number of frames: more frames are a finer look at the same movement.
    """
    photo_levels = _levels(photo)
    places = _places(photo.shape[1], photo.shape[2], photo.device)
    chunk = [photo.cpu()]
    for index in range(1, num_frames):
        if len(chunk) == CHUNK:
            yield torch.stack(chunk)
            chunk = []
        now = _at(motion, index / (num_frames - 1))
        chunk.append(_frame(photo, photo_levels, places, now).cpu())
    yield torch.stack(chunk)


def _at(motion: Motion, time: float) -> Motion:
    """The motion at `time` in 0..1 between the photo (0) and the last knot (1), linear between knots."""
    knot = time * KNOTS
    low = min(math.floor(knot), KNOTS - 1)
    weight = knot - low

    def between(values: Tensor) -> Tensor:
        after = values[:, low]
        before = values[:, low - 1] if low else torch.zeros_like(after)
        return torch.lerp(before, after, weight)

    return Motion(between(motion.path), between(motion.residual), motion.movable)


def _frame(photo: Tensor, photo_levels: list[Tensor], places: tuple[Tensor, Tensor], now: Motion) -> Tensor:
    """One frame [3, H, W] uint8. `now` holds one moment: path [1, 4], residual [1, 2, h, w]."""
    pan, tilt, zoom, roll = now.path[0].tolist()
    moving = bool(now.movable.any())
    if not moving and not any((pan, tilt, zoom, roll)):
        return photo
    scale = math.exp(-zoom)
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x, y = places
    seen = torch.stack([cos * x - sin * y + pan, sin * x + cos * y + tilt])  # [2, H, W], half-heights
    aspect = photo.shape[2] / photo.shape[1]
    if moving:
        seen = seen + _sample(now.residual * now.movable, seen, aspect, mode="bilinear", edge="zeros")[0]
    # Seen from further away a pixel covers more of the photo: blend towards half its size, or it shimmers.
    coarse = min(max(math.log2(scale), 0.0), len(photo_levels) - 1.0)
    level = math.floor(coarse)
    fetched = _sample(photo_levels[level], seen, aspect, mode="bicubic", edge="reflection")
    if coarse > level:
        coarser = _sample(photo_levels[level + 1], seen, aspect, mode="bicubic", edge="reflection")
        fetched = torch.lerp(fetched, coarser, coarse - level)
    return fetched[0].round().clamp(0, 255).to(torch.uint8)


def _sample(plane: Tensor, seen: Tensor, aspect: float, *, mode: str, edge: str) -> Tensor:
    """plane: [1, C, h, w] covering the photo; seen: [2, H, W] in half-heights. -> [1, C, H, W]."""
    unit = torch.stack([seen[0] / aspect, seen[1]], dim=-1)[None]  # [1, H, W, 2] in -1..1
    return F.grid_sample(plane, unit, mode=mode, padding_mode=edge, align_corners=False)


def _levels(photo: Tensor) -> list[Tensor]:
    """The photo, half and a quarter of it: [1, 3, H, W] fp32 each, 0..255."""
    levels = [photo[None].float()]
    while len(levels) < 3 and min(levels[-1].shape[2:]) >= 4:
        levels.append(
            F.interpolate(levels[-1], scale_factor=0.5, mode="bicubic", antialias=True).clamp(0, 255)
        )
    return levels


def _places(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """x and y of each output pixel, [H, W], half-heights from the centre, y down."""
    y = (torch.arange(height, device=device) + 0.5) * (2 / height) - 1
    x = ((torch.arange(width, device=device) + 0.5) * 2 - width) / height
    return x.expand(height, -1), y[:, None].expand(-1, width)
