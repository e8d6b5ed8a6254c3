"""Depth from regions drawn by hand."""

import numpy as np
import pytest

from i2v_cli.training.captions import Region
from i2v_cli.training.depth import FAR, NEAREST_SUBJECT, inverse_depth

SKY, GROUND = Region("sky", "sky"), Region("meadow", "grass")
HOUSE, FOX = Region("house", "building"), Region("fox", "subject")
SHAPE = (101, 60)  # so that a row is a hundredth of the height


def scene(*things: tuple[Region, slice, slice], horizon: int = 40) -> tuple[np.ndarray, list[Region]]:
    """Sky above the horizon's row, a meadow below it, things before them. -> depth [H, W], regions."""
    owner = np.zeros(SHAPE, dtype=np.int16)
    owner[horizon:] = 1
    regions = [SKY, GROUND]
    for region, rows, columns in things:
        owner[rows, columns] = len(regions)
        regions.append(region)
    return inverse_depth(regions, owner), regions


def test_the_sky_is_at_nought_and_the_nearest_ground_at_one():
    depth, _ = scene()
    assert depth.dtype == np.float32
    assert (depth[:40] == 0).all()
    assert (depth[-1] == 1).all()


def test_the_ground_comes_nearer_evenly_from_the_horizon_down():
    depth, _ = scene()
    steps = np.diff(depth[40:, 0])
    assert steps.min() > 0 and np.ptp(steps) < 1e-5
    assert depth[40, 0] == pytest.approx(FAR)


@pytest.mark.parametrize("foot", [50, 70, 95])
def test_what_stands_on_the_ground_stands_as_far_away_as_its_foot(foot):
    rows = slice(20, foot)
    depth, _ = scene((HOUSE, rows, slice(10, 30)))
    house = depth[rows, 10:30]
    assert np.ptp(house) == 0  # upright: one distance
    assert house[0, 0] == pytest.approx(depth[foot - 1, 45], abs=0.04)  # the ground beside its foot


def test_of_two_houses_the_one_with_the_lower_foot_is_nearer():
    depth, _ = scene((HOUSE, slice(20, 55), slice(5, 20)), (HOUSE, slice(20, 85), slice(30, 45)))
    assert depth[30, 35] > depth[30, 10]


def test_what_a_house_hides_is_not_at_its_distance():
    depth, _ = scene((HOUSE, slice(20, 60), slice(10, 30)))
    assert (depth[20:39, 31:] == 0).all()


def test_a_subject_is_near_even_where_its_foot_is_far():
    depth, _ = scene((FOX, slice(38, 44), slice(20, 26)))
    assert depth[40, 22] == pytest.approx(NEAREST_SUBJECT)


@pytest.mark.parametrize("name", ["distant hills", "mountain", "city skyline", "blurred background"])
def test_what_is_called_distant_is_far_wherever_it_ends(name):
    depth, _ = scene((Region(name, "rock"), slice(10, 90), slice(0, 20)))
    assert (depth[10:90, :20] == np.float32(FAR)).all()


def test_without_ground_or_sky_the_bottom_is_nearest():
    depth = inverse_depth([], np.full(SHAPE, -1, dtype=np.int16))
    assert depth[0, 0] < depth[50, 0] < depth[-1, 0] == 1
    assert depth.min() >= FAR - 1e-6


def test_a_speck_of_water_does_not_set_the_horizon():
    pond = Region("pond", "water")
    with_speck, _ = scene((pond, slice(5, 6), slice(3, 6)))
    without, _ = scene()
    assert np.array_equal(with_speck[40:], without[40:])


def test_depth_stays_between_nought_and_one_for_any_labels():
    generator = np.random.default_rng(0)
    kinds = ("sky", "water", "subject", "building", "rock", "grass")
    regions = [Region(kind, kind) for kind in kinds]
    depth = inverse_depth(regions, generator.integers(-1, len(kinds), SHAPE).astype(np.int16))
    assert depth.min() >= 0 and depth.max() <= 1 and np.isfinite(depth).all()
