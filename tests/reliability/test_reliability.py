"""A small sample of each proof; the full ones: `python tests/reliability`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROOFS = (
    "kill-random", "kill-calls", "disk", "ctrl-c", "terminate", "pictures", "presets", "weights", "argv",
    "surroundings", "sockets", "soak",
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, strace and user namespaces"),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """What the quick proofs found, by name. A process of its own: it forks, and pytest has threads."""
    command = [sys.executable, str(HERE), "--quick", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: row for row in rows}


@pytest.mark.parametrize("name", PROOFS)
def test_promise_holds_in_a_small_sample(name, found):
    if name not in found:
        pytest.skip("a tool that it needs is not here")
    assert found[name]["cases"] > 0
    assert found[name]["failures"] == []
