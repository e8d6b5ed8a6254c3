"""`pocket`'s denoiser: a diffusion transformer over motion latents: spatial, temporal and cross-attention.

Tokens stand on a grid of positions x places. Position 0 is the photo's own slot; positions 1..12 are temporal
groups (their scene planes). Place 0 of every position stands beside the picture's tokens: in the photo's
slot it says which kinds of things stir, in the others it is the camera. Spatial attention lets them see the
picture, temporal attention makes the camera's path smooth.
Peebles and Xie 2023 (DiT, adaLN-zero); Chen et al. 2023 (one modulation network for all blocks).
"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.pocket.config import (
    CAMERA_CHANNELS,
    GROUPS,
    PATCH,
    SCENE_CHANNELS,
    STILL_CHANNELS,
    DenoiserConfig,
)
from i2v_cli.families.pocket.vae import Latents, split


class PocketDenoiser(nn.Module):
    """Predicts the velocity (noise - data) of motion latents."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        width = config.width
        self.camera_in = nn.Linear(CAMERA_CHANNELS, width)
        self.still_in = nn.Linear(STILL_CHANNELS, width)
        self.scene_in = nn.Linear(SCENE_CHANNELS * PATCH**2, width)
        self.reference_in = nn.Linear(config.reference_channels * PATCH**2, width)
        self.context_in = ContextEncoder(config)
        self.timestep_in = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.pooled_in = nn.Linear(width, width)
        self.modulation = nn.Linear(width, 9 * width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.norm_out = nn.LayerNorm(width, elementwise_affine=False)
        self.camera_out = nn.Linear(width, CAMERA_CHANNELS)
        self.still_out = nn.Linear(width, STILL_CHANNELS)
        self.scene_out = nn.Linear(width, SCENE_CHANNELS * PATCH**2)
        for layer in (self.modulation, self.camera_out, self.still_out, self.scene_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, latents: Tensor, timestep: Tensor, reference: Tensor, context: Tensor, context_mask: Tensor
    ) -> Tensor:
        """One velocity for a batch.

        latents: [B, n] (see vae.py). timestep: [B], the noise level sigma in 0..1. reference: [B, C, h, w].
        context: [B, S, 384], text states; context_mask: [B, S], True where a token is. -> [B, n].
        """
        grid = (reference.shape[2], reference.shape[3])
        context, pooled = self.context_in(context, context_mask)
        tokens = self._tokens(split(latents, grid), reference)
        level = _sinusoid(timestep.float() * 1000.0, tokens.shape[-1]).to(tokens.dtype)
        signal = F.silu(self.timestep_in(level) + self.pooled_in(pooled))
        modulation = rearrange(self.modulation(signal), "b (m d) -> m b 1 1 d", m=9)
        for block in self.blocks:
            tokens = block(tokens, modulation, context, context_mask)
        return self._velocity(self.norm_out(tokens), grid)

    def _tokens(self, latents: Latents, reference: Tensor) -> Tensor:
        """-> [B, 13, 1 + L, D], L picture tokens in (h, w) order."""
        patch = {"p": PATCH, "q": PATCH}
        scene = self.scene_in(rearrange(latents.scene, "b g (h p) (w q) c -> b g (h w) (p q c)", **patch))
        seen = self.reference_in(rearrange(reference, "b c (h p) (w q) -> b 1 (h w) (p q c)", **patch))
        places = _places(reference.shape[2] // PATCH, reference.shape[3] // PATCH, seen)
        picture = F.pad(scene, (0, 0, 0, 0, 1, 0)) + seen + places
        camera = torch.cat([self.still_in(latents.still)[:, None], self.camera_in(latents.camera)], dim=1)
        positions = _sinusoid(torch.arange(GROUPS + 1, device=seen.device) * 8.0, seen.shape[-1]).to(
            seen.dtype
        )
        return torch.cat([camera.unsqueeze(2), picture], dim=2) + positions[:, None]

    def _velocity(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        scene = rearrange(
            self.scene_out(tokens[:, 1:, 1:]),
            "b g (h w) (p q c) -> b g (h p) (w q) c",
            p=PATCH,
            q=PATCH,
            h=grid[0] // PATCH,
        )
        return Latents(self.camera_out(tokens[:, 1:, 0]), self.still_out(tokens[:, 0, 0]), scene).join()


class Block(nn.Module):
    """Spatial attention inside a position, temporal along a place, the text, then a feed-forward."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        width, heads = config.width, config.num_heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.spatial = Attention(width, heads)
        self.temporal = Attention(width, heads)
        self.cross_norm = nn.LayerNorm(width)
        self.cross = Attention(width, heads)
        self.mlp = FeedForward(width, config.mlp_ratio)
        # Not torch.randn: on the meta device it would import torch's compiler, for a second.
        self.table = nn.Parameter(nn.init.normal_(torch.empty(9, width), std=width**-0.5))

    def forward(self, tokens: Tensor, modulation: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """tokens: [B, T, L, D]; modulation: [9, B, 1, 1, D]; context: [B, S, D]."""
        positions, places = tokens.shape[1], tokens.shape[2]
        modulation = modulation + rearrange(self.table, "m d -> m 1 1 1 d")
        shift, scale, gate = modulation[0:3]
        hidden = rearrange(self._modulated(tokens, shift, scale), "b t l d -> (b t) l d")
        tokens = tokens + gate * rearrange(self.spatial(hidden, hidden), "(b t) l d -> b t l d", t=positions)
        shift, scale, gate = modulation[3:6]
        hidden = rearrange(self._modulated(tokens, shift, scale), "b t l d -> (b l) t d")
        tokens = tokens + gate * rearrange(self.temporal(hidden, hidden), "(b l) t d -> b t l d", l=places)
        hidden = rearrange(self.cross_norm(tokens), "b t l d -> b (t l) d")
        told = self.cross(hidden, context, context_mask)
        tokens = tokens + rearrange(told, "b (t l) d -> b t l d", t=positions)
        shift, scale, gate = modulation[6:9]
        return tokens + gate * self.mlp(self._modulated(tokens, shift, scale))

    def _modulated(self, tokens: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
        return self.norm(tokens) * (1 + scale) + shift


class ContextEncoder(nn.Module):
    """Frozen text states -> what the blocks attend to, and their mean for the modulation."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.proj_in = nn.Linear(config.context_width, config.width)
        self.layers = nn.ModuleList(ContextLayer(config) for _ in range(config.num_context_layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, context: Tensor, context_mask: Tensor) -> tuple[Tensor, Tensor]:
        """context: [B, S, 384] -> tokens [B, S, D], pooled [B, D]."""
        hidden = self.proj_in(context)
        for layer in self.layers:
            hidden = layer(hidden, context_mask)
        hidden = self.norm(hidden)
        weights = context_mask.to(hidden.dtype).unsqueeze(-1)
        return hidden, (hidden * weights).sum(dim=1) / weights.sum(dim=1)


class ContextLayer(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.width)
        self.attention = Attention(config.width, config.num_heads)
        self.norm2 = nn.LayerNorm(config.width)
        self.mlp = FeedForward(config.width, config.mlp_ratio)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        normed = self.norm1(hidden)
        hidden = hidden + self.attention(normed, normed, mask)
        return hidden + self.mlp(self.norm2(hidden))


class Attention(nn.Module):
    """Multi-head attention of [B, L, D] over [B, S, D].

    Written out: on a CPU the fused kernel's backward is slower on sequences of a few dozen tokens.
    """

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.to_q = nn.Linear(width, width)
        self.to_kv = nn.Linear(width, 2 * width)
        self.to_out = nn.Linear(width, width)

    def forward(self, hidden: Tensor, context: Tensor, mask: Tensor | None = None) -> Tensor:
        heads = self.num_heads
        query = rearrange(self.to_q(hidden), "b l (n k) -> (b n) l k", n=heads)
        key, value = rearrange(self.to_kv(context), "b s (two n k) -> two (b n) s k", two=2, n=heads)
        scores = torch.bmm(query * query.shape[-1] ** -0.5, key.transpose(1, 2))  # [B*N, L, S]
        if mask is not None:
            blocked = ~mask.repeat_interleave(heads, dim=0).unsqueeze(1)
            scores = scores.masked_fill(blocked, -1e4)
        attended = torch.bmm(scores.softmax(dim=-1), value)
        return self.to_out(rearrange(attended, "(b n) l k -> b l (n k)", n=heads))


class FeedForward(nn.Module):
    def __init__(self, width: int, ratio: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, ratio * width)
        self.down = nn.Linear(ratio * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.down(F.gelu(self.up(hidden), approximate="tanh"))


def _sinusoid(values: Tensor, width: int) -> Tensor:
    """[B] -> [B, width] fp32 (Vaswani et al. 2017)."""
    half = width // 2
    frequencies = torch.exp(torch.arange(half, device=values.device) * (-math.log(10_000.0) / half))
    angles = values.float().unsqueeze(-1) * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _places(rows: int, columns: int, like: Tensor) -> Tensor:
    """Where a picture token lies, in half-heights, so that grids of any aspect agree. -> [L, D]."""
    y = (torch.arange(rows, device=like.device) + 0.5) * (2 / rows) - 1
    x = ((torch.arange(columns, device=like.device) + 0.5) * 2 - columns) / rows
    half = like.shape[-1] // 2
    vertical = _sinusoid(y * 50.0, half)[:, None].expand(-1, columns, -1)
    horizontal = _sinusoid(x * 50.0, half)[None].expand(rows, -1, -1)
    return rearrange(torch.cat([vertical, horizontal], dim=-1), "h w d -> (h w) d").to(like.dtype)
