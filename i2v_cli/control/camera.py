"""`--camera`: the one way in. What the user wrote becomes a `CameraPath`."""

from pathlib import Path

from i2v_cli import plain
from i2v_cli.control.camera_grammar import parse_words
from i2v_cli.control.camera_keyframes import looks_like_keyframes, parse_keyframes
from i2v_cli.control.camera_path import CameraPath
from i2v_cli.errors import UsageError

SUFFIXES = (".yaml", ".yml", ".json", ".csv")
LARGEST_FILE = 20_000  # bytes; a request takes as many characters


def parse(text: str, place: str = "--camera") -> CameraPath:
    """text: a path in words, or keyframes in YAML or CSV. place: what errors call it.

    Raises UsageError that points at the word or the line.
    """
    read = parse_keyframes if looks_like_keyframes(text) else parse_words
    return CameraPath(read(text, place))


def is_file(text: str) -> bool:
    """Does it name a file of keyframes? No path in words ends like that."""
    return text.lower().endswith(SUFFIXES)


def read(path: Path) -> str:
    """A file's keyframes, for a request to hold: what is made of it stays the same when the file changes."""
    text = plain.read(path, f"the camera's path {path}", LARGEST_FILE)
    if not looks_like_keyframes(text):
        raise UsageError(
            f"{path} holds no keyframes",
            "rows like - {time: 2s, pan: 15}, or a CSV table that begins with time",
        )
    return text
