import os
from pathlib import Path

import pytest

from i2v_cli.runtime import cpu

ZEN5 = frozenset({"fma", "avx2", "avx512f", "avx512_bf16"})
SAPPHIRE_RAPIDS = ZEN5 | {"amx_bf16", "amx_tile"}
SKYLAKE = frozenset({"fma", "avx2", "avx512f"})


def cpuinfo(root: Path, text: str) -> Path:
    (root / "proc").mkdir()
    (root / "proc/cpuinfo").write_text(text)
    return root


def test_flags_are_read_from_the_first_core(tmp_path: Path) -> None:
    text = "processor\t: 0\nflags\t\t: fpu avx2 avx512_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n"
    assert cpu.flags(cpuinfo(tmp_path, text)) == {"fpu", "avx2", "avx512_bf16"}


def test_arm_calls_them_features(tmp_path: Path) -> None:
    assert cpu.flags(cpuinfo(tmp_path, "processor : 0\nFeatures : fp asimd bf16\n")) == {
        "fp",
        "asimd",
        "bf16",
    }


def test_a_system_that_does_not_tell_has_no_flags(tmp_path: Path) -> None:
    assert cpu.flags(tmp_path) == frozenset()
    assert cpu.flags(cpuinfo(tmp_path, "model name : any\n")) == frozenset()


@pytest.mark.parametrize(
    ("instructions", "native"),
    [(ZEN5, True), (SAPPHIRE_RAPIDS, True), (SKYLAKE, False), (frozenset(), False)],
)
def test_bf16_needs_amx_or_avx512_bf16(instructions: frozenset[str], native: bool) -> None:
    assert cpu.computes_bf16(instructions, {}) is native


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [
        ("SSE41", False),
        ("AVX2", False),
        ("avx2", False),
        ("AVX2_VNNI_2", False),
        ("AVX512_CORE", False),
        ("AVX512_CORE_VNNI", False),
        ("AVX512_CORE_BF16", True),
        ("AVX512_CORE_FP16", True),
        ("AVX512_CORE_AMX", True),
        ("AVX10_1_512", True),
        ("ALL", True),
        ("DEFAULT", True),
        ("", True),
    ],
)
@pytest.mark.parametrize("variable", ["ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"])
def test_a_limit_set_for_onednn_is_respected(variable: str, limit: str, allowed: bool) -> None:
    assert cpu.computes_bf16(SAPPHIRE_RAPIDS, {variable: limit}) is allowed


@pytest.mark.parametrize(
    ("quota", "at_most"), [("50000", 1), ("100000", 1), ("190000", 1), ("99900000", 999)]
)
def test_threads_stay_within_the_quota_and_are_never_none(tmp_path: Path, quota: str, at_most: int) -> None:
    for name, text in {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": f"{quota} 100000"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert 1 <= cpu.usable(tmp_path) <= min(at_most, os.cpu_count() or 1)


def test_a_machine_that_others_keep_busy_gets_one_thread(tmp_path):
    cores = os.cpu_count() or 1
    assert cpu.free(tmp_path, load=cores + 0.5) == 1
    assert cpu.free(tmp_path, load=0.2) == cpu.usable(tmp_path)


@pytest.mark.parametrize(
    ("device", "dtype", "driver", "size"),
    [
        ("cpu", "auto", "", 4), ("cpu", "bf16", "", 2), ("cpu", "fp32", "", 4), ("mps", "auto", "", 4),
        ("cuda", "auto", "", 2), ("auto", "auto", "", 4), ("auto", "auto", "proc/driver/nvidia/version", 2),
        ("auto", "fp32", "dev/kfd", 4),
    ],
)  # fmt: skip
def test_bytes_of_a_weight_are_those_of_the_dtype_that_will_be_chosen(
    tmp_path, make_request, monkeypatch, device, dtype, driver, size
):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(cpu, "flags", lambda _root: frozenset({"avx2"}))
    if driver:
        (tmp_path / driver).parent.mkdir(parents=True)
        (tmp_path / driver).touch()
    assert cpu.itemsize(make_request(device=device, dtype=dtype), tmp_path) == size
