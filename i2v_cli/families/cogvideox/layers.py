"""What CogVideoX's encoder and decoder are built of; parameters carry the checkpoint's names.

A clip goes through in chunks of a few frames. Within a chunk a frame is a tensor of its own, [1, C, H, W],
channels last: statistics are the whole chunk's, all else is done frame by frame. So there is never more in
memory than what enters a block, one activation, and a few frames before and behind a convolution.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.runtime import kernels

EPS = 1e-6
# Frames that go through a convolution together: two more are copied for them, and small ones need its weights
# brought into order anew each time.
FRAMES_AT_ONCE = 2
PIXELS_AT_ONCE = 1 << 14
# Of elementwise work on a CPU: what its cache holds.
VALUES_AT_ONCE = 1 << 18

Affine: TypeAlias = tuple[Tensor, Tensor]
"""What normalising a frame [1, C, H, W] comes to, fp32: scale and shift, [1, C, h, w] with h and w that
divide H, W.
"""

NormOf: TypeAlias = Callable[[int], nn.Module]
"""Makes the normalisation of so many channels: a `Norm` or a `SpatialNorm`."""


@dataclass(slots=True)
class Past:
    """What each causal convolution saw last, two frames [2, H, W, C]: where a clip's next chunk goes on.

    ends: the chunk at hand is the last one, nothing of it is kept.
    """

    frames: dict[nn.Module, Tensor] = field(default_factory=dict)
    ends: bool = False


class CausalConv(nn.Module):
    """3x3x3 over a frame and the two before it; before its first frame a clip stands still."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(width_in, width, 3, padding=(0, 1, 1))

    def forward(self, frames: Iterable[Tensor], past: Past) -> Iterator[Tensor]:
        """frames: [1, C, H, W], taken when their turn comes -> as many [1, C', H, W]."""
        frames = iter(frames)
        taps, bias = self.conv.weight, self.conv.bias
        if (before := past.frames.pop(self, None)) is None:
            first = next(frames)
            still = taps.sum(dim=2, dtype=torch.float32).to(first.dtype)
            yield kernels.conv(first, still, bias, padding=(1, 1))
            before = _rows(first).expand(2, -1, -1, -1)
        weight: Tensor | None = None
        at_once = max(PIXELS_AT_ONCE // before[0, ..., 0].numel(), FRAMES_AT_ONCE)
        while group := list(islice(frames, at_once)):
            weight = taps.contiguous(memory_format=torch.channels_last_3d) if weight is None else weight
            run = torch.cat([before, *map(_rows, group)])
            before = run[-2:].clone()
            made = kernels.conv(rearrange(run, "t h w c -> 1 c t h w"), weight, bias, padding=(0, 1, 1))
            del run, group  # what is yielded is taken while this waits
            yield from rearrange(made, "1 c t h w -> t 1 c h w")
        if not past.ends:
            past.frames[self] = before


class ResBlock(nn.Module):
    def __init__(self, width_in: int, width: int, norm: NormOf) -> None:
        super().__init__()
        self.norm1 = norm(width_in)
        self.conv1 = CausalConv(width_in, width)
        self.norm2 = norm(width)
        self.conv2 = CausalConv(width, width)
        self.conv_shortcut = nn.Conv3d(width_in, width, 1) if width_in != width else None

    def forward(self, frames: list[Tensor], latents: list[Tensor], past: Past) -> list[Tensor]:
        """frames: T of [1, C, H, W], used up -> T of [1, C', H, W]. latents: what a SpatialNorm looks at."""
        hidden = list(self.conv1(map(activated, frames, self.norm1(frames, latents)), past))
        affines = self.norm2(hidden, latents)
        changes = self.conv2(map(activated, drained(hidden), affines), past)
        kept = drained(frames)
        if self.conv_shortcut is not None:
            kept = (pointwise(self.conv_shortcut, frame) for frame in kept)
        return [change.add_(frame) for change, frame in zip(changes, kept, strict=True)]


class Norm(nn.Module):
    """GroupNorm with the statistics of a whole chunk."""

    def __init__(self, groups: int, width: int) -> None:
        super().__init__()
        self.groups = groups
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, frames: list[Tensor], latents: list[Tensor]) -> list[Affine]:  # noqa: ARG002
        """frames: T of [1, C, H, W] -> T affines, all the same; no latent is looked at."""
        return [self.over(frames)] * len(frames)

    def over(self, frames: list[Tensor]) -> Affine:
        """frames: T of [1, C, H, W] -> the one affine of them all."""
        sums = torch.zeros(2, len(self.weight), dtype=torch.float64)
        for frame in (rearrange(frame, "1 c h w -> h w c") for frame in frames):
            for part in (frame[rows].float() for rows in _parts(frame)):
                sums += torch.stack([part.sum((0, 1)), part.square().sum((0, 1))]).cpu().to(sums)
        count = sum(frame[0, 0].numel() for frame in frames)
        means, squares = rearrange(sums, "two (g c) -> two g c", g=self.groups).mean(dim=2) / count
        scales = (squares - means.square()).clamp(min=0).add(EPS).rsqrt()
        each = len(self.weight) // self.groups
        mean, scale = (
            values.float().repeat_interleave(each).to(self.weight.device) for values in (means, scales)
        )
        scale = scale * self.weight.float()
        shift = self.bias.float() - mean * scale
        return rearrange(scale, "c -> 1 c 1 1"), rearrange(shift, "c -> 1 c 1 1")


