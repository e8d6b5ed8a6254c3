"""The photo continued past its edges, made once a clip: quilted from the photo itself.

Efros and Freeman 2001 (image quilting): blocks of the photo that fit what is already there are laid along the
edge and joined along the seam where they differ least. Blocks are looked for on a small copy and copied at
full size, so the canvas is as sharp as the photo, and the photo itself is never touched.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST = 64
SHORT = 256  # pixels of the small copy's short side
# Of the short side: how wide a block is along the edge, and how much of its neighbours it must fit.
BLOCK, OVERLAP = 0.34, 0.12
# A block stays about as far along the edge as it was, so that horizons meet, and comes from near the edge,
# in layers: sky goes on as sky, ground as ground. Squared distances, of the sides, cost so many levels.
ALONG = 1600.0
# (thickness of a layer, of the short side; cost of coming from deep inside), by tests/benchmarks/canvas.py.
SIDEWAYS, UPRIGHT = (0.16, 1500.0), (0.06, 6000.0)
SOFT = 2.0  # steepness of a seam, a pixel of the small copy


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels past each edge."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def doubled(self) -> "Margins":
        return Margins(2 * self.left, 2 * self.top, 2 * self.right, 2 * self.bottom)


def extend(photo: Tensor, margins: Margins) -> Tensor:
    """[3, H, W], 0..255 -> [3, top + H + bottom, left + W + right] fp32, in which the photo is unchanged.

    Pictures of less than 64 pixels a side go on mirrored.
    """
    canvas = photo.float()
    if min(photo.shape[1:]) < SMALLEST:
        return _reflected(canvas, margins)
    canvas = _to_the_right(canvas, margins.right, SIDEWAYS)
    canvas = _to_the_right(canvas.flip(2), margins.left, SIDEWAYS).flip(2)
    canvas = canvas.transpose(1, 2)
    canvas = _to_the_right(canvas, margins.bottom, UPRIGHT)
    canvas = _to_the_right(canvas.flip(2), margins.top, UPRIGHT).flip(2)
    return canvas.transpose(1, 2).contiguous()


def _to_the_right(image: Tensor, margin: int, layer: tuple[float, float]) -> Tensor:
    """The image and `margin` more columns; the other sides come by turning it."""
    widest = max(1, round(min(image.shape[1:]) * layer[0]))
    while margin > 0:
        image = _strip(image, min(margin, widest), layer[1])
        margin -= widest
    return image


def _strip(image: Tensor, margin: int, deep_cost: float) -> Tensor:
    height, width = image.shape[1:]
    scale = max(1.0, min(height, width) / SHORT)
    size = (max(8, round(height / scale)), max(8, round(width / scale)))
    small = F.interpolate(image[None], size=size, mode="area")[0]
    out = _mirrored(image, margin)
    deep = max(1, math.ceil(margin / scale))
    plan = _mirrored(small, deep)
    overlap = min(max(4, round(OVERLAP * min(size))), size[1] - deep - 1)
    block = min(max(8, round(BLOCK * min(size))), size[0])
    tops = [*range(0, size[0] - block, max(1, block - overlap)), size[0] - block]
    done = 0
    for top in tops:
        rows = slice(top, top + block)
        target = plan[:, rows, size[1] - overlap :]
        known = torch.zeros(target.shape[1:])
        known[:, :overlap] = 1
        known[: max(done - top, 0)] = 1
        y, x = _best(small, target, known, top, deep_cost)
        source = small[:, y : y + block, x : x + target.shape[2]]
        weight = _joined((target - source)[:, :, overlap:].square().sum(0), overlap, max(done - top, 0))
        beyond = plan[:, rows, size[1] :]
        beyond.copy_(torch.lerp(beyond, source[:, :, overlap:], weight))
        _copy(image, out, weight, (top, y, x + overlap), scale)
        done = top + block
    return out


def _copy(image: Tensor, out: Tensor, weight: Tensor, at: tuple[int, int, int], scale: float) -> None:
    """The block at full size: from rows y and columns x of `image` to the margin's rows from top."""
    height, width = image.shape[1:]
    top, y, x = (round(value * scale) for value in at)
    rows, columns = min(round(weight.shape[0] * scale), height), out.shape[2] - width
    top, y = min(top, height - rows), min(y, height - rows)
    x = max(min(x, width - columns), 0)
    fine = F.interpolate(weight[None, None], size=(rows, columns), mode="bilinear")[0, 0]
    there = out[:, top : top + rows, width:]
    there.copy_(torch.lerp(there, image[:, y : y + rows, x : x + columns], fine))


def _best(small: Tensor, target: Tensor, known: Tensor, top: int, deep_cost: float) -> tuple[int, int]:
    """(y, x) of the block of `small` that fits `target` best where `known`, by correlation (FFT)."""
    shape = small.shape[1:]
    rows, columns = shape[0] - target.shape[1] + 1, shape[1] - target.shape[2] + 1
    spectrum, squares = torch.fft.rfft2(small), torch.fft.rfft2(small.square().sum(0))
    cross = torch.fft.irfft2(spectrum * torch.fft.rfft2(target * known, s=shape).conj(), s=shape).sum(0)
    energy = torch.fft.irfft2(squares * torch.fft.rfft2(known, s=shape).conj(), s=shape)
    error = ((energy - 2 * cross)[:rows, :columns] + (target * known).square().sum()) / (3 * known.sum())
    y, x = torch.arange(rows)[:, None], torch.arange(columns)[None]
    error = error + ALONG * ((y - top) / shape[0]) ** 2
    error = error + deep_cost * ((columns - 1 - x) / shape[1]) ** 2
    index = int(error.argmin())
    return index // columns, index % columns


def _joined(cost: Tensor, overlap: int, above: int) -> Tensor:
    """How much of the block is taken, [rows, columns]: none left of the seam in the first `overlap` columns,
    where the mirrored photo goes on, none above that in the first `above` rows, where the last block does.
    """
    weight = torch.ones(cost.shape)
    band = min(overlap, cost.shape[1])
    seam = _seam(cost[:, :band])
    weight[:, :band] = torch.sigmoid(SOFT * (torch.arange(band)[None] - seam[:, None]))
    if above:
        seam = _seam(cost[:above].T)
        weight[:above] *= torch.sigmoid(SOFT * (torch.arange(above)[:, None] - seam[None]))
    return weight


def _seam(cost: Tensor) -> Tensor:
    """The cheapest path through the rows, neighbours at most a column apart. [n, k] -> [n]."""
    total = [cost[0]]
    for row in cost[1:]:
        before = F.pad(total[-1], (1, 1), value=torch.inf)
        total.append(row + torch.stack([before[:-2], before[1:-1], before[2:]]).amin(dim=0))
    path = [int(total[-1].argmin())]
    for row in reversed(total[:-1]):
        low = max(path[-1] - 1, 0)
        path.append(low + int(row[low : path[-1] + 2].argmin()))
    return torch.tensor(path[::-1], dtype=cost.dtype)


def _mirrored(image: Tensor, margin: int) -> Tensor:
    return F.pad(image[None], (0, margin, 0, 0), mode="reflect")[0]


def _reflected(image: Tensor, margins: Margins) -> Tensor:
    """Back and forth, however wide the margins."""
    height, width = image.shape[1:]
    columns = _bounced(torch.arange(-margins.left, width + margins.right), width)
    rows = _bounced(torch.arange(-margins.top, height + margins.bottom), height)
    return image[:, rows][:, :, columns]


def _bounced(index: Tensor, length: int) -> Tensor:
    index = index.remainder(2 * length)
    return torch.minimum(index, 2 * length - 1 - index)
