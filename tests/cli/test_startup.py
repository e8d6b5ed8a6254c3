"""What is quick must not load what is heavy."""

import subprocess
import sys

import pytest

HEAVY = ("huggingface_hub", "torch", "numpy", "PIL", "cv2", "safetensors", "tokenizers", "imageio_ffmpeg")
PROBE = """
import sys
from i2v_cli.cli.app import run
code = run(sys.argv[1:])
sys.stderr.write("LOADED " + " ".join(sorted(name for name in sys.modules if "." not in name)))
sys.exit(code)
"""


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return set(done.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["generate", "--help"],
        ["presets", "list"],
        ["presets", "show", "pocket-hd"],
        ["models", "list"],
        ["models", "pull", "nonsense"],
        ["generate"],
        ["generate", "photo.png", "pan", "--nonsense"],
        ["generate", "photo.png", "pan", "--steps", "0"],
        ["generate", "photo.png", "pan", "-p", "nonsense"],
    ],
    ids=" ".join,
)
def test_quick_command_loads_nothing_heavy(arguments, folder):
    modules = loaded(*arguments)
    assert "i2v_cli" in modules
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_help_loads_neither_rich_nor_yaml(arguments, folder):
    assert loaded(*arguments).isdisjoint({"rich", "yaml"})


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "none.png", "pan"],
        ["generate", "photo.png", "pan", "-o", "photo.png"],
        ["generate", "photo.png", "pan", "-o", "none/clip.mp4"],
        ["generate", "photo.png", "pan", "--dry-run"],
    ],
    ids=" ".join,
)
def test_input_error_and_dry_run_load_no_torch(arguments, folder):
    modules = loaded(*arguments)
    assert "i2v_cli" in modules
    assert modules.isdisjoint({"torch", "safetensors", "tokenizers"})
