"""Procedural clips from a few small pictures."""

import cv2
import numpy as np
import pytest
import torch

from i2v_cli.families.pocket.config import KNOTS
from i2v_cli.training.config import VALIDATION, TrainConfig
from i2v_cli.training.data import Clips, load_cutouts, load_photos


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    random = np.random.default_rng(0)
    photos, cutouts = tmp_path / "photos", tmp_path / "cutouts"
    for folder in (photos, cutouts):
        folder.mkdir()
    for name in ("000", "001", next(iter(VALIDATION))):
        cv2.imwrite(str(photos / f"{name}.png"), random.integers(0, 255, (200, 300, 3), dtype=np.uint8))
    cutout = random.integers(0, 255, (60, 40, 4), dtype=np.uint8)
    cutout[:, :10, 3] = 0
    cv2.imwrite(str(cutouts / "grey_duck-2.png"), cutout)
    return TrainConfig(photos=photos, cutouts=cutouts, out=tmp_path / "out", batch=8)


def batches(config: TrainConfig, count: int, seed: int = 1):
    threads = torch.get_num_threads()
    try:
        stream = iter(Clips(config, seed))
        return [next(stream) for _ in range(count)]
    finally:
        torch.set_num_threads(threads)


def test_the_same_seed_gives_the_same_clips(config):
    one, other = batches(config, 1)[0], batches(config, 1)[0]
    assert one.captions == other.captions
    assert torch.equal(one.pictures, other.pictures)
    assert torch.equal(one.motion.path, other.motion.path)


def test_clips_fit_together_in_shape_and_range(config):
    for batch in batches(config, 4):
        rows, columns = batch.motion.movable.shape[2:]
        assert batch.pictures.shape == (8, 3, 8 * rows, 8 * columns)
        assert batch.motion.residual.shape == (8, KNOTS, 2, rows, columns)
        assert batch.pictures.abs().max() <= 1
        assert len(batch.captions) == 8


def test_nothing_is_movable_unless_the_caption_names_the_subject(config):
    seen = 0
    for batch in batches(config, 8):
        for row, words in enumerate(batch.captions):
            moves = batch.motion.movable[row].max() > 0
            assert moves == (batch.motion.residual[row].abs().max() > 0)
            seen += int(moves)
            if moves:
                assert "duck" in words.lower() or "grey" in words.lower()
    assert seen > 3


def test_validation_photos_are_never_loaded_for_training(config):
    assert len(load_photos(config.photos, keep=lambda stem: stem not in VALIDATION)) == 2


def test_cutouts_are_named_after_their_files_without_numbers(config):
    assert [cutout.name for cutout in load_cutouts(config.cutouts)] == ["grey duck"]
