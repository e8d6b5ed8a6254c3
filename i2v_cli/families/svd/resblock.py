"""The denoiser's residual block: one over space, one over time, blended by a learned factor.

Clips run through the denoiser as [B*T, C, H, W] in channels-last memory, that is (B, T, H, W, C). Seen as
[B, C, T, H*W] it is channels-last too, so the convolution over time is a two-dimensional one of the same
bytes: nothing is ever transposed.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

GROUPS = 32
# Work is done on so many tokens at a time: what lies between two layers stays in the processor's cache, and
# memory is that of the clip's own tensors. GPUs need more at once to be busy.
TOKENS_AT_ONCE = {"cpu": 4096}
TOKENS_AT_ONCE_ELSEWHERE = 65_536


def spans(count: int, tokens_each: int, device: str) -> Iterator[slice]:
    """0..count cut into slices of at most about `TOKENS_AT_ONCE` tokens, when each item has `tokens_each`."""
    each = max(TOKENS_AT_ONCE.get(device, TOKENS_AT_ONCE_ELSEWHERE) // tokens_each, 1)
    return (slice(start, min(start + each, count)) for start in range(0, count, each))


class ResBlock(nn.Module):
    """x: [B*T, C, H, W] -> [B*T, C', H, W]."""

    def __init__(self, width_in: int, width: int, embedding_width: int, eps: float) -> None:
        super().__init__()
        self.spatial_res_block = SpatialResBlock(width_in, width, embedding_width, eps)
        self.temporal_res_block = TemporalResBlock(width, embedding_width, eps)
        self.time_mixer = Mixer()

    def forward(self, x: Tensor, embedding: Tensor, length: int, skip: Tensor | None = None) -> Tensor:
        """embedding: [E], of noise level and ids. length: T. skip: [B*T, C'', H, W], joined to x."""
        embedding = F.silu(embedding)
        x = self.spatial_res_block(x, embedding, skip)
        change = self.temporal_res_block(x, embedding, length)
        # The spatial share of x, and the rest of x with the change: x is in both.
        return x.addcmul_(change, 1 - self.time_mixer())


class Mixer(nn.Module):
    """The share of the spatial half, 0..1. In the VAE's decoder the same name is the temporal half's."""

    def __init__(self) -> None:
        super().__init__()
        self.mix_factor = nn.Parameter(torch.zeros(1))

    def forward(self) -> Tensor:
        return self.mix_factor.sigmoid()


class SpatialResBlock(nn.Module):
    """Frame by frame, so a few frames at a time."""

    def __init__(self, width_in: int, width: int, embedding_width: int, eps: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, width_in, eps)
        self.conv1 = nn.Conv2d(width_in, width, 3, padding=1)
        self.time_emb_proj = nn.Linear(embedding_width, width)
        self.norm2 = nn.GroupNorm(GROUPS, width, eps)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(width_in, width, 1) if width_in != width else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor, skip: Tensor | None) -> Tensor:
        """x, skip: [B*T, ., H, W]; embedding: [E] -> [B*T, C', H, W], a new tensor."""
        frames, _, height, width = x.shape
        out = torch.empty(
            (frames, self.conv2.out_channels, height, width),
            dtype=x.dtype,
            device=x.device,
            memory_format=torch.channels_last,
        )
        bias = self.conv1.bias + self.time_emb_proj(embedding)  # the embedding is the same for all frames
        for part in spans(frames, height * width, x.device.type):
            joined = x[part] if skip is None else torch.cat([x[part], skip[part]], dim=1)
            hidden = F.silu(self.norm1(joined), inplace=True)
            hidden = F.conv2d(hidden, self.conv1.weight, bias, padding=1)
            hidden = F.silu(self.norm2(hidden), inplace=True)
            torch.add(self.conv_shortcut(joined), self.conv2(hidden), out=out[part])
        return out


class TemporalResBlock(nn.Module):
    """Kernels of three frames and one pixel; zeros stand before the first and after the last frame."""

    def __init__(self, width: int, embedding_width: int, eps: float) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, width, eps)
        self.conv1 = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0))
        self.time_emb_proj = nn.Linear(embedding_width, width)
        self.norm2 = nn.GroupNorm(GROUPS, width, eps)
        self.conv2 = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0))

    def forward(self, x: Tensor, embedding: Tensor, length: int) -> Tensor:
        """x: [B*T, C, H, W], embedding: [E] -> the change, of x's shape."""
        hidden = rearrange(x, "(b t) c h w -> b c t (h w)", t=length)
        hidden = F.silu(self.norm1(hidden), inplace=True)
        hidden = conv_time(hidden, self.conv1.weight, self.conv1.bias + self.time_emb_proj(embedding))
        hidden = F.silu(self.norm2(hidden), inplace=True)
        hidden = conv_time(hidden, self.conv2.weight, self.conv2.bias)
        return rearrange(hidden, "b c t (h w) -> (b t) c h w", h=x.shape[2])


def conv_time(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x: [B, C, T, P], weight: [C', C, 3, 1, 1] -> [B, C', T, P].

    On a CPU three times as fast as the same conv3d, which fp32 sends to a kernel without blocking.
    """
    return F.conv2d(x, weight.squeeze(-1), bias, padding=(1, 0))
