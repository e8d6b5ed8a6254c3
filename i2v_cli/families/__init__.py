"""The model families, each a folder with the same files: strings, nothing is imported until asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from i2v_cli.families.base import Family
    from i2v_cli.weights.component import Component

FAMILIES = {
    "pocket": "i2v_cli.families.pocket",
    "cogvideox": "i2v_cli.families.cogvideox",
    "svd": "i2v_cli.families.svd",
    "opensora": "i2v_cli.families.opensora",
}


def config(name: str) -> Any:
    """The torch-free half: COMPONENTS, DEFAULTS, READS_TEXT, OVERLAP, FP16 (whether it bears that), and
    `geometry`, `phases`, `seconds`, `weights`."""
    return import_module(f"{FAMILIES[name]}.config")


def models() -> dict[str, tuple["Component", ...]]:
    """Every variant of every family by name, and its parts; none for a model inside the package."""
    return {model: parts for name in FAMILIES for model, parts in config(name).COMPONENTS.items()}


def load(name: str) -> "Family":
    family: Family = import_module(f"{FAMILIES[name]}.pipeline").Pipeline()
    return family
