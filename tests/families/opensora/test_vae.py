"""The autoencoder alone, both halves."""

import pytest
import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.families.opensora.networks import VaeConfig
from i2v_cli.families.opensora.vae import (
    IGNORED_BY_DECODER,
    IGNORED_BY_ENCODER,
    STATISTICS,
    VaeDecoder,
    VaeEncoder,
)
from i2v_cli.weights.load import build
from tests.families.opensora import checkpoint

CONFIG = VaeConfig.from_json(checkpoint.VAE)
REPO = "OpenSora-VAE-v1.2"
GIVEN = {
    "clip": (25, 40, 32),
    "picture": (1, 44, 38),
}  # frames, width, height; the picture's are no whole latents


@pytest.fixture(scope="module")
def encoder(files) -> VaeEncoder:
    return build(lambda: VaeEncoder(CONFIG), files(REPO), dtype=torch.float32, ignore=IGNORED_BY_ENCODER)


@pytest.fixture(scope="module")
def decoder(files) -> VaeDecoder:
    return loaded(files, torch.float32)


def loaded(files, dtype: torch.dtype) -> VaeDecoder:
    return build(
        lambda: VaeDecoder(CONFIG), files(REPO), dtype=dtype, ignore=IGNORED_BY_DECODER, keep_fp32=STATISTICS
    )


def frames(name: str) -> Tensor:
    return checkpoint.clip(*GIVEN[name]).float() / 127.5 - 1


def decoded(decoder: VaeDecoder, latents: Tensor, count: int) -> Tensor:
    with torch.inference_mode():
        return torch.stack(list(decoder(latents, count)))


@pytest.mark.parametrize("name", GIVEN)
def test_moments_of_pictures_are_those_of_the_reference(name, encoder, golden):
    with torch.inference_mode():
        moments = encoder.spatial_vae["module"].moments(frames(name))
    assert (moments - golden[f"{name}.moments"]).abs().max() < 1e-5


@pytest.mark.parametrize("name", GIVEN)
def test_moments_over_time_are_those_of_the_reference(name, encoder, golden):
    with torch.inference_mode():
        pictures = rearrange(encoder.spatial_vae["module"](frames(name)), "f c h w -> c f h w")
        moments = [torch.cat(encoder.temporal_vae.moments(chunk)) for chunk in pictures.split(17, dim=1)]
    assert (torch.cat(moments, dim=1) - golden[f"{name}.time_moments"]).abs().max() < 1e-5


@pytest.mark.parametrize("name", GIVEN)
def test_latents_are_those_of_the_reference(name, encoder, golden):
    with torch.inference_mode():
        assert (encoder(frames(name)) - golden[f"{name}.latents"]).abs().max() < 1e-5


@pytest.mark.parametrize("name", GIVEN)
def test_decoded_frames_are_those_of_the_reference(name, decoder, golden):
    """A whole chunk and a shorter one; a single frame."""
    made = decoded(decoder, golden[f"{name}.latents"], GIVEN[name][0])
    assert made.shape[0] == GIVEN[name][0]
    assert (made[..., ::3, ::3] - golden[f"{name}.decoded"]).abs().max() < 1e-4


def test_chunks_know_nothing_of_each_other(decoder, golden):
    latents = golden["clip.latents"]
    alone = torch.cat([decoded(decoder, latents[:, :5], 17), decoded(decoder, latents[:, 5:], 8)])
    assert torch.equal(decoded(decoder, latents, 25), alone)


def test_frames_come_one_after_the_other(decoder, golden):
    with torch.inference_mode():
        made = decoder(golden["clip.latents"], 25)
        assert next(made).shape == (3, 32, 40)
        assert len(list(made)) == 24


def test_bf16_is_near_fp32(files, decoder, golden):
    latents = golden["clip.latents"]
    exact = decoded(decoder, latents, 25)
    rough = decoded(loaded(files, torch.bfloat16), latents.bfloat16(), 25).float()
    assert (rough - exact).square().mean().sqrt() < 0.05 * exact.square().mean().sqrt()
