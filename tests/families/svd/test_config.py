"""Sizes, lengths, words, memory: what is settled before anything is loaded."""

import pytest

from i2v_cli.errors import ModelError, SizeError, UsageError
from i2v_cli.families.svd import config
from i2v_cli.families.svd.networks import DenoiserConfig, NoiseConfig, VaeConfig
from i2v_cli.request import Request
from tests.families.svd import checkpoint

LANDSCAPE = (1536, 960)


@pytest.fixture
def ask(photo):
    """A request of the published model, of which nothing is here."""

    def request(**changed) -> Request:
        values = {"image": photo, "preset": "svd", "family": "svd", "seed": 1}
        return Request(**(config.DEFAULTS | values | changed))

    return request


@pytest.mark.parametrize(("variant", "frames"), [("svd", 14), ("svd-xt", 25), ("svd-xt-1.1", 25)])
def test_native_length_is_the_trained_one(variant, frames, ask):
    assert config.geometry(ask(variant=variant), LANDSCAPE).frames == frames


@pytest.mark.parametrize(
    ("source", "size"), [((1920, 1080), (1024, 576)), ((1080, 1920), (576, 1024)), ((1000, 1000), (768, 768))]
)
def test_size_of_its_own_is_of_multiples_of_64_at_the_photos_aspect(source, size, ask):
    shape = config.geometry(ask(), source)
    assert (shape.width, shape.height) == size
    assert shape.latent_shape == (4, 25, size[1] // 8, size[0] // 8)


def test_given_size_may_be_of_multiples_of_8(ask):
    shape = config.geometry(ask(size="120x72"), LANDSCAPE)
    assert (shape.width, shape.height) == (120, 72)


@pytest.mark.parametrize(("size", "nearest"), [("1000x570", "1024x576"), ("1024x48", "1024x64")])
def test_size_that_it_cannot_make_names_the_nearest(size, nearest, ask):
    with pytest.raises(SizeError) as caught:
        config.geometry(ask(size=size), LANDSCAPE)
    assert size in caught.value.message
    assert f"--size {nearest}" in caught.value.hint


def test_too_long_a_clip_is_refused_with_what_it_can(ask):
    with pytest.raises(SizeError, match="70 frames") as caught:
        config.geometry(ask(seconds=10), LANDSCAPE)
    assert "--frames 50" in caught.value.hint


@pytest.mark.parametrize("words", [{"prompt": "camera pans left"}, {"negative": "blur"}])
def test_words_are_refused_and_the_way_to_motion_is_told(words, ask):
    with pytest.raises(UsageError, match="reads no text") as caught:
        config.geometry(ask(**words), LANDSCAPE)
    assert next(iter(words.values())) in caught.value.message
    assert "--motion-bucket" in caught.value.hint


def test_unknown_variant_names_the_known_ones(ask):
    with pytest.raises(UsageError) as caught:
        config.geometry(ask(variant="svd-xl"), LANDSCAPE)
    assert "svd-xt-1.1" in caught.value.hint


def test_published_sizes_of_files_are_those_of_the_parameters():
    sizes = {part.name: part.size for part in config.COMPONENTS["svd"]}
    parameters = {
        "denoiser": config.DENOISER_PARAMETERS,
        "image_encoder": config.IMAGE_ENCODER_PARAMETERS,
        "vae": config.VAE_ENCODER_PARAMETERS + config.DECODER_PARAMETERS,
    }
    for name, count in parameters.items():
        assert 0 <= sizes[name] - 2 * count < 1e6


def test_streamed_blocks_leave_little_of_the_denoiser_in_memory(ask):
    request = ask(dtype="fp32")
    phases = {phase.name: phase for phase in config.phases(request, config.geometry(request, LANDSCAPE))}
    denoise = phases["denoise"]
    assert denoise.needed("none") > 6e9
    assert denoise.needed("disk") - denoise.activations < 1.2e9


@pytest.mark.parametrize(
    ("parse", "raw", "changed"),
    [
        (DenoiserConfig.from_json, checkpoint.UNET, {"transformer_layers_per_block": 2}),
        (DenoiserConfig.from_json, checkpoint.UNET, {"block_out_channels": [32, 64]}),
        (DenoiserConfig.from_json, checkpoint.UNET, {"num_frames": None}),
        (VaeConfig.from_json, checkpoint.VAE, {"down_block_types": []}),
        (NoiseConfig.from_json, checkpoint.SCHEDULER, {"prediction_type": "epsilon"}),
        (NoiseConfig.from_json, checkpoint.SCHEDULER, {"use_karras_sigmas": False}),
    ],
)
def test_config_of_another_network_is_refused(parse, raw, changed):
    with pytest.raises(ModelError, match="nothing that i2v knows"):
        parse(raw | changed)
