"""How a finished file or folder appears at its path: complete, in one step, or not at all.

At every moment the path is absent, the old file, or the whole new one. The new one grows beside it under a
hidden name that tells who writes it; what a killed process left there, the next run in that folder removes.
"""

import errno
import os
import platform
import re
import secrets
import shlex
import shutil
import stat
import sys
import zlib
from contextlib import suppress
from pathlib import Path

from i2v_cli.errors import DISK_FULL, EncodingError, FitError, I2VError, UsageError

PART_NAME = re.compile(
    r"\.i2v-(?P<host>[0-9a-f]{8})-(?P<pid>\d{1,9})-(?P<birth>\d+)-[0-9a-f]{8}\.part(\.\w+)?"
)
FRAME_NAME = re.compile(r"\d{4,}\.png")
AT_FDCWD = -100  # of Linux: names are relative to the current folder
SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
UNSYNCABLE = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)  # what is said of folders that cannot be synced


class TakenError(UsageError):
    """The path is somebody else's by now."""


def check_stdout(format: str) -> None:
    """Refuses, with UsageError, a format that needs a file, and a standard output that takes no video."""
    if format != "mp4":
        raise UsageError(f"{format} does not go to stdout", hint="--format mp4, or name a file with -o")
    hint = "redirect it: i2v ... -o - > clip.mp4"
    if sys.stdout is None:
        raise UsageError("standard output is closed", hint)
    if sys.stdout.isatty():
        raise UsageError("a video does not go to a terminal", hint)


def check_target(target: Path | None, *, overwrite: bool, folder: bool = False, flag: str = "-o") -> None:
    """Refuses early, with UsageError, what `publish` could not do. None is standard output.

    `folder`: the result is a folder of frames; only a folder that holds nothing else may be overwritten.
    `flag`: what named the target; the hints do too.
    """
    if target is None:
        return
    try:
        _check_parent(target, flag)
        status = os.lstat(target)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {target}: {_words(error)}", hint=f"choose another {flag}") from error
    if folder and overwrite and stat.S_ISDIR(status.st_mode):
        if foreign := [entry.name for entry in target.iterdir() if not FRAME_NAME.fullmatch(entry.name)]:
            raise UsageError(
                f"{target} holds more than frames: {foreign[0]}", hint=f"choose a new folder with {flag}"
            )
    elif stat.S_ISDIR(status.st_mode) and not folder:
        raise UsageError(f"{target} is a folder", hint=f"name a file in it: {flag} {target / 'clip.mp4'}")
    elif not overwrite:
        raise _exists(target, flag)
    elif folder or not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        kind = "folder" if folder else "file"
        raise UsageError(f"{target} is no {kind} and stays as it is", hint=f"choose another {flag}")


def temporary(target: Path, suffix: str = "") -> Path:
    """A fresh ASCII name in the target's folder. Nothing is created."""
    marks = f"{_host()}-{os.getpid()}-{_birth(os.getpid())}-{secrets.token_hex(4)}"
    return target.parent / f".i2v-{marks}.part{suffix}"


def remove_stale(parent: Path) -> None:
    """Removes what dead processes of this machine left in `parent`."""
    if os.name == "nt":  # os.kill(pid, 0) would end that process there
        return
    with suppress(OSError):
        for entry in parent.iterdir():
            match = PART_NAME.fullmatch(entry.name)
            if match and match["host"] == _host() and not _lives(int(match["pid"]), match["birth"]):
                discard(entry)


