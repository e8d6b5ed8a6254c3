"""Proofs of what the project promises: `python tests/reliability [NAME ...] [--quick] [--write] [--seed N]`.

In full they take some minutes on two idle cores; --write puts what they found into docs/RELIABILITY.md.
Linux only: they need /proc, strace and user namespaces.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import batches
import faults
import fuzz
import interrupts
import kills
import page
import soak
import surroundings
from page import Row
from rig import Budget, Outcome

ALL = 10**9  # as many cases as there are


@dataclass(frozen=True, slots=True)
class Proof:
    """promise: one of `page.PROMISES`. full, quick: cases, for the page and for the test suite's sample.

    apart: it takes so long that it is run by its name only.
    """

    name: str
    promise: str
    run: Callable[[Budget], Outcome]
    full: int
    quick: int
    needs: str = ""
    apart: bool = False


PROOFS = (
    Proof("kill-random", "output", kills.at_random, 200, 4),
    Proof("kill-calls", "output", kills.at_every_call, ALL, 4, "strace"),
    Proof("disk", "output", faults.at_every_call, ALL, 4, "strace"),
    Proof("ctrl-c", "stop", interrupts.ctrl_c, 100, 5),
    Proof("terminate", "stop", interrupts.terminate, 25, 5),
    Proof("batch-kills", "batch", batches.killed, 200, 0),
    Proof("batch-together", "batch", batches.together, 10, 0),
    Proof("pictures", "input", fuzz.pictures, 200_000, 3_000),
    Proof("presets", "input", fuzz.presets, 50_000, 500),
    Proof("weights", "input", fuzz.headers, 20_000, 300),
    Proof("argv", "input", fuzz.command_lines, 10_000, 200),
    Proof("surroundings", "anywhere", surroundings.commands, ALL, 1, "unshare"),
    Proof("suite", "anywhere", surroundings.suite, ALL, 0, "unshare", apart=True),
    Proof("sockets", "local", surroundings.sockets, ALL, 1, "strace"),
    Proof("soak", "long", soak.clips, 300, 12),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python tests/reliability", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(proof.name for proof in PROOFS))
    parser.add_argument("--quick", action="store_true", help="a small sample of each")
    parser.add_argument(
        "--write", action="store_true", help="in full, and what they found into docs/RELIABILITY.md"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--json", action="store_true", help="one object a proof on stdout")
    asked = parser.parse_args(arguments)
    known = {proof.name: proof for proof in PROOFS}
    if unknown := set(asked.names) - set(known):
        parser.error(f"there is no proof {', '.join(sorted(unknown))}")
    if asked.write and asked.quick:
        parser.error("--write takes proofs in full")
    rows = []
    with tempfile.TemporaryDirectory(prefix="i2v-reliability-") as scratch:
        _clean_environment(scratch)
        for proof in [known[name] for name in asked.names] or [one for one in PROOFS if not one.apart]:
            if (row := _proved(proof, asked.seed, Path(scratch), quick=asked.quick)) is not None:
                rows.append(row)
                print(json.dumps(asdict(row)) if asked.json else page.said(row), flush=True)
    if asked.write and asked.names:
        page.replace(rows)
    elif asked.write:
        page.write(rows, asked.seed)
    return int(any(row.failures for row in rows))


def _proved(proof: Proof, seed: int, scratch: Path, *, quick: bool) -> Row | None:
    cases = proof.quick if quick else proof.full
    if not cases or (quick and proof.needs and shutil.which(proof.needs) is None):
        return None
    began, folder = time.monotonic(), scratch / proof.name
    folder.mkdir()
    outcome = proof.run(Budget(cases=cases, seed=seed, scratch=folder))
    shutil.rmtree(folder, ignore_errors=True)
    return Row(
        name=proof.name,
        promise=proof.promise,
        claim=" ".join((proof.run.__doc__ or "").split()),
        cases=outcome.count,
        seen=outcome.seen,
        failures=outcome.failures,
        seconds=round(time.monotonic() - began, 1),
    )


def _clean_environment(home: str) -> None:
    """Nothing of this user's settings, and one thread a run: there are as many runs at a time as cores."""
    os.environ.update(dict.fromkeys(surroundings.HOMES, home))
    for name in [name for name in os.environ if name.startswith("I2V_")]:
        del os.environ[name]
    os.environ["OMP_NUM_THREADS"] = "1"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
