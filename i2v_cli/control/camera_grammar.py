"""A camera's path in words: "pan right 15%, zoom in 10% over 2s ease-in-out; hold 1s".

    path   = step, { ( ";" | "then" ), step } ;
    step   = ( moves | "back" ), timing
           | ( "hold" | "static" ), [ [ "for" | "over" ], span ] ;
    timing = [ "over", span ], [ ease ] | ease, "over", span ;
    moves  = move, { ( "," | "and" | "+" ), move } ;
    move   = ( "pan" | "truck" ), ( "left" | "right" ), amount
           | ( "tilt" | "pedestal" ), ( "up" | "down" ), amount
           | ( "zoom" | "dolly" ), ( "in" | "out" ), amount
           | "roll", ( "clockwise" | "counterclockwise" ), amount ;
    amount = number, [ "%" | "deg" ] ;
    span   = number, ( "s" | "ms" | "%" ) ;
    ease   = "linear" | "ease" | "ease-in" | "ease-out" | "ease-in-out" ;

docs/concepts/camera.md tells what it means. Errors point at the word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

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
    natural,
    within_reach,
)
from i2v_cli.errors import UsageError
from i2v_cli.presets import did_you_mean

TOKEN = re.compile(r"\s*(?:(?P<number>\d+\.?\d*|\.\d+)|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)*)|(?P<mark>\S))")
DIRECTIONS: dict[Axis, dict[str, int]] = {
    "pan": {"right": 1, "left": -1},
    "tilt": {"up": 1, "down": -1},
    "zoom": {"in": 1, "out": -1},
    "roll": {"clockwise": 1, "counterclockwise": -1},
    "truck": {"right": 1, "left": -1},
    "pedestal": {"up": 1, "down": -1},
    "dolly": {"in": 1, "out": -1},
}
# Other spellings of one word.
SPELLINGS = {
    "anticlockwise": "counterclockwise",
    "counter-clockwise": "counterclockwise",
    "anti-clockwise": "counterclockwise",
    "cw": "clockwise",
    "ccw": "counterclockwise",
    "and": ",",
    "+": ",",
    "then": ";",
    "percent": "%",
    "degree": "deg",
    "degrees": "deg",
    "\u00b0": "deg",
    "sec": "s",
    "second": "s",
    "seconds": "s",
}
SECONDS = {"s": 1.0, "ms": 0.001}
RESTS = ("hold", "static")
FIRST_WORDS = (*AXES, *RESTS, "back")
WINDOW = 72  # characters of the text that an error shows


@dataclass(frozen=True, slots=True)
class Token:
    """`text`: in its one spelling; "" at the end. `begin`, `end`: where it stands in what the user wrote."""

    kind: str
    text: str
    begin: int
    end: int


def parse_words(text: str, place: str) -> tuple[Step, ...]:
    """place: what an error calls the text, as in "--camera". Raises UsageError that points at the word."""
    return Parser(text, place).path()


class Parser:
    """Recursive descent, a method a rule of the grammar above."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place
        self._tokens = _tokens(text)
        self._next = 0
        self._stands: Position = HOME

    def path(self) -> tuple[Step, ...]:
        steps = [self._step()]
        while self._take(";"):
            steps.append(self._step())
        if self._seen.kind != "end":
            self._refuse(self._seen, "is not expected here", self._what_next(steps[-1]))
        return tuple(steps)

    def _step(self) -> Step:
        first = self._seen
        if first.text in RESTS:
            return self._rest()
        if self._take("back"):
            self._stands = HOME
        else:
            self._moves()
        words = _short(self._text[first.begin : self._tokens[self._next - 1].end])
        ease = self._ease()
        span = self._span() if self._take("over") else None
        return Step(self._stands, words, span, ease or self._ease() or "linear")

    def _rest(self) -> Step:
        word = self._seen.text
        self._advance()
        timed = self._take("for") or self._take("over") or self._seen.kind == "number"
        return Step(self._stands, word, self._span() if timed else None)

    def _moves(self) -> None:
        moved: set[Axis] = set()
        while True:
            word = self._seen
            axis = next((axis for axis in AXES if axis == word.text), None)
            if axis is None:
                self._refuse_first_word(word, alone=not moved)
            if axis in moved:
                self._refuse(word, "is moved twice in one step", "put ; between moves that follow each other")
            self._advance()
            moved.add(axis)
            self._move(axis)
            if not self._take(","):
                return

    def _move(self, axis: Axis) -> None:
        """Direction and amount; the camera stands elsewhere afterwards."""
        known = DIRECTIONS[axis]
        word = self._seen
        if word.text not in known:
            self._refuse(word, f"is no direction of {axis}", _near(word.text, known), missing="a direction")
        self._advance()
        number = self._seen
        if number.kind != "number":
            example = f"for example {axis} {word.text} {'5deg' if axis == 'roll' else '15%'}"
            self._refuse(number, "is not an amount", example, missing="an amount")
        self._advance()
        unit = self._seen
        if unit.text in ("%", "deg"):
            if (unit.text == "deg") != (axis == "roll"):
                self._refuse(unit, f"is not the unit of {axis}", f"{axis} is told in {UNITS[axis]}")
            self._advance()
        index = AXES.index(axis)
        value = self._stands[index] + natural(axis, known[word.text] * float(number.text))
        if not within_reach(axis, value):
            limits = f"from {LOWEST[axis]:g} to {HIGHEST[axis]:g} {UNITS[axis]} off the photo"
            self._refuse(number, f"takes {axis} too far", f"{axis} may go {limits}")
        self._stands = (*self._stands[:index], value, *self._stands[index + 1 :])

    def _span(self) -> Span:
        number = self._seen
        if number.kind != "number":
            self._refuse(number, "is no time", "for example 2s, 500ms or 50%", missing="a time")
        self._advance()
        unit = self._seen
        if unit.text != "%" and unit.text not in SECONDS:
            hint = f"for example {number.text}s, or {number.text}% of the clip"
            self._refuse(unit, "is no unit of time", hint, missing="a unit of time")
        self._advance()
        value = float(number.text)
        if value <= 0:
            self._refuse(number, "is no time", "a step takes some time, as in 2s")
        return Span(share=value / 100) if unit.text == "%" else Span(seconds=value * SECONDS[unit.text])

    def _ease(self) -> Ease | None:
        ease = next((ease for ease in EASES if ease == self._seen.text), None)
        self._next += ease is not None
        return ease

    @property
    def _seen(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> None:
        self._next += 1

    def _take(self, text: str) -> bool:
        taken = self._seen.text == text
        self._next += taken
        return taken

    def _refuse_first_word(self, word: Token, *, alone: bool) -> NoReturn:
        if word.text in FIRST_WORDS:  # hold, static or back beside a move
            self._refuse(word, "stands alone in its step", f"put ; before {word.text}")
        known = FIRST_WORDS if alone else AXES
        self._refuse(word, "is no move", _near(word.text, known), missing="a move")

    def _what_next(self, step: Step) -> str:
        """What to type where something else than the end, or the next step, stands."""
        word = self._seen
        if word.text == "," and step.words in (*RESTS, "back"):
            return f"{step.words} stands alone in its step: put ; instead of ,"
        if word.text == ",":
            return "the time counts for all moves of its step: put it after the last one, or ; instead of ,"
        if word.text in FIRST_WORDS:
            return f"put , or ; before {word.text}: together, or one after the other"
        if word.kind == "word":
            return _near(word.text, (*EASES, "over", "and", "then"))
        return "after a step comes ; and the next one"

    def _refuse(self, token: Token, what: str, hint: str, *, missing: str = "") -> NoReturn:
        """`missing`: what should have stood at the end of the text, or before a comma or semicolon."""
        raw = self._text[token.begin : token.end]
        where = f"{self._place}, character {token.begin + 1}"
        if missing and token.text in ("", ",", ";"):
            message = f"{where}: {missing} is missing"
        else:
            message = f"{where}: '{_short(raw)}' {what}"
        raise UsageError(message, hint, _pointed(self._text, token))


def _tokens(text: str) -> list[Token]:
    tokens = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        raw = match[kind].lower()
        tokens.append(Token(kind, SPELLINGS.get(raw, raw), match.start(kind), match.end(kind)))
    end = len(text.rstrip())
    return [*tokens, Token("end", "", end, end)]


def _near(word: str, known: Iterable[str]) -> str:
    words = list(known)
    return did_you_mean(word, words) or f"known here: {', '.join(words)}"


def _pointed(text: str, token: Token) -> tuple[str, str]:
    """A line of the text around the token, and carets below it."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    first = max(0, min(token.begin - WINDOW // 2, len(plain) - WINDOW))
    carets = max(1, min(token.end, first + WINDOW) - token.begin)
    return plain[first : first + WINDOW], " " * (token.begin - first) + "^" * carets


def _short(text: str) -> str:
    """For a message: one line of at most 40 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "..."
