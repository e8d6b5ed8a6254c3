"""From argv to a file that is decoded again: what a user, a script or a cron job gets."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2v_cli.media import image, metadata
from i2v_cli.media.video import probe

QUICK = ("--steps", "2", "--frames", "9", "--size", "96x64", "--seed", "5")


def i2v(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "i2v_cli", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        timeout=120,
        check=False,
    )


def frames_of(folder: Path) -> np.ndarray:
    """[F, H, W, 3] uint8 of a folder that --format frames wrote."""
    return np.stack([image.load(path).pixels for path in sorted(folder.glob("*.png"))])


def test_a_photo_and_a_sentence_become_a_playable_mp4(photo, tmp_path):
    done = i2v("generate", photo, "camera slowly pans right", "--steps", "4", "--frames", "9", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode() == "evening-glow.mp4\n"
    made = tmp_path / "evening-glow.mp4"
    info = probe(made)
    assert (info.frames, info.fps, info.codec, info.pix_fmt) == (9, 16.0, "h264", "yuv420p")
    assert (info.colour_range, info.colour) == ("tv", "bt709")
    assert info.width / info.height == pytest.approx(1536 / 960, rel=0.01)
    data = made.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert [path.name for path in tmp_path.iterdir()] == ["evening-glow.mp4"]


def test_the_first_frame_is_the_photo_exactly(photo, tmp_path):
    i2v("generate", photo, "pan left", "--format", "frames", "-o", "frames", *QUICK, cwd=tmp_path)
    fitted, _ = image.fit(image.load(photo).pixels, 96, 64, "crop")
    assert np.array_equal(frames_of(tmp_path / "frames")[0], fitted)


def test_the_first_frame_of_an_mp4_looks_like_the_photo(photo, tmp_path):
    i2v("generate", photo, "pan left", *QUICK, "--size", "480x300", "-o", "a.mp4", cwd=tmp_path)
    i2v(
        "generate",
        photo,
        "pan left",
        *QUICK,
        "--size",
        "480x300",
        "-o",
        "f",
        "--format",
        "frames",
        cwd=tmp_path,
    )
    decoded = subprocess.run(
        [_ffmpeg(), "-i", "a.mp4", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout
    first = np.frombuffer(decoded, dtype=np.uint8).reshape(300, 480, 3).astype(float)
    error = ((first - frames_of(tmp_path / "f")[0]) ** 2).mean()
    assert 10 * np.log10(255**2 / error) > 34  # dB; what H.264 and its half-size colour planes leave


def _ffmpeg() -> str:
    import imageio_ffmpeg

    return imageio_ffmpeg.get_ffmpeg_exe()


def test_the_same_seed_gives_identical_frames_and_another_seed_does_not(photo, tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        flags = (*QUICK, "--seed", seed, "--format", "frames", "-o", name)
        assert i2v("generate", photo, "zoom in", *flags, cwd=tmp_path).returncode == 0
    a, b, c = (frames_of(tmp_path / name) for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize("name", ["clip.webm", "clip.gif", "clip.webp"])
def test_the_suffix_decides_the_format_and_every_format_is_marked(photo, tmp_path, name):
    done = i2v("generate", photo, "tilt up", *QUICK, "-o", name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert probe(tmp_path / name).frames == 9
    said = metadata.read(tmp_path / name)
    assert said["ai_generated"] is True
    assert said["recipe"]["prompt"] == "tilt up"
    assert said["recipe"]["seed"] == 5


def test_minimal_metadata_keeps_the_mark_and_leaves_the_words_out(photo, tmp_path):
    i2v("generate", photo, "a private wish", *QUICK, "--metadata", "minimal", "-o", "a.mp4", cwd=tmp_path)
    data = (tmp_path / "a.mp4").read_bytes()
    assert b"private wish" not in data and b"evening-glow" not in data
    assert metadata.read(tmp_path / "a.mp4")["ai_generated"] is True


def test_stdout_can_take_the_video(photo, tmp_path):
    done = i2v("generate", photo, "pan left", *QUICK, "-o", "-", cwd=tmp_path)
    assert done.returncode == 0
    (tmp_path / "streamed.mp4").write_bytes(done.stdout)
    assert probe(tmp_path / "streamed.mp4").frames == 9


def test_json_is_one_object_with_the_path_the_stages_and_the_recipe(photo, tmp_path):
    done = i2v("generate", photo, "pan left", *QUICK, "--json", "-q", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert said["type"] == "result" and said["path"] == "evening-glow.mp4"
    assert set(said["seconds"]) == {"load", "encode", "denoise", "decode", "write"}
    assert said["recipe"]["weights"]["weights.safetensors"]
    assert done.stderr == b""


def test_a_sheet_comes_beside_the_clip(photo, tmp_path):
    done = i2v("generate", photo, "pan left", *QUICK, "--sheet", "sheet.png", "-o", "a.mp4", cwd=tmp_path)
    assert done.stdout.decode().splitlines() == ["a.mp4"]
    assert "sheet: sheet.png" in done.stderr.decode().splitlines()
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 4 * 90


@pytest.mark.parametrize(("width", "height"), [(16, 16), (17, 300), (640, 33), (1200, 90)], ids=str)
def test_any_aspect_becomes_a_clip(tmp_path, width, height):
    Image.effect_noise((width, height), 60).convert("RGB").save(tmp_path / "odd.png")
    done = i2v("generate", "odd.png", "zoom in", "--steps", "2", "--frames", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert probe(tmp_path / "odd.mp4").frames == 3


def test_a_hidden_part_of_the_photo_is_told(photo, tmp_path):
    done = i2v("generate", photo, "pan left", *QUICK, "--size", "64x64", cwd=tmp_path)
    assert "cropped 38 % of the width" in done.stderr.decode()


def test_a_clip_that_does_not_move_is_told_and_strict_refuses_it(tmp_path):
    Image.new("RGB", (200, 120), "teal").save(tmp_path / "plain.png")
    warned = i2v("generate", "plain.png", "pan left", *QUICK, "-o", "a.mp4", cwd=tmp_path)
    assert warned.returncode == 0 and b"warning: the clip is frozen" in warned.stderr
    refused = i2v("generate", "plain.png", "left", *QUICK, "-o", "b.mp4", "--check", "strict", cwd=tmp_path)
    assert refused.returncode == 6
    assert not (tmp_path / "b.mp4").exists()


def test_a_clip_that_stands_as_it_was_told_to_is_fine(tmp_path):
    Image.new("RGB", (200, 120), "teal").save(tmp_path / "plain.png")
    strict = (*QUICK, "--check", "strict", "-o", "a.mp4")
    done = i2v("generate", "plain.png", "a teal wall, static camera", *strict, cwd=tmp_path)
    assert done.returncode == 0 and b"warning" not in done.stderr
    assert b"nothing moves, as was asked" in done.stderr


def test_a_path_is_followed_and_what_was_measured_is_told(photo, tmp_path):
    flags = (*QUICK, "--size", "240x150", "--camera", "pan right 12%, zoom in 8% ease; back over 20%")
    done = i2v("generate", photo, "a lake", *flags, "--check", "strict", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    seen = json.loads(done.stdout)["check"]["camera"]
    assert seen["followed"] is True
    assert seen["measured"] == pytest.approx({"pan": 0, "tilt": 0, "zoom": 0, "roll": 0}, abs=0.5)
    recipe = metadata.read(tmp_path / "evening-glow.mp4")["recipe"]
    assert recipe["check"]["camera"] == seen and recipe["camera"].startswith("pan right 12%")


def test_an_existing_file_is_neither_touched_nor_worked_for(photo, tmp_path):
    (tmp_path / "mine.mp4").write_text("precious")
    began = time.monotonic()
    done = i2v("generate", photo, "pan left", *QUICK, "-o", "mine.mp4", cwd=tmp_path)
    assert done.returncode == 2 and b"--overwrite" in done.stderr
    assert (tmp_path / "mine.mp4").read_text() == "precious"
    assert time.monotonic() - began < 20  # nowhere near torch


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("delay", [0.5, 1.5, 4.0])
def test_signals_end_the_run_at_once_and_leave_nothing(photo, tmp_path, number, code, delay):
    process = subprocess.Popen(
        [sys.executable, "-m", "i2v_cli", "generate", photo, "pan left", "--size", "1080p", "--steps", "200"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(delay)
    process.send_signal(number)
    stopped = time.monotonic()
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == code, stderr.decode()
    assert time.monotonic() - stopped < 2
    assert b"Traceback" not in stderr
    assert list(tmp_path.iterdir()) == []


def test_a_sheet_that_would_replace_the_photo_or_an_old_file_is_refused_before_the_work(photo, tmp_path):
    (tmp_path / "photo.png").write_bytes(photo.read_bytes())
    (tmp_path / "old.png").write_text("precious")
    for sheet in ("photo.png", "old.png", "a.mp4", "missing/s.png"):
        done = i2v("generate", "photo.png", "pan", *QUICK, "--sheet", sheet, "-o", "a.mp4", cwd=tmp_path)
        assert done.returncode == 2, done.stderr
    assert (tmp_path / "old.png").read_text() == "precious"
    assert not (tmp_path / "a.mp4").exists()
