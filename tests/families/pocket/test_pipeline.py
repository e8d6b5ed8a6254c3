"""The four verbs, with the shipped weights, on a small frame."""

import pytest
import torch

from i2v_cli.events import Noted, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.pocket.config import (
    AXES,
    CAMERA,
    DEFAULTS,
    KINDS,
    KNOTS,
    MOVABLE,
    REFERENCE_CHANNELS,
    geometry,
    grid,
)
from i2v_cli.families.pocket.pipeline import Pipeline
from i2v_cli.families.pocket.vae import Latents, encode_motion, encode_path, sizes, split
from i2v_cli.media import image
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime, choose
from i2v_cli.sampling import noise

WIDTH, HEIGHT = 96, 64
SIZE = f"{WIDTH}x{HEIGHT}"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return choose("cpu", "fp32")


@pytest.fixture
def fitted(photo) -> torch.Tensor:
    pixels, _ = image.fit(image.load(photo).pixels, WIDTH, HEIGHT, "crop")
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def made_by_hand(fitted: torch.Tensor, **fields) -> Condition:
    """A condition of a photo that is all sky, with states of no words in particular."""
    reference = torch.zeros(1, REFERENCE_CHANNELS, *grid(WIDTH, HEIGHT))
    reference[:, KINDS.index("sky")] = 1
    context = torch.randn(2, 3, 384, generator=torch.Generator().manual_seed(0))
    return Condition(fitted, reference, context, torch.ones(2, 3, dtype=torch.bool), **fields)


def latents(condition: Condition, *, sky: float = 0.0, **ends: float) -> torch.Tensor:
    """The camera goes evenly to its end, the sky by so many half-heights to the right."""
    times = torch.arange(1, KNOTS + 1) / KNOTS
    path = (times[:, None] * torch.tensor([ends.get(axis, 0.0) for axis in AXES]))[None]
    stirred = torch.zeros(1, 2, MOVABLE)
    stirred[0, 0, KINDS.index("sky")] = float(sky != 0)
    residual = torch.zeros(1, KNOTS, 3, *condition.channels.shape[2:])
    residual[:, :, 0] = -sky * times[:, None, None]
    return encode_motion(path, residual, stirred, condition.channels)


def decoded(condition: Condition, shape, **moves: float) -> torch.Tensor:
    request = Request(image="unread.png", preset="", family="pocket", seed=1, **DEFAULTS)
    runtime = choose("cpu", "fp32")
    return torch.cat(list(Pipeline().decode(latents(condition, **moves), condition, shape, request, runtime)))


def test_encoding_gives_what_the_photo_is_made_of_and_what_is_said(make_request, fitted, runtime):
    warnings: list = []
    request = make_request(size=SIZE, negative="zoom")
    condition = Pipeline().encode(request, fitted, runtime, warnings.append)
    assert condition.channels.shape == (1, REFERENCE_CHANNELS, *grid(WIDTH, HEIGHT))
    shares = condition.channels[0, : len(KINDS)]
    assert shares.min() >= 0 and shares.sum(dim=0).max() <= 1.001
    assert condition.context.shape[0] == condition.context_mask.shape[0] == 2
    assert condition.context_mask[0].sum() > condition.context_mask[1].sum() > 0
    assert condition.camera is None and condition.pushes is None and warnings == []


def test_a_prompt_that_is_too_long_is_told_to_be_cut(make_request, fitted, runtime):
    warnings: list = []
    Pipeline().encode(make_request(prompt="birds " * 300, size=SIZE), fitted, runtime, warnings.append)
    assert [type(event) for event in warnings] == [Warned]
    assert "are not read" in warnings[0].message


