"""What was run on this machine by this user: a row a run, in an SQLite file in the state folder.

Only a convenience: whatever is wrong with the file, no run fails for it or waits long. A row is written when
a run begins and filled in when it ends, so that what was killed can be seen, too.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from i2v_cli import __version__
from i2v_cli.errors import DISK_FULL, ExitCode, I2VError, Terminated, UsageError
from i2v_cli.request import Request
from i2v_cli.runtime import memory

if TYPE_CHECKING:
    import sqlite3

SCHEMA = 1
EXITS: dict[type[BaseException], int] = {
    KeyboardInterrupt: ExitCode.INTERRUPTED,
    Terminated: ExitCode.TERMINATED,
    MemoryError: ExitCode.FIT,
    BrokenPipeError: 141,
}
KEPT_ROWS = 10_000
WAIT_SECONDS = 5.0  # for other processes that write; one write takes milliseconds

TABLE = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    began TEXT NOT NULL,
    command TEXT NOT NULL,
    image TEXT NOT NULL,
    prompt TEXT NOT NULL,
    output TEXT,
    seed INTEGER NOT NULL,
    request TEXT NOT NULL,
    version TEXT NOT NULL,
    seconds REAL,
    peak_memory INTEGER,
    exit_code INTEGER,
    error TEXT
)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """began: UTC, ISO 8601. output: None is standard output. request: all that was asked, as JSON.

    seconds, peak_memory (bytes) and exit_code are None for what did not end: it runs still, or was killed.
    """

    id: int
    began: str
    command: str
    image: str
    prompt: str
    output: str | None
    seed: int
    request: str
    version: str
    seconds: float | None
    peak_memory: int | None
    exit_code: int | None
    error: str | None


class Entry:
    """`with Entry(command, request, target) as entry`: the body's run, with how it ended.

    `path`: where the clip went, should that be another place than was planned. keep: False writes nothing.
    """

    def __init__(self, command: str, request: Request, target: Path | None, *, keep: bool = True) -> None:
        self.path = target
        self._command = command
        self._request = request
        self._keep = keep and find_spec("_sqlite3") is not None  # some builds of Python lack it
        self._id: int | None = None

    def __enter__(self) -> "Entry":
        self._began = time.monotonic()
        if self._keep:
            with _forgiven(), _opened() as database:
                self._id = self._insert(database)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._id is None:
            return
        with _forgiven(), _opened() as database:
            ended = {
                "output": _place(self.path),
                "seconds": round(time.monotonic() - self._began, 3),
                "peak_memory": memory.peak_rss(),
                "exit_code": _exit_code(error),
                "error": None if error is None else _text(str(error)),
            }
            columns = ", ".join(f"{column} = :{column}" for column in ended)
            database.execute(f"UPDATE runs SET {columns} WHERE id = :id", {**ended, "id": self._id})

    def _insert(self, database: "sqlite3.Connection") -> int | None:
        request = self._request
        began = {
            "began": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "command": self._command,
            "image": _place(request.image),
            "prompt": _text(request.prompt),
            "output": _place(self.path),
            "seed": request.seed,
            "request": json.dumps(request.model_dump(mode="json")),
            "version": __version__,
        }
        names = ", ".join(began)
        values = ", ".join(f":{column}" for column in began)
        row = database.execute(f"INSERT INTO runs ({names}) VALUES ({values})", began).lastrowid
        database.execute("DELETE FROM runs WHERE id <= ?", ((row or 0) - KEPT_ROWS,))
        return row


def runs(limit: int) -> list[Run]:
    """The last runs, the latest first. UsageError when the file cannot be read."""
    import sqlite3

    if not os.path.exists(path()):
        return []
    names = ", ".join(field.name for field in fields(Run))
    try:
        with _connected(f"{path().absolute().as_uri()}?mode=rw") as database:
            rows = database.execute(f"SELECT {names} FROM runs ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    except sqlite3.Error as error:
        raise UsageError(
            f"the history {path()} cannot be read: {error}", "remove it, and a new one is made"
        ) from error
    return [Run(**dict(row)) for row in rows]


def path() -> Path:
    import platformdirs

    return platformdirs.user_state_path("i2v", appauthor=False) / "history.sqlite3"


@contextmanager
def _forgiven() -> Iterator[None]:
    """Whatever goes wrong with the file is no reason to fail. A damaged one is put aside; the next run is its
    successor's first."""
    import sqlite3

    try:
        yield
    except (sqlite3.OperationalError, OSError, UnicodeError, OverflowError):  # busy, read-only, full
        pass
    except sqlite3.DatabaseError:
        with suppress(OSError):
            path().replace(path().with_suffix(".damaged"))


@contextmanager
def _opened() -> Iterator["sqlite3.Connection"]:
    """The file, made when it is not there, readable by its user alone: it holds prompts and names."""
    import sqlite3

    path().parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path(), os.O_RDWR | os.O_CREAT, 0o600))
    with _connected(path().absolute().as_uri()) as database, database:
        database.execute(
            "PRAGMA synchronous = OFF"
        )  # a power cut may cost the history, no run waits for a disk
        database.execute("BEGIN IMMEDIATE")  # waits here, not half-way
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise sqlite3.OperationalError("written by a newer version")
        if version < SCHEMA:
            database.execute(TABLE)
            database.execute(f"PRAGMA user_version = {SCHEMA}")
        yield database


@contextmanager
def _connected(uri: str) -> Iterator["sqlite3.Connection"]:
    import sqlite3

    database = sqlite3.connect(uri, timeout=WAIT_SECONDS, uri=True, isolation_level=None)
    database.row_factory = sqlite3.Row
    try:
        yield database
    finally:
        database.close()


def _exit_code(error: BaseException | None) -> int:
    """What the process will end with, as `cli.app` says it."""
    if error is None:
        return ExitCode.DONE
    if isinstance(error, I2VError):
        return error.exit_code
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return ExitCode.FIT
    return next((code for kind, code in EXITS.items() if isinstance(error, kind)), ExitCode.BUG)


def _place(path: Path | None) -> str | None:
    return None if path is None else _text(str(path.absolute()))


def _text(value: str) -> str:
    """A name that is no UTF-8 with its odd bytes spelled out."""
    return value.encode("utf-8", "backslashreplace").decode()
