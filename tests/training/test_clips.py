"""Clips to judge are those that `generate` makes, only small."""

import numpy as np
import pytest

from i2v_cli.families.pocket.config import DEFAULTS, WEIGHTS
from i2v_cli.training.clips import AREA, FRAMES, make_clip

QUICK = {"steps": 2, "frames": 3, "size": "96x60"}


def made(photo, prompt: str = "pan left", seed: int = 1, **asked) -> np.ndarray:
    return make_clip(photo, prompt, WEIGHTS, seed=seed, asked=QUICK | asked)


def test_without_wishes_a_clip_is_small_and_half_of_the_native_length(photo):
    frames = make_clip(photo, "static camera", WEIGHTS, seed=1, asked={"steps": 2})
    assert len(frames) == FRAMES and frames.dtype == np.uint8
    assert frames.shape[1] * frames.shape[2] == pytest.approx(AREA, rel=0.02)
    assert frames.shape[2] / frames.shape[1] == pytest.approx(1536 / 960, rel=0.02)


def test_seconds_that_are_asked_for_count(photo):
    frames = make_clip(photo, "", WEIGHTS, seed=1, asked={"seconds": 0.5, "steps": 2, "size": "96x60"})
    assert len(frames) == 0.5 * DEFAULTS["fps"]


def test_the_same_seed_makes_the_same_clip_and_another_does_not(photo):
    one, same, other = (made(photo, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_path_that_is_asked_for_is_followed_whatever_the_seed(photo):
    one, other = (made(photo, "", seed=seed, camera="pan right 10%; hold") for seed in (1, 2))
    assert np.array_equal(one[0], other[0])
    shifted = one[0][:, 10:]  # a tenth of 96 is nearly ten columns
    assert np.abs(one[-1][:, : shifted.shape[1]].astype(int) - shifted).mean() < 6
