from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from i2v_cli.errors import FitError, ModelError
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold

RUNTIME = Runtime(device=torch.device("cpu"), dtype=torch.bfloat16, threads=1)


def build() -> nn.Linear:
    return nn.Linear(4, 3)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    save_file({"head.weight": torch.ones(3, 4), "head.bias": torch.zeros(3), "other": torch.zeros(1)}, path)
    return path


def test_a_held_network_runs_in_the_runtimes_dtype_and_without_gradients(weights: Path) -> None:
    with hold(build, weights, RUNTIME, prefix="head.") as network:
        answer = network(torch.ones(2, 4, dtype=torch.bfloat16))
    assert answer.tolist() == [[4, 4, 4], [4, 4, 4]]
    assert answer.is_inference()
    assert not torch.is_inference_mode_enabled()


def test_its_memory_is_back_afterwards_though_the_name_lives_on(weights: Path) -> None:
    with hold(build, weights, RUNTIME, prefix="head.") as network:
        assert not network.weight.is_meta
    assert all(parameter.is_meta for parameter in network.parameters())


def test_its_memory_is_back_after_an_error(weights: Path) -> None:
    with pytest.raises(KeyError), hold(build, weights, RUNTIME, prefix="head.") as network:
        raise KeyError
    assert network.weight.is_meta


def test_running_out_of_memory_inside_is_a_fit_error(weights: Path) -> None:
    with (
        pytest.raises(FitError, match="ran out of memory on cpu"),
        hold(build, weights, RUNTIME, prefix="head."),
    ):
        torch.empty(1 << 50)


def test_weights_of_another_network_are_a_model_error(weights: Path) -> None:
    with pytest.raises(ModelError, match="does not fit Linear"), hold(build, weights, RUNTIME):
        pass
