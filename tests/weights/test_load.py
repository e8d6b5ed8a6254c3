import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from i2v_cli.errors import ModelError
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build as build_network
from i2v_cli.weights.load import fill, skeleton
from i2v_cli.weights.shards import Shards


def load(make: Callable[[], nn.Module], path: Path, dtype: torch.dtype, *, prefix: str = "") -> nn.Module:
    return build_network(make, Files.single(path), dtype=dtype, prefix=prefix)


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)  # carries a float buffer and an integer one

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.proj(x))


class WithHiddenBuffer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(3), persistent=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tiny.safetensors"


@pytest.fixture
def state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return Tiny().state_dict()


def test_a_loaded_network_answers_like_the_saved_one(path: Path) -> None:
    saved = Tiny().eval()
    save_file(saved.state_dict(), path)
    loaded = load(Tiny, path, torch.float32)
    x = torch.randn(4, 3)
    assert torch.equal(loaded(x), saved(x))
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_floats_take_the_dtype_and_integers_keep_theirs(path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, path)
    loaded = load(Tiny, path, torch.bfloat16)
    assert loaded.proj.weight.dtype == loaded.norm.running_mean.dtype == torch.bfloat16
    assert loaded.norm.num_batches_tracked.dtype == torch.int64


def test_one_file_holds_several_networks(path: Path, state: dict[str, Tensor]) -> None:
    other = {name: tensor + 1 for name, tensor in state.items()}
    save_file(
        {f"vae.{n}": t for n, t in state.items()} | {f"denoiser.{n}": t for n, t in other.items()}, path
    )
    assert torch.equal(load(Tiny, path, torch.float32, prefix="vae.").proj.bias, state["proj.bias"])
    assert torch.equal(load(Tiny, path, torch.float32, prefix="denoiser.").proj.bias, other["proj.bias"])
    with pytest.raises(ModelError, match=r"12 unexpected|7 missing"):
        load(Tiny, path, torch.float32)


def test_a_prefix_that_is_not_there_misses_everything(path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, path)
    with pytest.raises(ModelError, match="7 missing"):
        load(Tiny, path, torch.float32, prefix="vae.")


def _without(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if name != "proj.bias"}


def _renamed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return _without(state) | {"proj.\x1bbias": state["proj.bias"]}


def _transposed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return state | {"proj.weight": state["proj.weight"].T.contiguous()}


def _integer(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return state | {"proj.bias": state["proj.bias"].to(torch.int32)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without, "does not fit Tiny: 1 missing: proj.bias"),
        (lambda state: state | {"lora.a": torch.zeros(1)}, "does not fit Tiny: 1 unexpected: lora.a"),
        (_renamed, "1 missing: proj.bias; 1 unexpected: proj.\\x1bbias"),
        (_transposed, "1 of another kind: proj.weight F32 [3, 2], expected [2, 3]"),
        (_integer, "1 of another kind: proj.bias I32 [2], expected [2]"),
        (lambda state: {f"x{i}": torch.zeros(1) for i in range(9)}, "9 unexpected: x0, x1, x2, x3, x4, ..."),
    ],
)
def test_weights_of_another_network_are_named_before_data_is_read(
    path: Path,
    state: dict[str, Tensor],
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]],
    message: str,
) -> None:
    save_file(change(state), path)
    with pytest.raises(ModelError) as caught:
        load(Tiny, path, torch.float32)
    assert message in caught.value.message
    assert str(path) in caught.value.message


def test_a_file_cut_anywhere_is_a_model_error(path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, path)
    whole = path.read_bytes()
    for cut in random.Random(1).sample(range(len(whole)), 50):
        path.write_bytes(whole[:cut])
        with pytest.raises(ModelError):
            load(Tiny, path, torch.float32)


def test_bytes_behind_the_data_are_a_model_error(path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="bytes of data"):
        load(Tiny, path, torch.float32)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_planted_value_that_is_not_finite_is_found(path: Path, value: float, dtype: torch.dtype) -> None:
    def build() -> nn.Linear:
        return nn.Linear(300, 7, bias=False)

    for index in (0, 2099, *random.Random(2).sample(range(2100), 5)):
        weight = torch.randn(2100)
        weight[index] = value
        save_file({"weight": weight.reshape(7, 300)}, path)
        with pytest.raises(ModelError, match="weight holds values that are not finite"):
            load(build, path, dtype)


