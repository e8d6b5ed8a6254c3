"""Order, retries and stops, with a crew that answers as the test says; and how rows are shared out."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from i2v_cli.errors import FitError, UsageError
from i2v_cli.jobs import runner
from i2v_cli.jobs.runner import Options
from i2v_cli.jobs.task import Outcome, Site, Task, failed
from i2v_cli.runtime import memory


class Crew:
    """answers: what each job says when it is its turn, by image; "made" when nothing is left to say."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, float]] = []

    def outcomes(self, queue: deque[Task]) -> Iterator[tuple[Task, Outcome]]:
        while queue:
            task = queue.popleft()
            name = task.job.request.image.stem
            self.asked.append((name, task.wait))
            said = (self.answers.get(name) or ["made"]).pop(0)
            if said in ("made", "kept", "busy"):
                yield task, Outcome(place=task.job.place, image=None, target=name, fate=said)
            else:
                yield task, failed(task, said, "said")


@pytest.fixture
def jobs(row, checked):
    return checked(*(row(image=f"{name}.png") for name in "abc"))


def run(jobs, crew: Crew, **options: object) -> list[tuple[str, str]]:
    """(image, fate or code) of each outcome."""
    found = runner.run(jobs, crew, Options(**options))
    return [(outcome.target.removesuffix(".mp4"), outcome.code or outcome.fate) for outcome in found]


def test_every_job_is_done_once_in_the_order_of_rows(jobs):
    assert run(jobs, Crew()) == [("a", "made"), ("b", "made"), ("c", "made")]


def test_failed_row_does_not_keep_the_others_from_being_made(jobs):
    assert run(jobs, Crew(a=["check"])) == [("a", "check"), ("b", "made"), ("c", "made")]


@pytest.mark.parametrize("code", ["fit", "model"])
def test_failure_that_every_row_would_have_ends_the_batch(code, jobs):
    assert run(jobs, Crew(a=[code])) == [("a", code)]
    assert len(run(jobs, Crew(a=[code]), keep_going=True)) == 3


def test_fail_fast_ends_at_any_failure(jobs):
    assert run(jobs, Crew(b=["check"]), keep_going=False) == [("a", "made"), ("b", "check")]


@pytest.mark.parametrize("code", ["fit", "encoding", "killed", "timeout"])
def test_what_may_pass_is_tried_again_after_the_others(code, jobs):
    crew = Crew(a=[code, code])
    assert run(jobs, crew, retry=2) == [("b", "made"), ("c", "made"), ("a", "made")]
    assert [name for name, _ in crew.asked] == ["a", "b", "c", "a", "a"]


def test_tries_come_to_an_end(jobs):
    assert run(jobs[:1], Crew(a=["killed"] * 9), retry=2) == [("a", "killed")]


@pytest.mark.parametrize("code", ["input", "check", "usage", "model"])
def test_what_will_not_pass_is_tried_once(code, jobs):
    crew = Crew(a=[code])
    run(jobs[:1], crew, retry=5)
    assert len(crew.asked) == 1


def test_rows_of_another_run_come_last_and_are_waited_for(jobs):
    crew = Crew(a=["busy", "kept"])
    assert run(jobs, crew, wait=7) == [("b", "made"), ("c", "made"), ("a", "kept")]
    assert crew.asked == [("a", 0), ("b", 0), ("c", 0), ("a", 7)]


def test_rows_that_another_run_still_has_are_told(jobs):
    assert run(jobs, Crew(a=["busy", "busy"])) == [("b", "made"), ("c", "made"), ("a", "busy")]


def test_rows_under_way_when_the_batch_ends_are_told_and_not_begun_anew(jobs):
    class Together(Crew):
        def outcomes(self, queue: deque[Task]) -> Iterator[tuple[Task, Outcome]]:
            under_way = deque(queue)
            queue.clear()
            yield from super().outcomes(under_way)

    crew = Together(a=["check"], b=["busy"], c=["killed"])
    found = run(jobs, crew, keep_going=False, retry=3)
    assert found == [("a", "check"), ("b", "busy"), ("c", "killed")]
    assert len(crew.asked) == 3


def test_processes_share_the_cores_that_nobody_counted_out(row, checked, monkeypatch):
    monkeypatch.setattr(runner.cpu, "usable", lambda: 8)
    jobs = checked(row(), row(image="b.png", threads=3))
    assert [job.plan.request.threads for job in runner.shared(jobs, 4)] == [2, 3]
    assert [job.plan.request.threads for job in runner.shared(jobs, 16)] == [1, 3]
    assert runner.shared(jobs, 1) == jobs


def test_processes_that_do_not_fit_memory_together_are_refused(jobs, monkeypatch):
    spare = jobs[0].plan.memory_bytes
    monkeypatch.setattr(memory, "available", lambda: 2 * spare)
    with pytest.raises(FitError, match="3 processes need") as caught:
        runner.crew(jobs, Path("clips"), None, Options(jobs=3), lambda _: None)
    assert caught.value.hint == "--jobs 2"


def test_more_processes_than_gpus_are_refused(jobs, monkeypatch):
    from i2v_cli.runtime import device

    monkeypatch.setattr(device, "num_gpus", lambda asked: 1)
    site = Site(
        folder=Path(), archive=None, devices=frozenset({"auto"}), spare=0, wait=0, live=False, log=False
    )
    with pytest.raises(UsageError, match="--jobs 2 on 1 GPU"):
        runner._shared_out(site, 2)
    assert runner._shared_out(site, 1) == 1


def test_a_cluster_takes_no_timeouts(jobs):
    with pytest.raises(UsageError, match="--ray"):
        runner.crew(jobs, Path("clips"), None, Options(ray="auto", timeout=5), lambda _: None)
