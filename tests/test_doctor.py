import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from i2v_cli import doctor
from i2v_cli.doctor import Finding, examine, torch_findings
from i2v_cli.families.pocket import config
from i2v_cli.weights.digest import sha256


def test_the_whole_machine_is_examined_and_every_problem_has_a_fix() -> None:
    findings = {finding.name: finding for finding in examine()}
    assert {
        "i2v", "python", "torch", "device", "self-test", "threads", "memory", "disk here",
        "disk of the cache", "cache", "ffmpeg", "encoder libx264", "encoder libx265", "encoder libvpx-vp9",
        "encoder libwebp", "pillow", "heic photos", "pocket weights", "pocket text encoder",
    } <= set(findings)  # fmt: skip
    assert all(finding.value for finding in findings.values())
    assert all(finding.fix for finding in findings.values() if not finding.ok)
    assert findings["self-test"].ok


def test_a_device_that_hangs_is_a_finding_and_not_a_hang() -> None:
    (finding,) = torch_findings("import time; time.sleep(60)", seconds=1)
    assert (finding.ok, finding.value) == (False, "no answer in 1 s")


def test_a_torch_that_cannot_be_imported_is_a_finding() -> None:
    (finding,) = torch_findings("raise ImportError('libcudart.so.13: cannot open shared object file')")
    assert not finding.ok
    assert "libcudart.so.13" in finding.value


def test_a_torch_that_crashes_is_a_finding() -> None:
    (finding,) = torch_findings("import os; os._exit(139)")
    assert (finding.ok, finding.value) == (False, "exit code 139")


def test_what_the_child_says_comes_back_as_it_was() -> None:
    said = Finding("device", "caf\u00e9", False, "fix")
    code = f"import sys; sys.stdout.write({json.dumps([asdict(said)])!r})"
    assert torch_findings(code) == [said]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has the safe path since 3.11")
def test_a_torch_in_the_current_folder_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('trapped')")
    monkeypatch.chdir(tmp_path)
    assert all("trapped" not in finding.value for finding in torch_findings())


def test_a_missing_ffmpeg_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    found = {finding.name: finding for finding in doctor.examine_ffmpeg()}
    assert not found["ffmpeg"].ok


def test_changed_weights_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"abc")
    monkeypatch.setattr(config, "WEIGHTS", weights)
    monkeypatch.setattr(config, "WEIGHTS_SHA256", sha256(weights))
    assert doctor.examine_weights()[0].ok
    weights.write_bytes(b"abd")
    assert not doctor.examine_weights()[0].ok


def test_a_cache_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert doctor.examine_folder("cache", tmp_path).ok
    assert not doctor.examine_folder("cache", tmp_path / "file" / "i2v").ok
