"""Whole runs, from photo to frames, against the recorded ones of diffusers."""

import pytest
import torch
from torch import Tensor

from i2v_cli.events import Warned
from i2v_cli.families.svd.config import geometry
from i2v_cli.families.svd.pipeline import Pipeline
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import keeping
from i2v_cli.sampling import noise, samplers
from i2v_cli.sampling.samplers import State
from tests.families.svd import checkpoint
from tests.families.svd.reference import CASES, KEPT, STEPS_COMPARED


def run(request: Request, runtime: Runtime) -> tuple[Tensor, Tensor]:
    """Latents at the end, and the frames [F, 3, H, W] uint8."""
    family, shape = Pipeline(), geometry(request, (1536, 960))
    condition = family.encode(request, checkpoint.photo(shape.width, shape.height), runtime, lambda _: None)
    schedule = family.schedule(request, shape)
    start = State(noise.initial((1, *shape.latent_shape), request.seed))
    with family.denoiser(condition, schedule, request, runtime) as predict:
        *_, last = samplers.named(request.sampler, request.seed)(predict, start, schedule)
    return last.latents, torch.cat(list(family.decode(last.latents, condition, shape, request, runtime)))


@pytest.mark.parametrize("case", CASES)
def test_three_steps_are_those_of_diffusers(case, make, golden, fp32):
    frames, width, height, changed = CASES[case]
    latents, clip = run(make(frames=frames, size=f"{width}x{height}", **changed), fp32)
    assert (latents - golden[f"{case}.latents"]).abs().max() < 1e-4
    assert clip.shape == (frames, 3, height, width)
    apart = clip[..., ::KEPT, ::KEPT].int() - golden[f"{case}.frames"].int()
    assert apart.abs().max() <= 2


def test_embedding_of_the_photo_is_that_of_diffusers(make, golden, fp32):
    condition = Pipeline().encode(make(frames=14), checkpoint.photo(96, 64), fp32, lambda _: None)
    assert (condition.context - golden["context"]).abs().max() < 1e-4


@pytest.mark.parametrize("steps", STEPS_COMPARED)
def test_noise_levels_are_those_of_diffusers(steps, make, golden):
    request = make(steps=steps)
    schedule = Pipeline().schedule(request, geometry(request, (1536, 960)))
    assert torch.allclose(schedule.sigmas / schedule.alphas, golden[f"sigmas.{steps}"], rtol=1e-5)
    assert torch.allclose(schedule.timesteps, golden[f"timesteps.{steps}"], atol=1e-5)


def test_same_seed_same_clip(make, fp32):
    request = make(frames=3, size="64x64", steps=1)
    assert torch.equal(run(request, fp32)[1], run(request, fp32)[1])


def test_guidance_rises_from_the_first_frame_to_the_last(make, fp32):
    """The first frame is unguided: at one step it is the same at any guidance, and the last is not."""
    one, other = (run(make(frames=4, size="64x64", steps=1, guidance=x), fp32)[0] for x in (2.0, 6.0))
    assert torch.allclose(one[:, :, 0], other[:, :, 0], atol=1e-6)
    assert not torch.allclose(one[:, :, 3], other[:, :, 3], atol=1e-3)


@pytest.mark.parametrize("changed", [{"motion_bucket": 200}, {"fps": 20.0}, {"augment": 0.5}])
def test_what_the_model_is_told_changes_the_clip(changed, make, fp32):
    plain, told = (run(make(frames=3, size="64x64", steps=1, **more), fp32)[0] for more in ({}, changed))
    assert not torch.allclose(plain, told, atol=1e-4)


def test_clips_of_a_batch_encode_the_same_photo_once(make, fp32):
    request, picture = make(frames=3, size="64x64"), checkpoint.photo(64, 64)
    with keeping(spare=0):
        first, second = (Pipeline().encode(request, picture, fp32, lambda _: None) for _ in range(2))
    assert first.channels is second.channels
    assert first.context is second.context


def test_another_length_than_the_trained_one_is_told(make, fp32):
    said = []
    Pipeline().encode(make(frames=20, size="64x64"), checkpoint.photo(64, 64), fp32, said.append)
    assert said == [Warned("the model was trained on 14 frames: 20 may come out worse")]
