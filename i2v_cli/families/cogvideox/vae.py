"""CogVideoX's autoencoder: 8 times smaller in space, 4 times in time, 16 channels (Yang et al. 2024).

Frames and latents pass in chunks of 8 frames or 2 latents, the first chunk takes what is left over:
statistics are those of a chunk, so another division gives another picture. `Past` carries the convolutions
from chunk to chunk; with it the stream of chunks is the whole clip. Parameters carry the checkpoint's names;
the halves are loaded apart, under the prefixes "encoder." and "decoder.".
"""

from collections.abc import Iterator
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.cogvideox.layers import (
    CausalConv,
    Norm,
    NormOf,
    Past,
    ResBlock,
    SpatialNorm,
    activated,
    drained,
)
from i2v_cli.families.cogvideox.networks import VaeConfig
from i2v_cli.runtime import kernels

CHUNK_FRAMES, CHUNK_LATENTS = 8, 2
TIMED = 2  # levels, the encoder's finest and the decoder's coarsest, that change time as well
LOG_VARIANCE = (-30.0, 20.0)


class VaeEncoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths, norm = config.widths, partial(Norm, config.groups)
        self.conv_in = CausalConv(3, widths[0])
        self.down_blocks = nn.ModuleList(DownBlock(config, level, norm) for level in range(len(widths)))
        self.mid_block = MidBlock(widths[-1], norm)
        self.norm_out = norm(widths[-1])
        self.conv_out = CausalConv(widths[-1], 2 * config.latent_channels)

    def forward(self, clip: Tensor) -> tuple[Tensor, Tensor]:
        """clip: [3, F, H, W] in -1..1, sides multiples of 8 -> mean and log variance of the latents [c, T,
        H/8, W/8].
        """
        past = Past()
        moments: list[Tensor] = []
        for part in chunks(clip.shape[1], CHUNK_FRAMES):
            past.ends = part.stop == clip.shape[1]
            moments += self._chunk(clip[:, part], past)
        mean, log_variance = rearrange(moments, "t 1 c h w -> c t h w").chunk(2)
        return mean, log_variance.clamp(*LOG_VARIANCE)

    def _chunk(self, clip: Tensor, past: Past) -> Iterator[Tensor]:
        """[3, F, H, W] -> [1, 2c, H/8, W/8] for each latent frame."""
        frames = list(self.conv_in(_frames(clip), past))
        for block in self.down_blocks:
            frames = block(frames, past)
        frames = self.mid_block(frames, [], past)
        affines = self.norm_out(frames, [])
        yield from self.conv_out(map(activated, drained(frames), affines), past)


class VaeDecoder(nn.Module):
    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        widths = config.widths
        norm = partial(SpatialNorm, config.groups, latent_channels=config.latent_channels)
        self.conv_in = CausalConv(config.latent_channels, widths[-1])
        self.mid_block = MidBlock(widths[-1], norm)
        self.up_blocks = nn.ModuleList(UpBlock(config, level, norm) for level in reversed(range(len(widths))))
        self.norm_out = norm(widths[0])
        self.conv_out = CausalConv(widths[0], 3)

    def forward(self, latents: Tensor) -> Iterator[Tensor]:
        """latents: [c, T, h, w], as the encoder answers them -> the clip in chunks [f, 3, 8h, 8w], about
        -1..1.

        An odd T makes 4 T - 3 frames; an even one 4 T, of which the first are of no use.
        """
        past = Past()
        for part in chunks(latents.shape[1], CHUNK_LATENTS):
            past.ends = part.stop == latents.shape[1]
            yield torch.cat(list(self._chunk(latents[:, part], past)))

    def _chunk(self, latents: Tensor, past: Past) -> Iterator[Tensor]:
        """[c, T, h, w] -> [1, 3, 8h, 8w] for each frame."""
        given = _frames(latents)
        frames = list(self.conv_in(given, past))
        frames = self.mid_block(frames, given, past)
        for block in self.up_blocks:
            frames = block(frames, given, past)
        affines = self.norm_out(frames, given)
        yield from self.conv_out(map(activated, drained(frames), affines), past)


class MidBlock(nn.Module):
    def __init__(self, width: int, norm: NormOf) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(ResBlock(width, width, norm) for _ in range(2))

    def forward(self, frames: list[Tensor], latents: list[Tensor], past: Past) -> list[Tensor]:
        for resnet in self.resnets:
            frames = resnet(frames, latents, past)
        return frames


