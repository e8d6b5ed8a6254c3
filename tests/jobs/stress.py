"""Batches that are killed, and batches that run at the same time: every row made, and made once.

By hand, on Linux or macOS:

    python tests/jobs/stress.py kills 200      # kill -9 at 200 random moments, batch after batch of 20 rows
    python tests/jobs/stress.py together 25    # 25 rounds of four processes on one folder, some killed

Processes are forked from this one, which has made every clip once and keeps the networks: a start takes
milliseconds, and the kills strike what a batch does, not what it loads.
"""

import argparse
import atexit
import contextlib
import csv
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from i2v_cli.cli import app
from i2v_cli.jobs.ledger import NAME, parsed, standing
from i2v_cli.media.video import probe
from i2v_cli.runtime import hold

COMMAND = ("batch", "rows.csv", "-o", "clips", "--quiet")
FRAMES = 5
SETTINGS = {
    "prompt": "the water ripples",
    "size": "64x64",
    "frames": FRAMES,
    "steps": 1,
    "check": "off",
    "device": "cpu",
    "threads": 1,
}
NOISE = random.Random(0).randbytes(96 * 64 * 3)  # one photo in all rows: it is encoded once, before any fork
PROCESSES = 4
PATIENCE = 600  # seconds for one batch


class Folder:
    """rows.csv, its images and clips/. What was seen there whole must stay as it is."""

    def __init__(self, path: Path, rows: int) -> None:
        self.path = path
        self.rows = rows
        self.seen: dict[str, object] = {}
        (path / "clips").mkdir(parents=True)
        with (path / "rows.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, ["image", "seed", *SETTINGS])
            table.writeheader()
            for number in range(rows):
                Image.frombytes("RGB", (96, 64), NOISE).save(path / f"{number}.png")
                table.writerow({"image": f"{number}.png", "seed": number, **SETTINGS})

    def start(self, *flags: str) -> int:
        """The process number of a batch on this folder."""
        pid = os.fork()
        if pid:
            return pid
        os.chdir(self.path)
        log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os._exit(app.run([*COMMAND, *flags]))

    def look(self) -> None:
        """Every clip that stands there is whole, and the one that was there before."""
        for path in sorted(self.path.glob("clips/[!.]*.mp4")):
            now = standing(path)
            if path.name not in self.seen:
                assert probe(path).frames == FRAMES, f"{path} is not whole"
                self.seen[path.name] = now
            assert self.seen[path.name] == now, f"{path} was made again"

    def finish(self, kills: int) -> None:
        """All rows are there, each done once; nothing else is left."""
        self.look()
        assert len(self.seen) == self.rows, f"{len(self.seen)} of {self.rows} rows"
        entries = [parsed(line) for line in (self.path / "clips" / NAME).read_bytes().splitlines() if line]
        done = Counter(entry.key for entry in entries if entry is not None and entry.state == "done")
        begun = Counter(entry.key for entry in entries if entry is not None and entry.state == "begun")
        assert len(done) == self.rows and set(done.values()) == {1}, "a row is written down twice"
        assert sum(begun.values()) - len(begun) <= kills, "a row was begun twice without a kill"
        left = sorted(path.name for path in (self.path / "clips").iterdir())
        assert left == sorted([*self.seen, NAME]), f"left: {left}"


def warm(folder: Folder) -> None:
    """One batch in this process. Those that are forked from it go on with its networks."""
    kept = contextlib.ExitStack()
    kept.enter_context(hold.keeping(spare=0))
    atexit.register(kept.close)
    hold.keeping = lambda spare: contextlib.nullcontext()
    os.chdir(folder.path)
    assert app.run([*COMMAND]) == 0
    folder.finish(0)


def ended(pid: int, seconds: float, look: Callable[[], None] = lambda: None) -> int | None:
    """The exit code of a process that ends within `seconds`, else None."""
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        look()
        time.sleep(0.005)


def kills(points: int, rows: int, folder: Path, rng: random.Random) -> str:
    """kill -9 at so many random moments; after each the same command again, until the batch is through."""
    whole = Folder(folder / "whole", rows)
    began = time.monotonic()
    assert ended(whole.start(), PATIENCE) == 0, (whole.path / "log.txt").read_text()
    spread = (time.monotonic() - began) / 6
    whole.finish(0)
    killed = batches = 0
    while killed < points:
        batches += 1
        batch, here = Folder(folder / str(batches), rows), 0
        while True:
            pid = batch.start()
            code = ended(pid, rng.uniform(0, spread) if killed < points else PATIENCE)
            if code is not None:
                assert code == 0, (batch.path / "log.txt").read_text()
                break
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            here, killed = here + 1, killed + 1
            batch.look()
        batch.finish(here)
        shutil.rmtree(batch.path)
    return f"{killed} kills, {batches} batches of {rows} rows: every clip whole, every row made once"


def together(rounds: int, rows: int, folder: Path, rng: random.Random) -> str:
    """Four processes on one folder; in every second round some are killed and started anew."""
    killed = 0
    for number in range(rounds):
        batch, here = Folder(folder / str(number), rows), 0
        running = [batch.start("--wait", "300") for _ in range(PROCESSES)]
        while running:
            pid = rng.choice(running)
            code = ended(pid, rng.uniform(0.05, 0.5), batch.look)
            if code is not None:
                assert code == 0, (batch.path / "log.txt").read_text()
                running.remove(pid)
            elif number % 2 and here < 2 * PROCESSES:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                running.remove(pid)
                running.append(batch.start("--wait", "300"))
                here += 1
        batch.finish(here)
        killed += here
        shutil.rmtree(batch.path)
    return f"{rounds} rounds of {PROCESSES} processes, {killed} kills: every row made once"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("kills", "together"))
    parser.add_argument("count", type=int)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="i2v-stress-") as folder:
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
            os.environ[name] = folder
        warm(Folder(Path(folder) / "warm", given.rows))
        do = kills if given.what == "kills" else together
        sys.stdout.write(do(given.count, given.rows, Path(folder), random.Random(given.seed)) + "\n")


if __name__ == "__main__":
    main()
