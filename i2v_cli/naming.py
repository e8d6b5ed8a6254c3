"""What the output is called: an asked name with its {fields} filled in, or a numbered name of our own."""

import itertools
import os
import re
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from i2v_cli.control import motion
from i2v_cli.errors import UsageError
from i2v_cli.request import Request

STDOUT = "-"
LONGEST_VALUE = 120  # bytes: two of them, a number and a suffix fit the 255 of every file system
UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:"/\\|?*]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # devices, on Windows


def target(request: Request) -> Path | None:
    """Where the clip goes; None is standard output."""
    return None if request.output == STDOUT else next(candidates(request))


def candidates(request: Request, today: date | None = None) -> Iterator[Path]:
    """The names to try in turn: the one that was asked for, or endless free ones of ours.

    A name is free when it is looked at; whoever loses it while working takes the next. With `overwrite` our
    own name is free too, but never that of a picture that the clip is made from. UsageError for a name that
    cannot be filled in.
    """
    asked = None if request.output is None else Path(filled(request, today or date.today()))
    if asked is None or _is_folder(request, asked):
        yield from _numbered(asked or Path(), *own_name(request), request)
        return
    if what := _replaced(asked, request):
        raise UsageError(f"the output {asked} is {what} itself", "choose another -o")
    yield asked


def is_ours(request: Request) -> bool:
    """Whether the clip's name is one of ours: nobody asked for one, or for its folder alone."""
    return request.output is None or _is_folder(request, Path(filled(request, date.today())))


def own_name(request: Request) -> tuple[str, str]:
    """(stem, suffix) of the file that nobody named: after the photo and the format."""
    stem = sanitised(request.image.stem)
    return (f"{stem}-frames", "") if request.format == "frames" else (stem, f".{request.format}")


def check_sheet(request: Request, target: Path | None) -> None:
    """UsageError for a sheet that would replace a picture or the clip, or hides that it is a PNG."""
    if request.sheet is None:
        return
    hint = "choose another one: --sheet sheet.png"
    if request.sheet.suffix.lower() != ".png":
        raise UsageError(f"the sheet {request.sheet} does not end in .png", hint)
    is_clip = target is not None and _same(request.sheet, target)
    if what := "the clip" if is_clip else _replaced(request.sheet, request):
        raise UsageError(f"the sheet {request.sheet} is {what} itself", hint)
    if request.format == "frames" and target is not None and _inside(request.sheet, target):
        raise UsageError(f"the sheet {request.sheet} lies in the folder of the frames", hint)


def filled(request: Request, today: date) -> str:
    """`request.output` with {stem}, {seed}, {preset} and {date} filled in."""
    known = {
        "stem": sanitised(request.image.stem),
        "seed": str(request.seed),
        "preset": sanitised(request.preset),
        "date": today.isoformat(),
    }
    output = request.output or ""
    hint = "fields: {stem} {seed} {preset} {date}; a brace itself is {{ or }}"
    try:
        parts = list(string.Formatter().parse(output))
    except ValueError as error:
        raise UsageError(f"the output {output} has an unpaired brace", hint) from error
    text = ""
    for literal, field, form, conversion in parts:
        text += literal
        if field is None:
            continue
        if field not in known or form or conversion:
            raise UsageError(f"the output {output} has an unknown field", hint)
        text += known[field]
    if not text:
        raise UsageError("the output has no name", "name a file, like -o clip.mp4")
    return text


def sanitised(value: str) -> str:
    """A value that stays one plain part of a file name, on every system: no folders, controls or devices."""
    plain = UNSAFE.sub("_", value).strip(" .")
    plain = plain.encode()[:LONGEST_VALUE].decode(errors="ignore").rstrip(" .")
    return f"_{plain}" if not plain or plain.startswith("-") or RESERVED.fullmatch(plain) else plain


def _numbered(folder: Path, stem: str, suffix: str, request: Request) -> Iterator[Path]:
    """name, name-2, name-3 ..."""
    for number in itertools.count(1):
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        free = not _replaced(path, request) if request.overwrite else not os.path.lexists(path)
        if free:
            yield path


def _is_folder(request: Request, asked: Path) -> bool:
    named = str(request.output).endswith(("/", os.sep))
    return named or (os.path.isdir(asked) and request.format != "frames")


def _replaced(path: Path, request: Request) -> str:
    """What the clip is made from and would be lost under this name, in words."""
    if _same(path, request.image):
        return "the video" if request.extend else "the photo"
    if request.last is not None and _same(path, request.last):
        return "the second picture"
    return "a mask" if any(_same(path, mask) for mask in motion.masks(request)) else ""


def _inside(path: Path, folder: Path) -> bool:
    return any(_same(parent, folder) for parent in path.parents)


def _same(path: Path, other: Path) -> bool:
    """Also for what is not there yet, and on file systems that take A for a."""
    try:
        return path.samefile(other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)
