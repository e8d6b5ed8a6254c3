"""A hub on this machine: as much of its protocol as a pull needs, and the faults of networks."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

LOCATIONS = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
LARGE = 1000  # bytes from which a file lies in the large files' store, under its SHA-256


@dataclass
class Repo:
    """files: path -> content. revisions: name -> commit. Who may read it: `gated` wants the token "good"."""

    files: dict[str, bytes]
    revisions: dict[str, str] = field(default_factory=lambda: {"main": "a" * 40})
    gated: bool = False


@dataclass
class Hub:
    """What stands on the hub, what goes wrong, and what was asked.

    cuts: bytes after which the next bodies break off, first one first. damage: paths that arrive with a
    flipped byte. ranges: whether a part of a file can be asked for. range_shift: by how much the server errs
    about the part that it sends. status: an answer to everything. sent: bytes of each file, in all.
    """

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    damage: set[str] = field(default_factory=set)
    ranges: bool = True
    range_shift: int = 0
    status: int | None = None
    asked: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    pause: threading.Event | None = None  # large bodies wait for it after their first half
    told_to_store: bool = False  # whether a token reached the host of the large files


def digest(content: bytes) -> str:
    """The name of a file's blob."""
    if len(content) >= LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _has_loopback() -> bool:
    with socket.socket() as listening, socket.socket() as calling:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        return calling.connect_ex(listening.getsockname()) == 0


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """It serves while the test runs; the environment names it, an empty cache, and no token."""
    for name in (
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "HF_HUB_OFFLINE",
        "HF_TOKEN",
        "HTTP_PROXY",
        "http_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    if not _has_loopback():
        pytest.skip("this machine does not reach itself: a namespace without any network")
    state = Hub()

    class Handler(_Handler):
        hub = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", state.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(path)
        if self.hub.status is not None:
            self._answer(self.hub.status, b"no")
        elif path.startswith("/api/models/"):
            self._describe(path.removeprefix("/api/models/"))
        elif path.startswith("/store/"):
            self.hub.told_to_store |= "Authorization" in self.headers
            self._send(path.removeprefix("/store/"))
        elif "/resolve/" in path:
            self._resolve(path.removeprefix("/"))
        else:
            self._answer(404, b"")

    def do_HEAD(self) -> None:
        """The library asks so before it fetches; we do not."""
        self.do_GET()

    def _describe(self, path: str) -> None:
        name, _, revision = path.partition("/revision/")
        if (repo := self._known(name, revision or "main")) is None:
            return
        files = []
        for file, content in repo.files.items():
            entry = {"rfilename": file, "size": len(content), "blobId": digest(content)}
            if len(content) >= LARGE:
                entry["blobId"] = "b" * 40
                entry["lfs"] = {"sha256": digest(content), "size": len(content), "pointerSize": 134}
            files.append(entry)
        commit = repo.revisions.get(revision or "main", revision)
        about = {"id": name, "sha": commit, "siblings": files, "private": False, "gated": repo.gated}
        self._answer(200, json.dumps(about).encode(), {"Content-Type": "application/json"})

    def _resolve(self, path: str) -> None:
        name, _, rest = path.partition("/resolve/")
        revision, _, file = rest.partition("/")
        if (repo := self._known(name, revision)) is None:
            return
        if repo.gated and (refusal := self._refusal()):
            self._answer(refusal, b"", {"X-Error-Code": "GatedRepo"})
            return
        if file not in repo.files:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        known = {"X-Repo-Commit": repo.revisions.get(revision, revision)}
        known["X-Linked-Etag"] = f'"{digest(repo.files[file])}"'
        known["X-Linked-Size"] = str(len(repo.files[file]))
        if len(repo.files[file]) >= LARGE:
            elsewhere = self.hub.url.replace("127.0.0.1", "localhost")  # another host, as far as HTTP knows
            self._answer(302, b"", known | {"Location": f"{elsewhere}/store/{name}|{file}"})
        else:
            self._send(f"{name}|{file}", known)

    def _known(self, name: str, revision: str) -> Repo | None:
        repo = self.hub.repos.get(name)
        if repo is None:
            self._answer(401, b"", {"X-Error-Code": "RepoNotFound"})
        elif revision not in repo.revisions and revision not in repo.revisions.values():
            self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
            return None
        return repo

    def _refusal(self) -> int:
        token = self.headers.get("Authorization")
        return 0 if token == "Bearer good" else 403 if token else 401

    def _send(self, key: str, known: dict[str, str] | None = None) -> None:
        name, _, file = key.partition("|")
        content = self.hub.repos[name].files[file]
        if file in self.hub.damage:
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        begin, wanted = 0, self.headers.get("Range")
        headers = {"ETag": f'"{digest(content)}"', **(known or {})}
        if wanted and self.hub.ranges:
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
            told = begin + self.hub.range_shift
            headers["Content-Range"] = f"bytes {told}-{len(content) - 1}/{len(content)}"
        body = content[begin:]
        self.hub.sent[file] = self.hub.sent.get(file, 0) + len(body)
        self._answer(206 if "Content-Range" in headers else 200, body, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if status in (200, 206) and "ETag" in (headers or {}):
            if self.hub.cuts:
                self.wfile.write(body[: self.hub.cuts.pop(0)])
                self.close_connection = True
                return
            if self.hub.pause is not None and len(body) >= LARGE:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.hub.pause.wait(20)
                body = body[len(body) // 2 :]
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass
