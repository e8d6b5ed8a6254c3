"""From argv and a local folder to a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from i2v_cli.media.video import probe

QUICK = ("--size", "144x256", "--steps", "1", "--seed", "5", "--dtype", "fp32", "--device", "cpu")


@pytest.fixture
def i2v(photo, folder, tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "i2v_cli", "generate", str(photo), *arguments)
        return subprocess.run(
            [*command, "--preset", "opensora-1.2", "--source", str(folder)],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def test_a_photo_and_a_sentence_become_an_mp4(i2v, tmp_path):
    done = i2v("camera pans right", *QUICK, "--motion-score", "4", "--check", "off", "--json")
    assert done.returncode == 0, done.stderr
    recipe = json.loads(done.stdout)["recipe"]
    assert (recipe["family"], recipe["aesthetic"], recipe["motion_score"]) == ("opensora", 6.5, 4.0)
    assert {Path(name).parts[0] for name in recipe["weights"]} == {
        "OpenSora-STDiT-v3",
        "OpenSora-VAE-v1.2",
        "text_encoder",
    }
    made = probe(tmp_path / "evening-glow.mp4")
    assert (made.frames, made.width, made.height, made.fps) == (51, 144, 256, 24.0)


def test_a_dry_run_tells_the_memory_of_each_phase_and_loads_nothing(i2v):
    done = i2v("camera pans right", "--dry-run")
    assert done.returncode == 0, done.stderr
    for phase in ("encode text", "encode image", "denoise", "decode"):
        assert f"memory to {phase}" in done.stdout + done.stderr


def test_a_size_that_it_does_not_make_is_refused_before_anything_is_loaded(i2v, tmp_path):
    done = i2v("camera pans right", "--size", "100x100")
    assert done.returncode == 2
    assert "is the nearest" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_scores_are_refused_by_a_model_that_knows_none(photo, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "i2v_cli",
            "generate",
            str(photo),
            "pan left",
            "--aesthetic",
            "5",
            "--dry-run",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert "pocket takes no --aesthetic 5" in done.stderr


def test_a_clip_goes_on_and_another_ends_on_a_picture(i2v, photo, folder, tmp_path):
    def also(*arguments: str) -> subprocess.CompletedProcess[str]:
        model = ("--preset", "opensora-1.2", "--source", str(folder))
        flags = ("--steps", "1", "--seed", "5", "--dtype", "fp32", "--device", "cpu", "--check", "off")
        return subprocess.run(
            [sys.executable, "-m", "i2v_cli", *arguments, *model, *flags],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    assert i2v("camera pans right", *QUICK, "--check", "off", "-o", "a.mp4").returncode == 0
    done = also("extend", "a.mp4", "camera tilts up", "-o", "b.mp4")
    assert done.returncode == 0, done.stderr
    assert probe(tmp_path / "b.mp4").frames == 51 + 51 - 17
    done = also("transition", str(photo), str(photo), "--size", "144x256", "-o", "c.mp4")
    assert done.returncode == 0, done.stderr
    assert probe(tmp_path / "c.mp4").frames == 51
