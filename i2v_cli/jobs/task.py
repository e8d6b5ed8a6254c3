"""What the processes of a batch tell each other: where to work, what to do, what came of it. torch-free."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from i2v_cli.jobs.job import Job

Fate: TypeAlias = Literal["made", "kept", "failed", "busy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """folder, archive: see `ledger`. devices: those that jobs ask for. spare: bytes that a clip needs.

    wait: seconds to wait for a GPU that another run has. live: pass every event on, or none. log: keep a
    history of the runs.
    """

    folder: Path
    archive: Path | None
    devices: frozenset[str]
    spare: int
    wait: float
    live: bool
    log: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and how many seconds to wait for another run that has it."""

    job: Job
    wait: float = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """made: now. kept: it was there. failed: see code, message, hint. busy: another run has it.

    code: an exit code's word, "killed" or "timeout". warnings: what was said of the clip.
    """

    place: str
    image: Path | None
    target: str
    fate: Fate
    seconds: float = 0
    code: str = ""
    message: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()


def failed(task: Task, code: str, message: str, hint: str = "") -> Outcome:
    """The outcome of a task that could not tell it itself."""
    job = task.job
    return Outcome(
        place=job.place,
        image=job.request.image,
        target=job.target,
        fate="failed",
        code=code,
        message=message,
        hint=hint,
    )
