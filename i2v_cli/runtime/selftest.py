"""Does this device compute right in this dtype, and faster than in fp32? Tried once a machine, then cached.

Some kernels are wrong on some processors (oneDNN's bf16 convolutions were, at output width 1), and half
precision is many times slower than fp32 where the hardware lacks it.
"""

import hashlib
import json
import math
import os
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs
import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.runtime import cpu

# Largest error over largest value. Generous: fp32 may be TF32 on a GPU, and a wrong kernel is off by about 1.
TOLERANCE = {torch.float32: 5e-3, torch.float16: 1e-2, torch.bfloat16: 4e-2}
ENVIRONMENT = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")


@dataclass(frozen=True, slots=True)
class Check:
    """One operation and the shapes of its inputs."""

    name: str
    run: Callable[..., Tensor]
    shapes: tuple[tuple[int, ...], ...]
    fp32: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Operations that come out wrong, and the dtype's speed over fp32's (1 when not measured)."""

    wrong: tuple[str, ...]
    speedup: float


def _attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (torch.bmm(query, key) / math.sqrt(query.shape[-1])).softmax(-1) @ value


def _sample(frames: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(frames, grid.clamp(-1, 1), padding_mode="border", align_corners=False)


CHECKS = (
    Check("matmul", torch.matmul, ((65, 96), (96, 33))),
    Check("attention", _attention, ((4, 37, 32), (4, 32, 37), (4, 37, 16))),
    Check("layer_norm", lambda x, w, b: F.layer_norm(x, (192,), w, b), ((9, 192), (192,), (192,))),
    Check("conv2d", lambda x, w: F.conv2d(x, w, padding=1), ((2, 16, 19, 19), (24, 16, 3, 3))),
    Check("strided conv2d", lambda x, w: F.conv2d(x, w, stride=2), ((1, 32, 9, 3), (32, 32, 3, 3))),
    Check("gelu", F.gelu, ((4096,),)),
    # Coordinates in half precision are off by a part of a pixel: sampling is done in fp32, and tested so.
    Check("grid_sample", _sample, ((1, 8, 17, 23), (1, 11, 13, 2)), fp32=True),
)


def verdict(device: torch.device, dtype: torch.dtype, folder: Path | None = None) -> Verdict:
    """The cached verdict, or a new one (under half a second). A cache that cannot be used is done without."""
    folder = folder or platformdirs.user_cache_path("i2v")
    path = folder / f"selftest-{_key(device, dtype)}.json"
    cached = _read(path)
    if cached is not None:
        return cached
    fresh = Verdict(wrong(device, dtype), _speedup(dtype) if device.type == "cpu" else 1.0)
    _write(path, fresh)
    return fresh


def wrong(device: torch.device, dtype: torch.dtype, checks: Sequence[Check] = CHECKS) -> tuple[str, ...]:
    """Names of the checks whose result differs from float64 on the CPU by more than the dtype explains."""
    generator = torch.Generator().manual_seed(0)
    failed = []
    for check in checks:
        used = torch.float32 if check.fp32 else dtype
        inputs = [torch.randn(shape, generator=generator).to(used) for shape in check.shapes]
        exact = check.run(*(tensor.double() for tensor in inputs))
        try:
            result = check.run(*(tensor.to(device) for tensor in inputs)).cpu().double()
        except (RuntimeError, TypeError):  # not implemented here for this dtype
            failed.append(check.name)
            continue
        if not (result - exact).abs().max() <= TOLERANCE[used] * exact.abs().max():  # "not": NaN fails, too
            failed.append(check.name)
    return tuple(failed)


def _speedup(dtype: torch.dtype) -> float:
    """How many times faster than fp32 a linear of a denoiser's size runs on the CPU."""
    return _linear_seconds(torch.float32) / _linear_seconds(dtype) if dtype != torch.float32 else 1.0


def _linear_seconds(dtype: torch.dtype) -> float:
    tokens, weight = torch.ones(2048, 192, dtype=dtype), torch.ones(768, 192, dtype=dtype)
    F.linear(tokens, weight)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        F.linear(tokens, weight)
        times.append(time.perf_counter() - started)
    return min(times)


def _key(device: torch.device, dtype: torch.dtype) -> str:
    """A new torch, processor, GPU or limit asks for a new test."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    limits = [os.environ.get(variable, "") for variable in ENVIRONMENT]
    known = [torch.__version__, device.type, name, str(dtype), *limits, *sorted(cpu.flags())]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _read(path: Path) -> Verdict | None:
    try:
        match json.loads(path.read_text(encoding="utf-8")):
            case {"wrong": [*names], "speedup": float(speedup)} if all(
                isinstance(name, str) for name in names
            ):
                return Verdict(tuple(names), speedup)
    except (OSError, ValueError, RecursionError):
        pass
    return None


def _write(path: Path, fresh: Verdict) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(fresh)), encoding="utf-8")
        temporary.replace(path)
    except OSError:  # a read-only home or a full disk: the test runs again next time
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
