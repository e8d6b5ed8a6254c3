"""What became of each output: one checked JSON line an event, appended beside the outputs, never rewritten.

A line that is torn, damaged or of a newer version counts as not written: at worst a row is refused because
its output stands already. Any number of processes may append.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, TypeAlias

from i2v_cli.errors import UsageError
from i2v_cli.jobs import lock
from i2v_cli.media import publish

NAME = "i2v-ledger.jsonl"
VERSION = 1
APPEND_SECONDS = 60  # how long to wait for others' lines; one takes milliseconds
NO_TRANSLATION = getattr(os, "O_BINARY", 0)  # Windows would write \r\n

State: TypeAlias = Literal["begun", "done", "failed"]
# (size, mtime in ns, inode) of what stands at a path; None: nothing does.
Standing: TypeAlias = tuple[int, int, int] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """key: of the row (see `job`). target: relative to the output folder, with slashes.

    before: what stood at the target when the row was begun. error: why it failed.
    """

    state: State
    key: str
    target: str
    before: Standing = None
    seconds: float = 0
    error: str = ""


class Ledger:
    """The ledger of an output folder and, where one is kept, the archive: done, wherever it is now."""

    def __init__(self, folder: Path, archive: Path | None = None) -> None:
        self.folder = folder
        self._lines = Lines(folder / NAME)
        self._archive = Lines(archive) if archive is not None else None

    @property
    def damaged(self) -> int:
        """Lines that do not count."""
        return sum(lines.damaged for lines in (self._lines, self._archive) if lines is not None)

    def refresh(self) -> None:
        """Reads what others have written since."""
        for lines in (self._lines, self._archive):
            if lines is not None:
                lines.refresh()

    def is_done(self, key: str, target: str) -> bool:
        """Whether this row made the file that stands at its target, or stands in the archive."""
        if self._archive is not None and key in self._archive.done:
            return True
        latest = self._lines.latest.get(target)
        done = latest is not None and latest.key == key and latest.state == "done"
        return done and os.path.lexists(self.folder / target)

    def unfinished(self, key: str, target: str) -> Entry | None:
        """The row's last entry when it was begun, or failed, and no other row has had its target since."""
        latest = self._lines.latest.get(target)
        return latest if latest is not None and latest.key == key and latest.state != "done" else None

    def append(self, entry: Entry) -> None:
        """Writes and syncs a line. FitError when the disk is full."""
        self._lines.append(entry)
        if self._archive is not None and entry.state == "done":
            self._archive.append(entry)


class Lines:
    """One file. latest: the last entry of each target. done: the keys of all that is."""

    def __init__(self, path: Path) -> None:
        self.latest: dict[str, Entry] = {}
        self.done: set[str] = set()
        self.damaged = 0
        self._path = path
        self._offset = 0
        self.refresh()

    def refresh(self) -> None:
        """Reads on from where it stopped. UsageError when the file cannot be read."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            hint = "move it away, or choose another one"
            raise UsageError(f"cannot read the ledger {self._path}: {error.strerror}", hint) from error
        whole = data[: data.rfind(b"\n") + 1]  # the tail is torn, or still being written
        self._offset += len(whole)
        for line in whole.split(b"\n"):
            entry = parsed(line)
            if entry is not None:
                self.latest[entry.target] = entry
                if entry.state == "done":
                    self.done.add(entry.key)
            elif line:
                self.damaged += 1

    def append(self, entry: Entry) -> None:
        with lock.held(self._path, APPEND_SECONDS):
            try:
                self._write(line_of(entry))
            except OSError as error:
                raise publish.disk_error(self._path, error) from error
        self.refresh()

    def _write(self, line: bytes) -> None:
        """At the end; on a new line when the last writer was cut off in the middle of his."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | NO_TRANSLATION, 0o666)
        try:
            size = os.lseek(descriptor, 0, os.SEEK_END)
            os.lseek(descriptor, max(size - 1, 0), os.SEEK_SET)
            left = line if os.read(descriptor, 1) in (b"", b"\n") else b"\n" + line
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def standing(path: Path) -> Standing:
    """What tells the file at `path` from a later one there."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def line_of(entry: Entry) -> bytes:
    """ASCII, with a line end."""
    fields: dict[str, Any] = {
        "v": VERSION,
        "state": entry.state,
        "key": entry.key,
        "target": entry.target,
        "before": entry.before,
        "seconds": round(entry.seconds, 3),
        "error": entry.error,
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),  # for people: it decides nothing
        "process": os.getpid(),
    }
    return _canonical(fields | {"sum": _sum(fields)}) + b"\n"


def parsed(line: bytes) -> Entry | None:
    """None for what is no whole line of this version."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match fields:
        case {
            "v": 1,
            "state": "begun" | "done" | "failed" as state,
            "key": str(key),
            "target": str(target),
            "before": None | [int(), int(), int()] as before,
            "seconds": float() | int() as seconds,
            "error": str(error),
            "sum": str(checksum),
        } if checksum == _sum({name: raw for name, raw in fields.items() if name != "sum"}):
            known = None if before is None else (before[0], before[1], before[2])
            return Entry(state=state, key=key, target=target, before=known, seconds=seconds, error=error)
    return None


def _sum(fields: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(fields)).hexdigest()[:16]


def _canonical(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")
