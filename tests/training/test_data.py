"""Procedural clips: words and motions agree, whatever the picture."""

import re
from collections import Counter

import numpy as np
import pytest
import torch

from i2v_cli.families.pocket.config import AXES, CAMERA, KINDS, KNOTS, MOVABLE, REFERENCE_CHANNELS
from i2v_cli.training.captions import Region
from i2v_cli.training.data import Batch, Clips, _smaller
from i2v_cli.training.motion import TRAVEL_AXES, travels
from i2v_cli.training.seeing import Sight

SKY, WATER = KINDS.index("sky"), KINDS.index("water")
TRAVELLING = [AXES.index(axis) for axis in TRAVEL_AXES.values()]
# Words beside which a move is not wanted, or is one of two.
MORE = re.compile(
    r"\b(not|no|don't|dont|instead|anything but|without|never|then|and|while|before|after|afterwards)\b"
    r"|\b(once|first|followed)\b|\b(next|later|finish|ends)\b|->|2[.:)]",
    re.IGNORECASE,
)


def sight(cells: tuple[int, int], *regions: tuple[str, str, slice]) -> Sight:
    """Regions of a name, a kind and some rows."""
    reference = np.zeros((REFERENCE_CHANNELS, *cells), dtype=np.float16)
    placed = []
    for name, kind, rows in regions:
        reference[KINDS.index(kind), rows] = 0.95
        share = len(range(*rows.indices(cells[0]))) / cells[0]
        placed.append((Region(name, kind), share, (-1.0, -1.0, 1.0, 1.0)))
    return Sight(reference, tuple(placed))


LAKE = sight((8, 8), ("sky", "sky", slice(0, 4)), ("lake", "water", slice(4, 8)))
STREET = sight((8, 8), ("wall", "building", slice(0, 4)), ("pavement", "ground", slice(4, 8)))
TALL = sight((12, 4), ("sky", "sky", slice(0, 6)), ("grass", "grass", slice(6, 12)))


def batches(sights, count: int, *, size: int = 16, seed: int = 1) -> list[Batch]:
    threads = torch.get_num_threads()
    try:
        stream = iter(Clips(sights, size, seed))
        return [next(stream) for _ in range(count)]
    finally:
        torch.set_num_threads(threads)


