"""What the benchmarks share: the words for this machine, and tables on the page."""

import datetime
import os
import platform
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "performance.md"


def machine(threads: int | None = None) -> str:
    """Date, processor, threads, and what it can multiply fast with."""
    import torch

    cpuinfo = Path("/proc/cpuinfo")
    said = cpuinfo.read_text() if cpuinfo.exists() else ""
    name = next((line.split(":")[1].strip() for line in said.splitlines() if "model name" in line), "")
    fast = [flag for flag in ("amx_bf16", "avx512_bf16", "avx2") if re.search(rf"\b{flag}\b", said)]
    return (
        f"{datetime.date.today()}: {name or platform.processor()}, {threads or os.cpu_count()} threads, "
        f"{', '.join(fast)}; torch {torch.__version__}"
    )


def put(name: str, text: str, page: Path = PAGE) -> None:
    """Replaces what stands between the page's two comments of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    assert found, f"{page} has no place for {name}"
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
