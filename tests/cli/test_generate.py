"""`generate` up to the straight line: prompts, names, the plan; and how the result is shown."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

GIVEN = ["generate", "photo.png", "camera pans right", "--dry-run"]


def plan_of(process) -> dict:
    assert process.returncode == 0, process.stderr
    lines = process.stdout.splitlines()
    assert len(lines) == 1
    return json.loads(lines[0])


def test_dry_run_tells_every_value_with_its_origin_and_writes_nothing(i2v, folder):
    done = i2v(*GIVEN, "--steps", "12")
    assert (done.returncode, done.stderr) == (0, "")
    assert "steps: 12                     # flag --steps\n" in done.stdout
    assert "sampler: dpmpp-2m             # preset pocket.yaml:" in done.stdout
    assert "memory: about" in done.stdout and "disk: about" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["photo.png"]


def test_dry_run_as_json_is_one_result(i2v):
    said = plan_of(i2v(*GIVEN, "--json", "--size", "96x64", "--frames", "9"))
    assert (said["schema"], said["type"], said["dry_run"]) == (1, "result", True)
    assert (said["width"], said["height"], said["frames"], said["path"]) == (96, 64, 9, "photo.mp4")
    assert said["request"].keys() == said["origins"].keys()


def test_prompt_comes_from_stdin(i2v):
    said = plan_of(i2v("generate", "photo.png", "-", "--dry-run", "--json", given="\ufeffzoom in é\n"))
    assert said["request"]["prompt"] == "zoom in é"


def test_prompt_comes_from_a_file(i2v, folder):
    (folder / "words.txt").write_text("tilt up,\nslowly\n", encoding="utf-8")
    said = plan_of(i2v("generate", "photo.png", "@words.txt", "--dry-run", "--json"))
    assert said["request"]["prompt"] == "tilt up,\nslowly"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"pan\x00right", b"x" * 20_001, b"x" * 300_000])
def test_prompt_that_is_no_text_is_a_usage_error(data, i2v, folder):
    (folder / "words.txt").write_bytes(data)
    done = i2v("generate", "photo.png", "@words.txt", "--dry-run")
    assert done.returncode == 2
    assert len(done.stderr) < 400


@pytest.mark.parametrize(
    "prompt", ["$(touch pwned)", "`touch pwned`", "; touch pwned", "é 写真", "\x1b[2J\u202e", "--"]
)
def test_prompt_is_only_ever_text(prompt, i2v, folder):
    done = i2v("generate", "--dry-run", "--", "photo.png", prompt)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert [path.name for path in folder.iterdir()] == ["photo.png"]


@pytest.mark.skipif(os.name == "nt", reason="names that only POSIX allows")
@pytest.mark.parametrize(
    "name", [b"\x1b]0;pwn\x07.png", b"a\nb.png", b"n\xff.png", b"%d.png", b"-x.png", b"a b\xe2\x80\xae.png"]
)
def test_hostile_name_works_and_prints_harmlessly(name, i2v, folder):
    (folder / "photo.png").rename(os.fsdecode(name))
    done = i2v("generate", "--dry-run", "--", name, "pan")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    said = i2v("generate", "--dry-run", "--json", "--", name, "pan")
    assert os.fsencode(json.loads(said.stdout)["request"]["image"]) == name


@pytest.mark.skipif(os.name == "nt", reason="names that only POSIX allows")
def test_missing_hostile_name_is_one_harmless_line(i2v):
    done = i2v("generate", "no\x1b[31m\nerror: pwned.png", "pan")
    assert done.returncode == 3
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    assert "\x1b" not in done.stderr


def test_misspelt_variable_is_told(run, monkeypatch, capsys):
    monkeypatch.setenv("I2V_STEP", "3")
    assert run(*GIVEN) == 0
    assert "I2V_STEP is not known" in capsys.readouterr().err


class Line:
    """Stands for the straight line, which has tests of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.planned = None
        monkeypatch.setitem(sys.modules, "i2v_cli.generate", self)
        monkeypatch.setattr("i2v_cli.generate", self, raising=False)

    def generate(self, planned, report):
        self.planned = planned
        recipe = {"seed": planned.request.seed, "check": {"problems": []}}
        return SimpleNamespace(
            path=planned.target, recipe=recipe, seconds={"load": 1.0}, peak_memory=5, verdict=None
        )