class SpatialNorm(nn.Module):
    """GroupNorm whose result each latent scales and shifts where it lies (Zheng et al. 2022, "MoVQ")."""

    def __init__(self, groups: int, width: int, latent_channels: int) -> None:
        super().__init__()
        self.norm_layer = Norm(groups, width)
        self.conv_y = Pointwise(latent_channels, width)
        self.conv_b = Pointwise(latent_channels, width)

    def forward(self, frames: list[Tensor], latents: list[Tensor]) -> list[Affine]:
        """frames: T of [1, C, H, W]; latents: t of [1, c, h, w], of the same chunk -> T affines.

        The published code enlarges the latents to the frames and convolves then: the same values, many times
        over.
        """
        scale, shift = self.norm_layer.over(frames)
        affines = []
        for latent in latents:
            by, added = self.conv_y(latent).float(), self.conv_b(latent).float()
            affines.append((scale * by, torch.addcmul(added, shift, by)))
        return [affines[index] for index in times(len(frames), len(latents))]


class Pointwise(nn.Module):
    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(width_in, width, 1)

    def forward(self, frame: Tensor) -> Tensor:
        return pointwise(self.conv, frame)


def times(frames: int, latents: int) -> list[int]:
    """For each frame of a chunk its latent. Of an odd number of frames the first has a latent of its own."""
    if frames > 1 and frames % 2:
        return [0, *(1 + index * (latents - 1) // (frames - 1) for index in range(frames - 1))]
    return [index * latents // frames for index in range(frames)]


def activated(frame: Tensor, affine: Affine) -> Tensor:
    """SiLU of the normalised frame [1, C, H, W], computed in fp32."""
    out = torch.empty_like(frame)
    _, _, height, width = affine[0].shape
    given, made = (
        rearrange(tensor, "1 c (h y) (w x) -> h c y w x", h=height, w=width) for tensor in (frame, out)
    )
    by, added = (rearrange(tensor, "1 c h w -> h c 1 w 1") for tensor in affine)
    for rows in _parts(given):
        made[rows] = F.silu(torch.addcmul(added[rows], given[rows].float(), by[rows]), inplace=True)
    return out


def _rows(frame: Tensor) -> Tensor:
    """[1, C, H, W], channels last -> [1, H, W, C]: joined so, frames are channels last as a clip, too."""
    return rearrange(frame, "1 c h w -> 1 h w c")


def drained(frames: list[Tensor]) -> Iterator[Tensor]:
    """One after the other, and out of the list: a frame that was used needs no memory."""
    while frames:
        yield frames.pop(0)


def pointwise(conv: nn.Conv3d, frame: Tensor) -> Tensor:
    """A 1x1x1 convolution of a frame [1, C, H, W]."""
    return kernels.conv(frame, conv.weight.squeeze(2), conv.bias, padding=(0, 0))


def _parts(rows: Tensor) -> list[slice]:
    """rows: [R, ...] -> what to take at once of them."""
    each = VALUES_AT_ONCE // rows[0].numel() if rows.device.type == "cpu" else len(rows)
    each = max(each, 1)
    return [slice(start, start + each) for start in range(0, len(rows), each)]
