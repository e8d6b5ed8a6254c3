"""`i2v batch`: what is shown where, and the exit code that says it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from i2v_cli.errors import EncodingError
from i2v_cli.jobs import lock

HEAD = "image,prompt,size,frames,steps,check,device"
TINY = "pan left,64x64,5,2,off,cpu"


@pytest.fixture
def rows(folder):
    """rows("a", "b") writes rows.csv with these images."""

    def write(*names: str, line: str = TINY) -> None:
        lines = [HEAD, *(f"{name}.png,{line}" for name in names)]
        Path("rows.csv").write_text("\n".join(lines) + "\n")
        for number, name in enumerate(names):
            if name != "none" and not Path(f"{name}.png").exists():
                Image.effect_noise((96, 64), 30 + number).convert("RGB").save(f"{name}.png")

    return write


def fail_on(monkeypatch, image: str, error: BaseException) -> None:
    """The straight line fails for this image."""
    from i2v_cli.jobs import work

    made = work.generate

    def generate(plan, report):
        if plan.request.image.name == image:
            raise error
        return made(plan, report)

    monkeypatch.setattr(work, "generate", generate)


def test_paths_are_the_only_stdout_and_the_second_time_there_are_none(run, rows, capsys):
    rows("a", "b")
    assert run("batch", "rows.csv") == 0
    out, err = capsys.readouterr()
    assert out == "a.mp4\nb.mp4\n"
    assert "1/2 a.png -> a.mp4: made in" in err and err.endswith("2 made\n")
    assert run("batch", "rows.csv") == 0
    assert capsys.readouterr() == ("", "2 there already\n")


def test_json_tells_the_fate_of_rows_that_were_there(run, rows, capsys):
    rows("a", "b")
    assert run("batch", "rows.csv", "-q") == 0
    Path("b.mp4").unlink()
    capsys.readouterr()
    assert run("batch", "rows.csv", "-q", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [(row["path"], row["fate"]) for row in said["rows"]] == [("a.mp4", "kept"), ("b.mp4", "made")]


def test_only_what_is_missing_is_made(run, rows, capsys):
    rows("a", "b")
    assert run("batch", "rows.csv", "-q") == 0
    Path("a.mp4").unlink()
    kept = Path("b.mp4").stat()
    rows("a", "b", "c")
    capsys.readouterr()
    assert run("batch", "rows.csv", "-q") == 0
    assert capsys.readouterr() == ("a.mp4\nc.mp4\n", "")
    assert Path("b.mp4").stat().st_ino == kept.st_ino


def test_failure_of_a_row_is_exit_8_and_a_table(run, rows, monkeypatch, capsys):
    rows("a", "b")
    fail_on(monkeypatch, "a.png", EncodingError("ffmpeg died", "do"))
    assert run("batch", "rows.csv") == 8
    out, err = capsys.readouterr()
    assert out == "b.mp4\n"
    assert err.splitlines()[-4:] == [
        "1 made, 1 failed",
        "  rows.csv:2  encoding  ffmpeg died",
        "error: 1 of 2 rows failed",
        "hint: the same command again makes only what is missing",
    ]


def test_failures_are_told_even_when_quiet(run, rows, monkeypatch, capsys):
    rows("a")
    fail_on(monkeypatch, "a.png", EncodingError("ffmpeg died", "do"))
    assert run("batch", "rows.csv", "-q") == 8
    assert capsys.readouterr().err.splitlines()[0] == "  rows.csv:2  encoding  ffmpeg died"


@pytest.mark.parametrize("flag", ["--json", "--events"])
def test_machines_get_one_result_with_every_row(flag, run, rows, monkeypatch, capsys):
    rows("a", "b")
    fail_on(monkeypatch, "b.png", EncodingError("ffmpeg died", "do"))
    assert run("batch", "rows.csv", flag, "-q") == 8
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = lines[-1]
    assert [line["type"] for line in lines].count("result") == 1 and said["type"] == "result"
    assert (said["made"], said["failed"], said["exit_code"]) == (1, 1, 8)
    assert [(row["path"], row["fate"], row["code"]) for row in said["rows"]] == [
        ("a.mp4", "made", ""),
        ("b.mp4", "failed", "encoding"),
    ]
    if flag == "--events":
        assert [line["type"] for line in lines].count("row") == 2
        assert {"stage", "step"} <= {line["type"] for line in lines}


def test_row_that_another_run_has_is_exit_75(run, rows, capsys):
    rows("a", "b")
    with lock.held(Path("a.mp4")):
        assert run("batch", "rows.csv") == 75
    out, err = capsys.readouterr()
    assert out == "b.mp4\n"
    assert "1 made, 1 with another run" in err


def test_nothing_runs_when_a_row_is_wrong(run, rows, folder, capsys):
    rows("a", "none", "none")
    assert run("batch", "rows.csv") == 3
    err = capsys.readouterr().err
    *table, error, hint = err.splitlines()
    assert [line.split()[:2] for line in table] == [["rows.csv:3", "input"], ["rows.csv:4", "input"]]
    assert error.startswith("error: rows.csv:3: cannot read image none.png")
    assert error.endswith("; 1 more row is refused") and hint.startswith("hint: ")
    assert not Path("a.mp4").exists() and not Path("i2v-ledger.jsonl").exists()


def test_keep_going_runs_what_can_be_run(run, rows, capsys):
    rows("none", "a")
    assert run("batch", "rows.csv", "--keep-going") == 8
    out, err = capsys.readouterr()
    assert out == "a.mp4\n" and "  rows.csv:2  input" in err


def test_limit_makes_so_many_of_what_is_missing(run, rows, capsys):
    rows("a", "b", "c")
    for made in ("a.mp4\n", "b.mp4\n"):
        assert run("batch", "rows.csv", "--limit", "1", "-q") == 0
        assert capsys.readouterr().out == made


def test_archive_remembers_what_was_moved_away(run, rows, capsys):
    rows("a")
    assert run("batch", "rows.csv", "-q", "--archive", "done.jsonl") == 0
    Path("a.mp4").unlink()
    Path("i2v-ledger.jsonl").unlink()
    capsys.readouterr()
    assert run("batch", "rows.csv", "--archive", "done.jsonl") == 0
    assert capsys.readouterr() == ("", "1 there already\n")


def test_dry_run_tells_what_is_there_and_makes_nothing(run, rows, capsys):
    rows("a")
    assert run("batch", "rows.csv", "-q") == 0
    rows("a", "b")
    capsys.readouterr()
    assert run("batch", "rows.csv", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        "rows.csv:2: a.png -> a.mp4: there already",
        "rows.csv:3: b.png -> b.mp4: to do",
    ]
    assert run("batch", "rows.csv", "--dry-run", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["done"] for row in said["rows"]] == [True, False]
    assert not Path("b.mp4").exists()


def test_changed_image_needs_overwrite_to_replace_its_clip(run, rows, capsys):
    rows("a")
    assert run("batch", "rows.csv", "-q") == 0
    Image.new("RGB", (96, 64), "teal").save("a.png")
    assert run("batch", "rows.csv", "-q") == 2
    assert "a.mp4 exists, made from something else" in capsys.readouterr().err
    assert run("batch", "rows.csv", "-q", "--overwrite") == 0
    assert run("batch", "rows.csv", "-q", "--overwrite") == 0
    assert capsys.readouterr().out == "a.mp4\n"


def test_damaged_ledger_is_told(run, rows, capsys):
    rows("a")
    Path("i2v-ledger.jsonl").write_text("{}\nnonsense\n")
    assert run("batch", "rows.csv", "--dry-run") == 0
    assert "2 damaged lines of the ledger" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.csv"], 2, "the batch file none.csv cannot be read"),
        (["rows.csv", "-o", "none"], 2, "the folder none does not exist"),
        (["rows.csv", "--archive", "none/a.jsonl"], 2, "the folder none does not exist"),
        (["rows.csv", "--json", "--events"], 2, "both given"),
        (["rows.csv", "--timeout", "nan"], 2, "--timeout"),
        (["rows.csv", "--timeout", "-1"], 2, "--timeout"),
        (["rows.csv", "--wait", "inf"], 2, "--wait"),
        (["rows.csv", "--jobs", "0"], 2, "--jobs"),
        (["rows.csv", "--retry", "many"], 2, "--retry"),
        (["rows.csv", "--limit", "0"], 2, "--limit"),
        (["rows.csv", "--ray", "auto", "--isolate"], 2, "--ray"),
    ],
)
def test_wrong_flag_is_a_usage_error(arguments, code, message, run, rows, capsys):
    rows("a")
    assert run("batch", *arguments) == code
    err = capsys.readouterr().err
    assert message in err and "Traceback" not in err


def test_ctrl_c_ends_it_and_the_next_run_goes_on(run, rows, monkeypatch, capsys):
    rows("a", "b")
    with monkeypatch.context() as patch:
        fail_on(patch, "b.png", KeyboardInterrupt())
        assert run("batch", "rows.csv", "-q") == 130
    assert capsys.readouterr().out == "a.mp4\n"
    assert run("batch", "rows.csv", "-q") == 0
    assert capsys.readouterr().out == "b.mp4\n"


@pytest.mark.skipif(os.name == "nt", reason="names that only POSIX allows")
def test_hostile_names_come_through_a_pattern_and_print_harmlessly(run, folder, capsys):
    names = [b"\x1b]0;pwn\x07.png", b"n\xff.png", b"%d.png", b"-x.png", b"{seed}.png", b"a\nb.png"]
    for number, name in enumerate(names):
        Image.effect_noise((96, 64), 30 + number).convert("RGB").save("x.png")
        Path("x.png").rename(os.fsdecode(name))
    Path("photo.png").unlink()
    Path("rows.csv").write_text(f"{HEAD}\n*.png,{TINY}\n")
    assert run("batch", "rows.csv") == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert len(list(Path().glob("*.mp4"))) == len(names)
    assert run("batch", "rows.csv") == 0
    assert capsys.readouterr().err == f"{len(names)} there already\n"


def test_wrong_batch_file_is_refused_without_torch_and_numpy(folder):
    Path("rows.csv").write_text("image,promt\n")
    probe = (
        "import sys; from i2v_cli.cli.app import run; code = run(['batch', 'rows.csv']);"
        "print(code, sorted({'torch', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.stdout == "2 []\n"
