"""The autoencoder of pictures' latents over time: four frames become one; parameters carry the checkpoint's
names.

It is causal and sees 17 frames at most: each chunk begins with nothing before it, and shares nothing with the
others. Of frames that are no multiple of four, zeros stand before the first.
"""

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.opensora.networks import MULTIPLIERS, VaeConfig
from i2v_cli.runtime import kernels

EPS = 1e-5
STRIDE = 4
TIMED = (False, True, True)  # whether between a level and the next coarser one there are half as many frames
LOG_VARIANCE = (-30.0, 20.0)


class TimeEncoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.quant_conv = CausalConv(2 * config.channels, 2 * config.channels, 1)

    def moments(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """frames: [4, F, h, w], F at most 17 -> mean and log variance [4, ceil(F / 4), h, w]."""
        padded = F.pad(frames, (0, 0, 0, 0, -frames.shape[1] % STRIDE, 0))
        mean, log_variance = self.quant_conv(self.encoder(padded[None]))[0].chunk(2)
        return mean, log_variance.clamp(*LOG_VARIANCE)


class TimeDecoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.post_quant_conv = CausalConv(config.channels, config.channels, 1)
        self.decoder = Decoder(config)

    def forward(self, latents: Tensor, count: int) -> Tensor:
        """latents: [4, T, h, w], T at most 5 -> [4, count, h, w]; of each first latent frames are dropped."""
        made = self.decoder(self.post_quant_conv(latents[None]))[0]
        return made[:, -count % STRIDE :]


class Encoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = [config.temporal_width * by for by in MULTIPLIERS]
        self.conv_in = CausalConv(config.channels, widths[0], 3, bias=False)
        before = (widths[0], *widths[:-1])
        self.block_res_blocks = nn.ModuleList(
            _resblocks(config, first, width) for first, width in zip(before, widths, strict=True)
        )
        self.conv_blocks = nn.ModuleList(
            CausalConv(width, width, 3, stride=2) if timed else nn.Identity()
            for width, timed in zip(widths, TIMED, strict=False)
        )
        self.res_blocks = _resblocks(config, widths[-1], widths[-1])
        self.norm1 = nn.GroupNorm(config.temporal_groups, widths[-1], EPS)
        self.conv2 = CausalConv(widths[-1], 2 * config.channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[1, 4, F, h, w] -> [1, 8, F / 4, h, w]."""
        x = self.conv_in(x)
        for level, resblocks in enumerate(self.block_res_blocks):
            x = resblocks(x)
            if level < len(TIMED):
                x = self.conv_blocks[level](x)
        return self.conv2(F.silu(self.norm1(self.res_blocks(x)), inplace=True))


class Decoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = [config.temporal_width * by for by in MULTIPLIERS]
        self.conv1 = CausalConv(config.channels, widths[-1], 3)
        self.res_blocks = _resblocks(config, widths[-1], widths[-1])
        before = (*widths[1:], widths[-1])
        self.block_res_blocks = nn.ModuleList(
            _resblocks(config, first, width) for first, width in zip(before, widths, strict=True)
        )
        self.conv_blocks = nn.ModuleList(
            CausalConv(width, 2 * width, 3) if timed else nn.Identity()
            for width, timed in zip(widths[1:], TIMED, strict=True)
        )
        self.norm1 = nn.GroupNorm(config.temporal_groups, widths[0], EPS)
        self.conv_out = CausalConv(widths[0], config.channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """[1, 4, T, h, w] -> [1, 4, 4 T, h, w]."""
        x = self.res_blocks(self.conv1(x))
        for level in reversed(range(len(self.block_res_blocks))):
            x = self.block_res_blocks[level](x)
            if level and TIMED[level - 1]:
                x = rearrange(self.conv_blocks[level - 1](x), "b (c two) t h w -> b c (t two) h w", two=2)
        return self.conv_out(F.silu(self.norm1(x), inplace=True))


class ResBlock(nn.Module):
    def __init__(self, config: VaeConfig, width_in: int, width: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(config.temporal_groups, width_in, EPS)
        self.conv1 = CausalConv(width_in, width, 3, bias=False)
        self.norm2 = nn.GroupNorm(config.temporal_groups, width, EPS)
        self.conv2 = CausalConv(width, width, 3, bias=False)
        self.conv3 = CausalConv(width_in, width, 1, bias=False) if width_in != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, T, h, w] -> [1, C', T, h, w]; statistics are the whole chunk's."""
        hidden = self.conv1(F.silu(self.norm1(x), inplace=True))
        hidden = self.conv2(F.silu(self.norm2(hidden), inplace=True))
        return hidden.add_(self.conv3(x))


class CausalConv(nn.Module):
    """Over a frame and those before it, zeros before the first; stride: in time."""

    def __init__(self, width_in: int, width: int, kernel: int, *, stride: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv3d(width_in, width, kernel, (stride, 1, 1), bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """[1, C, T, h, w] -> [1, C', T / stride, h, w]."""
        kernel, stride = self.conv.kernel_size[0], self.conv.stride[0]
        around = kernel // 2
        x = F.pad(x, (0, 0, 0, 0, kernel - stride, 0))
        if stride == 1:
            return kernels.conv(x, self.conv.weight, self.conv.bias, padding=(0, around, around))
        return F.conv3d(x, self.conv.weight, self.conv.bias, self.conv.stride, (0, around, around))


def _resblocks(config: VaeConfig, width_in: int, width: int) -> nn.Sequential:
    """The first of them changes the width."""
    return nn.Sequential(
        *(ResBlock(config, width if index else width_in, width) for index in range(config.temporal_resblocks))
    )
