"""Pixel and latent shapes, frame and size rules: arithmetic only."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from i2v_cli.errors import SizeError, UsageError
from i2v_cli.request import SIZE_PATTERN, Request

# What is moved, held or closed to a loop by hand.
CONTROLS = ("camera", "motion", "drag", "still", "loop", "last")
LARGEST_SIDE = 8192
SMALLEST_SIDE = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """Shapes of one clip.

    `width`, `height`: pixels of the video, even. `source`: (width, height) of the upright photo.
    `loop`: after the last frame comes the first. `latent_shape`: what the sampler starts from, without the
    batch.
    """

    width: int
    height: int
    frames: int
    fps: float
    source: tuple[int, int]
    latent_shape: tuple[int, ...]
    loop: bool = False

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def refuse_control(request: Request, instead: str = "", takes: Collection[str] = ()) -> None:
    """UsageError for a control that a family does not take. instead: words for what it can."""
    for key in CONTROLS:
        if getattr(request, key) and key not in takes:
            said = "last picture" if key == "last" else f"--{key}"
            raise UsageError(
                f"{request.family} takes no {said}", f"drop {said}; {instead}--preset pocket takes it"
            )


def no_size(request: Request, problem: str, hint: str) -> SizeError:
    """The error for a size that a family does not make; `hint` is for who can ask for another one."""
    own = "a video goes on in its own size; --preset pocket takes any of even sides"
    return SizeError(problem, own if request.extend else hint)


def frame_count(request: Request, native: int) -> int:
    """Frames to make: `frames`, or `seconds` at `fps` (at least 2), or the family's `native` count."""
    if request.frames is not None:
        return request.frames
    if request.seconds is not None:
        return max(2, round(request.seconds * request.fps))
    return native


def pixel_size(request: Request, source: tuple[int, int], multiple: int = 2) -> tuple[int, int]:
    """(width, height) of the video, multiples of `multiple`, between 16 and 8192 a side.

    "WxH" is rounded to the nearest multiple (nearest even size for `multiple` 2); "720p" sets the short
    side and keeps the aspect; no size keeps the source's aspect at `request.area` pixels.
    """
    width, height = source
    if request.size is None:
        scale = math.sqrt(request.area / (width * height))
        wanted = (width * scale, height * scale)
    else:
        match = re.fullmatch(SIZE_PATTERN, request.size)
        assert match is not None  # the field's pattern has seen to it
        if lines := match[3]:
            scale = int(lines) / min(width, height)
            wanted = (width * scale, height * scale)
        else:
            wanted = (float(match[1]), float(match[2]))
    return _legal(wanted[0], multiple), _legal(wanted[1], multiple)


def _legal(side: float, multiple: int) -> int:
    low = math.ceil(SMALLEST_SIDE / multiple) * multiple
    high = LARGEST_SIDE // multiple * multiple
    return min(max(round(side / multiple) * multiple, low), high)
