"""The processor: which instructions it has, how many of its cores this process may use. Knows no torch."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from i2v_cli.request import Request
from i2v_cli.runtime import cgroup

GPU_DRIVERS = ("proc/driver/nvidia/version", "dev/kfd")  # those of NVIDIA and AMD, on Linux
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})

# Names of oneDNN instruction sets (ONEDNN_MAX_CPU_ISA) that contain native bf16 products.
BF16_ISAS = ("BF16", "FP16", "AMX", "AVX10")


def flags(root: Path = cgroup.ROOT) -> frozenset[str]:
    """Instruction set names such as "avx512_bf16", from Linux's /proc/cpuinfo; empty elsewhere."""
    try:
        lines = (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    # x86 says "flags", Arm "Features"; one core speaks for all.
    found = next((line for line in lines if line.startswith(("flags", "Features"))), ":")
    return frozenset(found.partition(":")[2].split())


def computes_bf16(instructions: frozenset[str], environ: Mapping[str, str] = os.environ) -> bool:
    """Native bf16 products: there, and not forbidden to oneDNN. Without them it is 10 to 100 times slower."""
    limit = environ.get("ONEDNN_MAX_CPU_ISA") or environ.get("DNNL_MAX_CPU_ISA") or "ALL"
    allowed = limit.upper() in {"ALL", "DEFAULT"} or any(name in limit.upper() for name in BF16_ISAS)
    return allowed and not BF16_FLAGS.isdisjoint(instructions)


def itemsize(request: Request, root: Path = cgroup.ROOT) -> int:
    """Bytes of a weight, as told without torch.

    `--dtype auto` is fp32 on Apple's GPUs, and on a CPU where bf16 is slow. Where `--device auto` may be a
    GPU of another make is told by its driver.
    """
    if request.dtype != "auto":
        return 4 if request.dtype == "fp32" else 2
    if request.device == "mps" or (request.device == "auto" and sys.platform == "darwin"):
        return 4
    if request.device == "cuda" or (request.device == "auto" and _has_gpu(root)):
        return 2
    return 2 if computes_bf16(flags(root)) else 4


def _has_gpu(root: Path) -> bool:
    return os.name == "nt" or any((root / name).exists() for name in GPU_DRIVERS)


def free(root: Path = cgroup.ROOT, load: float | None = None) -> int:
    """`usable` cores, or 1 on a machine that others keep wholly busy.

    Threads that must wait for each other after every small operation are then up to ten times slower together
    than one alone. `load`: processes that want to run, by default the last minute's mean.
    """
    if load is None:
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return 1 if load >= (os.cpu_count() or 1) else usable(root)


def usable(root: Path = cgroup.ROOT) -> int:
    """Cores that this process may keep busy: its affinity, cut to the container's quota; at least 1."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    quota = cgroup.cpu_quota(root)
    return cores if quota is None else max(1, min(cores, int(quota)))
