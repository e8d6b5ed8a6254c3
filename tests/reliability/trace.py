"""`strace` on a run: which system calls touch the output's folder; and one of them fails or kills."""

import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import rig
from rig import Place, Run

CALL = re.compile(r"^(?P<thread>\d+ +)?(?P<name>\w+)\((?P<rest>.*)$", re.MULTILINE)
WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT)")
FRAMES = [f"{number:04}.png" for number in range(1, rig.FRAMES + 1)]


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th call of `name` by any one thread; `ours`: in our process, else in an ffmpeg of it."""

    ours: bool
    name: str
    number: int
    kind: str
    old: bool

    def __str__(self) -> str:
        where = "i2v" if self.ours else "ffmpeg"
        return f"{self.name} {self.number} of {where}, {self.kind}{', over an old one' if self.old else ''}"


def traced(place: Place, arguments: list[str], *, threads: bool, injection: str = "") -> tuple[Run, str]:
    """A run to its end under strace, and the trace of its calls on target, folder and hidden files.

    threads: ffmpeg is followed too, and the folder itself is left out. injection: what -e inject= takes.
    """
    run = rig.start(place.folder, arguments, held=True, counted=True)
    _until(lambda: _status(run, "State").startswith("T"))
    log = run.log.with_suffix(".strace")
    options = ["-f"] if threads else []
    options += ["-e", f"inject={injection}"] if injection else ["-y"]
    for path in _paths(run, place, folder=not threads):
        options += ["-P", path]
    command = ["strace", "-q", *options, "-o", str(log), "-p", str(run.pid)]
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _until(lambda: _status(run, "TracerPid") != "0")
    run.signal(signal.SIGCONT)
    run.wait()
    try:
        tracer.wait(10)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.wait()
    return run, log.read_text(errors="replace")


def points(place: Place, arguments: list[str], *, changing: bool) -> Iterator[Point]:
    """Every call of an undisturbed run on the folder; with `changing` only what changes something."""
    for threads in (False, True):
        run, trace = traced(place, arguments, threads=threads)
        if place.state() != "whole":
            raise RuntimeError(f"an undisturbed run failed: {run.said()}")
        calls: Counter[tuple[int, str]] = Counter()
        wanted: dict[tuple[bool, str, int], None] = {}
        for match in CALL.finditer(trace):
            thread, name = int(match["thread"] or run.pid), match["name"]
            calls[thread, name] += 1
            ours = thread == run.pid
            if ours != threads and (not changing or _changes(name, match["rest"])):
                wanted[ours, name, calls[thread, name]] = None
        for ours, name, number in wanted:
            yield Point(ours, name, number, place.kind, place.old)


def _changes(name: str, rest: str) -> bool:
    if name in ("open", "openat", "creat"):
        return WRITING.search(rest) is not None
    stems = ("write", "pwrite", "fsync", "fdatasync", "rename", "link", "mkdir", "truncate", "ftruncate")
    return name.startswith((*stems, "fallocate"))


def _paths(run: Run, place: Place, *, folder: bool) -> Iterator[str]:
    """strace compares names as they are written: ffmpeg is given short ones, we use whole ones."""
    names = rig.hidden_names(run, place)
    if folder:
        yield from (str(place.folder), str(place.target))
    for name in names:
        yield from (name, str(place.folder / name))
        if place.kind == "frames" and not Path(name).suffix.endswith("png"):
            yield from (str(place.folder / name / frame) for frame in FRAMES)


def _status(run: Run, key: str) -> str:
    lines = Path(f"/proc/{run.pid}/status").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith(key + ":"))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + rig.PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("the run did not start")
        time.sleep(0.002)
