"""Streamed networks compute what resident ones do, in the memory of two blocks."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from i2v_cli.encoders.t5 import BLOCKS, T5Config, T5Encoder
from i2v_cli.errors import ModelError
from i2v_cli.runtime import memory, streaming
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold
from i2v_cli.runtime.memory import Phase
from i2v_cli.weights.component import Files

RUNTIME = Runtime(device=torch.device("cpu"), dtype=torch.float32, threads=1, offload="disk")
WIDTH, NUM_BLOCKS = 96, 5


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.proj(self.norm(x).to(self.proj.weight.dtype))


class Tower(nn.Module):
    """Calls its blocks in order, or in the order that a test asks for. Notes how many were there at once."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(3, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(NUM_BLOCKS))
        self.head = nn.Linear(WIDTH, 2)
        self.most = 0

    def forward(self, x: Tensor, order: tuple[int, ...] = tuple(range(NUM_BLOCKS))) -> Tensor:
        x = self.embed(x)
        for index in order:
            x = self.blocks[index](x)
            present = sum(not block.proj.weight.is_meta for block in self.blocks)
            self.most = max(self.most, present)
        return self.head(x)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Two shards; blocks lie in both."""
    torch.manual_seed(0)
    state = Tower().state_dict()
    names = list(state)
    for number, part in enumerate((names[::2], names[1::2])):
        save_file({name: state[name] for name in part}, tmp_path / f"{number}.safetensors")
    return Files(folder=tmp_path, weights=tuple(sorted(tmp_path.glob("*.safetensors"))))


def clip(seed: int = 1, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(7, 3, generator=torch.Generator().manual_seed(seed)).to(dtype)


def resident(files: Files, *inputs: Tensor, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    with hold(Tower, files, replace(RUNTIME, dtype=dtype)) as network:
        return [network(x) for x in inputs]


@pytest.mark.parametrize("offload", ["none", "blocks", "disk"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_answers_are_those_of_the_resident_network_bit_for_bit(
    files: Files, dtype: torch.dtype, offload: str
) -> None:
    steps = [clip(seed, dtype) for seed in range(4)]
    runtime = replace(RUNTIME, dtype=dtype, offload=offload)
    with streaming.hold(Tower, files, runtime, blocks=("blocks",)) as network:
        streamed = [network(x) for x in steps]
    for ours, theirs in zip(streamed, resident(files, *steps, dtype=dtype), strict=True):
        assert torch.equal(ours, theirs)


def test_two_blocks_at_most_are_in_memory(files: Files) -> None:
    with streaming.hold(Tower, files, RUNTIME, blocks=("blocks",)) as network:
        for seed in range(3):
            network(clip(seed))
        assert 1 <= network.most <= 2


def test_between_passes_no_block_is_in_memory(files: Files) -> None:
    with streaming.hold(Tower, files, RUNTIME, blocks=("blocks",)) as network:
        network(clip())
        assert all(block.proj.weight.is_meta for block in network.blocks)


def test_what_is_no_block_stays(files: Files) -> None:
    with streaming.hold(Tower, files, RUNTIME, blocks=("blocks",)) as network:
        assert not network.embed.weight.is_meta
        assert network.blocks[0].proj.weight.is_meta


@pytest.mark.parametrize("order", [(0,), (4, 3, 2, 1, 0), (0, 0, 2, 2, 4)])
def test_blocks_may_be_left_out_repeated_and_taken_in_another_order(
    files: Files, order: tuple[int, ...]
) -> None:
    with hold(Tower, files, RUNTIME) as network:
        expected = network(clip(), order)
    with streaming.hold(Tower, files, RUNTIME, blocks=("blocks",)) as network:
        for _ in range(2):
            assert torch.equal(network(clip(), order), expected)
        assert network.most <= 2


def test_modules_named_one_by_one_are_blocks_too(files: Files) -> None:
    names = ("blocks.1", "embed", "head")
    with streaming.hold(Tower, files, RUNTIME, blocks=names) as network:
        assert network.embed.weight.is_meta and not network.blocks[0].proj.weight.is_meta
        assert torch.equal(network(clip()), resident(files, clip())[0])


def test_a_single_block_comes_and_goes(files: Files) -> None:
    with streaming.hold(Tower, files, RUNTIME, blocks=("blocks.3",)) as network:
        assert torch.equal(network(clip()), network(clip()))
        assert network.blocks[3].proj.weight.is_meta


def test_patterns_of_fp32_keys_reach_into_blocks(files: Files) -> None:
    runtime = replace(RUNTIME, dtype=torch.bfloat16)
    seen = []
    patterns = ("blocks.2.norm.*", "*.nothing")
    with streaming.hold(Tower, files, runtime, blocks=("blocks",), keep_fp32=patterns) as network:
        for block in network.blocks:
            block.register_forward_pre_hook(
                lambda module, _: seen.append((module.norm.weight.dtype, module.proj.weight.dtype))
            )
        network(clip(dtype=torch.bfloat16))
    half, whole = (torch.bfloat16, torch.bfloat16), (torch.float32, torch.bfloat16)
    assert seen == [half, half, whole, half, half]


def test_t5_streams_its_table_and_its_blocks(tmp_path: Path) -> None:
    config = T5Config(vocabulary=60, width=32, num_heads=4, head_dim=8, mlp_width=48, num_layers=4)
    torch.manual_seed(0)
    save_file(T5Encoder(config).state_dict(), tmp_path / "model.safetensors")
    files = Files.single(tmp_path / "model.safetensors")
    runtime = replace(RUNTIME, dtype=torch.bfloat16)  # stored in fp32, cast on the way
    ids = torch.arange(40).reshape(2, 20)
    with hold(lambda: T5Encoder(config), files, runtime) as encoder:
        expected = encoder(ids)
    with streaming.hold(lambda: T5Encoder(config), files, runtime, blocks=BLOCKS) as encoder:
        assert encoder.shared.weight.is_meta
        assert torch.equal(encoder(ids), expected)


def test_memory_and_hooks_are_gone_afterwards_and_after_an_error(files: Files) -> None:
    with pytest.raises(KeyError), streaming.hold(Tower, files, RUNTIME, blocks=("blocks",)) as network:
        network(clip())
        raise KeyError
    assert all(parameter.is_meta for parameter in network.parameters())
    assert not any(block._forward_hooks or block._forward_pre_hooks for block in network.blocks)


def test_a_block_that_fails_gives_its_memory_back(files: Files) -> None:
    with streaming.hold(Tower, files, RUNTIME, blocks=("blocks",)) as network:
        with pytest.raises(RuntimeError, match="normalized_shape"):
            network.blocks[0](torch.ones(2, 5))
        assert network.blocks[0].proj.weight.is_meta
        assert torch.equal(network(clip()), resident(files, clip())[0])


def test_a_block_with_nan_is_a_model_error_when_it_comes(tmp_path: Path) -> None:
    state = Tower().state_dict()
    state["blocks.3.proj.weight"][5, 5] = float("nan")
    path = tmp_path / "model.safetensors"
    save_file(state, path)
    with (
        pytest.raises(ModelError, match=r"proj\.weight holds values that are not finite"),
        streaming.hold(Tower, Files.single(path), RUNTIME, blocks=("blocks",)) as network,
    ):
        network(clip())


def test_weights_of_another_network_are_refused_before_a_block_is_read(files: Files) -> None:
    def shorter() -> nn.Module:
        tower = Tower()
        del tower.blocks[4]
        return tower

    with (
        pytest.raises(ModelError, match=r"4 unexpected: blocks\.4"),
        streaming.hold(shorter, files, RUNTIME, blocks=("blocks",)),
    ):
        pass


def test_auto_streams_only_what_does_not_fit(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = replace(RUNTIME, offload="auto")
    for free, streams in ((1 << 30, False), (1 << 17, True)):
        monkeypatch.setattr(memory, "available", lambda *_, free=free: free)
        with streaming.hold(Tower, files, runtime, blocks=("blocks",)) as network:
            assert network.blocks[0].proj.weight.is_meta is streams


def test_activations_count_towards_what_does_not_fit(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda *_: 1 << 30)
    runtime = replace(RUNTIME, offload="auto")
    with streaming.hold(Tower, files, runtime, blocks=("blocks",), activations=1 << 30) as network:
        assert network.blocks[0].proj.weight.is_meta


def test_the_store_counts_weights_as_they_run(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Phase] = []
    monkeypatch.setattr(memory, "choose", lambda _, phase, __: asked.append(phase) or "none")
    runtime = replace(RUNTIME, dtype=torch.bfloat16)
    with streaming.hold(Tower, files, runtime, blocks=("blocks",), keep_fp32=("*norm*",)):
        pass
    block = 2 * (WIDTH * WIDTH + WIDTH) + 4 * 2 * WIDTH
    assert (asked[0].block, asked[0].streamed) == (block, NUM_BLOCKS * block)
    assert asked[0].weights == NUM_BLOCKS * block + 2 * (3 * WIDTH + WIDTH + 2 * WIDTH + 2)


PEAK = """
import sys, torch
from pathlib import Path
from torch import nn
from i2v_cli.runtime import memory, streaming
from i2v_cli.runtime.device import Runtime
from i2v_cli.weights.component import Files

