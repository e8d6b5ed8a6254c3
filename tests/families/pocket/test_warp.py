"""Pixels under a known camera, and of scenes whose motion is known."""

import math

import pytest
import torch
import torch.nn.functional as F

from i2v_cli.families.pocket import timeline, warp
from i2v_cli.families.pocket.config import AXES, KNOTS
from i2v_cli.families.pocket.pushes import Pushes
from i2v_cli.families.pocket.pyramid import pyramid
from i2v_cli.families.pocket.vae import Motion

HEIGHT, WIDTH = 64, 96
CELLS = (16, 24)


def photo() -> torch.Tensor:
    """A smooth picture in which every place looks different."""
    y = torch.linspace(0, 1, HEIGHT)[:, None].expand(-1, WIDTH)
    x = torch.linspace(0, 1, WIDTH)[None].expand(HEIGHT, -1)
    waves = 0.5 + 0.5 * torch.sin(9 * x + 5 * y)
    return (torch.stack([x, y, waves]) * 255).to(torch.uint8)


def rested(depth: torch.Tensor | None = None) -> Motion:
    """Nothing moves by itself."""
    depth = torch.zeros(1, 1, *CELLS) if depth is None else depth
    return Motion(
        torch.zeros(1, KNOTS, len(AXES)),
        torch.zeros(1, KNOTS, 3, *CELLS),
        torch.zeros(1, 3, *CELLS),
        depth,
        torch.zeros(1, *CELLS),
    )


def stirred(
    mask: torch.Tensor, plane: int, x: float = 0.0, y: float = 0.0, gain: float = 0.0, *, loops: bool = False
) -> Motion:
    """What `mask` [H, W] shows moves evenly by (x, y) half-heights, or to and fro, and is lit."""
    movable = torch.zeros(1, 3, *CELLS)
    movable[0, plane] = F.interpolate(mask[None, None].float(), size=CELLS, mode="area")[0, 0]
    times = torch.arange(1, KNOTS + 1) / KNOTS
    times = torch.sin(3 * math.pi * times) if loops else times
    ways = times[:, None] * torch.tensor([-x, -y, gain])
    still = rested()
    residual = ways[None, :, :, None, None].expand(-1, -1, -1, *CELLS)
    return Motion(still.path, residual, movable, still.depth, still.subjects)


def path(frames: int, **ends: float) -> torch.Tensor:
    """[F, 9], evenly from the photo."""
    return torch.linspace(0, 1, frames)[:, None] * torch.tensor([ends.get(axis, 0.0) for axis in AXES])


def clip(
    frames: int = 5,
    picture: torch.Tensor | None = None,
    motion: Motion | None = None,
    pushes: Pushes | None = None,
    seconds: float = 3.0,
    **ends: float,
) -> torch.Tensor:
    """[F, 3, H, W]"""
    scene = [timeline.shown(moment, seconds, loop=False) for moment in timeline.moments(frames, loop=False)]
    picture = photo() if picture is None else picture
    return torch.cat(
        list(warp.frames(picture, motion or rested(), path(frames, **ends), scene, pushes=pushes))
    )


