"""What the photo shows, at an eighth of its size: EfficientNet-Lite0's early layers and a head of our own.

Tan and Le 2019 (EfficientNet), its Lite variant: no squeeze and excitation, ReLU6. Batch norms are folded into
the convolutions. A file of its own: `vae.py` is about motion and holds no weights.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from i2v_cli.families.pocket.config import DenoiserConfig

# (blocks, kernel, stride of the first, expansion, channels): up to a sixteenth of the picture.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112))
STEM = 32
FINE_BLOCKS = 5  # so many blocks in, an eighth of the picture
FINE, COARSE = 40, 112


class ImageEncoder(nn.Module):
    """The model's picture [B, 3, 8h, 8w] in -1..1 -> reference latent [B, C, h, w]."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.fine_in = nn.Conv2d(FINE, 96, kernel_size=1)
        self.coarse_in = nn.Conv2d(COARSE, 96, kernel_size=1)
        self.mix = ResidualBlock(96)
        self.out = nn.Conv2d(96, config.reference_channels, kernel_size=1)

    def forward(self, picture: Tensor) -> Tensor:
        return self.head(*self.trunk(picture))

    def head(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """fine: [B, 40, h, w], coarse: [B, 112, h/2, w/2], the trunk's answers."""
        wide = F.interpolate(self.coarse_in(coarse), size=fine.shape[2:], mode="bilinear")
        return self.out(F.silu(self.mix(self.fine_in(fine) + wide)))


class Trunk(nn.Module):
    """[B, 3, 8h, 8w] -> [B, 40, h, w] and [B, 112, h/2, w/2]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, kernel_size=3, stride=2)
        self.blocks = nn.ModuleList()
        channels = STEM
        for count, kernel, stride, expansion, out in STAGES:
            for number in range(count):
                self.blocks.append(Inverted(channels, out, kernel, stride if number == 0 else 1, expansion))
                channels = out

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        hidden = F.relu6(self.stem(_padded(picture, 3, 2)))
        for block in self.blocks[:FINE_BLOCKS]:
            hidden = block(hidden)
        fine = hidden
        for block in self.blocks[FINE_BLOCKS:]:
            hidden = block(hidden)
        return fine, hidden


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


def _padded(hidden: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's "same": what is odd goes to the right and the bottom."""

    def sides(length: int) -> tuple[int, int]:
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        return total // 2, total - total // 2

    return F.pad(hidden, (*sides(hidden.shape[3]), *sides(hidden.shape[2])))
