"""Frames become one complete video file, or nothing; and what a video file holds.

A video grows under a hidden name beside its target, is decoded to be counted, and only then gets its name.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image

from i2v_cli.errors import EncodingError, InputError
from i2v_cli.media import containers, encoder, ffmpeg, provenance, publish
from i2v_cli.media.encoder import VideoSpec
from i2v_cli.media.frames import Folder
from i2v_cli.media.untrusted import opened

DEMUXERS: dict[containers.Kind | None, str] = {"mp4": "mov", "webm": "matroska", "gif": "gif"}
STREAM = re.compile(
    r"Stream #0:\d+.*?: Video: (?P<codec>\w+).*?, (?P<pix_fmt>\w+)(?:\((?P<colour>[^)]*)\))?[,\n]"
)
RATE = re.compile(r", ([\d.]+)(k?) fps")
DIMENSIONS = re.compile(r"#dimensions 0: (\d+)x(\d+)")
TIMEBASE = re.compile(r"#tb 0: (\d+)/(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoInfo:
    """A video, wholly decoded. `frames`: as many as came out. `fps`: 0 for a folder of frames.

    `colour_range`: "tv", "pc" or ""; `colour`: "bt709" when matrix, primaries and transfer all are that.
    """

    width: int
    height: int
    frames: int
    fps: float
    codec: str
    pix_fmt: str
    colour_range: str = ""
    colour: str = ""


class Writer:
    """`with Writer(target, spec) as writer: writer.write(frames)` leaves a whole video there, or nothing.

    `target`: a path, or None for a fragmented MP4 on stdout. Without `overwrite` a file that appears there
    during the work is kept; the work then goes to the first free one of `others`, paths in the same folder,
    or is lost (UsageError). `target` says in the end where it went. Raises EncodingError when ffmpeg fails or
    the result does not decode to `spec`, FitError when the disk is full, BrokenPipeError when the reader of
    stdout leaves.
    """

    def __init__(
        self,
        target: Path | None,
        spec: VideoSpec,
        *,
        overwrite: bool = False,
        others: Iterable[Path] = (),
    ) -> None:
        self.target = target
        self._spec = spec
        self._overwrite = overwrite
        self._others = iter(others)
        self._packet = ""
        self._sign: Callable[[Path], bytes | None] | None = None
        self._count = 0

    def __enter__(self) -> "Writer":
        spec = self._spec
        if self.target is None:
            publish.check_stdout(spec.format)
        self.target = self._free(self.target, self._check)
        encoder.probe_encoder(spec)
        self._temp: Path | None = None
        with ExitStack() as undo:  # an interrupt in here must leave nothing either: `__exit__` is not called
            self._sink = self._opened(undo)
            self._undo = undo.pop_all()
        return self

    def _opened(self, undo: ExitStack) -> ffmpeg.Feed | Folder:
        """What takes the frames; `undo` learns what goes when the work has ended."""
        spec = self._spec
        if self.target is None:
            sys.stdout.flush()
            streamed = encoder.arguments(spec, "pipe:1", streamed=True)
            return ffmpeg.Feed(streamed, undo, folder=Path(), stdout=sys.stdout.fileno())
        publish.remove_stale(self.target.parent)
        self._temp = publish.temporary(self.target, "" if spec.format == "frames" else f".{spec.format}")
        undo.callback(publish.discard, self._temp)
        if spec.format != "frames":
            return ffmpeg.Feed(encoder.arguments(spec, self._temp.name), undo, folder=self._temp.parent)
        try:
            return Folder(self._temp, spec.frames)
        except OSError as error:
            raise publish.disk_error(self.target, error) from error

    def write(self, frames: np.ndarray) -> None:
        """frames: [F, H, W, 3] uint8, H and W as in the spec."""
        assert frames.dtype == np.uint8 and frames.shape[1:] == (self._spec.height, self._spec.width, 3)
        self._count += len(frames)
        try:
            self._sink.write(frames)
        except BrokenPipeError:  # the reader of stdout has left
            raise
        except OSError as error:
            raise publish.disk_error(self.target or Path("-"), error) from error

    def tag(self, packet: str) -> None:
        """The XMP packet to put into the file when it is whole; "" for none."""
        self._packet = packet

    def seal(self, sign: Callable[[Path], bytes | None]) -> None:
        """What signs the whole file in place, last of all; the bytes that it answers come beside the file."""
        self._sign = sign

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except BrokenPipeError:  # the reader of stdout has left
            raise
        except OSError as problem:
            raise publish.disk_error(self.target or Path("-"), problem) from problem
        finally:
            self._undo.close()

    def _finish(self) -> None:
        self._sink.finish()
        if self.target is None or self._temp is None:
            self._compare("frames", self._count, self._spec.frames)
            if self._packet:
                sys.stdout.buffer.write(containers.mp4_box(self._packet))
                sys.stdout.buffer.flush()
            return
        if self._packet:
            for path in sorted(self._temp.iterdir()) if self._temp.is_dir() else [self._temp]:
                containers.embed(path, self._packet)
        beside = self._sign(self._temp) if self._sign is not None else None
        self._verify(self._temp)
        self.target = self._free(self.target, self._publish)
        if beside is not None and self.target is not None:
            publish.write(provenance.sidecar(self.target), beside, overwrite=self._overwrite)

    def _check(self, target: Path | None) -> None:
        publish.check_target(target, overwrite=self._overwrite, folder=self._spec.format == "frames")

    def _publish(self, target: Path | None) -> None:
        assert target is not None and self._temp is not None
        publish.publish(self._temp, target, overwrite=self._overwrite)

    def _free(self, target: Path | None, take: Callable[[Path | None], None]) -> Path | None:
        """The target, or the first of the others, that `take` finds free."""
        while True:
            try:
                take(target)
                return target
            except publish.TakenError:
                other = next(self._others, None)
                if other is None:
                    raise
                target = other

    def _verify(self, temp: Path) -> None:
        try:
            info = probe(temp)
        except InputError as error:
            raise EncodingError(f"the written video does not decode: {error.message}") from error
        self._compare("frames", info.frames, self._spec.frames)
        self._compare("size", (info.width, info.height), (self._spec.width, self._spec.height))

    def _compare(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise EncodingError(f"the written video is not complete: {what} {found}, not {wanted}")


def probe(path: Path) -> VideoInfo:
    """Decodes a video (mp4, webm, gif, webp, or a folder of PNG frames) to its end.

    Raises InputError when it is none of these or does not decode.
    """
    if os.path.isdir(path):
        return _probe_folder(path)
    with opened(path, "video") as file:
        kind = containers.kind_of(file.read(containers.HEAD_BYTES))
        if kind == "webp":  # ffmpeg before 8 decodes no animated WebP
            file.seek(0)
            with Image.open(file, formats=["WEBP"]) as picture:
                return _probe_webp(picture)
    if kind not in DEMUXERS:
        raise InputError(
            f"cannot read video {path}: it is no MP4, WebM, GIF or WebP",
            hint="a photo is what `i2v generate` starts from",
        )
    # One line for each decoded frame. The demuxer is named, so that no playlist leads to other files.
    source = ["-xerror", "-f", DEMUXERS[kind], "-i", f"file:{path.name}", "-map", "0:v:0"]
    try:
        result = ffmpeg.run([*source, "-fps_mode", "passthrough", "-f", "framecrc", "-"], folder=path.parent)
    except EncodingError as error:
        raise InputError(f"cannot read video {path}: {error.message}") from error
    return _parse(path, result.stderr.decode(errors="replace"), result.stdout.decode())


def _parse(path: Path, log: str, listing: str) -> VideoInfo:
    stream, size, timebase = STREAM.search(log), DIMENSIONS.search(listing), TIMEBASE.search(listing)
    rows = [line.split(",") for line in listing.splitlines() if line[:1] != "#"]
    if stream is None or size is None or timebase is None or not rows:
        raise InputError(f"cannot read video {path}: it holds no pictures")
    seconds = sum(int(row[3]) for row in rows) * int(timebase[1]) / int(timebase[2])
    rate = RATE.search(log)
    # A GIF counts in hundredths of a second, and ffmpeg rounds what that makes a second.
    told = float(rate[1]) * (1000 if rate[2] else 1) if rate else 0
    fps = told if told and stream["codec"] != "gif" else len(rows) / max(seconds, 0.01)
    colour_range, _, colour = (stream["colour"] or "").partition(", ")
    return VideoInfo(
        width=int(size[1]),
        height=int(size[2]),
        frames=len(rows),
        fps=round(fps, 3),
        codec=stream["codec"],
        pix_fmt=stream["pix_fmt"],
        colour_range=colour_range,
        colour=colour.partition(",")[0],
    )


def _probe_webp(picture: Image.Image) -> VideoInfo:
    count = getattr(picture, "n_frames", 1)
    milliseconds = 0
    for frame in range(count):
        picture.seek(frame)
        picture.load()
        milliseconds += picture.info.get("duration", 0)
    return VideoInfo(
        width=picture.width,
        height=picture.height,
        frames=count,
        fps=round(1000 * count / max(milliseconds, 1), 3),
        codec="webp",
        pix_fmt=picture.mode.lower(),
    )


def _probe_folder(path: Path) -> VideoInfo:
    sizes = []
    for frame in sorted(path.glob("*.png")):
        with opened(frame, "frame") as file, Image.open(file, formats=["PNG"]) as picture:
            picture.load()
            sizes.append(picture.size)
    if len(set(sizes)) != 1:
        raise InputError(f"cannot read video {path}: it holds no frames of one size")
    width, height = sizes[0]
    return VideoInfo(width=width, height=height, frames=len(sizes), fps=0, codec="png", pix_fmt="rgb24")
