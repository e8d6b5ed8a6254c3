"""`pocket`'s autoencoder: the photo to its reference latent, motion to motion latents and back.

Motion is structured, so that what should be rigid is rigid by construction:

    camera  [B, 12, 20]      a token a group: 4 knots x (pan, tilt, zoom, roll), then one gate an axis
    still   [B, 1, h, w]     a gate a cell: +1 where something moves by itself, -1 where nothing does
    scene   [B, 12, h, w, 8] residual flow of the 4 knots of each group, x then y

All lengths are half-heights of the picture (y down), zoom is a natural logarithm, roll is in radians. A gate
that stays shut makes its part exactly zero: a static camera is static, a house under drifting clouds stands.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.pocket.config import (
    AXES,
    CAMERA_CHANNELS,
    CAMERA_SCALE,
    GROUP,
    GROUPS,
    KNOTS,
    SCENE_CHANNELS,
    SCENE_SCALE,
    STILL_CHANNELS,
    STRIDE,
    DenoiserConfig,
)

# A cubic spline with so many ends follows every move a person asks for and none of the sampler's jitter.
SPLINE_KNOTS = 14


@dataclass(frozen=True, slots=True)
class Latents:
    """The three parts of motion latents; shapes in the module's docstring."""

    camera: Tensor
    still: Tensor
    scene: Tensor

    def join(self) -> Tensor:
        """-> [B, n], what samplers see."""
        return torch.cat([part.flatten(1) for part in (self.camera, self.still, self.scene)], dim=1)


def sizes(grid: tuple[int, int]) -> tuple[int, int, int]:
    """Numbers a part (camera, still, scene) on a latent grid of (rows, columns)."""
    cells = grid[0] * grid[1]
    return GROUPS * CAMERA_CHANNELS, STILL_CHANNELS * cells, GROUPS * SCENE_CHANNELS * cells


def split(latents: Tensor, grid: tuple[int, int]) -> Latents:
    """[B, n] -> its parts."""
    camera, still, scene = latents.split(sizes(grid), dim=1)
    return Latents(
        rearrange(camera, "b (g c) -> b g c", g=GROUPS),
        rearrange(still, "b (h w) -> b h w", h=grid[0]).unsqueeze(1),
        rearrange(scene, "b (g h w c) -> b g h w c", g=GROUPS, h=grid[0], w=grid[1]),
    )


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves, in the photo's own coordinates.

    path: [B, 48, 4], the camera's pan, tilt, zoom, roll at each knot; an axis that rests is exactly zero.
    residual: [B, 48, 2, h, w], where a cell fetches from beyond the camera, x and y.
    movable: [B, 1, h, w] in 0..1, how much of `residual` counts.
    """

    path: Tensor
    residual: Tensor
    movable: Tensor


def encode_motion(motion: Motion) -> Tensor:
    """Motion -> latents [B, n]; `decode_motion` is its inverse up to the spline."""
    knots = motion.path * motion.path.new_tensor(CAMERA_SCALE)
    gates = torch.where(motion.path.abs().amax(dim=1, keepdim=True) > 0, 1.0, -1.0).expand(-1, GROUPS, -1)
    camera = torch.cat([rearrange(knots, "b (g k) a -> b g (k a)", k=GROUP), gates], dim=-1)
    residual = motion.residual * motion.movable.unsqueeze(1) * SCENE_SCALE
    scene = rearrange(residual, "b (g k) d h w -> b g h w (k d)", k=GROUP)
    return Latents(camera, motion.movable * 2 - 1, scene).join()


def decode_motion(latents: Tensor, grid: tuple[int, int]) -> Motion:
    """Latents [B, n] -> Motion. Shut gates give exact zeros; the camera's path comes out smooth."""
    parts = split(latents.float(), grid)
    knots, gates = parts.camera.split([GROUP * len(AXES), len(AXES)], dim=-1)
    path = rearrange(knots, "b g (k a) -> b (g k) a", k=GROUP) / parts.camera.new_tensor(CAMERA_SCALE)
    is_open = gates.mean(dim=1, keepdim=True) > 0
    residual = rearrange(parts.scene, "b g h w (k d) -> b (g k) d h w", k=GROUP) / SCENE_SCALE
    return Motion(
        torch.where(is_open, smooth(path), 0.0),
        residual,
        # A sure "nothing moves" is about -1 and a sure "moves" about +1; the noise of either is cut off.
        ((parts.still + 0.2) / 0.9).clamp(0, 1),
    )


def smooth(path: Tensor) -> Tensor:
    """Least-squares cubic B-spline through a path that starts at zero. [B, 48, A] -> [B, 48, A]."""
    basis = _spline_basis(torch.arange(1, KNOTS + 1, dtype=torch.float64) / KNOTS)[:, 1:]
    projection = basis @ torch.linalg.pinv(basis)
    return torch.einsum("st,bta->bsa", projection.to(path), path)


def _spline_basis(times: Tensor) -> Tensor:
    """Clamped cubic B-splines at `times` in 0..1 (de Boor 1978). [T] -> [T, SPLINE_KNOTS].

    Only the first of them is not zero at time 0.
    """
    inner = torch.linspace(0, 1, SPLINE_KNOTS - 2, dtype=times.dtype)
    knots = torch.cat([inner.new_zeros(3), inner, inner.new_ones(3)])
    times = times.clamp(max=1 - 1e-12).unsqueeze(1)
    basis = ((times >= knots[:-1]) & (times < knots[1:])).to(times.dtype)
    for degree in range(1, 4):
        left = knots[degree:-1] - knots[: -degree - 1]
        right = knots[degree + 1 :] - knots[1:-degree]
        rising = torch.where(left > 0, (times - knots[: -degree - 1]) / left, 0.0)
        falling = torch.where(right > 0, (knots[degree + 1 :] - times) / right, 0.0)
        basis = rising * basis[:, :-1] + falling * basis[:, 1:]
    return basis


class ImageEncoder(nn.Module):
    """The model's picture [B, 3, 8h, 8w] in -1..1 -> reference latent [B, C, h, w]."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.patch_in = nn.Conv2d(3, 64, kernel_size=STRIDE // 2, stride=STRIDE // 2)
        self.fine = ResidualBlock(64)
        self.down = nn.Conv2d(64, 128, kernel_size=2, stride=2)
        self.coarse = nn.Sequential(ResidualBlock(128), ResidualBlock(128))
        self.out = nn.Conv2d(128, config.reference_channels, kernel_size=1)

    def forward(self, picture: Tensor) -> Tensor:
        hidden = self.fine(self.patch_in(picture))
        return self.out(F.silu(self.coarse(self.down(hidden))))


class ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.conv2(F.silu(self.conv1(F.silu(self.norm(hidden)))))
