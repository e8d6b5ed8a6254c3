"""docs/RELIABILITY.md: what is promised, what proves it, and what the last run of the proofs found."""

import dataclasses
import os
import platform
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from i2v_cli import __version__

PAGE = Path(__file__).parent.parent.parent / "docs" / "RELIABILITY.md"
PROMISES = {
    "output": "An output path is at every moment absent, the old file, or a complete video; after a kill, a "
    "full disk or a failing one too. What a killed run leaves, the next run in that folder removes.",
    "stop": "Ctrl-C ends a run within two seconds with exit code 130, SIGTERM with 143: one line, no child "
    "process and no file is left.",
    "batch": "A batch can be killed at any moment; the same command then makes what is missing, each once.",
    "input": "No picture, preset, weights file or argument ends in a traceback, a hang or an exit code that "
    "is not documented.",
    "anywhere": "It works without network, privileges, a writable home, a locale or open streams.",
    "local": "Nothing but an explicit download talks to a network.",
    "long": "A process that makes many clips keeps its memory, descriptors and threads.",
    "fit": "What does not fit memory or disk is refused before the work, with the numbers.",
    "result": "A NaN, black or frozen clip is an error or a warning with its reason, never a silent success.",
    "same": "The same version, machine, settings and seed give identical frames.",
}
# Promises that the plain test suite proves by itself.
TESTS = {
    "fit": ("tests/runtime/test_memory.py", "tests/runtime/test_cgroup.py"),
    "result": ("tests/media/test_check.py", "tests/test_end_to_end.py"),
    "same": ("tests/test_end_to_end.py",),
}
INTRO = """
What i2v promises, what proves it, and what the last run of the proofs found. This page is written by
`python tests/reliability --write`, which runs them all; `python tests/reliability NAME` runs one. These
are runs of the program on a real disk, with real signals and with system calls that really fail; only
`argv` stops short of the networks. A small sample of each proof is part of the test suite, and
`python tests/reliability suite` runs that with no network, not as root, in the C locale and with a home
that is read-only.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One proof and what it found. claim: what it does. seen: what came out, in words and numbers."""

    name: str
    promise: str
    claim: str
    cases: int
    seen: str
    failures: list[str]
    seconds: float


def said(row: Row) -> str:
    """For people who look on."""
    found = [f"{row.name}: {row.cases} cases in {row.seconds:.0f} s, {len(row.failures)} failed; {row.seen}"]
    return "\n".join([*found, *(f"  - {failure}" for failure in row.failures)])


def write(rows: list[Row], seed: int) -> None:
    minutes = sum(row.seconds for row in rows) / 60
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "pillow", "imageio-ffmpeg"))
    versions = f"i2v {__version__}, {libraries}"
    machine = f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores"
    stamp = f"Last run: {date.today().isoformat()}, {minutes:.0f} minutes, seed {seed}, on {machine}; Python "
    parts = ["# Reliability", INTRO.strip(), f"{stamp}{platform.python_version()}, {versions}."]
    for promise, words in PROMISES.items():
        parts += [f"## {words}", _table([row for row in rows if row.promise == promise], promise)]
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def replace(rows: list[Row]) -> None:
    """The lines of these proofs alone; each says when it was run."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for row in rows:
        line = _line(dataclasses.replace(row, seen=f"{row.seen}; run again {date.today().isoformat()}"))
        known = [number for number, old in enumerate(lines) if old.startswith(f"| `{row.name}` |")]
        if known:
            lines[known[0]] = line
        else:  # one that is run apart: the first of its table
            lines.insert(lines.index(f"## {PROMISES[row.promise]}") + 4, line)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(rows: list[Row], promise: str) -> str:
    if not rows:
        tests = " and ".join(f"`{test}`" for test in TESTS.get(promise, ()))
        return f"Proven by {tests}, in the test suite." if tests else "No proof has been run yet."
    lines = ["| proof | what it does | cases | failed | found |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: Row) -> str:
    seen = row.seen.replace("|", "\\|")
    return f"| `{row.name}` | {row.claim} | {row.cases:,} | {len(row.failures)} | {seen} |"
