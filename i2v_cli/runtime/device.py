"""Device, dtype and threads: decided once, here, and nowhere else."""

import warnings
from dataclasses import dataclass, replace

import torch

from i2v_cli.errors import UsageError
from i2v_cli.events import Report, Warned
from i2v_cli.request import Request
from i2v_cli.runtime import cpu, selftest

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """Where networks run, the dtype of their weights and activations, and how many CPU threads they get.

    offload: where the blocks of large networks lie when they do not compute, see `memory.choose`.
    """

    device: torch.device
    dtype: torch.dtype
    threads: int
    offload: str = "auto"


def decide(request: Request, report: Report | None = None, *, fp16: bool = True) -> Runtime:
    """The runtime that `request` asks for; see `choose`."""
    chosen = choose(request.device, request.dtype, request.threads, report, fp16=fp16)
    return replace(chosen, offload=request.offload)


def choose(
    device: str = "auto",
    dtype: str = "auto",
    threads: int | None = None,
    report: Report | None = None,
    *,
    fp16: bool = True,
) -> Runtime:
    """What is asked for, or the best that is here; sets torch's thread count.

    A device or dtype that is asked for and not there is a UsageError; a dtype that computes wrongly here is
    replaced by fp32, with a warning. More threads than cores get one too. fp16: whether the model bears it.
    """
    report = report or _quiet
    found = torch.device(_device(device, report))
    if threads is not None and threads > (cores := cpu.usable()):
        told = "1 core" if cores == 1 else f"{cores} cores"
        report(Warned(f"--threads {threads}, but this process may use {told}: they only wait for each other"))
    # torch's own default knows OMP_NUM_THREADS and physical cores, but no container.
    threads = threads or min(torch.get_num_threads(), cpu.free())
    torch.set_num_threads(threads)
    return Runtime(device=found, dtype=_dtype(dtype, found, report, fp16=fp16), threads=threads)


def gpu(asked: str) -> str:
    """What the GPU is called that `asked` computes on, the same in every process; "" for the CPU."""
    if asked == "cpu" or (found := present(_quiet)[0]) == "cpu" or asked not in ("auto", found):
        return ""
    return f"cuda-{torch.cuda.get_device_properties(0).uuid}" if found == "cuda" else found


def num_gpus(asked: str) -> int:
    """How many GPUs `asked` can mean."""
    if asked == "cpu" or (found := present(_quiet)[0]) == "cpu":
        return 0
    return torch.cuda.device_count() if found == "cuda" else 1


def present(report: Report) -> list[str]:
    """Device types that work here, best first; always ends with "cpu"."""
    with warnings.catch_warnings(record=True) as caught:  # a driver too old is told by a warning
        warnings.simplefilter("always")
        known = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    for warning in caught:
        report(Warned(str(warning.message).splitlines()[0]))
    return [*(name for name, works in known.items() if works), "cpu"]


def _device(asked: str, report: Report) -> str:
    if asked == "cpu":
        return asked
    here = present(report)
    if asked == "auto":
        return here[0]
    if asked not in here:
        raise UsageError(
            f"--device {asked} is not on this machine", f"use --device {' or --device '.join(here)}"
        )
    return asked


def _dtype(asked: str, device: torch.device, report: Report, *, fp16: bool) -> torch.dtype:
    wanted = _best(device) if asked == "auto" else DTYPES[asked]
    if wanted == torch.float16 and not fp16:
        if asked == "fp16":
            raise UsageError("--dtype fp16 overflows in this model", "use --dtype auto")
        return torch.float32
    if device.type == "cpu" and wanted == torch.float16:
        raise UsageError("--dtype fp16 is far slower than fp32 on a CPU", "use --dtype auto")
    if device.type == "cpu" and wanted == torch.bfloat16 and not cpu.computes_bf16(cpu.flags()):
        raise UsageError("--dtype bf16 needs a CPU with AMX or AVX512-BF16", "use --dtype auto")
    if wanted == torch.float32:
        return wanted
    tried = selftest.verdict(device, wanted)
    if tried.wrong:
        names = ", ".join(tried.wrong)
        report(Warned(f"{name(wanted)} computes {names} wrongly on this {device.type}: using fp32"))
        return torch.float32
    return torch.float32 if asked == "auto" and tried.speedup < 1 else wanted


def _best(device: torch.device) -> torch.dtype:
    if device.type == "cpu":
        return torch.bfloat16 if cpu.computes_bf16(cpu.flags()) else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    return torch.float32  # on Apple's GPUs fp16 overflows and bf16 needs macOS 14: only when asked for


def name(dtype: torch.dtype) -> str:
    """As `--dtype` spells it."""
    return next(name for name, known in DTYPES.items() if known == dtype)


def _quiet(_: object) -> None: ...
