"""Batches under kill -9: the harness of tests/jobs, run as a program, since it forks from itself."""

import subprocess
import sys
from pathlib import Path

import rig
from rig import Budget, Outcome

STRESS = Path(__file__).parent.parent / "jobs" / "stress.py"
SECONDS = 3600


def killed(budget: Budget) -> Outcome:
    """kill -9 at random moments of batches of 20 rows; the same command again till all rows are there."""
    return _stress("kills", budget)


def together(budget: Budget) -> Outcome:
    """Rounds of four processes on one folder of 20 rows, some of them killed."""
    return _stress("together", budget)


def _stress(what: str, budget: Budget) -> Outcome:
    """Two halves at a time, with seeds of their own: one of them uses one core most of the time."""
    halves = [(budget.cases - budget.cases // 2, budget.seed), (budget.cases // 2, budget.seed + 1)]

    def half(asked: tuple[int, int]) -> tuple[str, str | None]:
        command = [sys.executable, str(STRESS), what, str(asked[0]), "--seed", str(asked[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        said = (done.stdout.strip() or done.stderr.strip() or "it said nothing").splitlines()[-1]
        return said, None if done.returncode == 0 else f"{said}: {done.stderr[-1500:]}"

    answers = list(rig.together(half, halves))
    failures = [failure for _, failure in answers if failure is not None]
    return Outcome(budget.cases, "; ".join(said for said, _ in answers), failures)
