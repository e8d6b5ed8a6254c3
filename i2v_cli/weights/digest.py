"""What a weights file is called in a recipe: its SHA-256."""

import hashlib
from pathlib import Path

from i2v_cli.errors import ModelError

CHUNK = 1 << 20


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
    """64 hexadecimal digits. A file that cannot be read is a ModelError."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"cannot read weights {path}: {error.strerror}", "check the path") from error
    return digest.hexdigest()
