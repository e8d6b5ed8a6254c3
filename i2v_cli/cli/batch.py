"""`i2v batch`: many clips from one file. Read, check, run, show."""

import os
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result, say
from i2v_cli.cli.progress import reporter
from i2v_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from i2v_cli.jobs.job import Job, Refused
    from i2v_cli.jobs.task import Outcome

SHOWN = 20  # refused rows
COUNTED = {
    "made": "made",
    "there": "there already",
    "failed": "failed",
    "busy": "with another run",
    "left": "left",
}


@dataclass(frozen=True, slots=True)
class Streams:
    """What the flags of the same names ask for."""

    json: bool
    events: bool
    quiet: bool


def batch(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Rows as YAML, CSV or JSONL; - reads standard input.", show_default=False
        ),
    ],
    *,
    output: options.Folder = Path(),
    overwrite: options.Overwrite = None,
    retry: options.Retry = 0,
    keep_going: options.KeepGoing = None,
    jobs: options.Jobs = 1,
    isolate: options.Isolate = False,
    timeout: options.Timeout = None,
    limit: options.Limit = None,
    archive: options.Archive = None,
    wait: options.Wait = 0,
    ray: options.Ray = None,
    no_log: options.NoLog = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    events: options.Events = False,
    quiet: options.Quiet = False,
) -> None:
    """Many clips from one file; the same command again makes only what is missing.

    A row is an image, or a pattern of images, and whatever `generate` takes: prompt, preset, output, steps.
    All rows are checked before the first runs. What is done stands in i2v-ledger.jsonl, beside the clips.

    \b
    Examples:
      i2v batch rows.csv -o clips
      i2v batch rows.yaml --retry 2 --timeout 600 --json
    """
    if json and events:
        raise UsageError("--json and --events are both given", "drop one of them")
    from i2v_cli.jobs import batchfile
    from i2v_cli.resolve import unknown_variables

    rows = batchfile.read(file)
    if not quiet:
        for sentence in unknown_variables(os.environ):
            say(f"warning: {sentence}")

    from i2v_cli.jobs.job import Desk  # numpy and PIL, from here on
    from i2v_cli.jobs.ledger import Ledger
    from i2v_cli.media import publish

    publish.check_folder(output, "-o")
    if archive is not None:
        publish.check_folder(archive.parent, "--archive")
    ledger = Ledger(output, archive)
    if ledger.damaged and not quiet:
        say(f"warning: {ledger.damaged} damaged lines of the ledger count as not written")
    checked, refused = Desk(ledger).check(rows, os.environ, overwrite=bool(overwrite))
    if refused and not keep_going:
        _refuse(refused)
    summary = Summary(checked, refused, limit=limit, folder=output, streams=Streams(json, events, quiet))
    if dry_run:
        summary.show_plan()
        return

    from i2v_cli.jobs import runner

    chosen = runner.Options(
        keep_going=keep_going,
        retry=retry,
        jobs=jobs,
        isolate=isolate,
        timeout=timeout,
        wait=wait,
        ray=ray,
        log=not no_log,
    )
    if todo := runner.shared(summary.to_do, jobs):
        with (
            reporter(events=events, quiet=quiet, lines=False) as report,
            runner.crew(todo, output, archive, chosen, report) as crew,
            closing(runner.run(todo, crew, chosen)) as outcomes,
        ):
            for outcome in outcomes:
                summary.add(outcome)
    raise typer.Exit(summary.show())


def _refuse(refused: "list[Refused]") -> NoReturn:
    """The first one's error, after a line for each when there are several."""
    first, others = refused[0].error, len(refused) - 1
    if others:
        _table([_refusal(row) for row in refused[:SHOWN]])
        if len(refused) > SHOWN:
            say(f"  ... and {len(refused) - SHOWN} more")
    more = f"; {others} more {'row is' if others == 1 else 'rows are'} refused" if others else ""
    raise type(first)(first.message + more, first.hint)


def _refusal(row: "Refused") -> tuple[str, str, str]:
    return row.place, row.error.exit_code.name.lower(), row.error.message


