"""Denoising that was stopped goes on: latents and the sampler's memory, kept in the user's state folder.

Not beside the output: nothing but whole clips ever lies there, a numbered name is another one the next time,
and standard output has no folder. The file's name tells what may go on from it: the same request, photo and
weights. torch is imported where it is used: `plan` and the command line look here, too.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from i2v_cli import __version__
from i2v_cli.errors import CheckError, I2VError, ModelError, UsageError
from i2v_cli.events import Noted, Report, Warned
from i2v_cli.media import image, publish
from i2v_cli.request import Request
from i2v_cli.weights import header

if TYPE_CHECKING:
    from filelock import FileLock

    from i2v_cli.runtime.device import Runtime
    from i2v_cli.sampling.samplers import State

KEPT_SECONDS = 14 * 24 * 3600
# Fields of a request that leave the latents as they are. `threads` may change their last bits: that is told.
BEYOND = frozenset(
    {
        "image",  # its bytes count, not its name
        "seed",  # stands in the file's name
        "threads",
        "source",  # its weights count
        "offload",  # streamed weights are the same weights
        "output",
        "overwrite",
        "format",
        "codec",
        "quality",
        "sheet",
        "check",
        "metadata",
        "ai_mark",
        "checkpoint_every",
        "decode_only",
        "c2pa",
        "c2pa_key",
        "c2pa_cert",
    }
)


def path(request: Request, image_sha256: str, weights: Iterable[str]) -> Path:
    """Where the latents of this request are kept. `weights`: the digests of what the family reads."""
    return folder() / f"{_key(request, image_sha256, weights)}-{request.seed}.safetensors"


def folder() -> Path:
    import platformdirs

    return platformdirs.user_state_path("i2v", appauthor=False) / "checkpoints"


def stopped_seed(request: Request, weights: Iterable[str]) -> int | None:
    """The seed of the last run of this request, whatever its seed, that was stopped and now rests.

    By it a command without --seed goes on, too. Raises InputError when the photo cannot be read.
    """
    here = folder()
    if not any(_files(here)):
        return None
    key = _key(request, image.digest(*request.pictures), weights)
    mine = {file: file.stem.removeprefix(f"{key}-") for file in _files(here)}
    with suppress(OSError):  # of a folder that cannot be written
        for file, seed in sorted(mine.items(), key=lambda item: _modified(item[0]), reverse=True):
            if seed.isdecimal() and (lock := _locked(file)) is not None:
                lock.release()
                return int(seed)
    return None


def check_denoised(request: Request, weights: Iterable[str]) -> None:
    """UsageError unless the latents of this request are there, denoised to the end."""
    file = path(request, image.digest(*request.pictures), weights)
    try:
        done = int(_facts(file)["done"])
    except (OSError, KeyError, ValueError, ModelError):
        raise UsageError(
            "no latents of this request and seed are saved",
            "drop --decode-only; latents are kept when a run fails after it has denoised",
        ) from None
    if done < request.steps:
        raise UsageError(
            f"the saved latents are at step {done} of {request.steps}",
            "drop --decode-only: the run goes on there",
        )


class Checkpoint:
    """`with Checkpoint(...) as saved`: `saved.state` is where an earlier run stopped, None at the start.

    Each state goes through `keep`. When the body fails, what is denoised to the end is saved, unless it
    failed its check; what is unfinished only when `every` (steps between two saves) is not 0. When the body
    ends well, the file goes. That nothing can be saved is told once, and never ends a run.
    """

    def __init__(self, path: Path, request: Request, every: int, runtime: "Runtime", report: Report) -> None:
        import torch

        self.state: State | None = None
        self._path = path
        self._steps = request.steps
        self._skips = request.cache > 0
        self._every = every
        self._report = report
        self._unsaved = False
        self._off = False
        self._lock: FileLock | None = None
        self._threads = runtime.threads
        self._made = {
            "torch": torch.__version__,
            "device": str(runtime.device),
            "dtype": str(runtime.dtype).removeprefix("torch."),
        }

    def __enter__(self) -> "Checkpoint":
        if not self._every and not os.path.exists(self._path):
            return self
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_old(self._path.parent)
            self._lock = _locked(self._path)
        except OSError as error:
            self._give_up(error)
            return self
        if self._lock is None:
            self._off, self._every = True, 0
            self._report(Noted("another run makes this clip now: this one keeps no checkpoint"))
        elif os.path.exists(self._path):
            self._begin()
        return self

    def keep(self, state: "State") -> None:
        """The state after a step; it is saved when it is time."""
        self.state, self._unsaved = state, True
        if self._every and (state.done % self._every == 0 or state.done == self._steps):
            self._save(state)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._off:
                return
            if error is None or isinstance(error, CheckError):  # a clip that is no good must begin anew
                publish.discard(self._path)
            elif self.state is not None:
                if self._worth_keeping(self.state, error):
                    self._save(self.state)
                if not self._unsaved:
                    place = self._place(self.state)
                    self._report(Noted(f"latents are saved at {place}: the same command goes on there"))
        finally:
            self._release()

    def _worth_keeping(self, state: "State", error: BaseException) -> bool:
        """Ctrl-C says that the clip is not wanted; only who asked for checkpoints finds one then."""
        finished = state.done == self._steps and not isinstance(error, KeyboardInterrupt)
        return self._unsaved and (finished or self._every > 0)

    def _begin(self) -> None:
        try:
            self.state = self._read()
        except (OSError, KeyError, ValueError, ModelError) as error:
            self._report(Warned(f"the saved latents cannot be used, the clip begins anew: {error}"))
        else:
            self._report(Noted(f"goes on after {self._place(self.state)}"))

    def _place(self, state: "State") -> str:
        return f"step {state.done} of {self._steps}"

    def _read(self) -> "State":
        """ValueError, KeyError, OSError or ModelError for what is no state of this run."""
        from safetensors import SafetensorError, safe_open

        from i2v_cli.sampling.samplers import State

        facts = _facts(self._path)
        made, threads, done = json.loads(facts["made"]), int(facts["threads"]), int(facts["done"])
        if made != self._made:
            raise ValueError(f"they are of {_words(made)}, and this is {_words(self._made)}")
        try:
            with safe_open(self._path, framework="pt") as file:
                tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        if not 1 <= done <= self._steps or not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise ValueError("they are damaged")
        if threads != self._threads:
            said = f"begun with {threads} threads, goes on with {self._threads}"
            self._report(Noted(f"{said}: the clip may differ in its last bits"))
        if self._skips:
            self._report(Noted("--cache begins anew: the clip may differ a little"))
        return State(tensors["latents"], done, tensors.get("previous"))

    def _save(self, state: "State") -> None:
        from safetensors.torch import save

        tensors = {"latents": state.latents, "previous": state.previous}
        data = {name: tensor.cpu().contiguous() for name, tensor in tensors.items() if tensor is not None}
        facts = {"made": json.dumps(self._made), "threads": str(self._threads), "done": str(state.done)}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            publish.write(self._path, save(data, facts), overwrite=True)
            self._unsaved = False
        except (OSError, I2VError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._off, self._every = True, 0
        self._report(Warned(f"no checkpoint is kept: {error}"))

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            if not os.path.exists(self._path):
                publish.discard(_lock_path(self._path))


def _key(request: Request, image_sha256: str, weights: Iterable[str]) -> str:
    asked = request.model_dump(mode="json", exclude=set(BEYOND))
    known = json.dumps([__version__, asked, image_sha256, sorted(weights)], sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()[:32]


def _files(here: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from here.glob("*-*.safetensors")


def _facts(file: Path) -> dict[str, str]:
    """What stands beside the tensors. OSError, ModelError or ValueError for a file that is not whole."""
    from safetensors import SafetensorError, safe_open

    header.read(file)
    try:
        with safe_open(file, framework="np") as opened:
            return opened.metadata() or {}
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _locked(file: Path) -> "FileLock | None":
    """The lock on what goes on from `file`, or None when another process holds it."""
    from filelock import FileLock, Timeout

    lock = FileLock(_lock_path(file), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def _lock_path(file: Path) -> Path:
    return file.with_suffix(".lock")


def _remove_old(here: Path) -> None:
    publish.remove_stale(here)
    for file in [*_files(here), *here.glob("*-*.lock")]:
        if time.time() - _modified(file) > KEPT_SECONDS:
            publish.discard(file)


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # gone by now
        return time.time()


def _words(made: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in made.items())
