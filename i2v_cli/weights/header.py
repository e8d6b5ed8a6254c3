"""The header of a safetensors file, checked completely before a byte of data is trusted.

The format: 8 bytes little-endian length n, n bytes of JSON, then the data without holes. The reference reader
accepts duplicate keys and headers that take seconds to parse; this one refuses them. Knows no torch.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from i2v_cli.errors import ModelError

MAX_HEADER = 10_000_000
MAX_TENSORS = 20_000
MAX_DIMENSIONS = 8
MAX_DIGITS = 19  # of an integer; Python parses longer ones in quadratic time
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
FLOATS = frozenset({"F64", "F32", "F16", "BF16"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor: dtype as the file spells it ("BF16"), shape, and its bytes [begin, end) of the data."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


def read(path: Path) -> dict[str, Entry]:
    """Every tensor of the file by name. What is not a whole, plain safetensors file is a ModelError."""
    try:
        if not path.is_file():
            what = "is not a regular file" if path.exists() else "is missing"
            raise ModelError(f"weights file {path} {what}", "check the path, or reinstall i2v-cli")
        with path.open("rb") as file:
            return _entries(file, path.stat().st_size)
    except OSError as error:
        raise ModelError(f"cannot read weights {path}: {error.strerror}", "check its permissions") from error
    except (ValueError, RecursionError) as error:  # of our own checks, and of the JSON parser
        raise ModelError(
            f"{path} is no usable safetensors file: {str(error)[:200]}",
            "fetch the file again, or reinstall i2v-cli",
        ) from error


def _entries(file: BinaryIO, file_size: int) -> dict[str, Entry]:
    length = int.from_bytes(file.read(8), "little")
    if file_size < 8 or length > file_size - 8:
        raise ValueError(f"the header says {length} bytes, the file has {file_size}")
    if length > MAX_HEADER:
        raise ValueError(f"its header of {length} bytes is over {MAX_HEADER}")
    parsed = json.loads(
        file.read(length).decode(),
        object_pairs_hook=_unique,
        parse_int=_int,
        parse_constant=_refuse,
    )
    if not isinstance(parsed, dict):
        raise ValueError("its header is not an object")
    parsed.pop("__metadata__", None)
    if len(parsed) > MAX_TENSORS:
        raise ValueError(f"{len(parsed)} tensors are over {MAX_TENSORS}")
    entries = {name: _entry(name, fields) for name, fields in parsed.items()}
    _check_layout(entries, file_size - 8 - length)
    return entries


def _entry(name: str, fields: object) -> Entry:
    match fields:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(begin), int(end)], **rest} if (
            not rest
        ):
            pass
        case _:
            raise ValueError(f"tensor {name[:80]!r} needs dtype, shape and data_offsets, and nothing else")
    if dtype not in BYTES:
        raise ValueError(f"tensor {name[:80]!r} has the unknown dtype {dtype[:20]!r}")
    if len(shape) > MAX_DIMENSIONS or not all(type(side) is int and side > 0 for side in shape):
        raise ValueError(f"tensor {name[:80]!r} has the impossible shape {str(shape)[:80]}")
    if not 0 <= begin <= end or end - begin != math.prod(shape) * BYTES[dtype]:
        raise ValueError(f"tensor {name[:80]!r}: {end - begin} bytes are not {dtype} {shape}")
    return Entry(dtype, tuple(shape), begin, end)


def _check_layout(entries: dict[str, Entry], data_size: int) -> None:
    """Tensors lie end to end: no overlap, no hole, nothing before, behind or beyond."""
    position = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].begin):
        if entry.begin != position:
            raise ValueError(f"tensor {name[:80]!r} starts at byte {entry.begin}, not at {position}")
        position = entry.end
    if position != data_size:
        raise ValueError(f"the header describes {position} bytes of data, the file has {data_size}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("its header names one thing twice")
    return unique


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"the number {digits[:24]} is too long")
    return int(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number for a header")
