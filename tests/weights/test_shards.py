import json
import struct
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from i2v_cli.errors import ModelError
from i2v_cli.weights.component import Files
from i2v_cli.weights.shards import DTYPES, Shards


def shards(path: Path) -> Shards:
    return Shards(Files.single(path))


@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_of_the_header_is_read_as_stored(tmp_path: Path, name: str) -> None:
    stored = torch.arange(6).reshape(2, 3).to(DTYPES[name])
    save_file({"first": torch.zeros(3, dtype=torch.uint8), "tensor": stored}, tmp_path / "w.safetensors")
    found = shards(tmp_path / "w.safetensors").tensor("tensor")
    assert (found.dtype, found.shape) == (stored.dtype, stored.shape)
    assert torch.equal(found, stored)


def test_a_scalar_has_no_sides(tmp_path: Path) -> None:
    save_file({"t": torch.tensor(2.5)}, tmp_path / "w.safetensors")
    assert shards(tmp_path / "w.safetensors").tensor("t").item() == 2.5


def test_a_tensor_at_an_odd_address_is_read_all_the_same(tmp_path: Path) -> None:
    header = json.dumps(
        {
            "byte": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
            "odd": {"dtype": "F32", "shape": [2], "data_offsets": [1, 9]},
        }
    ).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\7" + struct.pack("<ff", 1.5, -2.0))
    found = shards(path)
    assert found.tensor("odd").tolist() == [1.5, -2.0]
    assert found.tensor("byte").tolist() == [7]


def test_tensors_outlive_the_shards(tmp_path: Path) -> None:
    save_file({"t": torch.ones(1000)}, tmp_path / "w.safetensors")
    tensor = shards(tmp_path / "w.safetensors").tensor("t")
    assert tensor.sum() == 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_dropped_tensors_give_their_memory_back_and_can_be_read_again(tmp_path: Path) -> None:
    def resident() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) << 10

    size = 64 << 20
    save_file({"a": torch.ones(size // 4), "b": torch.ones(3)}, tmp_path / "w.safetensors")
    found = shards(tmp_path / "w.safetensors")
    tensor = found.tensor("a")
    before = resident()
    assert tensor.sum() == size // 4
    assert resident() - before > size // 2
    found.drop(["a"])
    assert resident() - before < size // 4
    assert tensor.sum() == size // 4


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    save_file({"a": torch.ones(3)}, tmp_path / "a.safetensors")
    save_file({"b": torch.ones(3)}, tmp_path / "b.safetensors")
    (tmp_path / "b.safetensors").write_bytes((tmp_path / "b.safetensors").read_bytes()[:-1])
    files = Files(folder=tmp_path, weights=(tmp_path / "a.safetensors", tmp_path / "b.safetensors"))
    with pytest.raises(ModelError, match=r"b\.safetensors is no usable safetensors file"):
        Shards(files)
