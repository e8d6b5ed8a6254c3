"""Two pictures of one scene: the similarity between them is found to a fraction of a pixel."""

import cmath

import numpy as np
import pytest

from i2v_cli.media.registration import Similarity, points, pyramid, register, support


def scene(place: Similarity, size: tuple[int, int] = (96, 160)) -> np.ndarray:
    """[H, W, 3] uint8: a smooth pattern in closed form, seen from `place` (frame to scene)."""
    height, width = size
    y = (np.arange(height) + 0.5)[:, None] * 2 / height - 1
    x = ((np.arange(width) + 0.5)[None] * 2 - width) / height
    seen = place.a * (x + 1j * y) + place.b
    grey = 128 + sum(
        22 * np.sin(k * seen.real + 1.3 * k) * np.cos(1.7 * k * seen.imag + k) for k in (2.1, 3.7, 6.1, 9.4)
    )
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


PLACES = [
    Similarity(b=0.3 + 0j),
    Similarity(b=-0.6 + 0.2j),
    Similarity(1.25 + 0j),
    Similarity(0.75 + 0j),
    Similarity(cmath.exp(0.15j)),
    Similarity(1.1 * cmath.exp(-0.1j), 0.15 - 0.1j),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_place_of_a_frame_is_found_to_a_fraction_of_a_pixel(place):
    fit = register(points(pyramid(scene(Similarity()))), pyramid(scene(place)), Similarity())
    found = fit.similarity.inverse()
    assert abs(found.a - place.a) < 0.002
    assert abs(found.b - place.b) < 0.003
    assert fit.agreement > 0.99


def test_brighter_and_paler_pictures_lie_the_same():
    place = PLACES[-1]
    faded = (scene(place) * 0.6 + 70).astype(np.uint8)
    found = register(points(pyramid(scene(Similarity()))), pyramid(faded), Similarity()).similarity.inverse()
    assert abs(found.b - place.b) < 0.003


def test_a_quarter_that_moves_by_itself_does_not_carry_the_rest_along():
    frame = scene(Similarity(b=0.2 + 0j))
    frame[72:] = scene(Similarity(b=-0.15 + 0j))[72:]
    found = register(points(pyramid(scene(Similarity()))), pyramid(frame), Similarity()).similarity.inverse()
    assert abs(found.b - 0.2) < 0.003


def test_plain_pictures_are_sure_of_nothing():
    plain = np.full((96, 160, 3), 90, np.uint8)
    fit = register(points(pyramid(plain)), pyramid(plain), Similarity())
    assert fit.agreement == 0 and min(fit.sigma) > 0.1


def test_pictures_that_share_nothing_agree_badly():
    noise = np.random.default_rng(0).integers(0, 255, (2, 96, 160, 3)).astype(np.uint8)
    assert register(points(pyramid(noise[0])), pyramid(noise[1]), Similarity()).agreement < 0.5


def test_support_tells_who_has_more_of_the_picture():
    first, frame = scene(Similarity()), scene(Similarity(b=0.2 + 0j))
    frame[72:] = first[72:]
    wanted, levels = points(pyramid(first)), pyramid(frame)
    moved = register(wanted, levels, Similarity(b=-0.2 + 0j))
    still = register(wanted, pyramid(first), Similarity())
    assert 0.1 < support(wanted, levels, still, moved) < 0.4


@pytest.mark.parametrize("size", [(16, 16), (16, 2000), (33, 640), (1080, 1920)], ids=str)
def test_any_size_has_levels(size):
    levels = pyramid(np.zeros((*size, 3), np.uint8))
    assert min(levels[-1].grey.shape) >= 12
    assert levels[0].origin.real == pytest.approx(-size[1] / size[0], abs=levels[0].pitch)
