"""Painted flames and smoke lie where their masks say."""

import random

import numpy as np
import pytest

from i2v_cli.training.painting import CANDLES, FIRES, FOGS, SMOKES, paint_fire, paint_smoke

SEEDS = range(8)


def painted(paint, seed: int, level: int):
    """The picture before and after, its region, its mask."""
    before = np.full((96, 144, 3), level, dtype=np.uint8)
    after = before.copy()
    region, alpha = paint(after, random.Random(seed))
    return before.astype(float), after.astype(float), region, alpha


@pytest.mark.parametrize("seed", SEEDS)
def test_flames_are_bright_and_warm_where_the_mask_is(seed):
    _, after, region, alpha = painted(paint_fire, seed, 90)
    inside = after[alpha > 0.9]
    assert len(inside) > 20
    assert (inside[:, 0] >= inside[:, 1]).all() and (inside[:, 1] > inside[:, 2]).all()
    assert inside[:, 0].min() > 200
    assert region.kind == "fire" and region.name in CANDLES + FIRES


@pytest.mark.parametrize("seed", SEEDS)
def test_far_from_the_flame_it_is_darker_than_before(seed):
    before, after, _, alpha = painted(paint_fire, seed, 200)
    assert after[alpha == 0].min() < before.min()
    assert alpha.min() > -1e-6 and alpha.max() < 1 + 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_smoke_changes_the_picture_only_where_its_mask_is(seed):
    before, after, region, alpha = painted(paint_smoke, seed, 0)
    change = np.abs(after - before).max(axis=2)
    assert change[alpha < 0.01].max(initial=0) <= 3
    assert change[alpha > 0.6].min(initial=255) > 30
    assert region.kind == "smoke" and region.name in SMOKES + FOGS


@pytest.mark.parametrize("seed", SEEDS)
def test_smoke_is_grey_and_lets_something_through(seed):
    _, after, _, alpha = painted(paint_smoke, seed, 0)
    assert np.ptp(after, axis=2).max() <= 1
    assert alpha.min() >= 0 and 0.2 < alpha.max() <= 1


@pytest.mark.parametrize("paint", [paint_fire, paint_smoke])
def test_the_same_seed_paints_the_same_and_another_one_does_not(paint):
    pictures = [painted(paint, seed, 90)[1] for seed in (3, 3, 4)]
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_candles_fires_smoke_and_fog_all_come_about():
    names = {painted(paint, seed, 90)[2].name for paint in (paint_fire, paint_smoke) for seed in range(40)}
    for some in (CANDLES, FIRES, SMOKES, FOGS):
        assert names & set(some)
