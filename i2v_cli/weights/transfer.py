"""One file over HTTP: resumed where it was cut, even after the end of the process, and hashed on the way.

The hub's library throws away what an interrupted run has received, and checks no digest; hence this file.
"""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from i2v_cli.errors import ModelError, NetworkError
from i2v_cli.weights import digest

INCOMPLETE = ".incomplete"  # how the hub's tools name what an interrupted download has left
TRIES = 5  # in a row that brought no byte
FIRST_WAIT = 0.2  # seconds; doubled after each try that brought no byte
TIMEOUT = 30.0  # seconds without an answer


class Partial:
    """A file on its way: `have` of `size` bytes lie on the disk and are hashed; whole, it gets its name.

    advance: told how many bytes were added; a negative number was thrown away.
    """

    def __init__(self, target: Path, *, size: int, expected: str, advance: Callable[[int], None]) -> None:
        self.target, self.size, self.expected = target, size, expected
        self.path = target.with_name(target.name + INCOMPLETE)
        self.have = 0
        self._advance = advance

    def __enter__(self) -> "Partial":
        """Goes on with what is there from before."""
        self.path.touch()
        self._file = self.path.open("r+b")
        self._hash = digest.algorithm(self.expected, self.size)
        while self.have <= self.size and (chunk := self._file.read(digest.CHUNK)):
            self._hash.update(chunk)
            self._count(len(chunk))
        if self.have > self.size:
            self.restart()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._file.close()  # also after an error: what has come stays for the next time

    def add(self, chunk: bytes) -> None:
        """More than `size` bytes are not kept."""
        chunk = chunk[: self.size - self.have]
        self._file.write(chunk)
        self._hash.update(chunk)
        self._count(len(chunk))

    def restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._hash = digest.algorithm(self.expected, self.size)
        self._count(-self.have)

    def finish(self) -> bool:
        """Whether the content is right; then `target` stands, else nothing is left."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._hash.hexdigest() != self.expected:
            self._count(-self.have)
            self.path.unlink()
            return False
        self.path.replace(self.target)
        return True

    def _count(self, added: int) -> None:
        self.have += added
        self._advance(added)


def fetch(
    url: str,
    target: Path,
    *,
    size: int,
    expected: str,
    headers: Mapping[str, str],
    advance: Callable[[int], None],
) -> None:
    """Writes `target`: `size` bytes whose digest is `expected`, by the hub's `digest.algorithm`.

    A server that is silent for TRIES tries is a NetworkError; what it gave stays beside `target` and counts
    the next time. Content with another digest is thrown away, and a ModelError when none came from before.
    """
    for _ in range(2):
        with Partial(target, size=size, expected=expected, advance=advance) as partial:
            from_before = partial.have
            _complete(partial, url, headers)
            if partial.finish():
                return
        if not from_before:
            break
    raise ModelError(
        f"{url} arrived damaged: not the content whose digest the hub tells, {expected}",
        "try again; a proxy on the way may change files",
    )


def _complete(partial: Partial, url: str, headers: Mapping[str, str]) -> None:
    import httpx2

    silent = 0
    while partial.have < partial.size:
        before, reason = partial.have, "the connection was closed"
        try:
            _receive(partial, url, headers)
        except httpx2.TransportError as error:
            reason = str(error) or type(error).__name__
        silent = 0 if partial.have > before else silent + 1
        if silent == TRIES:
            raise NetworkError(
                f"{url} stopped at byte {partial.have} of {partial.size}: {reason}",
                "the same command goes on from there",
            )
        if partial.have < partial.size:
            time.sleep(FIRST_WAIT * 2**silent)


def _receive(partial: Partial, url: str, headers: Mapping[str, str]) -> None:
    """One request, from the byte that is next. Redirects are followed anew each time: targets expire."""
    from huggingface_hub.utils import hf_raise_for_status, http_stream_backoff

    asked = {**headers, "Accept-Encoding": "identity"}
    if partial.have:
        asked["Range"] = f"bytes={partial.have}-"
    with http_stream_backoff("GET", url, headers=asked, timeout=TIMEOUT, retry_on_exceptions=()) as response:
        misplaced = response.status_code == 206 and not response.headers.get("Content-Range", "").startswith(
            f"bytes {partial.have}-"
        )
        if misplaced or response.status_code == 416:
            partial.restart()
            return
        hf_raise_for_status(response)
        if response.status_code == 200 and partial.have:  # this server knows no ranges
            partial.restart()
        for chunk in response.iter_bytes():
            partial.add(chunk)
            if partial.have == partial.size:
                return
