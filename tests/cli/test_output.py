"""What is printed does nothing to a terminal, whatever it is made of."""

import io
import json
import sys

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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_words_and_results_do_nothing_to_a_terminal(monkeypatch):
    for name, write in (("sys.stderr", output.say), ("sys.stdout", output.result)):
        monkeypatch.setattr(name, Terminal())
        write("\x1b[2J\u202e\ue000")
    assert sys.stderr.getvalue() == sys.stdout.getvalue() == "\\x1b[2J\\u202e\\ue000\n"


def test_program_gets_the_real_path_on_one_line(capsys):
    output.result("a\u202eb\ue000 é\u00ad\n\x1b\x9b\udcff.mp4")
    assert capsys.readouterr().out == "a\u202eb\ue000 é\u00ad\\n\\x1b\\x9b\\udcff.mp4\n"


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
