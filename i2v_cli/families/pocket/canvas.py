"""The photo continued past its edges, made once a clip, from the photo's own pixels.

From coarse to fine, patches.py says where in the photo each pixel beyond it comes from. Only these places are
kept: at full size pixels are fetched from there, so the canvas is as sharp as the photo, and the photo itself
is never touched.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.families.pocket.patches import Window, completed
from i2v_cli.families.pocket.seams import evened

SMALLEST = 64
BAND = 0.12  # of the height: the sky goes on as what is at its top, never as the horizon
# Pixels of the short side, a patch's radius, rounds; the first says what goes where, the last how it looks.
LEVELS = ((32, 2, 10), (52, 2, 6), (84, 3, 5), (128, 3, 4))


class Margins(NamedTuple):
    """Pixels past each edge."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def doubled(self) -> "Margins":
        return Margins(2 * self.left, 2 * self.top, 2 * self.right, 2 * self.bottom)

    def without(self, known: "Margins") -> "Margins":
        """What is left to be told of."""
        return Margins(*(max(ours - theirs, 0) for ours, theirs in zip(self, known, strict=True)))


@dataclass(frozen=True, slots=True)
class Uncropped:
    """picture: [3, h, w], 0..255, the photo with what a crop cut off; margins: how far that reaches."""

    picture: Tensor
    margins: Margins

    def within(self, margins: Margins, photo: Tensor) -> tuple[Tensor, Margins]:
        """As much of the picture as lies within the margins, the photo in its midst; and how much that is."""
        known = margins.without(margins.without(self.margins))
        top, left = self.margins.top - known.top, self.margins.left - known.left
        height, width = photo.shape[1:]
        rows, columns = known.top + height + known.bottom, known.left + width + known.right
        picture = self.picture[:, top : top + rows, left : left + columns].to(torch.float32, copy=True)
        picture[:, known.top : known.top + height, known.left : known.left + width] = photo
        return picture, known


def extend(photo: Tensor, margins: Margins, subjects: Tensor, uncropped: Uncropped | None = None) -> Tensor:
    """[3, H, W], 0..255 -> [3, top + H + bottom, left + W + right] fp32, in which the photo is unchanged.

    subjects: [h, w] in 0..1, where somebody stands who shall not stand beyond the edge once more. uncropped:
    what the photo itself shows beyond its crop comes first. Pictures of less than 64 pixels a side go on
    mirrored.
    """
    photo = photo.float()
    if uncropped is not None:
        height, width = photo.shape[1:]
        photo, known = uncropped.within(margins, photo)
        cells = [round(one * subjects.shape[1] / width) for one in (known.left, known.right)]
        cells += [round(one * subjects.shape[0] / height) for one in (known.top, known.bottom)]
        subjects, margins = F.pad(subjects, cells), margins.without(known)
    if margins == Margins():
        return photo
    shortest = min(photo.shape[1:])
    if shortest < SMALLEST:
        return _mirrored(photo, margins)
    dice = torch.Generator().manual_seed(0)
    shift: Tensor | None = None
    for short, radius, rounds in LEVELS:
        if short <= shortest:
            window = _window(photo, margins, short)
            first = _reflected(window) if shift is None else _larger(shift, window)
            found = completed(window, first, subjects, radius=radius, rounds=rounds, dice=dice)
            shift = (found - torch.stack(window.places())) / _sides(window)
    assert shift is not None  # the first level is smaller than the smallest picture
    return _fetched(photo, margins, window, shift, evened(window, found))


def _window(photo: Tensor, margins: Margins, short: int) -> Window:
    """All of it, so small that the photo's short side has so many pixels."""
    scale = min(photo.shape[1:]) / short
    height, width = (round(side / scale) for side in photo.shape[1:])
    left, top, right, bottom = (
        math.ceil(margin / scale) for margin in (margins.left, margins.top, margins.right, margins.bottom)
    )
    small = F.interpolate(photo[None], size=(height, width), mode="area")[0]
    return Window(small, top, left, top + height + bottom, left + width + right)


