import json
import random
import struct
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from i2v_cli.errors import ModelError
from i2v_cli.weights.header import MAX_HEADER, MAX_TENSORS, Entry, read

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def write(path: Path, header: bytes | dict, data: bytes = b"") -> Path:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.safetensors"


def test_header_of_a_real_file_tells_every_tensor(path: Path) -> None:
    tensors = {
        "a": torch.zeros(2, 3),
        "b": torch.zeros((), dtype=torch.bfloat16),
        "c": torch.ones(4, dtype=torch.int64),
    }
    save_file(tensors, path, metadata={"note": "any"})
    entries = read(path)
    assert {name: (entry.dtype, entry.shape) for name, entry in entries.items()} == {
        "a": ("F32", (2, 3)),
        "b": ("BF16", ()),
        "c": ("I64", (4,)),
    }
    assert sum(entry.end - entry.begin for entry in entries.values()) == 24 + 2 + 32


def test_a_plain_header_is_read(path: Path) -> None:
    assert read(write(path, {"w": F32}, bytes(8))) == {"w": Entry("F32", (2,), 0, 8)}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"", "Expecting value"),
        (b"[]", "not an object"),
        (b"\xff{}", "codec can't decode"),
        (b"[" * 100_000, "recursion"),
        (b'{"w":' + json.dumps(F32).encode() + b',"w":' + json.dumps(F32).encode() + b"}", "twice"),
        (b'{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', "twice"),
        (b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', "NaN"),
        (b'{"w":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,8]}}', "too long"),
        ({"w": 1}, "needs dtype, shape and data_offsets"),
        ({"w": {**F32, "extra": 1}}, "nothing else"),
        ({"w": {"dtype": "F32", "shape": [2]}}, "needs dtype"),
        ({"w": {**F32, "dtype": "F8_E4M3"}}, "unknown dtype 'F8_E4M3'"),
        ({"w": {**F32, "shape": [-2]}}, "impossible shape"),
        ({"w": {**F32, "shape": [2.0]}}, "impossible shape"),
        ({"w": {**F32, "shape": [True]}}, "impossible shape"),
        ({"w": {**F32, "shape": [2**40, 0]}}, "impossible shape"),
        ({"w": {**F32, "shape": [1] * 9}}, "impossible shape"),
        ({"w": {**F32, "shape": [3]}}, "8 bytes are not F32"),
        ({"w": {**F32, "data_offsets": [8, 0]}}, "-8 bytes are not F32"),
        ({"w": {**F32, "data_offsets": [4, 12]}}, "starts at byte 4, not at 0"),
        ({"v": F32, "w": F32}, "starts at byte 0, not at 8"),
        ({"v": F32, "w": {**F32, "data_offsets": [8, 16]}}, "describes 16 bytes of data, the file has 8"),
        ({}, "describes 0 bytes of data, the file has 8"),
    ],
)
def test_a_header_that_lies_is_refused(path: Path, header: bytes | dict, reason: str) -> None:
    with pytest.raises(ModelError, match="is no usable safetensors file") as caught:
        read(write(path, header, bytes(8)))
    assert reason in caught.value.message
    assert str(path) in caught.value.message


def test_a_length_beyond_the_file_is_refused_without_reading_it(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 2**63) + b"{}")
    with pytest.raises(ModelError, match="the header says 9223372036854775808 bytes, the file has 10"):
        read(path)


def test_a_huge_header_is_refused_at_once(path: Path) -> None:
    write(path, b" " * (MAX_HEADER + 1))
    started = time.perf_counter()
    with pytest.raises(ModelError, match="is over 10000000"):
        read(path)
    assert time.perf_counter() - started < 0.3


def test_too_many_tensors_are_refused(path: Path) -> None:
    with pytest.raises(ModelError, match="20001 tensors are over 20000"):
        read(write(path, dict.fromkeys(map(str, range(MAX_TENSORS + 1)), 0)))


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is missing"):
        read(tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="not a regular file"):
        read(tmp_path)


def test_a_name_that_no_system_allows_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="weights"):
        read(tmp_path / ("n" * 5000))


def test_control_characters_of_a_file_stay_off_the_terminal(path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        read(write(path, {"\x1b]0;pwn\x07\u202e": 1}))
    assert caught.value.message.removeprefix(str(path)).isprintable()


def test_ten_thousand_damaged_headers_are_refused_or_right(path: Path) -> None:
    random_ = random.Random(20261122)
    names = [f"blocks.{i}.weight" for i in range(4)]
    whole = json.dumps(
        {"__metadata__": {"format": "pt"}}
        | {
            name: {"dtype": "F32", "shape": [2, 1], "data_offsets": [8 * i, 8 * i + 8]}
            for i, name in enumerate(names)
        }
    ).encode()
    refused = 0
    for _ in range(10_000):
        write(path, _damaged(whole, random_), bytes(32))
        try:
            entries = read(path)
        except ModelError:
            refused += 1
        else:
            assert sorted((entry.begin, entry.end) for entry in entries.values())[-1][1] == 32
    assert refused > 5_000


def _damaged(whole: bytes, random_: random.Random) -> bytes:
    raw = bytearray(whole)
    for _ in range(random_.randint(1, 3)):
        at = random_.randrange(len(raw))
        match random_.randrange(5):
            case 0:
                raw[at] ^= 1 << random_.randrange(8)
            case 1:
                del raw[at : at + random_.randint(1, 9)]
            case 2:
                raw[at:at] = random_.choice(
                    [b"0", b"-1", b"[", b"{", b'"', b",", b"9" * 30, b"null", b"1e9", b"\x00"]
                )
            case 3:
                raw[at:at] = raw[random_.randrange(len(raw)) :][:40]
            case _:
                raw[at] = random_.choice(b'0123456789[]{},:"')
    return bytes(raw)
