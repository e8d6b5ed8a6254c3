"""Sizes and lengths are arithmetic."""

import pytest

from i2v_cli.geometry import frame_count, no_size, pixel_size

PHOTO = (1536, 960)


@pytest.mark.parametrize(
    ("size", "made"),
    [
        (None, (794, 496)),
        ("720p", (1152, 720)),
        ("1080x1920", (1080, 1920)),
        ("333x221", (332, 220)),
        ("4x4", (16, 16)),
        ("9999x100", (8192, 100)),
    ],
)
def test_sizes_become_even_and_stay_within_bounds(make_request, size, made):
    assert pixel_size(make_request(size=size), PHOTO) == made


@pytest.mark.parametrize("source", [(4000, 3000), (3000, 4000), (512, 512), (5000, 800), (20, 3000)])
def test_without_a_size_the_aspect_is_the_photos_at_the_presets_area(make_request, source):
    width, height = pixel_size(make_request(), source)
    assert width * height == pytest.approx(768 * 512, rel=0.04)
    assert width / height == pytest.approx(source[0] / source[1], rel=0.05)


@pytest.mark.parametrize(
    ("asked", "frames"),
    [
        ({}, 49),
        ({"frames": 7}, 7),
        ({"seconds": 2}, 32),
        ({"seconds": 2, "fps": 24}, 48),
        ({"seconds": 0.01}, 2),
    ],
)
def test_length_is_frames_or_seconds_or_the_familys_own(make_request, asked, frames):
    assert frame_count(make_request(**asked), native=49) == frames


@pytest.mark.parametrize(
    ("extend", "hint"), [(False, "use --size 720x480"), (True, "--preset pocket takes any")]
)
def test_no_other_size_is_named_for_a_video_that_goes_on(make_request, extend, hint):
    error = no_size(make_request(extend=extend), "100x100 is no size of this model", "use --size 720x480")
    assert (error.message, hint in error.hint) == ("100x100 is no size of this model", True)
