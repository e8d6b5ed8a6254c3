import subprocess
import sys
from pathlib import Path

import pytest
import torch

from i2v_cli.errors import ExitCode, FitError
from i2v_cli.runtime import memory
from i2v_cli.runtime.memory import GIB

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


def test_doctor_and_plan_import_no_torch() -> None:
    code = "import sys; from i2v_cli import doctor, plan; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
