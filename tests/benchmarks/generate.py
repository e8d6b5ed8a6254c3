"""Measures `i2v` from a cold start, as a user feels it, for the tables of docs/concepts/performance.md.

    python tests/benchmarks/generate.py [--runs 3] [--write]

Every number is the median of fresh processes. Wall time is the shell's, imports included; peak
memory is that of the whole process tree's largest member (i2v itself; ffmpeg is listed apart).
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "concepts" / "performance.md"
PHOTO = ROOT / "docs" / "assets" / "evening-glow.jpg"
PROMPT = "camera slowly pans right"
STAGES = ("load", "encode", "denoise", "decode", "write")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

CLIPS = {
    "default, 768x512": (["--size", "768x512"], {}),
    "default, 768x512, `ONEDNN_MAX_CPU_ISA=AVX2`": (["--size", "768x512"], {"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "`--preset pocket-draft`": (["--preset", "pocket-draft"], {}),
    "`--preset pocket-hd`": (["--preset", "pocket-hd"], {}),
    "`--size 3840x2160`": (["--size", "3840x2160"], {}),
}
QUICK = {
    "`i2v --version`": ["--version"],
    "`i2v --help`": ["--help"],
    "`i2v generate --help`": ["generate", "--help"],
    "`i2v presets list`": ["presets", "list"],
    "a usage error": ["generate", "--no-such-flag"],
    "a missing photo": ["generate", "missing.png", "pan left"],
    "`--dry-run`": ["generate", str(PHOTO), PROMPT, "--dry-run"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    asked = parser.parse_args()
    text = "\n\n".join([machine(asked.runs), clips(asked.runs), quick(asked.runs)])
    print(text)
    if asked.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(
            re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n{text}\n{END}", page), encoding="utf-8"
        )


def machine(runs: int) -> str:
    import torch

    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = next((line.split(":")[1].strip() for line in flags.splitlines() if "model name" in line), "")
    fast = [flag for flag in ("amx_bf16", "avx512_bf16", "avx2") if re.search(rf"\b{flag}\b", flags)]
    return (
        f"{datetime.date.today()}: {name or platform.processor()}, {os.cpu_count()} cores, "
        f"{', '.join(fast)}; "
        f"Python {platform.python_version()}, torch {torch.__version__}; medians of {runs} fresh processes."
    )


def clips(runs: int) -> str:
    rows = [
        "| run | frames | whole command, s | start and imports | "
        + " | ".join(STAGES)
        + " | peak RSS, MiB |",
        "|---|---|---|---|" + "---|" * (len(STAGES) + 1),
    ]
    for name, (flags, environment) in CLIPS.items():
        walls, results = [], []
        for run in range(runs + 1):
            wall, result = clip(flags, environment)
            if run:  # the first fills the page cache and the cached self-test
                walls.append(wall)
                results.append(result)
        wall = statistics.median(walls)
        stages = [statistics.median(result["seconds"][stage] for result in results) for stage in STAGES]
        memory = statistics.median(result["peak_memory_bytes"] for result in results) / 2**20
        cells = [name, str(results[0]["frames"]), f"**{wall:.1f}**", f"{wall - sum(stages):.1f}"]
        rows.append(f"| {' | '.join([*cells, *(f'{value:.2f}' for value in stages), f'{memory:.0f}'])} |")
    return "\n".join(rows)


def clip(flags: list[str], environment: dict[str, str]) -> tuple[float, dict]:
    """One clip in a fresh process -> (wall seconds, what --json says)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "generate",
            str(PHOTO),
            PROMPT,
            "--seed",
            "1",
            "--json",
            "-q",
            "-o",
            f"{folder}/clip.mp4",
            *flags,
        ]
        wall, output = run_i2v(command, environment)
    return wall, json.loads(output)


def quick(runs: int) -> str:
    rows = ["| command that makes nothing | s |", "|---|---|"]
    for name, arguments in QUICK.items():
        walls = [run_i2v(arguments, {})[0] for _ in range(2 * runs + 1)][1:]
        rows.append(f"| {name} | {statistics.median(walls):.2f} |")
    return "\n".join(rows)


def run_i2v(arguments: list[str], environment: dict[str, str]) -> tuple[float, str]:
    began = time.monotonic()
    result = subprocess.run(
        [str(Path(sys.executable).with_name("i2v")), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return time.monotonic() - began, result.stdout


if __name__ == "__main__":
    main()
