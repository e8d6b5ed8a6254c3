"""From the hub into its cache: only the files that a model needs, each verified before it gets its name.

What lies where in the cache is documented by the hub's library, which also talks to the hub (`library.py`).
"""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2v_cli.errors import FitError, ModelError, NetworkError
from i2v_cli.events import Noted, Report, Stage, Step
from i2v_cli.weights import hub, transfer
from i2v_cli.weights.component import INDEX, SINGLE, Component
from i2v_cli.weights.hub import Origin, gigabytes
from i2v_cli.weights.library import explained, library

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of a repository: "folder/name", bytes, and the digest that names its blob."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The files that a model needs of one repository, at a commit. `folder`: where they will be."""

    origin: Origin
    commit: str
    gated: bool
    files: tuple[Remote, ...]

    @property
    def folder(self) -> Path:
        return hub.repo_folder(self.origin.repo) / "snapshots" / self.commit

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def missing(self) -> tuple[Remote, ...]:
        """Those that are not here. What is here was whole when it got its name."""
        return tuple(file for file in self.files if not self.pointer(file).exists())

    def pointer(self, file: Remote) -> Path:
        """Where tools look for the file: a link to its blob."""
        return self.folder / file.path

    def blob(self, file: Remote) -> Path:
        return hub.repo_folder(self.origin.repo) / "blobs" / file.digest

    def to_fetch(self, file: Remote) -> int:
        """Bytes that the network still has to bring."""
        blob = self.blob(file)
        if blob.exists() or self.pointer(file).exists():
            return 0
        partial = blob.with_name(blob.name + transfer.INCOMPLETE)
        return max(file.size - (partial.stat().st_size if partial.exists() else 0), 0)


def listings(components: Sequence[Component], source: str | None = None) -> list[Listing]:
    """What the hub has for the components, each repository asked once. source: see `hub.locate`.

    Repositories that are unknown, gated or laid out otherwise are a ModelError.
    """
    wanted: dict[Origin, list[Component]] = {}
    for component in components:
        where = hub.origin(component, source)
        if isinstance(where, Path):
            raise ModelError(f"{where} is a folder on this disk, there is nothing to pull", "drop --source")
        wanted.setdefault(where, []).append(component)
    return [_listing(where, parts) for where, parts in wanted.items()]


def pull(chosen: Sequence[Listing], report: Report) -> None:
    """Brings what is not here. FitError when it does not fit the disk, or ceases to.

    Whatever interrupts it, the cache holds whole, verified files and at most one partial file, with which the
    next run goes on. Another process that brings the same file is waited for.
    """
    fetched = sum(listing.to_fetch(file) for listing in chosen for file in listing.files)
    _check_disk(fetched)
    progress = _Progress(report, sum(file.size for listing in chosen for file in listing.missing))
    report(Stage("pull", progress.total, f"{gigabytes(fetched)}, counted in MiB"))
    for listing in chosen:
        with explained(listing.origin, gated=listing.gated):
            for file in listing.missing:
                _bring(listing, file, progress, report)
            _name(listing)


