"""Latents to tokens and back, where tokens lie, and the embeddings of numbers."""

import math

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.cogvideox.networks import DenoiserConfig
from i2v_cli.runtime import kernels

WAVELENGTHS = 10_000.0
PATTERN = "b c (t f) (h p) (w q) -> b (t h w) (c f p q)"


class PatchEmbed(nn.Module):
    """Words and patches become tokens. 1.0 learned where they lie, in a table of its one size."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        values = config.channels_in * math.prod(config.patches)
        if config.patch_frames is None:
            self.proj: nn.Conv2d | nn.Linear = nn.Conv2d(
                config.channels_in, config.width, config.patch, config.patch
            )
        else:
            self.proj = nn.Linear(values, config.width)
        self.text_proj = nn.Linear(config.context_width, config.width)
        if config.table is not None:
            length = config.tokens((config.channels_in, *config.table))
            self.pos_embedding = nn.Parameter(torch.zeros(1, length, config.width))

    def forward(self, latents: Tensor, context: Tensor) -> Tensor:
        """latents: [B, C, T, h, w]; context: [B, S, c] -> tokens [B, S + V, D], the words first."""
        frames, height, width = self.config.patches
        values = rearrange(latents, PATTERN, f=frames, p=height, q=width)
        weight = self.proj.weight.flatten(1)  # of a convolution, in the order of a patch's values
        words = context.shape[1]
        tokens = latents.new_empty((len(latents), words + values.shape[1], self.config.width))
        tokens[:, :words] = kernels.linear(context, self.text_proj.weight, self.text_proj.bias)
        tokens[:, words:] = kernels.linear(values, weight, self.proj.bias)
        if self.config.table is not None:
            # A shorter clip is the table's beginning, as the vendor's own code has it.
            tokens += self.pos_embedding[:, : tokens.shape[1]]
        return tokens


class Embedding(nn.Module):
    """A number's sinusoid to [E]."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(width_in, width)
        self.linear_2 = nn.Linear(width, width)

    def forward(self, waves: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(waves)))


def sinusoid(number: Tensor, width: int) -> Tensor:
    """number: [] -> [width] fp32: cosines, then sines, of ever slower waves (Vaswani et al. 2017)."""
    half = width // 2
    speeds = torch.exp(torch.arange(half, device=number.device) * (-math.log(WAVELENGTHS) / half))
    angles = number.float() * speeds
    return torch.cat([angles.cos(), angles.sin()])


def grid(latents: Tensor, config: DenoiserConfig) -> tuple[int, int, int]:
    """How many tokens latents [B, C, T, h, w] are along time, height and width."""
    time, height, width = (
        side // patch for side, patch in zip(latents.shape[2:], config.patches, strict=True)
    )
    return time, height, width


def rope(sides: tuple[int, int, int], head_dim: int, device: torch.device) -> Tensor:
    """[V, K / 2] complex64 of length 1: how far a head's pairs of values are turned at each place (Su et al.
    2021).

    A quarter of a head tells time, three eighths the row and three eighths the column: plain whole numbers,
    which is what the published code comes to at every size that the models make.
    """
    parts = (head_dim // 4, head_dim * 3 // 8, head_dim * 3 // 8)
    angles = []
    for axis, (side, part) in enumerate(zip(sides, parts, strict=True)):
        speeds = WAVELENGTHS ** (-torch.arange(0, part, 2, device=device) / part)
        turned = torch.outer(torch.arange(side, device=device), speeds)
        shape = [side if other == axis else 1 for other in range(3)]
        angles.append(turned.reshape(*shape, -1).expand(*sides, -1))
    flat = torch.cat(angles, dim=-1).flatten(0, 2)
    return torch.polar(torch.ones_like(flat), flat)


def latents_of(values: Tensor, sides: tuple[int, int, int], config: DenoiserConfig) -> Tensor:
    """values: [B, V, n], what each token says of its patch -> [B, C, T, h, w]."""
    (frames, height, width), (_, rows, columns) = config.patches, sides
    backwards = " -> ".join(reversed(PATTERN.split(" -> ")))
    return rearrange(values, backwards, f=frames, p=height, q=width, h=rows, w=columns)
