"""Sizes that `pocket` makes, and what it says of them before anything heavy is loaded."""

import hashlib

import pytest

from i2v_cli.families.pocket import config
from i2v_cli.families.pocket.vae import sizes
from i2v_cli.runtime.memory import peak


@pytest.mark.parametrize("size", [(768, 512), (512, 768), (4096, 256), (64, 2048), (1000, 1000)])
def test_grids_are_whole_patches_near_the_clips_aspect(size):
    rows, columns = config.grid(*size)
    assert rows % config.PATCH == columns % config.PATCH == 0
    assert 300 <= rows * columns <= 900
    aspect = min(max(size[0] / size[1], 1 / config.LONGEST_ASPECT), config.LONGEST_ASPECT)
    assert columns / rows == pytest.approx(aspect, rel=0.25)


def test_a_photo_upright_and_on_its_side_have_the_same_grid_turned():
    assert config.grid(768, 512) == config.grid(512, 768)[::-1]


def test_latents_of_a_clip_have_the_size_that_the_geometry_says(make_request):
    shape = config.geometry(make_request(), (1536, 960))
    assert shape.latent_shape == (sum(sizes(config.grid(shape.width, shape.height))),)


def test_denoising_costs_the_same_at_any_length_and_size(make_request):
    source = (1536, 960)
    short = config.geometry(make_request(frames=2, size="480x300"), source)
    long = config.geometry(make_request(seconds=60, size="1920x1200"), source)
    assert short.latent_shape == long.latent_shape


def test_more_pixels_are_said_to_take_more_memory_and_time(make_request):
    request = make_request()
    small, large = (config.geometry(make_request(size=size), (1536, 960)) for size in ("480p", "1080p"))
    assert peak(config.phases(request, large), "auto") > peak(config.phases(request, small), "auto")
    assert config.seconds(large, 12) > config.seconds(small, 12)


def test_movable_kinds_come_first_and_backdrops_are_among_them():
    assert set(config.BACKDROPS) < set(config.KINDS[: config.MOVABLE])
    assert len(set(config.KINDS)) == len(config.KINDS)
    assert len(config.AXIS_SCALE) == len(config.AXES)


def test_shipped_weights_are_those_that_were_released():
    for path, digest in config.weights().items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path.name
