"""The tiny checkpoint on the disk, and what diffusers made of it."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from i2v_cli.families.svd.config import DEFAULTS
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.weights.component import Files
from tests.families.svd import checkpoint
from tests.families.svd.reference import GOLDEN, SEED, STEPS


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return checkpoint.write(tmp_path_factory.mktemp("svd") / "checkpoint")


@pytest.fixture(scope="session")
def golden() -> dict[str, Tensor]:
    return load_file(GOLDEN)


@pytest.fixture(scope="session")
def fp32() -> Runtime:
    return Runtime(device=torch.device("cpu"), dtype=torch.float32, threads=1, offload="none")


@pytest.fixture(scope="session")
def files(folder):
    """files("vae"): that part's."""

    def find(part: str) -> Files:
        return Files(folder=folder / part, weights=tuple((folder / part).glob("*.safetensors")))

    return find


@pytest.fixture
def make(photo, folder):
    def request(**changed) -> Request:
        values = {
            "image": photo,
            "preset": "svd",
            "family": "svd",
            "variant": "svd",
            "source": str(folder),
            "seed": SEED,
            "steps": STEPS,
        }
        return Request(**(DEFAULTS | values | changed))

    return request
