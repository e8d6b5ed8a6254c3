"""Pixels under a known camera."""

import math

import pytest
import torch

from i2v_cli.families.pocket import warp
from i2v_cli.families.pocket.config import KNOTS
from i2v_cli.families.pocket.vae import Motion

HEIGHT, WIDTH = 64, 96


def photo() -> torch.Tensor:
    """A smooth picture in which every place looks different."""
    y = torch.linspace(0, 1, HEIGHT)[:, None].expand(-1, WIDTH)
    x = torch.linspace(0, 1, WIDTH)[None].expand(HEIGHT, -1)
    waves = 0.5 + 0.5 * torch.sin(9 * x + 5 * y)
    return (torch.stack([x, y, waves]) * 255).to(torch.uint8)


def still(path: torch.Tensor) -> Motion:
    return Motion(path, torch.zeros(1, KNOTS, 2, 8, 12), torch.zeros(1, 1, 8, 12))


def linear(pan: float = 0, tilt: float = 0, zoom: float = 0, roll: float = 0) -> torch.Tensor:
    times = torch.arange(1, KNOTS + 1) / KNOTS
    return times[None, :, None] * torch.tensor([pan, tilt, zoom, roll])


def clip(path: torch.Tensor, num_frames: int = 5) -> torch.Tensor:
    return torch.cat(list(warp.frames(photo(), still(path), num_frames)))


def test_first_frame_is_the_photo_exactly():
    assert torch.equal(clip(linear(pan=0.4, zoom=0.3))[0], photo())


def test_static_camera_repeats_the_photo_exactly():
    frames = clip(linear())
    assert torch.equal(frames, photo().expand(5, -1, -1, -1))


@pytest.mark.parametrize("count", [2, 7, 8, 9, 17, 49])
def test_as_many_frames_as_asked_come_out(count):
    assert len(clip(linear(pan=0.1), count)) == count


def test_pan_right_shifts_the_picture_left_by_whole_pixels_exactly():
    pixels = 8
    frames = clip(linear(pan=pixels * 2 / HEIGHT))
    assert torch.equal(frames[-1][:, :, : WIDTH - pixels], photo()[:, :, pixels:])


def test_tilt_up_shows_what_lies_above():
    frames = clip(linear(tilt=-8 * 2 / HEIGHT))
    assert torch.equal(frames[-1][:, 8:], photo()[:, :-8])


def test_zoom_in_enlarges_about_the_centre():
    last = clip(linear(zoom=math.log(2)))[-1].float()
    wanted = photo()[:, HEIGHT // 4 : -HEIGHT // 4, WIDTH // 4 : -WIDTH // 4].float()
    shrunk = torch.nn.functional.avg_pool2d(last[None], 2)[0]
    assert (shrunk - wanted).abs().mean() < 2


def test_camera_rolling_clockwise_turns_the_picture_counter_clockwise():
    mark = torch.zeros(3, HEIGHT, HEIGHT, dtype=torch.uint8)
    mark[:, HEIGHT // 2 - 3 : HEIGHT // 2 + 3, -10:] = 255  # at three o'clock
    last = torch.cat(list(warp.frames(mark, still(linear(roll=math.pi / 2)), 3)))[-1]
    assert last[:, :10, HEIGHT // 2 - 2 : HEIGHT // 2 + 2].float().mean() > 200  # at twelve


def test_more_frames_are_a_finer_look_at_the_same_movement():
    path = linear(pan=0.3, zoom=-0.2)
    assert torch.equal(clip(path, 5), clip(path, 9)[::2])


def test_residual_moves_only_what_is_movable():
    movable = torch.zeros(1, 1, 8, 12)
    movable[..., :6] = 1
    residual = torch.zeros(1, KNOTS, 2, 8, 12)
    residual[:, :, 0] = 0.2
    frames = torch.cat(list(warp.frames(photo(), Motion(linear(), residual, movable), 3)))
    changed = (frames[-1].float() - photo().float()).abs().amax(dim=0)
    assert changed[:, : WIDTH // 3].mean() > 5
    assert changed[:, 2 * WIDTH // 3 :].max() == 0


def test_zooming_out_does_not_alias_fine_texture():
    stripes = torch.zeros(3, 128, 128, dtype=torch.uint8)
    stripes[:, :, ::2] = 255
    last = torch.cat(list(warp.frames(stripes, still(linear(zoom=-math.log(2))), 2)))[-1].float()
    assert last[:, 40:88, 40:88].std() < 10  # alternating lines at half size are an even grey
