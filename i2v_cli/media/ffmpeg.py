"""The ffmpeg that imageio-ffmpeg brings (or IMAGEIO_FFMPEG_EXE names), run so that it can neither hang nor
surprise: in a session of its own, where the terminal's Ctrl-C does not reach it, its stderr always drained.

It is given names that we made; a user's file name only behind "file:", from inside that file's folder.
"""

import errno
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from i2v_cli.errors import EncodingError, FitError, I2VError

RUN_SECONDS = 4 * 3600  # the last decode of the longest clips; no work takes that long, a hang does
STALL_SECONDS = 60
FINISH_SECONDS = 1800  # for what is queued when the last frame is in: AV1 at 4K
LAST_LINES = 5
TAIL_BYTES = 8_000
FULL_DISK = ("No space left on device", "Disk quota exceeded", "File too large")
OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # start_new_session, on Windows
WAY_OUT = "choose another --codec or --format, or name another ffmpeg: IMAGEIO_FFMPEG_EXE=/path/to/ffmpeg"


def run(arguments: Sequence[str], *, folder: Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One ffmpeg to its end, in `folder`, with `given` on its stdin. Raises EncodingError when it fails."""
    try:
        result = subprocess.run(
            _command(arguments),
            cwd=folder,
            env=_environment(),
            input=given,
            capture_output=True,
            timeout=RUN_SECONDS,
            start_new_session=True,
            creationflags=OWN_GROUP,
            check=False,
        )
    except OSError as error:
        raise _cannot_start(error) from error
    except subprocess.TimeoutExpired as error:
        raise EncodingError(f"ffmpeg did not finish in {RUN_SECONDS} s", hint=WAY_OUT) from error
    if result.returncode:
        raise _failure(result.returncode, result.stderr)
    return result


def play(arguments: Sequence[str], *, folder: Path, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Frames [height, width, 3] uint8 of an input that is known to decode. size: (width, height).

    Raises EncodingError when it ends within a frame. It is killed when nobody asks for more.
    """
    width, height = size
    process = subprocess.Popen(
        _command([*arguments, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]),
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=OWN_GROUP,
    )
    assert process.stdout is not None  # it was asked for as a pipe
    with process:
        try:
            while data := process.stdout.read(width * height * 3):
                if len(data) != width * height * 3:
                    raise EncodingError("ffmpeg gave a part of a frame", hint=WAY_OUT)
                yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
        finally:
            process.kill()


@contextmanager
def _unbroken() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait till the block has ended: a process that starts in it must not get lost."""
    came: list[int] = []
    handlers = {}
    if threading.current_thread() is threading.main_thread():  # no other one is interrupted
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    kept = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in kept:
        signal.signal(number, lambda arrived, _frame: came.append(arrived))
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        for arrived in came:
            signal.raise_signal(arrived)


class Feed:
    """A running ffmpeg that eats raw frames on its stdin.

    `stdout`: a file descriptor for its output, or None; BrokenPipeError when nobody reads there any more.
    After `finish` or `kill` nothing of it is left; `undo` kills it at its end, whatever interrupts.
    """

    def __init__(
        self, arguments: Sequence[str], undo: ExitStack, *, folder: Path, stdout: int | None = None
    ) -> None:
        self._streamed = stdout is not None
        self._tail = b""
        self._stalled = False
        self._drain = threading.Thread(target=self._drain_stderr, daemon=True)
        command = _command(arguments)
        with _unbroken():
            self._process = self._started(command, folder, stdout)
            self._drain.start()
            undo.callback(self.kill)

    def _started(self, command: list[str], folder: Path, stdout: int | None) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL if stdout is None else stdout,
                stderr=subprocess.PIPE,
                start_new_session=True,
                creationflags=OWN_GROUP,
            )
        except OSError as error:
            raise _cannot_start(error) from error

    def write(self, frames: np.ndarray) -> None:
        """frames: [F, H, W, 3] uint8. Raises EncodingError or FitError when ffmpeg has died or stalls."""
        for frame in np.ascontiguousarray(frames):
            timer = threading.Timer(STALL_SECONDS, self._stall)
            timer.daemon = True
            timer.start()
            try:
                assert self._process.stdin is not None  # it was asked for as a pipe
                self._process.stdin.write(frame.data)
                self._process.stdin.flush()
            except OSError as error:  # a broken pipe; the reason stands in stderr
                raise self._died() from error
            finally:
                timer.cancel()

    def finish(self) -> None:
        """Ends its input and waits. Raises EncodingError or FitError when it failed."""
        with suppress(OSError):
            assert self._process.stdin is not None  # it was asked for as a pipe
            self._process.stdin.close()
        try:
            self._process.wait(FINISH_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise EncodingError(f"ffmpeg did not finish in {FINISH_SECONDS} s", hint=WAY_OUT) from error
        if self._process.returncode:
            raise self._died()
        self.kill()

    def kill(self) -> None:
        """Ends it at once, if it still runs, and closes the pipes."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):  # what was not written goes nowhere
            assert self._process.stdin is not None  # it was asked for as a pipe
            self._process.stdin.close()
        self._drain.join(timeout=5)

    def _stall(self) -> None:
        self._stalled = True
        self._process.kill()

    def _died(self) -> Exception:
        self.kill()
        if self._streamed and self._reader_left():
            return BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        if self._stalled:
            return EncodingError(f"ffmpeg has taken no frame for {STALL_SECONDS} s", hint=WAY_OUT)
        return _failure(self._process.returncode, self._tail)

    def _reader_left(self) -> bool:
        by_signal = hasattr(signal, "SIGPIPE") and self._process.returncode == -signal.SIGPIPE
        return by_signal or b"Broken pipe" in self._tail

    def _drain_stderr(self) -> None:
        assert self._process.stderr is not None  # it was asked for as a pipe
        with self._process.stderr as stream:
            while chunk := stream.read1(TAIL_BYTES):  # type: ignore[attr-defined]
                self._tail = (self._tail + chunk)[-TAIL_BYTES:]


def _command(arguments: Sequence[str]) -> list[str]:
    try:
        executable = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise _cannot_start(error) from error
    return [executable, "-nostdin", "-hide_banner", "-y", *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "SVT_LOG": "1"}  # SVT-AV1 does not heed -loglevel; 1: errors only


def _cannot_start(error: Exception) -> EncodingError:
    return EncodingError(
        f"ffmpeg does not start: {error}", hint="pip install --force-reinstall imageio-ffmpeg"
    )


def _failure(code: int, stderr: bytes) -> I2VError:
    lines = [_printable(line) for line in stderr.decode(errors="replace").splitlines()]
    last = "; ".join([line for line in lines if line][-LAST_LINES:])
    ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"failed (exit code {code})"
    if any(words in last for words in FULL_DISK):
        return FitError(
            f"no room to write the video: {last}", hint="free some disk space, or choose another -o"
        )
    return EncodingError(f"ffmpeg {ended}: {last or 'it gave no reason'}", hint=WAY_OUT)


def _printable(line: str) -> str:
    return "".join(c for c in line if c.isprintable()).strip()
