"""The autoencoder alone, both halves."""

import pytest
import torch
from torch import Tensor

from i2v_cli.families.svd import decoder as decoding
from i2v_cli.families.svd.decoder import Upsample, VaeDecoder
from i2v_cli.families.svd.networks import VaeConfig
from i2v_cli.families.svd.vae import IGNORED_BY_ENCODER, VaeEncoder
from i2v_cli.weights.load import build
from tests.families.svd import checkpoint
from tests.families.svd.reference import KEPT

CONFIG = VaeConfig.from_json(checkpoint.VAE)


@pytest.fixture(scope="module")
def decoder(files) -> VaeDecoder:
    return build(lambda: VaeDecoder(CONFIG), files("vae"), dtype=torch.float32, prefix="decoder.")


def decoded(decoder: VaeDecoder, latents: Tensor) -> Tensor:
    with torch.inference_mode():
        return torch.stack(list(decoder(latents)))


def test_latents_of_a_picture_are_those_of_diffusers(files, golden):
    encoder = build(lambda: VaeEncoder(CONFIG), files("vae"), dtype=torch.float32, ignore=IGNORED_BY_ENCODER)
    picture = checkpoint.photo(88, 72)[None].float() / 127.5 - 1
    with torch.inference_mode():
        assert (encoder(picture) - golden["encoded"]).abs().max() < 1e-4


def test_frames_of_a_whole_clip_are_those_of_diffusers(decoder, golden):
    frames = decoded(decoder, golden["latents"])
    assert (frames[..., ::KEPT, ::KEPT] - golden["decoded"]).abs().max() < 1e-4


def test_frames_of_groups_are_those_of_diffusers(decoder, golden):
    frames = torch.cat([decoded(decoder, group) for group in golden["latents"].split(3)])
    assert (frames[..., ::KEPT, ::KEPT] - golden["decoded.3"]).abs().max() < 1e-4


@pytest.mark.parametrize("tokens", [7, 100, 10**9])
def test_the_work_at_once_changes_nothing(tokens, decoder, golden, monkeypatch):
    """A few pixels of all frames at a time, or all of them: one clip, one result."""
    expected = decoded(decoder, golden["latents"])
    monkeypatch.setattr(decoding, "TOKENS_AT_ONCE", tokens)
    assert (decoded(decoder, golden["latents"]) - expected).abs().max() < 2e-5


def test_frames_come_one_after_the_other(decoder, golden):
    with torch.inference_mode():
        frames = decoder(golden["latents"])
        assert next(frames).shape == (3, 40, 72)
        assert len(list(frames)) == 6


def test_a_single_frame_is_a_clip_too(decoder, golden):
    assert decoded(decoder, golden["latents"][:1]).isfinite().all()


def test_four_small_convolutions_are_the_one_on_doubled_pixels():
    upsample = Upsample(8).eval()
    frame = torch.randn(1, 8, 5, 7, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        doubled = torch.nn.functional.interpolate(frame, scale_factor=2.0)
        assert (upsample(frame) - upsample.conv(doubled)).abs().max() < 1e-5


def test_bf16_is_near_fp32(files, decoder, golden):
    half = build(lambda: VaeDecoder(CONFIG), files("vae"), dtype=torch.bfloat16, prefix="decoder.")
    exact, rough = (
        decoded(net, golden["latents"].to(dtype))
        for net, dtype in ((decoder, torch.float32), (half, torch.bfloat16))
    )
    assert (rough.float() - exact).square().mean().sqrt() < 0.03 * exact.square().mean().sqrt()
