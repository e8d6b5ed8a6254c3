from pathlib import Path

import pytest

from i2v_cli.errors import ModelError
from i2v_cli.weights.digest import CHUNK, sha256


def test_sha256_of_abc_is_the_published_one(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_one_flipped_bit_past_the_first_chunk_changes_it(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(CHUNK + 5))
    before = sha256(path)
    path.write_bytes(bytes(CHUNK + 4) + b"\1")
    assert sha256(path) != before


def test_a_missing_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none"):
        sha256(tmp_path / "none")


def test_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"a")
    first = sha256(path)
    assert sha256(path) == first
    path.write_bytes(b"bb")
    assert sha256(path) != first
