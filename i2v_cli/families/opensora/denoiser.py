"""Open-Sora's diffusion transformer, STDiT3 (Zheng et al. 2024); parameters carry the checkpoint's names.

Every frame attends to itself, every place to itself at other times, and all to the words. Frames that are
held are not noisy: they are modulated as at time 0. Knows no noise schedule and no guidance: it answers a
velocity from noise to data.

B clips    T frames    S tokens a frame    D width    N heads    K head width    C context width

Tokens are changed in place, some of them at a time: what a block needs besides them is little.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.opensora.layers import CrossAttention, FeedForward, SelfAttention, parts
from i2v_cli.families.opensora.networks import PATCH, DenoiserConfig
from i2v_cli.families.opensora.tokens import NumberEmbedding, PatchEmbed, grid, latents_of, positions, turns
from i2v_cli.runtime import kernels

EPS = 1e-6
KEEP_FP32 = ("rope.freqs",)  # positions times speeds are angles


def blocks(config: DenoiserConfig) -> tuple[str, ...]:
    """Names of the modules that hold nearly all weights, in the order of a pass."""
    kinds = ("spatial_blocks", "temporal_blocks")
    return tuple(f"{kind}.{index}" for index in range(config.num_layers) for kind in kinds)


class OpenSoraDenoiser(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.rope = Rope(config.head_dim)
        self.x_embedder = PatchEmbed(config)
        self.t_embedder = NumberEmbedding(width)
        self.fps_embedder = NumberEmbedding(width)
        self.t_block = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.y_embedder = Words(config)
        self.spatial_blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.temporal_blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.final_layer = FinalLayer(config)

    def forward(
        self,
        latents: Tensor,
        timestep: Tensor,
        contexts: list[Tensor],
        *,
        fps: float,
        bucket: tuple[int, int],
        held: Tensor | None = None,
    ) -> Tensor:
        """latents: [B, 4, T, h, w] -> the velocity x0 - noise, of the same shape.

        timestep: [], 0 to 1000. contexts: a clip's words each, [S, C]; see `null`. bucket: (width, height) in
        pixels of the model's training. held: [B, T], True for frames without noise; None for none.
        """
        size = (latents.shape[3], latents.shape[4])
        tokens = self.x_embedder(latents)
        tokens += positions(grid(*size), bucket, self.config).to(tokens)
        now, still = self._embeddings(timestep, fps)
        each = [None] * len(latents) if held is None else held.to(latents.device).unbind()
        modulations = [_of_frames(self.t_block(now), self.t_block(still), frames) for frames in each]
        words = [self.y_embedder(context) for context in contexts]
        turned = turns(latents.shape[2], self.rope.freqs)
        for spatial, temporal in zip(self.spatial_blocks, self.temporal_blocks, strict=True):
            spatial(tokens, modulations, words, None)
            temporal(tokens, modulations, words, turned)
        values = torch.stack(
            [self.final_layer(clip, now, still, frames) for clip, frames in zip(tokens, each, strict=True)]
        )
        velocity, _ = latents_of(values, size).chunk(2, dim=1)  # the other half was never used
        return velocity

    def null(self, length: int) -> Tensor:
        """[length, C], learned: what stands for no words beside a prompt of `length` tokens."""
        return self.y_embedder.y_embedding[:length]

    def _embeddings(self, timestep: Tensor, fps: float) -> tuple[Tensor, Tensor]:
        """[D] of frames that are noisy, and of those that are not."""
        rate = self.fps_embedder(torch.full_like(timestep, fps, dtype=torch.float32))
        return self.t_embedder(timestep) + rate, self.t_embedder(torch.zeros_like(timestep)) + rate


def _of_frames(now: Tensor, still: Tensor, held: Tensor | None) -> Tensor:
    """now, still: [n] -> [T, n], each frame's own; [1, n] where none is held."""
    return now[None] if held is None else torch.where(held[:, None], still, now)


