"""A picture at several sizes, fetched from anywhere, at the sharpness that the camera's distance shows.

Between the pixels of a picture every interpolation is softer than on them. So where the photo has more of
them than the clip, a pixel is the mean of four places of the photo at twice the clip's size: a camera that
pans shows what a photo taken from there would show, and one that nears what the clip's size left out.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

# Centre and half sizes of what a plane covers: x, y, half width, half height, in half-heights of the photo.
Extent: TypeAlias = tuple[float, float, float, float]

SMALLER = 2  # halvings of the picture that are kept
CORNERS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))  # of a pixel, from its middle


@dataclass(frozen=True, slots=True)
class Pyramid:
    """fine: the picture at twice its size, or None; levels: the picture, half and a quarter of it; [1, 3, h,
    w] fp32, 0..255."""

    fine: Tensor | None
    levels: list[Tensor]
    extent: Extent

    def fetched(self, seen: Tensor, scale: float) -> Tensor:
        """[3, H, W]: what lies at `seen`, [2, H, W] half-heights. scale: photo's pixels that one covers.

        Seen from further away it covers more: blend towards half the picture's size, or it shimmers.
        """
        shrunk = min(max(math.log2(scale), 0.0), len(self.levels) - 1.0)
        level = math.floor(shrunk)
        found = self._at(level, seen, scale)
        if shrunk > level:
            found = torch.lerp(found, self._at(level + 1, seen, scale), shrunk - level)
        return found

    def _at(self, level: int, seen: Tensor, scale: float) -> Tensor:
        if level or self.fine is None:
            return sample(self.levels[level], seen, self.extent, mode="bicubic", edge="reflection")[0]
        pixel = 2 / seen.shape[1] * min(scale, 1.0)
        found = torch.zeros(3, *seen.shape[1:])
        for x, y in CORNERS:
            corner = seen + pixel * torch.tensor([x, y])[:, None, None]
            found += sample(self.fine, corner, self.extent, edge="reflection")[0] / len(CORNERS)
        return found


def pyramid(picture: Tensor, extent: Extent, *, is_fine: bool) -> Pyramid:
    """picture: [3, h, w] fp32, 0..255; is_fine: at twice the size of what its pixels stand for."""
    fine = picture[None] if is_fine else None
    levels = [F.avg_pool2d(picture[None], 2) if is_fine else picture[None]]
    while len(levels) <= SMALLER and min(levels[-1].shape[2:]) >= 4:
        half = F.interpolate(levels[-1], scale_factor=0.5, mode="bicubic", antialias=True)
        levels.append(half.clamp(0, 255))
    return Pyramid(fine, levels, extent)


def matched(fine: Tensor, photo: Tensor) -> Tensor:
    """The photo at twice its size, so that the mean of each four pixels is exactly the photo's.

    fine: [3, 2H, 2W] uint8; photo: [3, H, W] uint8. -> [3, 2H, 2W] fp32.
    """
    wrong = photo - F.avg_pool2d(fine.float(), 2)
    return fine + wrong.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)


def sample(
    plane: Tensor, seen: Tensor, extent: Extent, *, mode: str = "bilinear", edge: str = "border"
) -> Tensor:
    """plane: [1, C, h, w] that covers `extent`; seen: [2, H, W] in half-heights. -> [1, C, H, W]."""
    x, y, half_width, half_height = extent
    unit = torch.stack([(seen[0] - x) / half_width, (seen[1] - y) / half_height], dim=-1)[None]
    return F.grid_sample(plane, unit, mode=mode, padding_mode=edge, align_corners=False)
