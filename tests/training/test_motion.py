"""Wishes become paths."""

import random

import numpy as np
import pytest

from i2v_cli.families.pocket.config import AXES, KNOTS
from i2v_cli.training.captions import Move, Wish
from i2v_cli.training.motion import camera_path, subject_motion

PLACES = np.stack(np.meshgrid(np.linspace(-1.5, 1.5, 12), np.linspace(-1, 1, 8))).astype(np.float32)


def path(*moves: Move, sequence: bool = False) -> np.ndarray:
    return camera_path(Wish(moves, sequence=sequence), random.Random(3))


def test_axes_that_nobody_asked_for_stay_exactly_zero():
    moved = path(Move("tilt", 1, 1.0))
    assert (np.delete(moved, AXES.index("tilt"), axis=1) == 0).all()
    assert (moved[:, AXES.index("tilt")] < 0).all()  # up is towards smaller y


def test_speed_says_how_far_a_move_goes():
    slow, fast = (abs(path(Move("pan", 1, speed))[-1, 0]) for speed in (0.3, 1.5))
    assert fast / slow == pytest.approx(5, rel=1e-5)


def test_a_move_never_turns_back():
    steps = np.diff(path(Move("zoom", 1, 1.0))[:, AXES.index("zoom")])
    assert (steps >= 0).all()


def test_moves_in_sequence_take_turns():
    moved = path(Move("pan", 1, 1.0), Move("zoom", -1, 1.0), sequence=True)
    half = KNOTS // 2
    assert (moved[:half, AXES.index("zoom")] == 0).all()
    assert np.ptp(moved[half:, AXES.index("pan")]) < 1e-6


@pytest.mark.parametrize("action", ["sway", "bob", "breathe", "tremble"])
def test_subjects_start_where_the_photo_shows_them_and_do_not_wander_off(action):
    flow = subject_motion(action, (-0.5, -0.5, 0.5, 0.5), PLACES, random.Random(1))
    assert flow.shape == (KNOTS, 2, 8, 12)
    assert np.abs(flow[0]).max() < 0.02
    assert 0.001 < np.abs(flow).max() < 0.2


def test_a_swaying_subject_stands_on_its_foot():
    flow = subject_motion("sway", (-0.5, -0.5, 0.5, 0.5), PLACES, random.Random(1))
    below = PLACES[1] >= 0.5
    assert (flow[:, 0][:, below] == 0).all()
