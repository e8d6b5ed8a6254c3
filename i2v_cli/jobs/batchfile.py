"""The rows of a batch file: YAML, CSV or JSONL, from a file or standard input. Each value keeps its line.

A row is what `generate` takes, by the names of its flags. What the values mean is `job`'s business.
"""

import csv
import glob
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from i2v_cli import plain
from i2v_cli.errors import UsageError
from i2v_cli.presets import Value, new_key, shown

if TYPE_CHECKING:
    Nodes: TypeAlias = Iterator[plain.Placed]

LARGEST_FILE = 16 << 20  # bytes
MOST_ROWS = 100_000
WITHOUT_FLAG = frozenset({"family", "area", "last", "extend"})  # of presets, and of other commands
STDIN = "-"
EXAMPLE = "for example `- {image: a.jpg, prompt: pan left}`"


@dataclass(frozen=True, slots=True)
class Row:
    """place: file:line. values: by field of the request; `image` is one path, no pattern."""

    place: str
    values: dict[str, Value]


def read(source: str) -> list[Row]:
    """The rows of a file, or of standard input for "-"; patterns have become the files that they match.

    UsageError for what is no batch file, with its line, and for a pattern that matches nothing.
    """
    if source == STDIN:
        data = sys.stdin.buffer.read(LARGEST_FILE + 1) if sys.stdin is not None else b""
        name, text = "stdin", plain.decoded(data, "standard input", LARGEST_FILE)
        parse = _guessed(text)
    else:
        path = Path(source)
        if path.suffix.lower() not in PARSERS:
            known = ", ".join(PARSERS)
            raise UsageError(
                f"{shown(source)} ends in none of {known}", "give it the suffix of what it holds"
            )
        name, text = path.name, plain.read(path, f"the batch file {shown(source)}", LARGEST_FILE)
        parse = PARSERS[path.suffix.lower()]
    rows: list[Row] = []
    for row in parse(text, name):
        rows += _matched(_stripped(row))
        if len(rows) > MOST_ROWS:
            raise UsageError(f"{row.place}: more than {MOST_ROWS} rows", "split the file")
    if not rows:
        raise UsageError(f"{name} holds no rows", "a row is an image and a prompt")
    return rows


def _yaml(text: str, name: str) -> Iterator[Row]:
    """A list of rows; or `rows`, that list, and `defaults`, what every row takes that says nothing else."""
    import yaml

    nodes = _nodes(text, name)
    first, place = next(nodes, (None, ""))
    defaults: dict[str, Value] = {}
    rows: list[Row] = []
    if isinstance(first, yaml.SequenceStartEvent):
        rows = _yaml_rows(nodes)
    elif isinstance(first, yaml.MappingStartEvent):
        defaults, rows = _yaml_parts(nodes)
    elif first is not None:
        raise UsageError(f"{place}: a batch file is a list of rows", EXAMPLE)
    for _, after in nodes:
        raise UsageError(f"{after}: a batch file is one list of rows", "drop what follows")
    for row in rows:
        yield Row(row.place, defaults | row.values)


def _nodes(text: str, name: str) -> "Nodes":
    """The events but those of the stream and its documents."""
    import yaml

    for event, place in plain.events(text, name, "batch files"):
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event, place


def _yaml_parts(nodes: "Nodes") -> tuple[dict[str, Value], list[Row]]:
    """(defaults, rows): the rest of a mapping, whose start is read."""
    import yaml

    defaults: dict[str, Value] = {}
    rows: list[Row] = []
    told: set[str] = set()
    for event, place in nodes:
        if isinstance(event, yaml.MappingEndEvent):
            break
        key = event.value if isinstance(event, yaml.ScalarEvent) else ""
        if key in told:
            raise UsageError(f"{place}: {key} is given twice", "drop one of them")
        told.add(key)
        begin, at = next(nodes)
        if key == "rows" and isinstance(begin, yaml.SequenceStartEvent):
            rows = _yaml_rows(nodes)
        elif key == "defaults" and isinstance(begin, yaml.MappingStartEvent):
            defaults = _yaml_values(nodes)
        elif key in ("rows", "defaults"):
            raise UsageError(f"{at}: {key} must be a {'list' if key == 'rows' else 'mapping'}", EXAMPLE)
        else:
            problem = f"{place}: there is no key {shown(key)}"
            raise UsageError(problem, "a batch file is a list of rows, or has `defaults` and `rows`")
    return defaults, rows


