"""Memory and disk: what is free, whether a job fits, what to say when it did not. torch only for GPUs.

Sizes are bytes; messages say GiB.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from i2v_cli.errors import FitError
from i2v_cli.runtime import cgroup

GIB = 1 << 30
SMALLER = "choose a smaller --size or fewer --frames"


def available(device: str = "cpu", root: Path = cgroup.ROOT) -> int | None:
    """Free bytes on "cpu", "cuda" or "mps"; None where the system does not say.

    On the CPU what Linux calls available, cut to the container's limit; on macOS all that is built in.
    """
    if device == "cuda":
        import torch

        return torch.cuda.mem_get_info()[0]
    if device == "mps":
        import torch

        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    known = [size for size in (_system(root), cgroup.memory_free(root)) if size is not None]
    return min(known, default=None)


def check(needed: int, device: str = "cpu", hint: str = SMALLER) -> None:
    """FitError when `needed` bytes are more than is free; `hint` is the cheaper setting to type."""
    free = available(device)
    if free is not None and needed > free:
        raise FitError(
            f"needs about {needed / GIB:.1f} GiB of memory on {device}, {free / GIB:.1f} GiB are free", hint
        )


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
