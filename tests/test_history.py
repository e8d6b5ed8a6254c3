"""A row a run, whatever becomes of the run; and no run that fails, or waits, for its row."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from i2v_cli import history
from i2v_cli.errors import FitError, Terminated, UsageError
from i2v_cli.history import Entry


@pytest.fixture(autouse=True)
def path(tmp_path, monkeypatch):
    """Where the history lies."""
    where = tmp_path / "state" / "history.sqlite3"
    monkeypatch.setattr(history, "path", lambda: where)
    return where


@pytest.fixture
def entry(make_request):
    return lambda **changed: Entry("generate", make_request(**changed), Path("clip.mp4"))


def ended(entry, error):
    with pytest.raises(type(error)), entry:
        raise error


def test_a_run_is_told_with_all_that_was_asked(entry, photo):
    with entry(prompt="pan", seed=2**63 - 1) as row:
        time.sleep(0.02)
        row.path = Path("clip-2.mp4")
    (run,) = history.runs(10)
    assert (run.command, run.prompt, run.seed, run.exit_code, run.error) == (
        "generate",
        "pan",
        2**63 - 1,
        0,
        None,
    )
    assert (run.image, run.output) == (str(photo.absolute()), str(Path("clip-2.mp4").absolute()))
    assert run.seconds >= 0.02 and run.began.endswith("+00:00")
    assert run.peak_memory is None or run.peak_memory > 1 << 20
    assert json.loads(run.request)["steps"] == 12


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FitError("full"), 5),
        (KeyboardInterrupt(), 130),
        (Terminated(), 143),
        (MemoryError(), 5),
        (BrokenPipeError(), 141),
        (OSError(28, "no space"), 5),
        (ZeroDivisionError(), 1),
    ],
    ids=repr,
)
def test_a_failed_run_is_told_with_its_exit_code(entry, error, code):
    ended(entry(), error)
    (run,) = history.runs(10)
    assert (run.exit_code, run.error) == (code, str(error))


def test_a_run_that_was_killed_stays_without_an_exit_code(entry):
    entry().__enter__()
    (run,) = history.runs(10)
    assert (run.exit_code, run.seconds) == (None, None)


def test_the_latest_runs_come_first_and_no_more_than_asked(entry):
    for seed in range(5):
        with entry(seed=seed):
            pass
    assert [run.seed for run in history.runs(3)] == [4, 3, 2]


def test_only_so_many_rows_are_kept(entry, monkeypatch):
    monkeypatch.setattr(history, "KEPT_ROWS", 3)
    for seed in range(7):
        with entry(seed=seed):
            pass
    assert [run.seed for run in history.runs(100)] == [6, 5, 4]


def test_nothing_is_written_when_it_is_not_wanted(make_request, path):
    with Entry("generate", make_request(), None, keep=False):
        pass
    assert not path.parent.exists()
    assert history.runs(10) == []


def test_names_that_are_no_text_are_kept_readable(entry, photo, tmp_path):
    with entry(image=tmp_path / "a\udcff.png"):
        pass
    (run,) = history.runs(1)
    assert run.image.endswith("a\\udcff.png")


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_the_file_is_for_its_user_alone(entry, path):
    with entry():
        pass
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_fails_no_run(entry, path):
    path.parent.write_text("a file")
    with entry():
        pass
    ended(entry(), FitError("full"))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX modes")
def test_a_read_only_home_fails_no_run(entry, path):
    with entry():
        pass
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        with entry():
            pass
        assert len(history.runs(10)) == (2 if os.geteuid() == 0 else 1)
    finally:
        path.parent.chmod(0o700)


def test_a_damaged_file_is_put_aside_and_the_next_run_begins_a_new_one(entry, path):
    path.parent.mkdir()
    path.write_bytes(b"not a database, " * 500)
    with pytest.raises(UsageError, match="cannot be read"):
        history.runs(1)
    for _ in range(2):
        with entry():
            pass
    assert len(history.runs(10)) == 1
    assert path.with_suffix(".damaged").exists()


@pytest.mark.parametrize("cut", range(0, 12_288, 1024))
def test_a_file_cut_anywhere_fails_no_run(entry, path, cut):
    with entry():
        pass
    path.write_bytes(path.read_bytes()[:cut])
    for _ in range(3):
        with entry():
            pass
    assert len(history.runs(10)) >= 1


def test_the_file_of_a_newer_version_is_left_alone(entry, path):
    with entry():
        pass
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with entry():
        pass
    assert path.read_bytes() == before


def test_a_file_that_another_program_holds_delays_a_run_but_little(entry, path, monkeypatch):
    monkeypatch.setattr(history, "WAIT_SECONDS", 0.1)
    with entry():
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with entry():
            pass
        assert time.monotonic() - began < 2
    assert len(history.runs(10)) == 1


MANY = """
import sys
from pathlib import Path
from i2v_cli import history
from i2v_cli.request import Request
history.path = lambda: Path(sys.argv[1])
request = Request(image="a.png", preset="pocket", family="pocket", fps=16, area=4096, seed=int(sys.argv[2]),
                  steps=2, guidance=1, sampler="euler")
for _ in range(20):
    with history.Entry("generate", request, None):
        pass
"""


def test_many_processes_at_once_lose_no_row(path):
    command = [sys.executable, "-c", MANY, str(path)]
    running = [subprocess.Popen([*command, str(seed)]) for seed in range(4)]
    assert [process.wait(timeout=60) for process in running] == [0] * 4
    runs = history.runs(1000)
    assert sorted(run.seed for run in runs) == sorted(list(range(4)) * 20)
    assert all(run.exit_code == 0 for run in runs)
