"""The safetensors of one component: which files they are, every tensor's place in them, and the mapping.

Only safetensors: a pickle runs code when it is opened. Headers are checked whole before a tensor is touched.
"""

import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from i2v_cli.errors import ModelError
from i2v_cli.weights import header
from i2v_cli.weights.component import Files

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor's file, its kind, and the byte of the file at which it begins."""

    path: Path
    entry: header.Entry
    begin: int


class Shards:
    """Tensors by name, mapped: memory holds what was touched, until `drop`. Do not cut the files meanwhile.

    `places` come from headers that are whole, free of overlaps, and hold each name once; anything else is a
    ModelError when this is made. `checked`: names whose values were found finite; `load.fill` keeps it.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self.places: dict[str, Place] = {}
        self.checked: set[str] = set()
        self._maps: dict[Path, mmap.mmap] = {}
        for path in files.weights:
            self._add(path)

    def tensor(self, name: str) -> Tensor:
        """As stored, on the CPU; a view of the file where its address allows. Read it only."""
        place = self.places[name]
        dtype, count = DTYPES[place.entry.dtype], place.entry.elements
        mapped = self._maps[place.path]
        if place.begin % dtype.itemsize:  # no alignment: possible in the format, not written by its libraries
            data = bytearray(mapped[place.begin : place.begin + count * dtype.itemsize])
            return torch.frombuffer(data, dtype=dtype).reshape(place.entry.shape)
        flat = torch.frombuffer(mapped, dtype=dtype, count=count, offset=place.begin)
        return flat.reshape(place.entry.shape)

    def drop(self, names: Iterable[str]) -> None:
        """Gives their memory back where the system can; what is touched again is read again."""
        if not hasattr(mmap, "MADV_DONTNEED"):  # Windows trims by itself
            return
        for name in names:
            place = self.places[name]
            begin = place.begin - place.begin % mmap.PAGESIZE
            end = place.begin + place.entry.end - place.entry.begin
            self._maps[place.path].madvise(mmap.MADV_DONTNEED, begin, end - begin)

    def _add(self, path: Path) -> None:
        entries = header.read(path)
        start = path.stat().st_size - max((entry.end for entry in entries.values()), default=0)
        for name, entry in entries.items():
            if name in self.places:
                other = self.places[name].path.name
                hint = "`i2v models verify` tells which is damaged"
                raise ModelError(f"{path} and {other} both hold {name[:80]!a}", hint)
            self.places[name] = Place(path, entry, start + entry.begin)
        self._maps[path] = _mapped(path)


def _mapped(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            # A copy on write, never written: torch warns of buffers that are read-only.
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read weights {path}: {error}", "fetch the file again") from error
