"""One writer an output, one run a GPU. The kernel holds a lock: it ends with its process, in any way."""

import hashlib
import os
import platform
import re
import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from i2v_cli import naming
from i2v_cli.errors import FitError, I2VError, LockedError
from i2v_cli.media import publish
from i2v_cli.plan import Plan

LOCK_NAME = re.compile(r"\.i2v-[0-9a-f]{16}\.lock")
POLL_SECONDS = 0.05
GRACE_SECONDS = 0.2  # who sweeps a file that nobody holds locks it, for less than a millisecond
OLD_SECONDS = 60
WAIT_HINT = "try again later, or let it wait: --wait 600"


@contextmanager
def held(target: Path, wait: float = 0) -> Iterator[None]:
    """Nobody else writes `target` meanwhile. The lock is a hidden file beside it, gone afterwards.

    Waits up to `wait` seconds for another run, then raises LockedError. A file that a killed run has left is
    no lock, since nobody holds it.
    """
    with _locked(_beside(target), f"{target} is being written", max(wait, GRACE_SECONDS)):
        yield


def sweep(folder: Path) -> None:
    """Removes what killed runs have left there. An empty file may be somebody's who is about to lock it."""
    with suppress(OSError):
        for entry in folder.iterdir():
            if LOCK_NAME.fullmatch(entry.name) and _is_old(entry):
                with suppress(I2VError), _locked(entry, "", 0):
                    pass


@contextmanager
def alone(plan: Plan, wait: float = 0) -> Iterator[None]:
    """What a single run has for itself: its output, where that was named, and its GPU.

    A name of our own needs no lock: who loses it takes the next one.
    """
    with ExitStack() as stack:
        if plan.target is not None and not naming.is_ours(plan.request):
            sweep(plan.target.parent)
            stack.enter_context(held(plan.target, wait))
        from i2v_cli.runtime import device  # torch, from here on

        stack.enter_context(gpus([device.gpu(plan.request.device)], wait))
        yield


@contextmanager
def gpus(names: Iterable[str], wait: float = 0) -> Iterator[None]:
    """This user's other runs leave these GPUs alone meanwhile. names: of `device.gpu`; "" is none."""
    import platformdirs

    wanted = sorted({name for name in names if name})  # all runs in one order: none waits for another's
    with ExitStack() as stack:
        for name in wanted:
            with warnings.catch_warnings():  # without XDG_RUNTIME_DIR it is a folder in /tmp, and told
                warnings.simplefilter("ignore")
                folder = platformdirs.user_runtime_path("i2v", appauthor=False)
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise FitError(
                    f"no lock can be made for the GPU: {folder}: {error.strerror}",
                    "set XDG_RUNTIME_DIR to a folder that you may write to",
                ) from error
            path = folder / f"{name}.lock"
            stack.enter_context(_locked(path, f"the GPU {name} is used", max(wait, GRACE_SECONDS)))
        yield


def _beside(target: Path) -> Path:
    # Hashed: with a lock's name around it, a long name would be too long for the file system.
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.parent / f".i2v-{name}.lock"


@contextmanager
def _locked(path: Path, what: str, wait: float) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a file system without locks: filelock then has its own
            lock = FileLock(path, timeout=wait, poll_interval=POLL_SECONDS)
            lock.acquire()
    except Timeout as timeout:
        raise LockedError(f"{what} by {_owner(path)}", WAIT_HINT) from timeout
    except OSError as error:
        raise publish.disk_error(path, error) from error
    try:
        with suppress(OSError):  # it is only for the message of who waits
            path.write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        yield
    finally:
        # While it is held: who opened the file before this locks a file without a name, and tries anew.
        with suppress(OSError):  # Windows removes it on release
            path.unlink()
        lock.release()


def _owner(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:100] or "another run"
    except OSError:
        return "another run"


def _is_old(path: Path) -> bool:
    status = path.stat()
    return status.st_size > 0 or time.time() - status.st_mtime > OLD_SECONDS
