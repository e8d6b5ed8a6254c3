"""One job under its lock: look once more, make the clip by the straight line, write down what came of it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from i2v_cli import history
from i2v_cli.errors import I2VError, InputError, LockedError
from i2v_cli.events import Event, Noted, Report, Warned
from i2v_cli.generate import generate
from i2v_cli.jobs import lock
from i2v_cli.jobs.job import Job
from i2v_cli.jobs.ledger import Entry, Ledger, State, standing
from i2v_cli.jobs.task import Outcome, Site, Task
from i2v_cli.media import video
from i2v_cli.plan import Plan
from i2v_cli.runtime import device, hold


@contextmanager
def bench(site: Site) -> "Iterator[Bench]":
    """Where a process does its jobs: the GPUs are its own, and networks stay loaded from job to job."""
    with lock.gpus(map(device.gpu, site.devices), site.wait), hold.keeping(site.spare):
        yield Bench(site)


class Bench:
    """Does one job after the other."""

    def __init__(self, site: Site) -> None:
        self._ledger = Ledger(site.folder, site.archive)
        self._log = site.log

    def do(self, task: Task, report: Report) -> Outcome:
        """What is wrong with this job alone does not raise; FitError when the ledger cannot be written."""
        job, began = task.job, time.monotonic()
        told = Told(report)
        outcome = Outcome(place=job.place, image=job.request.image, target=job.target, fate="made")
        target = self._ledger.folder / job.target
        lock.sweep(target.parent)
        try:
            with lock.held(target, task.wait):
                self._ledger.refresh()
                if self._ledger.is_done(job.key, job.target) or not self._made(job, told):
                    outcome = replace(outcome, fate="kept")
        except LockedError as error:
            outcome = replace(outcome, fate="busy", message=error.message, hint=error.hint)
        except I2VError as error:
            self._ledger.append(self._entry(job, "failed", error=error.message))
            code = error.exit_code.name.lower()
            outcome = replace(outcome, fate="failed", code=code, message=error.message, hint=error.hint)
        return replace(outcome, seconds=round(time.monotonic() - began, 3), warnings=tuple(told.warnings))

    def _made(self, job: Job, report: Report) -> bool:
        """False when an earlier run was killed after the clip got its name, before that was written down."""
        assert job.plan is not None and job.plan.target is not None
        plan, began = job.plan, time.monotonic()
        earlier = self._ledger.unfinished(job.key, job.target)
        if (
            earlier is not None
            and standing(job.plan.target) not in (None, earlier.before)
            and _is_whole(plan)
        ):
            if plan.request.sheet is None or os.path.lexists(plan.request.sheet):
                self._ledger.append(self._entry(job, "done"))
                return False
            plan = replace(plan, request=plan.request.model_copy(update={"overwrite": True}))
        self._ledger.append(self._entry(job, "begun"))
        report(Noted(f"{job.place}: {plan.request.image} -> {plan.target}"))
        with history.Entry("batch", plan.request, plan.target, keep=self._log):
            generate(plan, report)
        self._ledger.append(self._entry(job, "done", seconds=time.monotonic() - began))
        return True

    def _entry(self, job: Job, state: State, *, seconds: float = 0, error: str = "") -> Entry:
        """`before` is what stood there when the row was begun first: anything else there now is its clip."""
        earlier = self._ledger.unfinished(job.key, job.target)
        return Entry(
            state=state,
            key=job.key,
            target=job.target,
            before=earlier.before if earlier is not None else standing(self._ledger.folder / job.target),
            seconds=seconds,
            error=error,
        )


class Told:
    """Passes on what is reported, but keeps the warnings: they belong to the job's outcome."""

    def __init__(self, report: Report) -> None:
        self.warnings: list[str] = []
        self._report = report

    def __call__(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.warnings.append(event.message)
        else:
            self._report(event)


def _is_whole(plan: Plan) -> bool:
    """Whether the video at the plan's target is what the plan makes: so many frames of that size."""
    assert plan.target is not None
    try:
        found = video.probe(plan.target)
    except InputError:
        return False
    wanted = plan.geometry
    return (found.width, found.height, found.frames) == (wanted.width, wanted.height, wanted.frames)
