"""The command, run for real: in a process of its own, with nothing of this machine's settings."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from i2v_cli.cli import app
from tests.weights.hub_server import hub

__all__ = ["hub"]

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No I2V_ variables, and configuration and state in a folder of the test."""
    for name in [name for name in os.environ if name.startswith("I2V_")]:
        monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Path:
    """The current folder: it holds photo.png, 64x48."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    Image.new("RGB", (64, 48), "teal").save("photo.png")
    return here


@pytest.fixture
def i2v(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """i2v("presets", "list", given="text for stdin") -> its exit code and streams."""

    def run(*arguments: str | bytes, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "i2v_cli", *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[..., int]]:
    """The same in this process, for what a test replaces: run("presets", "list") -> exit code."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield lambda *arguments: app.run(list(arguments))
    for number, handler in handlers.items():
        signal.signal(number, handler)
