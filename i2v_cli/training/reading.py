"""Teaches the text encoder what is asked of a photo, from words alone.

MiniLM knows which sentences are alike; who moves which way it tells so softly that a denoiser does not hear
it. A head on the first token's state says which way each axis of the camera goes, which kinds stir and where
to, how the light changes. The head does not ship: it is there so that the state tells.
The other tokens stay near what MiniLM says of them.
"""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch
import torch.nn.functional as F
from einops import rearrange
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from i2v_cli.encoders.bert import BertEncoder
from i2v_cli.encoders.tokenizer import load_tokenizer, tokenize
from i2v_cli.events import Noted, Report
from i2v_cli.families.pocket.config import KINDS, MAX_TOKENS, MOVABLE, TOKENIZER
from i2v_cli.families.pocket.pipeline import TEXT_ENCODER
from i2v_cli.training import teacher
from i2v_cli.training.captions import caption, sample
from i2v_cli.training.idioms import any_whole
from i2v_cli.training.seeing import Sight
from i2v_cli.training.wishes import LIGHTS, Axis, Wish

BATCH = 48
RATE, HEAD_RATE, WARMUP = 1e-4, 1e-3, 50
FROZEN_LAYERS = 1  # of six, and the words' embeddings
WHOLE = 0.5  # of the sentences are whole prompts, the rest the grammar's
LIGHT_WEIGHT = 0.3
NEAR = 0.2  # weight of the squared distance to what MiniLM says
LOG_EVERY = 50
AXES = get_args(Axis)
HEADINGS = ("left", "right", "up", "down")
CHANGES = ("", *LIGHTS)


@dataclass(frozen=True, slots=True)
class Asked:
    """camera: [4], an axis each, 0 at rest, 1 and 2 for signs -1 and +1. kinds: [10], headings: [4], 0 or 1.
    light: of `CHANGES`. told: whether the words say all of that, and not of the camera alone."""

    camera: tuple[int, ...]
    kinds: tuple[float, ...]
    headings: tuple[float, ...]
    light: int
    told: bool


class Head(nn.Module):
    """The first token's state -> what is asked."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, width)
        self.camera = nn.Linear(width, 3 * len(AXES))
        self.kinds = nn.Linear(width, MOVABLE)
        self.headings = nn.Linear(width, len(HEADINGS))
        self.light = nn.Linear(width, len(CHANGES))

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """state: [B, D] -> logits [B, 4, 3] of the camera, [B, 10], [B, 4], [B, 6]."""
        hidden = F.gelu(self.hidden(state))
        camera = rearrange(self.camera(hidden), "b (a s) -> b a s", s=3)
        return camera, self.kinds(hidden), self.headings(hidden), self.light(hidden)


def read(
    sights: Sequence[Sight], sentences: int, seed: int, report: Report, begin: Path | None = None
) -> BertEncoder:
    """MiniLM, pruned to our vocabulary, after about so many sentences about such pictures; fp32.

    begin: a reader that has read already, and goes on.
    """
    torch.manual_seed(seed)
    rng, tokenizer = random.Random(seed), load_tokenizer(TOKENIZER)
    encoder = BertEncoder(TEXT_ENCODER)
    encoder.load_state_dict(teacher.reader_weights(tokenizer))
    frozen, head = deepcopy(encoder).eval().requires_grad_(False), Head(TEXT_ENCODER.width)
    if begin is not None:
        encoder.load_state_dict(load_read(begin).state_dict())
    encoder.requires_grad_(False)
    learning = list(encoder.encoder.layer[FROZEN_LAYERS:].requires_grad_(True).parameters())
    groups = [{"params": learning, "lr": RATE}, {"params": list(head.parameters()), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
    rates, steps = (RATE, HEAD_RATE), max(sentences // BATCH, 1)
    for step in range(steps):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / WARMUP) * (1 - step / steps)
        loss = _loss(encoder, head, frozen, [_sentence(sights, rng) for _ in range(BATCH)], tokenizer)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([*learning, *head.parameters()], 1.0)
        optimizer.step()
        if (step + 1) % LOG_EVERY == 0:
            report(Noted(f"read {(step + 1) * BATCH} of {sentences} sentences: loss {loss.item():.3f}"))
    return encoder.requires_grad_(False).eval()


def save_read(encoder: BertEncoder, path: Path) -> None:
    """bf16, what `generate` reads."""
    part = path.with_suffix(".part")
    save_file({name: tensor.bfloat16() for name, tensor in encoder.state_dict().items()}, part)
    part.replace(path)


def load_read(path: Path) -> BertEncoder:
    """The inverse of `save_read`, in fp32."""
    encoder = BertEncoder(TEXT_ENCODER)
    encoder.load_state_dict(load_file(path))
    return encoder.requires_grad_(False).eval()


def asked(wish: Wish) -> Asked:
    """What a caption of the grammar asks for; life in general names no kind."""
    camera = [0] * len(AXES)
    for move in wish.moves:
        camera[AXES.index(move.axis)] = 2 if move.sign > 0 else 1
    stirred, headed = {stir.kind for stir in wish.stirs}, {stir.heading for stir in wish.stirs}
    kinds = tuple(float(kind in stirred) for kind in KINDS[:MOVABLE])
    headings = tuple(float(heading in headed) for heading in HEADINGS)
    return Asked(tuple(camera), kinds, headings, CHANGES.index(wish.light), not wish.alive)


def _sentence(sights: Sequence[Sight], rng: random.Random) -> tuple[str, Asked]:
    if rng.random() < WHOLE:
        move, words = any_whole(rng)
        camera_alone = asked(Wish((move,) if move else ()))
        return words, Asked(camera_alone.camera, camera_alone.kinds, camera_alone.headings, 0, told=False)
    regions = [region for region, _, _ in rng.choice(sights).regions]
    wish = sample(rng, regions)
    return caption(wish, rng, regions), asked(wish)


def _loss(
    encoder: BertEncoder,
    head: Head,
    frozen: BertEncoder,
    sentences: Sequence[tuple[str, Asked]],
    tokenizer: Tokenizer,
) -> Tensor:
    words, wanted = zip(*sentences, strict=True)
    tokens = tokenize(words, tokenizer, MAX_TOKENS)
    states = encoder(tokens.ids, tokens.mask)
    camera, kinds, headings, light = head(states[:, 0])
    told = torch.tensor([one.told for one in wanted]).float()
    ways = torch.tensor([one.camera for one in wanted])
    loss = F.cross_entropy(camera.flatten(0, 1), ways.flatten())
    for logits, right in (
        (kinds, [one.kinds for one in wanted]),
        (headings, [one.headings for one in wanted]),
    ):
        each = F.binary_cross_entropy_with_logits(logits, torch.tensor(right), reduction="none")
        loss = loss + (each.mean(dim=1) * told).mean()
    each = F.cross_entropy(light, torch.tensor([one.light for one in wanted]), reduction="none")
    with torch.no_grad():
        said = frozen(tokens.ids, tokens.mask)
    apart = ((states - said) ** 2)[:, 1:][tokens.mask[:, 1:]].mean()
    return loss + LIGHT_WEIGHT * (each * told).mean() + NEAR * apart
