"""`generate` beside another run: one writer an output, and names of our own that never wait."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from i2v_cli.jobs import lock

GIVEN = ("generate", "photo.png", "pan", "--size", "64x64", "--frames", "5", "--steps", "2", "--check", "off")


def test_output_that_another_run_writes_is_exit_75_at_once(run, capsys):
    with lock.held(Path("x.mp4")):
        assert run(*GIVEN, "-o", "x.mp4", "--json") == 75
    out, err = capsys.readouterr()
    assert "error: x.mp4 is being written by process" in err and "--wait" in err
    assert json.loads(out)["code"] == "locked"
    assert not Path("x.mp4").exists()


def test_it_is_found_before_torch_is_loaded(folder):
    probe = (
        "import sys; from pathlib import Path\n"
        "from i2v_cli.cli.app import run; from i2v_cli.jobs import lock\n"
        f"with lock.held(Path('x.mp4')): code = run([*{GIVEN!r}, '-o', 'x.mp4'])\n"
        "print(code, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.stdout == "75 False\n"


def test_waiting_is_enough_when_the_other_ends(run, capsys):
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock.held(Path("x.mp4")):
            holding.set()
            done.wait(1)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait()
    assert run(*GIVEN, "-o", "x.mp4", "--wait", "60", "-q") == 0
    other.join()
    assert capsys.readouterr().out == "x.mp4\n"


def test_name_of_our_own_waits_for_nobody(run, capsys):
    with lock.held(Path("photo.mp4")):
        assert run(*GIVEN, "-q") == 0
    assert capsys.readouterr().out == "photo.mp4\n"


def test_no_lock_is_left(run, folder):
    assert run(*GIVEN, "-o", "x.mp4", "-q") == 0
    assert sorted(path.name for path in folder.iterdir()) == ["photo.png", "x.mp4"]
