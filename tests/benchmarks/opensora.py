"""Open-Sora 1.2 at its published width: a step of 51 frames, 424x240, and a chunk decoded.

    python tests/benchmarks/opensora.py [--blocks 28] [--write]

A step is a pair of predictions, with words and without. Weights are random, in the dtype that `auto` chooses.
The peak is the process's resident set: each part is a fresh process.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import page
import torch
from inputs import drawn, filled

from i2v_cli.families.opensora.denoiser import OpenSoraDenoiser
from i2v_cli.families.opensora.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.opensora.sizes import CHUNK_FRAMES, CHUNK_LATENTS
from i2v_cli.families.opensora.vae import VaeDecoder
from i2v_cli.runtime import memory
from i2v_cli.runtime.device import choose

LATENTS = (4, 15, 30, 53)  # of 51 frames, 424x240
WORDS = 60  # tokens of a usual prompt


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blocks", type=int, default=28, help="pairs of blocks; the model has 28")
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(PARTS[asked.part](asked.blocks)))
        return
    lines = [f"{page.machine()}. {asked.blocks} pairs of blocks, one run.", ""]
    lines += ["| 51 frames, 424x240 | dtype | seconds | GFLOP/s | peak RSS, GiB |", "|---|---|---|---|---|"]
    for part in PARTS:
        command = [sys.executable, __file__, "--blocks", str(asked.blocks), "--part", part]
        told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        lines.append(
            f"| {part} | {told['dtype']} | **{told['seconds']:.1f}** | {told['gflops']} | {told['gib']:.2f} |"
        )
    print(*lines, sep="\n")
    if asked.write:
        page.put("opensora", "\n".join(lines))


def denoised(blocks: int) -> dict:
    """One step with guidance."""
    runtime, config = choose("cpu", threads=os.cpu_count()), DenoiserConfig(num_layers=blocks)
    denoiser = filled(lambda: OpenSoraDenoiser(config), runtime.dtype)
    latents = drawn(1, *LATENTS, dtype=runtime.dtype).expand(2, -1, -1, -1, -1)
    words = drawn(WORDS, config.context_width, dtype=runtime.dtype)
    with torch.inference_mode():
        contexts, timestep = [words, denoiser.null(WORDS)], torch.tensor(700.0)
        began = time.perf_counter()
        denoiser(latents, timestep, contexts, fps=24.0, bucket=(424, 240))
        seconds = time.perf_counter() - began
    return found(runtime.dtype, seconds, 2 * config.flops(LATENTS))


def decoded(_: int) -> dict:
    """One chunk, both autoencoders."""
    dtype = choose("cpu", threads=os.cpu_count()).dtype
    decoder = filled(lambda: VaeDecoder(VaeConfig()), dtype)
    latents = drawn(LATENTS[0], CHUNK_LATENTS, *LATENTS[2:], dtype=dtype)
    with torch.inference_mode():
        began = time.perf_counter()
        for frame in decoder(latents, CHUNK_FRAMES):
            assert frame.shape == (3, 8 * LATENTS[2], 8 * LATENTS[3])
        return found(dtype, time.perf_counter() - began, None)


def found(dtype: torch.dtype, seconds: float, flops: float | None) -> dict:
    return {
        "dtype": str(dtype).removeprefix("torch."),
        "seconds": seconds,
        "gflops": "" if flops is None else f"{flops / seconds / 1e9:.0f}",
        "gib": (memory.peak_rss() or 0) / memory.GIB,
    }


PARTS = {"a step": denoised, "17 frames decoded": decoded}

if __name__ == "__main__":
    main()
