"""A video is whole and right, or it is not there; whatever ffmpeg or the user does meanwhile."""

import dataclasses
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from i2v_cli.errors import EncodingError, FitError, I2VError, InputError, SizeError, Terminated, UsageError
from i2v_cli.media import containers, encoder, ffmpeg, metadata, publish, video
from i2v_cli.media.encoder import VideoSpec

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX")

KINDS = [
    ("mp4", None, "h264"),
    ("mp4", "h265", "hevc"),
    ("mp4", "av1", "av1"),
    ("webm", None, "vp9"),
    ("webm", "av1", "av1"),
    ("gif", None, "gif"),
    ("webp", None, "webp"),
    ("frames", None, "png"),
]
HOSTILE_NAMES = [
    "-rf.mp4",
    "%d.mp4",
    "a\nb.mp4",
    "\u00fcn\u00efc\u00f8d\u00e9 \u8996\u983b.mp4",
    "  spaces  .mp4",
    "file:x.mp4",
    "concat:a|b.mp4",
    "$(touch pwned).mp4",
    "\x1b]0;x\x07.mp4",
    "'\".mp4",
    "no-suffix",
]


def write(
    target: Path | None, spec: VideoSpec, clip: np.ndarray, *, overwrite: bool = False, tag: str = ""
) -> None:
    with video.Writer(target, spec, overwrite=overwrite) as writer:
        writer.write(clip[:3])
        writer.write(clip[3:])
        writer.tag(tag)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def skip_without_av1(codec: str | None) -> None:
    """Not every ffmpeg has SVT-AV1."""
    if codec == "av1" and b"libsvtav1" not in ffmpeg.run(["-encoders"], folder=Path()).stdout:
        pytest.skip("this ffmpeg does not encode AV1")


# What comes out


@pytest.mark.parametrize(("kind", "codec", "decoded"), KINDS)
def test_every_format_decodes_to_what_was_asked(tmp_path, clip, spec, kind, codec, decoded):
    skip_without_av1(codec)
    spec = dataclasses.replace(spec, format=kind, codec=codec)
    write(tmp_path / "clip", spec, clip)
    info = video.probe(tmp_path / "clip")
    assert names(tmp_path) == ["clip"]
    assert (info.width, info.height, info.frames, info.codec) == (96, 64, 7, decoded)
    assert info.fps == pytest.approx(0 if kind == "frames" else 12, rel=0.02)
    if kind in ("mp4", "webm"):
        assert (info.pix_fmt, info.colour_range, info.colour) == ("yuv420p", "tv", "bt709")


@pytest.mark.parametrize("count", [1, 2, 3, 26])
@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_every_number_of_frames_comes_out_even_when_all_are_equal(tmp_path, spec, kind, count):
    spec = dataclasses.replace(spec, format=kind, frames=count)
    write(tmp_path / "clip", spec, np.full((count, 64, 96, 3), 77, np.uint8))
    assert video.probe(tmp_path / "clip").frames == count


def test_a_thousand_frames_a_second_are_read(tmp_path, clip, spec):
    write(tmp_path / "clip.mp4", dataclasses.replace(spec, fps=1000), clip)  # ffmpeg says "1k fps"
    assert video.probe(tmp_path / "clip.mp4").fps == 1000


@pytest.mark.parametrize("fps", [23.976, 29.97, 7.5, 60])
def test_frame_rates_are_kept(tmp_path, clip, spec, fps):
    write(tmp_path / "clip.mp4", dataclasses.replace(spec, fps=fps), clip)
    assert video.probe(tmp_path / "clip.mp4").fps == pytest.approx(fps, abs=0.011)


@pytest.mark.parametrize(
    ("kind", "codec", "limit"), [("mp4", None, 1), ("webm", None, 1), ("gif", None, 1), ("webp", None, 2)]
)
def test_colours_come_back(tmp_path, kind, codec, limit):
    colours = [
        (0, 0, 0),
        (255, 255, 255),
        (128, 128, 128),
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (200, 120, 40),
    ]
    frames = np.stack([np.full((64, 96, 3), colour, np.uint8) for colour in colours])
    spec = VideoSpec(width=96, height=64, frames=len(frames), fps=10, format=kind, codec=codec)
    write(tmp_path / "clip", spec, frames)
    decoded = decode(tmp_path / "clip", kind)
    assert np.abs(decoded.astype(int) - frames).mean(axis=(1, 2, 3)).max() < limit