def _yaml_rows(nodes: "Nodes") -> list[Row]:
    """The rest of a sequence, whose start is read."""
    import yaml

    rows = []
    for event, place in nodes:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        if not isinstance(event, yaml.MappingStartEvent):
            raise UsageError(f"{place}: a row is `key: value` pairs", "for example `- image: a.jpg`")
        rows.append(Row(place, _yaml_values(nodes)))
        if len(rows) > MOST_ROWS:
            raise UsageError(f"{place}: more than {MOST_ROWS} rows", "split the file")
    return rows


def _yaml_values(nodes: "Nodes") -> dict[str, Value]:
    """The rest of a mapping, whose start is read."""
    import yaml

    values: dict[str, Value] = {}
    key: str | None = None
    for event, place in nodes:
        if isinstance(event, yaml.MappingEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            raise UsageError(f"{place}: {key or 'a key'} must be a single value", "rows do not nest")
        if key is None:
            key = _checked_key(event.value, place, values)
        else:
            values[key] = Value(plain.scalar(event), "row", place)
            key = None
    return values


def _csv(text: str, name: str) -> Iterator[Row]:
    """The first line names the columns; an empty cell says nothing."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: dict[str, Value] = {}
    try:
        for cells in reader:
            place = f"{name}:{reader.line_num}"
            if not any(cells):
                continue
            if not columns:
                for cell in cells:
                    columns[_checked_key(cell.strip(), place, columns)] = Value(None, "row", place)
            elif len(cells) != len(columns):
                problem = f"{len(cells)} cells under {len(columns)} columns"
                raise UsageError(f"{place}: {problem}", 'quote a text with commas: "pan left, then zoom in"')
            else:
                pairs = zip(columns, cells, strict=True)
                yield Row(place, {key: Value(cell, "row", place) for key, cell in pairs if cell})
    except csv.Error as error:
        place = f"{name}:{reader.line_num}"
        raise UsageError(f"{place}: not CSV: {error}", "a quote inside quotes is two") from error


def _jsonl(text: str, name: str) -> Iterator[Row]:
    """An object a line."""
    for number, line in enumerate(text.split("\n"), start=1):
        place = f"{name}:{number}"
        if not line.strip():
            continue
        try:
            pairs = json.loads(line, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{place}: not JSON: {error}", "a row is one object on one line") from error
        if not isinstance(pairs, _Pairs):
            hint = 'for example {"image": "a.jpg", "prompt": "pan left"}'
            raise UsageError(f"{place}: a row is an object", hint)
        values: dict[str, Value] = {}
        for key, raw in pairs:
            if isinstance(raw, list):
                raise UsageError(f"{place}: {shown(key)} must be a single value", "rows do not nest")
            values[_checked_key(key, place, values)] = Value(raw, "row", place)
        yield Row(place, values)


class _Pairs(list[tuple[str, object]]):
    """A JSON object with all its keys, also those that come twice."""


Parser: TypeAlias = Callable[[str, str], Iterator[Row]]
PARSERS: dict[str, Parser] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _yaml,
    ".csv": _csv,
    ".jsonl": _jsonl,
}


def _guessed(text: str) -> Parser:
    """By the first line: an object is JSONL; a list, comment or key is YAML; else it names CSV's columns."""
    first = text.lstrip().partition("\n")[0]
    if first.startswith("{"):
        return _jsonl
    return _yaml if first.startswith(("-", "#", "[", "rows:", "defaults:")) else _csv


def _checked_key(key: str, place: str, values: Mapping[str, Value]) -> str:
    from i2v_cli.request import Request

    return new_key(key, place, values, Request.model_fields.keys() - WITHOUT_FLAG)


def _stripped(row: Row) -> Row:
    """Without what says nothing; null takes a default back."""
    given = {key: value for key, value in row.values.items() if value.raw is not None}
    if not isinstance(image := given["image"].raw if "image" in given else None, str) or not image:
        raise UsageError(f"{row.place}: the row has no image", "add the key image")
    for key, value in given.items():
        if isinstance(value.raw, str) and "\0" in value.raw:
            raise UsageError(f"{value.place}: {key} holds a NUL character", "save the file as plain text")
    return Row(row.place, given)


def _matched(row: Row) -> Iterator[Row]:
    """A row for each file that the image's pattern matches, in the order of names; no pattern is one file."""
    image = row.values["image"]
    pattern = str(image.raw)
    if not glob.has_magic(pattern) or os.path.lexists(pattern):
        paths = [pattern]
    else:
        matches = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute patterns
        paths = sorted(path for path in matches if not os.path.isdir(path))
        if not paths:
            raise UsageError(f"{image.place}: no file matches {shown(pattern)}", "check the pattern")
    for path in paths:
        yield Row(row.place, row.values | {"image": Value(Path(path), "row", image.place)})
