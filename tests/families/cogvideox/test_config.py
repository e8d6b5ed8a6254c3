"""Sizes, lengths and memory, before anything is on this machine; and what a config.json may say."""

import json
import re

import pytest

from i2v_cli.errors import ModelError, SizeError, UsageError
from i2v_cli.families.cogvideox import config
from i2v_cli.families.cogvideox.networks import DenoiserConfig, NoiseConfig, VaeConfig
from i2v_cli.request import Request

PHOTO = (1536, 960)


@pytest.fixture
def ask(make_request):
    def request(variant: str = "cogvideox-5b", **changed) -> Request:
        values = {"family": "cogvideox", "variant": variant, "size": None}
        return make_request(**(config.DEFAULTS | values | changed))

    return request


def test_one_makes_its_one_size_whatever_the_photo(ask):
    shape = config.geometry(ask(), (500, 900))
    assert (shape.width, shape.height, shape.frames) == (720, 480, 49)
    assert shape.latent_shape == (16, 13, 60, 90)


def test_one_refuses_another_size_and_names_its_own(ask):
    with pytest.raises(SizeError, match="720x480") as caught:
        config.geometry(ask(size="640x480"), PHOTO)
    assert "cogvideox1.5-5b" in caught.value.hint


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ((1536, 960), (1232, 768)),
        ((960, 1536), (768, 1232)),
        ((4000, 1000), (1360, 768)),
        ((700, 700), (768, 768)),
    ],
    ids=str,
)
def test_one_and_a_half_keeps_the_photos_aspect(ask, source, size):
    shape = config.geometry(ask("cogvideox1.5-5b", fps=16), source)
    assert (shape.width, shape.height) == size
    assert shape.latent_shape == (
        16,
        22,
        size[1] // 8,
        size[0] // 8,
    )  # 21 of 81 frames, and one to make them even


@pytest.mark.parametrize(
    ("size", "nearest"),
    [("720p", "1152x768"), ("1280x720", "1360x768"), ("800x1360", "768x1312"), ("768x1010", "768x1008")],
)
def test_one_and_a_half_refuses_other_sizes_and_names_the_nearest(ask, size, nearest):
    with pytest.raises(SizeError) as caught:
        config.geometry(ask("cogvideox1.5-5b", size=size), (1536, 1024))
    assert f"--size {nearest}" in caught.value.hint


def test_the_size_that_a_refusal_names_is_taken(ask):
    with pytest.raises(SizeError) as caught:
        config.geometry(ask("cogvideox1.5-5b", size="1000x700"), PHOTO)
    named = re.search(r"--size (\S+)", caught.value.hint)[1]
    shape = config.geometry(ask("cogvideox1.5-5b", size=named), PHOTO)
    assert f"{shape.width}x{shape.height}" == named


@pytest.mark.parametrize(("variant", "most"), [("cogvideox-5b", 49), ("cogvideox1.5-5b", 161)])
def test_lengths_are_eight_n_and_one(ask, variant, most):
    legal = [frames for frames in range(2, most + 20) if _takes(ask(variant, frames=frames))]
    assert legal == list(range(9, most + 1, 8))


def _takes(request: Request) -> bool:
    try:
        config.geometry(request, PHOTO)
    except SizeError:
        return False
    return True


@pytest.mark.parametrize(("frames", "named"), [(48, ["41", "49"]), (2, ["9", "17"]), (500, ["49"])])
def test_a_length_that_is_refused_names_its_neighbours(ask, frames, named):
    with pytest.raises(SizeError) as caught:
        config.geometry(ask(frames=frames), PHOTO)
    assert re.findall(r"--frames (\d+)", caught.value.hint) == named


@pytest.mark.parametrize(("seconds", "frames"), [(6, 49), (3, 25), (1, 9), (0.2, 9), (7, 49)])
def test_seconds_take_the_nearest_length(ask, seconds, frames):
    assert config.geometry(ask(seconds=seconds), PHOTO).frames == frames


def test_more_seconds_than_the_model_makes_are_refused(ask):
    with pytest.raises(SizeError, match="80 frames"):
        config.geometry(ask(seconds=10), PHOTO)


def test_an_unknown_variant_is_refused(ask):
    with pytest.raises(UsageError, match="cogvideox-2b"):
        config.geometry(ask("cogvideox-2b"), PHOTO)


def test_the_published_model_needs_what_its_weights_say(ask):
    request = ask(dtype="bf16")
    phases = {phase.name: phase for phase in config.phases(request, config.geometry(request, PHOTO))}
    assert phases["denoise"].weights / 2 == pytest.approx(5_625_087_552, rel=0.01)
    assert phases["denoise"].needed("disk") < 2 << 30 < 11 << 30 < phases["denoise"].needed("none")
    assert phases["encode text"].needed("disk") < 2 << 30


def test_tokens_are_those_of_the_paper():
    assert config.PUBLISHED["cogvideox-5b"].tokens((16, 13, 60, 90)) == 17_776
    assert config.PUBLISHED["cogvideox1.5-5b"].tokens((16, 22, 96, 170)) == 45_106


@pytest.mark.parametrize(
    ("parse", "file"),
    [
        (DenoiserConfig.from_json, "transformer/config.json"),
        (VaeConfig.from_json, "vae/config.json"),
        (NoiseConfig.from_json, "scheduler/scheduler_config.json"),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        {"activation_fn": "relu", "act_fn": "relu", "beta_schedule": "linear"},
        {"num_layers": "many", "layers_per_block": [], "beta_end": None},
    ],
    ids=["another network", "no numbers"],
)
def test_a_config_of_another_network_is_refused(checkpoint, parse, file, change):
    raw = json.loads((checkpoint / file).read_text())
    parse(raw)
    with pytest.raises(ModelError):
        parse(raw | {key: value for key, value in change.items() if key in raw})


def test_a_config_that_lacks_a_number_says_which(checkpoint):
    raw = json.loads((checkpoint / "transformer/config.json").read_text())
    del raw["num_layers"]
    with pytest.raises(ModelError, match="num_layers"):
        DenoiserConfig.from_json(raw)
