"""What many tests need: a request with sensible values, and a photo."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from i2v_cli.families.pocket.config import DEFAULTS
from i2v_cli.request import Request

ASSETS = Path(__file__).parent.parent / "docs" / "assets"

# A shell's background jobs, and their children, ignore Ctrl-C; those that the tests interrupt must hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the history, the checkpoints or the keys of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        patch.setenv("I2V_NO_LOG", "1")  # where XDG is not known
        yield


@pytest.fixture
def photo() -> Path:
    """1536x960, from the documentation."""
    return ASSETS / "evening-glow.jpg"


@pytest.fixture
def make_request(photo):
    def make(**changed) -> Request:
        values = {
            "image": photo,
            "prompt": "camera pans right",
            "preset": "pocket",
            "family": "pocket",
            "seed": 1,
        }
        return Request(**(DEFAULTS | values | changed))

    return make
