"""The UNet alone."""

import pytest
import torch

from i2v_cli.families.svd.denoiser import SvdDenoiser, blocks
from i2v_cli.families.svd.networks import DenoiserConfig
from i2v_cli.runtime import streaming
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold
from i2v_cli.weights.load import build
from tests.families.svd import checkpoint

CONFIG = DenoiserConfig.from_json(checkpoint.UNET)
TIMESTEP = torch.tensor(1.3)
IDS = torch.tensor([6.0, 127.0, 0.02])


@pytest.fixture(scope="module")
def network(files) -> SvdDenoiser:
    return build(lambda: SvdDenoiser(CONFIG), files("unet"), dtype=torch.float32)


@pytest.mark.parametrize("case", ["even", "odd", "wide"])
def test_v_is_that_of_diffusers(case, network, golden):
    """Sides of latents: multiples of 8; odd ones; so many that attention takes its other way."""
    with torch.inference_mode():
        v = network(golden[f"{case}.given"], TIMESTEP, golden[f"{case}.context"], IDS)
    assert (v - golden[f"{case}.v"]).abs().max() < 1e-4


def test_clips_of_a_batch_do_not_feel_each_other(network, golden):
    given, context = golden["even.given"], golden["even.context"]
    with torch.inference_mode():
        both = network(given, TIMESTEP, context, IDS)
        alone = network(given[1:], TIMESTEP, context[1:], IDS)
    assert (both[1:] - alone).abs().max() < 1e-5


def test_bf16_is_near_fp32(files, network, golden):
    half = build(lambda: SvdDenoiser(CONFIG), files("unet"), dtype=torch.bfloat16)
    given, context = golden["even.given"], golden["even.context"]
    with torch.inference_mode():
        exact = network(given, TIMESTEP, context, IDS)
        rough = half(given.bfloat16(), TIMESTEP, context.bfloat16(), IDS).float()
    assert (rough - exact).square().mean().sqrt() < 0.03 * exact.square().mean().sqrt()


def test_input_is_left_as_it_was(network, golden):
    given = golden["even.given"].clone()
    with torch.inference_mode():
        network(given, TIMESTEP, golden["even.context"], IDS)
    assert torch.equal(given, golden["even.given"])


def test_blocks_read_from_the_disk_answer_the_same_bits(files, fp32, golden):
    given, context = golden["odd.given"], golden["odd.context"]
    disk = Runtime(device=fp32.device, dtype=fp32.dtype, threads=1, offload="disk")
    with hold(lambda: SvdDenoiser(CONFIG), files("unet"), fp32) as resident:
        expected = resident(given, TIMESTEP, context, IDS)
    with streaming.hold(lambda: SvdDenoiser(CONFIG), files("unet"), disk, blocks=blocks(CONFIG)) as streamed:
        assert torch.equal(streamed(given, TIMESTEP, context, IDS), expected)
        assert torch.equal(streamed(given, TIMESTEP, context, IDS), expected)


def test_blocks_are_named_in_the_order_of_a_pass(files, golden):
    network = build(lambda: SvdDenoiser(CONFIG), files("unet"), dtype=torch.float32)
    called = []
    for name in blocks(CONFIG):
        network.get_submodule(name).register_forward_pre_hook(lambda *_, name=name: called.append(name))
    with torch.inference_mode():
        network(golden["odd.given"], TIMESTEP, golden["odd.context"], IDS)
    assert tuple(called) == blocks(CONFIG)
