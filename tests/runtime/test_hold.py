from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from i2v_cli.errors import FitError, ModelError
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold, keeping, remembered
from i2v_cli.weights.component import Files

RUNTIME = Runtime(device=torch.device("cpu"), dtype=torch.bfloat16, threads=1)


def build() -> nn.Linear:
    return nn.Linear(4, 3)


@pytest.fixture
def weights(tmp_path: Path) -> Files:
    path = tmp_path / "weights.safetensors"
    save_file({"head.weight": torch.ones(3, 4), "head.bias": torch.zeros(3), "other": torch.zeros(1)}, path)
    return Files.single(path)


def test_a_held_network_runs_in_the_runtimes_dtype_and_without_gradients(weights: Files) -> None:
    with hold(build, weights, RUNTIME, prefix="head.") as network:
        answer = network(torch.ones(2, 4, dtype=torch.bfloat16))
    assert answer.tolist() == [[4, 4, 4], [4, 4, 4]]
    assert answer.is_inference()
    assert not torch.is_inference_mode_enabled()


def test_its_memory_is_back_afterwards_though_the_name_lives_on(weights: Files) -> None:
    with hold(build, weights, RUNTIME, prefix="head.") as network:
        assert not network.weight.is_meta
    assert all(parameter.is_meta for parameter in network.parameters())


def test_its_memory_is_back_after_an_error(weights: Files) -> None:
    with pytest.raises(KeyError), hold(build, weights, RUNTIME, prefix="head.") as network:
        raise KeyError
    assert network.weight.is_meta


def test_running_out_of_memory_inside_is_a_fit_error(weights: Files) -> None:
    with (
        pytest.raises(FitError, match="ran out of memory on cpu"),
        hold(build, weights, RUNTIME, prefix="head."),
    ):
        torch.empty(1 << 50)


def test_weights_of_another_network_are_a_model_error(weights: Files) -> None:
    with pytest.raises(ModelError, match="does not fit Linear"), hold(build, weights, RUNTIME):
        pass


def test_kept_network_is_loaded_once_and_freed_at_the_end(weights: Files) -> None:
    with keeping(spare=0):
        with hold(build, weights, RUNTIME, prefix="head.") as first:
            pass
        assert not first.weight.is_meta
        with hold(build, weights, RUNTIME, prefix="head.") as second:
            assert second is first
            assert second(torch.ones(1, 4, dtype=torch.bfloat16)).tolist() == [[4, 4, 4]]
    assert first.weight.is_meta
    with hold(build, weights, RUNTIME, prefix="head.") as third:
        assert third is not first


def test_network_in_another_dtype_is_another_one(weights: Files) -> None:
    wide = Runtime(device=RUNTIME.device, dtype=torch.float32, threads=1)
    with keeping(spare=0):
        with hold(build, weights, RUNTIME, prefix="head."):
            pass
        with hold(build, weights, wide, prefix="head.") as network:
            assert network.weight.dtype == torch.float32


def test_nothing_is_kept_where_a_clip_needs_the_memory(weights: Files) -> None:
    with keeping(spare=1 << 60):
        with hold(build, weights, RUNTIME, prefix="head.") as network:
            pass
        assert network.weight.is_meta


def test_answers_are_remembered_within_keeping_only(weights: Files) -> None:
    def answer(text: str) -> torch.Tensor:
        return remembered(weights, RUNTIME, text, lambda: torch.ones(1))

    wide = Runtime(device=RUNTIME.device, dtype=torch.float32, threads=1)
    assert answer("a") is not answer("a")
    with keeping(spare=1 << 60):  # answers stay where networks cannot
        first = answer("a")
        assert answer("a") is first
        assert answer("b") is not first
        assert remembered(weights, wide, "a", lambda: torch.ones(1)) is not first
    with keeping(spare=0):
        assert answer("a") is not first


def test_network_of_a_failed_clip_is_not_kept(weights: Files) -> None:
    with keeping(spare=0):
        with pytest.raises(KeyError), hold(build, weights, RUNTIME, prefix="head.") as network:
            raise KeyError
        assert network.weight.is_meta