def changed(frame: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
    """[H, W]: the largest difference of a channel."""
    return (frame.float() - before.float()).abs().amax(dim=0)


# The camera


def test_first_frame_is_the_photo_exactly():
    assert torch.equal(clip(pan=0.4, zoom=0.3, truck=0.1, brightness=0.2)[0], photo())


def test_static_camera_repeats_the_photo_exactly():
    assert torch.equal(clip(), photo().expand(5, -1, -1, -1))


@pytest.mark.parametrize("count", [2, 7, 8, 9, 17, 49])
def test_as_many_frames_as_asked_come_out(count):
    assert len(clip(count, pan=0.1)) == count


def test_pan_right_shifts_the_picture_left_by_whole_pixels_exactly():
    pixels = 8
    frames = clip(pan=pixels * 2 / HEIGHT)
    assert torch.equal(frames[-1][:, :, : WIDTH - pixels], photo()[:, :, pixels:])


def test_tilt_up_shows_what_lies_above():
    assert torch.equal(clip(tilt=-8 * 2 / HEIGHT)[-1][:, 8:], photo()[:, :-8])


def test_zoom_in_enlarges_about_the_centre():
    last = clip(zoom=math.log(2))[-1].float()
    wanted = photo()[:, HEIGHT // 4 : -HEIGHT // 4, WIDTH // 4 : -WIDTH // 4].float()
    assert (F.avg_pool2d(last[None], 2)[0] - wanted).abs().mean() < 2


def test_camera_rolling_clockwise_turns_the_picture_counter_clockwise():
    mark = torch.zeros(3, HEIGHT, HEIGHT, dtype=torch.uint8)
    mark[:, HEIGHT // 2 - 3 : HEIGHT // 2 + 3, -10:] = 255  # at three o'clock
    last = clip(3, mark, roll=math.pi / 2)[-1]
    assert last[:, :10, HEIGHT // 2 - 2 : HEIGHT // 2 + 2].float().mean() > 200  # at twelve


def test_more_frames_are_a_finer_look_at_the_same_movement():
    assert torch.equal(clip(5, pan=0.3, zoom=-0.2), clip(9, pan=0.3, zoom=-0.2)[::2])


def test_zooming_out_does_not_alias_fine_texture():
    stripes = torch.zeros(3, 128, 128, dtype=torch.uint8)
    stripes[:, :, ::2] = 255
    last = clip(2, stripes, zoom=-math.log(2))[-1].float()
    assert last[:, 40:88, 40:88].std() < 10  # alternating lines at half size are an even grey


# Depth


def marks(*columns: int) -> torch.Tensor:
    """White posts, 4 wide, on dark grey."""
    picture = torch.full((3, HEIGHT, WIDTH), 40, dtype=torch.uint8)
    for column in columns:
        picture[:, 20:44, column - 2 : column + 2] = 255
    return picture


def post(frame: torch.Tensor, columns: slice) -> tuple[float, float]:
    """Middle and width in pixels of the white in these columns."""
    light = (frame[0, 30:34, columns].float() - 40).clamp(min=0).mean(dim=0) / 215
    places = torch.arange(WIDTH)[columns] + 0.5
    return (light * places).sum().item() / light.sum().item(), light.sum().item()


def near_left() -> torch.Tensor:
    """[1, 1, h, w]: the left half is near, the right half as far as the sky."""
    depth = torch.zeros(1, 1, *CELLS)
    depth[..., : CELLS[1] // 2] = 1
    return depth


def test_truck_moves_near_things_and_leaves_far_ones_where_they_are():
    picture = marks(24, 76)
    last = clip(3, picture, rested(near_left()), truck=6 * 2 / HEIGHT)[-1]
    assert post(last, slice(0, 48))[0] == pytest.approx(24 - 6, abs=0.1)
    assert torch.equal(last[:, :, 60:], picture[:, :, 60:])


def test_truck_moves_the_middle_distance_half_as_far():
    depth = torch.full((1, 1, *CELLS), 0.5)
    last = clip(3, marks(48), rested(depth), truck=8 * 2 / HEIGHT)[-1]
    assert post(last, slice(0, WIDTH))[0] == pytest.approx(48 - 4, abs=0.1)


def test_pedestal_up_shows_near_things_further_down():
    depth = torch.ones(1, 1, *CELLS)
    last = clip(3, motion=rested(depth), pedestal=-8 * 2 / HEIGHT)[-1]
    assert changed(last[:, 8:], photo()[:, :-8]).max() <= 1


def test_dolly_in_grows_near_things_and_not_far_ones():
    depth = torch.zeros(1, 1, *CELLS)
    depth[..., 6:18] = 1
    picture = marks(48, 8)
    last = clip(3, picture, rested(depth), dolly=math.log(1.5))[-1]
    assert post(last, slice(36, 60))[1] == pytest.approx(6, abs=0.2)
    assert torch.equal(last[:, :, :12], picture[:, :, :12])


def test_a_camera_that_pans_and_draws_back_has_all_the_canvas_it_sees():
    near = torch.ones(1, 1, *CELLS)
    asked = path(2, pan=0.3, dolly=-0.3)
    canvas = pyramid(photo().float(), warp._extent(photo(), warp._margins(photo(), asked)), is_fine=False)
    sight = warp._sight(photo(), photo().float(), canvas, rested(near), None)
    seen = warp._neared(sight, warp._turned(sight.places, asked[-1]), *asked[-1, 4:7].tolist())
    x, _, half_width, _ = sight.canvas.extent
    assert seen[0].max() <= x + half_width


def test_dolly_out_shrinks_near_things():
    last = clip(3, marks(48), rested(torch.ones(1, 1, *CELLS)), dolly=-math.log(2))[-1]
    assert post(last, slice(36, 60))[1] == pytest.approx(2, abs=0.3)


# Light


def test_brightness_lights_the_whole_picture_by_its_gain():
    last = clip(3, brightness=-0.5)[-1]
    assert (last.float() - photo().float() * math.exp(-0.5)).abs().max() <= 0.5 + 1e-3


def test_warmth_raises_red_lowers_blue_and_leaves_green():
    grey = torch.full((3, HEIGHT, WIDTH), 100, dtype=torch.uint8)
    red, green, blue = clip(3, grey, warmth=0.3)[-1]
    assert (red == 135).all() and (green == 100).all() and (blue == 74).all()


def test_a_glow_lights_only_what_glows():
    mask = torch.zeros(HEIGHT, WIDTH)
    mask[20:40, 10:30] = 1
    picture = torch.full((3, HEIGHT, WIDTH), 60, dtype=torch.uint8)
    picture[:, mask > 0] = 150
    last = clip(3, picture, stirred(mask, plane=2, gain=0.4))[-1]
    assert (last[:, 26:34, 16:24].float() / 150 - math.exp(0.4)).abs().max() < 0.05
    assert torch.equal(last[:, :, 45:], picture[:, :, 45:])


# What moves by itself


def scene() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A blue sky with soft clouds, a dark tower before it, green ground. -> picture, sky, tower [H, W]."""
    generator = torch.Generator().manual_seed(5)
    clouds = F.interpolate(torch.rand(1, 1, 6, 9, generator=generator), size=(HEIGHT, WIDTH), mode="bicubic")
    picture = torch.tensor([110.0, 150.0, 215.0])[:, None, None] + 40 * clouds[0].clamp(0, 1)
    tower, ground = torch.zeros(HEIGHT, WIDTH, dtype=bool), torch.zeros(HEIGHT, WIDTH, dtype=bool)
    tower[12:48, 40:56] = True
    ground[48:] = True
    grain = torch.randint(-8, 9, (3, HEIGHT, WIDTH), generator=generator)
    picture = torch.where(tower, torch.tensor([70.0, 45.0, 35.0])[:, None, None] + grain, picture)
    picture = torch.where(ground, torch.tensor([60.0, 110.0, 50.0])[:, None, None] + grain, picture)
    return picture.round().clamp(0, 255).to(torch.uint8), ~(tower | ground), tower


def test_a_sky_that_drifts_does_not_drag_the_tower_before_it():
    picture, sky, tower = scene()
    last = clip(9, picture, stirred(sky, plane=0, x=10 * 2 / HEIGHT))[-1]
    assert torch.equal(last[:, 18:46, 42:54], picture[:, 18:46, 42:54])  # the tower, but for its outline
    assert changed(last, picture)[tower].mean() < 4
    assert last[:, :46][2, :, :38].min() > 160 and last[:, :46][2, :, 58:].min() > 160  # no copy of it
    assert changed(last, picture)[:10].mean() > 3  # and the sky does move
    assert changed(last[:, :10, 20:], picture[:, :10, 10:-10]).median() <= 2  # by as much as it should


@pytest.mark.parametrize("gate", [0.25, 0.5, 0.75])
def test_a_half_open_sky_keeps_its_light(gate):
    picture, sky, _ = scene()
    last = clip(9, picture, stirred(sky * gate, plane=0, x=10 * 2 / HEIGHT))[-1]
    assert (last.float() - picture.float())[:, :10].mean().abs() < 3
    assert changed(last, picture)[:10].mean() > 1


def test_a_thin_backdrop_moves_nothing_beside_it():
    line = torch.zeros(HEIGHT, WIDTH, dtype=bool)
    line[:, 40:42] = True
    picture = scene()[0]
    last = clip(9, picture, stirred(line, plane=0, x=0.3))[-1]
    assert 0 < changed(last, picture).max() < 40
    assert torch.equal(last[:, :, :36], picture[:, :, :36])
    assert torch.equal(last[:, :, 48:], picture[:, :, 48:])


def test_still_regions_are_exact_copies_while_a_backdrop_moves():
    picture, sky, _ = scene()
    for frame in clip(5, picture, stirred(sky, plane=0, x=0.2)):
        assert torch.equal(frame[:, 54:], picture[:, 54:])


def test_a_figure_moves_with_its_outline_and_what_is_far_from_it_rests():
    picture, _, tower = (plane.repeat_interleave(4, -1).repeat_interleave(4, -2) for plane in scene())
    last = clip(3, picture, stirred(tower, plane=1, x=4 * 2 / (4 * HEIGHT)))[-1]
    before, after = (
        (frame[:, 80:160].float().mean(dim=0) < 95).float().mean(dim=0) for frame in (picture, last)
    )
    places = torch.arange(4 * WIDTH)
    shift = (after * places).sum() / after.sum() - (before * places).sum() / before.sum()
    assert shift == pytest.approx(4, abs=0.7)
    assert torch.equal(last[:, :, :140], picture[:, :, :140])
    assert torch.equal(last[:, :, 244:], picture[:, :, 244:])


def test_the_camera_and_the_sky_move_at_once():
    picture, sky, _ = scene()
    pixels = 6
    motion = stirred(sky, plane=0, x=0.2)
    last = clip(3, picture, motion, pan=pixels * 2 / HEIGHT)[-1]
    assert torch.equal(last[:, 54:, :-pixels], picture[:, 54:, pixels:])  # the ground pans
    assert changed(last[:, :10, :-pixels], picture[:, :10, pixels:]).mean() > 3  # the sky drifts besides


@pytest.mark.parametrize(("plane", "seconds"), [(0, 11.0), (1, 7.0), (2, 8.0)])
def test_long_clips_jump_nowhere_more_than_they_move_anyway(plane, seconds):
    picture, sky, tower = scene()
    ways = {"x": 0.15} if plane < 2 else {"gain": 0.3}
    motion = stirred(tower if plane == 1 else sky, plane=plane, **ways, loops=True)
    frames = clip(round(seconds * 12) + 1, picture, motion, seconds=seconds).float()
    steps = frames.diff(dim=0).abs().mean(dim=(1, 2, 3))
    assert steps.max() < 2 * steps[:24].max()


def test_loops_close_without_a_jump():
    picture, sky, _ = scene()
    seconds, frames = 4.0, 48
    moments = timeline.moments(frames, loop=True)
    looks = [timeline.shown(moment, seconds, loop=True) for moment in moments]
    motion = stirred(sky, plane=0, x=0.15)
    made = torch.cat(list(warp.frames(picture, motion, path(frames), looks))).float()
    steps = torch.cat([made, made[:1]]).diff(dim=0).abs().mean(dim=(1, 2, 3))
    assert steps[-1] < 1.5 * steps[:-1].max()
    assert steps[-1] == pytest.approx(steps[0].item(), rel=0.3)  # it arrives as fast as it leaves


# By hand


def pushed(x: float, y: float, *, free: float = 1.0) -> Pushes:
    """The middle of the picture goes by (x, y), and nothing near its edges."""
    across = (1 - torch.linspace(-1.5, 1.5, 48).abs()).mul(2).clamp(0, 1)
    down = (1 - torch.linspace(-1, 1, 32).abs()).mul(2).clamp(0, 1)
    mask = (down[:, None] * across[None])[None, None]
    return Pushes(mask, torch.tensor([[x, y]]), torch.full((1, 1, 32, 48), float(free)))


def test_what_is_pushed_goes_its_way_and_ends_at_its_end():
    frames = clip(5, marks(48), pushes=pushed(6 * 2 / HEIGHT, 0))
    places = [post(frame, slice(0, WIDTH))[0] for frame in frames]
    assert places[-1] == pytest.approx(48 + 6, abs=0.2)
    assert places == sorted(places)
    assert torch.equal(frames[-1][:, :, -8:], marks(48)[:, :, -8:])


def test_what_is_pushed_down_goes_down():
    last = clip(3, marks(48), pushes=pushed(0, 4 * 2 / HEIGHT))[-1]
    column = last[0, :, 48].float()
    assert ((column > 150) * (torch.arange(HEIGHT) + 0.5)).sum() / (column > 150).sum() == pytest.approx(
        32 + 4, abs=0.6
    )


def test_what_is_held_still_is_not_pushed():
    assert torch.equal(clip(3, pushes=pushed(0.2, 0, free=0))[-1], photo())


@pytest.mark.parametrize(("plane", "ways"), [(0, {"x": 0.2}), (1, {"x": 0.2}), (2, {"gain": 0.4})])
def test_what_is_held_still_does_not_move_by_itself_either(plane, ways):
    free = torch.zeros(1, 1, HEIGHT, WIDTH)
    free[..., WIDTH // 2 :] = 1
    held = Pushes(torch.zeros(0, 1, HEIGHT, WIDTH), torch.zeros(0, 2), free)
    motion = stirred(torch.ones(HEIGHT, WIDTH), plane=plane, **ways)
    for frame in clip(4, motion=motion, pushes=held)[1:]:
        assert torch.equal(frame[:, :, : WIDTH // 2 - 1], photo()[:, :, : WIDTH // 2 - 1])
        assert changed(frame, photo())[:, WIDTH // 2 + 8 :].mean() > 1


def test_the_camera_still_moves_what_is_held():
    pixels = 8
    free = torch.zeros(1, 1, HEIGHT, WIDTH)
    held = Pushes(torch.zeros(0, 1, HEIGHT, WIDTH), torch.zeros(0, 2), free)
    last = clip(3, pushes=held, pan=pixels * 2 / HEIGHT)[-1]
    assert torch.equal(last[:, :, :-pixels], photo()[:, :, pixels:])
