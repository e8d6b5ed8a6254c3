"""From argv and a local folder to a file."""

import json
import os
import subprocess
import sys

import pytest

from i2v_cli.media.video import probe

QUICK = (
    "--size",
    "72x64",
    "--frames",
    "4",
    "--steps",
    "2",
    "--seed",
    "5",
    "--dtype",
    "fp32",
    "--device",
    "cpu",
)


@pytest.fixture
def i2v(photo, folder, tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "i2v_cli", "generate", str(photo), *arguments, "--source", str(folder)],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def test_a_photo_alone_becomes_a_playable_mp4(i2v, tmp_path):
    done = i2v("--preset", "svd", *QUICK, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["recipe"]["motion_bucket"], said["recipe"]["augment"]) == (127, 0.02)
    made = probe(tmp_path / "evening-glow.mp4")
    assert (made.frames, made.width, made.height, made.fps) == (4, 72, 64, 7.0)


def test_words_are_a_usage_error_before_anything_is_loaded(i2v, tmp_path):
    done = i2v("camera pans left", "--preset", "svd", *QUICK)
    assert done.returncode == 2
    assert done.stderr.startswith("error: svd reads no text")
    assert list(tmp_path.iterdir()) == []


def test_motion_is_refused_by_a_model_that_knows_no_such_number(i2v):
    done = i2v("pan left", "--motion-bucket", "200", "--dry-run")
    assert done.returncode == 2
    assert "pocket takes no --motion-bucket 200" in done.stderr
