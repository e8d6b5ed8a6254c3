"""What must be in the package for it to work at all."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from i2v_cli import families
from i2v_cli.errors import ModelError
from i2v_cli.families.pocket import config
from i2v_cli.presets import known, load
from i2v_cli.weights import digest


def test_weights_are_the_released_ones_and_small_enough():
    digest.verified(config.weights())
    assert sum(path.stat().st_size for path in config.weights()) < 64 * 2**20


def test_a_damaged_weights_file_is_refused_by_name(tmp_path):
    copy = tmp_path / "weights.safetensors"
    data = bytearray(config.WEIGHTS.read_bytes())
    data[-1] ^= 1
    copy.write_bytes(data)
    with pytest.raises(ModelError, match=r"weights.* is damaged"):
        digest.verified({copy: config.WEIGHTS_SHA256})


def test_every_builtin_preset_names_a_known_family_and_describes_itself():
    assert {"pocket", "pocket-draft", "pocket-hd"} <= set(known())
    for name in ("pocket", "pocket-draft", "pocket-hd"):
        preset = load(name)
        assert preset.values["family"].raw in families.FAMILIES
        assert preset.description


def test_every_family_has_its_torch_free_half():
    for name in families.FAMILIES:
        half = families.config(name)
        assert half.DEFAULTS and callable(half.geometry) and callable(half.phases)


@pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="needs hatchling")
def test_built_wheel_holds_code_presets_and_weights_and_nothing_else(tmp_path):
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.getinfo(name).file_size for name in archive.namelist()}
    for path in (root / "i2v_cli").rglob("*.safetensors"):
        assert packed[path.relative_to(root).as_posix()] == path.stat().st_size
    for preset in (root / "presets").glob("*.yaml"):
        assert packed[f"i2v_cli/builtin_presets/{preset.name}"] == preset.stat().st_size
    modules = {path.relative_to(root).as_posix() for path in (root / "i2v_cli").rglob("*.py")}
    assert modules <= set(packed)
    assert {name.split("/")[0].split("-")[0] for name in packed} == {"i2v_cli"}
