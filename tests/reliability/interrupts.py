"""Ctrl-C on a terminal, and SIGTERM, at random moments."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import kills
import rig
from rig import Budget, Outcome, Place

CTRL_C = b"\x03"
PROMPT_SECONDS = 2.0
COLD = 5  # every so many cases a Python of its own starts, and may be caught at its imports
BOOT = 0.15  # seconds in which the interpreter itself starts, with handlers of its own
COLD_SECONDS = 4.0


def ctrl_c(budget: Budget) -> Outcome:
    """Ctrl-C typed at a terminal after a random delay, of every format; a fifth while torch is imported."""
    return _at_random(budget, signal.SIGINT, 130, "error: interrupted")


def terminate(budget: Budget) -> Outcome:
    """The same with SIGTERM."""
    return _at_random(budget, signal.SIGTERM, 143, "error: terminated")


def _at_random(budget: Budget, number: int, code: int, words: str) -> Outcome:
    dice, photo = budget.dice(), rig.photo(budget.scratch)
    seconds = kills.longest(budget.scratch, photo)
    cases = []
    for index in range(budget.cases):
        cold = index % COLD == 0
        delay = dice.uniform(BOOT, COLD_SECONDS) if cold else dice.uniform(0, seconds)
        cases.append((cold, dice.choice(list(rig.SUFFIXES)), dice.random() < 0.5, delay))
    slowest, stopped = 0.0, 0

    def case(drawn: tuple[bool, str, bool, float]) -> str | None:
        nonlocal slowest, stopped
        cold, kind, old, delay = drawn
        place = Place(budget.scratch, kind, old=old)
        with Terminal() as terminal:
            run = (Cold if cold else Forked)(place, place.arguments(photo), terminal)
            time.sleep(delay)
            if number == signal.SIGINT:
                terminal.type(CTRL_C)
            else:
                run.signal(number)
            began = time.monotonic()
            found = run.wait()
            taken = time.monotonic() - began
        wrong = _judged(run, place, found, code, taken, words, terminal.text)
        if found == code:
            slowest, stopped = max(slowest, taken), stopped + 1
        return wrong and f"{'cold, ' if cold else ''}{kind}, after {delay:.3f} s: {wrong}"

    outcome = Outcome().take(rig.together(case, cases))
    finished = outcome.count - stopped
    outcome.seen = f"{stopped} stopped, at most {slowest:.1f} s later; {finished} finished first"
    return outcome


def _judged(
    run: "Forked | Cold", place: Place, found: int | None, code: int, taken: float, words: str, text: str
) -> str | None:
    if found not in (0, code):
        return f"exit code {found}: {text[-2000:]}"
    if found == code and taken > PROMPT_SECONDS:
        return f"{taken:.1f} s till it ended"
    if "Traceback" in text or (found == code and text.count(words) != 1):
        return f"it said {text[-2000:]!r}"
    if orphans := run.orphans():
        return f"still running: {orphans[0]}"
    if place.leftovers():
        return f"left {place.leftovers()}"
    wanted = "whole" if found == 0 else "old" if place.old else "absent"
    # A signal that arrives when the clip has just got its name finds it whole.
    return None if place.state() in (wanted, "whole") else f"{place.target.name} is {place.state()}"


class Terminal:
    """A pty of its own; `text`: all that was written to it."""

    def __enter__(self) -> "Terminal":
        self._master, self.slave = pty.openpty()
        self.name = os.ttyname(self.slave)
        self._parts: list[bytes] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.slave)
        self._reader.join()
        os.close(self._master)

    @property
    def text(self) -> str:
        return b"".join(self._parts).decode(errors="replace")

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._master, 65536)
            except OSError:  # how Linux says that nobody holds the other end any more
                return
            if not part:
                return
            self._parts.append(part)


class Forked:
    """A run of the rig at a terminal; it starts to count when the program itself begins."""

    def __init__(self, place: Place, arguments: list[str], terminal: Terminal) -> None:
        self._run = rig.start(place.folder, arguments, held=True, terminal=terminal.name)
        while not _stopped(self._run.pid):
            time.sleep(0.001)
        self._run.signal(signal.SIGCONT)
        # Till the first statement of the program, its handlers, Ctrl-C is the interpreter's.
        time.sleep(0.005)

    def signal(self, number: int) -> None:
        self._run.signal(number)

    def wait(self) -> int | None:
        return self._run.wait()

    def orphans(self) -> list[str]:
        return self._run.orphans()


class Cold:
    """A Python of its own, which has torch to import first."""

    def __init__(self, place: Place, arguments: list[str], terminal: Terminal) -> None:
        self._mark = place.folder.name
        self._process = subprocess.Popen(
            [sys.executable, "-c", COLD_START, terminal.name, *arguments],
            cwd=place.folder,
            env=os.environ | {rig.MARK: self._mark},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int | None:
        try:
            return self._process.wait(rig.PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return None

    def orphans(self) -> list[str]:
        return rig.orphans(self._mark)


# Opening a terminal makes it the session leader's own; then the program itself.
COLD_START = """
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
for descriptor in (0, 1, 2):
    os.dup2(terminal, descriptor)
os.execv(sys.executable, [sys.executable, "-m", "i2v_cli", *sys.argv[2:]])
"""


def _stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
