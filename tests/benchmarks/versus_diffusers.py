"""Our published families beside those of diffusers: same machine, same random weights, same input.

    python tests/benchmarks/versus_diffusers.py [--blocks 8] [--latents 5x60x90] [--clip 9x240x320] [--write]

Each row and side is a fresh process; what it does stands in `cogvideox_rows.py` and `svd_rows.py`. "Denoise"
is one step: a prediction with guidance. The best of `--runs` counts, the first of which warms up. Peak memory
is the process's resident set, weights included. Answers are compared: nothing is quick by being wrong. No
bf16 where the processor does not compute it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version

import page

from i2v_cli.runtime import cpu

SIDES = ("diffusers", "i2v")
PARTS = ("denoise", "decode", "svd-denoise", "svd-decode")
DTYPES = ("fp32", "bf16") if cpu.computes_bf16(cpu.flags()) else ("fp32",)
SAMPLES = 256  # values of an answer that are compared


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blocks", type=int, default=8, help="of the published width; the model has 42")
    parser.add_argument("--latents", default="5x60x90", help="frames x rows x columns that are denoised")
    parser.add_argument("--clip", default="9x240x320", help="frames x rows x columns that are decoded")
    parser.add_argument("--svd-latents", default="14x32x56", help="frames x rows x columns, the whole UNet")
    parser.add_argument("--svd-clip", default="14x256x448", help="frames x rows x columns that are decoded")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--parts", nargs="+", default=[*PARTS], choices=PARTS)
    parser.add_argument("--dtypes", nargs="+", default=[*DTYPES], choices=DTYPES)
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    parser.add_argument("--row", nargs=3, metavar=("SIDE", "PART", "DTYPE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.row:
        print(json.dumps(measured(*asked.row, asked)))
        return
    lines = [setting(asked), ""]
    print(*lines, sep="\n", flush=True)
    for row in rows(asked):
        print(row, flush=True)
        lines.append(row)
    if asked.write:
        page.put("versus diffusers", "\n".join(lines))


def setting(asked: argparse.Namespace) -> str:
    return (
        f"{page.machine(asked.threads)}, diffusers {version('diffusers')}. "
        f"Denoise: {asked.blocks} blocks of full width, latents {asked.latents}, with guidance. "
        f"Decode: {asked.clip}. SVD: the whole UNet with guidance, latents {asked.svd_latents}; "
        f"decode {asked.svd_clip}. Best of {asked.runs}."
    )


def rows(asked: argparse.Namespace) -> Iterator[str]:
    """The lines of the table, as they are measured."""
    yield "| | diffusers, s | i2v, s | ratio | diffusers, GiB | i2v, GiB | ratio | answers differ by |"
    yield "|---|---|---|---|---|---|---|---|"
    imports: dict[str, list[float]] = {side: [] for side in SIDES}
    for part in asked.parts:
        for dtype in asked.dtypes:
            theirs, ours = (in_a_process(side, part, dtype) for side in SIDES)
            for side, found in zip(SIDES, (theirs, ours), strict=True):
                imports[side].append(found["import"])
            apart = f"{difference(theirs['answer'], ours['answer']):.0e}"
            seconds, memory = (beside(theirs[key], ours[key]) for key in ("seconds", "gib"))
            yield f"| {part}, {dtype} | {seconds} | {memory} | {apart} |"
    yield f"| import | {beside(*(min(imports[side]) for side in SIDES))} | | | | |"


def beside(theirs: float, ours: float) -> str:
    return f"{theirs:.2f} | **{ours:.2f}** | {ours / theirs:.2f}"


def in_a_process(side: str, part: str, dtype: str) -> dict:
    """What `measured` says, from a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--row", side, part, dtype]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def difference(one: list[float], other: list[float]) -> float:
    """Relative, in the mean square."""
    errors = sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
    return (errors / sum(a**2 for a in one)) ** 0.5


def measured(side: str, part: str, dtype: str, asked: argparse.Namespace) -> dict:
    """One row, in this process."""
    began = time.perf_counter()
    if side == "diffusers":
        from diffusers import CogVideoXImageToVideoPipeline  # noqa: F401
    else:
        import i2v_cli.families.cogvideox.pipeline  # noqa: F401
    imported = time.perf_counter() - began
    import cogvideox_rows
    import svd_rows
    import torch

    from i2v_cli.runtime import memory

    torch.set_num_threads(asked.threads)
    works = cogvideox_rows.WORK | svd_rows.WORK
    with torch.inference_mode():
        work = works[side, part]({"fp32": torch.float32, "bf16": torch.bfloat16}[dtype], asked)
        seconds = []
        for _ in range(asked.runs):
            began = time.perf_counter()
            answer = work()
            seconds.append(time.perf_counter() - began)
    flat = answer.float().flatten()
    sample = flat[:: max(len(flat) // SAMPLES, 1)][:SAMPLES]
    return {
        "import": imported,
        "seconds": min(seconds),
        "gib": (memory.peak_rss() or 0) / memory.GIB,
        "answer": sample.tolist(),
    }


if __name__ == "__main__":
    main()