def test_the_clips_path_is_the_only_stdout(run, monkeypatch, capsys):
    Line(monkeypatch)
    assert run("generate", "photo.png", "pan", "--sheet", "sheet.png", "--seed", "7") == 0
    out, err = capsys.readouterr()
    assert out == "photo.mp4\n"
    assert "seed 7" in err and "done in 1.0 s" in err


def test_quiet_leaves_the_path(run, monkeypatch, capsys):
    Line(monkeypatch)
    assert run("generate", "photo.png", "pan", "-q") == 0
    assert capsys.readouterr() == ("photo.mp4\n", "")


def test_video_on_stdout_leaves_no_path_there(run, monkeypatch, capsys):
    Line(monkeypatch)
    assert run("generate", "photo.png", "pan", "-o", "-") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("flag", ["--json", "--events"])
def test_result_is_one_object(flag, run, monkeypatch, capsys):
    Line(monkeypatch)
    assert run("generate", "photo.png", "pan", flag, "--seed", "7") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["type"], said["path"], said["seed"]) == (1, "result", "photo.mp4", 7)
    assert said.keys() >= {
        "width",
        "height",
        "frames",
        "fps",
        "seconds",
        "check",
        "recipe",
        "peak_memory_bytes",
    }


def test_verbose_tells_the_values_on_stderr(run, monkeypatch, capsys):
    Line(monkeypatch)
    assert run("generate", "photo.png", "pan", "-v") == 0
    out, err = capsys.readouterr()
    assert out == "photo.mp4\n"
    assert "# preset pocket.yaml" in err and "memory: about" in err


def test_every_flag_of_a_request_reaches_it(run, monkeypatch):
    line = Line(monkeypatch)
    flags = {
        "output": "out.webm", "overwrite": True, "preset": "pocket-draft", "seconds": 2.0, "fps": 12.0,
        "size": "96x64", "fit": "pad", "background": "#102030", "seed": 5, "steps": 3, "guidance": 1.5,
        "negative": "blur", "sampler": "heun", "shift": 2.0, "device": "cpu", "dtype": "fp32", "threads": 1,
        "format": "webm", "codec": "vp9", "quality": 50, "sheet": Path("sheet.png"), "check": "off",
        "metadata": "minimal", "camera": "pan right 5%", "checkpoint_every": 2, "offload": "disk",
    }  # fmt: skip
    words = [
        part
        for key, raw in flags.items()
        for part in [f"--{key.replace('_', '-')}", *([] if raw is True else [str(raw)])]
    ]
    assert run("generate", "photo.png", "pan", *words, "--no-ai-mark") == 0
    request = line.planned.request
    assert {key: getattr(request, key) for key in flags} == flags
    assert request.ai_mark is False


@pytest.mark.parametrize(
    "wrong", [["--background", "blu"], ["--device", "mps"], ["--dtype", "fp16", "--device", "cpu"]]
)
def test_dry_run_refuses_what_is_no_colour_or_device_here(wrong, i2v):
    if wrong[-1] == "mps" and sys.platform == "darwin":
        pytest.skip("it may be here")
    done = i2v(*GIVEN, *wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert wrong[1] in done.stderr


def test_misspelt_variable_is_told_but_not_when_only_errors_are_wanted(i2v, monkeypatch):
    monkeypatch.setenv("I2V_STEPZ", "3")
    assert "did you mean I2V_STEPS?" in i2v(*GIVEN).stderr
    assert i2v(*GIVEN, "-q").stderr == ""


def test_dry_run_tells_what_each_network_needs_whole_and_streamed(run, monkeypatch, capsys):
    from i2v_cli.families.pocket import config
    from i2v_cli.runtime import memory
    from i2v_cli.runtime.memory import GIB, Phase

    phases = (
        Phase(name="denoise", weights=12 * GIB, streamed=11 * GIB, block=GIB // 4, activations=2 * GIB),
        Phase(name="decode", weights=GIB, activations=3 * GIB),
    )
    monkeypatch.setattr(config, "phases", lambda *_: phases)
    monkeypatch.setattr(memory, "available", lambda *_: 8 * GIB)
    assert run("generate", "photo.png", "pan", "--dry-run") == 0
    told = capsys.readouterr().out.splitlines()
    assert "memory: about 4.2 GiB" in told  # the denoiser's 14 do not fit: it is streamed
    assert "memory to denoise: about 14.0 GiB, 3.5 GiB with --offload disk" in told
    assert "memory to decode: about 4.0 GiB" in told
    assert run("generate", "photo.png", "pan", "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["phases"][0] == {"name": "denoise", "bytes": 14 * GIB, "least_bytes": int(3.5 * GIB)}