class _Progress:
    """Bytes become steps of a MiB."""

    def __init__(self, report: Report, size: int) -> None:
        self.total = -(-size // MIB)
        self._report = report
        self._done = 0

    def __call__(self, added: int) -> None:
        before = self._done // MIB
        self._done += added
        if (now := self._done // MIB) != before:
            self._report(Step(now, self.total))


def _listing(where: Origin, components: Sequence[Component]) -> Listing:
    if hub.offline():
        raise NetworkError(f"HF_HUB_OFFLINE is set: {where.repo} is not asked for", "unset HF_HUB_OFFLINE")
    gated = any(part.repo.gated for part in components)
    with explained(where, gated=gated):
        api = library().HfApi(endpoint=hub.endpoint())
        info = api.model_info(
            where.repo, revision=where.revision, files_metadata=True, timeout=transfer.TIMEOUT
        )
    known = [Remote(file.rfilename, *_measured(file)) for file in info.siblings or ()]
    commit = str(info.sha)
    chosen = {file.path: file for part in components for file in _chosen(part, where, known)}
    for name in (commit, *(file.digest for file in chosen.values())):
        if not hub.DIGEST.fullmatch(name):  # they become names of files here
            raise NetworkError(f"{hub.endpoint()} gives {name[:80]!a} as a digest", "check HF_ENDPOINT")
    return Listing(origin=where, commit=commit, gated=gated, files=tuple(chosen.values()))


def _measured(sibling: Any) -> tuple[int, str]:
    """Size and digest of a file: in the large files' store, or in git."""
    stored = sibling.lfs
    return (stored.size, stored.sha256) if stored else (int(sibling.size or 0), str(sibling.blob_id))


def _chosen(component: Component, where: Origin, known: Sequence[Remote]) -> list[Remote]:
    """The component's files: its sidecars, and of its weights the first kind that the repository has."""
    named = {file.path.rpartition("/")[2]: file for file in known if hub.belongs(component, file.path)}
    wanted = list(component.sidecars)
    for stem in component.weights:
        if f"{stem}{SINGLE}" in named:
            wanted.append(f"{stem}{SINGLE}")
            break
        if f"{stem}{INDEX}" in named:
            wanted.append(f"{stem}{INDEX}")
            wanted += [name for name in named if name.startswith(f"{stem}-")]
            break
    else:
        wanted += [f"{stem}{SINGLE}" for stem in component.weights[:1]]
    for name in wanted:
        if name not in named:
            path = f"{component.folder}/{name}" if component.folder else name
            raise ModelError(
                f"{where.repo} at {where.revision} has no {path}",
                f"i2v reads safetensors, laid out as in {component.repo.id}",
            )
    return [named[name] for name in wanted]


def _check_disk(needed: int) -> None:
    folder = hub.cache().absolute()
    free = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists())).free
    if needed > free:
        raise FitError(
            f"{gigabytes(needed)} do not fit {folder}: {gigabytes(free)} are free",
            "free some disk space, or set HF_HOME to a folder on a larger disk",
        )


def _bring(listing: Listing, file: Remote, progress: _Progress, report: Report) -> None:
    from filelock import Timeout

    lock = hub.cache() / ".locks" / hub.repo_folder(listing.origin.repo).name / f"{file.digest}.lock"
    for path in (lock, listing.blob(file), listing.pointer(file)):
        path.parent.mkdir(parents=True, exist_ok=True)
    one_at_a_time = library().utils.WeakFileLock  # the library's own downloads take this lock as well
    try:
        with one_at_a_time(lock, timeout=0.1):
            _fetch_and_link(listing, file, progress)
    except Timeout:
        report(Noted(f"another process brings {file.path}: waiting for it"))
        with one_at_a_time(lock):
            _fetch_and_link(listing, file, progress)


def _fetch_and_link(listing: Listing, file: Remote, progress: _Progress) -> None:
    blob, pointer = listing.blob(file), listing.pointer(file)
    if pointer.exists():
        return
    if not blob.exists():
        headers = library().utils.build_hf_headers(library_name="i2v")
        url = library().hf_hub_url(
            listing.origin.repo, file.path, revision=listing.commit, endpoint=hub.endpoint()
        )
        transfer.fetch(url, blob, size=file.size, expected=file.digest, headers=headers, advance=progress)
    with suppress(FileNotFoundError):
        pointer.unlink()  # a link whose blob is gone
    try:
        pointer.symlink_to(os.path.relpath(blob, pointer.parent))
    except OSError:  # Windows wants a privilege for it; the library then moves the blob as well
        blob.replace(pointer)


def _name(listing: Listing) -> None:
    """A branch or tag is written down last: it stands for a commit whose files are all here."""
    if listing.origin.revision != listing.commit:
        reference = hub.repo_folder(listing.origin.repo) / "refs" / listing.origin.revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        fresh = reference.with_name(f"{reference.name}.{os.getpid()}")
        fresh.write_text(listing.commit, encoding="ascii")
        fresh.replace(reference)
