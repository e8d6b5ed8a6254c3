"""The diffusion transformer, untrained and small."""

import subprocess
import sys

import pytest
import torch

from i2v_cli.families.pocket.config import DenoiserConfig
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.vae import sizes

CONFIG = DenoiserConfig(width=32, num_heads=2, num_layers=2, reference_channels=4, context_width=16)
GRID = (8, 12)


@pytest.fixture(scope="module")
def denoiser() -> PocketDenoiser:
    torch.manual_seed(0)
    network = PocketDenoiser(CONFIG).eval()
    for parameter in network.parameters():  # the zero-initialised ones would hide every difference
        torch.nn.init.normal_(parameter, std=0.2)
    return network


def inputs(batch: int, tokens: int = 5):
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(batch, sum(sizes(GRID)), generator=generator),
        torch.rand(batch, generator=generator),
        torch.randn(batch, 4, *GRID, generator=generator),
        torch.randn(batch, tokens, 16, generator=generator),
        torch.ones(batch, tokens, dtype=torch.bool),
    )


def test_a_batch_of_two_equals_each_alone(denoiser):
    both = inputs(2)
    together = denoiser(*both)
    for row in range(2):
        alone = denoiser(*(value[row : row + 1] for value in both))
        assert torch.allclose(together[row : row + 1], alone, atol=1e-5)


def test_padding_tokens_change_nothing(denoiser):
    latents, timestep, reference, context, mask = inputs(1)
    padded = torch.cat([context, torch.full((1, 3, 16), 7.0)], dim=1)
    padded_mask = torch.cat([mask, torch.zeros(1, 3, dtype=torch.bool)], dim=1)
    plain = denoiser(latents, timestep, reference, context, mask)
    assert torch.allclose(plain, denoiser(latents, timestep, reference, padded, padded_mask), atol=1e-5)


@pytest.mark.parametrize("changed", [0, 1, 2, 3], ids=["latents", "timestep", "reference", "context"])
def test_every_input_is_heeded(denoiser, changed):
    given = list(inputs(1))
    before = denoiser(*given)
    given[changed] = given[changed] * 0.5
    assert (denoiser(*given) - before).abs().max() > 1e-3


def test_every_part_of_the_latents_hears_every_other(denoiser):
    latents, *rest = inputs(1)
    ends = torch.tensor(sizes(GRID)).cumsum(0).tolist()
    before = denoiser(latents, *rest)
    for start, end in zip([0, *ends], ends, strict=False):
        nudged = latents.clone()
        nudged[:, start:end] += 1
        differs = (denoiser(nudged, *rest) - before).abs()[0]
        assert all(part.max() > 1e-4 for part in differs.split(sizes(GRID)))


def test_one_network_takes_grids_of_any_aspect(denoiser):
    for grid in ((4, 4), (8, 4), (4, 20)):
        latents = torch.zeros(1, sum(sizes(grid)))
        _, timestep, _, context, mask = inputs(1)
        assert denoiser(latents, timestep, torch.zeros(1, 4, *grid), context, mask).shape == latents.shape


def test_an_untrained_network_predicts_zero_velocity():
    fresh = PocketDenoiser(CONFIG)
    assert fresh(*inputs(1)).abs().max() == 0


def test_loading_it_does_not_import_the_compiler_for_a_second():
    code = """
import sys, torch
from i2v_cli.families.pocket.config import WEIGHTS
from i2v_cli.families.pocket.pipeline import CONFIG, PocketDenoiser
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build
build(lambda: PocketDenoiser(CONFIG), Files.single(WEIGHTS), dtype=torch.float32, prefix="denoiser.")
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