def discard(path: Path) -> None:
    """Removes a temporary file or folder; it may be gone already."""
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def publish(temp: Path, target: Path, *, overwrite: bool) -> None:
    """Gives the finished `temp` its name. Without `overwrite`, what appeared there meanwhile is not touched.

    Raises UsageError when it did, FitError when the disk is full.
    """
    try:
        _sync(temp)
        if temp.is_dir():
            _publish_folder(temp, target, overwrite=overwrite)
        elif overwrite:
            temp.replace(target)
        else:
            _link(temp, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise disk_error(target, error) from error


def write(target: Path, data: bytes, *, overwrite: bool) -> None:
    """A small file, whole or not at all. Raises what `publish` raises."""
    temp = temporary(target)
    try:
        temp.write_bytes(data)
        publish(temp, target, overwrite=overwrite)
    except OSError as error:
        raise disk_error(target, error) from error
    finally:
        discard(temp)


def disk_error(target: Path, error: OSError) -> I2VError:
    """The documented error for a failed write."""
    if error.errno in DISK_FULL:
        return FitError(
            f"no room to write {target}: {_words(error)}", hint="free some disk space, or choose another -o"
        )
    return EncodingError(f"cannot write {target}: {_words(error)}", hint="choose another -o")


def check_folder(folder: Path, flag: str) -> None:
    """Refuses, with UsageError, what is no folder."""
    if os.path.isdir(folder):
        return
    if os.path.lexists(folder):
        raise UsageError(f"{folder} is not a folder", hint=f"choose another {flag}")
    raise UsageError(f"the folder {folder} does not exist", hint=f"mkdir -p {shlex.quote(str(folder))}")


def _check_parent(target: Path, flag: str) -> None:
    parent = target.parent
    check_folder(parent, flag)
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UsageError(f"the folder {parent} is not writable", hint=f"choose another {flag}")


def _exists(target: Path, flag: str = "-o") -> TakenError:
    return TakenError(f"{target} exists", hint=f"add --overwrite, or choose another {flag}")


def _words(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _link(temp: Path, target: Path) -> None:
    """A rename that never replaces: a second name for the file, then the first one goes."""
    try:
        os.link(temp, target)
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError:  # no hard links on this file system (FAT, some shares): look first, then rename
        if os.path.lexists(target):
            raise _exists(target) from None
        temp.rename(target)
    else:
        temp.unlink()


def _publish_folder(temp: Path, target: Path, *, overwrite: bool) -> None:
    if not (overwrite and target.is_dir()):
        if os.path.lexists(target):
            raise _exists(target)
        temp.rename(target)
        return
    check_target(target, overwrite=True, folder=True)
    if _swapped(temp, target):  # the old frames have the hidden name now
        discard(temp)
        return
    old = temporary(target)
    target.rename(old)
    try:
        temp.rename(target)
    except BaseException:
        old.rename(target)
        raise
    discard(old)


def _swapped(one: Path, other: Path) -> bool:
    """Exchanges two names in one step; False where system or file system cannot, and nothing has happened."""
    import ctypes

    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "linux":
        rename = getattr(ctypes.CDLL(None), "renameat2", None)  # not every C library has it
        return rename is not None and rename(AT_FDCWD, first, AT_FDCWD, second, SWAP) == 0
    if sys.platform == "darwin":
        return bool(ctypes.CDLL(None).renamex_np(first, second, SWAP) == 0)
    return False


def _sync(path: Path) -> None:
    if path.is_dir():
        for entry in path.iterdir():
            _sync_one(entry, os.O_RDWR)
        _sync_folder(path)
    else:
        _sync_one(path, os.O_RDWR)


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # folders cannot be synced there
        return
    try:
        _sync_one(path, os.O_RDONLY)
    except OSError as error:
        if error.errno not in UNSYNCABLE:
            raise


def _sync_one(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _host() -> str:
    """This machine, and on Linux this container of it: elsewhere its process numbers are other processes."""
    namespace = Path()
    with suppress(OSError):
        namespace = Path("/proc/self/ns/pid").readlink()
    return f"{zlib.crc32(f'{platform.node()} {namespace}'.encode()):08x}"


def _lives(pid: int, birth: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's process
        pass
    return _birth(pid) == birth


def _birth(pid: int) -> str:
    """When the process began, in the kernel's ticks, since numbers are used again; "0" where /proc lacks."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "0"
    return line.rpartition(")")[2].split()[19]
