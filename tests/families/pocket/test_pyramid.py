"""Fetching from a photo: exact where nothing moves, and as sharp between its pixels as on them."""

import itertools

import torch
import torch.nn.functional as F

from i2v_cli.families.pocket.pyramid import matched, pyramid, sample

H, W = 48, 64
EXTENT = (0.0, 0.0, W / H, 1.0)
GRAIN = torch.rand(3, 2 * H, 2 * W, generator=torch.Generator().manual_seed(3))
FINE = (F.avg_pool2d(F.pad(GRAIN[None], (1, 1, 1, 1), mode="reflect"), 3, stride=1)[0] * 255).round().byte()
PHOTO = F.avg_pool2d(FINE.float(), 2).round().byte()


def places(right: float = 0.0) -> torch.Tensor:
    """Every pixel's middle, so many pixels to the right."""
    y = (torch.arange(H) + 0.5) * 2 / H - 1
    x = ((torch.arange(W) + 0.5 + right) * 2 / W - 1) * W / H
    return torch.stack([x.expand(H, -1), y[:, None].expand(-1, W)])


def sharpness(picture: torch.Tensor) -> float:
    return picture[:, :, 4:-4].diff(dim=2).abs().mean().item()


def test_mean_of_four_fine_pixels_is_the_photos():
    noisy = (FINE.float() + torch.randn(FINE.shape) * 9).clamp(0, 255).byte()
    assert torch.allclose(F.avg_pool2d(matched(noisy, PHOTO), 2), PHOTO.float(), atol=1e-3)


def test_where_nothing_moves_it_is_the_photo_exactly():
    for picture in (
        pyramid(matched(FINE, PHOTO), EXTENT, is_fine=True),
        pyramid(PHOTO.float(), EXTENT, is_fine=False),
    ):
        assert torch.equal(picture.fetched(places(), 1.0).round().byte(), PHOTO)


def test_half_a_pixel_further_it_is_as_sharp_as_the_photo():
    fine = pyramid(matched(FINE, PHOTO), EXTENT, is_fine=True).fetched(places(0.5), 1.0)
    coarse = pyramid(PHOTO.float(), EXTENT, is_fine=False).fetched(places(0.5), 1.0)
    assert sharpness(fine) > 0.97 * sharpness(PHOTO.float())
    assert sharpness(coarse) < 0.9 * sharpness(PHOTO.float())


def test_nearer_it_shows_what_the_clips_size_left_out():
    near = places() / 2
    there = sample(FINE[None].float(), near, EXTENT)[0]
    fine = pyramid(matched(FINE, PHOTO), EXTENT, is_fine=True).fetched(near, 0.5)
    coarse = pyramid(PHOTO.float(), EXTENT, is_fine=False).fetched(near, 0.5)
    assert (fine - there).abs().mean() < 0.5 * (coarse - there).abs().mean()


def test_further_away_it_is_smooth_from_level_to_level():
    picture = pyramid(matched(FINE, PHOTO), EXTENT, is_fine=True)
    steps = [picture.fetched(places() * scale, scale) for scale in (0.99, 1.0, 1.01, 1.99, 2.0, 2.01)]
    assert all((a - b).abs().mean() < 6 for a, b in itertools.pairwise(steps) if a is not steps[2])