class DownBlock(nn.Module):
    """A level of the encoder: residual blocks, then half the size, but for the coarsest."""

    def __init__(self, config: VaeConfig, level: int, norm: NormOf) -> None:
        super().__init__()
        width, before = config.widths[level], config.widths[max(level - 1, 0)]
        last = level == len(config.widths) - 1
        self.resnets = nn.ModuleList(
            ResBlock(width if index else before, width, norm) for index in range(config.num_resblocks)
        )
        self.downsamplers = nn.ModuleList([] if last else [Downsample(width, timed=level < TIMED)])

    def forward(self, frames: list[Tensor], past: Past) -> list[Tensor]:
        for resnet in self.resnets:
            frames = resnet(frames, [], past)
        for downsample in self.downsamplers:
            frames = downsample(frames)
        return frames


class UpBlock(nn.Module):
    """A level of the decoder: residual blocks, then twice the size, but for the finest."""

    def __init__(self, config: VaeConfig, level: int, norm: NormOf) -> None:
        super().__init__()
        top = len(config.widths) - 1
        width, before = config.widths[level], config.widths[min(level + 1, top)]
        self.resnets = nn.ModuleList(
            ResBlock(width if index else before, width, norm) for index in range(config.num_resblocks + 1)
        )
        self.upsamplers = nn.ModuleList([Upsample(width, timed=level > top - TIMED)] if level else [])

    def forward(self, frames: list[Tensor], latents: list[Tensor], past: Past) -> list[Tensor]:
        for resnet in self.resnets:
            frames = resnet(frames, latents, past)
        for upsample in self.upsamplers:
            frames = upsample(frames)
        return frames


class Downsample(nn.Module):
    """timed: pairs of frames become their mean first; of an odd number the first frame stays alone."""

    def __init__(self, width: int, *, timed: bool) -> None:
        super().__init__()
        self.timed = timed
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, frames: list[Tensor]) -> list[Tensor]:
        """[1, C, H, W] each -> [1, C, H/2, W/2]."""
        if self.timed and len(frames) > 1:
            odd = len(frames) % 2
            pairs = zip(frames[odd::2], frames[odd + 1 :: 2], strict=True)
            frames = [*frames[:odd], *((one + other) / 2 for one, other in pairs)]
        return [self.conv(F.pad(frame, (0, 1, 0, 1))) for frame in frames]


class Upsample(nn.Module):
    """timed: every frame twice; of an odd number of several the first once."""

    def __init__(self, width: int, *, timed: bool) -> None:
        super().__init__()
        self.timed = timed
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, frames: list[Tensor]) -> list[Tensor]:
        """[1, C, H, W] each, used up -> [1, C, 2H, 2W]; the same tensor stands for both of a pair."""
        corners = [_halves(rows, dim=3) for rows in _halves(self.conv.weight.float(), dim=2)]
        single = (1 if len(frames) == 1 else len(frames) % 2) if self.timed else len(frames)
        larger = [self._doubled(frame, corners) for frame in drained(frames)]
        return [*larger[:single], *(frame for frame in larger[single:] for _ in range(2))]

    def _doubled(self, frame: Tensor, corners: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Every pixel four times, then the 3x3 convolution: a 2x2 one for each place in the doubled pixel."""
        _, channels, height, width = frame.shape
        out = frame.new_empty((1, 2 * height, 2 * width, channels))
        places = rearrange(out, "1 (h y) (w x) c -> y x 1 c h w", y=2, x=2)
        for y, row in enumerate(corners):
            for x, kernel in enumerate(row):
                small = kernels.conv(frame, kernel.to(frame.dtype), self.conv.bias, padding=(1, 1))
                places[y, x] = small[:, :, y : y + height, x : x + width]
        return rearrange(out, "1 h w c -> 1 c h w")


def _halves(kernel: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Three taps along `dim` on doubled pixels: two taps for the first of a pair, two for the second."""
    before, here, after = kernel.split(1, dim)
    return torch.cat([before, here + after], dim), torch.cat([before + here, after], dim)


def chunks(count: int, size: int) -> list[slice]:
    """`count` frames by `size`; the first chunk takes what is left over as well."""
    starts = [index * size + count % size for index in range(1, max(count // size, 1))]
    return [slice(start, end) for start, end in zip([0, *starts], [*starts, count], strict=True)]


def _frames(clip: Tensor) -> list[Tensor]:
    """[C, F, H, W] -> F of [1, C, H, W], channels last."""
    frames = rearrange(clip, "c f h w -> f 1 c h w")
    return [frame.contiguous(memory_format=torch.channels_last) for frame in frames]
