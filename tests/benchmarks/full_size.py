"""CogVideoX-5B at its full size: one step of 49 frames, 720x480, from a sharded bf16 checkpoint on the disk.

    python tests/benchmarks/full_size.py [--folder /tmp] [--blocks 42] [--guidance 6] [--write]

The checkpoint is random, laid out as published, 21 GB with the text encoder. It is written, `i2v generate`
runs on it in a fresh process, and it is removed again. Told are the seconds of each stage and the most that
the process ever held. On Linux the files are put out of the system's cache first.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import page
import torch
from safetensors.torch import save_file

from i2v_cli.encoders.t5 import T5Config, T5Encoder
from i2v_cli.families.cogvideox.denoiser import CogVideoXDenoiser
from i2v_cli.families.cogvideox.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.cogvideox.vae import VaeDecoder, VaeEncoder

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "goldens" / "cogvideox" / "cogvideox-5b"
PHOTO = ROOT / "docs" / "assets" / "evening-glow.jpg"
STAGES = ("load", "encode", "denoise", "decode", "write")
SHARD = 2 << 30  # bytes; published shards have 5 GB, which would have to be in memory at once
T5_XXL = {
    "vocab_size": 32_128,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10_240,
    "num_layers": 24,
    "num_heads": 64,
    "feed_forward_proj": "gated-gelu",
    "model_type": "t5",
}

Shapes = dict[str, torch.Size]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="where the checkpoint is put; 22 GB")
    parser.add_argument("--blocks", type=int, default=42, help="of denoiser and, at most 24, text encoder")
    parser.add_argument("--frames", type=int, default=49)
    parser.add_argument("--guidance", type=float, default=6, help="1 halves the work, not the memory")
    parser.add_argument("--offload", default="disk", choices=("auto", "none", "disk"))
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="i2v-full-", dir=asked.folder) as folder:
        size = checkpoint(Path(folder), asked.blocks)
        text = table(generated(Path(folder), asked), size, asked)
    print(text)
    if asked.write:
        page.put("full size", text)


def checkpoint(folder: Path, blocks: int) -> int:
    """Writes the model into the folder; bytes of its weights."""
    published = json.loads((ROOT / "tests" / "keys" / "cogvideox.json").read_text(encoding="utf-8"))
    configs = {
        "transformer": published["cogvideox-5b.transformer"] | {"num_layers": blocks},
        "vae": published["cogvideox.vae"],
        "text_encoder": T5_XXL | {"num_layers": min(blocks, T5_XXL["num_layers"])},
    }
    for name in ("scheduler", "tokenizer"):
        shutil.copytree(TINY / name, folder / name)
    for name, config in configs.items():
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with torch.device("meta"):
        vae = VaeConfig.from_json(configs["vae"])
        halves = {"encoder": VaeEncoder(vae), "decoder": VaeDecoder(vae)}
        denoiser = CogVideoXDenoiser(DenoiserConfig.from_json(configs["transformer"]))
        text_encoder = T5Encoder(T5Config.from_json(configs["text_encoder"]))
    stem = "diffusion_pytorch_model"
    both = {f"{half}.{name}": shape for half, net in halves.items() for name, shape in shapes(net).items()}
    size = written(folder / "vae", stem, both)
    size += written(folder / "transformer", stem, shapes(denoiser))
    return size + written(folder / "text_encoder", "model", shapes(text_encoder))


def shapes(network: torch.nn.Module) -> Shapes:
    return {name: tensor.shape for name, tensor in network.state_dict().items()}


def written(folder: Path, stem: str, wanted: Shapes) -> int:
    """bf16 weights of these shapes in shards and their index, as the hub's tools write them; their bytes."""
    parts = list(shards(wanted))
    generator, weight_map = torch.Generator().manual_seed(0), {}
    for number, part in zip(count(1), parts, strict=False):
        file = folder / f"{stem}-{number:05}-of-{len(parts):05}.safetensors"
        save_file({name: drawn(name, shape, generator) for name, shape in part.items()}, file)
        weight_map |= dict.fromkeys(part, file.name)
        uncached(file)
    size = 2 * sum(shape.numel() for shape in wanted.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return size


def shards(wanted: Shapes) -> Iterator[Shapes]:
    part: Shapes = {}
    for name, shape in wanted.items():
        if part and 2 * sum(map(torch.Size.numel, [*part.values(), shape])) > SHARD:
            yield part
            part = {}
        part[name] = shape
    yield part


def drawn(name: str, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """Matrices that keep variance, norms about 1, biases about 0."""
    spread = shape[1:].numel() ** -0.5 if len(shape) > 1 else 0.02
    values = torch.empty(shape, dtype=torch.bfloat16).normal_(0, spread, generator=generator)
    return values.add_(1) if len(shape) == 1 and name.endswith("weight") else values


def uncached(path: Path) -> None:
    """What is read next comes from the disk, as after a start."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def generated(folder: Path, asked: argparse.Namespace) -> dict:
    """What `--json` says of one step."""
    flags = {
        "preset": "cogvideox-5b",
        "source": folder,
        "steps": 1,
        "frames": asked.frames,
        "guidance": asked.guidance,
        "offload": asked.offload,
        "device": "cpu",
        "seed": 1,
        "check": "off",
        "output": folder / "clip.mp4",
    }
    spelled = [str(part) for key, value in flags.items() for part in (f"--{key}", value)]
    command = [sys.executable, "-m", "i2v_cli", "generate", str(PHOTO), "a quiet harbor at dusk", *spelled]
    done = subprocess.run([*command, "--json", "-q", "--no-log"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def table(made: dict, size: int, asked: argparse.Namespace) -> str:
    seconds = " | ".join(f"{made['seconds'][stage]:.0f}" for stage in STAGES)
    peak = made["peak_memory_bytes"] / 2**30
    clip = f"{made['frames']} frames, {made['recipe']['dtype']}, guidance {asked.guidance:g}"
    rows = [
        f"{page.machine()}. Random weights, {size / 1e9:.1f} GB: {asked.blocks} blocks.",
        "",
        f"| one step, {clip} | {', s | '.join(STAGES)}, s | peak RSS, GiB |",
        "|---|" + "---|" * (len(STAGES) + 1),
        f"| `--offload {asked.offload}` | {seconds} | **{peak:.2f}** |",
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
