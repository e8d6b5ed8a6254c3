"""Sizes and lengths that CogVideoX was trained for, and the nearest ones to what was asked. Arithmetic
only.
"""

from i2v_cli.errors import SizeError
from i2v_cli.geometry import frame_count, no_size, pixel_size
from i2v_cli.request import Request

STRIDE = 8  # pixels a latent
FRAMES_A_LATENT = 4
# After the first the autoencoder decodes two latents at a time: other lengths come out wrong, not only short.
FRAME_STEP = 8
MULTIPLE = 16  # pixels a side of a token of 1.5
SHORT_SIDE, LONG_SIDE = 768, 1360  # of 1.5
NATIVE_FRAMES, MOST_FRAMES = 81, 161  # of 1.5

Table = tuple[int, int, int]
"""(frames, rows, columns) in latents that 1.0's learned positions cover."""


def pixels(request: Request, source: tuple[int, int], table: Table | None) -> tuple[int, int]:
    """(width, height). 1.0 makes one size; 1.5 those with a short side of 768 and a long one up to 1360."""
    if table is not None:
        only = (table[2] * STRIDE, table[1] * STRIDE)
        if request.size is not None and pixel_size(request, source) != only:
            raise no_size(
                request,
                f"{_asked(request, source)} is no size of this model: it makes {_named(only)} only",
                f"drop --size; --fit says how the photo fills {_named(only)}; "
                "--preset cogvideox1.5-5b makes other sizes",
            )
        return only
    if request.size is None:
        return _nearest(source)
    asked = pixel_size(request, source)
    if not _is_legal(asked):
        raise no_size(
            request,
            f"{_asked(request, source)} is no size of this model: the short side is {SHORT_SIDE}, "
            f"the long one {SHORT_SIDE} to {LONG_SIDE} by {MULTIPLE}",
            f"--size {_named(_nearest(asked))} is the nearest",
        )
    return asked


def frames(request: Request, table: Table | None) -> int:
    """8 n + 1. `--seconds` takes the nearest such length, `--frames` must be one."""
    native, most = NATIVE_FRAMES, MOST_FRAMES
    if table is not None:
        native = most = (table[0] - 1) * FRAMES_A_LATENT + 1
    asked = frame_count(request, native)
    below = min(max((asked - 1) // FRAME_STEP, 1) * FRAME_STEP + 1, most)
    above = min(below + FRAME_STEP, most)
    nearest = below if asked - below <= above - asked else above
    if asked != nearest and (request.frames is not None or asked > most + FRAME_STEP):
        lengths = sorted({below, above})
        raise SizeError(
            f"{asked} frames is no length of this model: it makes 9, 17, 25 and so on up to {most}",
            f"use {' or '.join(f'--frames {length}' for length in lengths)}",
        )
    return nearest


def latent_frames(frames: int) -> int:
    """The first frame has a latent frame of its own, every later one stands for four."""
    return (frames - 1) // FRAMES_A_LATENT + 1


def _nearest(size: tuple[int, int]) -> tuple[int, int]:
    """The size of 1.5 with about this aspect."""
    width, height = size
    long = round(SHORT_SIDE * max(size) / min(size) / MULTIPLE) * MULTIPLE
    long = min(long, LONG_SIDE)
    return (long, SHORT_SIDE) if width >= height else (SHORT_SIDE, long)


def _is_legal(size: tuple[int, int]) -> bool:
    return min(size) == SHORT_SIDE and max(size) <= LONG_SIDE and max(size) % MULTIPLE == 0


def _asked(request: Request, source: tuple[int, int]) -> str:
    width, height = pixel_size(request, source)
    named = f"{width}x{height}"
    return named if request.size == named else f"{request.size} ({named})"


def _named(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
