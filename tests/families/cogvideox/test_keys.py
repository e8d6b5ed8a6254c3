"""The published networks, built without weights: every name and shape is the checkpoint's."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from i2v_cli.families.cogvideox.config import COMPONENTS, PUBLISHED
from i2v_cli.families.cogvideox.denoiser import CogVideoXDenoiser
from i2v_cli.families.cogvideox.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.cogvideox.vae import VaeDecoder, VaeEncoder

KEYS = Path(__file__).parents[2] / "keys"


def listed(name: str) -> dict[str, tuple[int, ...]]:
    """Lines "name 3072 512"; `{0..41}` in a name stands for as many lines."""
    shapes: dict[str, tuple[int, ...]] = {}
    for line in (KEYS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        key, *sides = line.split()
        before, _, rest = key.partition("{0..")
        last, _, after = rest.partition("}")
        for expanded in [f"{before}{index}{after}" for index in range(int(last) + 1)] if last else [key]:
            shapes[expanded] = tuple(int(side) for side in sides)
    return shapes


def built(network: type[nn.Module], config: DenoiserConfig | VaeConfig) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in network(config).state_dict().items()}


@pytest.mark.parametrize("variant", PUBLISHED)
def test_the_denoiser_is_the_published_one(variant):
    assert built(CogVideoXDenoiser, PUBLISHED[variant]) == listed(f"{variant}.transformer")


def test_the_autoencoder_is_the_published_one():
    encoder, decoder = built(VaeEncoder, VaeConfig()), built(VaeDecoder, VaeConfig())
    both = {f"encoder.{name}": shape for name, shape in encoder.items()}
    both |= {f"decoder.{name}": shape for name, shape in decoder.items()}
    assert both == listed("cogvideox.vae")


@pytest.mark.parametrize(
    ("variant", "tensors", "values"),
    [("cogvideox-5b", 1025, 5_625_087_552), ("cogvideox1.5-5b", 1028, 5_571_594_880)],
)
def test_the_list_has_as_many_values_as_the_published_files(variant, tensors, values):
    shapes = listed(f"{variant}.transformer").values()
    assert len(shapes) == tensors
    assert sum(torch.Size(shape).numel() for shape in shapes) == values
    size = next(part.size for part in COMPONENTS[variant] if part.name == "denoiser")
    assert size == pytest.approx(2 * values, rel=1e-4)


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.parametrize("name", ["cogvideox-5b.transformer", "cogvideox1.5-5b.transformer", "cogvideox.vae"])
def test_the_list_is_what_diffusers_builds(name):
    diffusers = pytest.importorskip("diffusers")
    published = json.loads((KEYS / "cogvideox.json").read_text(encoding="utf-8"))[name]
    kind = diffusers.AutoencoderKLCogVideoX if name.endswith("vae") else diffusers.CogVideoXTransformer3DModel
    with torch.device("meta"):
        network = kind(**published)
    assert {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()} == listed(name)
