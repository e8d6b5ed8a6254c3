"""The transformer against the recorded one of diffusers, and what its parts promise."""

from dataclasses import replace

import pytest
import torch

from i2v_cli.families.cogvideox import denoiser as module
from i2v_cli.families.cogvideox.denoiser import CogVideoXDenoiser
from i2v_cli.families.cogvideox.networks import DenoiserConfig
from i2v_cli.families.cogvideox.tokens import rope
from i2v_cli.runtime import streaming
from i2v_cli.sampling.step_cache import StepCache
from i2v_cli.weights.component import Files


@pytest.fixture(scope="module")
def files(checkpoint) -> Files:
    folder = checkpoint / "transformer"
    return Files(folder=folder, weights=(folder / "diffusion_pytorch_model.safetensors",))


@pytest.fixture(scope="module")
def network(files, fp32):
    config = DenoiserConfig.from_json(files.read_json("config.json"))
    with streaming.hold(
        lambda: CogVideoXDenoiser(config), files, fp32, blocks=("transformer_blocks",)
    ) as held:
        yield held


def answer(
    network: CogVideoXDenoiser, golden, batch: int = 1, cache: StepCache | None = None
) -> torch.Tensor:
    latents = golden["denoiser.latents"].expand(batch, -1, -1, -1, -1)
    return network(latents, torch.tensor(666), golden["context"][:batch], cache or StepCache(0))


def test_one_call_is_that_of_diffusers(network, golden):
    assert (answer(network, golden) - golden["denoiser.velocity"]).abs().max() < 1e-5


def test_both_halves_of_guidance_at_once_are_each_alone(network, golden):
    assert torch.equal(answer(network, golden, batch=2)[:1], answer(network, golden))


def test_rows_at_a_time_are_all_at_once(network, golden, monkeypatch):
    whole = answer(network, golden)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    assert (answer(network, golden) - whole).abs().max() < 1e-5


def test_a_cache_that_never_skips_changes_nothing(network, golden):
    assert torch.equal(answer(network, golden, cache=StepCache(1e-9)), answer(network, golden))


def test_a_cache_skips_a_step_that_is_like_the_one_before(network, golden):
    cache = StepCache(0.1)
    first, second = answer(network, golden, cache=cache), answer(network, golden, cache=cache)
    assert (cache.asked, cache.skipped) == (2, 1)
    assert (first - second).abs().max() < 1e-5


def test_what_is_given_is_left_as_it_was(network, golden):
    latents, context = golden["denoiser.latents"].clone(), golden["context"].clone()
    answer(network, golden)
    assert torch.equal(latents, golden["denoiser.latents"])
    assert torch.equal(context, golden["context"])


def test_blocks_from_the_disk_answer_bit_for_bit(network, golden, files, fp32):
    config = network.config
    from_disk = replace(fp32, offload="disk")
    with streaming.hold(
        lambda: CogVideoXDenoiser(config), files, from_disk, blocks=("transformer_blocks",)
    ) as held:
        assert torch.equal(answer(held, golden), answer(network, golden))


def test_bf16_is_near_fp32(network, golden, files, fp32):
    config, rounded = network.config, replace(fp32, dtype=torch.bfloat16)
    exact = answer(network, golden)
    with streaming.hold(
        lambda: CogVideoXDenoiser(config), files, rounded, blocks=("transformer_blocks",)
    ) as held:
        latents, context = golden["denoiser.latents"].bfloat16(), golden["context"][:1].bfloat16()
        near = held(latents, torch.tensor(666), context, StepCache(0)).float()
    assert (near - exact).norm() / exact.norm() < 0.02


def test_a_shorter_clip_has_the_beginning_of_the_learned_table(network, golden):
    """The vendor's own code does so; diffusers makes up another table there."""
    if network.config.table is None:
        pytest.skip("1.5 has no table")
    short = network.patch_embed(golden["denoiser.latents"][:, :, :3], golden["context"][:1])
    whole = network.patch_embed(golden["denoiser.latents"], golden["context"][:1])
    assert torch.equal(short, whole[:, : short.shape[1]])


def test_a_place_turns_each_axis_part_of_a_head_by_its_own_number():
    turns = rope((2, 3, 4), 16, torch.device("cpu")).unflatten(0, (2, 3, 4))
    assert turns.shape == (2, 3, 4, 8)
    assert (turns.abs() - 1).abs().max() < 1e-6
    assert torch.allclose(turns[1, 0, 0, :2].angle()[0], torch.tensor(1.0))
    assert torch.equal(turns[1, 2, 3, 2:5], turns[0, 2, 0, 2:5])
    assert torch.equal(turns[1, 2, 3, 5:], turns[0, 0, 3, 5:])
