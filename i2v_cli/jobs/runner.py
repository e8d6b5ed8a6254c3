"""Which jobs are done next, by whom, how often, and when to stop. What a job is, `work` knows."""

from collections import Counter, deque
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from i2v_cli.errors import FitError, UsageError
from i2v_cli.events import Report
from i2v_cli.jobs.job import Job
from i2v_cli.jobs.task import Outcome, Site, Task
from i2v_cli.runtime import cpu, memory

# Another try can end another way; a photo that cannot be read, or a check on the same seed, cannot.
PASSING = frozenset({"fit", "encoding", "killed", "timeout", "bug"})
# What one row could not have, the next ones will not have either.
LASTING = frozenset({"fit", "model"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """keep_going: None stops at what would fail every row (memory, disk, weights); False at any failure.

    retry: further tries of what may pass. jobs: processes. timeout: seconds a row. wait: seconds for what
    other runs have. ray: the address of a Ray cluster. log: keep a history of the runs.
    """

    keep_going: bool | None = None
    retry: int = 0
    jobs: int = 1
    isolate: bool = False
    timeout: float | None = None
    wait: float = 0
    ray: str | None = None
    log: bool = True


class Crew(Protocol):
    """Takes tasks from the left of the queue, which may grow meanwhile, until all are done."""

    def outcomes(self, queue: deque[Task]) -> Iterator[tuple[Task, Outcome]]: ...


def run(jobs: list[Job], crew: Crew, options: Options) -> Generator[Outcome, None, None]:
    """What came of each job, as it is known. Jobs after a failure that ends the batch have none."""
    queue = deque(Task(job) for job in jobs)
    tried: Counter[str] = Counter()
    later: list[Job] = []
    last_round = ended = False
    while queue:
        for task, outcome in crew.outcomes(queue):
            key = task.job.key
            if outcome.fate == "busy" and not last_round and not ended:
                later.append(task.job)
                continue
            again = outcome.fate == "failed" and outcome.code in PASSING and tried[key] < options.retry
            if again and not ended:
                tried[key] += 1
                queue.append(task)
                continue
            yield outcome
            if _ends(outcome, options.keep_going):
                ended = True
                queue.clear()
                later.clear()
        # Others may have finished theirs by now; who is still at work is waited for.
        queue.extend(Task(job, options.wait) for job in later)
        later.clear()
        last_round = True


def _ends(outcome: Outcome, keep_going: bool | None) -> bool:
    if outcome.fate != "failed" or keep_going:
        return False
    return keep_going is False or outcome.code in LASTING


def crew(
    jobs: list[Job], folder: Path, archive: Path | None, options: Options, report: Report
) -> AbstractContextManager[Crew]:
    """This process, worker processes, or a Ray cluster. UsageError or FitError for what cannot be."""
    alone = options.jobs == 1 and options.ray is None
    site = Site(
        folder=folder.absolute(),
        archive=archive.absolute() if archive is not None else None,
        devices=frozenset(job.request.device for job in jobs),
        spare=max((job.plan.memory_bytes for job in jobs if job.plan is not None), default=0),
        wait=options.wait,
        live=alone,
        log=options.log,
    )
    if options.ray is not None:
        from i2v_cli.jobs.cluster import Cluster

        if options.isolate or options.timeout is not None:
            raise UsageError("--isolate and --timeout do not go with --ray", "drop them, or drop --ray")
        return Cluster(site, options.ray, options.jobs)
    if alone and not options.isolate and options.timeout is None:
        return _here(site, report)

    from i2v_cli.jobs.workers import Workers

    return Workers(
        site,
        report,
        count=options.jobs,
        isolate=options.isolate,
        timeout=options.timeout,
        gpus=0 if alone else _shared_out(site, options.jobs),
    )


def shared(jobs: list[Job], count: int) -> list[Job]:
    """The jobs for `count` processes at a time: each takes its part of the cores that nobody counted out."""
    if count == 1:
        return jobs
    threads = max(cpu.usable() // count, 1)
    return [
        replace(job, plan=replace(job.plan, request=job.plan.request.model_copy(update={"threads": threads})))
        if job.plan is not None and job.plan.request.threads is None
        else job
        for job in jobs
    ]


def _shared_out(site: Site, count: int) -> int:
    """GPUs, one a process. FitError when the memory is not enough for all processes."""
    free = memory.available()
    if free is not None and count * site.spare > free:
        fitting = max(free // max(site.spare, 1), 1)
        raise FitError(
            f"{count} processes need {count * site.spare / memory.GIB:.1f} GiB of memory, "
            f"{free / memory.GIB:.1f} GiB are free",
            f"--jobs {fitting}",
        )
    if site.devices == {"cpu"}:
        return 0

    from i2v_cli.runtime import device  # torch, from here on

    gpus = max(device.num_gpus(asked) for asked in site.devices)
    if gpus and count > gpus:
        raise UsageError(
            f"--jobs {count} on {gpus} GPU{'s' if gpus > 1 else ''}: a GPU is one process's",
            f"--jobs {gpus}, or I2V_DEVICE=cpu",
        )
    return gpus


@contextmanager
def _here(site: Site, report: Report) -> Iterator[Crew]:
    from i2v_cli.jobs.work import Bench, bench  # torch, from here on

    @dataclass(frozen=True)
    class Here:
        ours: Bench

        def outcomes(self, queue: deque[Task]) -> Iterator[tuple[Task, Outcome]]:
            while queue:
                task = queue.popleft()
                yield task, self.ours.do(task, report)

    with bench(site) as ours:
        yield Here(ours)
