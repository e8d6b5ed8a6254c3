"""What is encoded, and the ffmpeg arguments for it: arithmetic and tables. Starts ffmpeg only to try it."""

from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from i2v_cli.errors import SizeError, UsageError
from i2v_cli.media.ffmpeg import Feed
from i2v_cli.request import Codec, Format

# The first one is the default; formats without a choice have none.
CODECS: dict[Format, tuple[Codec, ...]] = {
    "mp4": ("h264", "h265", "av1"),
    "webm": ("vp9", "av1"),
    "gif": (),
    "webp": (),
    "frames": (),
}
ENCODERS: dict[Codec, tuple[str, ...]] = {
    "h264": ("-c:v", "libx264"),
    "h265": ("-c:v", "libx265", "-tag:v", "hvc1", "-x265-params", "log-level=error"),  # hvc1: for QuickTime
    "av1": ("-c:v", "libsvtav1", "-preset", "8"),
    "vp9": ("-c:v", "libvpx-vp9", "-b:v", "0", "-cpu-used", "4", "-row-mt", "1"),
}
# crf = first - second * quality: 80 gives 18, 20, 27 and 23, which the eye cannot tell from the source.
CRF: dict[Codec, tuple[float, float]] = {
    "h264": (50, 0.40),
    "h265": (52, 0.40),
    "av1": (63, 0.45),
    "vp9": (63, 0.50),
}
# Full-range RGB to limited-range bt709, said in the stream as well as done to the numbers.
BT709 = (
    "scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p,"
    "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
)
GIF_FPS = 50  # browsers slow down anything faster
GIF_COLOURS = 256
STREAMED = "+frag_keyframe+empty_moov+default_base_moof"


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoSpec:
    """The file to write. `width`, `height`: pixels, even for mp4 and webm. `frames`: exactly that many.

    `quality`: 1 to 100. It sets the crf of a codec (table above), the quality of WebP, and the colours of a
    GIF (all 256 from 80 on); frames are lossless. `comment`: a plain tag that players show (mp4 and webm).
    """

    width: int
    height: int
    frames: int
    fps: float
    format: Format = "mp4"
    codec: Codec | None = None
    quality: int = 80
    comment: str = ""

    def __post_init__(self) -> None:
        legal = CODECS[self.format]
        if self.codec is not None and self.codec not in legal:
            hint = f"{self.format} takes --codec {' or '.join(legal)}" if legal else "drop --codec"
            raise UsageError(f"{self.codec} does not go into {self.format}", hint=hint)
        if legal and (self.width % 2 or self.height % 2):
            even = f"{self.width + self.width % 2}x{self.height + self.height % 2}"
            raise SizeError(
                f"{self.width}x{self.height} has an odd side, which {self.format} lacks",
                hint=f"--size {even}",
            )
        if self.format == "gif" and self.fps > GIF_FPS:
            raise UsageError(f"{self.fps:g} frames a second are too many for GIF", hint=f"--fps {GIF_FPS}")


def arguments(spec: VideoSpec, output: str, *, streamed: bool = False) -> list[str]:
    """ffmpeg's arguments from raw RGB frames on stdin to `output`. `streamed`: output cannot seek (mp4)."""
    return [*_input(spec), *_encoding(spec), *_container(spec, streamed=streamed), output]


def probe_encoder(spec: VideoSpec) -> None:
    """Encodes two black frames of the real size to nowhere: a missing encoder is found before the work.

    Raises EncodingError with ffmpeg's last words.
    """
    if spec.format == "frames":
        return
    with ExitStack() as undo:
        feed = Feed([*_input(spec), *_encoding(spec), "-f", "null", "-"], undo, folder=Path())
        feed.write(np.broadcast_to(np.uint8(0), (1, spec.height, spec.width, 3)))
        feed.write(np.broadcast_to(np.uint8(0), (1, spec.height, spec.width, 3)))
        feed.finish()


def _input(spec: VideoSpec) -> list[str]:
    # 29.97 is what people type for 30000/1001; both stay what they are.
    rate = Fraction(spec.fps).limit_denominator(1001)
    size = f"{spec.width}x{spec.height}"
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-framerate", str(rate), "-i", "pipe:0"]
    return ["-loglevel", "error", *raw]


def _encoding(spec: VideoSpec) -> list[str]:
    if spec.format == "gif":
        colours = min(GIF_COLOURS, max(4, round(GIF_COLOURS * spec.quality / 80)))
        # A palette a frame: one for the whole clip would hold all its frames in memory till the last one.
        palette = f"palettegen=stats_mode=single:max_colors={colours}"
        return ["-vf", f"split[a][b];[a]{palette}[p];[b][p]paletteuse=new=1"]
    if spec.format == "webp":
        # Not libwebp_anim: it merges equal frames, and a still scene would come out short.
        return ["-c:v", "libwebp", "-quality", str(spec.quality)]
    codec = spec.codec or CODECS[spec.format][0]
    first, slope = CRF[codec]
    return ["-vf", BT709, *ENCODERS[codec], "-crf", str(round(first - slope * spec.quality))]


def _container(spec: VideoSpec, *, streamed: bool) -> list[str]:
    # bitexact: the same frames give the same bytes, without version strings
    common = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", spec.format]
    if spec.format in ("gif", "webp"):
        return [*common, "-loop", "0"]
    comment = ["-metadata", f"comment={spec.comment}"] if spec.comment else []
    if spec.format == "mp4":
        comment += ["-movflags", STREAMED if streamed else "+faststart"]
    return [*common, *comment]
