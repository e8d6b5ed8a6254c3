"""Sizes and lengths that Open-Sora 1.2 was trained on, and the nearest to what was asked. Arithmetic only.

A size has two names. The model is told the one of its training, a bucket, 426x240; the decoder makes the
largest multiple of 8 in it, 424x240, and that is the video's. Pairs are (width, height).
"""

import math
from itertools import chain

from i2v_cli.errors import SizeError, UsageError
from i2v_cli.geometry import frame_count, no_size, pixel_size
from i2v_cli.request import Request

STRIDE = 8  # pixels a latent
CHUNK_FRAMES, CHUNK_LATENTS = 17, 5  # which the autoencoder knows nothing beyond
FRAME_STEP = 3 * CHUNK_FRAMES  # two seconds and a bit
MOST_FRAMES = 8 * FRAME_STEP

Size = tuple[int, int]

# Of the reference implementation's `datasets/aspect.py`, in its order, from wide to tall; without the aspect
# 50:27, which makes the same small videos as 17:9.
BUCKETS: dict[int, tuple[Size, ...]] = {
    144: (
        *((312, 117), (291, 125), (277, 133), (270, 135), (262, 139), (256, 144), (241, 151), (234, 156)),
        *((221, 166), (192, 192), (165, 221), (156, 235), (144, 256), (139, 263), (135, 271), (132, 277)),
    ),
    240: (
        *((522, 196), (490, 210), (462, 222), (452, 226), (438, 232), (426, 240), (404, 252), (393, 262)),
        *((368, 276), (320, 320), (278, 370), (262, 392), (240, 426), (232, 440), (226, 452), (222, 462)),
    ),
    360: (
        *((784, 294), (732, 314), (692, 332), (680, 340), (662, 350), (640, 360), (608, 380), (588, 392)),
        *((554, 416), (480, 480), (416, 554), (392, 588), (360, 640), (350, 660), (340, 678), (332, 692)),
    ),
    480: (
        *((1046, 392), (980, 420), (925, 444), (904, 452), (880, 466), (854, 480), (810, 506), (784, 522)),
        *((738, 554), (640, 640), (555, 740), (522, 784), (480, 854), (466, 880), (454, 906), (444, 924)),
    ),
    720: (
        *((1568, 588), (1466, 628), (1388, 666), (1356, 678), (1318, 698), (1280, 720), (1212, 758)),
        *((1176, 784), (1110, 832), (960, 960), (832, 1108), (784, 1176), (720, 1280), (698, 1320)),
        *((680, 1358), (666, 1386)),
    ),
}


def video(bucket: Size) -> Size:
    """(width, height) of what is made in a bucket."""
    width, height = bucket
    return width // STRIDE * STRIDE, height // STRIDE * STRIDE


# The bucket of each video.
TRAINED: dict[Size, Size] = {video(bucket): bucket for bucket in chain.from_iterable(BUCKETS.values())}


def pixels(request: Request, source: Size) -> Size:
    """(width, height) of the video: as asked, or in the photo's aspect with about `area` or "480p" lines.

    SizeError names the nearest that there is.
    """
    if request.size is None:
        return video(_nearest(source, _lines_of(request.area)))
    asked = pixel_size(request, source, multiple=1)
    if "x" not in request.size:
        lines = int(request.size.removesuffix("p"))
        if lines in BUCKETS:
            return video(_nearest(source, lines))
    elif asked in TRAINED:
        return asked
    nearest = video(_nearest(asked, _lines_of(math.prod(asked))))
    raise no_size(
        request,
        f"{request.size} is no size of this model, which makes 144 to 720 lines in sizes of its own",
        f"--size {nearest[0]}x{nearest[1]} is the nearest",
    )


def frames(request: Request) -> int:
    """51, 102 and so on to 408. `--seconds` takes the nearest such length, `--frames` must be one."""
    asked = frame_count(request, FRAME_STEP)
    nearest = min(max(round(asked / FRAME_STEP), 1) * FRAME_STEP, MOST_FRAMES)
    if asked != nearest and (request.frames is not None or asked > MOST_FRAMES + FRAME_STEP):
        raise SizeError(
            f"{asked} frames is no length of this model: it makes 51, 102, 153 and so on up to {MOST_FRAMES}",
            f"use --frames {nearest}",
        )
    return nearest


def latent_frames(count: int) -> int:
    """A chunk of 17 frames has 5 latents; a shorter one a latent for every 4, the first maybe for fewer."""
    whole, rest = divmod(count, CHUNK_FRAMES)
    return whole * CHUNK_LATENTS + math.ceil(rest / 4)


def held(at: int, count: int, total: int) -> range:
    """Latent frames of a clip of `total` frames that `count` given frames hold, the first of them at `at`.

    at: negative counts from the end. Chunks are encoded apart, so frames can be held that fill chunks; a
    picture that begins one; and a picture on the last frame, which holds the last latent. UsageError:
    anything else.
    """
    start = at + total if at < 0 else at
    last = latent_frames(total)
    if count == 1 and start == total - 1:
        return range(last - 1, last)
    whole = count == 1 or (count > 0 and count % CHUNK_FRAMES == 0)
    if not whole or start % CHUNK_FRAMES or not 0 <= start <= total - count:
        raise UsageError(
            f"{count} frames at frame {at} of {total} cannot be held by this model",
            "hold a picture on frame 0, 17, 34 and so on or on the last one, or 17, 34 ... frames from there",
        )
    begin = start // CHUNK_FRAMES * CHUNK_LATENTS
    return range(begin, begin + latent_frames(count))


def _lines_of(area: int) -> int:
    """The buckets whose area is the nearest, by ratio."""

    def apart(lines: int) -> float:
        return abs(math.log(math.prod(BUCKETS[lines][0]) / area))

    return min(BUCKETS, key=apart)


def _nearest(size: Size, lines: int) -> Size:
    """The bucket whose aspect is the nearest, by ratio."""

    def apart(bucket: Size) -> float:
        return abs(math.log(bucket[0] * size[1] / (bucket[1] * size[0])))

    return min(BUCKETS[lines], key=apart)
