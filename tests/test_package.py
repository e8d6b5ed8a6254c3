"""What must be in the package for it to work at all, far from any checkout."""

from i2v_cli import families
from i2v_cli.families.pocket import config
from i2v_cli.presets import known, load
from i2v_cli.weights.digest import sha256


def test_weights_are_the_released_ones_and_small_enough():
    for path, digest in (
        (config.WEIGHTS, config.WEIGHTS_SHA256),
        (config.TEXT_WEIGHTS, config.TEXT_WEIGHTS_SHA256),
    ):
        assert sha256(path) == digest
    assert config.WEIGHTS.stat().st_size + config.TEXT_WEIGHTS.stat().st_size < 64 * 2**20


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
