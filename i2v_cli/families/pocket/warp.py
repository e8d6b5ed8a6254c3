"""From motion to frames: every pixel is fetched from the photo at the output's own resolution.

Beside the usual four files, as canvas.py is, for they hold no weights: vae.py says what moves, this what is
seen. It runs on the CPU, whatever the networks ran on: Apple's GPUs have no bicubic sampling, and frames end
there anyway.

Sharpness is the photo's own, still regions are exact copies, and the first frame is the photo.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.families.pocket.canvas import Margins, extend
from i2v_cli.families.pocket.config import KNOTS
from i2v_cli.families.pocket.vae import Motion

CHUNK = 8
KERNEL = 3  # pixels that bicubic sampling looks past what it fetches


def frames(photo: Tensor, motion: Motion, num_frames: int) -> Iterator[Tensor]:
    """Chunks [f, 3, H, W] uint8 on the CPU.

    photo: [3, H, W] uint8, already of the output's size. motion: of a batch of one. It spans the clip's
    duration whatever the number of frames: more frames are a finer look at the same movement.
    """
    canvas, margins = _canvas(photo, motion.path)
    sight = Sight(photo, _levels(canvas), _extent(photo, margins), _places(photo.shape[1], photo.shape[2]))
    chunk = [photo]
    for index in range(1, num_frames):
        if len(chunk) == CHUNK:
            yield torch.stack(chunk)
            chunk = []
        chunk.append(_frame(sight, _at(motion, index / (num_frames - 1))))
    yield torch.stack(chunk)


@dataclass(frozen=True, slots=True)
class Sight:
    """What frames are fetched from.

    levels: the canvas, half and a quarter of it, [1, 3, h, w] fp32. extent: the canvas's centre and half
    sizes, (x, y, half width, half height) in half-heights of the photo. places: x and y of each output pixel.
    """

    photo: Tensor
    levels: list[Tensor]
    extent: tuple[float, float, float, float]
    places: tuple[Tensor, Tensor]


def _canvas(photo: Tensor, path: Tensor) -> tuple[Tensor, Margins]:
    """The photo with as much beyond its edges as the camera will see, at most its own size on each side."""
    height, width = photo.shape[1:]
    aspect = width / height
    pan, tilt, zoom, roll = path[0].T
    reach_x = (-zoom).exp() * (aspect * roll.cos().abs() + roll.sin().abs())
    reach_y = (-zoom).exp() * (roll.cos().abs() + aspect * roll.sin().abs())

    def margin(beyond: Tensor, side: int) -> int:
        pixels = math.ceil(beyond.max().item() * height / 2)
        return min(pixels + KERNEL, side) if pixels > 0 else 0

    margins = Margins(
        left=margin(reach_x - pan - aspect, width),
        top=margin(reach_y - tilt - 1, height),
        right=margin(reach_x + pan - aspect, width),
        bottom=margin(reach_y + tilt - 1, height),
    )
    return extend(photo, margins), margins


def _extent(photo: Tensor, margins: Margins) -> tuple[float, float, float, float]:
    height, width = photo.shape[1:]
    x, y = (margins.right - margins.left) / height, (margins.bottom - margins.top) / height
    wide, high = width + margins.left + margins.right, height + margins.top + margins.bottom
    return x, y, wide / height, high / height


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


def _frame(sight: Sight, now: Motion) -> Tensor:
    """One frame [3, H, W] uint8. `now` holds one moment: path [1, 4], residual [1, 2, h, w]."""
    pan, tilt, zoom, roll = now.path[0].tolist()
    moving = bool(now.movable.any())
    if not moving and not any((pan, tilt, zoom, roll)):
        return sight.photo
    scale = math.exp(-zoom)
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x, y = sight.places
    seen = torch.stack([cos * x - sin * y + pan, sin * x + cos * y + tilt])  # [2, H, W], half-heights
    if moving:
        whole = (0.0, 0.0, sight.photo.shape[2] / sight.photo.shape[1], 1.0)
        seen = seen + _sample(now.residual * now.movable, seen, whole, mode="bilinear", edge="zeros")[0]
    # Seen from further away a pixel covers more of the photo: blend towards half its size, or it shimmers.
    coarse = min(max(math.log2(scale), 0.0), len(sight.levels) - 1.0)
    level = math.floor(coarse)
    fetched = _sample(sight.levels[level], seen, sight.extent, mode="bicubic", edge="reflection")
    if coarse > level:
        coarser = _sample(sight.levels[level + 1], seen, sight.extent, mode="bicubic", edge="reflection")
        fetched = torch.lerp(fetched, coarser, coarse - level)
    return fetched[0].round().clamp(0, 255).to(torch.uint8)


def _sample(plane: Tensor, seen: Tensor, extent: tuple[float, ...], *, mode: str, edge: str) -> Tensor:
    """plane: [1, C, h, w] that covers `extent`; seen: [2, H, W] in half-heights. -> [1, C, H, W]."""
    x, y, half_width, half_height = extent
    unit = torch.stack([(seen[0] - x) / half_width, (seen[1] - y) / half_height], dim=-1)[None]
    return F.grid_sample(plane, unit, mode=mode, padding_mode=edge, align_corners=False)


def _levels(canvas: Tensor) -> list[Tensor]:
    """The canvas, half and a quarter of it: [1, 3, h, w] fp32 each, 0..255."""
    levels = [canvas[None]]
    while len(levels) < 3 and min(levels[-1].shape[2:]) >= 4:
        levels.append(
            F.interpolate(levels[-1], scale_factor=0.5, mode="bicubic", antialias=True).clamp(0, 255)
        )
    return levels


def _places(height: int, width: int) -> tuple[Tensor, Tensor]:
    """x and y of each output pixel, [H, W], half-heights from the centre, y down."""
    y = (torch.arange(height) + 0.5) * (2 / height) - 1
    x = ((torch.arange(width) + 0.5) * 2 - width) / height
    return x.expand(height, -1), y[:, None].expand(-1, width)
