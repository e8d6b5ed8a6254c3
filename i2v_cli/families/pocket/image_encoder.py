"""What the photo is made of, and how far: EfficientNet-Lite0's layers and a small head of our own.

Tan and Le 2019 (EfficientNet), its Lite variant: no squeeze and excitation, ReLU6; batch norms are folded
into the convolutions. The head learns from polygons drawn by hand. A file of its own: `vae.py` is about
motion.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2v_cli.families.pocket.config import REFERENCE_CHANNELS

# (blocks, kernel, stride of the first, expansion, channels)
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32
TAPS = (5, 11, 16)  # blocks after which an eighth, a sixteenth, a thirty-second of the picture is read
FINE, MIDDLE, COARSE = 40, 112, 320
HEAD = 64


class ImageEncoder(nn.Module):
    """A picture [B, 3, 16h, 16w] in -1..1 -> reference latent [B, 15, h, w].

    The share of each of `KINDS` in a cell (what is none of them is missing from the sum of 1), then inverse
    depth, 0 the sky to 1 what is nearest.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.head = Head()

    def forward(self, picture: Tensor) -> Tensor:
        return reference(self.head(*self.features(picture)))

    def mean(self, pictures: Sequence[Tensor]) -> Tensor:
        """What it says of one picture at several sizes, and mirrored, on the grid of the first."""
        answers: list[Tensor] = []
        for picture in pictures:
            for seen in (
                self.head(*self.features(picture)),
                self.head(*self.features(picture.flip(3))).flip(3),
            ):
                size = answers[0].shape[2:] if answers else seen.shape[2:]
                answers.append(F.interpolate(seen.float(), size=size, mode="bilinear", antialias=True))
        return reference(torch.stack(answers).mean(dim=0)).to(pictures[0].dtype)

    def features(self, picture: Tensor) -> tuple[Tensor, ...]:
        """The trunk's answers to the picture, and to half its size, in which a whole scene is one glance.

        -> [B, 40, 2h, 2w], [B, 112, h, w], [B, 320, h/2, w/2], [B, 112, h/2, w/2], [B, 320, h/4, w/4].
        """
        half = F.interpolate(picture.float(), scale_factor=0.5, mode="bilinear", antialias=True)
        _, middle, coarse = self.trunk(half.to(picture.dtype))
        return (*self.trunk(picture), middle, coarse)


def reference(answer: Tensor) -> Tensor:
    """The head's answer [B, 16, h, w] -> [B, 15, h, w]."""
    kinds, depth = answer.split([REFERENCE_CHANNELS, 1], dim=1)
    return torch.cat([kinds.softmax(dim=1)[:, :-1], depth.clamp(0, 1)], dim=1)


class Head(nn.Module):
    """Features -> [B, 16, h, w]: a logit each of `KINDS` and of "none of them", and inverse depth."""

    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        self.fine_in = nn.Conv2d(FINE, HEAD, kernel_size=3, stride=2, padding=1)
        self.middle_in = nn.Conv2d(MIDDLE, HEAD, kernel_size=1)
        self.coarse_in = nn.Conv2d(COARSE, HEAD, kernel_size=1)
        self.middle_of_half_in = nn.Conv2d(MIDDLE, HEAD, kernel_size=1)
        self.coarse_of_half_in = nn.Conv2d(COARSE, HEAD, kernel_size=1)
        self.scene_in = nn.Linear(COARSE, HEAD)
        self.place_in = nn.Conv2d(2, HEAD, kernel_size=1)
        self.dropout = nn.Dropout2d(dropout)
        self.mix = ResidualBlock(HEAD)
        self.out = nn.Conv2d(HEAD, REFERENCE_CHANNELS + 1, kernel_size=1)

    def forward(
        self, fine: Tensor, middle: Tensor, coarse: Tensor, middle_of_half: Tensor, coarse_of_half: Tensor
    ) -> Tensor:
        drop = self.dropout
        wide = (
            self.coarse_in(drop(coarse)),
            self.middle_of_half_in(drop(middle_of_half)),
            self.coarse_of_half_in(drop(coarse_of_half)),
        )
        hidden = self.fine_in(drop(fine)) + self.middle_in(drop(middle))
        for plane in wide:
            hidden = hidden + F.interpolate(plane, size=hidden.shape[2:], mode="bilinear")
        hidden = hidden + self.scene_in(coarse_of_half.mean(dim=(2, 3)))[:, :, None, None]
        hidden = hidden + self.place_in(_places(hidden))
        return self.out(F.silu(self.mix(drop(hidden))))


class Trunk(nn.Module):
    """A picture -> what three depths see: [B, 40, H/8, W/8], [B, 112, H/16, W/16], [B, 320, H/32, W/32]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, kernel_size=3, stride=2)
        self.blocks = nn.ModuleList()
        channels = STEM
        for count, kernel, stride, expansion, out in STAGES:
            for number in range(count):
                self.blocks.append(Inverted(channels, out, kernel, stride if number == 0 else 1, expansion))
                channels = out

    def forward(self, picture: Tensor) -> list[Tensor]:
        hidden = F.relu6(self.stem(_padded(picture, 3, 2)))
        read = []
        for number, block in enumerate(self.blocks, start=1):
            hidden = block(hidden)
            if number in TAPS:
                read.append(hidden)
        return read


class Inverted(nn.Module):
    """Inverted residual (Sandler et al. 2018)."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.kernel, self.stride = kernel, stride
        self.is_residual = stride == 1 and channels == out
        self.expand = nn.Conv2d(channels, wide, kernel_size=1) if expansion > 1 else nn.Identity()
        self.depthwise = nn.Conv2d(wide, wide, kernel_size=kernel, stride=stride, groups=wide)
        self.project = nn.Conv2d(wide, out, kernel_size=1)

    def forward(self, hidden: Tensor) -> Tensor:
        wide = self.expand(hidden)
        if isinstance(self.expand, nn.Conv2d):
            wide = F.relu6(wide)
        wide = F.relu6(self.depthwise(_padded(wide, self.kernel, self.stride)))
        out = self.project(wide)
        return hidden + out if self.is_residual else out


class ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.conv2(F.silu(self.conv1(F.silu(self.norm(hidden)))))


def _places(hidden: Tensor) -> Tensor:
    """Height (-1..1) and distance from the middle line (0..1) of each cell: skies are above. [1, 2, h, w]."""
    rows, columns = hidden.shape[2:]
    y = torch.linspace(-1, 1, rows, device=hidden.device, dtype=hidden.dtype)
    x = torch.linspace(-1, 1, columns, device=hidden.device, dtype=hidden.dtype).abs()
    return torch.stack([y[:, None].expand(-1, columns), x.expand(rows, -1)])[None]


def _padded(hidden: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's "same": what is odd goes to the right and the bottom."""

    def sides(length: int) -> tuple[int, int]:
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        return total // 2, total - total // 2

    return F.pad(hidden, (*sides(hidden.shape[3]), *sides(hidden.shape[2])))
