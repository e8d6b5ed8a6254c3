"""Many clips in one process: memory, descriptors and threads stay what they were."""

import os
import random
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rig
from rig import Budget, Outcome

WARM = 20  # clips till every cache is full
BATCH = 10  # clips for which networks stay loaded
SLOPE = 50_000  # bytes a clip: a leak of a frame of this size would be 12,288, of a network millions
PROMPTS = ("pan left", "zoom in", "the sea moves", "tilt up and roll left", "", "smoke rises slowly")


@dataclass(frozen=True, slots=True)
class Sample:
    resident: int  # bytes
    descriptors: int
    threads: int  # of Python and of all libraries


def clips(budget: Budget) -> Outcome:
    """Clips one after another in one process, measured after each."""
    with ProcessPoolExecutor(1, mp_context=rig.context) as pool:
        samples = pool.submit(_made, budget.cases, budget.seed, budget.scratch).result()
    warm = samples[min(WARM, len(samples) // 2) :]
    resident = np.array([sample.resident for sample in warm])
    slope = float(np.polyfit(np.arange(len(warm)), resident, 1)[0])
    descriptors, threads = ({getattr(sample, name) for sample in warm} for name in ("descriptors", "threads"))
    failures = []
    if len(samples) > 2 * WARM and slope > SLOPE:
        failures.append(f"memory grows by {slope / 1e3:.0f} kB a clip")
    for what, seen in (("descriptors", descriptors), ("threads", threads)):
        if len(seen) > 1:
            failures.append(f"{what}: {sorted(seen)}")
    seen = f"memory {slope / 1e3:+.1f} kB a clip at {resident.mean() / 2**20:.0f} MiB, "
    seen += f"{max(descriptors)} descriptors, {max(threads)} threads throughout"
    return Outcome(len(samples), seen, failures)


def _made(count: int, seed: int, folder: Path) -> list[Sample]:
    """In a process of its own, as batches make them: ten, then all networks are loaded anew."""
    from i2v_cli.runtime import hold

    dice, photo = random.Random(seed), rig.photo(folder)
    samples = []
    for start in range(0, count, BATCH):
        with hold.keeping(spare=0):
            for number in range(start, min(start + BATCH, count)):
                kind = list(rig.SUFFIXES)[number % len(rig.SUFFIXES)]
                target, prompt = folder / f"{number}{rig.SUFFIXES[kind]}", dice.choice(PROMPTS)
                rig.made(photo, target, kind=kind, prompt=prompt, seed=dice.randrange(2**32))
                samples.append(_sample())
    return samples


def _sample() -> Sample:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    tasks = len(list(Path("/proc/self/task").iterdir()))
    assert tasks >= threading.active_count()
    return Sample(pages * os.sysconf("SC_PAGE_SIZE"), len(list(Path("/proc/self/fd").iterdir())), tasks)
