"""Locks: one at a time, gone with their process, no file left."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from i2v_cli.errors import LockedError
from i2v_cli.jobs import lock

HOLDER = """
import sys, time
from pathlib import Path
from i2v_cli.jobs import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock on clip.mp4."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "clip.mp4"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_second_writer_is_told_who_has_it(tmp_path, holder):
    with (
        pytest.raises(LockedError, match=f"process {holder.pid} on") as caught,
        lock.held(tmp_path / "clip.mp4"),
    ):
        pass
    assert "--wait" in caught.value.hint
    assert caught.value.exit_code == 75


def test_another_output_is_free(tmp_path, holder):
    with lock.held(tmp_path / "other.mp4"):
        pass


def test_lock_of_a_killed_process_is_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert [path.name for path in tmp_path.iterdir()] != []  # its file is still there
    with lock.held(tmp_path / "clip.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_file_that_a_killed_process_left_is_swept(tmp_path, holder):
    holder.kill()
    holder.wait()
    lock.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_file_that_was_never_locked_is_swept_once_it_is_old(tmp_path):
    left = tmp_path / f".i2v-{0:016x}.lock"
    left.touch()
    lock.sweep(tmp_path)
    assert left.exists()
    os.utime(left, (0, 0))
    lock.sweep(tmp_path)
    assert not left.exists()


def test_sweeping_takes_no_lock_away_and_no_other_file(tmp_path, holder):
    (tmp_path / ".i2v-notes.lock").write_text("mine")
    lock.sweep(tmp_path)
    assert (tmp_path / ".i2v-notes.lock").exists()
    with pytest.raises(LockedError), lock.held(tmp_path / "clip.mp4"):
        pass


def test_waiting_ends_when_the_other_is_done(tmp_path, holder):
    threading.Timer(0.5, holder.send_signal, [signal.SIGTERM]).start()
    with lock.held(tmp_path / "clip.mp4", wait=30):
        assert holder.wait() != 0


def test_waiting_ends_after_its_seconds(tmp_path, holder):
    began = time.monotonic()
    with pytest.raises(LockedError), lock.held(tmp_path / "clip.mp4", wait=0.5):
        pass
    assert 0.5 <= time.monotonic() - began < 10


def test_name_as_long_as_the_file_system_takes_can_be_locked(tmp_path):
    with lock.held(tmp_path / ("x" * 251 + ".mp4")):
        pass


def test_gpus_are_locked_by_name_and_the_cpu_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with lock.gpus(["", "cuda-1"]):
        with lock.gpus(["", "cuda-2"]):
            pass
        with pytest.raises(LockedError, match="cuda-1"), lock.gpus(["cuda-1"]):
            pass
    with lock.gpus(["cuda-1"]):
        pass
