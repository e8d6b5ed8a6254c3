"""The transformer alone."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from i2v_cli.families.opensora import layers
from i2v_cli.families.opensora.denoiser import KEEP_FP32, OpenSoraDenoiser, blocks
from i2v_cli.families.opensora.networks import DenoiserConfig
from i2v_cli.runtime import streaming
from i2v_cli.weights.load import build
from tests.families.opensora import checkpoint

CONFIG = DenoiserConfig.from_json(checkpoint.DENOISER)
REPO = "OpenSora-STDiT-v3"
WORDS = (9, 13)  # of each prompt


@pytest.fixture(scope="module")
def network(files) -> OpenSoraDenoiser:
    return loaded(files, torch.float32)


def loaded(files, dtype: torch.dtype) -> OpenSoraDenoiser:
    return build(lambda: OpenSoraDenoiser(CONFIG), files(REPO), dtype=dtype, keep_fp32=KEEP_FP32)


def answer(network: OpenSoraDenoiser, golden, words=WORDS, *, held: bool = False, only=slice(None)) -> Tensor:
    """To latents with odd sides."""
    dtype = network.x_embedder.proj.weight.dtype
    contexts = [
        context[:count].to(dtype) for context, count in zip(golden["forward.contexts"], words, strict=True)
    ]
    with torch.inference_mode():
        return network(
            golden["forward.latents"][only].to(dtype),
            torch.tensor(731.25),
            contexts[only],
            fps=24.0,
            bucket=(48, 40),
            held=golden["forward.held"].bool()[only] if held else None,
        )


def test_velocity_is_that_of_the_reference(network, golden):
    assert (answer(network, golden) - golden["forward.free"]).abs().max() < 1e-4


def test_with_held_frames_it_is_that_of_the_reference(network, golden):
    """The first frame of both clips, and one in the middle of the second."""
    assert (answer(network, golden, held=True) - golden["forward.masked"]).abs().max() < 1e-4


def test_with_one_prompt_for_both_clips_it_is_that_of_the_reference(network, golden):
    same = answer(network, golden, words=(WORDS[0], WORDS[0]))
    assert (same - golden["forward.one_prompt"]).abs().max() < 1e-4


def test_the_three_answers_differ(golden):
    """Or nothing was compared."""
    free = golden["forward.free"]
    assert (free - golden["forward.masked"]).abs().max() > 0.1
    assert (free[1] - golden["forward.one_prompt"][1]).abs().max() > 0.1


def test_no_frame_held_is_as_good_as_no_mask(network, golden):
    with torch.inference_mode():
        latents, context = golden["forward.latents"][:1], golden["forward.contexts"][0]
        none = torch.zeros(1, latents.shape[2], dtype=torch.bool)
        one, other = (
            network(latents, torch.tensor(500.0), [context], fps=24.0, bucket=(48, 40), held=held)
            for held in (None, none)
        )
    assert (one - other).abs().max() < 1e-5


def test_clips_of_a_batch_do_not_feel_each_other(network, golden):
    both = answer(network, golden, held=True)
    assert (both[1:] - answer(network, golden, held=True, only=slice(1, 2))).abs().max() < 1e-5


@pytest.mark.parametrize(("tokens", "long"), [(7, 1024), (10**6, 1)])
def test_the_work_at_once_changes_nothing(tokens, long, network, golden, monkeypatch):
    """One frame or column at a time; all of them, and attention by its other way."""
    whole = answer(network, golden, held=True)
    monkeypatch.setitem(layers.TOKENS_AT_ONCE, "cpu", tokens)
    monkeypatch.setattr(layers, "LONG", long)
    assert (answer(network, golden, held=True) - whole).abs().max() < 1e-4


def test_what_is_given_is_left_as_it_was(network, golden):
    latents = golden["forward.latents"].clone()
    answer(network, golden)
    assert torch.equal(latents, golden["forward.latents"])


def test_blocks_from_the_disk_answer_bit_for_bit(network, golden, files, fp32):
    from_disk = replace(fp32, offload="disk")
    with streaming.hold(
        lambda: OpenSoraDenoiser(CONFIG), files(REPO), from_disk, blocks=blocks(CONFIG), keep_fp32=KEEP_FP32
    ) as held:
        assert torch.equal(answer(held, golden), answer(network, golden))


def test_bf16_is_near_fp32(network, golden, files):
    exact = answer(network, golden, held=True)
    rough = answer(loaded(files, torch.bfloat16), golden, held=True).float()
    assert (rough - exact).norm() / exact.norm() < 0.03
