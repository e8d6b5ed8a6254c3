"""Latents to tokens and back, where tokens lie, and the embeddings of numbers."""

import math

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.opensora.networks import FREQUENCIES, PATCH, DenoiserConfig
from i2v_cli.runtime import kernels

WAVELENGTHS = 10_000.0
PATTERN = "b c t (h p) (w q) -> b t (h w) (c p q)"


class PatchEmbed(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        patch = (1, PATCH, PATCH)
        self.proj = nn.Conv3d(config.channels, config.width, patch, patch)

    def forward(self, latents: Tensor) -> Tensor:
        """latents: [B, C, T, h, w] -> tokens [B, T, S, D]; odd sides are filled up with zeros."""
        rows, columns = latents.shape[3:]
        even = F.pad(latents, (0, columns % PATCH, 0, rows % PATCH))
        # Of a convolution over patches the weight is in the order of their values.
        values = rearrange(even, PATTERN, p=PATCH, q=PATCH)
        return kernels.linear(values, self.proj.weight.flatten(1), self.proj.bias)


class NumberEmbedding(nn.Module):
    """A number's sinusoid to [D]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, number: Tensor) -> Tensor:
        """number: []. The sinusoid is computed in fp32: bf16 has no 999."""
        half = FREQUENCIES // 2
        speeds = torch.exp(torch.arange(half, device=number.device) * (-math.log(WAVELENGTHS) / half))
        angles = number.float() * speeds
        waves = torch.cat([angles.cos(), angles.sin()])
        first, *_ = self.mlp.parameters()
        return self.mlp(waves.to(first.dtype))


def grid(rows: int, columns: int) -> tuple[int, int]:
    """How many tokens h x w latents are, down and across."""
    return math.ceil(rows / PATCH), math.ceil(columns / PATCH)


def positions(sides: tuple[int, int], bucket: tuple[int, int], config: DenoiserConfig) -> Tensor:
    """[S, D] fp32: where each token of a frame lies, as sinusoids: the column's sines and cosines, the row's.

    sides: tokens down and across. bucket: (width, height) in pixels. Both axes are stretched to those of a
    square of as many tokens, and that to the square of `base_side` pixels.
    """
    rows, columns = sides
    base = round(math.sqrt(rows * columns))
    share = math.sqrt(math.prod(bucket)) / config.base_side
    count = config.width // 4
    speeds = WAVELENGTHS ** (-torch.arange(count) / count)
    halves = []
    for side in (columns, rows):
        angles = torch.outer(torch.arange(side) / share * (base / side), speeds)
        halves.append(torch.cat([angles.sin(), angles.cos()], dim=-1))
    across, down = halves[0][None].expand(rows, -1, -1), halves[1][:, None].expand(-1, columns, -1)
    return rearrange(torch.cat([across, down], dim=-1), "h w d -> (h w) d")


def turns(frames: int, speeds: Tensor) -> Tensor:
    """[T, K / 2] complex64 of length 1: how far a head's pairs of values are turned at each frame (Su et al.
    2021). speeds: [K / 2], the checkpoint's own.
    """
    angles = torch.outer(torch.arange(frames, device=speeds.device), speeds.float())
    return torch.polar(torch.ones_like(angles), angles)


def latents_of(values: Tensor, size: tuple[int, int]) -> Tensor:
    """values: [B, T, S, 4 C], what each token says of its patch -> [B, C, T, h, w] for size (h, w)."""
    rows, columns = size
    down, _ = grid(rows, columns)
    pattern = "b t (h w) (p q c) -> b c t (h p) (w q)"
    return rearrange(values, pattern, h=down, p=PATCH, q=PATCH)[..., :rows, :columns]
