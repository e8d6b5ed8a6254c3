"""Runs of `i2v`, one after another, without the seconds that torch takes to import.

A clean process imports everything once (`warm.py`) and forks for each run (the fork server of
`multiprocessing`); a run is then `app.run(argv)` in a process of its own, with real files, real signals and
real exit codes.
"""

import contextlib
import fcntl
import itertools
import multiprocessing
import multiprocessing.connection
import os
import random
import secrets
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PIL import Image

from i2v_cli.errors import I2VError
from i2v_cli.media import metadata, publish, video

FRAMES = 3
SETTINGS = {"size": "64x64", "frames": str(FRAMES), "steps": "1", "threads": "1"}
TINY = tuple(word for key, value in SETTINGS.items() for word in (f"--{key}", value))
PROMPT = "zoom in"  # it moves, and never looks past the photo
SUFFIXES = {"mp4": ".mp4", "webm": ".webm", "gif": ".gif", "webp": ".webp", "frames": ""}
PATIENCE = 60  # seconds; a tiny run takes half of one, on a machine that is busy a few
MARK = "RELIABILITY_RUN"  # in the environment of a run and of the ffmpegs that it starts
SHEET = "sheet.png"
OLD = b"what stood there before"

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["warm"])
os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # the fork server knows no other way to `warm`
starting = threading.Lock()  # a start asks all processes for their exit codes, which are told but once
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What a proof may use: so many cases, the dice's seed, an empty folder of its own."""

    cases: int
    seed: int
    scratch: Path

    def dice(self) -> random.Random:
        return random.Random(self.seed)


@dataclass(slots=True)
class Outcome:
    """What a proof found: `count` cases, what was seen in words, and every case that broke the promise."""

    count: int = 0
    seen: str = ""
    failures: list[str] = field(default_factory=list)

    def take(self, found: Iterable[str | None]) -> "Outcome":
        """Counts cases; what is not None is a failure."""
        for failure in found:
            self.count += 1
            if failure is not None:
                self.failures.append(failure)
        return self