class Rope(nn.Module):
    def __init__(self, head_dim: int) -> None:
        super().__init__()
        self.freqs = nn.Parameter(torch.zeros(head_dim // 2))


class Words(nn.Module):
    y_embedding: Tensor

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.y_proj = FeedForward(config.context_width, config.width, config.width)
        self.register_buffer("y_embedding", torch.zeros(config.context_length, config.context_width))

    def forward(self, context: Tensor) -> Tensor:
        """context: [S, C] -> [S, D]."""
        return self.y_proj(context)


class Block(nn.Module):
    """Self-attention within frames or over time, cross-attention to the words, a feed-forward layer."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.scale_shift_table = nn.Parameter(torch.zeros(6, config.width))
        self.attn = SelfAttention(config)
        self.cross_attn = CrossAttention(config)
        self.mlp = FeedForward(config.width, 4 * config.width, config.width)

    def forward(
        self, tokens: Tensor, modulations: list[Tensor], words: list[Tensor], turned: Tensor | None
    ) -> None:
        """Changes tokens: [B, T, S, D]. modulations: [T or 1, 6 D] a clip; words: [S, D] a clip.

        turned: see `tokens.turns`; None for attention within frames.
        """
        for clip, modulation, said in zip(tokens, modulations, words, strict=True):
            six = self.scale_shift_table + rearrange(modulation, "t (six d) -> t six d", six=6)
            shift, scale, gate, shift_mlp, scale_mlp, gate_mlp = rearrange(six, "t six d -> six t 1 d")
            for frames, places in _frames(clip) if turned is None else _columns(clip):
                part = clip[frames, places]
                normed = normalized(part, _at(shift, frames), _at(scale, frames))
                part += self._attended(normed, turned) * _at(gate, frames)
            key_value = self.cross_attn.prepared(said)
            for frames, _ in _frames(clip):
                part = clip[frames]
                part += self.cross_attn(part, key_value)
                normed = normalized(part, _at(shift_mlp, frames), _at(scale_mlp, frames))
                part += self.mlp(normed) * _at(gate_mlp, frames)

    def _attended(self, part: Tensor, turned: Tensor | None) -> Tensor:
        """part: [T, S, D], frames, or places at all times, which attend to themselves -> the same shape."""
        if turned is None:
            return self.attn(part)
        return rearrange(self.attn(rearrange(part, "t s d -> s t d"), turned), "s t d -> t s d")


class FinalLayer(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.scale_shift_table = nn.Parameter(torch.zeros(2, config.width))
        self.linear = nn.Linear(config.width, PATCH**2 * 2 * config.channels)

    def forward(self, clip: Tensor, now: Tensor, still: Tensor, held: Tensor | None) -> Tensor:
        """clip: [T, S, D]; now, still: [D] -> [T, S, n], what each token says of its patch.

        Held frames are normalised twice, the second time as frames at rest: an oversight of the reference
        with which the model was trained.
        """
        out = clip.new_empty((*clip.shape[:2], self.linear.out_features))
        for index, frame in enumerate(clip):
            seen = normalized(frame, *(self.scale_shift_table + now))
            if held is not None and held[index]:
                seen = normalized(seen, *(self.scale_shift_table + still))
            out[index] = kernels.linear(seen, self.linear.weight, self.linear.bias)
        return out


def normalized(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """LN(x) (1 + scale) + shift over the last axis."""
    return torch.addcmul(shift, F.layer_norm(x, x.shape[-1:], eps=EPS), 1 + scale)


def _at(modulation: Tensor, frames: slice) -> Tensor:
    """Of [T or 1, 1, D] what belongs to some frames."""
    return modulation if len(modulation) == 1 else modulation[frames]


def _frames(clip: Tensor) -> Iterator[tuple[slice, slice]]:
    """clip: [T, S, D] -> (frames, places): whole frames, as many at once as `parts` says."""
    for frames in parts(clip.shape[0], clip.shape[1], clip.device.type):
        yield frames, slice(None)


def _columns(clip: Tensor) -> Iterator[tuple[slice, slice]]:
    """clip: [T, S, D] -> (frames, places): some places at all times."""
    for columns in parts(clip.shape[1], clip.shape[0], clip.device.type):
        yield slice(None), columns
