"""`pocket`'s autoencoder for motion: what moves and what is lit, to motion latents and back.

Motion is structured, so that what should be rigid is rigid by construction:

    camera  [B, 12, 45]       a token a group: 4 knots x the 9 axes, then one gate an axis
    still   [B, 20]           +1 for each kind of thing (sky, water ...) that moves by itself, else -1; then
                              the same for kinds whose light changes
    scene   [B, 12, h, w, 12] 4 knots x (x, y, log gain) of each group: flow and light beyond the camera's

All lengths are half-heights of the picture (y down), zoom and gains are natural logarithms, roll is in
radians. Where a kind lies is what `image_encoder.py` saw, so a gate that stays shut makes its part exactly
zero: a static camera is static, a house under drifting clouds stands.
"""

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.families.pocket.config import (
    AXES,
    AXIS_SCALE,
    BACKDROPS,
    CAMERA,
    CAMERA_CHANNELS,
    GROUP,
    GROUPS,
    KINDS,
    KNOTS,
    LOUDER,
    MOVABLE,
    SCENE_CHANNELS,
    SCENE_SCALE,
    STILL_CHANNELS,
)

# A cubic spline of so many coefficients follows every move a person asks for and none of the sampler's
# jitter; light may change faster.
CAMERA_SPLINE, LIGHT_SPLINE = 7, 14
SUBJECT = KINDS.index("subject")
ONE_WAY = 0.3  # of a move's way: so much of it backwards is no wish


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
    return GROUPS * CAMERA_CHANNELS, STILL_CHANNELS, GROUPS * SCENE_CHANNELS * grid[0] * grid[1]


def split(latents: Tensor, grid: tuple[int, int]) -> Latents:
    """[B, n] -> its parts."""
    camera, still, scene = latents.split(sizes(grid), dim=1)
    return Latents(
        rearrange(camera, "b (g c) -> b g c", g=GROUPS),
        still,
        rearrange(scene, "b (g h w c) -> b g h w c", g=GROUPS, h=grid[0], w=grid[1]),
    )


@dataclass(frozen=True, slots=True)
class Motion:
    """What moves and what is lit, in the photo's own coordinates.

    path: [B, 48, 9], the axes at each knot; an axis that rests is exactly zero. residual: [B, 48, 3, h, w],
    where a cell fetches from beyond the camera (x, y), and its log gain. movable: [B, 3, h, w] in 0..1, how
    much of the flow counts, of backdrops and of the other kinds, and of the gain. depth: [B, 1, h, w] in
    0..1, inverse: 1 is what stands nearest, 0 is the sky. subjects: [B, h, w] in 0..1, where those stand.
    """

    path: Tensor
    residual: Tensor
    movable: Tensor
    depth: Tensor
    subjects: Tensor

    def gated(self) -> Tensor:
        """`residual` where it counts, zero elsewhere: [B, 48, 3, h, w]."""
        backdrops, figures, light = self.movable.unsqueeze(1).split(1, dim=2)
        flow = torch.maximum(backdrops, figures)
        return self.residual * torch.cat([flow, flow, light], dim=2)


def encode_motion(path: Tensor, residual: Tensor, stirred: Tensor, reference: Tensor) -> Tensor:
    """Motion -> latents [B, n]; `decode_motion` is its inverse up to the spline.

    path: [B, 48, 9]. residual: [B, 48, 3, h, w], anything where nothing stirs. stirred: [B, 2, 10] in 0..1,
    the kinds that move and those whose light changes. reference: [B, 15, h, w], what the image encoder saw.
    """
    gates = movable(stirred, reference)
    motion = Motion(path, residual, gates, reference[:, -1:], reference[:, SUBJECT])
    scene = motion.gated() * _scale(reference)
    scene = rearrange(scene, "b (g k) d h w -> b g h w (k d)", k=GROUP)
    return Latents(encode_path(path), stirred.flatten(1) * 2 - 1, scene).join()


def encode_path(path: Tensor) -> Tensor:
    """[B, 48, 9] -> the camera's part of latents, [B, 12, 45]."""
    knots = rearrange(path * path.new_tensor(AXIS_SCALE), "b (g k) a -> b g (k a)", k=GROUP)
    gates = torch.where(path.abs().amax(dim=1, keepdim=True) > 0, 1.0, -1.0).expand(-1, GROUPS, -1)
    return torch.cat([knots, gates], dim=-1)


