"""Where a cron job may find itself: no network, no privileges, no home, no locale, closed streams.

These are whole programs, each in a Python of its own.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import rig
from rig import Budget, Outcome, Place

ROOT = Path(__file__).parent.parent.parent
NO_NETWORK = ("unshare", "-rn")
# A user who is not root, to the program and to the kernel; no other one need be able to read this Python.
NO_ROOT = ("unshare", "-U", "--map-user=1000", "--map-group=1000")
NEITHER = ("unshare", "-U", "-n", "--map-user=1000", "--map-group=1000")
HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")
SECONDS = 300
SUITE_SECONDS = 1800
INTERNET = re.compile(r"AF_INET6?\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """before: what the shell does first, as in "ulimit -n 64;". home: the permissions of the home folder."""

    name: str
    prefix: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    before: str = ""
    streams: str = ""
    home: int | None = 0o755

    def run(
        self, folder: Path, command: list[str], seconds: float = SECONDS
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.prefix, "/bin/sh", "-c", f'{self.before} exec "$@" {self.streams}', "sh", *command],
            cwd=folder,
            env=self._environment(folder),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )

    def _environment(self, folder: Path) -> dict[str, str]:
        """One home for all; without a mode there is none."""
        plain = {key: value for key, value in os.environ.items() if key not in (*HOMES, "PYTHONIOENCODING")}
        if self.home is None:
            return plain | self.environment
        home = folder.with_name(f"{folder.name}.home")
        if not home.exists():
            (home / ".config").mkdir(parents=True)
            home.chmod(self.home)
        return plain | {"HOME": str(home)} | self.environment


C_LOCALE = {"LC_ALL": "C", "LANG": "C"}
EVERYTHING = Surroundings(
    name="all of it at once", prefix=NEITHER, environment=C_LOCALE | {"TZ": "Asia/Kathmandu"}, home=0o555
)
KNOWN = (
    Surroundings(name="no network", prefix=NO_NETWORK),
    Surroundings(name="not root", prefix=NO_ROOT),
    Surroundings(name="a home that is read-only", prefix=NO_ROOT, home=0o555),
    Surroundings(name="somebody else's home", prefix=NO_ROOT, home=0o000),
    Surroundings(name="no home", home=None),
    Surroundings(name="LC_ALL=C", environment=C_LOCALE),
    Surroundings(name="standard output closed", streams=">&-"),
    Surroundings(name="standard error closed", streams="2>&-"),
    Surroundings(name="all streams closed", streams="<&- >&- 2>&-"),
    Surroundings(name="64 descriptors", before="ulimit -n 64;"),
    Surroundings(name="PATH is empty", environment={"PATH": "/nonexistent"}),
    EVERYTHING,
)


def commands(budget: Budget) -> Outcome:
    """A clip of a photo with a hostile name, and what is read of it, in each of the surroundings."""
    photo = rig.photo(budget.scratch)
    chosen = KNOWN if budget.cases >= len(KNOWN) else budget.dice().sample(KNOWN, budget.cases)

    def case(here: Surroundings) -> str | None:
        place = Place(budget.scratch, "mp4", old=False)
        named = place.folder / "-caf\u00e9 \x1b[31m\n%d.png"
        named.write_bytes(photo.read_bytes())
        wrong = _wrong(here, place, named)
        return wrong and f"{here.name}: {wrong}"

    outcome = Outcome().take(rig.together(case, chosen))
    outcome.seen = ", ".join(here.name for here in chosen)
    return outcome


def _wrong(here: Surroundings, place: Place, photo: Path) -> str | None:
    i2v = [sys.executable, "-m", "i2v_cli"]
    lines = (
        ["generate", str(photo), "caf\u00e9 \x1b[31m pan left", *rig.TINY, "-o", str(place.target)],
        ["inspect", str(place.target), "--json"],
        ["presets", "list"],
        ["generate", str(photo), "x", "--dry-run"],
        ["doctor", "--json"],
    )
    for line in lines:
        done = here.run(place.folder, [*i2v, *line])
        said = done.stdout + done.stderr
        if done.returncode != 0 and line[0] != "doctor":
            return f"{line[0]} ended with {done.returncode}: {said[-1500:]}"
        if "Traceback" in said or "Exception" in said or "\x1b" in done.stderr:
            return f"{line[0]} said {said[-1500:]!r}"
        if line[0] == "doctor" and done.stdout and not json.loads(done.stdout)["findings"]:
            return "doctor found nothing"
    left = [name for name in place.leftovers() if name != photo.name]
    return f"left {left}" if left else place.intact()


def sockets(budget: Budget) -> Outcome:
    """Whole runs under strace, every format: not one of their processes makes a socket of the internet."""
    photo = rig.photo(budget.scratch)

    def case(kind: str) -> str | None:
        place = Place(budget.scratch, kind, old=False)
        log = place.folder.with_name(f"{place.folder.name}.strace")
        program = [sys.executable, "-m", "i2v_cli", *place.arguments(photo)]
        strace = ["strace", "-f", "-qq", "-e", "trace=%network", "-o", str(log)]
        done = subprocess.run(
            [*strace, *program], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode != 0 or place.state() != "whole":
            return f"{kind}: exit code {done.returncode}: {done.stderr}"
        if found := [line for line in log.read_text().splitlines() if INTERNET.search(line)]:
            return f"{kind}: {found[0]}"
        return None

    outcome = Outcome().take(rig.together(case, list(rig.SUFFIXES)[: budget.cases]))
    outcome.seen = "no socket of the internet is made"
    return outcome


def suite(budget: Budget) -> Outcome:
    """The whole test suite with no network, not as root, with LC_ALL=C and a home that is read-only."""
    folder = budget.scratch / "suite"
    folder.mkdir()
    ours = f"--ignore={Path(__file__).parent}"
    command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--color=no", ours]
    command += [f"--rootdir={ROOT}", f"--basetemp={folder / 'pytest'}", str(ROOT / "tests")]
    done = EVERYTHING.run(folder, command, SUITE_SECONDS)
    counts = {
        word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|error|skipped)", done.stdout)
    }
    failures = re.findall(r"^(?:FAILED|ERROR) .*", done.stdout, re.MULTILINE)
    if done.returncode != 0 and not failures:
        failures = [f"exit code {done.returncode}: {done.stdout[-1500:]}{done.stderr[-500:]}"]
    seen = ", ".join(f"{count} {word}" for word, count in counts.items())
    return Outcome(sum(counts.values()), seen, failures)
