"""Stable Video Diffusion's UNet (Blattmann et al. 2023); parameters carry the checkpoint's names.

Knows no noise schedule and no guidance: it answers v for latents that the caller has scaled.
"""

from itertools import zip_longest

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.svd.embedding import Embedding, sinusoid
from i2v_cli.families.svd.networks import DenoiserConfig
from i2v_cli.families.svd.resblock import GROUPS, ResBlock, spans
from i2v_cli.families.svd.transformer import Transformer

# Going down, blocks with attention were built with another epsilon than the last; going up, all with theirs.
ATTENTION_EPS = UP_EPS = 1e-6
EPS = 1e-5


def blocks(config: DenoiserConfig) -> tuple[str, ...]:
    """Names of the modules that hold nearly all weights, in the order of a pass."""
    last, count = len(config.widths) - 1, config.num_resblocks
    pair = ("resnets", "attentions")
    down = [
        f"down_blocks.{level}.{kind}.{index}"
        for level in range(last + 1)
        for index in range(count)
        for kind in pair[: 1 if level == last else 2]
    ]
    mid = ["mid_block.resnets.0", "mid_block.attentions.0", "mid_block.resnets.1"]
    up = [
        f"up_blocks.{level}.{kind}.{index}"
        for level in range(last + 1)
        for index in range(count + 1)
        for kind in pair[: 2 if level else 1]
    ]
    return (*down, *mid, *up)


class SvdDenoiser(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        widths, embedding_width = config.widths, 4 * config.widths[0]
        self.id_width = config.id_width
        self.conv_in = nn.Conv2d(config.channels_in, widths[0], 3, padding=1)
        self.time_embedding = Embedding(widths[0], embedding_width, embedding_width)
        self.add_embedding = Embedding(3 * config.id_width, embedding_width, embedding_width)
        self.down_blocks = nn.ModuleList(DownBlock(config, level) for level in range(len(widths)))
        self.mid_block = MidBlock(config)
        self.up_blocks = nn.ModuleList(UpBlock(config, level) for level in reversed(range(len(widths))))
        self.conv_norm_out = nn.GroupNorm(GROUPS, widths[0], EPS)
        self.conv_out = nn.Conv2d(widths[0], config.channels_out, 3, padding=1)

    def forward(self, latents: Tensor, timestep: Tensor, context: Tensor, ids: Tensor) -> Tensor:
        """latents: [B, 8, T, H, W], noisy ones and the photo's; context: [B, 1, D] -> v [B, 4, T, H, W].

        timestep: a number, 1/4 log sigma. ids: [3], frames a second less one, motion bucket, noise added to
        the photo. Both hold for the whole batch.
        """
        length = latents.shape[2]
        embedding = self._embedding(timestep, ids, latents.dtype)
        x = rearrange(latents, "b c t h w -> (b t) c h w").contiguous(memory_format=torch.channels_last)
        x = self.conv_in(x)
        skips = [x]
        for block in self.down_blocks:
            x = block(x, embedding, context, length, skips)
        x = self.mid_block(x, embedding, context, length)
        for block in self.up_blocks:
            x = block(x, embedding, context, length, skips)
        x = self.conv_out(F.silu(self.conv_norm_out(x), inplace=True))
        return rearrange(x, "(b t) c h w -> b c t h w", t=length)

    def _embedding(self, timestep: Tensor, ids: Tensor, dtype: torch.dtype) -> Tensor:
        """-> [E]."""
        time = sinusoid(timestep, self.time_embedding.linear_1.in_features)
        added = sinusoid(ids, self.id_width).flatten()
        return self.time_embedding(time.to(dtype)) + self.add_embedding(added.to(dtype))


class DownBlock(nn.Module):
    """Residual blocks, each followed by a transformer, then half the size; the last level has neither."""

    def __init__(self, config: DenoiserConfig, level: int) -> None:
        super().__init__()
        width, before = config.widths[level], config.widths[max(level - 1, 0)]
        last = level == len(config.widths) - 1
        eps = EPS if last else ATTENTION_EPS
        self.resnets = nn.ModuleList(
            _resblock(config, width if index else before, width, eps) for index in range(config.num_resblocks)
        )
        self.attentions = _transformers(config, level, 0 if last else config.num_resblocks)
        self.downsamplers = nn.ModuleList([] if last else [Downsample(width)])

    def forward(
        self, x: Tensor, embedding: Tensor, context: Tensor, length: int, skips: list[Tensor]
    ) -> Tensor:
        """x: [B*T, C, H, W]. Appends to `skips` what the way up will join."""
        for resnet, attention in zip_longest(self.resnets, self.attentions):
            x = resnet(x, embedding, length)
            if attention is not None:
                x = attention(x, context, length)
            skips.append(x)
        for downsample in self.downsamplers:
            x = downsample(x)
            skips.append(x)
        return x


class MidBlock(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        level = len(config.widths) - 1
        width = config.widths[level]
        self.resnets = nn.ModuleList(_resblock(config, width, width, EPS) for _ in range(2))
        self.attentions = _transformers(config, level, 1)

    def forward(self, x: Tensor, embedding: Tensor, context: Tensor, length: int) -> Tensor:
        x = self.resnets[0](x, embedding, length)
        x = self.attentions[0](x, context, length)
        return self.resnets[1](x, embedding, length)


class UpBlock(nn.Module):
    """One residual block more than on the way down: each joins one of the tensors kept there."""

    def __init__(self, config: DenoiserConfig, level: int) -> None:
        super().__init__()
        widths, count = config.widths, config.num_resblocks + 1
        width, last = widths[level], level == len(widths) - 1
        coming = [widths[min(level + 1, len(widths) - 1)]] + [width] * (count - 1)
        joined = [width] * (count - 1) + [widths[max(level - 1, 0)]]
        self.resnets = nn.ModuleList(
            _resblock(config, x + skip, width, UP_EPS) for x, skip in zip(coming, joined, strict=True)
        )
        self.attentions = _transformers(config, level, 0 if last else count)
        self.upsamplers = nn.ModuleList([Upsample(width)] if level else [])

    def forward(
        self, x: Tensor, embedding: Tensor, context: Tensor, length: int, skips: list[Tensor]
    ) -> Tensor:
        """x: [B*T, C, H, W]. Takes its share off the end of `skips`; grows to the size of the next one."""
        for resnet, attention in zip_longest(self.resnets, self.attentions):
            x = resnet(x, embedding, length, skips.pop())
            if attention is not None:
                x = attention(x, context, length)
        for upsample in self.upsamplers:
            x = upsample(x, skips[-1].shape[2:])
        return x


class Downsample(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[F, C, H, W] -> [F, C, ceil(H / 2), ceil(W / 2)]."""
        return self.conv(x)


class Upsample(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor, size: torch.Size) -> Tensor:
        """[F, C, H, W] -> [F, C, *size], which is twice H and W, or one less."""
        shape = (*x.shape[:2], *size)
        out = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
        for part in spans(len(x), size.numel(), x.device.type):
            out[part] = self.conv(F.interpolate(x[part], size=size))
        return out


def _resblock(config: DenoiserConfig, width_in: int, width: int, eps: float) -> ResBlock:
    return ResBlock(width_in, width, 4 * config.widths[0], eps)


def _transformers(config: DenoiserConfig, level: int, count: int) -> nn.ModuleList:
    width, num_heads = config.widths[level], config.num_heads[level]
    return nn.ModuleList(Transformer(width, num_heads, config.context_width) for _ in range(count))
