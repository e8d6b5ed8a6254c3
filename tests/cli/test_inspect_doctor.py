"""`i2v inspect` and `i2v doctor`: how facts are shown. The facts have tests of their own."""

import json

import pytest

from i2v_cli import doctor
from i2v_cli.doctor import Finding
from i2v_cli.media import metadata, provenance, video
from i2v_cli.media.video import VideoInfo

SAID = {
    "ai_generated": True,
    "digital_source_type": "trainedAlgorithmicMedia",
    "software": "i2v 0.1.0",
    "recipe": {"prompt": "pan\x1b[2J", "seed": 7, "check": {"problems": []}},
}


@pytest.fixture
def clip(monkeypatch):
    info = VideoInfo(width=96, height=64, frames=9, fps=16.0, codec="h264", pix_fmt="yuv420p")
    monkeypatch.setattr(metadata, "read", lambda _: dict(SAID))
    monkeypatch.setattr(provenance, "read", lambda _: {"state": "valid", "signer": "me\x1b[2J"})
    monkeypatch.setattr(video, "probe", lambda _: info)


def test_inspect_shows_mark_recipe_and_encoding(clip, run, capsys):
    assert run("inspect", "clip.mp4") == 0
    out = capsys.readouterr().out
    for line in (
        "ai_generated: true",
        "frames: 9",
        "codec: h264",
        "  seed: 7",
        "    problems: []",
        "  state: valid",
    ):
        assert line in out.splitlines()
    assert "\x1b" not in out


def test_inspect_as_json_is_one_result(clip, run, capsys):
    assert run("inspect", "clip.mp4", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["type"], said["recipe"]["seed"], said["video"]["frames"]) == ("result", 7, 9)


def test_inspect_of_what_is_missing_is_an_input_error(run, capsys):
    assert run("inspect", "none.mp4") == 3
    assert "none.mp4" in capsys.readouterr().err


@pytest.fixture
def findings(monkeypatch):
    found = [Finding("torch", "2.13"), Finding("disk", "0.1 GiB free", False, "make room")]
    monkeypatch.setattr(doctor, "examine", lambda: found)


def test_doctor_shows_each_problem_with_its_fix(findings, run, capsys):
    assert run("doctor") == 8
    assert capsys.readouterr().out.splitlines() == [
        "ok       torch  2.13",
        "PROBLEM  disk   0.1 GiB free",
        "                fix: make room",
    ]


def test_doctor_as_json_says_whether_all_is_well(findings, run, capsys):
    assert run("doctor", "--json") == 8
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert said["findings"][1] == {"name": "disk", "value": "0.1 GiB free", "ok": False, "fix": "make room"}


def test_doctor_of_a_healthy_machine_ends_with_zero(monkeypatch, run):
    monkeypatch.setattr(doctor, "examine", lambda: [Finding("torch", "2.13")])
    assert run("doctor") == 0
