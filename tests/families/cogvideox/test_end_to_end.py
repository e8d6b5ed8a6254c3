"""From argv to an MP4 with a tiny checkpoint in a local folder, laid out like the published repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from i2v_cli.media import metadata
from i2v_cli.media.video import probe

GOLDENS = Path(__file__).parents[2] / "goldens" / "cogvideox"
PRESET = """
family: cogvideox
variant: cogvideox-5b
source: {source}
steps: 2
frames: 9
"""


def i2v(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "i2v_cli", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def preset(tmp_path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(PRESET.format(source=GOLDENS / "cogvideox-5b"), encoding="utf-8")
    return path


def test_a_photo_and_a_sentence_become_an_mp4(photo, preset, tmp_path):
    flags = ("--preset", preset, "--dtype", "fp32", "--check", "off", "-o", "clip.mp4")
    done = i2v("generate", photo, "camera slowly pans right", *flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    info = probe(tmp_path / "clip.mp4")
    assert (info.frames, info.width, info.height, info.fps) == (9, 80, 48, 8.0)
    recipe = metadata.read(tmp_path / "clip.mp4")["recipe"]
    assert recipe["family"] == "cogvideox"
    assert "transformer/diffusion_pytorch_model.safetensors" in recipe["weights"]


def test_a_dry_run_tells_the_memory_of_each_phase_and_loads_nothing(photo, preset, tmp_path):
    done = i2v("generate", photo, "pan right", "--preset", preset, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    for phase in ("encode text", "encode image", "denoise", "decode"):
        assert f"memory to {phase}" in done.stdout.decode() + done.stderr.decode()


def test_a_size_that_the_checkpoint_does_not_make_is_refused(photo, preset, tmp_path):
    done = i2v("generate", photo, "pan right", "--preset", preset, "--size", "96x64", cwd=tmp_path)
    assert done.returncode == 2
    assert b"makes 80x48 only" in done.stderr
