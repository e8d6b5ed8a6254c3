"""What a weights file is called in a recipe, and what the hub calls it: digests of content."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from i2v_cli.errors import ModelError

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK = 1 << 20
SHA256_DIGITS = 64


def verified(files: dict[Path, str]) -> dict[str, str]:
    """File name -> digest of each, as found. ModelError for a file that is not the released one."""
    found = {path: sha256(path) for path in files}
    for path, digest in found.items():
        if digest != files[path]:
            raise ModelError(
                f"{path} is damaged: its SHA-256 is {digest}", "pip install --force-reinstall i2v-cli"
            )
    return {path.name: digest for path, digest in found.items()}


def sha256(path: Path) -> str:
    """64 hexadecimal digits. A file that cannot be read is a ModelError.

    A process reads a file once, as long as its size, time and inode stay: a batch asks for every clip.
    """
    try:
        status = path.stat()
        return _sha256(path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))
    except OSError as error:
        raise ModelError(f"cannot read weights {path}: {error.strerror}", "check the path") from error


def same_kind(path: Path, expected: str) -> str:
    """The file's digest by the algorithm of `expected`, see there. Always read anew."""
    try:
        return _digest(path, algorithm(expected, path.stat().st_size))
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}", "check the path") from error


def algorithm(expected: str, size: int) -> "_Hash":
    """What the hub hashes a file of `size` bytes with: SHA-256 when it is large, else SHA-1 as git does."""
    if len(expected) == SHA256_DIGITS:
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)


@lru_cache(maxsize=64)
def _sha256(path: Path, _state: tuple[int, int, int, int]) -> str:
    return _digest(path, hashlib.sha256())


def _digest(path: Path, digest: "_Hash") -> str:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
