"""Windows of photos: pixels, shares, depth stay together however they are cut, mirrored, pasted over."""

import random

import numpy as np
import pytest

from i2v_cli.families.pocket.config import KINDS, STRIDE
from i2v_cli.training import pictures
from i2v_cli.training.captions import Region
from i2v_cli.training.photos import Cutout, Photo
from i2v_cli.training.pictures import picture, whole

CELLS = (6, 8)
SKY, WATER, SUBJECT = (KINDS.index(kind) for kind in ("sky", "water", "subject"))
DUCK = Region("duck", "subject")


@pytest.fixture
def photo() -> Photo:
    """Blue sky above, green water below it to the left, nothing known (black) to the right."""
    pixels = np.zeros((180, 260, 3), dtype=np.uint8)
    owner = np.full((180, 260), -1, dtype=np.int16)
    owner[:90], owner[90:, :130], owner[90:, 130:200] = 0, 1, 2
    pixels[owner == 0], pixels[owner > 0] = (0, 0, 200), (0, 200, 0)
    regions = (Region("sky", "sky"), Region("pond", "water"), Region("pond", "water"))
    depth = np.linspace(0, 1, 180, dtype=np.float32)[:, None].repeat(260, axis=1)
    return Photo(pixels, regions, owner, depth)


@pytest.fixture
def duck() -> Cutout:
    pixels = np.zeros((50, 40, 4), dtype=np.uint8)
    pixels[10:, :] = (220, 0, 0, 255)
    return Cutout(DUCK, pixels)


@pytest.fixture
def only(monkeypatch):
    """Sets how often something is pasted or painted."""

    def set_shares(pasted: float = 0, burning: float = 0, smoking: float = 0) -> None:
        monkeypatch.setattr(pictures, "PASTED", pasted)
        monkeypatch.setattr(pictures, "BURNING", burning)
        monkeypatch.setattr(pictures, "SMOKING", smoking)

    return set_shares


def some(photo: Photo, cutouts=(), count: int = 12):
    return [picture(photo, cutouts, CELLS, random.Random(seed)) for seed in range(count)]


def of_cells(pixels: np.ndarray) -> np.ndarray:
    """[16h, 16w, 3] -> [3, h, w], the mean of each cell's pixels over the brightest."""
    rows, columns = CELLS
    means = pixels.astype(float).reshape(rows, STRIDE, columns, STRIDE, 3).mean(axis=(1, 3))
    return means.transpose(2, 0, 1) / pixels.reshape(-1, 3).max(axis=0).clip(1)[:, None, None]


def test_shapes_are_those_of_the_cells(photo, only):
    only()
    for one in some(photo):
        assert one.pixels.shape == (CELLS[0] * STRIDE, CELLS[1] * STRIDE, 3) and one.pixels.dtype == np.uint8
        assert one.kinds.shape == (len(KINDS) + 1, *CELLS)
        assert one.masks.shape == (len(one.regions), *CELLS)
        assert one.depth.shape == CELLS


def test_kinds_lie_where_their_colours_are(photo, only):
    only()
    for one in some(photo):
        _, green, blue = of_cells(one.pixels)
        assert np.abs(one.kinds[WATER] - green).max() < 0.1
        assert np.abs(one.kinds[SKY] - blue).max() < 0.1


def test_depth_goes_with_the_window(photo, only):
    only()
    for one in some(photo):
        assert (np.diff(one.depth, axis=0) > 0).all()
        sky, water = one.kinds[SKY] > 0.99, one.kinds[WATER] > 0.99
        assert (one.depth[sky] <= 0.5).all() and (one.depth[water] >= 0.5).all()


def test_windows_are_mirrored_half_of_the_time(photo, only):
    only()
    sides = [np.sign(np.diff(one.kinds[WATER].mean(axis=0)).sum()) for one in some(photo, count=40)]
    assert sides.count(1) > 5 and sides.count(-1) > 5


def test_regions_of_one_name_and_kind_are_one(photo, only):
    only()
    for one in some(photo):
        assert len(set(one.regions)) == len(one.regions) <= 2


def test_shares_of_a_cell_sum_to_one(photo, duck, only):
    only(0.5, 0.5, 0.5)
    for one in some(photo, [duck], count=24):
        assert np.abs(one.kinds.sum(axis=0) - 1).max() < 1e-3
        assert one.kinds.min() >= -1e-6
        assert one.depth.min() >= 0 and one.depth.max() <= 1


def test_a_cutout_hides_what_it_is_pasted_over_and_its_mask_lies_on_it(photo, duck, only):
    only(pasted=1)
    for one in some(photo, [duck]):
        red, green, _ = of_cells(one.pixels)
        assert DUCK in one.regions
        assert np.abs(one.kinds[SUBJECT] - red).max() < 0.1
        assert np.abs(one.kinds[WATER] - green).max() < 0.1
        assert np.abs(one.masks[one.regions.index(DUCK)] - one.kinds[SUBJECT]).max() < 1e-6


def test_a_cutout_stands_at_one_distance_not_too_far(photo, duck, only):
    only(pasted=1)
    for one in some(photo, [duck]):
        inside = one.kinds[SUBJECT] > 0.999
        if inside.any():
            assert np.ptp(one.depth[inside]) < 0.02
            assert one.depth[inside].min() >= pictures.NEAR - 0.02


def test_painted_fire_and_smoke_have_regions_of_their_kinds(photo, only):
    only(burning=1, smoking=1)
    for one in some(photo):
        kinds = {region.kind for region in one.regions}
        assert {"fire", "smoke"} <= kinds


def test_without_cutouts_nothing_is_pasted(photo, only):
    only(pasted=1)
    assert all(DUCK not in one.regions for one in some(photo))


def test_the_photo_and_its_labels_are_left_as_they_are(photo, duck, only):
    only(1, 1, 1)
    before = photo.pixels.copy(), photo.owner.copy(), photo.depth.copy()
    some(photo, [duck])
    for kept, now in zip(before, (photo.pixels, photo.owner, photo.depth), strict=True):
        assert np.array_equal(kept, now)


def test_the_same_seed_gives_the_same_picture(photo, duck):
    one, other = (picture(photo, [duck], CELLS, random.Random(7)) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels) and np.array_equal(one.kinds, other.kinds)


def test_the_whole_photo_is_squeezed_unmirrored(photo):
    seen = whole(photo, CELLS)
    assert (seen.kinds[SKY, :3] == 1).all()
    assert (seen.kinds[WATER, 3:, :6] > 0.99).all()
    assert (seen.kinds[-1, 3:, 7] > 0.99).all()
    assert seen.pixels.shape == (CELLS[0] * STRIDE, CELLS[1] * STRIDE, 3)
