"""Pictures and clips that the media tests share: small, made here, without a file in the repository."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from i2v_cli.media.encoder import VideoSpec


def chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def make_png(
    width: int, height: int, depth: int, colour_type: int, rows: bytes, extra: bytes = b"", late: bytes = b""
) -> bytes:
    """A PNG from raw rows without filter bytes; `extra` chunks go before the pixels, `late` ones after."""
    stride = len(rows) // height
    raw = b"".join(b"\0" + rows[i * stride : (i + 1) * stride] for i in range(height))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + header + extra + pixels + late + chunk(b"IEND", b"")


@pytest.fixture
def png() -> Callable[..., bytes]:
    return make_png


@pytest.fixture
def png_chunk() -> Callable[[bytes, bytes], bytes]:
    return chunk


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """[24, 32, 3] uint8: smooth, and different after every turn and flip."""
    y, x = np.mgrid[0:24, 0:32]
    return np.stack([x * 8, y * 10, (x + y) * 2 + 40], axis=-1).astype(np.uint8)


@pytest.fixture(scope="session")
def clip() -> np.ndarray:
    """[7, 64, 96, 3] uint8: a pattern that moves; frames 5 and 6 are equal."""
    y, x = np.mgrid[0:64, 0:96]
    frames = [np.stack([(x + 6 * min(i, 5)) * 2 % 256, y * 3, 255 - x * 2], axis=-1) for i in range(7)]
    return np.stack(frames).astype(np.uint8)


@pytest.fixture
def spec() -> VideoSpec:
    """What fits `clip`."""
    return VideoSpec(width=96, height=64, frames=7, fps=12)
