"""The camera of a clip is measured to 1 % of its width and scale and half a degree; what strays is told."""

import cmath
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from i2v_cli.media.camera_check import CameraWatch

SIZE = (240, 150)
ASPECT = SIZE[0] / SIZE[1]
FRAMES = 16
GOAL = np.array((0.02 * ASPECT, 0.02, 0.01, math.radians(0.5)))  # half-heights, log scale, radians


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    assets = Path(__file__).parent.parent.parent / "docs" / "assets"
    return Image.open(assets / "evening-glow.jpg").convert("RGB").resize((768, 480), Image.Resampling.BOX)


def path_to(*end: float, frames: int = FRAMES) -> np.ndarray:
    """[F, 7], linear from the photo to `end`: pan, tilt, zoom, roll, truck, pedestal, dolly."""
    return np.linspace(0, 1, frames)[:, None] * np.array([*end, *[0.0] * (7 - len(end))])


def seen(picture: Image.Image, path: np.ndarray) -> np.ndarray:
    """[F, H, W, 3] uint8: what a camera on that path sees of the picture; black lies beyond."""
    half = picture.height / 2
    frames = []
    for pan, tilt, zoom, roll in path[:, :4]:
        turn = cmath.exp(complex(-zoom, roll)) * picture.height / SIZE[1]
        corner = complex(picture.width / 2, half) + complex(pan, tilt) * half - turn * complex(*SIZE) / 2
        map_back = (turn.real, -turn.imag, corner.real, turn.imag, turn.real, corner.imag)
        frame = picture.transform(SIZE, Image.Transform.AFFINE, map_back, Image.Resampling.BICUBIC)
        frames.append(np.asarray(frame))
    return np.stack(frames)


def watched(frames: np.ndarray, asked: np.ndarray) -> CameraWatch:
    watch = CameraWatch(asked, ASPECT)
    for start in range(0, len(frames), 3):
        watch.watch(frames[start : start + 3])
    return watch


@pytest.mark.parametrize(
    "end",
    [
        (0.5,),
        (-0.9,),
        (0, -0.4),
        (0, 0, 0.5),
        (0, 0, -0.4),
        (0, 0, 0, 0.5),
        (0.3, 0.1, 0.1, -0.1),
        (0, 0, 0, 4.0),
    ],
    ids=str,
)
def test_the_measured_path_is_the_cameras(picture, end):
    path = path_to(*end)
    watch = watched(seen(picture, path), path)
    assert (np.abs(watch.path() - path[:, :4]) < GOAL / 2).all()
    verdict = watch.verdict()
    assert verdict.followed is True
    assert max(verdict.deviation.values()) < 0.5


def test_a_quick_move_is_followed(picture):
    path = np.concatenate([path_to(0.6, 0.1, frames=4), np.tile(path_to(0.6, 0.1)[-1], (3, 1))])
    assert watched(seen(picture, path), path).verdict().followed is True


def test_a_way_out_of_sight_of_the_photo_and_back_closes(picture):
    away = path_to(1.2, 0, 0.9, frames=12)
    path = np.concatenate([away, away[::-1]])
    assert np.abs(watched(seen(picture, path), path).path()[-1]) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("asked", "made", "axis"),
    [
        ((0.48,), (0.42,), "pan"),
        ((0.0,), (0.1,), "pan"),
        ((0, -0.2), (0, 0.2), "tilt"),
        ((0, 0, 0.1), (0, 0, 0.08), "zoom"),
        ((0, 0, 0, 0.09), (0, 0, 0, 0.075), "roll"),
    ],
    ids=str,
)
def test_a_camera_elsewhere_is_told(picture, asked, made, axis):
    verdict = watched(seen(picture, path_to(*made)), path_to(*asked)).verdict()
    assert verdict.followed is False
    assert verdict.told().startswith(f"{axis} ends at ")


def test_right_at_the_end_but_late_on_the_way_is_off(picture):
    asked = path_to(0.4)
    late = asked * (np.linspace(0, 1, FRAMES) ** 2)[:, None]
    verdict = watched(seen(picture, late), asked).verdict()
    assert verdict.measured["pan"] == pytest.approx(verdict.asked["pan"], abs=0.3)
    assert verdict.followed is False and verdict.deviation["pan"] > 2


def test_numbers_are_those_a_user_gave(picture):
    asked = path_to(0.1 * 2 * ASPECT, -0.1 * 2, math.log(1.2), math.radians(5))
    verdict = watched(seen(picture, asked), asked).verdict()
    assert verdict.asked == {"pan": 10, "tilt": 10, "zoom": 20, "roll": 5}
    assert verdict.measured == pytest.approx(verdict.asked, abs=0.3)


def test_the_half_that_drifts_by_itself_is_not_the_camera(picture):
    path = path_to(0.3)
    frames = seen(picture, path)
    clouds = seen(picture, path + path_to(-0.25))
    frames[:, : SIZE[1] // 2] = clouds[:, : SIZE[1] // 2]
    assert watched(frames, path).verdict().followed is True


def test_dusk_is_not_a_movement(picture):
    path = path_to(0.3)
    light = np.linspace(1, 0.4, FRAMES)[:, None, None, None]
    assert watched((seen(picture, path) * light).astype(np.uint8), path).verdict().followed is True


def test_near_things_may_move_more_when_the_camera_travels(picture):
    asked = path_to(0, 0, 0, 0, 0.3)
    assert watched(seen(picture, path_to(0.4)), asked).verdict().followed is True
    assert watched(seen(picture, path_to(-0.3)), asked).verdict().followed is False


def test_plain_frames_tell_nothing():
    plain = np.full((5, *SIZE[::-1], 3), 120, np.uint8)
    verdict = watched(plain, path_to(0.3, frames=5)).verdict()
    assert verdict.followed is None


def test_no_frames_have_no_verdict():
    assert CameraWatch(path_to(0.3), ASPECT).verdict() is None