def test_weights_too_large_for_the_dtype_are_found(path: Path) -> None:
    save_file({"weight": torch.full((1, 1), 1e6)}, path)
    assert load(lambda: nn.Linear(1, 1, bias=False), path, torch.bfloat16).weight.item() > 9e5
    with pytest.raises(ModelError, match=r"not finite in torch\.float16"):
        load(lambda: nn.Linear(1, 1, bias=False), path, torch.float16)


def test_a_pickle_is_refused_whatever_its_name(path: Path, state: dict[str, Tensor]) -> None:
    torch.save(state, path)
    with pytest.raises(ModelError, match="is no usable safetensors file"):
        load(Tiny, path, torch.float32)


def test_loading_an_embedding_imports_no_compiler(path: Path) -> None:
    save_file({"weight": torch.ones(5, 3)}, path)
    code = f"""
import sys, torch
from pathlib import Path
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build
before = len(sys.modules)
files = Files.single(Path({str(path)!r}))
network = build(lambda: torch.nn.Embedding(5, 3), files, dtype=torch.float32)
assert network.weight.eq(1).all()
assert len(sys.modules) - before < 50
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_a_network_with_a_hidden_buffer_is_our_mistake(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 2) + b"{}")
    with pytest.raises(AssertionError, match="table"):
        load(WithHiddenBuffer, path, torch.float32)


def two_files(folder: Path, state: dict[str, Tensor]) -> Files:
    names = sorted(state)
    save_file({name: state[name] for name in names[::2]}, folder / "a.safetensors")
    save_file({name: state[name] for name in names[1::2]}, folder / "b.safetensors")
    return Files(folder=folder, weights=(folder / "a.safetensors", folder / "b.safetensors"))


def test_shards_together_are_one_network(tmp_path: Path, state: dict[str, Tensor]) -> None:
    network = build_network(Tiny, two_files(tmp_path, state), dtype=torch.float32)
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


def test_a_missing_shard_is_missing_names(tmp_path: Path, state: dict[str, Tensor]) -> None:
    both = two_files(tmp_path, state)
    with pytest.raises(ModelError, match="3 missing"):
        build_network(Tiny, Files(folder=tmp_path, weights=both.weights[:1]), dtype=torch.float32)


def test_a_name_in_two_shards_is_refused(tmp_path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, tmp_path / "a.safetensors")
    save_file({"proj.bias": state["proj.bias"]}, tmp_path / "b.safetensors")
    both = Files(folder=tmp_path, weights=(tmp_path / "a.safetensors", tmp_path / "b.safetensors"))
    with pytest.raises(ModelError, match=r"b\.safetensors and a\.safetensors both hold 'proj\.bias'"):
        build_network(Tiny, both, dtype=torch.float32)


def test_named_patterns_stay_fp32(path: Path, state: dict[str, Tensor]) -> None:
    save_file(state, path)
    network = build_network(Tiny, Files.single(path), dtype=torch.bfloat16, keep_fp32=("norm.*",))
    assert network.norm.weight.dtype == torch.float32
    assert network.proj.weight.dtype == torch.bfloat16


def test_named_leftovers_of_a_file_are_ignored_and_others_are_not(
    path: Path, state: dict[str, Tensor]
) -> None:
    save_file(state | {"old.position_ids": torch.zeros(1, dtype=torch.int64)}, path)
    with pytest.raises(ModelError, match="1 unexpected"):
        build_network(Tiny, Files.single(path), dtype=torch.float32)
    assert build_network(Tiny, Files.single(path), dtype=torch.float32, ignore=("*.position_ids",))


def test_a_network_is_filled_part_by_part(path: Path, state: dict[str, Tensor]) -> None:
    save_file({f"net.{name}": tensor for name, tensor in state.items()}, path)
    shards = Shards(Files.single(path))
    network = skeleton(Tiny, shards, prefix="net.")
    assert all(tensor.is_meta for tensor in network.state_dict().values())
    fill(network, shards, dtype=torch.float32, prefix="net.", skip=("proj.",))
    assert network.proj.weight.is_meta
    assert torch.equal(network.norm.weight, state["norm.weight"])
    fill(network.proj, shards, dtype=torch.float32, prefix="net.proj.")
    assert torch.equal(network.proj.weight, state["proj.weight"])


def test_weights_that_need_no_cast_stay_in_the_file(path: Path) -> None:
    save_file({"weight": torch.ones(1, 8)}, path)
    network = build_network(lambda: nn.Linear(8, 1, bias=False), Files.single(path), dtype=torch.float32)
    with path.open("r+b") as file:  # what no user does: a private copy would not see it
        file.seek(-4, 2)
        file.write(struct.pack("<f", 5.0))
    assert network.weight[0, 7].item() == 5.0
