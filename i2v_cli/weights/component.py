"""What a published model is made of, and where its parts lie on this machine: data, no torch.

A repository holds folders, a folder one part: weights (one file, or shards and their index) and sidecars.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2v_cli.errors import ModelError

MAX_SIDECAR = 32 << 20  # bytes; the largest that is known, the index of a text encoder, has 0.1 MB
SINGLE = ".safetensors"
INDEX = ".safetensors.index.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Repo:
    """A repository of the hub.

    `id`: "owner/name". `licence`: in a sentence. `gated`: there are terms to accept first. `former`: ids that
    it had before, under which other tools may have fetched it.
    """

    id: str
    licence: str
    gated: bool = False
    former: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One part of a model, one folder of a repository.

    `name`: what its family calls it, "denoiser". `folder`: "transformer", "" for the repository's root.
    `weights`: stems, best first: "model" stands for model.safetensors and model.safetensors.index.json; none
    for a part without weights. `sidecars`: further files that are read, "config.json". `size`: bytes of all
    that is downloaded, as published; told before anything is asked of the network. `same`: ids of further
    repositories that hold the same part in a folder of this name: one that is here is as good.
    """

    name: str
    repo: Repo
    folder: str
    size: int
    weights: tuple[str, ...] = ()
    sidecars: tuple[str, ...] = ()
    same: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """A component's files on this disk. `weights`: its safetensors, the shards in order; all are there."""

    folder: Path
    weights: tuple[Path, ...] = ()

    @classmethod
    def single(cls, path: Path) -> "Files":
        """One weights file that belongs to no repository, like those inside the package."""
        return cls(folder=path.parent, weights=(path,))

    def read_json(self, name: str) -> dict[str, Any]:
        """The sidecar `name`, an object; anything else is a ModelError."""
        return read_json(self.folder / name)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of at most MAX_SIDECAR bytes in which no key stands twice; else a ModelError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIDECAR + 1)
        if len(data) > MAX_SIDECAR:
            raise ValueError(f"it is larger than {MAX_SIDECAR >> 20} MiB")
        parsed = json.loads(data, object_pairs_hook=_unique)
        if not isinstance(parsed, dict):
            raise ValueError("it is not an object")
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}", "check the path") from error
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        hint = "`i2v models verify` tells whether it is damaged"
        raise ModelError(f"{path} is not usable: {str(error)[:200]}", hint) from error
    return parsed


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("it names one thing twice")
    return unique
