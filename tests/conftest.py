"""What many tests need: a request with sensible values, and a photo."""

from pathlib import Path

import pytest

from i2v_cli.families.pocket.config import DEFAULTS
from i2v_cli.request import Request

ASSETS = Path(__file__).parent.parent / "docs" / "assets"


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