def together(work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """`work` on each item, as many at a time as there are cores; the answers in the items' order."""
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        yield from pool.map(work, items)


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A started run. `folder`: where its output goes; it holds nothing else. `log`: its stderr."""

    process: multiprocessing.process.BaseProcess
    folder: Path
    log: Path
    mark: str

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def wait(self, seconds: float = PATIENCE) -> int | None:
        """The exit code, negative for a signal; None when it hangs (and is then ended)."""
        multiprocessing.connection.wait([self.process.sentinel], seconds)
        with starting:
            code = self.process.exitcode
            if code is None:
                self.process.kill()
                self.process.join()
        return code

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def orphans(self, seconds: float = 5) -> list[str]:
        """Command lines of processes of this run that still live after so many seconds."""
        return orphans(self.mark, seconds)


def start(
    folder: Path,
    arguments: Iterable[str],
    *,
    held: bool = False,
    counted: bool = False,
    terminal: str | None = None,
) -> Run:
    """Starts `i2v ARGUMENTS` in `folder`.

    held: it stops itself before it does anything, till it gets SIGCONT. counted: the random part of its
    hidden names counts from 0, so that they can be told in advance. terminal: the pty that it shall control.
    """
    mark = secrets.token_hex(8)
    log = folder.with_name(f"{folder.name}.{mark}.log")
    target = (list(arguments), str(folder), str(log), mark, held, counted, terminal)
    process = context.Process(target=child, args=target)
    with starting:
        process.start()
    return Run(process=process, folder=folder, log=log, mark=mark)


def child(
    arguments: list[str],
    folder: str,
    log: str,
    mark: str,
    held: bool,
    counted: bool,
    terminal: str | None,
) -> None:
    """In the forked process: what a shell does before it executes the program, and then the program."""
    os.chdir(folder)
    os.environ[MARK] = mark
    if counted:
        numbers = itertools.count()
        secrets.token_hex = lambda size: f"{next(numbers):0{2 * size}x}"
    if terminal is None:
        _redirect(log, (1, 2))
    else:
        os.setsid()
        fcntl.ioctl(_redirect(terminal, (0, 1, 2)), termios.TIOCSCTTY, 0)
    sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115
    if held:
        os.kill(os.getpid(), signal.SIGSTOP)
    from i2v_cli.cli import app

    sys.exit(app.run(arguments))


def _redirect(path: str, descriptors: tuple[int, ...]) -> int:
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in descriptors:
        os.dup2(opened, descriptor)
    os.close(opened)
    return descriptors[0]


def request(photo: Path, target: Path, *more: str) -> list[str]:
    """The arguments of a tiny clip. Its seed is its own: it goes on from no other one that was stopped."""
    seed = str(secrets.randbelow(2**32))
    return ["generate", str(photo), PROMPT, *TINY, "--seed", seed, "-o", str(target), *more]


def made(photo: Path, target: Path, *, kind: str = "mp4", prompt: str = PROMPT, seed: int = 0) -> None:
    """A tiny clip, in this process."""
    from i2v_cli.generate import generate
    from i2v_cli.plan import plan
    from i2v_cli.resolve import resolve

    flags = {
        "image": photo,
        "prompt": prompt,
        "preset": "pocket",
        "output": str(target),
        "format": kind,
        "seed": seed,
        **SETTINGS,
    }
    made = generate(plan(resolve(flags, {}).request), lambda _: None)
    assert made.path is not None and made.path.exists()


def photo(folder: Path) -> Path:
    """96x72 of noise, always the same: nothing in it compresses to a plain or frozen clip."""
    noise = Image.frombytes("L", (96, 72), random.Random(0).randbytes(96 * 72))
    path = folder / "photo.png"
    Image.merge("RGB", [noise, noise.rotate(180), noise.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]).save(
        path
    )
    return path


class Place:
    """A fresh folder with a target of one format; `old`: an earlier result stands there."""

    def __init__(self, scratch: Path, kind: str, *, old: bool) -> None:
        self.folder = scratch / secrets.token_hex(8)
        self.folder.mkdir()
        self.kind = kind
        self.target = self.folder / f"clip{SUFFIXES[kind]}"
        self.old = old
        if old and kind == "frames":
            self.target.mkdir()
            (self.target / "0001.png").write_bytes(OLD)
        elif old:
            self.target.write_bytes(OLD)

    def arguments(self, photo: Path, *more: str) -> list[str]:
        format = ("--format", "frames") if self.kind == "frames" else ()
        return request(photo, self.target, *format, *(("--overwrite",) if self.old else ()), *more)

    def state(self) -> str:
        """What stands at the target: "absent", "old", "whole", or what is wrong with it."""
        if not self.target.exists():
            return "absent"
        first = self.target / "0001.png" if self.kind == "frames" else self.target
        if first.exists() and first.read_bytes() == OLD:
            return "old"
        try:
            info, said = video.probe(self.target), metadata.read(self.target)
        except I2VError as error:
            return f"corrupt: {error.message}"
        complete = info.frames == FRAMES and said["ai_generated"] and said["recipe"]
        return "whole" if complete else f"incomplete: {info}, {said}"

    def intact(self) -> str | None:
        """A complaint when the target is neither as before nor whole."""
        state = self.state()
        fine = {"whole", "old" if self.old else "absent"}
        return None if state in fine else f"{self.target.name} is {state}"

    def leftovers(self) -> list[str]:
        """Whatever is in the folder besides the clip and its sheet."""
        return [entry.name for entry in self.folder.iterdir() if entry.name not in (self.target.name, SHEET)]


def hidden_names(run: Run, place: Place, count: int = 4) -> list[str]:
    """What a `counted` run calls its first temporary files, with every suffix that it may use."""
    stem = f".i2v-{publish._host()}-{run.pid}-{publish._birth(run.pid)}"
    suffixes = {SUFFIXES[place.kind], ".png"}
    return [f"{stem}-{number:08x}.part{suffix}" for number in range(count) for suffix in sorted(suffixes)]


def orphans(mark: str, seconds: float = 5) -> list[str]:
    """Command lines of processes with this mark that still live after so many seconds."""
    end = time.monotonic() + seconds
    while (left := list(_marked(f"{MARK}={mark}".encode()))) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def _marked(mark: bytes) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it ended meanwhile, or is somebody else's
            if mark in (entry / "environ").read_bytes():
                yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
