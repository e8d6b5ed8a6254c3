"""What the user moves or holds by hand, as planes over the photo: `--motion`, `--drag`, `--still`."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.control.motion import fitted, load_mask, parse_brushes, parse_drags
from i2v_cli.media import image
from i2v_cli.request import Request

ROWS = 256  # of the planes; less where the photo is smaller
FEATHER = 0.6  # of the way, in half-heights: a steeper edge would fold the picture
REACH = 0.35  # half-heights around a dragged point in which things belong to it


@dataclass(frozen=True, slots=True)
class Pushes:
    """masks: [n, 1, h, w] in 0..1, each of what goes its way, ways: [n, 2] in half-heights (x right, y down).

    free: [1, 1, h, w] in 0..1, 0 where nothing may move.
    """

    masks: Tensor
    ways: Tensor
    free: Tensor


def pushes(request: Request, photo: Tensor, reference: Tensor) -> Pushes | None:
    """photo: [3, H, W] uint8, of the output's size. reference: [1, 15, h, w], what the image encoder saw."""
    if not (request.motion or request.drag or request.still):
        return None
    height, width = photo.shape[1:]
    source, rows = _source(request, (width, height)), min(ROWS, height)
    size = (rows, max(round(rows * width / height), 2))
    masks, ways = [], []
    for brush in parse_brushes(request.motion) if request.motion else ():
        masks.append(_plane(brush.mask, request, photo, size))
        ways.append(_way(brush.way.shares(source), source, request, photo))
    for drag in parse_drags(request.drag) if request.drag else ():
        start, end = drag.start.shares(source), drag.end.shares(source)
        place = fitted(start, source, (width, height), request.fit)
        masks.append(_belonging(place, F.interpolate(reference, size=size, mode="bilinear"), width / height))
        ways.append(_way((end[0] - start[0], end[1] - start[1]), source, request, photo))
    free = torch.ones(1, 1, *size)
    if request.still is not None:
        free = 1 - _plane(request.still, request, photo, size)
    feathered = [_feathered(mask, math.hypot(*way)) for mask, way in zip(masks, ways, strict=True)]
    return Pushes(
        torch.cat(feathered) if feathered else torch.zeros(0, 1, *size),
        torch.tensor(ways).reshape(-1, 2),
        free,
    )


def _source(request: Request, size: tuple[int, int]) -> tuple[int, int]:
    """What places are told on: the photo as it was given, or the video that goes on, which has the `size`."""
    if request.extend:
        return size
    info = image.probe(request.image)
    return info.width, info.height


def _plane(mask: Path, request: Request, photo: Tensor, size: tuple[int, int]) -> Tensor:
    """[1, 1, h, w] in 0..1."""
    pixels = load_mask(mask, photo.shape[2], photo.shape[1], request.fit)
    return F.interpolate(torch.from_numpy(pixels)[None, None], size=size, mode="bilinear", antialias=True)


def _way(
    shares: tuple[float, float], source: tuple[int, int], request: Request, photo: Tensor
) -> tuple[float, float]:
    """A way on the photo in half-heights of the frame."""
    size = (photo.shape[2], photo.shape[1])
    from_x, from_y = fitted((0.0, 0.0), source, size, request.fit)
    to_x, to_y = fitted(shares, source, size, request.fit)
    return (to_x - from_x) * 2 * size[0] / size[1], (to_y - from_y) * 2


def _belonging(place: tuple[float, float], seen: Tensor, aspect: float) -> Tensor:
    """What a point belongs to: near it, and of the same kinds. [1, 1, h, w].

    place: fractions of the frame's sides. seen: [1, 15, h, w], what the image encoder saw.
    """
    rows, columns = seen.shape[2:]
    row = min(max(int(place[1] * rows), 0), rows - 1)
    column = min(max(int(place[0] * columns), 0), columns - 1)
    alike = torch.minimum(seen[:, :-1], seen[:, :-1, row, column, None, None]).sum(dim=1, keepdim=True)
    alike = alike / alike[:, :, row, column].clamp(min=1e-3)
    down = ((torch.arange(rows) + 0.5) / rows - place[1]) * 2
    across = ((torch.arange(columns) + 0.5) / columns - place[0]) * 2 * aspect
    distance = down[:, None] ** 2 + across[None] ** 2
    return (alike * 2 - 0.6).clamp(0, 1) * torch.exp(-distance / (2 * REACH**2))


def _feathered(mask: Tensor, way: float) -> Tensor:
    """Falls off over so much more than the way that the picture stretches and does not fold."""
    radius = max(round(FEATHER * way * mask.shape[2] / 2), 1)
    sides = (((2 * radius + 1, 1), (radius, 0)), ((1, 2 * radius + 1), (0, radius)))  # a box is two lines
    wide = mask
    for kernel, padding in sides:
        wide = F.max_pool2d(wide, kernel, stride=1, padding=padding)
    for kernel, (down, across) in 2 * sides:
        wide = F.avg_pool2d(F.pad(wide, (across, across, down, down), mode="replicate"), kernel, stride=1)
    return wide