def test_what_is_asked_by_path_and_by_hand_is_part_of_the_condition(make_request, fitted, runtime):
    request = make_request(size=SIZE, frames=9, camera="pan right 10%", drag="50%,50%:60%,50%")
    condition = Pipeline().encode(request, fitted, runtime, lambda _: None)
    assert condition.camera.shape == (9, CAMERA)
    assert condition.camera[-1, 0].item() == pytest.approx(0.1 * 2 * WIDTH / HEIGHT)
    assert len(condition.pushes.ways) == 1


def test_moves_in_turn_become_the_path(make_request, fitted, runtime):
    told = []
    request = make_request(prompt="pan right, then pan left", size=SIZE, frames=9)
    pan = Pipeline().encode(request, fitted, runtime, told.append).camera[:, 0]
    assert told == [Noted('the camera moves in turn: "pan right"; "pan left"')]
    assert pan[0] == 0
    assert pan[4] > 0.1
    assert pan[8] < pan[4] - 0.1
    looped = Pipeline().encode(request.model_copy(update={"loop": True}), fitted, runtime, lambda _: None)
    assert looped.camera[-1, 0].abs() < pan[4]  # it is on its way back


def test_a_path_that_is_asked_for_is_stronger_than_words_in_turn(make_request, fitted, runtime):
    request = make_request(prompt="pan right, then pan left", size=SIZE, frames=9, camera="zoom in 10%")
    condition = Pipeline().encode(request, fitted, runtime, lambda _: None)
    assert not condition.camera[:, 0].any()


@pytest.mark.parametrize("size", ["64x96", "640x960"])  # the photo has more detail than the smaller one
def test_a_camera_that_leaves_a_crop_sees_what_the_photo_shows_there(make_request, photo, runtime, size):
    width, height = map(int, size.split("x"))
    request = make_request(size=size, frames=3)
    pixels = image.load(photo).pixels
    frame = torch.from_numpy(image.fit(pixels, width, height, "crop")[0]).permute(2, 0, 1).contiguous()
    condition = Pipeline().encode(request, frame, runtime, lambda _: None)
    assert (condition.fine is not None) == (width == 64)
    way = 24 * width // 64  # pixels
    shape = geometry(request, (pixels.shape[1], pixels.shape[0]))
    made = torch.cat(
        list(Pipeline().decode(latents(condition, pan=2 * way / height), condition, shape, request, runtime))
    )
    there, left, _ = image.uncropped(pixels, width, height)
    right = torch.from_numpy(there).permute(2, 0, 1)[:, :, left + way : left + way + width]
    assert left > way
    assert (made[-1].float() - right.float()).abs().mean() < 3


@pytest.mark.parametrize("fit", ["pad", "blur", "stretch"])
def test_what_is_not_cropped_has_nothing_around_it(make_request, photo, runtime, fit):
    frame = torch.from_numpy(image.fit(image.load(photo).pixels, 64, 96, fit)[0]).permute(2, 0, 1)
    request = make_request(size="64x96", fit=fit)
    assert Pipeline().encode(request, frame.contiguous(), runtime, lambda _: None).uncropped is None


def answers(condition: Condition, request, runtime: Runtime, step: int, *guidances: float) -> list[Latents]:
    """The denoiser's, for one and the same noise."""
    family = Pipeline()
    schedule = family.schedule(request, geometry(request, (WIDTH, HEIGHT)))
    cells = (condition.channels.shape[2], condition.channels.shape[3])
    given = noise.initial((1, sum(sizes(cells))), 1)
    found = []
    for guidance in guidances:
        asked = request.model_copy(update={"guidance": guidance})
        with family.denoiser(condition, schedule, asked, runtime) as predict:
            found.append(split(predict(given, step), cells))
    return found


