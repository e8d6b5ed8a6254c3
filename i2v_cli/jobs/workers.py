"""Worker processes on this machine, each with one job at a time: they can be timed, and die alone.

A worker does the whole job, lock and ledger included. So when the batch itself is killed, its workers finish
what they have begun, write it down, and end.
"""

import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import connection, get_context
from pathlib import Path
from types import FrameType, TracebackType

from i2v_cli.errors import I2VError, Terminated
from i2v_cli.events import Event, Report
from i2v_cli.jobs.task import Outcome, Site, Task, failed
from i2v_cli.runtime import memory

BEGAN = "began"
GRACE_SECONDS = 5  # from SIGTERM, on which a worker tidies up, to SIGKILL
VISIBLE = "CUDA_VISIBLE_DEVICES"


class Workers:
    """`with Workers(...) as workers`: at most `count` of them; with `isolate` a new one for every job.

    timeout: seconds that a job may take, from its begin. gpus: how many there are; each worker has its own.
    """

    def __init__(
        self, site: Site, report: Report, *, count: int, isolate: bool, timeout: float | None, gpus: int
    ) -> None:
        self._site = site
        self._report = report
        self._isolate = isolate
        self._timeout = timeout
        self._gpus = gpus
        self._seats: list[Worker | None] = [None] * count

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _end([worker for worker in self._seats if worker is not None])

    def outcomes(self, queue: "deque[Task]") -> Iterator[tuple[Task, Outcome]]:
        """Takes tasks from the left of the queue, which may grow meanwhile, until all are done."""
        while queue or any(worker is not None and worker.task for worker in self._seats):
            self._fill(queue)
            for number, worker in self._heard():
                task, outcome = worker.task, worker.listen(self._report, self._timeout)
                if outcome is None or task is None:
                    continue
                worker.task = None
                if self._isolate or outcome.code in ("killed", "timeout"):
                    _end([worker])
                    self._seats[number] = None
                yield task, outcome

    def _fill(self, queue: "deque[Task]") -> None:
        """A task for every seat that has none."""
        for number, worker in enumerate(self._seats):
            if queue and (worker is None or worker.task is None):
                seated = worker or Worker(self._site, number if self._gpus else None)
                self._seats[number] = seated
                seated.give(queue.popleft())

    def _heard(self) -> "list[tuple[int, Worker]]":
        """Who has said something, has died, or is late."""
        busy = [(number, worker) for number, worker in enumerate(self._seats) if worker and worker.task]
        late = min(worker.deadline for _, worker in busy)
        patience = None if late == math.inf else max(late - time.monotonic(), 0)
        heard = connection.wait([worker.pipe for _, worker in busy], patience)
        return [pair for pair in busy if pair[1].pipe in heard or pair[1].deadline <= time.monotonic()]


class Worker:
    """One process. task: what it does now. deadline: when that is late, by the monotonic clock."""

    def __init__(self, site: Site, gpu: int | None) -> None:
        context = get_context("spawn")  # a process with threads, such as torch has, is not safe to fork
        self.task: Task | None = None
        self.deadline = math.inf
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, site, gpu), daemon=True)
        self.process.start()
        other.close()

    def give(self, task: Task) -> None:
        self.task, self.deadline = task, math.inf
        with suppress(ConnectionError):  # it died while it had nothing to do: `listen` will find out
            self.pipe.send(task)

    def listen(self, report: Report, timeout: float | None) -> Outcome | None:
        """The outcome of its task, once there is one. Raises what ended the worker before any task."""
        assert self.task is not None
        try:
            if not self.pipe.poll():
                late = f"it took longer than {timeout:g} s"
                return failed(self.task, "timeout", late, "allow more: --timeout")
            message = self.pipe.recv()
        except (EOFError, OSError):
            return failed(self.task, "killed", self._end_in_words(self.task))
        if isinstance(message, I2VError):
            raise message
        if isinstance(message, Outcome):
            return message
        if message == BEGAN:
            self.deadline = time.monotonic() + self.task.wait + (timeout or math.inf)
        else:
            report(message)
        return None

    def _end_in_words(self, task: Task) -> str:
        self.process.join(GRACE_SECONDS)
        code = self.process.exitcode
        if code != -getattr(signal, "SIGKILL", 9):
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return f"its process ended with {how}; I2V_DEBUG=1 shows more"
        needed = task.job.plan.memory_bytes if task.job.plan is not None else 0
        free = memory.available()
        had = "" if free is None else f", {free / memory.GIB:.1f} GiB are free now"
        return f"its process was killed, probably out of memory: it needs {needed / memory.GIB:.1f} GiB{had}"


def _end(workers: list[Worker]) -> None:
    """Their pipes close, which ends the idle; SIGTERM is for who is at work, SIGKILL for who stays."""
    for worker in workers:
        worker.pipe.close()
        worker.process.terminate()
    until = time.monotonic() + GRACE_SECONDS
    for worker in workers:
        worker.process.join(max(until - time.monotonic(), 0))
        worker.process.kill()
        worker.process.join()


def serve(pipe: "connection.Connection[object, Task]", site: Site, gpu: int | None) -> None:
    """The worker's side: tasks come in, events and outcomes go out, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the batch tells its workers what to do
    signal.signal(signal.SIGTERM, _terminated)
    if not os.environ.get("I2V_DEBUG"):
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - no tracebacks for users
    if gpu is not None:
        visible = os.environ.get(VISIBLE)
        os.environ[VISIBLE] = visible.split(",")[gpu] if visible else str(gpu)
    try:
        from i2v_cli.jobs.work import bench  # torch, from here on

        try:
            with bench(site) as ours:
                while True:
                    task = pipe.recv()
                    pipe.send(BEGAN)
                    pipe.send(ours.do(task, pipe.send if site.live else _silent))
        except I2VError as error:
            pipe.send(error)
    except (EOFError, BrokenPipeError, ConnectionError):  # the batch is gone, or needs nobody any more
        return
    except Terminated:
        sys.exit(128 + signal.SIGTERM)


def _terminated(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated


def _silent(_event: Event) -> None: ...