def decode(path: Path, kind: str) -> np.ndarray:
    """[F, 64, 96, 3] uint8, by Pillow or by ffmpeg, which goes by the colour tags as a player would."""
    if kind == "webp":
        with Image.open(path) as picture:
            return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)])
    demuxer = {"mp4": "mov", "webm": "matroska", "gif": "gif"}[kind]
    arguments = ["-f", demuxer, "-i", path.name, "-vf", "scale=flags=accurate_rnd+full_chroma_int"]
    raw = ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    result = ffmpeg.run([*arguments, *raw], folder=path.parent)
    return np.frombuffer(result.stdout, np.uint8).reshape(-1, 64, 96, 3)


def test_frames_are_lossless_and_numbered_from_one(tmp_path, clip, spec):
    write(tmp_path / "out", dataclasses.replace(spec, format="frames"), clip)
    assert names(tmp_path / "out") == [f"000{i}.png" for i in range(1, 8)]
    with Image.open(tmp_path / "out" / "0004.png") as picture:
        assert (np.asarray(picture) == clip[3]).all()


def test_mp4_starts_playing_before_it_is_all_there(tmp_path, clip, spec):
    write(tmp_path / "clip.mp4", spec, clip, tag="x" * 1000)
    data = (tmp_path / "clip.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat") < data.index(containers.XMP_UUID)


def test_same_frames_give_the_same_bytes(tmp_path, clip, spec):
    for name in ("a.mp4", "b.mp4"):
        write(tmp_path / name, spec, clip)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_gif_is_written_while_its_frames_arrive(tmp_path, spec):
    """It is not kept in memory for one palette at the end."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 64, 96, 3), np.uint8)
    with video.Writer(tmp_path / "clip.gif", dataclasses.replace(spec, format="gif", frames=200)) as writer:
        writer.write(noise)
        deadline = time.monotonic() + 20
        while not sum(part.stat().st_size for part in tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert sum(part.stat().st_size for part in tmp_path.iterdir()) > 0


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp"])
def test_lower_quality_makes_a_smaller_file(tmp_path, spec, kind):
    noise = np.random.default_rng(0).integers(0, 255, (7, 64, 96, 3), dtype=np.uint8)
    for quality in (10, 80):
        write(tmp_path / str(quality), dataclasses.replace(spec, format=kind, quality=quality), noise)
    assert (tmp_path / "10").stat().st_size < 0.8 * (tmp_path / "80").stat().st_size


def test_illegal_pairs_name_the_legal_ones():
    for kind, codec, word in (("mp4", "prores", "h265"), ("webm", "h264", "vp9"), ("gif", "h264", "drop")):
        with pytest.raises(UsageError) as caught:
            VideoSpec(width=96, height=64, frames=7, fps=12, format=kind, codec=codec)
        assert word in caught.value.hint
    with pytest.raises(SizeError) as caught:
        VideoSpec(width=95, height=64, frames=7, fps=12)
    assert "96x64" in caught.value.hint
    with pytest.raises(UsageError):
        VideoSpec(width=96, height=64, frames=7, fps=60, format="gif")


# Names and places


@posix
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_only_names(tmp_path, clip, spec, name):
    write(tmp_path / name, spec, clip, tag=metadata.packet(None, ai_mark=True, software="i2v 1"))
    assert names(tmp_path) == [name]
    assert video.probe(tmp_path / name).frames == 7
    assert metadata.read(tmp_path / name)["ai_generated"]


@posix
def test_hostile_folder_is_only_a_folder(tmp_path, clip, spec):
    folder = tmp_path / "-y %03d\n:"
    folder.mkdir()
    for kind in ("mp4", "webm"):
        write(folder / f"clip.{kind}", dataclasses.replace(spec, format=kind), clip, tag="x")
    assert names(folder) == ["clip.mp4", "clip.webm"]


def test_relative_target_lands_in_the_working_folder(tmp_path, clip, spec, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("clip.mp4"), spec, clip)
    assert names(tmp_path) == ["clip.mp4"]


@posix
def test_final_mode_follows_the_umask(tmp_path, clip, spec):
    old = os.umask(0o027)
    try:
        write(tmp_path / "clip.mp4", spec, clip)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "clip.mp4").stat().st_mode) == 0o640


def test_existing_file_is_refused_before_the_work_and_replaced_with_overwrite(tmp_path, clip, spec):
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(UsageError, match="exists"):
        write(tmp_path / "clip.mp4", spec, clip)
    assert (tmp_path / "clip.mp4").read_bytes() == b"old"
    write(tmp_path / "clip.mp4", spec, clip, overwrite=True)
    assert video.probe(tmp_path / "clip.mp4").frames == 7


@pytest.mark.parametrize("kind", ["mp4", "frames"])
def test_file_that_appears_during_the_work_is_not_destroyed(tmp_path, clip, spec, kind):
    with (
        pytest.raises(UsageError, match="exists"),
        video.Writer(tmp_path / "clip", dataclasses.replace(spec, format=kind)) as writer,
    ):
        writer.write(clip)
        (tmp_path / "clip").write_bytes(b"precious")
    assert (tmp_path / "clip").read_bytes() == b"precious"
    assert names(tmp_path) == ["clip"]


# Nothing or all


@pytest.mark.parametrize("kind", ["mp4", "frames"])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, Terminated, MemoryError])
def test_exception_leaves_nothing(tmp_path, clip, spec, kind, error):
    spec = dataclasses.replace(spec, format=kind)
    with pytest.raises(error), video.Writer(tmp_path / "clip", spec) as writer:
        writer.write(clip)
        raise error
    assert names(tmp_path) == []


def test_exception_leaves_the_old_file(tmp_path, clip, spec):
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(ValueError), video.Writer(tmp_path / "clip.mp4", spec, overwrite=True) as writer:
        writer.write(clip)
        raise ValueError
    assert (tmp_path / "clip.mp4").read_bytes() == b"old"
    assert names(tmp_path) == ["clip.mp4"]


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp", "frames"])
def test_missing_frames_are_an_error_and_leave_nothing(tmp_path, clip, spec, kind):
    spec = dataclasses.replace(spec, format=kind, frames=8)
    with pytest.raises(EncodingError, match="frames 7, not 8"):
        write(tmp_path / "clip", spec, clip)
    assert names(tmp_path) == []


CHILD = """
import sys, time
import numpy as np
from pathlib import Path
from i2v_cli.media import video
from i2v_cli.media.encoder import VideoSpec
spec = VideoSpec(width=96, height=64, frames=1000, fps=12, format=sys.argv[2])
with video.Writer(Path(sys.argv[1]), spec) as writer:
    for frame in range(1000):
        writer.write(np.random.randint(0, 255, (1, 64, 96, 3), dtype=np.uint8))
        time.sleep(0.01)
        if frame == 20:
            print("running", flush=True)
