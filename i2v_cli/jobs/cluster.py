"""The same jobs on a Ray cluster whose nodes see the same folders. Ray restarts lost workers and asks again;
the ledger knows what they had done.
"""

import importlib.util
import os
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from i2v_cli.control import motion
from i2v_cli.errors import UsageError
from i2v_cli.events import Event
from i2v_cli.jobs.job import Job
from i2v_cli.jobs.task import Outcome, Site, Task, failed

KNOCK_SECONDS = 10
REDONE = 3  # how often a job is begun anew when its worker was lost


class Cluster:
    """`with Cluster(site, address, count) as crew`: at most `count` jobs at a time.

    address: of a running cluster, "auto" for this machine's, "local" for a new one on this machine.
    """

    def __init__(self, site: Site, address: str, count: int) -> None:
        if importlib.util.find_spec("ray") is None:
            raise UsageError("--ray needs an optional package", "pip install 'i2v-cli[ray]'")
        self._site = site
        self._address = address
        self._count = count
        self._hands: list[Any] = []

    def __enter__(self) -> "Cluster":
        import ray

        try:
            _knock(self._address)
            ray.init(address=self._address, log_to_driver=False, logging_level="error")
        except (OSError, OverflowError, RuntimeError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            hint = "`ray start --head` on one machine; then its address, or auto on that machine"
            raise UsageError(f"no Ray cluster at {self._address}: {reason}", hint) from error
        gpus = ray.cluster_resources().get("GPU", 0) if self._site.devices != {"cpu"} else 0
        hand = ray.remote(max_restarts=-1, max_task_retries=REDONE, num_gpus=1 if gpus else 0)(Hand)
        self._hands = [hand.remote(self._site) for _ in range(self._count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import ray

        for hand in self._hands:
            ray.kill(hand)
        ray.shutdown()

    def outcomes(self, queue: deque[Task]) -> Iterator[tuple[Task, Outcome]]:
        """Takes tasks from the left of the queue, which may grow meanwhile, until all are done."""
        import ray

        idle = list(self._hands)
        busy: dict[Any, tuple[Any, Task]] = {}
        while queue or busy:
            while queue and idle:
                hand, task = idle.pop(), queue.popleft()
                busy[hand.do.remote(replace(task, job=_anywhere(task.job)))] = (hand, task)
            for answer in ray.wait(list(busy), num_returns=1)[0]:
                hand, task = busy.pop(answer)
                idle.append(hand)
                try:
                    yield task, ray.get(answer)
                except ray.exceptions.RayActorError as error:
                    yield task, failed(task, "killed", f"its worker was lost: {str(error).splitlines()[0]}")


class Hand:
    """A worker in the cluster."""

    def __init__(self, site: Site) -> None:
        from i2v_cli.jobs.work import bench

        self._stack = ExitStack()
        self._bench = self._stack.enter_context(bench(site))

    def do(self, task: Task) -> Outcome:
        return self._bench.do(task, _silent)


def _knock(address: str) -> None:
    """OSError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdecimal():
        socket.create_connection((host, int(port)), timeout=KNOCK_SECONDS).close()


def _anywhere(job: Job) -> Job:
    """With absolute paths: the other nodes stand in other folders."""
    plan = job.plan
    assert plan is not None and plan.target is not None
    request = plan.request
    paths: dict[str, object] = {"image": request.image.absolute(), "output": _absolute(request.output)}
    for name in ("sheet", "still", "c2pa_key", "c2pa_cert"):
        if (path := getattr(request, name)) is not None:
            paths[name] = path.absolute()
    if request.motion is not None:
        paths["motion"] = motion.absolute(request.motion)
    if request.source and os.path.isdir(request.source):
        paths["source"] = str(Path(request.source).absolute())
    return replace(
        job, plan=replace(plan, target=plan.target.absolute(), request=request.model_copy(update=paths))
    )


def _absolute(output: str | None) -> str:
    """Its braces are doubled already, those of the current folder are not."""
    assert output is not None
    here = str(Path.cwd()).replace("{", "{{").replace("}", "}}")
    return str(Path(here) / output)


def _silent(_event: Event) -> None: ...
