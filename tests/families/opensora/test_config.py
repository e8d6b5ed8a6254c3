"""Sizes, lengths, words and memory, before anything is on this machine; and what a config.json may say."""

import re

import pytest

from i2v_cli.errors import ModelError, SizeError, UsageError
from i2v_cli.families.opensora import config, sizes
from i2v_cli.families.opensora.networks import DenoiserConfig, VaeConfig
from i2v_cli.request import Request
from i2v_cli.weights import hub
from tests.families.opensora import checkpoint

LANDSCAPE = (1536, 960)
COMMIT = "0" * 40


@pytest.fixture
def ask(photo):
    """A request of the published model, of which nothing is here."""

    def request(**changed) -> Request:
        values = {"image": photo, "preset": "opensora-1.2", "family": "opensora", "seed": 1}
        return Request(**(config.DEFAULTS | values | changed))

    return request


@pytest.mark.parametrize(
    ("source", "changed", "size"),
    [
        ((1920, 1080), {}, (424, 240)),
        ((1080, 1920), {}, (240, 424)),
        ((1000, 1000), {}, (320, 320)),
        ((4000, 1000), {}, (520, 192)),
        ((1920, 1080), {"size": "720p"}, (1280, 720)),
        ((1920, 1080), {"size": "480p"}, (848, 480)),
        ((1920, 1080), {"area": 640 * 360}, (640, 360)),
        (LANDSCAPE, {"size": "424x240"}, (424, 240)),
    ],
)
def test_size_is_that_of_the_bucket_nearest_to_the_photo(source, changed, size, ask):
    shape = config.geometry(ask(**changed), source)
    assert (shape.width, shape.height) == size
    assert shape.latent_shape == (4, 15, size[1] // 8, size[0] // 8)


@pytest.mark.parametrize("size", ["426x240", "1080p", "1000x1000", "16x16"])
def test_other_sizes_are_refused_and_the_size_named_instead_is_taken(size, ask):
    with pytest.raises(SizeError, match=size) as caught:
        config.geometry(ask(size=size), LANDSCAPE)
    named = re.search(r"--size (\S+)", caught.value.hint)[1]
    shape = config.geometry(ask(size=named), LANDSCAPE)
    assert f"{shape.width}x{shape.height}" == named


def test_every_video_has_one_bucket_of_nearly_its_size():
    assert len(sizes.TRAINED) == sum(len(buckets) for buckets in sizes.BUCKETS.values())
    for made, trained in sizes.TRAINED.items():
        assert all(0 <= there - here < sizes.STRIDE for here, there in zip(made, trained, strict=True))


def test_buckets_of_a_number_of_lines_have_one_area():
    for lines, buckets in sizes.BUCKETS.items():
        areas = [width * height for width, height in buckets]
        assert max(areas) < 1.02 * min(areas), lines


def test_lengths_are_multiples_of_three_chunks(ask):
    def takes(frames: int) -> bool:
        try:
            return config.geometry(ask(frames=frames), LANDSCAPE).frames == frames
        except SizeError:
            return False

    assert [frames for frames in range(2, 480) if takes(frames)] == list(range(51, 409, 51))


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.5, 51), (2, 51), (4, 102), (5, 102), (16, 408), (18, 408)]
)
def test_seconds_take_the_nearest_length(seconds, frames, ask):
    assert config.geometry(ask(seconds=seconds), LANDSCAPE).frames == frames


def test_more_seconds_than_it_makes_are_refused_with_what_it_can(ask):
    with pytest.raises(SizeError, match="720 frames") as caught:
        config.geometry(ask(seconds=30), LANDSCAPE)
    assert "--frames 408" in caught.value.hint


@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (8, 2), (17, 5), (25, 7), (51, 15), (408, 120)])
def test_latents_of_lengths_are_the_published_ones(frames, latents):
    assert sizes.latent_frames(frames) == latents


def test_negative_words_are_refused(ask):
    with pytest.raises(UsageError, match="no negative words: 'blur'"):
        config.geometry(ask(negative="blur"), LANDSCAPE)


def test_a_camera_path_is_refused_and_the_way_to_one_is_told(ask):
    with pytest.raises(UsageError, match="--camera") as caught:
        config.geometry(ask(camera="pan right 5%"), LANDSCAPE)
    assert "say in the prompt" in caught.value.hint


def test_an_unknown_variant_is_refused(ask):
    with pytest.raises(UsageError, match=r"opensora-1\.3"):
        config.geometry(ask(variant="opensora-1.3"), LANDSCAPE)


def test_streamed_blocks_leave_little_of_the_denoiser_in_memory(ask):
    request = ask(dtype="fp32")
    phases = {phase.name: phase for phase in config.phases(request, config.geometry(request, LANDSCAPE))}
    denoise = phases["denoise"]
    assert denoise.needed("none") > 4.8e9
    assert denoise.needed("disk") < 1e9


def test_longer_and_larger_clips_are_told_to_take_longer(ask):
    def seconds(**changed) -> float:
        return config.seconds(config.geometry(ask(**changed), LANDSCAPE), 30)

    assert seconds() < seconds(frames=102) < seconds(frames=102, size="720p")


@pytest.mark.parametrize(
    ("parse", "raw", "changed"),
    [
        (DenoiserConfig.from_json, checkpoint.DENOISER, {"model_type": "STDiT2"}),
        (DenoiserConfig.from_json, checkpoint.DENOISER, {"qk_norm": False}),
        (DenoiserConfig.from_json, checkpoint.DENOISER, {"num_heads": 5}),
        (DenoiserConfig.from_json, checkpoint.DENOISER, {"depth": None}),
        (VaeConfig.from_json, checkpoint.VAE, {"micro_frame_size": 16}),
        (VaeConfig.from_json, checkpoint.VAE, {"vae_2d": {"type": "VideoAutoencoderKLTemporalDecoder"}}),
        (VaeConfig.from_json, checkpoint.VAE, {"vae_temporal": None}),
    ],
)
def test_a_config_of_another_network_is_refused(parse, raw, changed):
    parse(raw)
    with pytest.raises(ModelError, match="nothing that i2v knows"):
        parse(raw | changed)


def test_the_published_config_that_names_no_shapes_is_the_default():
    parts = {"vae_2d": {"type": "VideoAutoencoderKL"}, "vae_temporal": {"type": "VAE_Temporal_SD"}}
    assert VaeConfig.from_json(checkpoint.VAE | parts) == VaeConfig()


def cached(home, repo: str, *paths: str) -> None:
    """The repository in a hub's cache, its files empty."""
    root = home / "hub" / f"models--{repo.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(COMMIT)
    for path in paths:
        file = root / "snapshots" / COMMIT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_a_text_encoder_of_another_models_repository_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    part = next(part for part in config.COMPONENTS["opensora-1.2"] if part.name == "text_encoder")
    with pytest.raises(hub.NotHereError):
        hub.locate(part)
    cached(tmp_path, "zai-org/CogVideoX-5b", "transformer/config.json")
    whole = ("text_encoder/config.json", "text_encoder/model.safetensors")
    cached(tmp_path, "THUDM/CogVideoX1.5-5B-I2V", *whole)
    assert "CogVideoX1.5" in str(hub.locate(part).folder)
    cached(tmp_path, part.repo.id, *whole)
    assert "CogVideoX-5b-I2V" in str(hub.locate(part).folder)
