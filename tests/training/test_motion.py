"""Wishes become paths."""

import random

import numpy as np
import pytest

from i2v_cli.families.pocket.config import AXES, CAMERA, KNOTS
from i2v_cli.training.captions import LIGHTS, Move, Wish
from i2v_cli.training.motion import LIGHT_GAINS, TRAVEL_AXES, camera_path, light_path, travels


def path(*moves: Move, travels: bool = False) -> np.ndarray:
    return camera_path(Wish(moves), random.Random(3), travels=travels)


def test_axes_that_nobody_asked_for_stay_exactly_zero():
    moved = path(Move("tilt", 1, 1.0))
    assert moved.shape == (KNOTS, CAMERA)
    assert (np.delete(moved, AXES.index("tilt"), axis=1) == 0).all()
    assert (moved[:, AXES.index("tilt")] < 0).all()  # up is towards smaller y


def test_a_wish_without_moves_is_a_camera_that_rests():
    assert not path().any()


def test_speed_says_how_far_a_move_goes():
    slow, fast = (abs(path(Move("pan", 1, speed))[-1, 0]) for speed in (0.3, 1.5))
    assert fast / slow == pytest.approx(5, rel=1e-5)


def test_a_move_never_turns_back():
    steps = np.diff(path(Move("zoom", 1, 1.0))[:, AXES.index("zoom")])
    assert (steps >= 0).all()


@pytest.mark.parametrize("axis", TRAVEL_AXES)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_camera_that_travels_passes_near_things_faster_on_the_axis_of_the_move(axis, sign):
    looks, goes = path(Move(axis, sign, 1.0)), path(Move(axis, sign, 1.0), travels=True)
    near, all_the_same = AXES.index(TRAVEL_AXES[axis]), AXES.index(axis)
    assert not looks[:, near].any()
    assert (np.sign(goes[:, near]) == np.sign(looks[:, all_the_same])).all()
    assert 0 < abs(goes[-1, all_the_same]) < abs(looks[-1, all_the_same])
    assert abs(goes[-1, all_the_same]) + abs(goes[-1, near]) > abs(looks[-1, all_the_same])


def test_a_camera_that_rolls_goes_nowhere():
    assert np.array_equal(path(Move("roll", 1, 1.0)), path(Move("roll", 1, 1.0), travels=True))


@pytest.mark.parametrize(
    "words",
    ["Truck right", "the camera dollies in", "crane up slowly", "a tracking shot", "push-in", "tracks left"],
)
def test_words_for_a_camera_that_travels(words):
    assert travels(words)


@pytest.mark.parametrize(
    "words", ["pan right", "zoom in on the track", "tilt up", "the camera rolls", "a railway track, static"]
)
def test_words_for_a_camera_that_stays_where_it_is(words):
    assert not travels(words)


@pytest.mark.parametrize("light", LIGHTS)
def test_light_begins_as_the_photo_has_it(light):
    for seed in range(5):
        gains = light_path(light, random.Random(seed))
        assert gains.shape == (KNOTS, 2) and gains.dtype == np.float32
        assert light == "flash" or np.abs(gains[0]).max() < 0.1 * np.abs(gains[-1]).max()


@pytest.mark.parametrize("light", LIGHT_GAINS)
def test_light_goes_where_it_is_wished_and_does_not_turn_back(light):
    gains = light_path(light, random.Random(1))
    for column, wanted in enumerate(LIGHT_GAINS[light]):
        assert np.sign(gains[-1, column]) == np.sign(wanted)
        assert (np.diff(gains[:, column]) * np.sign(wanted) >= 0).all()
    assert abs(gains[-1, 0]) == pytest.approx(abs(LIGHT_GAINS[light][0]), rel=0.2)


def test_flashes_come_and_go():
    for seed in range(5):
        brightness = light_path("flash", random.Random(seed))[:, 0]
        assert brightness.max() > 0.3 and np.median(brightness) < 0.05 and brightness.min() >= 0