folder, dtype, offload, width, count = Path(sys.argv[1]), *sys.argv[2:4], int(sys.argv[4]), int(sys.argv[5])
dtype = getattr(torch, dtype)
class Tower(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(count))
    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x
runtime = Runtime(device=torch.device("cpu"), dtype=dtype, threads=1, offload=offload)
small = nn.Linear(8, 8).to(dtype)(torch.ones(1, 8, dtype=dtype))
torch.aminmax(torch.ones(1 << 20, dtype=dtype))
before = memory.peak_rss()
files = Files(folder=folder, weights=tuple(sorted(folder.iterdir())))
with streaming.hold(Tower, files, runtime, blocks=("blocks",)) as network:
    for _ in range(2):
        network(torch.ones(1, width, dtype=dtype))
print(memory.peak_rss() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    ("dtype", "width", "count", "most_mib"),
    [
        ("float32", 2048, 12, 2 * 16),  # of 192
        # Cast to 32 MiB each, of which glibc keeps none for later; one tensor is mapped while it is cast.
        ("bfloat16", 4096, 6, 2 * 32 + 64),  # of 384, or 192 when cast
    ],
)
def test_peak_memory_is_two_blocks(tmp_path: Path, dtype: str, width: int, count: int, most_mib: int) -> None:
    for number in range(2):
        names = [f"blocks.{index}.weight" for index in range(number, count, 2)]
        save_file({name: torch.ones(width, width) for name in names}, tmp_path / f"{number}.safetensors")
    command = [sys.executable, "-c", PEAK, str(tmp_path), dtype, "disk", str(width), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    for path in tmp_path.iterdir():  # pytest would keep it for three runs
        path.unlink()
    assert int(done.stdout) / 2**20 < most_mib + 8


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("offload", ["none", "blocks", "disk"])
def test_answers_on_cuda_are_those_of_the_resident_network(files: Files, offload: str) -> None:
    runtime = replace(RUNTIME, device=torch.device("cuda"), dtype=torch.bfloat16)
    steps = [clip(seed, torch.bfloat16).cuda() for seed in range(20)]
    with hold(Tower, files, runtime) as network:
        expected = [network(x) for x in steps]
    with streaming.hold(Tower, files, replace(runtime, offload=offload), blocks=("blocks",)) as network:
        for x, theirs in zip(steps, expected, strict=True):
            assert torch.equal(network(x), theirs)
