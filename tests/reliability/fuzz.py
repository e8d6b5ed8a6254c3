"""Hostile bytes and words, in this process: whatever comes, the answer is one of the documented errors.

Pictures, presets, weights and argv are drawn by seeded dice, so that a failure can be drawn again.
"""

import contextlib
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import hostile
import rig
from rig import Budget, Outcome

from i2v_cli.errors import I2VError, InputError, ModelError, UsageError

SHARES = 16  # pieces of the work; more than cores, so that all of them end together
SHOWN = 3  # failures that a share tells of
LIMIT = 10.0  # seconds for one case, on a machine that is busy


class HangError(BaseException):
    """One case takes too long. Nothing that catches errors may catch this one."""


@dataclass(slots=True)
class Tally:
    """What a share saw: cases by answer, failures, the slowest case in seconds, the most memory in bytes."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0
    peak: int = 0

    def add(self, other: "Tally") -> None:
        self.answers += other.answers
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.peak = max(self.peak, other.peak)


Share = Callable[[random.Random, int, Path, Tally], None]  # dice, cases, an empty folder, what to add to


def pictures(budget: Budget) -> Outcome:
    """Damaged files of twelve kinds of picture, through `media.image.load`."""
    return _shared(_pictures, budget)


def presets(budget: Budget) -> Outcome:
    """Damaged and hostile preset files, resolved to a request."""
    return _shared(_presets, budget)


def headers(budget: Budget) -> Outcome:
    """Damaged and hostile safetensors files, through `weights.load.build`."""
    return _shared(_headers, budget)


def command_lines(budget: Budget) -> Outcome:
    """Random argv through `cli.app.run`, up to the first network."""
    return _shared(_command_lines, budget)


def _shared(share: Share, budget: Budget) -> Outcome:
    """The cases, spread over processes."""
    tally = Tally()
    size = -(-budget.cases // SHARES)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=rig.context) as pool:
        futures = []
        for number in range(SHARES):
            folder = budget.scratch / str(number)
            folder.mkdir()
            futures.append(pool.submit(_alone, share, f"{budget.seed}-{number}", size, folder))
        for future in futures:
            tally.add(future.result())
    answers = ", ".join(f"{count} {answer}" for answer, count in tally.answers.most_common())
    seen = f"{answers}; the slowest took {tally.slowest:.2f} s, at most {tally.peak >> 20} MiB"
    return Outcome(sum(tally.answers.values()) + len(tally.failures), seen, tally.failures)


def _alone(share: Share, seed: str, cases: int, folder: Path) -> Tally:
    """One share, in a process of its own; what C libraries write to fd 2 is a failure."""
    tally = Tally()
    leaked = folder.with_name(f"{folder.name}.stderr")
    saved, log = os.dup(2), os.open(leaked, os.O_RDWR | os.O_CREAT)
    signal.signal(signal.SIGALRM, _hang)
    os.dup2(log, 2)
    try:
        share(random.Random(seed), cases, folder, tally)
    finally:
        os.dup2(saved, 2)
    if text := leaked.read_text(errors="replace"):
        tally.failures.append(f"on stderr: {text[:500]!r}")
    tally.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    tally.failures = [f"seed {seed}: {failure}" for failure in tally.failures[:SHOWN]]
    return tally


def _hang(_number: int, _frame: object) -> None:
    raise HangError


@contextlib.contextmanager
def _case(tally: Tally, allowed: type[I2VError], told: Callable[[], str]) -> Iterator[None]:
    """One case: it is taken, or refused with the error that is allowed, in time. `told` describes it."""
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        yield
        tally.answers["taken"] += 1
    except allowed:
        tally.answers["refused"] += 1
    except HangError:
        tally.failures.append(f"no answer in {LIMIT:g} s: {told()}")
    except Exception as error:
        tally.failures.append(f"{type(error).__name__}: {error}: {told()}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    tally.slowest = max(tally.slowest, time.monotonic() - began)


def _pictures(dice: random.Random, cases: int, folder: Path, tally: Tally) -> None:
    from i2v_cli.media import image

    path, originals = folder / "picture", hostile.picture_files()
    for number in range(cases):
        data = hostile.damaged(originals[number % len(originals)], dice)
        path.write_bytes(data)
        with _case(tally, InputError, data.hex):
            image.load(path)


def _presets(dice: random.Random, cases: int, folder: Path, tally: Tally) -> None:
    from i2v_cli import presets as known
    from i2v_cli.request import Request
    from i2v_cli.resolve import resolve

    path = folder / "hostile.yaml"
    keys = [*Request.model_fields, "description", "stepz", "", "<<", "__class__", "9"]
    originals = [preset.read_text() for preset in known.known().values()]
    for _ in range(cases):
        data = hostile.preset(dice, dice.choice(originals), keys)
        path.write_bytes(data)
        with _case(tally, UsageError, lambda data=data: repr(data[:2000])):
            resolve({"image": "photo.png", "prompt": "pan", "preset": str(path)}, {})


def _headers(dice: random.Random, cases: int, folder: Path, tally: Tally) -> None:
    import torch
    from safetensors.torch import save
    from torch import nn

    from i2v_cli.weights import load
    from i2v_cli.weights.component import Files

    def build() -> nn.Module:
        return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))

    whole = save(build().state_dict(), metadata={"format": "pt"})
    path = folder / "weights.safetensors"
    for _ in range(cases):
        data = hostile.header(dice, whole) if dice.random() < 0.7 else hostile.damaged(whole, dice)
        path.write_bytes(data)
        with _case(tally, ModelError, lambda data=data: repr(data[:2000])):
            load.build(build, Files.single(path), dtype=torch.float32)


def _command_lines(dice: random.Random, cases: int, folder: Path, tally: Tally) -> None:
    """Typer, resolving, planning and showing are the real ones; no clip is made and nothing is trained."""
    from words import Words

    from i2v_cli.cli import app
    from i2v_cli.cli.app import READER_LEFT
    from i2v_cli.errors import ExitCode

    os.chdir(folder)
    words, spoken = Words(dice, folder), Spoken(folder.with_name(f"{folder.name}.spoken"))
    documented = {int(code) for code in ExitCode} | {READER_LEFT}
    documented -= {ExitCode.BUG, ExitCode.INTERRUPTED, ExitCode.TERMINATED}
    before = sorted(folder.iterdir())
    for _ in range(cases):
        argv = words.line()
        began = time.monotonic()
        with spoken:
            signal.setitimer(signal.ITIMER_REAL, LIMIT)
            try:
                code: object = app.run(argv)
            except SystemExit as left:  # of the shell completion's callbacks
                code = left.code or 0
            except HangError:
                code = f"no answer in {LIMIT:g} s"
            except BaseException as error:
                code = repr(error)
            signal.setitimer(signal.ITIMER_REAL, 0)
        tally.slowest = max(tally.slowest, time.monotonic() - began)
        wrong = code not in documented or "Traceback" in spoken.text or sorted(folder.iterdir()) != before
        if wrong or (code != 0 and not spoken.text.count("error: ")):
            tally.failures.append(f"exit code {code}: {argv!r}: {spoken.text[:1000]}")
        else:
            tally.answers[f"exit {code}"] += 1


class Spoken:
    """`with spoken:` takes what is written to the standard streams, down to their descriptors."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b", buffering=0)
        self._path = path
        self.text = ""

    def __enter__(self) -> None:
        self._file.truncate(0)
        self._file.seek(0)
        self._saved = os.dup(1), os.dup(2), sys.stdout, sys.stderr
        for number in (1, 2):
            os.dup2(self._file.fileno(), number)
        sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))  # noqa: SIM115

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for number in (1, 2):
            os.dup2(self._saved[number - 1], number)
            os.close(self._saved[number - 1])
        sys.stdout, sys.stderr = self._saved[2:]
        self.text = self._path.read_text(errors="replace")
