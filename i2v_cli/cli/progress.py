"""Events while work goes on: bars on a terminal, plain lines in a log, JSON for a program, or nothing."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from i2v_cli.cli.output import emit_event, safe_text, say
from i2v_cli.events import Event, Noted, Report, Stage, Step, Warned, Wrote

PLAIN_TERMINALS = ("dumb", "unknown")


@contextmanager
def reporter(*, events: bool, quiet: bool, lines: bool = True) -> Iterator[Report]:
    """What to give to the work as its `report`. `lines`: off a terminal, a line a stage, or nothing."""
    if events:
        yield emit_event
    elif quiet:
        yield lambda _: None
    elif sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") not in PLAIN_TERMINALS:
        with _bars() as report:
            yield report
    else:
        yield Lines() if lines else lambda _: None


class Lines:
    """A line a stage, and one each time another tenth of its steps is done."""

    def __init__(self) -> None:
        self._stage = "step"
        self._tenths = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stage):
            self._stage, self._tenths = event.name, 0
            say(" ".join([event.name, *([f"({event.detail})"] if event.detail else [])]))
        elif isinstance(event, Step):
            tenths = 10 * event.done // max(event.total, 1)
            if tenths > self._tenths:
                self._tenths = tenths
                say(f"{self._stage} {100 * event.done // max(event.total, 1)} % ({event.done}/{event.total})")
        elif text := _words(event):
            say(text)


@contextmanager
def _bars() -> Iterator[Report]:
    """A bar a stage with its count and the time that is left; all gone at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description:<8}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]:>9}", markup=False),
        TimeElapsedColumn(),
        TextColumn("ETA", style="dim"),
        TimeRemainingColumn(compact=True),
    )
    task: TaskID | None = None

    # What is a result goes to stdout, also while the bars are on stderr.
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:

        def begin(name: str, total: int) -> TaskID:
            if any(name == bar.description for bar in progress.tasks):  # the next clip
                for bar in progress.task_ids:
                    progress.remove_task(bar)
            elif task is not None:
                progress.update(task, total=1, completed=1)
            return progress.add_task(name, total=total or None, count="")

        def report(event: Event) -> None:
            nonlocal task
            if isinstance(event, Stage):
                task = begin(event.name, event.total)
            elif isinstance(event, Step):
                if task is None:
                    task = begin("steps", event.total)
                count = f"{event.done}/{event.total}"
                progress.update(task, total=event.total, completed=event.done, count=count)
            elif text := _words(event):
                console.print(safe_text(text), markup=False, highlight=False)

        yield report


def _words(event: Event) -> str:
    if isinstance(event, Warned):
        return f"warning: {event.message}"
    if isinstance(event, Wrote) and event.kind == "sheet":  # stdout is the clip's
        return f"sheet: {event.path}"
    return event.message if isinstance(event, Noted) else ""
