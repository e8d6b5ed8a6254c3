"""Events become lines, JSON or nothing."""

import io
import json
import sys
from pathlib import Path

import pytest

from i2v_cli.cli.progress import reporter
from i2v_cli.events import Noted, Stage, Step, Warned, Wrote

STORY = [
    Stage("load"),
    Noted("cropped\x1b[2J"),
    Stage("denoise", 20),
    *(Step(done, 20) for done in range(1, 21)),
    Stage("write"),
    Warned("frozen"),
    Wrote(Path("clip.mp4")),
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(**how: bool) -> None:
    with reporter(**({"events": False, "quiet": False} | how)) as report:
        for event in STORY:
            report(event)


def test_off_a_terminal_a_line_a_stage_and_a_tenth(capsys):
    told()
    tenths = [f"denoise {10 * n} % ({2 * n}/20)" for n in range(1, 11)]
    wanted = ["load", "cropped\\x1b[2J", "denoise", *tenths, "write", "warning: frozen"]
    assert capsys.readouterr() == ("", "\n".join(wanted) + "\n")


def test_a_step_that_skips_tenths_is_one_line(capsys):
    with reporter(events=False, quiet=False) as report:
        report(Stage("decode", 9))
        report(Step(8, 9))
        report(Step(9, 9))
    assert capsys.readouterr().err == "decode\ndecode 88 % (8/9)\ndecode 100 % (9/9)\n"


def test_events_are_json_lines_on_stdout_alone(capsys):
    told(events=True)
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert {line["schema"] for line in lines} == {1}
    kinds = ["stage", "note", "stage", *["step"] * 20, "stage", "warning", "wrote"]
    assert [line["type"] for line in lines] == kinds
    assert lines[2] == {"schema": 1, "type": "stage", "name": "denoise", "total": 20, "detail": ""}
    assert lines[-1] == {"schema": 1, "type": "wrote", "path": "clip.mp4", "kind": "video"}


def test_quiet_says_nothing(capsys):
    told(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_bars_with_the_hour_of_arrival(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    told()
    drawn = sys.stderr.getvalue()
    assert "20/20" in drawn and "ETA" in drawn and "warning: frozen" in drawn
    assert "\x1b[2J" not in drawn, "a note must not reach the terminal raw"


def test_no_color_draws_without_colours(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stderr", Terminal())
    told()
    assert "20/20" in sys.stderr.getvalue()
    assert "\x1b[3" not in sys.stderr.getvalue()


@pytest.mark.parametrize("kind", ["dumb", "unknown"])
def test_a_dumb_terminal_gets_lines(kind, monkeypatch):
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(sys, "stderr", Terminal())
    told()
    assert "\x1b" not in sys.stderr.getvalue()
    assert "denoise 50 % (10/20)" in sys.stderr.getvalue()
