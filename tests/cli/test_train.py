"""`i2v train`: what reaches the loop, and what is refused before it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from i2v_cli import training
from i2v_cli.events import Noted, Step


@pytest.fixture
def loop(monkeypatch):
    asked = []

    def train(config, report):
        asked.append(config)
        report(Noted("loss 1.0"))
        report(Step(500, 1000))
        return Path("out/weights.safetensors")

    module = SimpleNamespace(train=train)
    monkeypatch.setitem(sys.modules, "i2v_cli.training.loop", module)
    monkeypatch.setattr(training, "loop", module, raising=False)
    monkeypatch.setattr("i2v_cli.cli.train.NEEDED", ())
    return asked


def test_flags_reach_the_loop_and_the_weights_are_the_result(loop, run, folder, capsys):
    (folder / "photos").mkdir()
    assert run("train", "photos", "--out", "out", "--steps", "9", "--minutes", "0.5", "--no-resume") == 0
    config = loop[0]
    assert (config.photos, config.out, config.steps) == (Path("photos"), Path("out"), 9)
    assert (config.minutes, config.resume, config.cutouts) == (0.5, False, None)
    out, err = capsys.readouterr()
    assert out == f"{Path('out/weights.safetensors')}\n"
    assert err == "loss 1.0\nstep 50 % (500/1000)\n"


def test_missing_folder_is_a_usage_error(loop, run, capsys):
    assert run("train", "none") == 2
    assert "none" in capsys.readouterr().err


def test_missing_extra_is_told_with_its_fix(loop, run, folder, monkeypatch, capsys):
    monkeypatch.setattr("i2v_cli.cli.train.NEEDED", ("nonsense_module",))
    assert run("train", "photos") == 2
    assert "pip install 'i2v-cli[train]'" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--steps", "--batch", "--minutes"])
def test_zero_is_refused(flag, loop, run, folder):
    (folder / "photos").mkdir()
    assert run("train", "photos", flag, "0") == 2
    assert loop == []


def test_a_folder_without_the_validation_photos_is_told_before_any_clip_is_made(run, folder, capsys):
    assert run("train", str(folder), "--evaluate") == 2
    assert "lacks the validation photo 011.jpg" in capsys.readouterr().err