def decode_motion(latents: Tensor, reference: Tensor) -> Motion:
    """Latents [B, n] -> Motion. Shut gates give exact zeros; the axes' paths come out smooth.

    reference: [B, 15, h, w], what the image encoder saw.
    """
    reference = reference.to(latents.device, torch.float32)
    parts = split(latents.float(), (reference.shape[2], reference.shape[3]))
    knots, gates = parts.camera.split([GROUP * len(AXES), len(AXES)], dim=-1)
    path = rearrange(knots, "b g (k a) -> b (g k) a", k=GROUP) / knots.new_tensor(AXIS_SCALE)
    is_open = gates.mean(dim=1, keepdim=True) > 0
    scene = rearrange(parts.scene, "b g h w (k d) -> b (g k) d h w", k=GROUP)
    stirred = rearrange(parts.still, "b (two k) -> b two k", two=2)
    return Motion(
        torch.where(is_open, steady(smooth(path)), 0.0),
        scene / _scale(reference),
        # A kind that rests is told so, at -0.85 or less; one that was not heard clearly lies between.
        movable((stirred + 0.75).div(0.4).clamp(0, 1), reference),
        reference[:, -1:],
        reference[:, SUBJECT],
    )


def movable(stirred: Tensor, reference: Tensor) -> Tensor:
    """Where what stirs lies: [B, 2, 10] in 0..1 and [B, 15, h, w] -> [B, 3, h, w] in 0..1, see `Motion`."""
    flows, lights = stirred.unbind(dim=1)
    behind = flows.new_tensor([kind in BACKDROPS for kind in KINDS[:MOVABLE]])
    gates = torch.stack([flows * behind, flows * (1 - behind), lights], dim=1)
    return torch.einsum("bgk,bkhw->bghw", gates, presence(reference)).clamp(max=1)


def presence(reference: Tensor) -> Tensor:
    """Surely there (1) or surely not (0), each movable kind against its surest place. -> [B, 10, h, w]."""
    seen = reference[:, :MOVABLE]
    surest = seen.amax(dim=(2, 3), keepdim=True).clamp(min=0.2)
    return (seen / surest).sub(0.45).div(0.4).clamp(0, 1)


def _scale(reference: Tensor) -> Tensor:
    """What makes latents of flow and gain, by what a cell shows. [B, 15, h, w] -> [B, 1, 3, h, w]."""
    there = presence(reference)
    times = there.new_tensor([LOUDER.get(kind, 1.0) for kind in KINDS[:MOVABLE]])
    told = torch.einsum("k,bkhw->bhw", times, there) + (1 - there.sum(dim=1)).clamp(min=0)
    louder = told / there.sum(dim=1).clamp(min=1)
    x, y, gain = SCENE_SCALE
    return torch.stack([x / louder, y / louder, gain + 0 * louder], dim=1)[:, None]


def steady(path: Tensor) -> Tensor:
    """A camera that goes one way does not shrink back: small ways against the move are left out, and its end
    stays where it was.

    [B, 48, 9] -> [B, 48, 9]; light may come and go.
    """
    ways = torch.diff(path, dim=1, prepend=torch.zeros_like(path[:, :1]))
    way = path[:, -1:].sign()
    along, against = (ways * way).clamp(min=0), (-ways * way).clamp(min=0)
    is_one_way = against.sum(dim=1, keepdim=True) < ONE_WAY * along.sum(dim=1, keepdim=True)
    is_one_way[..., CAMERA:] = False
    gone = along.cumsum(dim=1) / along.sum(dim=1, keepdim=True).clamp(min=1e-9)
    return torch.where(is_one_way, path[:, -1:] * gone, path)


def smooth(path: Tensor) -> Tensor:
    """Least-squares cubic B-splines through a path that starts at zero. [B, 48, 9] -> [B, 48, 9]."""
    camera, light = path.split([CAMERA, len(AXES) - CAMERA], dim=-1)
    return torch.cat([_fitted(camera, CAMERA_SPLINE), _fitted(light, LIGHT_SPLINE)], dim=-1)


def _fitted(path: Tensor, coefficients: int) -> Tensor:
    basis = _spline_basis(torch.arange(1, KNOTS + 1, dtype=torch.float64) / KNOTS, coefficients)[:, 1:]
    projection = basis @ torch.linalg.pinv(basis)
    return torch.einsum("st,bta->bsa", projection.to(path), path)


def _spline_basis(times: Tensor, coefficients: int) -> Tensor:
    """Clamped cubic B-splines at `times` in 0..1 (de Boor 1978). [T] -> [T, coefficients].

    Only the first of them is not zero at time 0.
    """
    inner = torch.linspace(0, 1, coefficients - 2, dtype=times.dtype)
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
