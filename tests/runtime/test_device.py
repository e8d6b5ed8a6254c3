import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from i2v_cli.errors import UsageError
from i2v_cli.events import Event, Warned
from i2v_cli.request import Request
from i2v_cli.runtime import cpu, device, selftest
from i2v_cli.runtime.device import choose, decide
from i2v_cli.runtime.selftest import Verdict

no_gpu = pytest.mark.skipif(
    torch.cuda.is_available() or torch.backends.mps.is_available(), reason="this machine has a GPU"
)


@pytest.fixture(autouse=True)
def threads_are_put_back() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def native_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "computes_bf16", lambda instructions: True)


def judged(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    monkeypatch.setattr(selftest, "verdict", lambda device, dtype: verdict)


def test_a_request_is_decided_as_it_asks() -> None:
    request = Request(
        image=Path("photo.png"), preset="pocket", family="pocket", fps=16, area=4096, seed=1, steps=4,
        guidance=1, sampler="euler", device="cpu", dtype="fp32", threads=1, offload="disk",
    )  # fmt: skip
    runtime = decide(request)
    assert runtime.offload == "disk"
    assert (runtime.device, runtime.dtype, runtime.threads) == (torch.device("cpu"), torch.float32, 1)
    assert torch.get_num_threads() == 1


@no_gpu
def test_auto_is_the_cpu_where_there_is_nothing_else() -> None:
    assert choose().device == torch.device("cpu")


@no_gpu
@pytest.mark.parametrize("absent", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(absent: str) -> None:
    with pytest.raises(UsageError, match=f"--device {absent} is not on this machine") as caught:
        choose(absent)
    assert caught.value.hint == "use --device cpu"


def test_threads_default_to_no_more_than_this_process_may_use() -> None:
    assert 1 <= choose("cpu", "fp32").threads <= cpu.usable()


def test_threads_asked_for_are_set() -> None:
    assert choose("cpu", "fp32", 3).threads == 3
    assert torch.get_num_threads() == 3


def test_more_threads_than_cores_are_warned_of() -> None:
    said: list[Event] = []
    cores = cpu.usable()
    choose("cpu", "fp32", cores, said.append)
    assert not said
    choose("cpu", "fp32", cores + 1, said.append)
    assert [type(event) for event in said] == [Warned]
    assert f"--threads {cores + 1}" in said[0].message


def test_fp16_is_refused_on_a_cpu() -> None:
    with pytest.raises(UsageError, match="fp16"):
        choose("cpu", "fp16")


def test_a_model_that_does_not_bear_fp16_computes_in_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_best", lambda _: torch.float16)
    assert choose("cpu", fp16=False).dtype == torch.float32
    with pytest.raises(UsageError, match="overflows"):
        choose("cpu", "fp16", fp16=False)


def test_bf16_is_refused_where_the_cpu_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"avx2"}))
    with pytest.raises(UsageError, match="AMX or AVX512-BF16"):
        choose("cpu", "bf16")


def test_auto_is_fp32_where_the_cpu_lacks_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "flags", lambda: frozenset({"avx2"}))
    assert choose("cpu").dtype == torch.float32


@pytest.mark.usefixtures("native_bf16")
def test_auto_is_bf16_where_it_is_right_and_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, Verdict((), 4.0))
    assert choose("cpu").dtype == torch.bfloat16


@pytest.mark.usefixtures("native_bf16")
def test_auto_is_fp32_where_bf16_is_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, Verdict((), 0.7))
    assert choose("cpu").dtype == torch.float32


@pytest.mark.usefixtures("native_bf16")
def test_bf16_that_is_asked_for_may_be_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, Verdict((), 0.7))
    assert choose("cpu", "bf16").dtype == torch.bfloat16


@pytest.mark.usefixtures("native_bf16")
@pytest.mark.parametrize("asked", ["auto", "bf16"])
def test_a_dtype_that_computes_wrongly_becomes_fp32_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    judged(monkeypatch, Verdict(("conv2d", "gelu"), 4.0))
    said: list[Event] = []
    assert choose("cpu", asked, report=said.append).dtype == torch.float32
    assert said == [Warned("bf16 computes conv2d, gelu wrongly on this cpu: using fp32")]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_auto_is_a_half_precision_that_is_right_on_a_cuda_device() -> None:
    runtime = choose()
    assert (runtime.device.type, runtime.dtype.itemsize) == ("cuda", 2)
    assert selftest.wrong(runtime.device, runtime.dtype) == ()


def test_every_dtype_a_request_can_name_is_known() -> None:
    assert {"auto", *device.DTYPES} == {"auto", "bf16", "fp16", "fp32"}


@pytest.mark.parametrize("home", ["read-only", "normal"])
def test_onednn_limited_to_avx2_means_fp32_whatever_the_home(tmp_path: Path, home: str) -> None:
    blocked = tmp_path / "home"
    if home == "read-only":
        blocked.touch()  # no folder can be made below a file, not even by root
    code = (
        "from i2v_cli.runtime.device import choose; import torch; "
        "assert choose('cpu').dtype == torch.float32; import os; "
        "del os.environ['ONEDNN_MAX_CPU_ISA']; choose('cpu')"
    )
    environment = os.environ | {
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "HOME": str(blocked),
        "XDG_CACHE_HOME": str(blocked / "cache"),
    }
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)
