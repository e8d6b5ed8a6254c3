"""Text files that are only data: read whole and in bounds, YAML event by event without its machinery.

PyYAML composes aliases and merge keys into bombs: 300 bytes can take minutes. So nothing is composed here;
who reads a file (`presets`, `jobs.batchfile`) walks its events and refuses what is nested too deeply.
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from i2v_cli.errors import UsageError

if TYPE_CHECKING:
    import yaml

    Placed: TypeAlias = tuple[yaml.Event, str]


def read(path: Path, what: str, largest: int) -> str:
    """A regular file's text, UTF-8. UsageError begins with `what`. `largest`: bytes."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{what} is not a file", "give a text file")
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except OSError as error:
        raise UsageError(f"{what} cannot be read: {error.strerror}", "check the path") from error
    except ValueError as error:  # NUL in the name
        raise UsageError(f"{what} cannot be read: {error}", "check the path") from error
    return decoded(data, what, largest)


def decoded(data: bytes, what: str, largest: int) -> str:
    if len(data) > largest:
        raise UsageError(f"{what} is larger than {largest >> 10} kB", "split it, or make it shorter")
    try:
        return data.decode("utf-8-sig")
    except ValueError as error:
        raise UsageError(f"{what} is not UTF-8 text", "save it as UTF-8") from error


def events(text: str, name: str, what: str) -> "Iterator[Placed]":
    """YAML's events, each with its place (name:line). JSON may be indented with tabs.

    Refuses anchors, aliases and tags (merge keys are words without them), and what is no YAML. `what`: the
    plural of what is read, for the messages.
    """
    import yaml

    if text.lstrip().startswith(("[", "{")):  # within JSON's strings a tab is an escape; YAML allows none
        text = text.replace("\t", " ")
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            place = f"{name}:{event.start_mark.line + 1 if event.start_mark else 1}"
            if isinstance(event, yaml.NodeEvent):
                _refuse_machinery(event, place, what)
            yield event, place
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{name}:{line}: not YAML: {error.problem}", "quote a text with : or #") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{name}: not YAML: it holds control characters", "save it as plain text") from error


def scalar(event: "yaml.ScalarEvent") -> object:
    """YAML's JSON schema: true, false, null and JSON's numbers. The rest is text: `no`, 012 and dates too."""
    literals: dict[str, object] = {"true": True, "false": False, "null": None, "": None}
    text: str = event.value
    if event.style is not None:  # quoted, or a block; JSON writes what is beyond 16 bits as a pair of escapes
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if text in literals:
        return literals[text]
    if len(text) > 32 or not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return text
    return int(text) if text.removeprefix("-").isdigit() else float(text)


def _refuse_machinery(event: "yaml.NodeEvent", place: str, what: str) -> None:
    import yaml

    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise UsageError(f"{place}: {what} have no anchors and aliases", "write the value out, or quote it")
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
        raise UsageError(f"{place}: {what} have no tags ({event.tag[:60]!a})", "write the plain value")
