"""The full-size networks hold the published weights: every name, every shape, nothing else."""

import pytest
import torch
from torch import nn

from i2v_cli.encoders.clip import IGNORE, ClipVisionConfig, ClipVisionEncoder
from i2v_cli.families.svd.config import PUBLISHED
from i2v_cli.families.svd.decoder import VaeDecoder
from i2v_cli.families.svd.denoiser import SvdDenoiser, blocks
from i2v_cli.families.svd.networks import (
    DECODER_PARAMETERS,
    DENOISER_PARAMETERS,
    LARGEST_BLOCK_PARAMETERS,
    STREAMED_PARAMETERS,
    VaeConfig,
)
from i2v_cli.families.svd.vae import VaeEncoder
from tests.families.svd.reference import KEYS

CLIP = ClipVisionConfig(width=1280, num_heads=16, num_layers=32, mlp_width=5120, projected=1024)


def named(network: nn.Module, prefix: str = "") -> dict[str, str]:
    return {prefix + name: "x".join(map(str, tensor.shape)) for name, tensor in network.state_dict().items()}


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    with torch.device("meta"):
        return {
            "denoiser": SvdDenoiser(PUBLISHED["svd-xt"]),
            "encoder": VaeEncoder(VaeConfig()),
            "decoder": VaeDecoder(VaeConfig()),
            "image_encoder": ClipVisionEncoder(CLIP),
        }


def test_every_published_weight_has_its_place(networks):
    found = {
        "svd-unet": named(networks["denoiser"]),
        "svd-vae": named(networks["encoder"]) | named(networks["decoder"], "decoder."),
        "svd-image_encoder": named(networks["image_encoder"]),
    }
    for name, keys in found.items():
        lines = (KEYS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        published = dict(line.split("\t") for line in lines)
        assert keys == {key: shape for key, shape in published.items() if key not in IGNORE}, name


def test_counts_of_parameters_are_those_that_memory_is_planned_with(networks):
    streamed = [count(networks["denoiser"].get_submodule(name)) for name in blocks(PUBLISHED["svd"])]
    assert count(networks["denoiser"]) == DENOISER_PARAMETERS
    assert (sum(streamed), max(streamed)) == (STREAMED_PARAMETERS, LARGEST_BLOCK_PARAMETERS)
    assert count(networks["decoder"]) == DECODER_PARAMETERS
