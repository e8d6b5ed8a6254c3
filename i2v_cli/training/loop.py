"""The training loop: flow matching on motion latents over fp32 weights, resumable, averaged.

Computes in bf16 where the processor does. The image encoder and the text encoder learn before it begins.

Lipman et al. 2023 (flow matching); Esser et al. 2024 (logit-normal noise levels).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.utils.data import DataLoader

from i2v_cli.encoders.bert import BertEncoder
from i2v_cli.encoders.tokenizer import load_tokenizer, tokenize
from i2v_cli.errors import UsageError
from i2v_cli.events import Noted, Report, Step
from i2v_cli.families.pocket.config import MAX_TOKENS, TEXT_WEIGHTS, TOKENIZER, DenoiserConfig
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.image_encoder import ImageEncoder
from i2v_cli.families.pocket.vae import encode_motion, sizes
from i2v_cli.runtime.device import choose
from i2v_cli.training.config import VALIDATION, TrainConfig
from i2v_cli.training.data import Batch, Clips
from i2v_cli.training.photos import load_cutouts, load_photos
from i2v_cli.training.reading import load_read, read, save_read
from i2v_cli.training.seeing import Sight, load_seen, save_seen, see

LEARNING_RATE = 8e-4
GOING_ON = 0.5  # of it, where trained weights go on
WARMUP = 200
EMA = 0.998
TEXT_DROPPED = 0.1
LEVEL_SHIFTS = (1.5, 10.0, 150.0)
PART_WEIGHTS = (1.0, 0.5, 1.0)  # camera, still, scene
CHECKPOINT_SECONDS = 180
CHECKPOINT, SEEN = "checkpoint.safetensors", "seen.safetensors"
LOG_EVERY = 50


@dataclass
class Run:
    """All that a checkpoint holds; the two encoders, which learn first, have files of their own."""

    model: PocketDenoiser  # fp32
    average: PocketDenoiser
    optimizer: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0
    rate: float = LEARNING_RATE  # the highest


def train(config: TrainConfig, report: Report) -> Path:
    """Trains until `steps` or `minutes`; goes on from `out`'s checkpoint. -> the averaged weights.

    UsageError where two runs would mix: weights to begin with, and a checkpoint to go on from.
    """
    config.out.mkdir(parents=True, exist_ok=True)
    begun = _begun(config)
    image_encoder, sights = _seen(config, report)
    if begun:
        image_encoder.load_state_dict(_under("image_encoder.", begun))
        save_seen(image_encoder, sights, config.out / SEEN)
    run = _start(config, _under("denoiser.", begun))
    torch.manual_seed(config.seed + run.step)
    dtype = choose("cpu").dtype
    tokenizer, text_encoder = load_tokenizer(TOKENIZER), _reader(config, sights, report).to(dtype)
    fast = PocketDenoiser(DenoiserConfig()).to(dtype)
    loader = DataLoader(
        Clips(sights, config.batch, seed=config.seed * 1_000_003 + run.step),
        batch_size=None,
        num_workers=1,
        prefetch_factor=4,
    )
    began, saved, losses = time.monotonic() - run.seconds, time.monotonic(), []
    try:
        for batch in loader:
            run.seconds = time.monotonic() - began
            progress = _progress(config, run)
            if progress >= 1:
                break
            _set_rate(run, progress)
            losses.append(_train_step(run, fast, batch, _context(batch.captions, tokenizer, text_encoder)))
            run.step += 1
            if run.step % LOG_EVERY == 0:
                _log(config, run, losses, report)
                losses = []
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                _save(config.out / CHECKPOINT, run)
                saved = time.monotonic()
            report(Step(round(min(_progress(config, run), 1) * 1000), 1000))
    finally:  # Ctrl-C loses a step, not minutes
        _save(config.out / CHECKPOINT, run)
    return export(image_encoder, run.average, config.out / "weights.safetensors")


def export(image_encoder: ImageEncoder, denoiser: PocketDenoiser, path: Path) -> Path:
    """Writes what `generate` reads: bf16, names prefixed by the network."""
    networks = {"image_encoder": image_encoder, "denoiser": denoiser}
    state = {
        f"{prefix}.{name}": tensor.to(torch.bfloat16).contiguous()
        for prefix, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    _publish(state, path)
    return path


def _begun(config: TrainConfig) -> dict[str, Tensor]:
    """The tensors of the weights that the run begins with, none where it begins anew."""
    if config.begin is None:
        return {}
    if config.resume and (config.out / CHECKPOINT).is_file():
        raise UsageError(f"{config.out} holds a run already", "drop --begin, or take another --out")
    begun = load_file(config.begin)
    if not (_under("denoiser.", begun) and _under("image_encoder.", begun)):
        raise UsageError(
            f"{config.begin} holds no weights of pocket", "train writes some: weights.safetensors"
        )
    return begun


def _seen(config: TrainConfig, report: Report) -> tuple[ImageEncoder, list[Sight]]:
    """The first part of training, a few minutes of it, or what an earlier run has left of it."""
    path = config.out / SEEN
    if config.resume and path.is_file():
        return load_seen(path)
    photos = load_photos(config.photos, keep=lambda stem: stem not in VALIDATION)
    cutouts = load_cutouts(config.cutouts) if config.cutouts else []
    image_encoder, sights = see(photos, cutouts, config.pictures, config.seed, report)
    save_seen(image_encoder, sights, path)
    return image_encoder, sights


def _train_step(run: Run, fast: PocketDenoiser, batch: Batch, context: tuple[Tensor, Tensor]) -> list[float]:
    """One optimiser step; returns the loss of each part of the latents."""
    with torch.no_grad():
        torch._foreach_copy_(list(fast.parameters()), list(run.model.parameters()))
    clean = encode_motion(batch.path, batch.residual, batch.stirred, batch.reference)
    sigma = _levels(len(clean))
    noise = torch.randn_like(clean)
    noisy = (1 - sigma[:, None]) * clean + sigma[:, None] * noise
    dtype = context[0].dtype
    velocity = fast(noisy.to(dtype), sigma, batch.reference.to(dtype), *context).float()
    grid = (batch.reference.shape[2], batch.reference.shape[3])
    errors = ((velocity - (noise - clean)) ** 2).split(sizes(grid), dim=1)
    losses = [part.mean() for part in errors]
    sum(weight * loss for weight, loss in zip(PART_WEIGHTS, losses, strict=True)).backward()
    for slow, quick in zip(run.model.parameters(), fast.parameters(), strict=True):
        slow.grad = None if quick.grad is None else quick.grad.float()
        quick.grad = None
    nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimizer.step()
    decay = min(EMA, (run.step + 1) / (run.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(run.average.parameters()), list(run.model.parameters()), 1 - decay)
    return [loss.item() for loss in losses]


def _levels(count: int) -> Tensor:
    """Noise levels [count]: logit-normal, a third of them shifted far towards noise and a third further.

    A path of 48 equal signs shows through almost any noise, so only above sigma 0.9 must the network read the
    words to know left from right; unshifted, one clip in a hundred would teach it that. A sky that drifts is
    14,000 equal signs: where it goes is decided above 0.99.
    """
    plain = torch.sigmoid(torch.randn(count))
    shift = torch.tensor(LEVEL_SHIFTS)[torch.randint(len(LEVEL_SHIFTS), (count,))]
    return shift * plain / (1 + (shift - 1) * plain)


def _context(captions: list[str], tokenizer: Tokenizer, text_encoder: BertEncoder) -> tuple[Tensor, Tensor]:
    dropped = torch.rand(len(captions)) < TEXT_DROPPED
    texts = ["" if drop else text for drop, text in zip(dropped, captions, strict=True)]
    tokens = tokenize(texts, tokenizer, MAX_TOKENS)
    with torch.inference_mode():
        states = text_encoder(tokens.ids, tokens.mask)
    return states.clone(), tokens.mask


def _reader(config: TrainConfig, sights: Sequence[Sight], report: Report) -> BertEncoder:
    """The second part of training, a quarter of an hour, or what an earlier run has left of it."""
    path = config.out / TEXT_WEIGHTS.name
    if not (config.resume and path.is_file()):
        begin = config.begin and config.begin.with_name(TEXT_WEIGHTS.name)
        save_read(read(sights, config.sentences, config.seed, report, begin), path)
    return load_read(path)


def _progress(config: TrainConfig, run: Run) -> float:
    by_time = run.seconds / (config.minutes * 60) if config.minutes else 0.0
    return max(run.step / config.steps, by_time)


def _set_rate(run: Run, progress: float) -> None:
    for group in run.optimizer.param_groups:
        group["lr"] = run.rate * min(1.0, (run.step + 1) / WARMUP) * max(1 - progress, 0.01)


def _start(config: TrainConfig, begun: dict[str, Tensor] | None = None) -> Run:
    model, average = PocketDenoiser(DenoiserConfig()), PocketDenoiser(DenoiserConfig())
    rate = LEARNING_RATE
    if begun:
        model.load_state_dict(begun)
        rate *= GOING_ON
    average.load_state_dict(model.state_dict())
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    run = Run(model, average, optimizer, rate=rate)
    path = config.out / CHECKPOINT
    if config.resume and path.is_file():
        _restore(path, run)
    return run


def _save(path: Path, run: Run) -> None:
    state = {f"model.{name}": tensor for name, tensor in run.model.state_dict().items()}
    state |= {f"average.{name}": tensor for name, tensor in run.average.state_dict().items()}
    for name, parameter in run.model.named_parameters():
        for key, tensor in run.optimizer.state.get(parameter, {}).items():
            state[f"optimizer.{key}.{name}"] = tensor
    state["run"] = torch.tensor([run.step, run.seconds, run.rate], dtype=torch.float64)
    _publish({name: tensor.contiguous() for name, tensor in state.items()}, path)


def _restore(path: Path, run: Run) -> None:
    state = load_file(path)
    step, run.seconds, run.rate = state["run"].tolist()
    run.step = int(step)
    run.model.load_state_dict(_under("model.", state))
    run.average.load_state_dict(_under("average.", state))
    for name, parameter in run.model.named_parameters():
        for key in ("step", "exp_avg", "exp_avg_sq"):
            run.optimizer.state[parameter][key] = state[f"optimizer.{key}.{name}"]


def _under(prefix: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def _publish(state: dict[str, Tensor], path: Path) -> None:
    """Never a half-written file: killed at any moment, the old one stands."""
    part = path.with_suffix(".part")
    save_file(state, part)
    part.replace(path)


def _log(config: TrainConfig, run: Run, losses: list[list[float]], report: Report) -> None:
    camera, still, scene = (sum(column) / len(losses) for column in zip(*losses, strict=True))
    clips = run.step * config.batch
    line = f"{run.step}\t{clips}\t{run.seconds:.0f}\t{camera:.4f}\t{still:.4f}\t{scene:.4f}"
    path = config.out / "metrics.tsv"
    if not path.is_file():
        path.write_text("step\tclips\tseconds\tcamera\tstill\tscene\n", encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    report(
        Noted(
            f"step {run.step}: {clips / run.seconds:.1f} clips/s, "
            f"loss camera {camera:.4f} still {still:.4f} scene {scene:.4f}"
        )
    )
