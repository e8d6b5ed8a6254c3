"""The autoencoder of pictures, that of Stable Diffusion XL; parameters carry the checkpoint's names.

fp16 overflows in both halves.
"""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.opensora.networks import VaeConfig
from i2v_cli.runtime import kernels

EPS = 1e-6
# Not that of the published SDXL autoencoder: the latents that Open-Sora was trained on were scaled by this.
SCALE = 0.18215


class PictureEncoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.quant_conv = nn.Conv2d(2 * config.channels, 2 * config.channels, 1)

    def moments(self, pictures: Tensor) -> Tensor:
        """pictures: [B, 3, H, W] in -1..1 -> mean and log variance [B, 8, H // 8, W // 8], unscaled."""
        given = pictures.contiguous(memory_format=torch.channels_last)
        return self.quant_conv(self.encoder(given))

    def forward(self, pictures: Tensor) -> Tensor:
        """The scaled mean, [B, 4, H // 8, W // 8]."""
        mean, _ = self.moments(pictures).chunk(2, dim=1)
        return mean * SCALE


class PictureDecoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.post_quant_conv = nn.Conv2d(config.channels, config.channels, 1)
        self.decoder = Decoder(config)

    def forward(self, latents: Tensor) -> Tensor:
        """latents: [B, 4, h, w], scaled -> pictures [B, 3, 8h, 8w], about -1..1."""
        given = (latents / SCALE).contiguous(memory_format=torch.channels_last)
        return self.decoder(self.post_quant_conv(given))


class Encoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.widths
        self.conv_in = Conv(3, widths[0])
        self.down_blocks = nn.ModuleList(DownBlock(config, level) for level in range(len(widths)))
        self.mid_block = MidBlock(config)
        self.conv_norm_out = nn.GroupNorm(config.groups, widths[-1], EPS)
        self.conv_out = Conv(widths[-1], 2 * config.channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        x = self.mid_block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x), inplace=True))


class Decoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.widths
        self.conv_in = Conv(config.channels, widths[-1])
        self.mid_block = MidBlock(config)
        self.up_blocks = nn.ModuleList(UpBlock(config, level) for level in reversed(range(len(widths))))
        self.conv_norm_out = nn.GroupNorm(config.groups, widths[0], EPS)
        self.conv_out = Conv(widths[0], 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(x))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x), inplace=True))


class DownBlock(nn.Module):
    """A level of the encoder: residual blocks, then half the size, but for the coarsest."""

    def __init__(self, config: VaeConfig, level: int) -> None:
        super().__init__()
        width, before = config.widths[level], config.widths[max(level - 1, 0)]
        last = level == len(config.widths) - 1
        self.resnets = nn.ModuleList(
            ResBlock(config, width if index else before, width) for index in range(config.num_resblocks)
        )
        self.downsamplers = nn.ModuleList([] if last else [Downsample(width)])

    def forward(self, x: Tensor) -> Tensor:
        for layer in (*self.resnets, *self.downsamplers):
            x = layer(x)
        return x


class MidBlock(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        width = config.widths[-1]
        self.resnets = nn.ModuleList(ResBlock(config, width, width) for _ in range(2))
        self.attentions = nn.ModuleList([Attention(config)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class UpBlock(nn.Module):
    """A level of the decoder: residual blocks, then twice the size, but for the finest."""

    def __init__(self, config: VaeConfig, level: int) -> None:
        super().__init__()
        top = len(config.widths) - 1
        width, before = config.widths[level], config.widths[min(level + 1, top)]
        self.resnets = nn.ModuleList(
            ResBlock(config, width if index else before, width) for index in range(config.num_resblocks + 1)
        )
        self.upsamplers = nn.ModuleList([Upsample(width)] if level else [])

    def forward(self, x: Tensor) -> Tensor:
        for layer in (*self.resnets, *self.upsamplers):
            x = layer(x)
        return x


class ResBlock(nn.Module):
    def __init__(self, config: VaeConfig, width_in: int, width: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(config.groups, width_in, EPS)
        self.conv1 = Conv(width_in, width)
        self.norm2 = nn.GroupNorm(config.groups, width, EPS)
        self.conv2 = Conv(width, width)
        self.conv_shortcut = nn.Conv2d(width_in, width, 1) if width_in != width else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C', H, W]."""
        hidden = self.conv1(F.silu(self.norm1(x), inplace=True))
        hidden = self.conv2(F.silu(self.norm2(hidden), inplace=True))
        return hidden.add_(self.conv_shortcut(x))


class Attention(nn.Module):
    """Every place of a picture attends to all others, with one head."""

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        width = config.widths[-1]
        self.group_norm = nn.GroupNorm(config.groups, width, EPS)
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
        """[B, C, H, W] -> [B, C, H // 2, W // 2]; zeros stand to the right and below only."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = Conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, 2H, 2W]."""
        return self.conv(F.interpolate(x, scale_factor=2.0))


class Conv(nn.Conv2d):
    """3x3, zeros around."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__(width_in, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return kernels.conv(x, self.weight, self.bias, padding=(1, 1))