def clips(sights, count: int, seed: int = 1):
    """(path, residual, stirred, words) of each of so many clips."""
    for batch in batches(sights, -(-count // 16), seed=seed):
        yield from zip(batch.path, batch.residual, batch.stirred, batch.captions, strict=True)


@pytest.fixture(scope="module")
def streets() -> list:
    """Clips in which only the camera moves."""
    return list(clips([STREET], 4000))


def test_the_same_seed_gives_the_same_clips_and_another_one_does_not():
    one, same, other = (batches([LAKE, STREET], 2, seed=seed)[1] for seed in (1, 1, 2))
    assert one.captions == same.captions != other.captions
    for name in ("reference", "path", "residual", "stirred"):
        assert torch.equal(getattr(one, name), getattr(same, name))


def test_a_batch_is_of_one_shape_and_its_parts_fit_together():
    shapes = set()
    for batch in batches([LAKE, TALL], 12, size=4):
        cells = tuple(batch.reference.shape[2:])
        shapes.add(cells)
        assert batch.reference.shape == (4, REFERENCE_CHANNELS, *cells)
        assert batch.path.shape == (4, KNOTS, len(AXES))
        assert batch.residual.shape == (4, KNOTS, 3, *cells)
        assert batch.stirred.shape == (4, 2, MOVABLE)
        assert len(batch.captions) == 4
        assert {part.dtype for part in (batch.reference, batch.path, batch.residual)} == {torch.float32}
    assert shapes == {LAKE.cells, TALL.cells, (8, 4)}


def test_words_are_learned_on_smaller_grids_too():
    seen = sight((24, 32), ("sky", "sky", slice(0, 12)), ("lake", "water", slice(12, 24)))
    many = batches([seen], 40, size=2)
    grids = Counter(tuple(batch.reference.shape[2:]) for batch in many)
    assert grids.keys() == {(24, 32), (8, 12)} and min(grids.values()) > 8
    small = next(batch for batch in many if batch.reference.shape[2] == 8)
    assert small.reference[:, SKY, :4].min() > 0.9 and small.reference[:, SKY, 4:].max() < 0.1


def test_what_lies_where_stays_so_on_a_smaller_grid():
    region = (Region("cat", "subject"), 0.2, (0.4, -0.5, 1.4, 1.0))
    seen = Sight(np.zeros((REFERENCE_CHANNELS, 20, 28), np.float16), (region,))
    small = _smaller(seen)
    assert small.cells == (8, 8)
    ((_, share, box),) = small.regions
    assert share == 0.2 and box == pytest.approx((0.4 / 1.4, -0.5, 1.0, 1.0))


def test_nothing_moves_in_a_picture_of_what_cannot():
    for _, residual, stirred, _ in clips([STREET], 64):
        assert not stirred.any() and not residual.any()


def test_only_kinds_that_the_picture_shows_stir():
    seen = torch.zeros(2, MOVABLE)
    for _, _, stirred, _ in clips([LAKE], 128):
        seen += stirred
    assert seen[0, SKY] > 5 and seen[0, WATER] > 5
    seen[0, [SKY, WATER]] = 0
    assert not seen.any()


def test_what_stirs_moves_where_it_lies_and_what_rests_has_no_motion():
    alone = 0
    for _, residual, stirred, _ in clips([LAKE], 128):
        moves = residual.abs().amax(dim=(0, 1))
        assert bool(moves.any()) == bool(stirred.any())
        if stirred[0, SKY] and not stirred[0, WATER]:
            alone += 1
            assert moves[:4].min() > 0
    assert alone > 5


def test_water_that_rests_is_not_said_to_ripple():
    for _, _, stirred, words in clips([LAKE], 128):
        if (
            stirred[0, SKY]
            and not stirred[0, WATER]
            and re.search(r"\b(lake|water)\b.*(?<!no )\bripples\b", words)
        ):
            pytest.fail(words)


@pytest.mark.parametrize(
    ("said", "axis", "sign"),
    [
        (r"\bpan(s|ning)? (to the )?right\b", "pan", 1),
        (r"\bpan(s|ning)? (to the )?left\b", "pan", -1),
        (r"\btilt(s|ing)? up\b", "tilt", -1),
        (r"\btilt(s|ing)? down\b", "tilt", 1),
        (r"\bzoom(s|ing)? in\b", "zoom", 1),
        (r"\bzoom(s|ing)? out\b", "zoom", -1),
        (r"\btruck(s|ing)? right\b", "truck", 1),
        (r"\btruck(s|ing)? left\b", "truck", -1),
        (r"\bdoll(y|ies|ying) in\b", "dolly", 1),
        (r"\bdoll(y|ies|ying) out\b", "dolly", -1),
    ],
)
def test_words_and_the_cameras_path_agree(streets, said, axis, sign):
    found = 0
    for path, _, _, words in streets:
        if re.search(said, words, re.IGNORECASE) and not MORE.search(words):
            found += 1
            assert torch.sign(path[-1, AXES.index(axis)]) == sign, words
    assert found >= 1


def test_the_camera_travels_exactly_where_the_words_say_so():
    both = set()
    for path, _, _, words in clips([LAKE, STREET], 320):
        moves = bool(path[:, [AXES.index(axis) for axis in TRAVEL_AXES]].any())
        assert bool(path[:, TRAVELLING].any()) == (travels(words) and moves), words
        both.add(travels(words) and moves)
    assert both == {True, False}


def test_light_changes_now_and_then_and_mostly_not(streets):
    lit = sum(bool(path[:, CAMERA:].any()) for path, *_ in streets)
    assert 0.01 * len(streets) < lit < 0.1 * len(streets)


def test_a_region_too_small_to_ask_for_never_stirs():
    speck = Sight(LAKE.reference, tuple((region, 0.01, box) for region, _, box in LAKE.regions))
    assert not any(stirred.any() for _, _, stirred, _ in clips([speck], 64))
