"""A camera's path as keyframes, in YAML or CSV: rows of a time and where the camera stands then.

    - {time: 0}                           time,pan,zoom,ease
    - {time: 2s, pan: 15, zoom: 10}       0,0,0,
    - {time: 3s, pan: 0, ease: ease-in}   2,15,10,

Times are seconds, or all of them percent of the clip. Amounts are those of the grammar with a sign, from the
photo: right, up, in and clockwise are positive. What a row leaves out stays as it was.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import TypeAlias

from i2v_cli.control.camera_path import (
    AXES,
    EASES,
    HIGHEST,
    HOME,
    LOWEST,
    UNITS,
    Axis,
    Ease,
    Position,
    Span,
    Step,
    amount,
    natural,
    within_reach,
)
from i2v_cli.errors import UsageError
from i2v_cli.plain import events
from i2v_cli.presets import did_you_mean, shown

COLUMNS = ("time", *AXES, "ease")
EXAMPLE = "for example - {time: 2s, pan: 15}"
# What is wrong with YAML of another shape, by how deep it is.
NOT_A_ROW = ("keyframes are a list of rows", "a keyframe is a row of values", "'{}' is not a single value")
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))\s*(s|%|deg)?", re.ASCII)
Row: TypeAlias = tuple[
    str, dict[str, str]
]  # where it stands, as in "path.csv:3"; its cells that are not empty


def looks_like_keyframes(text: str) -> bool:
    """No path in words begins like that."""
    return text.lstrip("\ufeff \r\n\t").startswith(("- ", "---", "[", "#", "time"))


def parse_keyframes(text: str, place: str) -> tuple[Step, ...]:
    """place: what an error calls the text. Raises UsageError with the line."""
    plain = text.lstrip("\ufeff \r\n\t")
    lines_before = text[: len(text) - len(plain)].count("\n")
    read = _csv_rows if plain.startswith("time") else _yaml_rows
    rows = list(read(plain, place, lines_before))
    if not rows:
        raise UsageError(f"{place}: no keyframes", EXAMPLE)
    steps = tuple(_steps(rows))
    if not steps:
        raise UsageError(f"{place}: no keyframe after time 0", "a camera that never moves is --camera static")
    return steps


def _steps(rows: list[Row]) -> Iterator[Step]:
    stands, before, unit = HOME, 0.0, ""
    for index, (where, cells) in enumerate(rows):
        time, own_unit = _time(where, cells)
        if unit and own_unit != unit:
            raise UsageError(f"{where}: times are seconds or percent, not both", "write all of them alike")
        unit = own_unit if time or index else ""  # nothing is the same in both
        position = _position(where, cells, stands)
        if time == 0 and not index:
            if position != HOME:
                raise UsageError(
                    f"{where}: at time 0 the clip shows the photo", "begin with zeros, or later than 0"
                )
            continue
        if time <= before:
            raise UsageError(f"{where}: time {cells['time']} is not after the row before", "sort the rows")
        took = time - before
        span = Span(share=took / 100) if unit == "%" else Span(seconds=took)
        stands, before = position, time
        yield Step(position, _told(position), span, _ease(where, cells))


def _time(where: str, cells: dict[str, str]) -> tuple[float, str]:
    if "time" not in cells:
        raise UsageError(f"{where}: a row without a time", "for example time: 2s")
    match = NUMBER.fullmatch(cells["time"])
    if match is None or match[2] == "deg" or match[1].startswith("-"):
        raise UsageError(
            f"{where}: {shown(cells['time'])} is no time",
            "give seconds, as in 2s, or percent, as in 50%",
        )
    return float(match[1]), match[2] if match[2] == "%" else "s"


def _position(where: str, cells: dict[str, str], stands: Position) -> Position:
    return tuple(
        _amount(where, axis, cells[axis]) if axis in cells else stood
        for axis, stood in zip(AXES, stands, strict=True)
    )


def _amount(where: str, axis: Axis, cell: str) -> float:
    match = NUMBER.fullmatch(cell)
    if match is None or match[2] not in (None, "deg" if axis == "roll" else "%"):
        raise UsageError(
            f"{where}: {axis} {shown(cell)} is not a number of {UNITS[axis]}", f"for example {axis}: 10"
        )
    value = natural(axis, float(match[1]))
    if not within_reach(axis, value):
        raise UsageError(
            f"{where}: {axis} {shown(cell)} is too far",
            f"{axis} may go from {LOWEST[axis]:g} to {HIGHEST[axis]:g} {UNITS[axis]}",
        )
    return value


def _ease(where: str, cells: dict[str, str]) -> Ease:
    asked = cells.get("ease", "linear")
    for ease in EASES:
        if asked == ease:
            return ease
    raise UsageError(f"{where}: there is no ease {shown(asked)}", f"eases: {', '.join(EASES)}")


def _csv_rows(text: str, place: str, lines_before: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text), skipinitialspace=True)
    try:
        top = f"{place}:{lines_before + 1}"
        header = [_column(name.strip(), top) for name in next(reader)]
        for name in header:
            if header.count(name) > 1:
                raise UsageError(f"{top}: the column {name} stands there twice", "drop one")
        for row in reader:
            where = f"{place}:{lines_before + reader.line_num}"
            cells = [cell.strip() for cell in row]
            if len(cells) > len(header) and any(cells[len(header) :]):
                raise UsageError(f"{where}: more cells than columns", f"columns: {', '.join(header)}")
            if any(cells):
                yield where, {name: cell for name, cell in zip(header, cells, strict=False) if cell}
    except csv.Error as error:
        raise UsageError(f"{place}:{lines_before + reader.line_num}: not CSV: {error}") from error


def _yaml_rows(text: str, place: str, lines_before: int) -> Iterator[Row]:
    """Event by event, as presets are read: nothing but a list of rows of single values gets through."""
    import yaml

    depth, row, name, cells = 0, "", "", dict[str, str]()
    for event, where in events("\n" * lines_before + text, place, "keyframes"):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 1:
                yield row, {key: cell for key, cell in cells.items() if cell}
        elif isinstance(event, yaml.SequenceStartEvent) and depth == 0:
            depth = 1
        elif isinstance(event, yaml.MappingStartEvent) and depth == 1:
            depth, name, cells, row = 2, "", {}, where
        elif isinstance(event, yaml.ScalarEvent) and depth == 2 and not name:
            name = _column(event.value, where)
        elif isinstance(event, yaml.ScalarEvent) and depth == 2 and name not in cells:
            cells[name], name = event.value, ""
        elif isinstance(event, yaml.NodeEvent):
            raise UsageError(f"{where}: {NOT_A_ROW[depth].format(name)}", EXAMPLE)


def _column(name: str, where: str) -> str:
    if name not in COLUMNS:
        raise UsageError(
            f"{where}: there is no column {shown(name)}",
            did_you_mean(name, COLUMNS) or f"columns: {', '.join(COLUMNS)}",
        )
    return name


def _told(position: Position) -> str:
    """A keyframe in words: "to pan 15, zoom 10"."""
    stands = [
        f"{axis} {amount(axis, value):.4g}" for axis, value in zip(AXES, position, strict=True) if value
    ]
    return f"to {', '.join(stands) or 'the photo'}"
