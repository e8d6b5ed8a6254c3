"""Files from outside: opened without waiting, and all their damage turned into one InputError.

Pillow raises dozens of exception classes on damaged files, and libtiff writes to the terminal by itself.
"""

import itertools
import os
import re
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from i2v_cli.errors import InputError

LOOKED_AT = 500  # neighbours of a file that is not there
ALIKE = 0.85  # ratio of difflib: two letters of a short name
FOLDER_HINT = "name a file in it; `i2v batch` takes patterns like photos/*.jpg"
READABLE = "PNG, JPEG, WebP, AVIF, HEIC, BMP, TIFF, GIF and PPM are read"

# Fuzzing Pillow brings up a third of these; the others are what its decoders are written to raise.
DECODE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    RuntimeError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    LookupError,
    EOFError,
    MemoryError,
    BufferError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@contextmanager
def opened(path: Path, noun: str, max_bytes: int | None = None) -> Iterator[BinaryIO]:
    """A regular, non-empty file, opened for reading; the body may decode it.

    Raises InputError "cannot read NOUN PATH: reason" for whatever is wrong with it, also from the body.
    """
    try:
        with _quiet(), _binary(path, max_bytes) as file:
            yield file
    except InputError as error:
        raise InputError(f"cannot read {noun} {path}: {error.message}", hint=error.hint) from error
    except UnidentifiedImageError as error:
        raise InputError(
            f"cannot read {noun} {path}: not a picture of a known format", hint=READABLE
        ) from error
    except DECODE_ERRORS as error:
        raise InputError(
            f"cannot read {noun} {path}: {_reason(error)}", hint="open it in an editor and save it again"
        ) from error


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(text.split())
    return "".join(c for c in line if c.isprintable())[:200] or type(error).__name__


@contextmanager
def _binary(path: Path, max_bytes: int | None) -> Iterator[BinaryIO]:
    # O_NONBLOCK: opening a FIFO must not wait for somebody who writes to it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if os.path.isdir(path):
        raise InputError("it is a folder", FOLDER_HINT)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError as error:
        raise InputError(_reason(error), hint=_where(path)) from error
    except (OSError, ValueError) as error:
        raise InputError(_reason(error), hint="check the path") from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError("not a regular file", hint="give the path of a file")
        if status.st_size == 0:
            raise InputError("the file is empty")
        if max_bytes is not None and status.st_size > max_bytes:
            raise InputError(
                f"the file has {status.st_size / 1e6:.0f} MB, more than {max_bytes / 1e6:.0f}",
                hint="save it as a JPEG first",
            )
        yield file


def _where(path: Path) -> str:
    """What to do about a file that is not there."""
    if re.match(r"https?:[/\\]", str(path)):
        return "addresses are not fetched: download it first"
    with suppress(OSError):
        names = [entry.name for entry in itertools.islice(path.parent.iterdir(), LOOKED_AT)]
        if near := get_close_matches(path.name, {*names} - {path.name}, n=1, cutoff=ALIKE):
            return f"did you mean {path.parent / near[0]}?"
    return "check the path"


@contextmanager
def _quiet() -> Iterator[None]:
    """Drops warnings and what C libraries write to fd 2 (libtiff does). Not safe with other threads."""
    try:
        saved = os.dup(2)
    except OSError:  # there is no stderr to protect
        yield
        return
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
