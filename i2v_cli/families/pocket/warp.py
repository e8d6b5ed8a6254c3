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
GUARDED = 2  # rounds of drawing back what reaches over its region's edge
WARM = (1.0, 0.0, -1.0)  # log gains of red, green and blue that a warmth of 1 means


def frames(photo: Tensor, motion: Motion, num_frames: int) -> Iterator[Tensor]:
    """Chunks [f, 3, H, W] uint8 on the CPU.

    photo: [3, H, W] uint8, already of the output's size. motion: of a batch of one. The clip's motion spans its
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
    """One frame [3, H, W] uint8. `now` holds one moment: path [1, 6], residual [1, 3, h, w]."""
    pan, tilt, zoom, roll, brightness, warmth = now.path[0].tolist()
    stirred = bool(now.movable.any())
    if not stirred and not now.path.any():
        return photo
    scale = math.exp(-zoom)
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x, y = places
    seen = torch.stack([cos * x - sin * y + pan, sin * x + cos * y + tilt])  # [2, H, W], half-heights
    aspect = photo.shape[2] / photo.shape[1]
    gain = torch.zeros(3, 1, 1, device=photo.device)
    gain += brightness + warmth * photo.new_tensor(WARM, dtype=torch.float32)[:, None, None]
    if stirred:
        lit = _sample(now.residual[:, 2:] * now.movable[:, 1:], seen, aspect, mode="bilinear", edge="border")
        gain = gain + lit[0]
        seen = seen + _stirred(now, seen, aspect)
    # Seen from further away a pixel covers more of the photo: blend towards half its size, or it shimmers.
    coarse = min(max(math.log2(scale), 0.0), len(photo_levels) - 1.0)
    level = math.floor(coarse)
    fetched = _sample(photo_levels[level], seen, aspect, mode="bicubic", edge="reflection")
    if coarse > level:
        coarser = _sample(photo_levels[level + 1], seen, aspect, mode="bicubic", edge="reflection")
        fetched = torch.lerp(fetched, coarser, coarse - level)
    if gain.any():
        fetched = fetched * gain.exp()
    return fetched[0].round().clamp(0, 255).to(torch.uint8)


def _stirred(now: Motion, seen: Tensor, aspect: float) -> Tensor:
    """The flow beyond the camera at `seen`, [2, H, W]. What moves fetches from what moves: where it would reach
    over its edge it is drawn back, so that drifting clouds never drag a tower along."""
    gate = now.movable[:, :1]
    allowed = _sample(gate, seen, aspect, mode="bilinear", edge="border")[0]  # [1, H, W]
    flow = _sample(now.residual[:, :2], seen, aspect, mode="bilinear", edge="border")[0] * allowed
    for _ in range(GUARDED):
        there = _sample(gate, seen + flow, aspect, mode="bilinear", edge="border")[0]
        flow = flow * (there / allowed.clamp(min=1e-3)).clamp(max=1)
    return flow


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
