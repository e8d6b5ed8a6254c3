"""Signals, readers that leave, and streams that are closed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and pipes")

# A plan that takes long, as torch does; it says when it has begun.
SLOW = """
import sys, time
from i2v_cli import plan
from i2v_cli.cli.app import run
def begin():
    sys.stderr.write("begun\\n")
    sys.stderr.flush()
    time.sleep(60)
def slow(_):
    {body}
plan.plan = slow
sys.exit(run(["generate", "photo.png", "pan", "--json"]))
"""
UNWINDING = "try: begin()\n    finally: time.sleep(60)"
SWALLOWING = "try: begin()\n    except BaseException: raise ImportError('half a module')"
LOSING = """
    class Last:
        def __del__(self): begin()
    Last()
    time.sleep(60)"""


def started(body: str, before: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", before + SLOW.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"
    return process


@posix
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
@pytest.mark.parametrize("body", ["begin()", SWALLOWING, LOSING], ids=["plain", "import", "destructor"])
def test_signal_ends_it_with_one_line_and_one_object(number, code, word, body, folder):
    process = started(body)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == code
    assert err == f"error: {word}\n"
    assert out.count("\n") == 1 and f'"exit_code": {code}' in out


@posix
def test_interrupt_inside_an_exec_ends_python_m_with_130(folder):
    Path("slow.py").write_text(SLOW.format(body="exec('begin()')"), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "slow"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[1] == "error: interrupted\n"
    assert process.returncode == 130


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_interpreter_ends_changes_nothing(number, folder):
    ending = "import atexit, os\n" + f"atexit.register(lambda: os.kill(os.getpid(), {int(number)}))\n"
    command = ending + "import sys; from i2v_cli.cli.app import run; sys.exit(run(['presets', 'list']))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
def test_second_interrupt_ends_it_at_once(folder):
    process = started(UNWINDING)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


@posix
def test_interrupt_that_the_shell_ignores_stays_ignored(folder):
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    process = started("begin()", before=ignoring)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=10)[1] == "error: terminated\n"
    assert process.returncode == 143


@posix
@pytest.mark.parametrize("arguments", ["generate --help", "presets show", "presets list --json"])
def test_reader_that_leaves_is_no_traceback(arguments, folder):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "i2v_cli", *arguments.split()]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@posix
def test_reader_that_leaves_before_an_error_is_no_traceback(folder):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "i2v_cli", "presets", "show", "none-such", "--json"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(write)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_stream_is_no_traceback(closed, folder):
    command = f'"{sys.executable}" -m i2v_cli presets list {closed}'
    done = subprocess.run(command, shell=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@posix
def test_full_device_is_an_error_with_a_code(folder):
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no /dev/full")
    with device.open("w") as full:
        command = [sys.executable, "-m", "i2v_cli", "presets", "list"]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 5
    assert done.stderr.startswith("error: the disk is full")
