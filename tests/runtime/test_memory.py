import subprocess
import sys
from pathlib import Path

import pytest
import torch

from i2v_cli.errors import ExitCode, FitError
from i2v_cli.runtime import memory
from i2v_cli.runtime.memory import GIB, PROCESS, Phase

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def fake(root: Path, limit: str) -> Path:
    files = {
        "proc/meminfo": "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:  4000 kB\n",
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": limit,
        "sys/fs/cgroup/memory.current": "0",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@linux
def test_available_is_what_the_system_calls_so(tmp_path: Path) -> None:
    assert memory.available(root=fake(tmp_path, "max")) == 4000 * 1024


@linux
def test_available_is_cut_to_the_containers_limit(tmp_path: Path) -> None:
    assert memory.available(root=fake(tmp_path, "1024000")) == 1_024_000


@linux
def test_available_is_unknown_where_nothing_tells(tmp_path: Path) -> None:
    assert memory.available(root=tmp_path) is None


def test_a_job_that_fits_passes() -> None:
    memory.check(1)


@linux
def test_a_job_that_does_not_fit_is_told_needed_free_and_what_to_type() -> None:
    with pytest.raises(
        FitError, match=r"^needs about 1048576\.0 GiB of memory on cpu, \d+\.\d GiB are free$"
    ) as caught:
        memory.check(GIB << 20, hint="use --size 480p")
    assert caught.value.hint == "use --size 480p"
    assert caught.value.exit_code == ExitCode.FIT == 5


def test_an_allocation_that_fails_becomes_a_fit_error() -> None:
    with (
        pytest.raises(FitError, match="ran out of memory on cpu") as caught,
        memory.explained(hint="use --frames 17"),
    ):
        torch.empty(1 << 50)
    assert caught.value.hint == "use --frames 17"


def test_pythons_own_memory_error_becomes_a_fit_error() -> None:
    with pytest.raises(FitError), memory.explained():
        raise MemoryError


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"), memory.explained():
        raise RuntimeError("size mismatch")


def test_disk_free_of_a_path_that_does_not_exist_yet_is_its_parents(tmp_path: Path) -> None:
    assert memory.disk_free(tmp_path / "not" / "yet.mp4") > 0


@linux
def test_peak_rss_grows_by_what_was_held() -> None:
    code = (
        "from i2v_cli.runtime.memory import peak_rss; before = peak_rss(); "
        "held = b'x' * (64 << 20); del held; assert 60 << 20 < peak_rss() - before < 80 << 20"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# A denoiser of 12 GiB, nearly all of it in blocks.
DENOISE = Phase(name="denoise", weights=12 * GIB, streamed=11 * GIB, block=GIB // 4, activations=2 * GIB)
WHOLE = Phase(name="decode", weights=GIB, activations=3 * GIB)


def with_free(monkeypatch: pytest.MonkeyPatch, **gib: float) -> None:
    monkeypatch.setattr(memory, "available", lambda device="cpu", *_: int(gib[device] * GIB))


def test_a_resident_phase_needs_all_its_weights_and_a_streamed_one_two_blocks() -> None:
    assert DENOISE.needed("none") == 14 * GIB
    assert DENOISE.needed("disk") == DENOISE.needed("blocks") == (1 + 2 + 0.5) * GIB


def test_a_network_of_one_block_needs_no_second_one() -> None:
    phase = Phase(name="encode image", weights=GIB, streamed=GIB, block=GIB, activations=0)
    assert phase.needed("disk") == GIB


@pytest.mark.parametrize(
    ("asked", "device", "free", "chosen"),
    [
        ("auto", "cpu", {"cpu": 20}, "none"),
        ("auto", "cpu", {"cpu": 15}, "disk"),  # 14 are more than nine tenths of 15
        ("auto", "mps", {"cpu": 15, "mps": 15}, "disk"),
        ("auto", "cuda", {"cpu": 4, "cuda": 20}, "none"),
        ("auto", "cuda", {"cpu": 24, "cuda": 8}, "blocks"),
        ("auto", "cuda", {"cpu": 20, "cuda": 8}, "disk"),  # half of 20 may be page-locked
        ("none", "cpu", {"cpu": 1}, "none"),
        ("disk", "cpu", {"cpu": 99}, "disk"),
        ("blocks", "cuda", {"cpu": 1, "cuda": 99}, "blocks"),
        ("blocks", "cpu", {"cpu": 1}, "none"),
        ("blocks", "mps", {"cpu": 1, "mps": 1}, "none"),
    ],
)
def test_blocks_lie_where_they_are_asked_for_or_where_they_fit(
    monkeypatch: pytest.MonkeyPatch, asked: str, device: str, free: dict[str, float], chosen: str
) -> None:
    with_free(monkeypatch, **free)
    assert memory.choose(asked, DENOISE, device) == chosen


def test_a_network_without_blocks_is_always_resident(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, cpu=1)
    assert memory.choose("disk", WHOLE) == memory.choose("auto", WHOLE) == "none"


def test_where_the_system_does_not_say_everything_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda *_: None)
    assert memory.fits(1 << 60)
    assert memory.choose("auto", DENOISE) == "none"


def test_the_peak_of_a_run_is_its_largest_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, cpu=20)
    assert memory.peak([DENOISE, WHOLE], "auto") == PROCESS + 14 * GIB
    assert memory.peak([DENOISE, WHOLE], "disk") == PROCESS + 4 * GIB


def test_a_phase_that_does_not_fit_whole_is_streamed_before_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_free(monkeypatch, cpu=5)
    memory.check_phases([DENOISE, WHOLE], "auto", "cpu")
    with_free(monkeypatch, cpu=4)
    with pytest.raises(FitError, match=r"needs about 4\.2 GiB of memory on cpu, 4\.0 GiB are free") as caught:
        memory.check_phases([DENOISE, WHOLE], "auto", "cpu")
    assert caught.value.hint == memory.SMALLER


def test_who_asks_for_resident_blocks_is_told_of_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    with_free(monkeypatch, cpu=5)
    with pytest.raises(FitError) as caught:
        memory.check_phases([DENOISE], "none", "cpu")
    assert caught.value.hint == "use --offload auto"


def test_while_the_device_is_not_decided_only_what_runs_on_the_cpu_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_free(monkeypatch, cpu=1)
    memory.check_phases([DENOISE, WHOLE], "auto", None)
    with pytest.raises(FitError):
        memory.check_phases([Phase(name="decode", weights=0, activations=GIB, on_cpu=True)], "auto", None)


def test_doctor_and_plan_import_no_torch() -> None:
    code = "import sys; from i2v_cli import doctor, plan; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
