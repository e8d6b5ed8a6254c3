"""What a weights file is called in a recipe: its SHA-256."""

import hashlib
from pathlib import Path

from i2v_cli.errors import ModelError

CHUNK = 1 << 20


def sha256(path: Path) -> str:
    """64 hexadecimal digits. A file that cannot be read is a ModelError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"cannot read weights {path}: {error.strerror}", "check the path") from error
    return digest.hexdigest()
