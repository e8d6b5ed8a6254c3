"""The tiny checkpoints, and what diffusers makes with them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from i2v_cli.families.cogvideox.config import DEFAULTS
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.weights.component import Files

GOLDENS = Path(__file__).parents[2] / "goldens" / "cogvideox"
PROMPT = "camera slowly pans right over a quiet harbor, boats rocking in the evening light"
# 1.5 as diffusers has it: `i2v` follows the vendor by default.
PARITY = {"cogvideox-5b": None, "cogvideox1.5-5b": 1 / 0.7}

Golden = dict[str, Tensor]


@pytest.fixture(scope="module", params=PARITY)
def variant(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def checkpoint(variant) -> Path:
    """A folder laid out like the published repository."""
    return GOLDENS / variant


@pytest.fixture(scope="module")
def golden(variant) -> Golden:
    return load_file(GOLDENS / f"{variant}.safetensors")


@pytest.fixture(scope="module")
def shared() -> Golden:
    """What both versions have in common: autoencoder and noise levels."""
    return load_file(GOLDENS / "cogvideox-5b.safetensors")


@pytest.fixture(scope="module")
def vae_files() -> Files:
    folder = GOLDENS / "cogvideox-5b" / "vae"
    return Files(folder=folder, weights=(folder / "diffusion_pytorch_model.safetensors",))


@pytest.fixture(scope="session")
def fp32() -> Runtime:
    return Runtime(device=torch.device("cpu"), dtype=torch.float32, threads=1, offload="none")


@pytest.fixture
def make(photo, variant):
    def request(**changed) -> Request:
        values = {
            "image": photo,
            "prompt": PROMPT,
            "negative": "a red house",
            "preset": variant,
            "family": "cogvideox",
            "variant": variant,
            "source": str(GOLDENS / variant),
            "image_scale": PARITY[variant],
            "seed": 1234,
            "steps": 3,
            "size": None,
        }
        return Request(**(DEFAULTS | values | changed))

    return request
