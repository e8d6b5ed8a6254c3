"""Rows of YAML, CSV and JSONL: the same rows, with their lines, and nothing but rows."""

import io
import random
import sys
import time
from pathlib import Path

import pytest

from i2v_cli.errors import UsageError
from i2v_cli.jobs import batchfile


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """rows("a.csv", text) -> [(place, {key: raw})], read in a folder with a.png, b.png and sub/c.png."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "b.png", "sub/c.png"):
        (tmp_path / name).touch()

    def read(name: str, text: str | bytes) -> list[tuple[str, dict[str, object]]]:
        Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
        found = batchfile.read(name)
        return [(row.place, {key: value.raw for key, value in row.values.items()}) for row in found]

    return read


YAML = "- image: a.png\n  prompt: pan left\n  steps: 8\n- {image: b.png, prompt: zoom in}\n"
CSV = "image,prompt,steps\na.png,pan left,8\nb.png,zoom in,\n"
JSONL = '{"image": "a.png", "prompt": "pan left", "steps": 8}\n\n{"image": "b.png", "prompt": "zoom in"}\n'


def test_three_formats_give_the_same_rows(rows):
    wanted = [
        {"image": Path("a.png"), "prompt": "pan left", "steps": 8},
        {"image": Path("b.png"), "prompt": "zoom in"},
    ]
    assert rows("a.yaml", YAML) == [("a.yaml:1", wanted[0]), ("a.yaml:4", wanted[1])]
    assert rows("a.jsonl", JSONL) == [("a.jsonl:1", wanted[0]), ("a.jsonl:3", wanted[1])]
    wanted[0]["steps"] = "8"  # a cell is text, as on the command line
    assert rows("a.csv", CSV) == [("a.csv:2", wanted[0]), ("a.csv:3", wanted[1])]


def test_json_may_be_indented_with_tabs_and_write_pairs_of_escapes(rows):
    text = '[\n\t{\n\t\t"image": "a.png",\n\t\t"prompt": "pan\\tleft \\ud83d\\ude00"\n\t}\n]\n'
    assert rows("a.json", text) == [("a.json:2", {"image": Path("a.png"), "prompt": "pan\tleft \U0001f600"})]


@pytest.mark.parametrize("text", [YAML, CSV, JSONL, "# rows\n" + YAML, "rows:\n" + YAML])
def test_stdin_is_read_in_the_format_that_it_has(text, rows, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert [row.values["prompt"].raw for row in batchfile.read("-")] == ["pan left", "zoom in"]


def test_defaults_are_what_a_row_does_not_say_and_null_takes_them_back(rows):
    text = "defaults: {steps: 8, fit: pad}\nrows:\n- {image: a.png, steps: 9}\n- {image: b.png, fit: null}\n"
    assert rows("a.yml", text) == [
        ("a.yml:3", {"image": Path("a.png"), "steps": 9, "fit": "pad"}),
        ("a.yml:4", {"image": Path("b.png"), "steps": 8}),
    ]


def test_pattern_is_a_row_for_each_file_in_order(rows):
    found = rows("a.csv", "image,prompt\n*.png,pan\n**/c.png,tilt\n")
    assert [str(row["image"]) for _, row in found] == ["a.png", "b.png", str(Path("sub/c.png"))]
    assert {place for place, _ in found} == {"a.csv:2", "a.csv:3"}


def test_file_that_is_named_like_a_pattern_is_itself(rows, tmp_path):
    (tmp_path / "[ab].png").touch()
    assert [str(row["image"]) for _, row in rows("a.csv", "image\n[ab].png\n")] == ["[ab].png"]


def test_cell_may_hold_commas_quotes_and_lines(rows):
    found = rows("a.csv", 'image,prompt\r\na.png,"pan left, ""then""\nzoom"\r\n')
    assert found[0][1]["prompt"] == 'pan left, "then"\nzoom'


@pytest.mark.parametrize(
    ("name", "text", "message", "hint"),
    [
        ("a.txt", CSV, "a.txt ends in none of .yaml", "suffix"),
        ("a.csv", "", "holds no rows", "image"),
        ("a.yaml", "", "holds no rows", "image"),
        ("a.csv", "image,promt\n", "a.csv:1: there is no key promt", "did you mean prompt?"),
        ("a.csv", "image,family\n", "a.csv:1: there is no key family", "keys: "),
        ("a.csv", "image,image\n", "a.csv:1: image is given twice", "drop"),
        ("a.csv", "image,prompt\na.png,pan left, slowly\n", "a.csv:2: 3 cells under 2 columns", "quote"),
        ("a.csv", "image,prompt\na.png\n", "a.csv:2: 1 cells under 2 columns", "quote"),
        ("a.csv", 'image\n"a.png\n', "not CSV", "quote"),
        ("a.csv", "prompt\npan\n", "a.csv:2: the row has no image", "image"),
        ("a.csv", "image\nnone*.png\n", "a.csv:2: no file matches none*.png", "pattern"),
        ("a.csv", b"image\n\xff.png\n", "is not UTF-8 text", "UTF-8"),
        ("a.csv", "image\na\0*.png\n", "a.csv:2: image holds a NUL", "plain text"),
        ("a.jsonl", "[1]\n", "a.jsonl:1: a row is an object", "image"),
        ("a.jsonl", "{\n", "a.jsonl:1: not JSON", "one line"),
        ("a.jsonl", '{"image": {"a": 1}}', "a.jsonl:1: image must be a single value", "nest"),
        ("a.jsonl", '{"image": ["a"]}', "a.jsonl:1: image must be a single value", "nest"),
        ("a.jsonl", '{"image": "a.png", "image": "b.png"}', "image is given twice", "drop"),
        ("a.jsonl", '{"image": 5}', "the row has no image", "image"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: not JSON", "one line"),
        ("a.jsonl", '{"image": ' + "9" * 5000 + "}", "a.jsonl:1: not JSON", "one line"),
        ("a.yaml", "steps: 8", "a.yaml:1: there is no key steps", "`defaults` and `rows`"),
        ("a.yaml", "rows: {a: 1}", "a.yaml:1: rows must be a list", "for example"),
        ("a.yaml", "rows: []\nrows: []", "a.yaml:2: rows is given twice", "drop"),
        ("a.yaml", "defaults: 5", "a.yaml:1: defaults must be a mapping", "for example"),
        ("a.yaml", "pan", "a.yaml:1: a batch file is a list", "for example"),
        ("a.yaml", "- pan", "a.yaml:1: a row is `key: value`", "for example"),
        ("a.yaml", "- image: [a.png]", "a.yaml:1: image must be a single value", "nest"),
        ("a.yaml", "- {image: a.png}\n---\n- {image: b.png}", "a.yaml:3: a batch file is one list", "drop"),
        ("a.yaml", "- &a {image: a.png}\n- *a", "a.yaml:1: batch files have no anchors", "write"),
        ("a.yaml", "- {<<: {image: a.png}}", "there is no key <<", "keys"),
        ("a.yaml", "- {image: !!python/name:os.system a}", "batch files have no tags", "plain"),
    ],
)
def test_what_is_no_batch_file_is_refused_with_its_line(name, text, message, hint, rows):
    with pytest.raises(UsageError) as caught:
        rows(name, text)
    assert message in caught.value.message and hint in caught.value.hint
    assert len(caught.value.message) < 300


BOMBS = {
    "aliases": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20)),
    "depth": "- " * 20_000 + "a",
    "flow depth": "[" * 20_000,
    "keys": "- {" + ", ".join(f"key{n}: 1" for n in range(8000)) + "}",
    "empty rows": "- {}\n" * 8000,
    "quotes": '"' * 60_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_quick_and_quiet(name, rows):
    began = time.process_time()
    with pytest.raises(UsageError) as caught:
        rows("a.yaml", BOMBS[name])
    assert len(caught.value.message) < 300
    assert time.process_time() - began < 2


@pytest.mark.parametrize(("name", "source"), [("a.yaml", YAML), ("a.csv", CSV), ("a.jsonl", JSONL)])
def test_mutated_batch_files_are_read_or_refused(name, source, rows):
    rng = random.Random(0)
    for _ in range(500):
        text = list(source)
        for _ in range(rng.randrange(1, 9)):
            text[rng.randrange(len(text))] = rng.choice("{}[]:&*!|>#%@`\"'\\\n\t \x00é0,-?")
        try:
            rows(name, "".join(text))
        except UsageError:
            continue


def test_file_that_is_too_large_is_refused(rows, monkeypatch):
    monkeypatch.setattr(batchfile, "LARGEST_FILE", 2048)
    with pytest.raises(UsageError, match="larger than 2 kB"):
        rows("a.csv", "image\n" + "a.png\n" * 400)


@pytest.mark.parametrize(("name", "text"), [("a.csv", CSV), ("a.jsonl", JSONL), ("a.yaml", YAML)])
def test_too_many_rows_are_refused(name, text, rows, monkeypatch):
    monkeypatch.setattr(batchfile, "MOST_ROWS", 1)
    with pytest.raises(UsageError, match="more than 1 rows"):
        rows(name, text)
