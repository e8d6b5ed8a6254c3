"""The published networks, built without weights: every name and shape is the checkpoint's."""

from pathlib import Path

import torch
from torch import nn

from i2v_cli.families.cogvideox import config as cogvideox
from i2v_cli.families.opensora import config
from i2v_cli.families.opensora.denoiser import OpenSoraDenoiser, blocks
from i2v_cli.families.opensora.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.opensora.vae import VaeDecoder, VaeEncoder

KEYS = Path(__file__).parents[2] / "keys"


def listed(name: str) -> dict[str, tuple[int, ...]]:
    """Lines "name 3072 512"; `{0..27}` in a name stands for as many lines."""
    shapes: dict[str, tuple[int, ...]] = {}
    for line in (KEYS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        key, *sides = line.split()
        before, _, rest = key.partition("{0..")
        last, _, after = rest.partition("}")
        for expanded in [f"{before}{index}{after}" for index in range(int(last) + 1)] if last else [key]:
            shapes[expanded] = tuple(int(side) for side in sides)
    return shapes


def on_meta(network: type[nn.Module], numbers: DenoiserConfig | VaeConfig) -> nn.Module:
    with torch.device("meta"):
        return network(numbers)


def named(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_denoiser_is_the_published_one():
    keys = listed("opensora-1.2.denoiser")
    assert named(on_meta(OpenSoraDenoiser, DenoiserConfig())) == keys
    assert len(keys) == 973


def test_the_autoencoder_is_the_published_one():
    encoder, decoder = (on_meta(half, VaeConfig()) for half in (VaeEncoder, VaeDecoder))
    assert named(encoder) | named(decoder) == listed("opensora-1.2.vae")
    assert named(encoder).keys() & named(decoder).keys() == {"shift", "scale"}


def test_counts_of_parameters_are_those_that_memory_is_planned_with():
    numbers = DenoiserConfig()
    denoiser = on_meta(OpenSoraDenoiser, numbers)
    assert {count(denoiser.get_submodule(name)) for name in blocks(numbers)} == {numbers.block_parameters}
    assert abs(count(denoiser) / numbers.parameters - 1) < 2e-3
    assert count(on_meta(VaeEncoder, VaeConfig())) == config.VAE_ENCODER_PARAMETERS
    assert count(on_meta(VaeDecoder, VaeConfig())) == config.VAE_DECODER_PARAMETERS


def test_published_sizes_of_files_are_those_of_the_lists():
    sizes = {part.name: part.size for part in config.COMPONENTS["opensora-1.2"]}
    for name in ("denoiser", "vae"):
        values = sum(torch.Size(shape).numel() for shape in listed(f"opensora-1.2.{name}").values())
        assert 0 <= sizes[name] - 4 * values < 1e5


def test_the_text_encoder_is_cogvideoxs_own():
    """The same repository to the letter: what the one fetches is there for the other."""
    theirs = {part.name: part for part in cogvideox.COMPONENTS["cogvideox-5b"]}
    for part in config.COMPONENTS["opensora-1.2"][:2]:
        shared = theirs[part.name]
        assert (part.repo, part.folder, part.weights, part.sidecars, part.size) == (
            shared.repo,
            shared.folder,
            shared.weights,
            shared.sidecars,
            shared.size,
        )