"""


def start_child(target: Path, kind: str = "mp4") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(target), kind]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "running\n"
    return child


@posix
@pytest.mark.parametrize("kind", ["mp4", "frames"])
def test_kill_leaves_no_file_and_the_next_run_tidies_up(tmp_path, clip, spec, kind):
    with start_child(tmp_path / "clip", kind) as child:
        child.kill()
        child.communicate()
    assert not (tmp_path / "clip").exists()
    assert all(publish.PART_NAME.fullmatch(name) for name in names(tmp_path))
    time.sleep(0.3)  # ffmpeg sees the end of its input and closes its file
    write(tmp_path / "other.mp4", spec, clip)
    assert names(tmp_path) == ["other.mp4"]


@posix
def test_ctrl_c_in_a_terminal_stops_at_once_and_leaves_nothing(tmp_path):
    with start_child(tmp_path / "clip.mp4") as child:
        start = time.monotonic()
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=10)
    assert time.monotonic() - start < 2
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert names(tmp_path) == []


@posix
def test_interrupt_while_ffmpeg_starts_leaves_nothing(tmp_path, spec, monkeypatch):
    class Interrupted(subprocess.Popen):
        def __init__(self, *arguments, **more):
            super().__init__(*arguments, **more)
            started.append(self)
            signal.raise_signal(signal.SIGINT)

    started: list[subprocess.Popen] = []
    monkeypatch.setattr(ffmpeg.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt), ExitStack() as undo:
        ffmpeg.Feed(encoder.arguments(spec, "clip.mp4"), undo, folder=tmp_path)
    assert [process.poll() for process in started] == [-signal.SIGKILL]
    assert names(tmp_path) == []


PATIENT_CHILD = """
import os, signal, sys
import numpy as np
from pathlib import Path
from i2v_cli.media import video
from i2v_cli.media.encoder import VideoSpec
signal.signal(signal.SIGINT, lambda *_: None)
with video.Writer(Path(sys.argv[1]), VideoSpec(width=96, height=64, frames=40, fps=12)) as writer:
    writer.write(np.zeros((20, 64, 96, 3), np.uint8))
    for _ in range(3):
        os.killpg(0, signal.SIGINT)
    writer.write(np.zeros((20, 64, 96, 3), np.uint8))
