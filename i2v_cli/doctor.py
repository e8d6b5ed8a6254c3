"""What this machine has and lacks for making videos, each problem with its fix. Imports no torch of its own.

Everything about torch is asked in a child process with a time limit: a broken driver hangs or crashes whoever
initialises it.
"""

import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import imageio_ffmpeg
import platformdirs

import i2v_cli
from i2v_cli.errors import ModelError
from i2v_cli.events import Event, Warned
from i2v_cli.families.pocket import config
from i2v_cli.runtime import memory
from i2v_cli.weights.digest import sha256

TORCH_SECONDS = 90
ENOUGH_MEMORY = 2 * memory.GIB  # what the embedded model promises to stay below
ENOUGH_DISK = memory.GIB // 2
ENCODERS = {"libx264": "mp4 (h264)", "libx265": "mp4 (h265)", "libvpx-vp9": "webm", "libwebp": "webp"}
TORCH_CHILD = "from i2v_cli import doctor; doctor.child()"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact. `ok` False is a problem; `fix` is what to type, also for what is merely optional."""

    name: str
    value: str
    ok: bool = True
    fix: str = ""


def examine() -> list[Finding]:
    """Every finding, in the order in which they are read. Takes some seconds, TORCH_SECONDS at most."""
    cache = platformdirs.user_cache_path("i2v")
    return [
        Finding("i2v", i2v_cli.__version__),
        Finding("python", f"{platform.python_version()} on {platform.platform(terse=True)}"),
        *torch_findings(),
        _memory(),
        _disk("disk here", Path.cwd()),
        _disk("disk of the cache", cache),
        examine_folder("cache", cache),
        *examine_ffmpeg(),
        Finding("pillow", importlib.metadata.version("pillow")),
        _heif(),
        *examine_weights(),
    ]


def torch_findings(code: str = TORCH_CHILD, seconds: float = TORCH_SECONDS) -> list[Finding]:
    """What `code`, run by a Python of its own, writes to stdout as JSON; one problem when it fails."""
    package = str(Path(i2v_cli.__file__).parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    # The safe path keeps a torch.py of the current folder from being imported.
    environment = os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        fix = "use --device cpu, or update the GPU's driver"
        return [Finding("torch", f"no answer in {seconds:g} s", False, fix)]
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return [Finding("torch", last, False, "pip install --force-reinstall torch")]
    return [Finding(**fields) for fields in json.loads(done.stdout)]


def child() -> None:
    """In the child: imports torch, tries the device, writes the findings to stdout as JSON."""
    import torch

    from i2v_cli.runtime import device, selftest

    said: list[Event] = []
    runtime = device.choose(report=said.append)
    wrong = selftest.wrong(runtime.device, runtime.dtype)
    dtype = str(runtime.dtype).removeprefix("torch.")
    findings = [
        Finding("torch", f"{torch.__version__} ({_build(torch.version.cuda, torch.version.hip)})"),
        Finding("device", f"{runtime.device.type}, {dtype}"),
        *(
            Finding("device", event.message, False, "use --dtype fp32, or another version of torch")
            for event in said
            if isinstance(event, Warned)
        ),
        Finding(
            "self-test",
            f"wrong: {', '.join(wrong)}" if wrong else f"{len(selftest.CHECKS)} operations right in {dtype}",
            not wrong,
            "use --dtype fp32" if wrong else "",
        ),
        Finding("threads", str(runtime.threads)),
    ]
    sys.stdout.write(json.dumps([asdict(finding) for finding in findings]))


def _build(cuda: str | None, hip: str | None) -> str:
    return f"CUDA {cuda}" if cuda else f"ROCm {hip}" if hip else "no GPU libraries"


def _memory() -> Finding:
    free = memory.available()
    if free is None:
        return Finding("memory", "unknown")
    enough = free >= ENOUGH_MEMORY
    return Finding("memory", _gib(free), enough, "" if enough else "close other programs; 2 GiB are needed")


def _disk(name: str, path: Path) -> Finding:
    free = memory.disk_free(path)
    enough = free >= ENOUGH_DISK
    return Finding(name, _gib(free), enough, "" if enough else f"make room on the disk of {path}")


def _gib(size: int) -> str:
    return f"{size / memory.GIB:.1f} GiB free"


def examine_folder(name: str, folder: Path) -> Finding:
    """Tries to write in `folder`, which is made when it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Finding(name, str(folder))
    except OSError as error:
        fix = "set XDG_CACHE_HOME to a folder you may write to"
        return Finding(name, f"{folder}: {error.strerror}", False, fix)


def examine_ffmpeg() -> list[Finding]:
    """The ffmpeg that videos are written with, and each encoder that a `--format` or `--codec` needs."""
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        listed = subprocess.run(
            [program, "-hide_banner", "-encoders"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=True,
        ).stdout.split()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        fix = "pip install --force-reinstall imageio-ffmpeg"
        return [Finding("ffmpeg", str(error).splitlines()[0], False, fix)]
    findings = [Finding("ffmpeg", program)]
    for name, makes in ENCODERS.items():
        if name in listed:
            findings.append(Finding(f"encoder {name}", makes))
        else:
            fix = "set IMAGEIO_FFMPEG_EXE to a complete ffmpeg"
            findings.append(Finding(f"encoder {name}", f"missing: no {makes}", False, fix))
    return findings


def _heif() -> Finding:
    if importlib.util.find_spec("pillow_heif") is None:
        return Finding("heic photos", "not installed (optional)", fix="pip install 'i2v-cli[heic]'")
    return Finding("heic photos", f"pillow-heif {importlib.metadata.version('pillow-heif')}")


def examine_weights() -> list[Finding]:
    """The embedded model's files against the digests that this version was made with."""
    fix = "pip install --force-reinstall i2v-cli"
    findings = []
    for name, path, expected in (
        ("pocket weights", config.WEIGHTS, config.WEIGHTS_SHA256),
        ("pocket text encoder", config.TEXT_WEIGHTS, config.TEXT_WEIGHTS_SHA256),
    ):
        try:
            found = sha256(path)
        except ModelError as error:
            findings.append(Finding(name, error.message, False, fix))
            continue
        right = found == expected
        value = f"sha256 {found}" if right else f"sha256 {found}, expected {expected}"
        findings.append(Finding(name, value, right, "" if right else fix))
    return findings
