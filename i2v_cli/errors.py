"""Errors that a user can cause, each with its exit code and the way out.

I2VError
  UsageError      2   flags, paths, presets; `SizeError`: a size or length the family cannot make
  InputError      3   the image cannot be used
  ModelError      4   weights missing, corrupt, of another family
  FitError        5   memory or disk, predicted or hit
  CheckError      6   the result is NaN, black, short, frozen, off its camera path, or not the recorded one
  EncodingError   7   the file could not be encoded, written, read back or signed
  LockedError    75   another run holds the output or the GPU
  NetworkError    9   the hub cannot be reached

Anything else that reaches `cli.app` is our bug (exit 1).
"""

import errno
from enum import IntEnum

DISK_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class ExitCode(IntEnum):
    """What a shell script can rely on; the table stands in docs/reference/exit-codes.md."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    MODEL = 4
    FIT = 5
    CHECK = 6
    ENCODING = 7
    BATCH = 8
    NETWORK = 9
    LOCKED = 75
    INTERRUPTED = 130
    TERMINATED = 143


class I2VError(Exception):
    """What happened, with the value, and what to type instead.

    `excerpt`: where something longer than a word is wrong, a line of it and below it carets under the place.
    """

    exit_code: ExitCode

    def __init__(self, message: str, hint: str = "", excerpt: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.excerpt = excerpt


class UsageError(I2VError):
    exit_code = ExitCode.USAGE


class SizeError(UsageError):
    pass


class InputError(I2VError):
    exit_code = ExitCode.INPUT


class ModelError(I2VError):
    exit_code = ExitCode.MODEL


class FitError(I2VError):
    exit_code = ExitCode.FIT


class CheckError(I2VError):
    exit_code = ExitCode.CHECK


class EncodingError(I2VError):
    exit_code = ExitCode.ENCODING


class NetworkError(I2VError):
    exit_code = ExitCode.NETWORK


class LockedError(I2VError):
    exit_code = ExitCode.LOCKED


class Interrupted(KeyboardInterrupt):
    """Ctrl-C arrived. A KeyboardInterrupt itself that passes through an `exec`, as in a dataclass that is
    being imported, CPython holds for unhandled: `python -m i2v_cli` would end by SIGINT, whatever it returns.
    """


class Terminated(BaseException):
    """SIGTERM arrived. A BaseException like KeyboardInterrupt: nothing on the way may swallow it."""
