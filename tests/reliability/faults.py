"""A disk that is full or fails: at every call that writes, syncs or renames, and for real on a tiny disk."""

import trace
from pathlib import Path
from trace import Point

import kills
import rig
from rig import Budget, Outcome, Place

CODES = {"ENOSPC": 5, "EIO": 7}
# Where a file system has no links and no exchange, rename does it; a folder that is there need not be made;
# a lock that finds no room for the file it tries `flock` on takes it that there is flock.
REPLACEABLE = ("link(", "linkat(", "renameat2(", "mkdir(", "O_TMPFILE")


def at_every_call(budget: Budget) -> Outcome:
    """Each call that changes something fails once with ENOSPC and once with EIO, in us and in ffmpeg."""
    photo = rig.photo(budget.scratch)
    points = kills.sample(budget, lambda kind, old: changing_points(budget.scratch, photo, kind, old))
    cases = [(point, error) for point in points for error in CODES]
    reached = 0

    def case(drawn: tuple[Point, str]) -> str | None:
        nonlocal reached
        point, error = drawn
        place = Place(budget.scratch, point.kind, old=point.old)
        injection = f"{point.name}:error={error}:when={point.number}"
        arguments = kills.arguments(place, photo)
        run, log = trace.traced(place, arguments, threads=not point.ours, injection=injection)
        if "INJECTED" not in log:  # ffmpeg's threads may share their calls out in another way
            return None
        reached += 1
        wrong = _judged(run, place, error, log)
        return wrong and f"{error} at {point}: {wrong}"

    outcome = Outcome().take(rig.together(case, cases))
    outcome.seen = f"{reached} calls failed; exit code 5 for a full disk, 7 for a failing one"
    return outcome


def changing_points(scratch: Path, photo: Path, kind: str, old: bool) -> list[Point]:
    place = Place(scratch, kind, old=old)
    return list(trace.points(place, kills.arguments(place, photo), changing=True))


def _judged(run: rig.Run, place: Place, error: str, log: str) -> str | None:
    code, said = run.process.exitcode, run.said()
    failed = next(line for line in log.splitlines() if "INJECTED" in line)
    if code == 0 and any(call in failed for call in REPLACEABLE):
        return (
            None if place.state() == "whole" and not place.leftovers() else f"{place.state()} after {failed}"
        )
    if code != CODES[error]:
        return f"exit code {code} after {failed}: {said}"
    if "Traceback" in said or "error: " not in said:
        return f"it said {said!r}"
    if left := place.leftovers():
        return f"left {left} after {failed}"
    # The sheet, and the sync of the folder, come when the clip already has its name: then it is whole.
    return place.intact()
