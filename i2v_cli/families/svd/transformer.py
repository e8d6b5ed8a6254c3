"""The denoiser's transformer: attention within each frame, then within each pixel over time, blended.

Tokens lie as (B, T, H*W, C) all along. The spatial block works on a few frames at a time, the temporal one on
all frames of a few pixels, both in place, so that the wide hidden states never exist for the whole clip.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.svd.embedding import Embedding, sinusoid
from i2v_cli.families.svd.resblock import GROUPS, Mixer, spans
from i2v_cli.runtime import kernels

LONG = 512  # tokens; of shorter rows torch's own attention is the faster one


class Transformer(nn.Module):
    """x: [B*T, C, H, W] -> the same shape."""

    def __init__(self, width: int, num_heads: int, context_width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width, eps=1e-6)
        self.proj_in = kernels.Linear(width, width)
        self.transformer_blocks = nn.ModuleList([SpatialBlock(width, num_heads, context_width)])
        self.temporal_transformer_blocks = nn.ModuleList([TemporalBlock(width, num_heads, context_width)])
        self.time_pos_embed = Embedding(width, 4 * width, width)
        self.time_mixer = Mixer()
        self.proj_out = kernels.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor, length: int) -> Tensor:
        """context: [B, 1, D]; length: T. Overwrites x."""
        tokens = torch.empty_like(rearrange(x, "f c h w -> f (h w) c"))  # [B*T, L, C]
        contexts = context.repeat_interleave(length, dim=0)
        for part in spans(len(x), tokens.shape[1], x.device.type):
            tokens[part] = self.proj_in(rearrange(self.norm(x[part]), "f c h w -> f (h w) c"))
            self.transformer_blocks[0](tokens[part], contexts[part])
        self._over_time(
            rearrange(x, "(b t) c h w -> b t (h w) c", t=length),
            rearrange(tokens, "(b t) l c -> b t l c", t=length),
            context,
        )
        return x

    def _over_time(self, x: Tensor, tokens: Tensor, context: Tensor) -> None:
        """Adds to x what the tokens become: both [B, T, L, C]."""
        batch, length, pixels, width = tokens.shape
        times = sinusoid(torch.arange(length, device=x.device), width).to(x.dtype)
        times = self.time_pos_embed(times)[:, None]  # [T, 1, C]
        temporal_share = 1 - self.time_mixer()
        for part in spans(pixels, batch * length, x.device.type):
            column = tokens[:, :, part]
            mixed = self.temporal_transformer_blocks[0](column + times, context)
            x[:, :, part] += self.proj_out(torch.lerp(column, mixed, temporal_share))


class SpatialBlock(nn.Module):
    def __init__(self, width: int, num_heads: int, context_width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = SelfAttention(width, num_heads)
        self.norm2 = nn.LayerNorm(width)
        self.attn2 = ImageAttention(width, context_width)
        self.norm3 = nn.LayerNorm(width)
        self.ff = FeedForward(width)

    def forward(self, tokens: Tensor, context: Tensor) -> None:
        """Adds to tokens: [F, L, C]. context: [F, 1, D]."""
        tokens += self.attn1(self.norm1(tokens))
        tokens += self.attn2(context)
        tokens += self.ff(self.norm3(tokens))


class TemporalBlock(nn.Module):
    def __init__(self, width: int, num_heads: int, context_width: int) -> None:
        super().__init__()
        self.norm_in = nn.LayerNorm(width)
        self.ff_in = FeedForward(width)
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = SelfAttention(width, num_heads)
        self.norm2 = nn.LayerNorm(width)
        self.attn2 = ImageAttention(width, context_width)
        self.norm3 = nn.LayerNorm(width)
        self.ff = FeedForward(width)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """tokens: [B, T, P, C], overwritten and returned; each pixel attends to itself at other times.

        context: [B, 1, D].
        """
        tokens += self.ff_in(self.norm_in(tokens))
        columns = rearrange(self.norm1(tokens), "b t p c -> b p t c")
        tokens += rearrange(self.attn1(columns), "b p t c -> b t p c")
        tokens += self.attn2(context)[:, None]
        tokens += self.ff(self.norm3(tokens))
        return tokens


class SelfAttention(nn.Module):
    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.to_q = kernels.Linear(width, width, bias=False)
        self.to_k = kernels.Linear(width, width, bias=False)
        self.to_v = kernels.Linear(width, width, bias=False)
        self.to_out = nn.ModuleList([kernels.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        """x: [..., L, C] -> the same shape."""
        query, key, value = (
            rearrange(project(x), "... l (n k) -> (...) n l k", n=self.num_heads)
            for project in (self.to_q, self.to_k, self.to_v)
        )
        if x.shape[-2] < LONG:
            attended = F.scaled_dot_product_attention(query, key, value)
        else:
            attended = torch.stack([_long(*frame) for frame in zip(query, key, value, strict=True)])
        return self.to_out[0](rearrange(attended, "f n l k -> f l (n k)").reshape(x.shape))


def _long(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """One frame's attention, [N, L, K] each -> the same shape."""
    scaled = query * query.shape[-1] ** -0.5
    return kernels.attention(scaled.contiguous(), key.contiguous(), value.contiguous())


class ImageAttention(nn.Module):
    """Cross-attention to one token: its weight is 1 for every query, so none is computed, nor any key."""

    def __init__(self, width: int, context_width: int) -> None:
        super().__init__()
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context_width, width, bias=False)
        self.to_v = nn.Linear(context_width, width, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, context: Tensor) -> Tensor:
        """context: [B, 1, D] -> [B, 1, C]."""
        return self.to_out[0](self.to_v(context))


class FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.ModuleList([Gated(width, 4 * width), nn.Identity(), kernels.Linear(4 * width, width)])

    def forward(self, x: Tensor) -> Tensor:
        """x: [..., C] -> the same shape."""
        gated, _, back = self.net
        return back(gated(x))


class Gated(nn.Module):
    """GEGLU (Shazeer 2020): the first half of `proj` times the exact GELU of the second."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width_in, 2 * width)

    def forward(self, x: Tensor) -> Tensor:
        """x: [..., width_in] -> [..., width]."""
        (weight, gate_weight), (bias, gate_bias) = self.proj.weight.chunk(2), self.proj.bias.chunk(2)
        gate = F.gelu(kernels.linear(x, gate_weight, gate_bias))
        return kernels.linear(x, weight, bias).mul_(gate)
