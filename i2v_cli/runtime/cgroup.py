"""What a container leaves to this process: CPU quota and memory, from cgroup v2 and v1. Linux only.

`root` stands for "/"; tests give a folder of their own.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/")
UNLIMITED = 1 << 60  # v1 spells "no limit" as a number near 2**63


def cpu_quota(root: Path = ROOT) -> float | None:
    """Cores' worth of CPU time that the tightest group allows, None without a limit."""
    quotas = []
    for folder in _groups(root, "cpu"):
        match _words(folder / "cpu.max"):
            case [quota, period] if quota.isdecimal():  # else "max"
                quotas.append(int(quota) / int(period))
        slice_, period_ = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if slice_ and period_ and slice_ > 0:  # else -1
            quotas.append(slice_ / period_)
    return min(quotas, default=None)


def memory_free(root: Path = ROOT) -> int | None:
    """Bytes that the tightest group still allows, with the file cache that can be dropped; None: no limit."""
    free = []
    for folder in _groups(root, "memory"):
        for limit_name, usage_name, cache_name in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, usage = _number(folder / limit_name), _number(folder / usage_name)
            if limit is not None and usage is not None and limit < UNLIMITED:
                words = _words(folder / "memory.stat")
                stat = dict(zip(words[::2], words[1::2], strict=False))
                cache = int(stat.get(cache_name, "0"))
                free.append(max(0, limit - usage + cache))
    return min(free, default=None)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of this process's groups and of all their ancestors; in a container some do not exist."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / (controller if controllers else "")
        inner = PurePosixPath(group).relative_to("/")
        yield from (mount / part for part in (inner, *inner.parents))


def _number(path: Path) -> int | None:
    match _words(path):
        case [word] if word.lstrip("-").isdecimal():
            return int(word)
    return None


def _words(path: Path) -> list[str]:
    return _text(path).split()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
