"""Every error is one line and a hint on stderr, its exit code, and JSON where that was asked for."""

import errno
import json

import pytest

from i2v_cli import errors, plan
from i2v_cli.errors import ExitCode, Terminated
from i2v_cli.families.pocket.config import DEFAULTS

KINDS = [
    (errors.UsageError("said", "do"), 2, "usage"),
    (errors.SizeError("said", "do"), 2, "usage"),
    (errors.InputError("said", "do"), 3, "input"),
    (errors.ModelError("said", "do"), 4, "model"),
    (errors.FitError("said", "do"), 5, "fit"),
    (errors.CheckError("said", "do"), 6, "check"),
    (errors.EncodingError("said", "do"), 7, "encoding"),
    (errors.NetworkError("said", "do"), 9, "network"),
    (errors.LockedError("said", "do"), 75, "locked"),
]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(_request):
        raise error

    monkeypatch.setattr(plan, "plan", fail)


@pytest.mark.parametrize(("error", "code", "name"), KINDS)
def test_known_error_is_two_lines_and_its_code(error, code, name, run, monkeypatch, capsys):
    failing(monkeypatch, error)
    assert run("generate", "photo.png", "pan") == code
    assert capsys.readouterr() == ("", "error: said\nhint: do\n")


@pytest.mark.parametrize(("error", "code", "name"), KINDS)
@pytest.mark.parametrize("flag", ["--json", "--events"])
def test_known_error_is_a_json_object_too(error, code, name, flag, run, monkeypatch, capsys):
    failing(monkeypatch, error)
    assert run("generate", "photo.png", "pan", flag) == code
    out, err = capsys.readouterr()
    wanted = {"code": name, "message": "said", "hint": "do", "exit_code": code}
    assert json.loads(out) == {"schema": 1, "type": "error", **wanted}
    assert err.startswith("error: said\n")


def test_exit_codes_are_those_of_the_contract():
    codes = {code.name: code.value for code in ExitCode}
    known = {"DONE": 0, "BUG": 1, "USAGE": 2, "INPUT": 3, "MODEL": 4, "FIT": 5, "CHECK": 6, "ENCODING": 7}
    assert codes == known | {"BATCH": 8, "NETWORK": 9, "LOCKED": 75, "INTERRUPTED": 130, "TERMINATED": 143}


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (Terminated(), 143, "terminated"),
        (MemoryError(), 5, "memory"),
        (OSError(errno.ENOSPC, "No space left on device"), 5, "disk"),
    ],
)
def test_what_the_system_does_to_us_has_a_code(error, code, word, run, monkeypatch, capsys):
    failing(monkeypatch, error)
    assert run("generate", "photo.png", "pan") == code
    assert word in capsys.readouterr().err.splitlines()[0]


def test_bug_is_one_line_and_a_saved_traceback(run, monkeypatch, capsys, tmp_path):
    failing(monkeypatch, ValueError("two\nlines"))
    assert run("generate", "photo.png", "pan") == 1
    message, hint = capsys.readouterr().err.splitlines()
    assert message == "error: internal error: ValueError: two\\nlines"
    saved = next((tmp_path / "home").rglob("traceback-*.txt"))
    assert str(saved) in hint
    assert "Traceback" in saved.read_text()


def test_bug_on_a_read_only_home_is_still_one_line(run, monkeypatch, capsys, tmp_path):
    (tmp_path / "home").write_text("no folder")
    failing(monkeypatch, ValueError("x"))
    assert run("generate", "photo.png", "pan") == 1
    assert "I2V_DEBUG=1" in capsys.readouterr().err.splitlines()[1]


def test_traceback_is_shown_only_for_debug(run, monkeypatch, capsys):
    failing(monkeypatch, errors.InputError("said"))
    run("generate", "photo.png", "pan")
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv("I2V_DEBUG", "1")
    run("generate", "photo.png", "pan")
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["generate"], "missing argument", "i2v generate --help"),
        (["generate", "photo.png", "pan", "--stps", "3"], "--steps", "i2v generate --help"),
        (["generate", "photo.png", "pan", "more"], "more", "put the words in quotes"),
        (["generate", "photo.png", "pan", "--steps"], "--steps", "i2v generate --help"),
        (["genrate"], "generate", "`i2v --help`"),
        (["gen", "--help"], "gen", "`i2v --help`"),
        (["photo.png", "pan left"], "photo.png", "i2v generate photo.png 'pan left'"),
        (["generate", "photo.png", "pan", "--device", "gpu"], "--device gpu", "did you mean --device cuda?"),
        (["presets", "lst"], "list", "`i2v presets --help`"),
        (["presets"], "missing command", "i2v presets --help"),
        (["generate", "photo.png", "pan", "--steps", "0"], "from 1 to 500", f"--steps {DEFAULTS['steps']}"),
        (["generate", "photo.png", "pan", "--fit", "corp"], "--fit corp", "did you mean --fit crop?"),
        (["generate", "photo.png", "pan", "-p", "pockt"], "pockt", "did you mean pocket?"),
        (["generate", "photo.png", "pan", "--json", "--events"], "--json and --events", "drop one"),
        (["generate", "photo.png", "pan", "--json", "-o", "-"], "not both", "-o"),
        (["generate", "photo.png", "@none"], "none", "@"),
    ],
)
def test_usage_error_says_what_and_what_to_type(arguments, message, hint, run, capsys):
    assert run(*arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["error", "hint"]
    assert message in lines[0]
    assert hint in lines[1]


def test_error_in_a_path_points_at_the_word(run, capsys):
    assert run("generate", "photo.png", "pan", "--camera", "pan right 5%, zom in 3%") == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: --camera, character 15: 'zom' is no move",
        "  pan right 5%, zom in 3%",
        "                ^^^",
        "hint: did you mean zoom?",
    ]


@pytest.mark.parametrize("flag", ["--json", "--events"])
def test_usage_error_found_by_typer_is_json_too(flag, run, capsys):
    assert run("generate", flag) == 2
    assert json.loads(capsys.readouterr().out)["code"] == "usage"


def test_json_may_be_asked_for_by_environment(run, monkeypatch, capsys):
    monkeypatch.setenv("I2V_JSON", "1")
    assert run("generate", "none.png", "pan") == 3
    assert json.loads(capsys.readouterr().out)["exit_code"] == 3


def test_words_after_two_dashes_are_no_flags(run, capsys):
    assert run("generate", "none.png", "--", "--json") == 3
    assert capsys.readouterr().out == ""
