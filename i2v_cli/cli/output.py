"""What is written where: results and JSON on stdout, words for people on stderr, made harmless."""

import json
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from i2v_cli.events import Event, Noted, Stage, Step, Warned, Wrote

SCHEMA = 1
EVENT_TYPES = {Stage: "stage", Step: "step", Wrote: "wrote", Warned: "warning", Noted: "note"}
JOINERS = "\u200c\u200d"  # format characters that scripts and emoji need, and that do nothing else


def safe_text(text: str) -> str:
    """One line that does nothing to a terminal: control, direction and unprintable characters are escaped."""
    return "".join(char if _harmless(char) else _escaped(char) for char in text)


def say(text: str = "") -> None:
    """A line for people."""
    if sys.stderr is not None:  # closed by `2>&-`
        sys.stderr.write(safe_text(text) + "\n")
        sys.stderr.flush()


def result(text: str) -> None:
    """A line of the result. Off a terminal it keeps all that a line of text can hold: a path stays itself."""
    if sys.stdout is not None:
        sys.stdout.write((safe_text(text) if sys.stdout.isatty() else _one_line(text)) + "\n")
        sys.stdout.flush()


def emit(kind: str, fields: Mapping[str, Any]) -> None:
    """A JSON object as one line of stdout. ASCII; a name that is no UTF-8 survives as its surrogates."""
    if sys.stdout is not None:
        line = json.dumps({"schema": SCHEMA, "type": kind, **fields}, default=str)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def emit_event(event: Event) -> None:
    emit(EVENT_TYPES[type(event)], asdict(event))


def yaml_value(raw: object) -> str:
    """As a preset would spell it."""
    if raw is None or isinstance(raw, bool | int | float):
        return json.dumps(raw)
    text = str(raw)
    plain = text.replace("-", "").replace("_", "").isalnum() and text[0].isalpha()
    return text if plain and text not in ("true", "false", "null") else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return "".join(_escaped(char) if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)


def _harmless(char: str) -> bool:
    # Cc control, Cf format and direction, Cs surrogates, Co private, Cn unassigned, Zl and Zp line ends
    return char in JOINERS or not (unicodedata.category(char).startswith("C") or char in "\u2028\u2029")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
