"""A whole run, from words and photo to frames, against the recorded one of diffusers."""

import importlib.util
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor

from i2v_cli.families.cogvideox import config, pipeline
from i2v_cli.families.cogvideox.pipeline import Pipeline
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import keeping
from i2v_cli.sampling import noise, samplers
from i2v_cli.sampling.samplers import State

GOLDENS = Path(__file__).parents[2] / "goldens" / "cogvideox"


def photo(width: int, height: int) -> Tensor:
    """[3, H, W] uint8: ramps and a checkerboard."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    board = (rows // 6 + columns // 6) % 2 * 120
    return torch.stack([rows * 255 // height, columns * 255 // width, board + 60]).to(torch.uint8)


def shape(request: Request, width: int, height: int, frames: int) -> Geometry:
    time = (frames - 1) // 4 + 1
    if request.variant == "cogvideox1.5-5b":
        time += time % 2
    return Geometry(
        width=width,
        height=height,
        frames=frames,
        fps=8,
        source=(width, height),
        latent_shape=(16, time, height // 8, width // 8),
    )


def run(request: Request, geometry: Geometry, runtime: Runtime) -> tuple[Tensor, Tensor]:
    """Latents after each step, and the frames [F, 3, H, W] uint8."""
    family = Pipeline()
    condition = family.encode(request, photo(geometry.width, geometry.height), runtime, lambda _: None)
    schedule = family.schedule(request, geometry)
    sampler = samplers.named(request.sampler, request.seed)
    start = State(noise.initial((1, *geometry.latent_shape), request.seed))
    with family.denoiser(condition, schedule, request, runtime) as predict:
        latents = [state.latents for state in sampler(predict, start, schedule)]
    frames = torch.cat(list(family.decode(latents[-1], condition, geometry, request, runtime)))
    return torch.stack(latents), frames


CASES = {
    "ddim": {},
    "alone": {"guidance": 1.0},
    "sde": {"sampler": "dpmpp-2m-sde", "dynamic_guidance": True},
}


@pytest.mark.parametrize("case", CASES)
def test_three_steps_are_those_of_diffusers(case, make, golden, fp32):
    request = make(**CASES[case])
    latents, frames = run(request, shape(request, 80, 48, 17), fp32)
    assert (latents - golden[f"{case}.latents"]).abs().max() < 1e-4
    assert frames.shape == (17, 3, 48, 80)
    assert (frames[..., ::3, ::3].int() - golden[f"{case}.frames"].int()).abs().max() <= 2


def test_an_odd_number_of_latents_in_portrait_is_that_of_diffusers(make, golden, fp32):
    """Nine frames are three latents: 1.5 denoises four, and the first is no part of the clip."""
    request = make()
    if request.variant == "cogvideox-5b":
        pytest.skip("1.0 makes one size")
    latents, frames = run(request, shape(request, 48, 80, 9), fp32)
    assert (latents - golden["portrait.latents"]).abs().max() < 1e-4
    assert frames.shape == (9, 3, 80, 48)
    assert (frames[..., ::3, ::3].int() - golden["portrait.frames"].int()).abs().max() <= 2


def test_words_are_encoded_as_by_transformers(make, golden, fp32):
    condition = Pipeline().encode(make(), photo(80, 48), fp32, lambda _: None)
    assert (condition.context - golden["context"]).abs().max() < 1e-4


def test_without_guidance_the_negative_words_are_not_encoded(make, fp32):
    assert len(Pipeline().encode(make(guidance=1.0), photo(80, 48), fp32, lambda _: None).context) == 1


def test_a_prompt_that_is_too_long_is_told(make, fp32):
    told: list[object] = []
    Pipeline().encode(make(prompt="boats " * 400), photo(80, 48), fp32, told.append)
    assert "longer than 226 tokens" in told[0].message


def test_clips_of_a_batch_do_not_encode_the_same_words_and_photo_twice(make, fp32, monkeypatch):
    with keeping(spare=0):
        first = Pipeline().encode(make(), photo(80, 48), fp32, lambda _: None)
        monkeypatch.setattr("i2v_cli.families.cogvideox.pipeline.hold", None)
        monkeypatch.setattr("i2v_cli.families.cogvideox.pipeline.streaming.hold", None)
        second = Pipeline().encode(make(), photo(80, 48), fp32, lambda _: None)
    assert torch.equal(first.context, second.context)
    assert torch.equal(first.channels, second.channels)


@pytest.mark.parametrize("changed", [{"prompt": "another"}, {"negative": "another"}, {"seed": 8}])
def test_other_words_or_another_draw_are_encoded_anew(changed, make, fp32):
    with keeping(spare=0):
        first, second = (
            Pipeline().encode(request, photo(80, 48), fp32, lambda _: None)
            for request in (make(), make(**changed))
        )
    same = torch.equal(first.context, second.context), torch.equal(first.channels, second.channels)
    assert same == ((True, False) if "seed" in changed else (False, True))


def test_by_default_one_and_a_half_gets_the_photos_latent_unscaled(make, fp32):
    """As the vendor's own code has it, `image / scale_factor` of what was multiplied by it; diffusers: 1 /
    0.7.
    """
    request = make(image_scale=None)
    given = Pipeline().encode(request, photo(80, 48), fp32, lambda _: None).channels
    plain = Pipeline().encode(make(image_scale=1.0), photo(80, 48), fp32, lambda _: None).channels
    expected = plain if request.variant == "cogvideox1.5-5b" else 0.7 * plain
    assert torch.allclose(given, expected)


def test_dynamic_guidance_is_the_vendors(make):
    """Of three steps at 6: 1.0, 7.0 and 3.748."""
    request = make(dynamic_guidance=True)
    scale = pipeline._guidance(request, Pipeline().schedule(request, config.geometry(request, (1536, 960))))
    assert [scale(step) for step in range(3)] == pytest.approx([1.0, 7.0, 3.748], abs=1e-3)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6, 7, 20, 30, 50])
def test_timesteps_are_those_of_the_published_scheduler(make, shared, steps):
    request = make(steps=steps)
    schedule = Pipeline().schedule(request, config.geometry(request, (1536, 960)))
    assert schedule.timesteps.tolist() == shared[f"levels.timesteps.{steps}"].tolist()
    squares = shared["levels.alphas_bar"][schedule.timesteps.long()].double()
    assert (schedule.alphas[:-1].double() - squares.sqrt()).abs().max() < 1e-6


@pytest.mark.parity
def test_the_goldens_are_what_diffusers_makes_here(variant, golden):
    pytest.importorskip("diffusers")
    spec = importlib.util.spec_from_file_location("record", GOLDENS / "record.py")
    record = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec.loader.exec_module(record)
        made = record.expected(variant)
    assert made.keys() == golden.keys()
    for name, value in made.items():
        apart = (value.double() - golden[name].double()).abs().max()
        assert apart <= (1 if "frames" in name else 2e-5), name
