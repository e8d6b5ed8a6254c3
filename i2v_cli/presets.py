"""Presets: find, read and check their keys. `resolve.py` merges them with flags and environment.

A preset is data: a flat YAML mapping without aliases, tags or paths, whose keys are those of `Request`
and `description`. Every value remembers its line.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import Literal, TypeAlias

from i2v_cli import plain
from i2v_cli.errors import UsageError

LARGEST_FILE = 64 * 1024  # bytes
SUFFIXES = (".yaml", ".yml", ".json")
# A preset says how a clip is made; not from what, nor where to, nor with less care than its user takes.
FORBIDDEN = frozenset(
    {
        "image",
        "last",
        "extend",
        "prompt",
        "preset",
        "motion",
        "drag",
        "still",
        "output",
        "sheet",
        "overwrite",
        "decode_only",
        "ai_mark",
        "c2pa_key",
        "c2pa_cert",
    }
)

Layer: TypeAlias = Literal[
    "argument", "flag", "row", "environment", "preset", "family", "output name", "random", "default"
]


@dataclass(frozen=True, slots=True)
class Value:
    """`raw`: as it was given. `place`: its flag, its variable, or file:line."""

    raw: object
    layer: Layer
    place: str = ""

    @property
    def origin(self) -> str:
        return f"{self.layer} {self.place}".rstrip()


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    path: Path
    description: str
    values: dict[str, Value]


def folders() -> list[Path]:
    """Where presets lie, best first: the user's folder, then the package's, or in a checkout beside it."""
    import platformdirs

    package = Path(__file__).parent
    packed = package / "builtin_presets"
    builtin = packed if packed.is_dir() else package.parent / "presets"
    return [platformdirs.user_config_path("i2v", appauthor=False) / "presets", builtin]


def known() -> dict[str, Path]:
    """Name -> file of every preset, in the order of names."""
    found: dict[str, Path] = {}
    for folder in reversed(folders()):
        if os.path.isdir(folder):  # and ours to see
            found |= {path.stem: path for path in folder.glob("*.yaml")}
    return dict(sorted(found.items()))


def load(name: str) -> Preset:
    """The preset of that name, or in that file when `name` looks like one: it has a folder or a suffix."""
    if name.endswith(SUFFIXES) or PurePath(name).name != name:
        return read(Path(name))
    presets = known()
    if name not in presets:
        raise UsageError(
            f"there is no preset {shown(name)}",
            did_you_mean(name, presets) or f"presets: {', '.join(presets)}; or give a file, like ./my.yaml",
        )
    return read(presets[name])


def read(path: Path) -> Preset:
    """Reads one file and checks its keys; its values are checked when they are resolved."""
    text = plain.read(path, f"the preset {shown(path)}", LARGEST_FILE)
    values = parse(text, path.name)
    description = values.pop("description", Value("", "preset")).raw
    return Preset(path.stem, path, str(description), values)


def parse(text: str, name: str) -> dict[str, Value]:
    """A flat YAML mapping, read event by event: nothing is composed, so nothing nests, repeats or grows."""
    import yaml

    values: dict[str, Value] = {}
    key: str | None = None
    inside = False
    for event, place in plain.events(text, name, "presets"):
        if not isinstance(event, yaml.NodeEvent):
            continue
        if not inside:
            if not isinstance(event, yaml.MappingStartEvent):
                raise UsageError(f"{place}: a preset is lines of `key: value`", "for example `steps: 16`")
            inside = True
        elif not isinstance(event, yaml.ScalarEvent):
            raise UsageError(f"{place}: {key or 'a key'} must be a single value", "presets do not nest")
        elif key is None:
            key = _checked_key(event.value, place, values)
        else:
            values[key] = Value(plain.scalar(event), "preset", place)
            key = None
    return values


def _checked_key(key: str, place: str, values: Mapping[str, Value]) -> str:
    from i2v_cli.request import Request

    if key in FORBIDDEN:
        raise UsageError(f"{place}: a preset cannot set {key}", "give it on the command line")
    return new_key(key, place, values, {*Request.model_fields, "description"} - FORBIDDEN)


def new_key(key: str, place: str, values: Mapping[str, Value], known: Collection[str]) -> str:
    """The key, which must be known and not yet among `values`."""
    if key not in known:
        hint = did_you_mean(key, known) or f"keys: {', '.join(sorted(known))}"
        raise UsageError(f"{place}: there is no key {shown(key)}", hint)
    if key in values:
        raise UsageError(f"{place}: {key} is given twice, first at {values[key].place}", "drop one of them")
    return key


def shown(raw: object) -> str:
    """A value for an error message: short, and in quotes where its ends would be hard to see."""
    text = "null" if raw is None else str(raw).lower() if isinstance(raw, bool) else str(raw)
    text = text if len(text) <= 60 else text[:57] + "..."
    return text if text and not re.search(r"\s", text) else f"'{text}'"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint, or "" when nothing known is near."""
    near = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else ""
