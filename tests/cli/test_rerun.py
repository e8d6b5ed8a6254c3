"""`i2v rerun` and `i2v history`: the same frames again, or why not; and what the shell is told."""

import json
import os
from types import SimpleNamespace

import pytest
from PIL import Image

from i2v_cli import history
from i2v_cli.history import Run
from i2v_cli.media import metadata

QUICK = ("--size", "64x64", "--frames", "3", "--steps", "2", "--seed", "5", "--threads", "1", "-q")


@pytest.fixture
def clip(run, folder, capsys):
    """clip.mp4, made from photo.png beside it."""
    Image.effect_noise((64, 48), 60).convert("RGB").save("photo.png")
    assert run("generate", "photo.png", "zoom in", *QUICK, "-o", "clip.mp4") == 0
    capsys.readouterr()
    return folder / "clip.mp4"


def test_the_same_frames_come_again(clip, run, capsys):
    assert run("rerun", "clip.mp4", "--verify", "-o", "again.mp4") == 0
    out, err = capsys.readouterr()
    assert out == "again.mp4\n" and "the frames are those of clip.mp4" in err
    first, second = (metadata.read(clip.parent / name)["recipe"] for name in ("clip.mp4", "again.mp4"))
    assert first["frames_sha256"] == second["frames_sha256"]
    runs = history.runs(5)
    assert [(row.command, row.exit_code) for row in runs] == [("rerun", 0), ("generate", 0)]


def test_verifying_alone_leaves_no_clip(clip, run, capsys):
    assert run("rerun", "clip.mp4", "--verify") == 0
    out, err = capsys.readouterr()
    assert out == "" and "the frames are those of clip.mp4" in err
    assert sorted(entry.name for entry in clip.parent.iterdir()) == ["clip.mp4", "photo.png"]
    assert history.runs(1)[0].output == str(clip)
    assert run("rerun", "clip.mp4", "--verify", "--events") == 0
    assert all(json.loads(line)["type"] != "wrote" for line in capsys.readouterr().out.splitlines())
    assert run("rerun", "clip.mp4", "--verify", "--json", "-q") == 0
    assert json.loads(capsys.readouterr().out)["path"] is None


def test_what_made_the_frames_differ_is_named(clip, run, capsys, monkeypatch):
    recorded = metadata.read(clip)
    told = {**recorded["recipe"], "frames_sha256": "0" * 64, "torch": "1.0", "i2v": "0.0.1"}
    monkeypatch.setattr(metadata, "read", lambda _: {**recorded, "recipe": told})
    assert run("rerun", "clip.mp4", "--verify", "-o", "again.webm", "-q") == 6
    out, err = capsys.readouterr()
    assert (
        out == "" and "the frames differ" in err and "torch 1.0 then" in err and "version 0.0.1 then" in err
    )
    assert history.runs(1)[0].exit_code == 6
    assert run("rerun", "clip.mp4", "--no-log") == 0  # told, and no error, where nobody asked
    assert "the frames are not those of clip.mp4" in capsys.readouterr().err
    assert len(history.runs(9)) == 2


@pytest.fixture
def made(folder, monkeypatch):
    """A recipe without a clip: made(**recipe) is what any file says."""

    def say(**recipe):
        monkeypatch.setattr(metadata, "read", lambda _: {"recipe": recipe or None})

    return say


RECIPE = {
    "prompt": "x", "preset": "pocket", "family": "pocket", "seed": 1, "steps": 2, "guidance": 1.0,
    "fps": 16.0, "sampler": "euler", "width": 64, "height": 64, "frames": 3, "image": "photo.png",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"image": "gone.png"}, "gone.png is not beside it"),
        ({"image": "../here/photo.png", "prompt": None}, "prompt"),
        ({"image": "x" * 5000}, "is not beside it"),
        ({"image": ""}, "not named"),
        ({"image_sha256": "0" * 64}, "another photo by now"),
        ({"seed": -1}, "seed"),
    ],
    ids=str,
)
def test_what_cannot_be_repeated_is_an_input_error_before_the_work(made, run, capsys, changed, words):
    made(**{**RECIPE, **changed})
    assert run("rerun", "clip.mp4") == 3
    assert words in capsys.readouterr().err


def test_a_file_without_a_recipe_or_digest_is_an_input_error(made, run, capsys):
    made()
    assert run("rerun", "clip.mp4") == 3
    made(**RECIPE)
    assert run("rerun", "clip.mp4", "--verify") == 3
    assert "digest of the frames" in capsys.readouterr().err


def test_a_missing_file_and_an_existing_output_are_found_before_the_work(made, run, folder, capsys):
    assert run("rerun", "none.mp4") == 3
    made(**RECIPE)
    (folder / "old.mp4").write_text("precious")
    assert run("rerun", "clip.mp4", "-o", "old.mp4") == 2
    assert (folder / "old.mp4").read_text() == "precious"
    assert history.runs(9) == []


RUN = Run(
    id=1, began="2026-01-01T00:00:00+00:00", command="generate", image="/a.png", prompt="x", seed=1,
    output="/a\x1b.mp4", request="{}", version="0.1.0", seconds=4.25, peak_memory=300 << 20, exit_code=0,
    error=None,
)  # fmt: skip


@pytest.fixture
def rows(monkeypatch):
    killed = SimpleNamespace(**{key: getattr(RUN, key) for key in RUN.__slots__})
    killed.seconds = killed.peak_memory = killed.exit_code = None
    monkeypatch.setattr(history, "runs", lambda limit: [RUN, killed][:limit])


def test_history_is_a_line_a_run(rows, run, capsys):
    assert run("history") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "4.2 s" in first and "300 MiB" in first and "exit   0" in first and "\x1b" not in first
    assert "exit   -" in second


def test_history_as_json_is_one_result(rows, run, capsys):
    assert run("history", "--json", "--limit", "1") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["type"], len(said["runs"]), said["runs"][0]["peak_memory"]) == ("result", 1, 300 << 20)


def test_a_run_is_left_out_of_the_history_when_asked(run, folder, monkeypatch, capsys):
    from i2v_cli import generate as line

    monkeypatch.setattr(line, "generate", lambda *_: (_ for _ in ()).throw(OSError(28, os.strerror(28))))
    assert run("generate", "photo.png", "pan") == 5
    assert [row.exit_code for row in history.runs(9)] == [5]
    assert run("generate", "photo.png", "pan", "--no-log") == 5
    monkeypatch.setenv("I2V_NO_LOG", "1")
    assert run("generate", "photo.png", "pan") == 5
    assert len(history.runs(9)) == 1


def test_a_name_that_ends_in_no_format_is_refused(clip, run, capsys):
    assert run("rerun", "clip.mp4", "-o", "again.mov") == 2
    assert ".mov is no format" in capsys.readouterr().err
