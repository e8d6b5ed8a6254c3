"""kill -9: at random moments of a run, and at every system call that touches its folder."""

import secrets
import signal
import time
import trace
from collections.abc import Callable
from pathlib import Path
from trace import Point

import rig
from rig import Budget, Outcome, Place, Run

from i2v_cli.jobs.lock import LOCK_NAME
from i2v_cli.media import publish

MOST_LEFT = 3  # what the clip grew in, the sheet or what that grew in, and the lock, which nobody holds
AGAIN = 10  # every so many cases the command is given once more, and shall succeed


def at_random(budget: Budget) -> Outcome:
    """A kill after a delay between nothing and a whole run, of every format, also over an old output."""
    dice, photo = budget.dice(), rig.photo(budget.scratch)
    seconds = longest(budget.scratch, photo)
    cases = [
        (number, dice.choice(list(rig.SUFFIXES)), dice.random() < 0.5, dice.uniform(0, seconds))
        for number in range(budget.cases)
    ]
    killed = 0

    def case(drawn: tuple[int, str, bool, float]) -> str | None:
        nonlocal killed
        number, kind, old, delay = drawn
        place = Place(budget.scratch, kind, old=old)
        run = rig.start(place.folder, place.arguments(photo))
        time.sleep(delay)
        run.signal(signal.SIGKILL)
        code = run.wait()
        killed += code == -signal.SIGKILL
        wrong = after(run, place, code) or (again(place, photo) if number % AGAIN == 0 else None)
        return wrong and f"{kind}, killed after {delay:.3f} s: {wrong}"

    outcome = Outcome().take(rig.together(case, cases))
    outcome.seen = f"{killed} killed, {outcome.count - killed} finished first"
    return outcome


def at_every_call(budget: Budget) -> Outcome:
    """A kill, by strace, at the first, second, ... call of each kind on the folder.

    For a new mp4 with its sheet at every call, else at those that change something; in ffmpeg too.
    """
    photo = rig.photo(budget.scratch)
    points = sample(budget, lambda kind, old: every_point(budget.scratch, photo, kind, old))

    def case(point: Point) -> str | None:
        place = Place(budget.scratch, point.kind, old=point.old)
        injection = f"{point.name}:signal=KILL:when={point.number}"
        run, _ = trace.traced(place, arguments(place, photo), threads=not point.ours, injection=injection)
        wrong = after(run, place, run.process.exitcode)
        return wrong and f"{point}: {wrong}"

    outcome = Outcome().take(rig.together(case, points))
    ours = sum(point.ours for point in points)
    outcome.seen = f"{ours} calls of i2v, {len(points) - ours} of ffmpeg"
    return outcome


def sample(budget: Budget, points: Callable[[str, bool], list[Point]]) -> list[Point]:
    """The points of all formats, or as many of some of them as the budget allows."""
    dice, found = budget.dice(), []
    kinds = [(kind, old) for kind in rig.SUFFIXES for old in (False, True)]
    for kind, old in dice.sample(kinds, len(kinds)):
        if len(found) < budget.cases:
            found += points(kind, old)
    return found if len(found) <= budget.cases else dice.sample(found, budget.cases)


def every_point(scratch: Path, photo: Path, kind: str, old: bool) -> list[Point]:
    place = Place(scratch, kind, old=old)
    return list(trace.points(place, arguments(place, photo), changing=old or kind != "mp4"))


def arguments(place: Place, photo: Path) -> list[str]:
    sheet = ("--sheet", str(place.folder / rig.SHEET)) if place.kind == "mp4" else ()
    return place.arguments(photo, *sheet)


def longest(scratch: Path, photo: Path) -> float:
    """Seconds of an undisturbed run, the longest of one of each format."""
    taken = []
    for kind in rig.SUFFIXES:
        place = Place(scratch, kind, old=False)
        began = time.monotonic()
        run = rig.start(place.folder, place.arguments(photo))
        if run.wait() != 0 or place.state() != "whole":
            raise RuntimeError(f"an undisturbed run failed: {run.said()}")
        taken.append(time.monotonic() - began)
    return max(taken[1:])  # the first one waited for the imports


def after(run: Run, place: Place, code: int | None) -> str | None:
    """What is wrong with what a killed run left, if anything."""
    if code is None:
        return "it hung"
    if code not in (0, 5, 7, -signal.SIGKILL):  # where ffmpeg was killed, or nothing was
        return f"exit code {code}: {run.said()}"
    if code == 0 and place.state() != "whole":
        return f"it said done, and {place.target.name} is {place.state()}"
    if orphans := run.orphans():
        return f"still running: {orphans[0]}"
    if wrong := place.intact():
        return wrong
    left = place.leftovers()
    ours = [name for name in left if publish.PART_NAME.fullmatch(name) or LOCK_NAME.fullmatch(name)]
    if left != (ours if code == -signal.SIGKILL else []) or len(left) > MOST_LEFT:
        return f"left {left}"
    publish.remove_stale(place.folder)  # as the next run in this folder does; the lock it takes and removes
    if stale := [name for name in place.leftovers() if not LOCK_NAME.fullmatch(name)]:
        return f"the next run would not remove {stale}"
    return place.intact()


def again(place: Place, photo: Path) -> str | None:
    """The same command once more makes the clip."""
    (place.folder / f".i2v-{secrets.token_hex(4)}.part").touch()  # not of our making: it must stay
    run = rig.start(place.folder, place.arguments(photo, "--overwrite"))
    code = run.wait()
    if code != 0 or place.state() != "whole" or len(place.leftovers()) != 1:
        return f"the next run: exit code {code}, {place.state()}, {place.leftovers()}: {run.said()}"
    return None