def _table(lines: list[tuple[str, str, str]]) -> None:
    """Where each failure stands, what it is called, what happened."""
    places, codes = (max((len(line[column]) for line in lines), default=0) for column in (0, 1))
    for place, code, message in lines:
        say(f"  {place:<{places}}  {code:<{codes}}  {message.removeprefix(f'{place}: ')}")


class Summary:
    """What becomes of the rows, and how that is told."""

    def __init__(
        self,
        checked: "list[Job]",
        refused: "list[Refused]",
        *,
        limit: int | None,
        folder: Path,
        streams: Streams,
    ) -> None:
        self.to_do = [job for job in checked if job.plan is not None][:limit]
        self._checked = checked
        self._refused = refused
        self._folder = folder
        self._streams = streams
        self._outcomes: list[Outcome] = []

    def add(self, outcome: "Outcome") -> None:
        """Tells what came of a row, as it is known."""
        self._outcomes.append(outcome)
        if self._streams.events:
            emit("row", self._row(outcome))
        elif outcome.fate == "made" and not self._streams.json:
            result(str(self._folder / outcome.target))
        if self._streams.quiet:
            return
        done = f"{len(self._outcomes)}/{len(self.to_do)}"
        say(f"{done} {outcome.image} -> {self._folder / outcome.target}: {_words(outcome)}")
        for warning in outcome.warnings:
            say(f"warning: {warning}")

    def show_plan(self) -> None:
        """The result of a dry run."""
        if self._streams.json or self._streams.events:
            rows = [
                {"place": job.place, "image": job.request.image, "path": self._folder / job.target}
                | {"done": job.plan is None, "seed": job.request.seed}
                for job in self._checked
            ]
            emit("result", {"dry_run": True, "rows": rows})
            return
        for job in self._checked:
            fate = "there already" if job.plan is None else "to do"
            result(f"{job.place}: {job.request.image} -> {self._folder / job.target}: {fate}")

    def show(self) -> ExitCode:
        """The whole, and the exit code that says it."""
        fates = Counter(outcome.fate for outcome in self._outcomes)
        there = sum(job.plan is None for job in self._checked) + fates["kept"]
        failures = len(self._refused) + fates["failed"]
        left = len(self.to_do) - len(self._outcomes)
        counts = {
            "made": fates["made"],
            "there": there,
            "failed": failures,
            "busy": fates["busy"],
            "left": left,
        }
        code = ExitCode.BATCH if failures else ExitCode.LOCKED if fates["busy"] else ExitCode.DONE
        if self._streams.json or self._streams.events:
            from i2v_cli.jobs.task import Outcome

            known = [
                Outcome(place=job.place, image=job.request.image, target=job.target, fate="kept")
                for job in self._checked
                if job.plan is None
            ]
            rows = [self._row(outcome) for outcome in [*known, *self._outcomes]]
            refused = [
                {"place": row.place, "fate": "failed", "code": row.error.exit_code.name.lower()}
                | {"message": row.error.message, "hint": row.error.hint}
                for row in self._refused
            ]
            emit("result", {**counts, "rows": [*rows, *refused], "exit_code": int(code)})
        if not self._streams.quiet:
            say(", ".join(f"{number} {COUNTED[name]}" for name, number in counts.items() if number))
        failed = [(one.place, one.code, one.message) for one in self._outcomes if one.fate == "failed"]
        _table([*map(_refusal, self._refused), *failed])
        if failures:
            say(f"error: {failures} of {len(self._checked) + len(self._refused)} rows failed")
        elif fates["busy"]:
            say(f"error: {fates['busy']} rows are in the hands of another run")
        if code:
            say("hint: the same command again makes only what is missing")
        return code

    def _row(self, outcome: "Outcome") -> dict[str, Any]:
        fields = asdict(outcome)
        return fields | {"path": self._folder / fields.pop("target")}


def _words(outcome: "Outcome") -> str:
    if outcome.fate == "made":
        return f"made in {outcome.seconds:.1f} s"
    return "there already" if outcome.fate == "kept" else f"{outcome.fate}: {outcome.message}"
