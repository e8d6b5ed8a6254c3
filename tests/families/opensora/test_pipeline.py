"""Whole runs, from photo to frames, against the recorded ones of the reference implementation."""

import pytest
import torch
from torch import Tensor

from i2v_cli.control.pins import Pin
from i2v_cli.events import Noted
from i2v_cli.families.opensora.config import geometry
from i2v_cli.families.opensora.pipeline import Pipeline, noise_levels
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import keeping
from i2v_cli.sampling import noise, samplers
from i2v_cli.sampling.samplers import State
from tests.families.opensora import checkpoint

WIDTH, HEIGHT = 144, 256
SHARED = Pipeline()
PHOTO = checkpoint.photo(WIDTH, HEIGHT)
SEEN = checkpoint.clip(51, WIDTH, HEIGHT)
FIRST, LAST = Pin(frames=PHOTO[None]), Pin(frames=(255 - PHOTO)[None], at=-1)
# What the reference calls "0", "0,0,-1,-1,1", "0;0,1,-1,-1,1", "0,0,-5,0,5", "0,0,0,0,15,0.6"; and its own
# way to end on a picture, "0,0,0,-1,1", which begins the last chunk with it.
CASES = {
    "photo": (FIRST,),
    "last": (LAST,),
    "both": (FIRST, LAST),
    "extension": (Pin(frames=SEEN[-17:]),),
    "edit": (Pin(frames=SEEN, edit=0.6),),
    "third chunk": (Pin(frames=PHOTO[None], at=34),),
    "none": (),
}


def shape(request: Request) -> Geometry:
    return geometry(request, (WIDTH, HEIGHT))


def sampled(request: Request, runtime: Runtime, pins=None) -> Tensor:
    made, family = shape(request), SHARED
    condition = family.encode(request, PHOTO, runtime, lambda _: None, pins)
    schedule = family.schedule(request, made)
    start = State(noise.initial((1, *made.latent_shape), request.seed))
    with family.denoiser(condition, schedule, request, runtime) as predict:
        *_, last = samplers.named(request.sampler, request.seed)(predict, start, schedule)
    return last.latents


def decoded(latents: Tensor, request: Request, runtime: Runtime) -> Tensor:
    return torch.cat(list(Pipeline().decode(latents, None, shape(request), request, runtime)))


@pytest.mark.parametrize("case", CASES)
def test_three_steps_are_those_of_the_reference(case, make, golden, fp32):
    latents = sampled(make(), fp32, CASES[case])
    assert (latents[0, :, :, ::4, ::3] - golden[f"{case}.sampled"]).abs().max() < 1e-4


@pytest.mark.parametrize("case", [case for case in CASES if case != "none"])
def test_held_frames_are_those_of_the_reference(case, make, golden, fp32):
    condition = SHARED.encode(make(), PHOTO, fp32, lambda _: None, CASES[case])
    assert torch.equal(condition.hold, golden[f"{case}.hold"])


def test_frames_of_a_run_are_those_of_the_reference(make, golden, fp32):
    """Its videos round down, ours to the nearest."""
    clip = decoded(sampled(make(), fp32), make(), fp32)
    assert clip.shape == (51, 3, HEIGHT, WIDTH)
    assert (clip[::7, :, ::4, ::4].int() - golden["photo.frames"].int()).abs().max() <= 1


def test_words_are_read_as_by_the_reference(make, golden, fp32):
    """It pads them and masks the padding; here there is none."""
    condition = Pipeline().encode(make(), PHOTO, fp32, lambda _: None)
    assert (condition.context - golden["context"]).abs().max() < 1e-5


def test_it_is_told_whose_text_encoder_reads(make, fp32):
    said = []
    Pipeline().encode(make(), PHOTO, fp32, said.append)
    assert next(event.message for event in said if isinstance(event, Noted)).endswith("text_encoder")


def test_timesteps_are_those_of_the_reference():
    """Of a clip of 51 frames at 56x40, which is 0.0925 x sqrt(15) away from the square of 512."""
    found = noise_levels(3, (56, 40), 15)
    assert found.timesteps.tolist() == pytest.approx([1000.0, 417.2588, 151.8285], abs=1e-3)
    assert found.sigmas.tolist() == pytest.approx([1.0, 0.4172588, 0.1518285, 0.0], abs=1e-6)


@pytest.mark.parametrize("bucket", [(48, 40), (426, 240), (1280, 720), (333, 111)])
def test_no_first_timestep_is_above_a_thousand(bucket):
    """Rounding puts the reference's there at some sizes, and nothing then moves in the first step."""
    assert noise_levels(30, bucket, 15).timesteps[0].item() == 1000.0


@pytest.mark.parametrize("sampler", ["heun", "dpmpp-2m", "dpmpp-2m-sde"])
def test_a_held_frame_stays_with_every_sampler(sampler, make, fp32):
    condition = Pipeline().encode(make(), PHOTO, fp32, lambda _: None)
    latents = sampled(make(sampler=sampler), fp32)
    assert (latents[:, :, 0] - condition.channels[:, :, 0]).abs().max() < 1e-5
    assert latents.isfinite().all()


@pytest.mark.parametrize(
    "changed", [{"fps": 12.0}, {"aesthetic": None}, {"motion_score": 9.0}, {"prompt": "a red house"}]
)
def test_what_the_model_is_told_changes_the_clip(changed, make, fp32):
    plain, told = (sampled(make(steps=1, **more), fp32) for more in ({}, changed))
    assert not torch.allclose(plain, told, atol=1e-3)


def test_same_seed_same_latents(make, fp32):
    assert torch.equal(sampled(make(steps=1), fp32), sampled(make(steps=1), fp32))


def test_the_same_photo_and_words_are_encoded_once(make, fp32):
    with keeping(spare=0):
        one, other = (Pipeline().encode(make(seed=seed), PHOTO, fp32, lambda _: None) for seed in (1, 2))
    assert one.context is other.context
