"""What is printed does nothing to a terminal, whatever it is made of."""

import json

import pytest
import yaml

from i2v_cli.cli import output


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b]0;pwn\x07", "\\x1b]0;pwn\\x07"),
        ("a\rb\nc\td", "a\\rb\\nc\\td"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\u2028", "\\u2028"),
        ("\udcff", "\\udcff"),
        ("\ue000\U000f0000", "\\ue000\\U000f0000"),
        ("\x00", "\\x00"),
        ("Zoë 写真 👩\u200d🚀", "Zoë 写真 👩\u200d🚀"),
    ],
)
def test_safe_text_escapes_what_acts_and_keeps_what_reads(raw, shown):
    assert output.safe_text(raw) == shown


def test_lines_go_through_safe_text(capsys):
    output.say("\x1b[2J")
    output.result("\x1b[2J")
    assert capsys.readouterr() == ("\\x1b[2J\n", "\\x1b[2J\n")


def test_json_is_ascii_and_keeps_odd_names(capsys):
    output.emit("result", {"path": "n\udcff\x1b é"})
    out = capsys.readouterr().out
    assert out.isascii() and out.count("\n") == 1
    assert json.loads(out) == {"schema": 1, "type": "result", "path": "n\udcff\x1b é"}


def test_closed_streams_are_no_error(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    output.say("x")
    output.result("x")
    output.emit("result", {})


@pytest.mark.parametrize(
    "raw", [None, True, 3, 2.5, "crop", "dpmpp-2m", "", "no: yes", "12", "true", "é x", "a#b"]
)
def test_yaml_value_reads_back_as_it_was(raw):
    assert yaml.safe_load(f"key: {output.yaml_value(raw)}")["key"] == raw
