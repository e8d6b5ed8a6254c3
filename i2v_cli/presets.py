"""Presets: find, read and check their keys. `resolve.py` merges them with flags and environment.

A preset is data: a flat YAML mapping without aliases, tags or paths, whose keys are those of `Request`
and `description`. Every value remembers its line.
"""

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal, TypeAlias

from i2v_cli.errors import UsageError

if TYPE_CHECKING:
    import yaml

LARGEST_FILE = 64 * 1024  # bytes
SUFFIXES = (".yaml", ".yml", ".json")
# A preset says how a clip is made; not from what, nor where to, nor with less care than its user takes.
FORBIDDEN = frozenset({"image", "prompt", "preset", "output", "sheet", "overwrite", "ai_mark"})

Layer: TypeAlias = Literal[
    "argument", "flag", "environment", "preset", "family", "output name", "random", "default"
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
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"the preset {shown(path)} is not a file", "give a YAML file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        hint = "`i2v presets list` shows the known ones"
        raise UsageError(f"the preset {shown(path)} cannot be read: {error.strerror}", hint) from error
    except ValueError as error:  # not UTF-8, or NUL in the name
        raise UsageError(f"the preset {shown(path)} is not UTF-8 text", "save it as UTF-8") from error
    if len(data) > LARGEST_FILE:
        raise UsageError(f"the preset {shown(path)} is larger than 64 kB", "a preset is a few short lines")
    values = parse(text, path.name)
    description = values.pop("description", Value("", "preset")).raw
    return Preset(path.stem, path, str(description), values)


def parse(text: str, name: str) -> dict[str, Value]:
    """A flat YAML mapping, read event by event: nothing is composed, so nothing nests, repeats or grows."""
    import yaml

    values: dict[str, Value] = {}
    key: str | None = None
    inside = False
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if not isinstance(event, yaml.NodeEvent):
                continue
            place = f"{name}:{event.start_mark.line + 1 if event.start_mark else 1}"
            _refuse_machinery(event, place)
            if not inside:
                if not isinstance(event, yaml.MappingStartEvent):
                    raise UsageError(f"{place}: a preset is lines of `key: value`", "for example `steps: 16`")
                inside = True
            elif not isinstance(event, yaml.ScalarEvent):
                raise UsageError(f"{place}: {key or 'a key'} must be a single value", "presets do not nest")
            elif key is None:
                key = _checked_key(event.value, place, values)
            else:
                values[key] = Value(_scalar(event.value, plain=event.style is None), "preset", place)
                key = None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{name}:{line}: not YAML: {error.problem}", "quote a text with : or #") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{name}: not YAML: it holds control characters", "save it as plain text") from error
    return values


def _refuse_machinery(event: "yaml.NodeEvent", place: str) -> None:
    """Anchors, aliases and tags: what makes YAML files explode or build objects."""
    import yaml

    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise UsageError(f"{place}: presets have no anchors and aliases", "write the value out, or quote it")
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
        raise UsageError(f"{place}: presets have no tags ({shown(event.tag)})", "write the plain value")


def _checked_key(key: str, place: str, values: Mapping[str, Value]) -> str:
    from i2v_cli.request import Request

    keys = sorted({*Request.model_fields, "description"} - FORBIDDEN)
    if key in FORBIDDEN:
        raise UsageError(f"{place}: a preset cannot set {key}", "give it on the command line")
    if key not in keys:
        hint = did_you_mean(key, keys) or f"keys: {', '.join(keys)}"
        raise UsageError(f"{place}: there is no key {shown(key)}", hint)
    if key in values:
        raise UsageError(f"{place}: {key} is given twice, first at {values[key].place}", "drop one of them")
    return key


def _scalar(text: str, *, plain: bool) -> object:
    """YAML's JSON schema: true, false, null and JSON's numbers. The rest is text: `no`, 012 and dates too."""
    literals: dict[str, object] = {"true": True, "false": False, "null": None, "": None}
    if not plain:
        return text
    if text in literals:
        return literals[text]
    if len(text) > 32 or not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return text
    return int(text) if text.removeprefix("-").isdigit() else float(text)


def shown(raw: object) -> str:
    """A value for an error message: short, and in quotes where its ends would be hard to see."""
    text = "null" if raw is None else str(raw).lower() if isinstance(raw, bool) else str(raw)
    text = text if len(text) <= 60 else text[:57] + "..."
    return text if text and not re.search(r"\s", text) else f"'{text}'"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint, or "" when nothing known is near."""
    near = get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else ""
