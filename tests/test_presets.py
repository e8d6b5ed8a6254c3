"""Presets are data: found in a fixed order, read with line numbers, and unable to do harm."""

import os
import random
import time
from pathlib import Path

import pytest

from i2v_cli import presets
from i2v_cli.errors import UsageError

SHIPPED = Path(__file__).parent.parent / "presets"


def values(text: str) -> dict[str, object]:
    return {key: value.raw for key, value in presets.parse(text, "own.yaml").items()}


@pytest.mark.parametrize(
    ("written", "raw"),
    [
        ("16", 16),
        ("-3", -3),
        ("2.5", 2.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("", None),
        ("no", "no"),
        ("yes", "yes"),
        ("012", "012"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        (".inf", ".inf"),
        ("12:30:00", "12:30:00"),
        ("2026-01-31", "2026-01-31"),
        ("True", "True"),
        ("~", "~"),
        ("'16'", "16"),
        ('"true"', "true"),
        ("9" * 5000, "9" * 5000),
        ("dpmpp-2m # best", "dpmpp-2m"),
    ],
)
def test_value_is_read_by_jsons_rules(written, raw):
    assert values(f"negative: {written}") == {"negative": raw}


def test_json_is_a_preset_too():
    assert values('{"family": "pocket", "steps": 8}') == {"family": "pocket", "steps": 8}


def test_value_remembers_its_line():
    parsed = presets.parse("# comment\n\nfamily: pocket\nsteps: 8\n", "own.yaml")
    assert parsed["steps"].origin == "preset own.yaml:4"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("family: pocket\nstpes: 8", "own.yaml:2: there is no key stpes", "did you mean steps?"),
        ("zzz: 8", "own.yaml:1: there is no key zzz", "keys: aesthetic"),
        ("steps: 8\nsteps: 9", "own.yaml:2: steps is given twice, first at own.yaml:1", "drop"),
        ("image: a.png", "own.yaml:1: a preset cannot set image", "command line"),
        ("prompt: pan", "cannot set prompt", "command line"),
        ("output: ../../x.mp4", "cannot set output", "command line"),
        ("sheet: /etc/x", "cannot set sheet", "command line"),
        ("overwrite: true", "cannot set overwrite", "command line"),
        ("ai_mark: false", "cannot set ai_mark", "command line"),
        ("steps: &a 8", "own.yaml:1: presets have no anchors", "quote"),
        ("steps: *a", "own.yaml:1: presets have no anchors", "quote"),
        ("steps: !!python/object/apply:os.system [x]", "own.yaml:1: presets have no tags", "plain"),
        ("steps: !!int 8", "presets have no tags", "plain"),
        ("steps: [1, 2]", "own.yaml:1: steps must be a single value", "nest"),
        ("steps: {a: 1}", "own.yaml:1: steps must be a single value", "nest"),
        ("? [a]\n: 1", "a key must be a single value", "nest"),
        ("<<: 1", "there is no key <<", "keys"),
        ("- steps", "own.yaml:1: a preset is lines", "steps: 16"),
        ("steps", "own.yaml:1: a preset is lines", "steps: 16"),
        ("steps: 8\n---\nfps: 8", "own.yaml:3", "nest"),
        ("steps: 8\n\tfps: 8", "own.yaml:2: not YAML", "quote"),
        ("negative: a: b", "own.yaml:1: not YAML", "quote"),
        ("{steps: 8", "not YAML", "quote"),
        ("steps: \x07", "control characters", "plain text"),
    ],
)
def test_what_is_no_preset_is_refused_with_its_line(text, message, hint):
    with pytest.raises(UsageError) as caught:
        presets.parse(text, "own.yaml")
    assert message in caught.value.message
    assert hint in caught.value.hint


BOMBS = {
    "aliases": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20)),
    "merges": "a: &a {x: 1}\n" + "".join(f"b{n}: &b{n} {{<<: [*a, *a]}}\n" for n in range(20)),
    "depth": "steps: " + "[" * 30_000,
    "block depth": "".join(" " * n + "steps:\n" for n in range(300)),
    "keys": "".join(f"key{n}: 1\n" for n in range(8000)),
    "same key": "steps: 1\n" * 8000,
    "long number": "steps: " + "9" * 60_000,
    "long text": "negative: " + "x" * 60_000,
    "comments": "# x\n" * 16_000,
    "quotes": '"' * 60_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_quick_and_quiet(name, tmp_path):
    path = tmp_path / "bomb.yaml"
    path.write_text(BOMBS[name])
    began = time.process_time()
    try:
        presets.read(path)
    except UsageError as error:
        assert len(error.message) < 300
    assert time.process_time() - began < 2


def test_mutated_presets_are_read_or_refused(tmp_path):
    rng = random.Random(0)
    source = (SHIPPED / "pocket.yaml").read_text()
    for _ in range(2000):
        text = list(source)
        for _ in range(rng.randrange(1, 12)):
            text[rng.randrange(len(text))] = rng.choice("{}[]:&*!|>#%@`\"'\\\n\t \x00é0")
        try:
            presets.parse("".join(text), "own.yaml")
        except UsageError:
            continue


def test_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("#" * (presets.LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="larger than 64 kB"):
        presets.read(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"steps: \xe9"])
def test_file_that_is_no_text_is_refused(data, tmp_path):
    path = tmp_path / "own.yaml"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="UTF-8"):
        presets.read(path)


def test_folder_is_no_preset(tmp_path):
    with pytest.raises(UsageError, match="not a file"):
        presets.read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_fifo_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "own.yaml")
    with pytest.raises(UsageError, match="not a file"):
        presets.read(tmp_path / "own.yaml")


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The user's folder, which is empty, before that of the checkout."""
    own = tmp_path / "presets"
    own.mkdir()
    monkeypatch.setattr(presets, "folders", lambda: [own, SHIPPED])
    return own


def test_users_preset_goes_before_the_packages(folders):
    (folders / "pocket.yaml").write_text("description: mine\nfamily: pocket\n")
    assert presets.load("pocket").description == "mine"
    assert list(presets.known()) == sorted(path.stem for path in presets.folders()[-1].glob("*.yaml"))


def test_name_with_a_folder_or_suffix_is_a_file(folders, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text("family: pocket\n")
    for name in ("own.yaml", "./own.yaml", str(tmp_path / "own.yaml")):
        assert presets.load(name).name == "own"


@pytest.mark.parametrize("name", ["../pocket", "/etc/passwd", "none.yaml", "a/b", "..", ""])
def test_name_that_leads_nowhere_is_refused(name, folders):
    with pytest.raises(UsageError):
        presets.load(name)


def test_unknown_name_names_the_nearest_or_all(folders):
    with pytest.raises(UsageError) as caught:
        presets.load("poket")
    assert caught.value.hint == "did you mean pocket?"
    with pytest.raises(UsageError) as caught:
        presets.load("zzz")
    assert "pocket, pocket-draft, pocket-hd" in caught.value.hint


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_preset_is_short_and_says_what_it_is_for(path):
    preset = presets.read(path)
    assert preset.description and len(preset.description) < 80
    assert len(path.read_text().splitlines()) < 20
