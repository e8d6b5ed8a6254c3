from pathlib import Path

import pytest

from i2v_cli.runtime.cgroup import cpu_quota, memory_free


def lay(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V2 = {"proc/self/cgroup": "0::/user.slice/job\n"}
V1 = {"proc/self/cgroup": "4:memory:/docker/7f\n3:cpu,cpuacct:/docker/7f\n1:name=systemd:/\n0::/\n"}


def test_a_machine_without_cgroups_has_no_limits(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None
    assert memory_free(tmp_path) is None


def test_v2_quota_is_in_cores(tmp_path: Path) -> None:
    assert cpu_quota(lay(tmp_path, V2 | {"sys/fs/cgroup/user.slice/job/cpu.max": "150000 100000\n"})) == 1.5


def test_v2_max_is_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(lay(tmp_path, V2 | {"sys/fs/cgroup/user.slice/job/cpu.max": "max 100000\n"})) is None


def test_the_tightest_ancestor_counts(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/user.slice/job/cpu.max": "400000 100000",
        "sys/fs/cgroup/user.slice/cpu.max": "200000 100000",
        "sys/fs/cgroup/cpu.max": "max 100000",
    }
    assert cpu_quota(lay(tmp_path, V2 | files)) == 2


def test_a_container_that_sees_its_group_as_the_root_is_understood(tmp_path: Path) -> None:
    assert cpu_quota(lay(tmp_path, V1 | {"sys/fs/cgroup/cpu.max": "50000 100000"})) == 0.5


@pytest.mark.parametrize(("quota", "expected"), [("250000", 2.5), ("-1", None)])
def test_v1_quota_is_in_cores(tmp_path: Path, quota: str, expected: float | None) -> None:
    files = {
        "sys/fs/cgroup/cpu/docker/7f/cpu.cfs_quota_us": quota,
        "sys/fs/cgroup/cpu/docker/7f/cpu.cfs_period_us": "100000",
    }
    assert cpu_quota(lay(tmp_path, V1 | files)) == expected


def test_v2_memory_counts_the_file_cache_as_free(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/user.slice/job/memory.max": "1000",
        "sys/fs/cgroup/user.slice/job/memory.current": "700",
        "sys/fs/cgroup/user.slice/job/memory.stat": "anon 500\ninactive_file 100\nactive_file 50\n",
    }
    assert memory_free(lay(tmp_path, V2 | files)) == 400


def test_v2_memory_without_a_limit_is_not_limited(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/user.slice/job/memory.max": "max",
        "sys/fs/cgroup/user.slice/job/memory.current": "700",
    }
    assert memory_free(lay(tmp_path, V2 | files)) is None


@pytest.mark.parametrize(("limit", "expected"), [("1000", 350), ("9223372036854771712", None)])
def test_v1_memory_knows_its_own_spelling_of_no_limit(
    tmp_path: Path, limit: str, expected: int | None
) -> None:
    files = {
        "sys/fs/cgroup/memory/docker/7f/memory.limit_in_bytes": limit,
        "sys/fs/cgroup/memory/docker/7f/memory.usage_in_bytes": "700",
        "sys/fs/cgroup/memory/docker/7f/memory.stat": "inactive_file 1\ntotal_inactive_file 50\n",
    }
    assert memory_free(lay(tmp_path, V1 | files)) == expected


def test_a_group_over_its_limit_has_nothing_free(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/memory.max": "1000", "sys/fs/cgroup/memory.current": "1200"}
    assert memory_free(lay(tmp_path, V2 | files)) == 0