def _sides(window: Window) -> Tensor:
    """Height and width of the window's picture, [2, 1, 1]."""
    return torch.tensor(window.picture.shape[1:])[:, None, None]


def _reflected(window: Window) -> Tensor:
    """Sources as in a mirror, [2, height, width]; above and below, one that shows a narrow band."""
    height, width = window.picture.shape[1:]
    rows, columns = window.places()
    band = max(round(BAND * height), 1)
    rows = torch.where(rows < 0, _bounced(rows, band), rows)
    rows = torch.where(rows < height, rows, height - 1 - _bounced(rows - height, band))
    return torch.stack([rows, _bounced(columns, width)])


def _larger(shift: Tensor, window: Window) -> Tensor:
    """Sources [2, height, width] by the shift of a coarser window, in shares of the photo's sides."""
    larger = F.interpolate(shift[None], size=(window.height, window.width), mode="nearest")[0]
    return torch.stack(window.places()) + (larger * _sides(window)).round().long()


def _fetched(photo: Tensor, margins: Margins, window: Window, shift: Tensor, levels: Tensor) -> Tensor:
    """The canvas at full size, from where the window's pixels come from, each so many levels lighter.

    No channel is lighter or darker than it is somewhere in the photo.
    """
    height, width = photo.shape[1:]
    below, beside = margins.top + height, margins.left + width
    out = torch.empty(3, below + margins.bottom, beside + margins.right)
    ways = (shift * torch.tensor([height, width])[:, None, None]).round().long()
    for top, bottom, left, right in (
        (0, margins.top, 0, out.shape[2]),
        (below, out.shape[1], 0, out.shape[2]),
        (margins.top, below, 0, margins.left),
        (margins.top, below, beside, out.shape[2]),
    ):
        rows = torch.arange(top, bottom)[:, None] - margins.top
        columns = torch.arange(left, right)[None] - margins.left
        out[:, top:bottom, left:right] = _told(photo, window, ways, levels, (rows, columns))
    out = out.minimum(photo.amax((1, 2), keepdim=True)).maximum(photo.amin((1, 2), keepdim=True))
    out[:, margins.top : below, margins.left : beside] = photo
    return out


def _told(
    photo: Tensor, window: Window, ways: Tensor, levels: Tensor, places: tuple[Tensor, Tensor]
) -> Tensor:
    """These places beyond the photo's edges, each from where the four cells around it come from."""
    rows, columns = places
    (height, width), (small_height, small_width) = photo.shape[1:], window.picture.shape[1:]
    y = ((rows + 0.5) * small_height / height + window.top - 0.5).clamp(0, window.height - 1)
    x = ((columns + 0.5) * small_width / width + window.left - 0.5).clamp(0, window.width - 1)
    out = torch.zeros(3, rows.shape[0], columns.shape[1])
    for down in (0, 1):
        for right in (0, 1):
            cells = (
                (y.long() + down).clamp(max=window.height - 1),
                (x.long() + right).clamp(max=window.width - 1),
            )
            weight = (1 - (y - y.long() - down).abs()) * (1 - (x - x.long() - right).abs())
            from_rows = (rows + ways[0][cells]).clamp(0, height - 1)
            from_columns = (columns + ways[1][cells]).clamp(0, width - 1)
            out += weight * (photo[:, from_rows, from_columns] + levels[:, cells[0], cells[1]])
    return out


def _mirrored(photo: Tensor, margins: Margins) -> Tensor:
    """Back and forth, however wide the margins."""
    height, width = photo.shape[1:]
    rows = _bounced(torch.arange(-margins.top, height + margins.bottom), height)
    columns = _bounced(torch.arange(-margins.left, width + margins.right), width)
    return photo[:, rows][:, :, columns]


def _bounced(index: Tensor, length: int) -> Tensor:
    index = index.remainder(2 * length)
    return torch.minimum(index, 2 * length - 1 - index)
