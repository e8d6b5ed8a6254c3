"""The model families, each a folder with the same files: strings, nothing is imported until asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from i2v_cli.families.base import Family

FAMILIES = {"pocket": "i2v_cli.families.pocket"}


def config(name: str) -> Any:
    """The torch-free half: `DEFAULTS`, `geometry`, `memory`, `seconds` and `weights`."""
    return import_module(f"{FAMILIES[name]}.config")


def load(name: str) -> "Family":
    family: Family = import_module(f"{FAMILIES[name]}.pipeline").Pipeline()
    return family