def test_guidance_decides_where_the_camera_goes_early_and_what_stirs_to_the_end(
    make_request, fitted, runtime
):
    request = make_request(size=SIZE, steps=4)
    condition = made_by_hand(fitted)
    early, early_guided = answers(condition, request, runtime, 0, 1.0, 3.0)
    late, late_guided = answers(condition, request, runtime, 3, 1.0, 3.0)
    for found in (early, early_guided, late, late_guided):
        assert found.join().isfinite().all()
    assert (early.camera - early_guided.camera).abs().max() > 1e-3
    assert (early.still - early_guided.still).abs().max() > 1e-3
    assert torch.allclose(late.camera, late_guided.camera, atol=1e-4)
    assert (late.still - late_guided.still).abs().max() > 1e-3


def test_the_scene_is_told_with_the_path_that_is_asked_for(make_request, fitted, runtime):
    request = make_request(size=SIZE, steps=4)
    camera = torch.zeros(9, CAMERA)
    camera[:, 0] = torch.linspace(0, 0.3, 9)
    (found,) = answers(made_by_hand(fitted, camera=camera), request, runtime, 3, 3.0)
    path = torch.zeros(1, KNOTS, len(AXES))
    path[0, :, 0] = torch.linspace(0, 0.3, KNOTS + 1)[1:]
    held = encode_path(path).unflatten(-1, (-1, len(AXES)))
    told = found.camera.unflatten(-1, (-1, len(AXES)))
    assert torch.allclose(told[..., :CAMERA], held[..., :CAMERA], atol=1e-5)
    assert not torch.allclose(told[..., CAMERA:], held[..., CAMERA:], atol=1e-2)  # light is as dreamt


def test_latents_become_as_many_frames_as_the_geometry_says(make_request, fitted):
    condition = made_by_hand(fitted)
    for frames in (2, 9, 20):
        shape = geometry(make_request(size=SIZE, frames=frames), (WIDTH, HEIGHT))
        made = decoded(condition, shape, pan=0.1)
        assert made.shape == (frames, 3, HEIGHT, WIDTH) and made.dtype == torch.uint8
        assert torch.equal(made[0], fitted)


def test_a_path_that_is_asked_for_replaces_the_one_that_was_dreamt(make_request, fitted):
    shape = geometry(make_request(size=SIZE, frames=5), (WIDTH, HEIGHT))
    pixels = 8
    camera = torch.zeros(5, CAMERA)
    camera[:, 0] = torch.linspace(0, pixels * 2 / HEIGHT, 5)
    made = decoded(made_by_hand(fitted, camera=camera), shape, pan=-0.4, zoom=0.3)
    assert torch.equal(made[-1][:, :, :-pixels], fitted[:, :, pixels:])


def test_light_goes_on_changing_under_a_path_that_is_asked_for(make_request, fitted):
    shape = geometry(make_request(size=SIZE, frames=5), (WIDTH, HEIGHT))
    made = decoded(made_by_hand(fitted, camera=torch.zeros(5, CAMERA)), shape, brightness=-0.5)
    assert made[-1].float().mean() < 0.7 * fitted.float().mean()


def test_the_scene_keeps_its_pace_at_any_frame_rate_and_length(make_request, fitted):
    condition, seconds = made_by_hand(fitted), 1.0
    made = []
    for fps, frames in ((8, 25), (16, 49), (8, 9)):
        shape = geometry(make_request(size=SIZE, frames=frames, fps=fps), (WIDTH, HEIGHT))
        made.append(decoded(condition, shape, sky=0.3)[round(seconds * fps)])
    assert torch.equal(made[0], made[1])
    assert torch.equal(made[0], made[2])


def test_a_loop_does_not_end_far_from_its_start(make_request, fitted):
    condition = made_by_hand(fitted)
    for loop in (False, True):
        shape = geometry(make_request(size=SIZE, frames=32, loop=loop), (WIDTH, HEIGHT))
        made = decoded(condition, shape, pan=0.3, sky=0.3).float()
        apart, step = (
            (made[-1] - made[0]).abs().mean(),
            (made[1:] - made[:-1]).abs().mean(dim=(1, 2, 3)).max(),
        )
        assert (apart < 1.5 * step) == loop
