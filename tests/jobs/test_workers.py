"""Worker processes: they share the rows, and none takes another's down with it."""

import os
import signal
from collections import deque
from pathlib import Path

import pytest

from i2v_cli.events import Stage
from i2v_cli.jobs.ledger import NAME
from i2v_cli.jobs.task import Site, Task
from i2v_cli.jobs.workers import Workers
from i2v_cli.media.video import probe

pytestmark = pytest.mark.slow
LONG = {"frames": 30_000, "size": "256x256", "threads": 1}  # minutes, on one core


@pytest.fixture
def workers(here):
    """workers(count=2, timeout=5) -> those; they end with the test."""
    opened: list[Workers] = []

    def open_(report=lambda _: None, **given) -> Workers:
        site = Site(
            folder=Path("clips").absolute(),
            archive=None,
            devices=frozenset({"cpu"}),
            spare=0,
            wait=0,
            live=True,
            log=False,
        )
        options = {"count": 1, "isolate": False, "timeout": None, "gpus": 0} | given
        opened.append(Workers(site, report, **options))
        return opened[-1].__enter__()

    yield open_
    for one in opened:
        one.__exit__(None, None, None)


def files() -> set[str]:
    return {path.name for path in Path("clips").iterdir()}


def test_late_row_is_ended_and_the_next_ones_are_made(row, checked, workers):
    jobs = checked(row(**LONG), row(image="b.png"), row(image="c.png"))
    said = dict(outcomes(workers(count=2, timeout=40), jobs))
    assert said["a.mp4"].code == "timeout"
    assert (said["b.mp4"].fate, said["c.mp4"].fate) == ("made", "made")
    assert probe(Path("clips/b.mp4")).frames == 5
    assert files() == {"b.mp4", "c.mp4", NAME}


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_killed_worker_fails_its_row_alone(row, checked, workers):
    jobs = checked(row(**LONG), row(image="b.png"))

    def kill(event: object) -> None:
        if isinstance(event, Stage) and event.name == "decode":
            seat = crew._seats[0]
            if seat is not None and seat.task is not None and seat.task.job.target == "a.mp4":
                os.kill(seat.process.pid, signal.SIGKILL)

    crew = workers(kill)
    said = dict(outcomes(crew, jobs))
    assert said["a.mp4"].code == "killed" and "out of memory" in said["a.mp4"].message
    assert said["b.mp4"].fate == "made"
    assert files() == {"b.mp4", NAME}  # what the killed one left, the next run has removed


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
def test_worker_that_dies_idle_fails_the_row_that_it_is_given(row, checked, workers):
    crew = workers()
    jobs = checked(row(), row(image="b.png"), row(image="c.png"))
    assert dict(outcomes(crew, jobs[:1]))["a.mp4"].fate == "made"
    os.kill(crew._seats[0].process.pid, signal.SIGKILL)
    crew._seats[0].process.join()
    said = dict(outcomes(crew, jobs[1:]))
    assert (said["b.mp4"].code, said["c.mp4"].fate) == ("killed", "made")


def test_isolated_rows_have_a_process_each(row, checked, workers):
    seen = set()
    crew = workers(lambda _: seen.add(crew._seats[0].process.pid), isolate=True)
    outcomes(crew, checked(row(), row(image="b.png")))
    assert len(seen) == 2


def outcomes(crew: Workers, jobs) -> list:
    return [(outcome.target, outcome) for _, outcome in crew.outcomes(deque(Task(job) for job in jobs))]