"""


@posix
def test_ctrl_c_in_a_terminal_does_not_reach_ffmpeg(tmp_path):
    command = [sys.executable, "-c", PATIENT_CHILD, str(tmp_path / "clip.mp4")]
    subprocess.run(command, check=True, timeout=60, start_new_session=True)
    assert video.probe(tmp_path / "clip.mp4").frames == 40


# Standard output

STDOUT_CHILD = """
import numpy as np
from i2v_cli.media import metadata, video
from i2v_cli.media.encoder import VideoSpec
with video.Writer(None, VideoSpec(width=96, height=64, frames=7, fps=12)) as writer:
    writer.write(np.zeros((7, 64, 96, 3), np.uint8))
    writer.tag(metadata.packet({"seed": 1}, ai_mark=True, software="i2v 1"))
"""


def test_stdout_gets_a_fragmented_mp4_with_its_mark(tmp_path):
    result = subprocess.run([sys.executable, "-c", STDOUT_CHILD], capture_output=True, timeout=60, check=True)
    (tmp_path / "clip.mp4").write_bytes(result.stdout)
    assert result.stderr == b""
    assert b"moof" in result.stdout
    assert video.probe(tmp_path / "clip.mp4").frames == 7
    assert metadata.read(tmp_path / "clip.mp4")["recipe"] == {"seed": 1}


@posix
def test_reader_of_stdout_that_leaves_is_a_broken_pipe():
    child = STDOUT_CHILD.replace("writer.write", "for _ in range(1000): writer.write")
    process = subprocess.Popen(
        [sys.executable, "-c", child], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        assert stderr.read().rstrip().splitlines()[-1].startswith("BrokenPipeError")
    process.wait(timeout=60)


@posix
@pytest.mark.parametrize(
    "body",
    ["os.kill(os.getpid(), signal.SIGPIPE)", "sys.stderr.write('av_write: Broken pipe'); sys.exit(224)"],
)
def test_broken_pipe_is_one_only_where_ffmpeg_writes_to_stdout(body, tmp_path, monkeypatch, clip):
    fake_ffmpeg(
        tmp_path, monkeypatch, f"import signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL); {body}"
    )
    for stdout, error in ((1, BrokenPipeError), (None, EncodingError)):
        with pytest.raises(error), ExitStack() as undo:
            ffmpeg.Feed(["out"], undo, folder=tmp_path, stdout=stdout).finish()


def test_only_mp4_goes_to_stdout(spec):
    writer = video.Writer(None, dataclasses.replace(spec, format="webm"))
    with pytest.raises(UsageError, match="webm"), writer:
        pass


# A bad ffmpeg


def fake_ffmpeg(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A program that passes the probe (which writes to "-") and then does `body`."""
    path = folder / "ffmpeg"
    path.write_text(
        f"#!{sys.executable}\nimport os, sys, time\n"
        f"if sys.argv[-1] == '-': sys.stdin.buffer.read(); sys.exit(0)\n{body}\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))


def fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, clip: np.ndarray, spec: VideoSpec
) -> I2VError:
    """What the writer raises with such an ffmpeg; nothing is left in the folder."""
    fake_ffmpeg(tmp_path, monkeypatch, body)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(I2VError) as caught:
        write(out / "clip.mp4", spec, np.repeat(clip, 20, axis=0))
    assert names(out) == []
    return caught.value


@posix
def test_early_death_is_told_with_ffmpegs_last_words(tmp_path, monkeypatch, clip, spec):
    body = "sys.stdin.buffer.read(1000); sys.stderr.write('one\\n\\x1b[31mlast words\\n'); sys.exit(3)"
    error = fails(tmp_path, monkeypatch, body, clip, spec)
    assert isinstance(error, EncodingError)
    assert "last words" in error.message
    assert "exit code 3" in error.message
    assert "\x1b" not in error.message


@posix
def test_full_disk_is_no_encoding_error(tmp_path, monkeypatch, clip, spec):
    body = "sys.stdin.buffer.read(1000); sys.stderr.write('av_write: No space left on device'); sys.exit(228)"
    assert isinstance(fails(tmp_path, monkeypatch, body, clip, spec), FitError)


@posix
def test_ten_megabytes_of_complaints_do_not_block_it(tmp_path, monkeypatch, clip, spec):
    body = "sys.stderr.write(('x' * 99 + '\\n') * 100_000); sys.stdin.buffer.read(); sys.exit(1)"
    assert len(fails(tmp_path, monkeypatch, body, clip, spec).message) < 1000


