"""A Ray of two processes on this machine: the same rows, the same ledger, and a worker that is lost."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from i2v_cli.errors import UsageError
from i2v_cli.jobs.cluster import Cluster, _anywhere
from i2v_cli.jobs.ledger import NAME, parsed
from i2v_cli.jobs.task import Site

on_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is an extra")
ROOT = Path(__file__).parent.parent.parent
ROWS = """
defaults: {prompt: pan left, size: 256x256, frames: 400, steps: 2, check: "off", device: cpu}
rows: [{image: a.png}, {image: b.png}, {image: c.png}]
"""


def states() -> list[tuple[str, str]]:
    entries = [parsed(line) for line in Path("clips", NAME).read_bytes().splitlines()]
    return [(entry.target, entry.state) for entry in entries if entry is not None]


@pytest.mark.slow
@on_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:99999"])
def test_cluster_that_is_not_there_is_told_at_once(address):
    site = Site(
        folder=Path(), archive=None, devices=frozenset({"cpu"}), spare=0, wait=0, live=False, log=False
    )
    began = time.monotonic()
    with pytest.raises(UsageError, match="no Ray cluster at"), Cluster(site, address, 1):
        pass
    assert time.monotonic() - began < 20


@pytest.mark.slow
@on_ray
def test_rows_of_a_lost_worker_are_made_anew(here, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    monkeypatch.setenv("XDG_STATE_HOME", str(here / "state"))
    Path("rows.yaml").write_text(ROWS)
    command = [sys.executable, "-m", "i2v_cli", "batch", "rows.yaml", "-o", "clips", "--ray", "local"]
    process = subprocess.Popen([*command, "--jobs", "2", "--wait", "60"], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 240
    killed = None
    while killed is None and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
        for lock in Path("clips").glob(".i2v-*.lock"):
            owner = re.match(r"process (\d+) on", lock.read_text()) if lock.exists() else None
            if owner and ("a.mp4", "begun") in states():
                killed = int(owner[1])
                os.kill(killed, signal.SIGKILL)
                break
    _, said = process.communicate(timeout=240)
    assert killed is not None and process.returncode == 0, said
    made = [target for target, state in states() if state == "done"]
    assert sorted(made) == ["a.mp4", "b.mp4", "c.mp4"]
    assert sum(state == "begun" for _, state in states()) == 4


def test_what_a_row_names_is_found_from_any_folder(here, row, checked):
    Image.new("L", (96, 64), 255).save("mask.png")
    (job,) = checked(row(motion="mask.png:8%,0; mask.png:0,3", still="mask.png", sheet="sheet.png"))
    request = _anywhere(job).plan.request
    assert (request.image, request.still, request.sheet) == (
        here / "a.png",
        here / "mask.png",
        here / "clips" / "sheet.png",
    )
    assert request.motion == f"{here / 'mask.png'}:8%,0; {here / 'mask.png'}:0,3"
    assert _anywhere(job).plan.target == job.plan.target.absolute()


def test_a_folder_of_weights_is_found_from_any_folder_and_a_repository_stays_one(here, row, checked):
    (job,) = checked(row())
    Path("weights").mkdir()
    for source, found in (("weights", str(here / "weights")), ("owner/model@v2", "owner/model@v2")):
        request = job.plan.request.model_copy(update={"source": source})
        there = _anywhere(replace(job, plan=replace(job.plan, request=request)))
        assert there.plan.request.source == found
