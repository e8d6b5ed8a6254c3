"""Stable Video Diffusion's autoencoder: pictures are encoded one by one, latents decoded as a clip.

Parameters carry the checkpoint's names; the two halves are loaded apart, `VaeEncoder` without the keys
`IGNORED_BY_ENCODER`, `decoder.VaeDecoder` under the prefix "decoder.".
"""

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.svd.networks import VaeConfig

IGNORED_BY_ENCODER = ("decoder.*",)
GROUPS = 32
EPS = 1e-6


class VaeEncoder(nn.Module):
    """Stable Diffusion's image encoder. fp16 overflows in it: give it fp32."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.quant_conv = nn.Conv2d(2 * config.latent_channels, 2 * config.latent_channels, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """pictures: [B, 3, H, W] in -1..1, sides multiples of 8 -> the mean [B, 4, H/8, W/8], unscaled."""
        mean, _ = self.quant_conv(self.encoder(pictures)).chunk(2, dim=1)
        return mean


class Encoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.widths
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(DownBlock(config, level) for level in range(len(widths)))
        self.mid_block = MidBlock(widths[-1])
        self.conv_norm_out = nn.GroupNorm(GROUPS, widths[-1], EPS)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config.latent_channels, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.conv_in(pictures)
        for block in self.down_blocks:
            x = block(x)
        x = self.mid_block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x), inplace=True))


class DownBlock(nn.Module):
    def __init__(self, config: VaeConfig, level: int) -> None:
        super().__init__()
        width, first = config.widths[level], config.widths[max(level - 1, 0)]
        last = level == len(config.widths) - 1
        self.resnets = nn.ModuleList(
            SpatialResBlock(width if index else first, width) for index in range(config.num_resblocks)
        )
        self.downsamplers = nn.ModuleList([] if last else [Downsample(width)])

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        for downsample in self.downsamplers:
            x = downsample(x)
        return x


class MidBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(SpatialResBlock(width, width) for _ in range(2))
        self.attentions = nn.ModuleList([FrameAttention(width)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class SpatialResBlock(nn.Module):
    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, width_in, EPS)
        self.conv1 = nn.Conv2d(width_in, width, 3, padding=1)
        self.norm2 = nn.GroupNorm(GROUPS, width, EPS)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(width_in, width, 1) if width_in != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C', H, W]."""
        hidden = self.conv1(F.silu(self.norm1(x), inplace=True))
        hidden = self.conv2(F.silu(self.norm2(hidden), inplace=True))
        return hidden.add_(self.conv_shortcut(x))


class FrameAttention(nn.Module):
    """Every pixel of a frame attends to all others, with one head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(GROUPS, width, EPS)
        self.to_q = nn.Linear(width, width)
        self.to_k = nn.Linear(width, width)
        self.to_v = nn.Linear(width, width)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> the same shape."""
        tokens = rearrange(self.group_norm(x), "b c h w -> b 1 (h w) c")
        attended = F.scaled_dot_product_attention(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        return x + rearrange(self.to_out[0](attended), "b 1 (h w) c -> b c h w", h=x.shape[2])


class Downsample(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, H/2, W/2]; zeros stand to the right and below only."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))
