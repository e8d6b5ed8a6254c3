"""`pocket`'s autoencoder for motion: what moves and what is lit, to motion latents and back.

Motion is structured, so that what should be rigid is rigid by construction:

    camera  [B, 12, 30]       a token a group: 4 knots x (pan, tilt, zoom, roll, brightness, warmth), then gates
    still   [B, 2, h, w]      gates a cell: +1 where something moves, or changes its light, by itself, else -1
    scene   [B, 12, h, w, 12] 4 knots x (x, y, log gain) of each group: flow and light beyond the camera's

All lengths are half-heights of the picture (y down), zoom and gains are natural logarithms, roll is in radians.
A gate that stays shut makes its part exactly zero: a static camera is static, a house under drifting clouds
stands.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.families.pocket.config import (
    AXES,
    AXIS_SCALE,
    CAMERA_CHANNELS,
    GROUP,
    GROUPS,
    KNOTS,
    SCENE_CHANNELS,
    SCENE_SCALE,
    STILL_CHANNELS,
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
        rearrange(still, "b (c h w) -> b c h w", c=STILL_CHANNELS, h=grid[0]),
        rearrange(scene, "b (g h w c) -> b g h w c", g=GROUPS, h=grid[0], w=grid[1]),
    )


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves and what is lit, in the photo's own coordinates.

    path: [B, 48, 6], the axes at each knot; an axis that rests is exactly zero.
    residual: [B, 48, 3, h, w], where a cell fetches from beyond the camera (x, y), and its log gain.
    movable: [B, 2, h, w] in 0..1, how much of the flow and of the gain counts.
    """

    path: Tensor
    residual: Tensor
    movable: Tensor

    def to(self, device: torch.device) -> "Motion":
        return Motion(self.path.to(device), self.residual.to(device), self.movable.to(device))

    def gated(self) -> Tensor:
        """`residual` where it counts, zero elsewhere: [B, 48, 3, h, w]."""
        flow, light = self.movable.unsqueeze(1).split(1, dim=2)
        return self.residual * torch.cat([flow, flow, light], dim=2)


def encode_motion(motion: Motion) -> Tensor:
    """Motion -> latents [B, n]; `decode_motion` is its inverse up to the spline."""
    knots = motion.path * motion.path.new_tensor(AXIS_SCALE)
    gates = torch.where(motion.path.abs().amax(dim=1, keepdim=True) > 0, 1.0, -1.0).expand(-1, GROUPS, -1)
    camera = torch.cat([rearrange(knots, "b (g k) a -> b g (k a)", k=GROUP), gates], dim=-1)
    scene = motion.gated() * motion.path.new_tensor(SCENE_SCALE)[:, None, None]
    scene = rearrange(scene, "b (g k) d h w -> b g h w (k d)", k=GROUP)
    return Latents(camera, motion.movable * 2 - 1, scene).join()


def decode_motion(latents: Tensor, grid: tuple[int, int]) -> Motion:
    """Latents [B, n] -> Motion. Shut gates give exact zeros; the axes' paths come out smooth."""
    parts = split(latents.float(), grid)
    knots, gates = parts.camera.split([GROUP * len(AXES), len(AXES)], dim=-1)
    path = rearrange(knots, "b g (k a) -> b (g k) a", k=GROUP) / parts.camera.new_tensor(AXIS_SCALE)
    is_open = gates.mean(dim=1, keepdim=True) > 0
    scene = rearrange(parts.scene, "b g h w (k d) -> b (g k) d h w", k=GROUP)
    return Motion(
        torch.where(is_open, smooth(path), 0.0),
        scene / parts.scene.new_tensor(SCENE_SCALE)[:, None, None],
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
