"""The ledger: what is written is read back; what is torn, damaged or foreign never counts and never hurts."""

import json
import random
from pathlib import Path

import pytest

from i2v_cli.errors import UsageError
from i2v_cli.jobs.ledger import NAME, Entry, Ledger, line_of, parsed

ENTRY = Entry(state="done", key="k", target="a.mp4", before=(1, 2, 3), seconds=1.5, error="é\x1b\udcff")


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / NAME


def entry(number: int, state: str = "done") -> Entry:
    return Entry(state=state, key=f"key {number}", target=f"{number}.mp4")


def test_line_reads_back_what_was_written():
    line = line_of(ENTRY)
    assert parsed(line) == ENTRY
    assert line.isascii() and line.count(b"\n") == 1
    assert json.loads(line)["v"] == 1


def test_any_changed_character_makes_a_line_not_count():
    line = line_of(ENTRY).rstrip()
    for position in range(len(line)):
        changed = line[:position] + bytes([line[position] ^ 1]) + line[position + 1 :]
        assert parsed(changed) is None


def test_line_of_a_newer_version_does_not_count():
    fields = json.loads(line_of(ENTRY)) | {"v": 2}
    assert parsed(json.dumps(fields).encode()) is None


def test_last_entry_of_a_target_decides(tmp_path):
    ledger = Ledger(tmp_path)
    (tmp_path / "1.mp4").touch()
    ledger.append(entry(1, "begun"))
    assert not ledger.is_done("key 1", "1.mp4") and ledger.unfinished("key 1", "1.mp4") is not None
    ledger.append(entry(1))
    assert ledger.is_done("key 1", "1.mp4") and ledger.unfinished("key 1", "1.mp4") is None
    ledger.append(Entry(state="begun", key="another", target="1.mp4"))
    assert not ledger.is_done("key 1", "1.mp4") and ledger.unfinished("key 1", "1.mp4") is None


def test_others_see_what_one_has_appended(tmp_path):
    one, other = Ledger(tmp_path), Ledger(tmp_path)
    (tmp_path / "1.mp4").touch()
    one.append(entry(1))
    assert not other.is_done("key 1", "1.mp4")
    other.refresh()
    assert other.is_done("key 1", "1.mp4")


def test_cut_at_any_byte_of_the_last_lines_loses_only_what_is_cut(tmp_path, file):
    ledger = Ledger(tmp_path)
    for number in range(4):
        (tmp_path / f"{number}.mp4").touch()
        ledger.append(entry(number))
    data = file.read_bytes()
    ends = [position + 1 for position, byte in enumerate(data) if byte == 10]
    for cut in range(ends[0], len(data), 7):
        file.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        again = Ledger(tmp_path)
        assert [again.is_done(f"key {number}", f"{number}.mp4") for number in range(4)] == [
            number < whole for number in range(4)
        ]
        again.append(entry(9))  # on a line of its own
        (tmp_path / "9.mp4").touch()
        last = Ledger(tmp_path)
        assert last.is_done("key 9", "9.mp4")
        assert last.damaged == (0 if cut in ends or cut + 1 in ends else 1)  # or only a line end was missing


def test_damaged_ledgers_are_read_and_what_is_whole_counts(tmp_path, file):
    ledger = Ledger(tmp_path)
    for number in range(3):
        ledger.append(entry(number))
    data = file.read_bytes()
    rng = random.Random(0)
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            match rng.randrange(3):
                case 0:
                    damaged[rng.randrange(len(damaged))] = rng.randrange(256)
                case 1:
                    del damaged[rng.randrange(len(damaged)) :]
                case 2:
                    damaged.insert(rng.randrange(len(damaged) + 1), rng.choice(b'\n\0{}[]"9\xff'))
            damaged = damaged or bytearray(b"x")
        file.write_bytes(damaged)
        Ledger(tmp_path)


def test_whatever_is_no_ledger_stays_and_is_appended_to(tmp_path, file):
    file.write_bytes(b"\xff\xfe not mine")
    Ledger(tmp_path).append(entry(1))
    assert file.read_bytes().startswith(b"\xff\xfe not mine\n{")
    assert Ledger(tmp_path).damaged == 1


def test_folder_in_place_of_a_ledger_is_a_usage_error(tmp_path, file):
    file.mkdir()
    with pytest.raises(UsageError, match="cannot read the ledger"):
        Ledger(tmp_path)


def test_archive_holds_what_is_done_and_nothing_else(tmp_path):
    archive = tmp_path / "archive.jsonl"
    ledger = Ledger(tmp_path, archive)
    ledger.append(entry(1, "begun"))
    ledger.append(entry(2))
    assert [parsed(line) for line in archive.read_bytes().splitlines()] == [entry(2)]
    assert Ledger(tmp_path, archive).is_done("key 2", "2.mp4")  # though no file stands there
    assert not Ledger(tmp_path).is_done("key 2", "2.mp4")


def test_nothing_but_the_ledger_is_left_beside_it(tmp_path):
    Ledger(tmp_path).append(entry(1))
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
