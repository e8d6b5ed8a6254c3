"""A finished video, read again frame by frame."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from i2v_cli.media import containers, ffmpeg, video
from i2v_cli.media.untrusted import opened

CHUNK = 8
# Rounded exactly: a clip that is read and written again and again must not drift in colour.
EXACT = ("-sws_flags", "accurate_rnd+full_chroma_int+full_chroma_inp+bicubic")


def play(path: Path) -> Iterator[np.ndarray]:
    """Chunks [f, H, W, 3] uint8, sRGB. Raises InputError for what is no video or does not decode."""
    chunk: list[np.ndarray] = []
    for frame in _frames(path):
        chunk.append(frame)
        if len(chunk) == CHUNK:
            yield np.stack(chunk)
            chunk = []
    if chunk:
        yield np.stack(chunk)


def _frames(path: Path) -> Iterator[np.ndarray]:
    from imageio import v3 as imageio

    seen = video.probe(path)
    if os.path.isdir(path):
        for frame in sorted(path.glob("*.png")):
            yield imageio.imread(frame, plugin="pillow", mode="RGB")
        return
    with opened(path, "video") as file:
        kind = containers.kind_of(file.read(containers.HEAD_BYTES))
    if kind == "webp":  # ffmpeg before 8 decodes no animated WebP
        yield from imageio.imiter(path, plugin="pillow", mode="RGB")
        return
    source = ["-loglevel", "error", "-f", video.DEMUXERS[kind], "-i", f"file:{path.name}", "-map", "0:v:0"]
    arguments = [*source, "-fps_mode", "passthrough", *EXACT]
    yield from ffmpeg.play(arguments, folder=path.parent, size=(seen.width, seen.height))
