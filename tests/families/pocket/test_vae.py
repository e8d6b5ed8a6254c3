"""Motion to latents and back."""

import pytest
import torch

from i2v_cli.families.pocket.config import KNOTS, geometry, grid
from i2v_cli.families.pocket.vae import Motion, decode_motion, encode_motion, sizes, smooth, split

GRID = (8, 12)


def eased(*reach: float) -> torch.Tensor:
    times = torch.arange(1, KNOTS + 1) / KNOTS
    return (times * times * (3 - 2 * times))[None, :, None] * torch.tensor(reach)


def motion(path: torch.Tensor, movable: float = 0.0) -> Motion:
    residual = torch.randn(1, KNOTS, 2, *GRID, generator=torch.Generator().manual_seed(1)) * 0.02
    return Motion(path, residual, torch.full((1, 1, *GRID), movable))


def test_eased_camera_paths_come_back_within_a_thousandth():
    path = eased(0.4, -0.36, 0.3, 0.18)
    back = decode_motion(encode_motion(motion(path)), GRID)
    assert (back.path - path).abs().max() < 1e-3


def test_two_moves_in_sequence_come_back_within_two_hundredths():
    first = torch.cat([eased(0.3, 0, 0, 0)[:, ::2], torch.tensor([0.3, 0, 0, 0]).expand(1, 24, 4)], dim=1)
    path = first + torch.cat([torch.zeros(1, 24, 4), eased(0, 0, 0.3, 0)[:, ::2]], dim=1)
    back = decode_motion(encode_motion(motion(path)), GRID)
    assert (back.path - path).abs().max() < 0.02


def test_resting_axes_decode_to_exact_zeros_under_noise():
    latents = encode_motion(motion(eased(0.4, 0, 0, 0)))
    noisy = latents + 0.2 * torch.randn(latents.shape, generator=torch.Generator().manual_seed(2))
    path = decode_motion(noisy, GRID).path
    assert path[..., 1:].abs().max() == 0
    assert path[0, -1, 0] > 0.3


def test_closed_still_gates_decode_to_exactly_immovable():
    latents = encode_motion(motion(eased(0, 0, 0, 0), movable=0.0))
    noisy = latents + 0.2 * torch.randn(latents.shape, generator=torch.Generator().manual_seed(3))
    assert decode_motion(noisy, GRID).movable.max() == 0


def test_residual_of_movable_cells_comes_back_exactly():
    given = motion(eased(0, 0, 0, 0), movable=1.0)
    back = decode_motion(encode_motion(given), GRID)
    assert torch.allclose(back.residual * back.movable, given.residual, atol=1e-5)


def test_smoothing_removes_knot_to_knot_jitter_and_keeps_the_move():
    path = eased(0.4, 0, 0, 0)
    jitter = 0.01 * torch.randn(path.shape, generator=torch.Generator().manual_seed(4))
    before, after = (
        values.diff(dim=1).diff(dim=1).abs().mean() for values in (path + jitter, smooth(path + jitter))
    )
    assert after < before / 5
    assert (smooth(path + jitter) - path).abs().max() < 0.02


def test_latents_of_a_clip_have_the_size_that_the_geometry_says(make_request):
    request = make_request()
    shape = geometry(request, (1536, 960))
    assert shape.latent_shape == (sum(sizes(grid(shape.width, shape.height))),)


def test_split_is_the_inverse_of_join():
    latents = torch.randn(2, sum(sizes(GRID)))
    assert torch.equal(split(latents, GRID).join(), latents)


@pytest.mark.parametrize("size", [(768, 512), (512, 768), (4096, 256), (64, 2048), (1000, 1000)])
def test_grids_are_whole_patches_near_the_clips_aspect(size):
    rows, columns = grid(*size)
    assert rows % 4 == columns % 4 == 0
    assert 300 <= rows * columns <= 900
