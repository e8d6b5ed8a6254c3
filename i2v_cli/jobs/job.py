"""A row becomes a job: request, key, place in the output folder, plan. All rows before any work."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from i2v_cli import naming
from i2v_cli.control import motion
from i2v_cli.errors import FitError, I2VError, UsageError
from i2v_cli.jobs.batchfile import Row
from i2v_cli.jobs.ledger import Ledger
from i2v_cli.media import image
from i2v_cli.media.publish import TakenError
from i2v_cli.plan import Plan, plan, weight_digests
from i2v_cli.presets import shown
from i2v_cli.request import Request
from i2v_cli.resolve import Resolved, resolve
from i2v_cli.runtime import memory

# How a clip is made and what it may replace, not what it is: other values do not make it another clip.
BESIDE = {
    "image",
    "source",
    "output",
    "sheet",
    "overwrite",
    "threads",
    "device",
    "offload",
    "checkpoint_every",
    "decode_only",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """place: file:line. target: relative to the output folder, with slashes. plan: None when it is done.

    key: SHA-256 of the image's and the masks' bytes, the settings, the weights' digests and the target.
    """

    place: str
    key: str
    target: str
    request: Request
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be run, and why."""

    place: str
    error: I2VError


class Desk:
    """Where rows are checked: against the ledger of the output folder, and against each other."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._folder = ledger.folder
        self._digests: dict[Path, str] = {}

    def check(
        self, rows: Iterable[Row], environment: Mapping[str, str], *, overwrite: bool
    ) -> tuple[list[Job], list[Refused]]:
        """Every row, in its order. UsageError when two rows would write one file."""
        jobs: list[Job] = []
        refused: list[Refused] = []
        for row in rows:
            try:
                jobs.append(self._job(row, environment, overwrite=overwrite))
            except I2VError as error:
                placed = (
                    error.message if error.message.startswith(row.place) else f"{row.place}: {error.message}"
                )
                refused.append(Refused(row.place, type(error)(placed, error.hint)))
        _refuse_collisions(jobs)
        self._check_disk(jobs)
        return jobs, refused

    def _job(self, row: Row, environment: Mapping[str, str], *, overwrite: bool) -> Job:
        flags: dict[str, object] = {"overwrite": True} if overwrite else {}
        resolved = resolve(flags | row.values, environment)
        settings = self._settings(resolved)
        request = resolved.request
        if resolved.origins["seed"] == "random":  # the same every time, or nothing would ever be done
            request = request.model_copy(update={"seed": int(_digest(settings)[:8], 16)})
        request, target = self._placed(request)
        key = _digest([settings, request.seed, target, str(request.sheet)])
        return Job(
            place=row.place,
            key=key,
            target=target,
            request=request,
            plan=None if self._ledger.is_done(key, target) else self._plan(request, key, target),
        )

    def _settings(self, resolved: Resolved) -> list[Any]:
        """What the clip depends on. Without defaults: a field that a later version adds changes no key."""
        request = resolved.request
        hidden = BESIDE | ({"seed"} if resolved.origins["seed"] == "random" else set())
        asked = request.model_dump(mode="json", exclude=hidden, exclude_defaults=True)
        weights = sorted(weight_digests(request))
        return [self._of(request.image), weights, asked, *map(self._of, motion.masks(request))]

    def _of(self, picture: Path) -> str:
        """The digest of a file that many rows may name."""
        if picture not in self._digests:
            self._digests[picture] = image.digest(picture)
        return self._digests[picture]

    def _placed(self, request: Request) -> tuple[Request, str]:
        """The request with its paths inside the output folder, and its target relative to that."""
        own = "".join(naming.own_name(request))
        if request.output is None:
            asked = own
        else:
            filled = naming.filled(request, date.today())
            asked = filled + own if filled.endswith(("/", os.sep)) else filled
        path = self._inside(asked, "output")
        if os.path.isdir(path) and request.format != "frames":
            path = path / own
        sheet = request.sheet
        if sheet is not None:
            named = request.model_copy(update={"output": str(sheet)})
            sheet = self._inside(naming.filled(named, date.today()), "sheet")
        output = str(path).replace("{", "{{").replace("}", "}}")
        target = path.relative_to(self._folder).as_posix()
        return request.model_copy(update={"output": output, "sheet": sheet}), target

    def _inside(self, asked: str, what: str) -> Path:
        """UsageError for what leads out of the output folder, also by a link."""
        hint = "name it relative to the output folder, which -o chooses"
        if asked == naming.STDOUT:
            raise UsageError(f"the {what} of a row cannot be standard output", hint)
        flavours = (PurePosixPath(asked), PureWindowsPath(asked))
        if any(flavour.anchor or ".." in flavour.parts for flavour in flavours):
            raise UsageError(f"the {what} {shown(asked)} leads out of the folder {self._folder}", hint)
        path = self._folder / asked
        if not path.parent.resolve().is_relative_to(self._folder.resolve()):
            raise UsageError(
                f"the {what} {shown(asked)} leads out of the folder {self._folder} by a link", hint
            )
        return path

    def _plan(self, request: Request, key: str, target: str) -> Plan:
        """What an earlier run of this row may have left there is looked at under the lock, not here."""
        if self._ledger.unfinished(key, target) is None:
            try:
                return plan(request)
            except TakenError as error:
                hint = "--overwrite replaces it; or name another output"
                raise UsageError(f"{error.message}, made from something else", hint) from error
        return replace(plan(request.model_copy(update={"overwrite": True})), request=request)

    def _check_disk(self, jobs: list[Job]) -> None:
        needed = sum(job.plan.disk_bytes for job in jobs if job.plan is not None)
        free = memory.disk_free(self._folder)
        if needed > free:
            raise FitError(
                f"about {needed >> 20} MiB for all rows do not fit {self._folder}: {free >> 20} MiB are free",
                "free some disk space, or do a part of them: --limit 10",
            )


def _refuse_collisions(jobs: Iterable[Job]) -> None:
    """Two rows with one output. Compared without case: some file systems take A for a."""
    taken: dict[str, Job] = {}
    for job in jobs:
        for path in (job.request.output, job.request.sheet):
            if path is None:
                continue
            other = taken.setdefault(str(path).casefold(), job)
            if other is not job:
                both = f"{other.request.image} ({other.place}) and {job.request.image} ({job.place})"
                hint = 'name them apart, for example with output: "{stem}-{seed}.mp4"'
                raise UsageError(f"{both} both write {path}", hint)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()
