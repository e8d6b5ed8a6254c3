"""Black, frozen and short clips are found; dark, quiet and small motions are not taken for them."""

import numpy as np
import pytest

from i2v_cli.media.camera_check import CameraWatch
from i2v_cli.media.check import Watch


def clip_of(*values: int) -> np.ndarray:
    return np.stack([np.full((60, 90, 3), value, np.uint8) for value in values])


def verdict_on(frames: np.ndarray, reference: np.ndarray, asked: int | None = None):
    watch = Watch(asked or len(frames), reference)
    for start in range(0, len(frames), 2):
        chunk = frames[start : start + 2]
        assert watch.watch(chunk) is chunk
    return watch.verdict()


def test_moving_clip_has_no_problem(clip):
    verdict = verdict_on(clip, clip[0])
    assert verdict.frames == 7
    assert verdict.problems == ()
    assert verdict.motion > 1


def test_numbers_are_what_they_say():
    verdict = verdict_on(clip_of(100, 110, 120), clip_of(100)[0])
    assert verdict.brightness == pytest.approx(110)
    assert verdict.motion == pytest.approx(15)


def test_black_is_a_problem_unless_the_photo_is_black():
    frames = clip_of(0, 0, 8, 0)
    assert "black" in verdict_on(frames, clip_of(128)[0]).problems
    assert "black" not in verdict_on(frames, clip_of(0)[0]).problems


def test_night_is_not_black():
    assert verdict_on(clip_of(10, 20, 10, 20), clip_of(15)[0]).problems == ()


def test_equal_frames_are_frozen_and_so_is_a_decoders_noise(photo):
    noise = np.random.default_rng(0).integers(-1, 2, (5, *photo.shape))
    frames = np.repeat(photo[None], 5, axis=0)
    assert verdict_on(frames, photo).problems == ("frozen",)
    assert verdict_on((frames + noise).clip(0, 255).astype(np.uint8), photo).problems == ("frozen",)


def test_a_small_flame_is_not_frozen():
    frames = np.full((5, 1080, 1920, 3), 60, np.uint8)
    frames[3, 500:560, 900:960] = 90  # 0.17 % of the picture
    assert verdict_on(frames, frames[0]).problems == ()


def test_missing_frames_are_short(clip):
    assert verdict_on(clip, clip[0], asked=8).problems == ("short",)


def test_a_clip_that_leaves_its_camera_path_says_so_and_one_that_follows_does_not():
    y, x = np.mgrid[0:96, 0:144]
    frames = np.repeat(
        (128 + 60 * np.sin(x / 9) * np.cos(y / 7)).astype(np.uint8)[None, ..., None], 4, axis=0
    )
    frames = np.repeat(frames, 3, axis=3)
    still, elsewhere = np.zeros((4, 7)), np.linspace(0, 0.2, 4)[:, None] * np.eye(7)[0]
    for asked, off in ((still, False), (elsewhere, True)):
        watch = Watch(4, frames[0], CameraWatch(asked, 1.5))
        watch.watch(frames)
        assert ("off its camera path" in watch.verdict().problems) is off
        assert watch.verdict().camera.followed is not off


def test_no_frames_at_all_have_a_verdict(clip):
    watch = Watch(3, clip[0])
    watch.watch(clip[:0])
    assert "short" in watch.verdict().problems
