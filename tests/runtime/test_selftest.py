import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from i2v_cli.runtime import selftest
from i2v_cli.runtime.selftest import CHECKS, Check, Verdict, verdict, wrong

CPU = torch.device("cpu")
HALF = torch.bfloat16


def refuse(x: Tensor) -> Tensor:
    if x.dtype == HALF:
        raise NotImplementedError("not implemented for 'BFloat16'")
    return x


def cache(folder: Path) -> Path:
    (path,) = folder.glob("*")
    return path


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_this_machine_computes_right(dtype: torch.dtype) -> None:
    assert wrong(CPU, dtype) == ()


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x: x * 1.2 if x.dtype == HALF else x,
        lambda x: x * float("nan") if x.dtype == HALF else x,
        lambda x: torch.zeros_like(x) if x.dtype == HALF else x,
        lambda x: torch.cat([x[:-1], -x[-1:]]) if x.dtype == HALF else x,
        refuse,
    ],
    ids=["off", "nan", "zero", "one element", "missing"],
)
def test_a_broken_kernel_is_named(kernel: object) -> None:
    checks = (*CHECKS, Check("broken", kernel, ((50,),)))  # type: ignore[arg-type]
    assert wrong(CPU, HALF, checks) == ("broken",)
    assert wrong(CPU, torch.float32, checks) == ()


def test_a_verdict_is_measured_once_and_remembered(tmp_path: Path) -> None:
    first = verdict(CPU, HALF, tmp_path / "cache")
    assert first.wrong == ()
    assert first.speedup > 0
    assert verdict(CPU, HALF, tmp_path / "cache") == first


def test_the_cache_is_believed(tmp_path: Path) -> None:
    verdict(CPU, HALF, tmp_path)
    cache(tmp_path).write_text('{"wrong": ["conv2d"], "speedup": 0.5}')
    assert verdict(CPU, HALF, tmp_path) == Verdict(("conv2d",), 0.5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"wrong": "conv2d", "speedup": 1.0}',
        b'{"wrong": [1], "speedup": 1.0}',
        b'{"wrong": [], "speedup": "fast"}',
        b'{"wrong": []}',
    ],
)
def test_a_corrupt_cache_is_measured_anew_and_replaced(tmp_path: Path, content: bytes) -> None:
    verdict(CPU, HALF, tmp_path)
    cache(tmp_path).write_bytes(content)
    fresh = verdict(CPU, HALF, tmp_path)
    assert fresh.wrong == ()
    assert json.loads(cache(tmp_path).read_text())["speedup"] == fresh.speedup


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert verdict(CPU, HALF, tmp_path / "file" / "cache").wrong == ()


def test_a_cache_entry_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    verdict(CPU, HALF, tmp_path)
    entry = cache(tmp_path)
    entry.unlink()
    entry.mkdir()
    assert verdict(CPU, HALF, tmp_path).wrong == ()
    assert list(tmp_path.iterdir()) == [entry]


@pytest.mark.parametrize("variable", selftest.ENVIRONMENT)
def test_another_limit_asks_for_another_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable, raising=False)
    verdict(CPU, HALF, tmp_path)
    monkeypatch.setenv(variable, "AVX2")
    verdict(CPU, HALF, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
