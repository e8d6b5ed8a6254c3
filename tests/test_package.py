"""What must be in the package for it to work at all."""

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
        assert half.DEFAULTS and callable(half.geometry) and callable(half.memory)
