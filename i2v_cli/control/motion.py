"""`--motion`, `--drag` and `--still`: parts of the photo that the user moves, or holds, by hand.

A mask is a picture of the photo's own shape: white is meant, black is not. Lengths are pixels of the photo,
or percents of its width and height; x goes right, y goes down.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from i2v_cli.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from i2v_cli.request import Fit, Request

NUMBER = r"\s*([-+]?\d+(?:\.\d+)?)\s*(%?)\s*"
PAIR = re.compile(NUMBER + "," + NUMBER)
FARTHEST = 2.0  # of the photo's sides
SAME_SHAPE = 0.02  # of the aspect: a mask may be a smaller copy of the photo


@dataclass(frozen=True, slots=True)
class Point:
    """A place or a way on the photo. Fractions of its width and height, or its pixels, each for itself."""

    x: float
    y: float
    x_is_share: bool
    y_is_share: bool

    def shares(self, source: tuple[int, int]) -> tuple[float, float]:
        """source: (width, height) of the photo. -> fractions of them."""
        return (
            self.x if self.x_is_share else self.x / source[0],
            self.y if self.y_is_share else self.y / source[1],
        )


@dataclass(frozen=True, slots=True)
class Brush:
    """What the mask shows goes this way in the course of the clip."""

    mask: Path
    way: Point


@dataclass(frozen=True, slots=True)
class Drag:
    """What lies at `start` goes to `end`, and what belongs to it goes with it."""

    start: Point
    end: Point


def parse_brushes(text: str, place: str = "--motion") -> list[Brush]:
    """ "mask.png:DX,DY", several with semicolons between. Raises UsageError."""
    return [_brush(part.strip(), place) for part in text.split(";")]


def parse_drags(text: str, place: str = "--drag") -> list[Drag]:
    """ "X0,Y0:X1,Y1", several with semicolons between. Raises UsageError."""
    return [_drag(part.strip(), place) for part in text.split(";")]


def absolute(text: str) -> str:
    """The same brushes, their masks found from any folder."""
    parts = [part.strip().rpartition(":") for part in text.split(";")]
    return "; ".join(f"{Path(mask).absolute()}:{way}" for mask, _, way in parts)


def _brush(text: str, place: str) -> Brush:
    path, separator, way = text.rpartition(":")
    point = _point(way)
    if not separator or not path or point is None:
        raise UsageError(
            f"{place} {text!r} is no mask and way", "write MASK.png:DX,DY, as in --motion sail.png:8%,0"
        )
    return Brush(Path(path), point)


def _drag(text: str, place: str) -> Drag:
    start, _, end = text.partition(":")
    points = _point(start), _point(end)
    if points[0] is None or points[1] is None:
        raise UsageError(
            f"{place} {text!r} is no pair of points", "write X0,Y0:X1,Y1, as in --drag 40%,60%:50%,60%"
        )
    return Drag(points[0], points[1])


def check(request: "Request", source: tuple[int, int]) -> None:
    """source: (width, height) of the upright photo. Raises UsageError, and InputError for a mask."""
    for drag in parse_drags(request.drag) if request.drag is not None else ():
        _check_drag(drag, source)
    for brush in parse_brushes(request.motion) if request.motion is not None else ():
        _check_way("--motion", brush.way.shares(source))
    for mask in masks(request):
        _check_mask(mask, source, "--still" if mask == request.still else "--motion")


def masks(request: "Request") -> list[Path]:
    """The files that say what is pushed or held."""
    brushes = parse_brushes(request.motion) if request.motion is not None else []
    return [brush.mask for brush in brushes] + ([request.still] if request.still is not None else [])


def _check_drag(drag: Drag, source: tuple[int, int]) -> None:
    x, y = drag.start.shares(source)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise UsageError(
            f"--drag starts at {x * source[0]:.0f},{y * source[1]:.0f}, the photo is {source[0]}x{source[1]}",
            "start on the photo: pixels from its top left corner, or percents",
        )
    end_x, end_y = drag.end.shares(source)
    _check_way("--drag", (end_x - x, end_y - y))


def _check_way(flag: str, shares: tuple[float, float]) -> None:
    if max(map(abs, shares)) > FARTHEST:
        raise UsageError(
            f"{flag} goes {shares[0]:.0%} of the photo's width and {shares[1]:.0%} of its height",
            f"go at most {FARTHEST:g} times as far as the photo is wide or high; up to a tenth looks best",
        )


def _check_mask(path: Path, source: tuple[int, int], place: str) -> None:
    from i2v_cli.media import image

    try:
        info = image.probe(path)
    except InputError as error:
        raise InputError(f"{place}: {error.message}", error.hint) from error
    if abs(math.log(info.width / info.height * source[1] / source[0])) > SAME_SHAPE:
        raise UsageError(
            f"the mask {path} of {place} is {info.width}x{info.height}, the photo {source[0]}x{source[1]}",
            "paint the mask on a copy of the photo: white is meant, black is not",
        )


def load_mask(path: Path, width: int, height: int, fit: "Fit") -> "np.ndarray":
    """[height, width] float32 in 0..1, fitted as the photo is; bars that were added belong to no mask."""
    import numpy as np

    from i2v_cli.media import image

    pixels, _ = image.fit(image.load(path, "black").pixels, width, height, "pad" if fit == "blur" else fit)
    return pixels.astype(np.float32).mean(axis=2) / 255


def fitted(
    shares: tuple[float, float], source: tuple[int, int], size: tuple[int, int], fit: "Fit"
) -> tuple[float, float]:
    """Where a point of the photo lies in the frame. shares: of the photo's sides. -> of the frame's sides."""
    wider = source[0] / source[1] / (size[0] / size[1])
    x, y = shares
    if fit == "stretch":
        return x, y
    grow_x, grow_y = (
        (max(wider, 1), max(1 / wider, 1)) if fit == "crop" else (min(1, wider), min(1, 1 / wider))
    )
    return 0.5 + (x - 0.5) * grow_x, 0.5 + (y - 0.5) * grow_y


def _point(text: str) -> Point | None:
    match = PAIR.fullmatch(text)
    if match is None:
        return None
    x, percent_x, y, percent_y = match.groups()
    return Point(
        float(x) / (100 if percent_x else 1),
        float(y) / (100 if percent_y else 1),
        bool(percent_x),
        bool(percent_y),
    )
