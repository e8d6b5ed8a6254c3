"""Memory and disk: what is free, what a run needs, what to say when that does not fit. torch only for GPUs.

Sizes are bytes; messages say GiB.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from i2v_cli.errors import FitError
from i2v_cli.runtime import cgroup

Offload: TypeAlias = Literal["none", "blocks", "disk"]

GIB = 1 << 30
SMALLER = "choose a smaller --size or fewer --frames"
# Of what is free: the rest is for what no estimate knows, such as the holes that a GPU's allocator leaves.
SHARE = 0.9
PINNED_SHARE = 0.5  # page-locked memory is taken from everybody
RESIDENT_BLOCKS = 2  # the one that computes and the one that comes
PROCESS = 256 << 20  # Python, torch and its libraries before the first weight, measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """What one part of a run holds at its peak: a network and what it computes with, Python and torch apart.

    name: "encode text", "encode image", "denoise", "decode". weights: of the whole network, in the dtype in
    which it runs. streamed: of its blocks, which `--offload` can leave elsewhere; 0 for a network without.
    block: of the largest block. activations: all that is no weight. on_cpu: it runs there whatever the device
    is.
    """

    name: str
    weights: int
    activations: int
    streamed: int = 0
    block: int = 0
    on_cpu: bool = False

    def needed(self, offload: Offload) -> int:
        """Bytes on the device."""
        if offload == "none":
            return self.weights + self.activations
        staying, passing = self.weights - self.streamed, min(RESIDENT_BLOCKS * self.block, self.streamed)
        return staying + passing + self.activations


def available(device: str = "cpu", root: Path = cgroup.ROOT) -> int | None:
    """Free bytes on "cpu", "cuda" or "mps"; None where the system does not say.

    On a GPU also what torch keeps for later. On the CPU what Linux calls available, cut to the container's
    limit; on macOS all that is built in.
    """
    if device == "cuda":
        import torch

        held = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()  # by torch, for what comes next
        return torch.cuda.mem_get_info()[0] + held
    if device == "mps":
        import torch

        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    known = [size for size in (_system(root), cgroup.memory_free(root)) if size is not None]
    return min(known, default=None)


def check(needed: int, device: str = "cpu", hint: str = SMALLER) -> None:
    """FitError when `needed` bytes are more than is free; `hint` is the cheaper setting to type."""
    free = available(device)
    if free is not None and needed > free:
        raise FitError(
            f"needs about {needed / GIB:.1f} GiB of memory on {device}, {free / GIB:.1f} GiB are free", hint
        )


def choose(asked: str, phase: Phase, device: str = "cpu") -> Offload:
    """Where the blocks of a phase's network lie while others compute. asked: the value of `--offload`.

    "blocks" is the CPU's memory: on a device that has no other ("cpu", "mps") it means "none". "auto" is the
    fastest that fits: "none", then "blocks", then "disk", which may not fit either.
    """
    if phase.streamed == 0:
        return "none"
    if asked == "auto":
        if fits(phase.needed("none"), device):
            return "none"
        return "blocks" if device == "cuda" and fits(phase.streamed, share=PINNED_SHARE) else "disk"
    if asked == "blocks" and device == "cuda":
        return "blocks"
    return "disk" if asked == "disk" else "none"


def fits(needed: int, device: str = "cpu", share: float = SHARE) -> bool:
    """Whether `needed` bytes are at most `share` of what is free; True where the system does not say."""
    free = available(device)
    return free is None or needed <= share * free


def peak(phases: Iterable[Phase], asked: str, device: str = "cpu") -> int:
    """Bytes of the largest phase, and of the process itself where that is in the same memory."""
    base = PROCESS if device == "cpu" else 0
    return base + max(phase.needed(choose(asked, phase, device)) for phase in phases)


def check_phases(phases: Iterable[Phase], asked: str, device: str | None) -> None:
    """FitError when a phase does not fit. device: None while undecided; then only `on_cpu` is checked."""
    for phase in phases:
        where = "cpu" if phase.on_cpu else device
        if where is not None:
            stays = asked in ("none", "blocks") and phase.streamed > 0
            check(peak([phase], asked, where), where, "use --offload auto" if stays else SMALLER)


@contextmanager
def explained(device: str = "cpu", hint: str = SMALLER) -> Iterator[None]:
    """Running out of memory inside becomes a FitError that says what was free."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # Only CUDA has an exception class for it; the CPU's and MPS's allocators say it in words.
        said = any(words in str(error) for words in ("DefaultCPUAllocator", "out of memory"))
        if not isinstance(error, MemoryError) and not said:
            raise
        free = available(device)
        known = "" if free is None else f", {free / GIB:.1f} GiB are free"
        raise FitError(f"ran out of memory on {device}{known}", hint) from error


def disk_free(path: Path) -> int:
    """Free bytes on the disk where `path` lies or, when it does not exist yet, will lie."""
    path = path.absolute()
    return shutil.disk_usage(next(folder for folder in (path, *path.parents) if os.path.exists(folder))).free


def peak_rss() -> int | None:
    """Most memory that this process ever held, bytes; None where the system does not say."""
    if sys.platform == "linux":  # getrusage would also count what the parent held before exec
        return _kibibytes(Path("/proc/self/status"), "VmHWM")
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def _system(root: Path) -> int | None:
    if sys.platform == "linux":
        return _kibibytes(root / "proc/meminfo", "MemAvailable")
    if sys.platform == "darwin":
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _kibibytes(path: Path, name: str) -> int | None:
    """The value of a line "Name:  123 kB", in bytes."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)
