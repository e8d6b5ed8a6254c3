"""The tiny checkpoint on the disk, and what the reference implementation made of it.

tests/goldens/opensora/reference.safetensors: outputs of the modules of Open-Sora v1.2.0 in fp32, with the
weights of `checkpoint.drawn`, both distributions of its autoencoder answering their mean. words.json:
prompts, their scores, and what its cleaning leaves of them.
"""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from i2v_cli.families.opensora.config import DEFAULTS
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.weights.component import Files
from tests.families.opensora import checkpoint

GOLDENS = Path(__file__).parents[2] / "goldens" / "opensora"
PROMPT = "Camera slowly pans right over a quiet harbor, boats rocking in the evening light"
SEED = 1234


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return checkpoint.write(tmp_path_factory.mktemp("opensora") / "checkpoint")


@pytest.fixture(scope="session")
def golden() -> dict[str, Tensor]:
    return load_file(GOLDENS / "reference.safetensors")


@pytest.fixture(scope="session")
def fp32() -> Runtime:
    return Runtime(device=torch.device("cpu"), dtype=torch.float32, threads=1, offload="none")


@pytest.fixture(scope="session")
def files(folder):
    """files("OpenSora-VAE-v1.2"): that repository's."""

    def find(repo: str) -> Files:
        return Files(folder=folder / repo, weights=(folder / repo / "model.safetensors",))

    return find


@pytest.fixture
def make(photo, folder):
    def request(**changed) -> Request:
        values = {
            "image": photo,
            "prompt": PROMPT,
            "preset": "opensora-1.2",
            "family": "opensora",
            "source": str(folder),
            "seed": SEED,
            "steps": 3,
            "size": "144x256",
        }
        return Request(**(DEFAULTS | values | changed))

    return request
