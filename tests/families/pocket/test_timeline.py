"""Which moment a frame shows: any length, any rate, seamless loops."""

import math
from itertools import pairwise

import pytest
import torch

from i2v_cli.families.pocket.config import AXES, KNOTS, SCENE_SECONDS
from i2v_cli.families.pocket.timeline import along, moments, phases, residual_at, shown, steps

LENGTHS = [0.1, 0.5, 1.0, 2.9, 3.0, 3.05, 3.2, 4.0, 5.0, 5.2, 5.9, 6.0, 7.1, 7.3, 8.0, 11.0, 20.0, 61.7]
SLACK = 0.1  # seconds for which the last phase may rest rather than a further one begin
LOOPS = pytest.mark.parametrize("loop", [False, True], ids=["clip", "loop"])


def looks(seconds: float, *, loop: bool, fps: float = 16.0) -> list:
    """The phases of each frame."""
    frames = max(2, round(seconds * fps) + (0 if loop else 1))
    span = steps(frames, loop=loop) / fps
    return [phases(moment, span, loop=loop) for moment in moments(frames, loop=loop)]


def knots() -> torch.Tensor:
    """[48, 1], a scene that goes on at an even pace, and waves."""
    times = torch.arange(1, KNOTS + 1) / KNOTS
    return (times + 0.2 * torch.sin(7 * times))[:, None]


def told(frame: list) -> float:
    """What the phases of a frame together make of the scene's motion."""
    return sum(phase.weight * residual_at(knots(), phase.seconds).item() for phase in frame)


@LOOPS
@pytest.mark.parametrize("seconds", LENGTHS)
def test_weights_of_phases_sum_to_one(seconds, loop):
    for frame in looks(seconds, loop=loop):
        assert sum(phase.weight for phase in frame) == pytest.approx(1, abs=1e-6)
        assert len(frame) <= 2


@LOOPS
@pytest.mark.parametrize("seconds", LENGTHS)
def test_no_phase_is_longer_than_the_scene_is_told(seconds, loop):
    longest = max(abs(phase.seconds) for frame in looks(seconds, loop=loop) for phase in frame)
    assert longest <= SCENE_SECONDS + SLACK + 1e-6


@LOOPS
@pytest.mark.parametrize("seconds", LENGTHS)
def test_the_first_frame_is_the_photo_at_rest(seconds, loop):
    (phase,) = looks(seconds, loop=loop)[0]
    assert (phase.seconds, phase.weight) == (0, 1)


def test_a_clip_of_the_native_length_is_one_phase_at_its_own_pace():
    times = [phase.seconds for frame in looks(3.0, loop=False) for phase in frame]
    assert times == pytest.approx([index / 16 for index in range(49)])


@pytest.mark.parametrize("fps", [2.0, 8.0, 24.0, 120.0])
def test_the_same_moment_is_shown_at_any_frame_rate(fps):
    usual, other = looks(8.0, loop=False, fps=1.0), looks(8.0, loop=False, fps=fps)
    for one, same in zip(usual, other[:: round(fps)], strict=True):
        assert [phase.seconds for phase in same] == pytest.approx([phase.seconds for phase in one])
        assert [phase.weight for phase in same] == pytest.approx([phase.weight for phase in one])


@LOOPS
@pytest.mark.parametrize("seconds", [4.0, 5.5, 7.2, 8.0, 20.0])
def test_phases_fade_without_a_jump(seconds, loop):
    frames = looks(seconds, loop=loop, fps=64.0)
    paces = [abs(after - before) for before, after in pairwise(map(told, frames))]
    # A fade takes as much of a phase back as the phase has gone, in about a second.
    assert max(paces) < 5 * max(paces[:64])


@pytest.mark.parametrize("seconds", [0.5, 2.0, 3.0, 4.0, 5.5, 7.2, 20.0])
def test_the_end_of_a_loop_meets_its_start_in_place_and_in_speed(seconds):
    step = 1e-3
    ends = phases(1 - step / seconds, seconds, loop=True), phases(step / seconds, seconds, loop=True)
    before, after = (told(frame) for frame in ends)
    assert before == pytest.approx(-after, rel=0.05)  # as far before the photo as after it: one straight line
    assert abs(after) < 2 * step


def test_a_camera_in_a_loop_goes_and_comes_back_and_rests_where_the_loop_closes():
    path = torch.linspace(0, 1, KNOTS + 1)[1:, None] * torch.ones(len(AXES))
    frames = along(path, moments(48, loop=True), loop=True)
    assert frames[0].abs().max() == 0
    assert torch.allclose(frames[24], path[-1])
    assert torch.allclose(frames[1:], frames[1:].flip(0), atol=1e-6)
    assert frames[-1].max() < 0.01


def test_a_camera_ends_where_its_path_ends_whatever_the_frame_count():
    path = torch.linspace(0, 0.4, KNOTS + 1)[1:, None]
    for count in (2, 7, 49, 500):
        frames = along(path, moments(count, loop=False), loop=False)
        assert len(frames) == count
        assert frames[-1].item() == pytest.approx(0.4)
        assert frames.diff(dim=0).std(correction=0) < 1e-6


def test_motion_before_the_photo_mirrors_the_motion_after_it():
    for seconds in (0.0, 0.4, 2.99, 3.0):
        assert torch.equal(residual_at(knots(), -seconds), -residual_at(knots(), seconds))
    assert residual_at(knots(), 0.0).abs().max() == 0
    assert torch.equal(residual_at(knots(), SCENE_SECONDS), knots()[-1])


def test_pushes_go_all_the_way_in_a_clip_and_there_and_back_in_a_loop():
    assert [shown(moment, 3.0, loop=False).pushed for moment in (0, 0.5, 1)] == [0, 0.5, 1]
    there_and_back = [shown(moment, 3.0, loop=True).pushed for moment in (0, 0.5, 1)]
    assert there_and_back == pytest.approx([0, 1, 0], abs=1e-9)


def test_a_loop_misses_the_frame_that_would_repeat_its_first():
    assert moments(4, loop=True) == [0, 0.25, 0.5, 0.75]
    assert moments(5, loop=False) == [0, 0.25, 0.5, 0.75, 1]
    assert math.isclose(steps(48, loop=True) / 16, 3.0) and math.isclose(steps(49, loop=False) / 16, 3.0)
