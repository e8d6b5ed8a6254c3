"""A few rounds of `stress.py`, which by hand does hundreds: batches killed, and batches side by side."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STRESS = Path(__file__).parent / "stress.py"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks")
@pytest.mark.parametrize("asked", [("kills", "4"), ("together", "2")], ids=" ".join)
def test_every_row_is_made_once_whatever_is_killed(asked, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(STRESS.parent.parent.parent))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    done = subprocess.run(
        [sys.executable, STRESS, *asked, "--rows", "4"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "every row made once" in done.stdout
