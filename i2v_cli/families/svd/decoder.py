"""The autoencoder's decoder: spatial blocks frame by frame, temporal ones over the whole clip.

A temporal block normalises with statistics of all frames, so no frame can be finished before the others are
begun. But it mixes each pixel with itself at other times only. The decoder therefore keeps a list of frames
(of groups, where they are small), works on one at a time where space is mixed and on a few pixels of all of
them where time is, and writes in place: the result is the whole clip's, memory that of two activations.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.svd.networks import VaeConfig
from i2v_cli.families.svd.vae import EPS, GROUPS, FrameAttention, SpatialResBlock
from i2v_cli.runtime import kernels

TEMPORAL_EPS = 1e-5
TOKENS_AT_ONCE = 16_384  # pixels times frames of a temporal block's work
PIXELS_AT_ONCE = 4096  # of latents, of small frames that are worked on together


class VaeDecoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.widths
        self.conv_in = nn.Conv2d(config.latent_channels, widths[-1], 3, padding=1)
        self.mid_block = MidBlock(widths[-1], config.num_resblocks)
        self.up_blocks = nn.ModuleList(UpBlock(config, level) for level in reversed(range(len(widths))))
        self.conv_norm_out = nn.GroupNorm(GROUPS, widths[0], EPS)
        self.conv_out = nn.Conv2d(widths[0], 3, 3, padding=1)
        self.time_conv_out = nn.Conv3d(3, 3, (3, 1, 1), padding=(1, 0, 0))

    def forward(self, latents: Tensor) -> Iterator[Tensor]:
        """latents: [T, 4, h, w], unscaled -> T frames [3, 8h, 8w], about -1..1, one after the other."""
        latents = latents.contiguous(memory_format=torch.channels_last)
        each = max(PIXELS_AT_ONCE // latents[0, 0].numel(), 1)
        frames = [self.conv_in(group) for group in latents.split(each)]
        self.mid_block(frames)
        for block in self.up_blocks:
            block(frames)
        _replace(frames, lambda group: self.conv_out(F.silu(self.conv_norm_out(group), inplace=True)))
        yield from self._over_time([frame for group in frames for frame in group.split(1)])

    def _over_time(self, frames: list[Tensor]) -> Iterator[Tensor]:
        """The last convolution: each frame with its neighbours, zeros before the first and after the last."""
        none = torch.zeros_like(frames[0])
        for window in zip([none, *frames], frames, [*frames[1:], none], strict=False):
            clip = rearrange(list(window), "t 1 c h w -> 1 c t (h w)")
            mixed = F.conv2d(clip, self.time_conv_out.weight.squeeze(-1), self.time_conv_out.bias)
            yield rearrange(mixed, "1 c 1 (h w) -> c h w", w=none.shape[3])


class MidBlock(nn.Module):
    def __init__(self, width: int, num_resblocks: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(ResBlock(width, width) for _ in range(num_resblocks))
        self.attentions = nn.ModuleList([FrameAttention(width)])

    def forward(self, frames: list[Tensor]) -> None:
        first, *rest = self.resnets
        first(frames)
        _replace(frames, self.attentions[0])
        for resnet in rest:
            resnet(frames)


class UpBlock(nn.Module):
    def __init__(self, config: VaeConfig, level: int) -> None:
        super().__init__()
        widths = config.widths
        width, first = widths[level], widths[min(level + 1, len(widths) - 1)]
        self.resnets = nn.ModuleList(
            ResBlock(width if index else first, width) for index in range(config.num_resblocks + 1)
        )
        self.upsamplers = nn.ModuleList([Upsample(width)] if level else [])

    def forward(self, frames: list[Tensor]) -> None:
        for resnet in self.resnets:
            resnet(frames)
        for upsample in self.upsamplers:
            _replace(frames, upsample)


class ResBlock(nn.Module):
    """A spatial and a temporal residual block, blended: frames [., C, H, W] become [., C', H, W]."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.spatial_res_block = SpatialResBlock(width_in, width)
        self.temporal_res_block = TemporalResBlock(width)
        self.time_mixer = Mixer()

    def forward(self, frames: list[Tensor]) -> None:
        _replace(frames, self.spatial_res_block)
        self.temporal_res_block(frames, self.time_mixer())


class Mixer(nn.Module):
    """The share of the temporal half, 0..1. (In the UNet the same name is the spatial half's share.)"""

    def __init__(self) -> None:
        super().__init__()
        self.mix_factor = nn.Parameter(torch.zeros(1))

    def forward(self) -> Tensor:
        return self.mix_factor.sigmoid()


class TemporalResBlock(nn.Module):
    """Kernels of three frames and one pixel; zeros stand before the first and after the last frame."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(GROUPS, width, TEMPORAL_EPS)
        self.conv1 = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0))
        self.norm2 = nn.GroupNorm(GROUPS, width, TEMPORAL_EPS)
        self.conv2 = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0))

    def forward(self, frames: list[Tensor], share: Tensor) -> None:
        """Adds to the frames the block's change times `share`."""
        rows = [rearrange(group, "t c h w -> t (h w) c") for group in frames]
        length, pixels = sum(len(group) for group in rows), rows[0].shape[1]
        each = max(TOKENS_AT_ONCE // length, 1)
        parts = [slice(start, start + each) for start in range(0, pixels, each)]
        before, between = Statistics(self.norm1), Statistics(self.norm2)
        for part in parts:
            before.see(_columns(rows, part))
        moments, taps = before.moments(), _taps(self.conv1)
        hidden = []
        for part in parts:
            columns = _normed(_columns(rows, part), moments, self.norm1)
            hidden.append(_conv_time(columns, taps, self.conv1.bias))
            between.see(hidden[-1])
        moments, taps = between.moments(), _taps(self.conv2)
        for part, columns in zip(parts, hidden, strict=True):
            change = _conv_time(_normed(columns, moments, self.norm2), taps, self.conv2.bias)
            for group, added in zip(rows, change.split([len(group) for group in rows]), strict=True):
                group[:, part].addcmul_(added, share)


class Upsample(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, frame: Tensor) -> Tensor:
        """[., C, H, W] -> [., C, 2H, 2W]: every pixel four times, then the 3x3 convolution.

        Computed as four 2x2 convolutions of the small frame, one for each place in the doubled pixel: of the
        nine taps those that fall on one small pixel are added up beforehand.
        """
        count, width, height, columns = frame.shape
        out = frame.new_empty((count, 2 * height, 2 * columns, width))
        places = rearrange(out, "b (h y) (w x) c -> y x b c h w", y=2, x=2)
        for y, rows in enumerate(_halves(self.conv.weight.float(), dim=2)):
            for x, kernel in enumerate(_halves(rows, dim=3)):
                small = F.conv2d(frame, kernel.to(frame.dtype), self.conv.bias, padding=1)
                places[y, x] = small[:, :, y : y + height, x : x + columns]
        return rearrange(out, "b h w c -> b c h w")


def _halves(kernel: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Three taps along `dim` on doubled pixels: two taps for the first of each pair, two for the second."""
    before, here, after = kernel.split(1, dim)
    return torch.cat([before, here + after], dim), torch.cat([before + here, after], dim)


def _replace(frames: list[Tensor], change: Callable[[Tensor], Tensor]) -> None:
    for index, frame in enumerate(frames):
        frames[index] = change(frame)


def _columns(rows: list[Tensor], part: slice) -> Tensor:
    """Some pixels of all frames: [T, P, C]."""
    return torch.cat([group[:, part] for group in rows])


def _taps(conv: nn.Conv3d) -> list[Tensor]:
    """The kernel's matrices [C', C] for the frame before, this one and the one after."""
    return [tap.contiguous() for tap in rearrange(conv.weight, "o i t 1 1 -> t o i")]


def _conv_time(columns: Tensor, taps: list[Tensor], bias: Tensor | None) -> Tensor:
    """columns: [T, P, C] -> [T, P, C'], zeros before and after; on a CPU faster than any convolution."""
    before, here, after = taps
    out = kernels.linear(columns, here, bias)
    if len(columns) > 1:
        out[1:] += kernels.linear(columns[:-1], before, None)
        out[:-1] += kernels.linear(columns[1:], after, None)
    return out


class Statistics:
    """A group normalisation of what is seen in parts.

    Both halves are torch's batch normalisation, which takes and gives statistics of channels in fp32.
    """

    def __init__(self, norm: nn.GroupNorm) -> None:
        self.norm = norm
        self.count = 0
        self.sums = torch.zeros(2, norm.num_channels, dtype=torch.float64)  # of values and of their squares

    def see(self, columns: Tensor) -> None:
        """columns: [T, P, C]."""
        norm = self.norm
        image, weight, bias = rearrange(columns, "t p c -> 1 c t p"), norm.weight.float(), norm.bias.float()
        _, mean, inverse = torch.native_batch_norm(image, weight, bias, None, None, True, 0.0, norm.eps)
        mean, variance = mean.cpu().to(self.sums), inverse.cpu().to(self.sums) ** -2 - norm.eps
        count = columns.shape[0] * columns.shape[1]
        self.sums += count * torch.stack([mean, variance + mean.square()])
        self.count += count

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and variance for each channel, those of its group: both [C] fp32."""
        norm = self.norm
        mean, square = rearrange(self.sums / self.count, "two (g c) -> two g c", g=norm.num_groups).mean(2)
        both = torch.stack([mean, (square - mean.square()).clamp(min=0)])
        each = norm.num_channels // norm.num_groups
        mean, variance = both.repeat_interleave(each, dim=1).float().to(norm.weight.device)
        return mean, variance


def _normed(columns: Tensor, moments: tuple[Tensor, Tensor], norm: nn.GroupNorm) -> Tensor:
    """SiLU of the normalised columns, [T, P, C]."""
    image = rearrange(columns, "t p c -> 1 c t p")
    image = F.batch_norm(image, *moments, norm.weight.float(), norm.bias.float(), eps=norm.eps)
    return rearrange(F.silu(image, inplace=True), "1 c t p -> t p c")
