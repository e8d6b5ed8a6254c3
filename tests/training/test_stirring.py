"""What regions do by themselves."""

import random

import numpy as np
import pytest

from i2v_cli.families.pocket.config import KINDS, KNOTS, MOVABLE
from i2v_cli.training.captions import Stir
from i2v_cli.training.stirring import ACTIONS, residual
from i2v_cli.training.wishes import ACTIONS_OF

BOX = (-0.5, -0.5, 0.5, 0.5)
PLACES = np.stack(np.meshgrid(np.linspace(-1.5, 1.5, 12), np.linspace(-1, 1, 8))).astype(np.float32)
EVERY = [(kind, action) for kind, actions in ACTIONS_OF.items() for action in actions]
WANDERING = {"drift", "flow"}


def stirred(kind: str, action: str, heading: str = "", strength: float = 1.0, seed: int = 1) -> np.ndarray:
    """[48, 3, 8, 12]"""
    return residual(Stir("it", kind, action, heading, strength), BOX, PLACES, random.Random(seed))


def test_every_action_that_can_be_wished_for_is_carried_out():
    assert {action for _, action in EVERY} <= set(ACTIONS)
    assert list(ACTIONS_OF) == list(KINDS[:MOVABLE])


@pytest.mark.parametrize(("kind", "action"), EVERY)
def test_everything_begins_from_rest_and_can_be_seen(kind, action):
    moves = stirred(kind, action)
    assert moves.shape == (KNOTS, 3, 8, 12) and moves.dtype == np.float32
    assert np.abs(moves[0]).max() < 0.25 * np.abs(moves).max()
    assert 0.004 < np.abs(moves).max() < 0.8


@pytest.mark.parametrize(("kind", "action"), [one for one in EVERY if one[1] not in WANDERING])
def test_what_stays_in_its_place_does_not_wander_off(kind, action):
    moves = stirred(kind, action)[:, :2]
    assert np.abs(moves).max() < 0.2
    assert np.abs(moves.mean(axis=0)).max() < 0.6 * max(np.abs(moves).max(), 1e-9)


@pytest.mark.parametrize(("kind", "action"), EVERY)
def test_neighbouring_knots_are_close(kind, action):
    moves = stirred(kind, action)
    assert np.abs(np.diff(moves, axis=0)).max() < 0.6 * np.ptp(moves)


@pytest.mark.parametrize(
    ("heading", "axis", "sign"), [("left", 0, 1), ("right", 0, -1), ("up", 1, 1), ("down", 1, -1)]
)
@pytest.mark.parametrize(("kind", "action"), [("sky", "drift"), ("water", "flow"), ("smoke", "flow")])
def test_what_travels_is_fetched_from_the_side_that_it_comes_from(kind, action, heading, axis, sign):
    end = stirred(kind, action, heading)[-1]
    assert (np.sign(end[axis]) == sign).all()
    assert np.abs(end[1 - axis]).max() < 0.3 * np.abs(end[axis]).min()


def test_without_a_heading_clouds_drift_either_way_and_smoke_rises():
    sides = {float(np.sign(stirred("sky", "drift", seed=seed)[-1, 0].mean())) for seed in range(20)}
    assert sides == {-1.0, 1.0}
    assert all(stirred("smoke", "flow", seed=seed)[-1, 1].mean() > 0 for seed in range(10))


def test_clouds_move_as_one():
    drift = stirred("sky", "drift", "left")
    assert np.ptp(drift, axis=(2, 3)).max() < 1e-6


@pytest.mark.parametrize(("kind", "action"), EVERY)
def test_strength_says_how_far(kind, action):
    gentle, strong = (np.abs(stirred(kind, action, strength=strength)).max() for strength in (0.5, 1.6))
    assert strong / gentle == pytest.approx(3.2, rel=1e-3)


def test_a_swaying_subject_stands_on_its_foot():
    moves = stirred("subject", "sway")
    below = PLACES[1] >= BOX[3]
    assert (moves[:, 0][:, below] == 0).all()
    assert np.abs(moves[:, 0, 0]).max() > 0.01


def test_leaves_sway_each_for_itself_and_subjects_as_a_whole():
    leaves, fox = stirred("foliage", "sway")[20, 0], stirred("subject", "sway")[20, 0]
    assert np.ptp(leaves, axis=1).min() > 0
    assert np.ptp(fox, axis=1).max() < 1e-6


def test_what_breathes_swells_about_its_middle():
    moves = stirred("subject", "breathe")
    loudest = moves[np.abs(moves[:, 0]).max(axis=(1, 2)).argmax(), 0]
    assert loudest[:, :6].mean() == pytest.approx(-loudest[:, 6:].mean(), rel=1e-3)
    assert np.abs(loudest[:, 5:7]).max() < np.abs(loudest[:, [0, -1]]).min()


def test_lights_pulse_without_moving_and_flames_do_both():
    pulse, flame = stirred("light", "pulse"), stirred("fire", "flicker")
    assert not pulse[:, :2].any() and pulse[:, 2].any()
    assert flame[:, :2].any() and flame[:, 2].any()


@pytest.mark.parametrize(("kind", "action"), [one for one in EVERY if one[0] not in ("light", "fire")])
def test_only_fire_and_lights_change_the_light(kind, action):
    assert not stirred(kind, action)[:, 2].any()


def test_ripples_are_flatter_towards_the_far_shore():
    moves = np.abs(stirred("water", "ripple")[:, :2]).max(axis=(0, 1))
    assert moves[6:].mean() > 2 * moves[:3].mean()


def test_other_seeds_give_other_ripples():
    one, same, other = (stirred("water", "ripple", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.allclose(one, other)