@posix
def test_ffmpeg_that_takes_nothing_is_given_up(tmp_path, monkeypatch, clip, spec):
    monkeypatch.setattr(ffmpeg, "STALL_SECONDS", 0.5)
    assert "no frame for" in fails(tmp_path, monkeypatch, "time.sleep(100)", clip, spec).message


@posix
def test_last_decode_that_hangs_is_given_up(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, "time.sleep(100)")
    monkeypatch.setattr(ffmpeg, "RUN_SECONDS", 0.5)
    with pytest.raises(EncodingError, match="did not finish"):
        ffmpeg.run(["out"], folder=tmp_path)


@posix
@pytest.mark.parametrize("content", [b"", b"not a video"])
def test_success_without_a_video_is_found_out(tmp_path, monkeypatch, clip, spec, content):
    body = f"sys.stdin.buffer.read(); open(sys.argv[-1], 'wb').write({content!r})"
    assert "does not decode" in fails(tmp_path, monkeypatch, body, clip, spec).message


@posix
def test_killed_ffmpeg_is_told_by_its_signal(tmp_path, monkeypatch, clip, spec):
    body = "os.kill(os.getpid(), 9)"
    assert "SIGKILL" in fails(tmp_path, monkeypatch, body, clip, spec).message


def test_missing_ffmpeg_is_found_before_the_work(tmp_path, monkeypatch, spec):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing"))
    with pytest.raises(EncodingError, match="does not start"):
        encoder.probe_encoder(spec)


def test_missing_encoder_is_found_before_the_work(monkeypatch, spec):
    monkeypatch.setitem(encoder.ENCODERS, "h264", ("-c:v", "libnosuch"))
    with pytest.raises(EncodingError, match="libnosuch"):
        encoder.probe_encoder(spec)


@pytest.mark.parametrize(("kind", "codec", "_decoded"), KINDS)
def test_probe_takes_every_format(spec, kind, codec, _decoded):
    skip_without_av1(codec)
    encoder.probe_encoder(dataclasses.replace(spec, format=kind, codec=codec))


# Reading


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\0\0\0\x20ftypisom" + bytes(100), b"GIF89a", b"\x1aE\xdf\xa3abc"]
)
def test_what_is_no_video_is_an_input_error(tmp_path, data):
    (tmp_path / "clip.mp4").write_bytes(data)
    with pytest.raises(InputError, match="cannot read video"):
        video.probe(tmp_path / "clip.mp4")


def test_playlist_under_a_video_name_is_not_followed(tmp_path, clip, spec):
    write(tmp_path / "secret.mp4", spec, clip)
    (tmp_path / "clip.mp4").write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(InputError):
        video.probe(tmp_path / "clip.mp4")


def test_truncated_video_is_an_input_error(tmp_path, clip, spec):
    write(tmp_path / "clip.mp4", spec, clip)
    data = (tmp_path / "clip.mp4").read_bytes()
    (tmp_path / "clip.mp4").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputError):
        video.probe(tmp_path / "clip.mp4")


def test_a_name_of_our_own_that_was_taken_meanwhile_gives_way_to_the_next(tmp_path):
    spec = VideoSpec(width=32, height=16, frames=2, fps=8)
    others = (tmp_path / name for name in ("a.mp4", "a-2.mp4", "a-3.mp4"))
    with video.Writer(tmp_path / "a.mp4", spec, others=others) as writer:
        writer.write(np.zeros((2, 16, 32, 3), np.uint8))
        for name in ("a.mp4", "a-2.mp4"):
            (tmp_path / name).write_text("somebody else's")
    assert writer.target == tmp_path / "a-3.mp4"
    assert video.probe(tmp_path / "a-3.mp4").frames == 2
    assert (tmp_path / "a.mp4").read_text() == "somebody else's"


def test_a_name_of_our_own_that_was_taken_before_the_work_gives_way_too(tmp_path):
    spec = VideoSpec(width=32, height=16, frames=2, fps=8)
    (tmp_path / "a.mp4").write_text("somebody else's")
    with video.Writer(tmp_path / "a.mp4", spec, others=iter([tmp_path / "a-2.mp4"])) as writer:
        assert writer.target == tmp_path / "a-2.mp4"
        writer.write(np.zeros((2, 16, 32, 3), np.uint8))
    assert video.probe(tmp_path / "a-2.mp4").frames == 2
    assert (tmp_path / "a.mp4").read_text() == "somebody else's"
