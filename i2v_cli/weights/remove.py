"""Takes a model out of the hub's cache, but for what others use."""

import shutil
from collections.abc import Sequence

from i2v_cli.errors import ModelError
from i2v_cli.weights import hub
from i2v_cli.weights.component import Component
from i2v_cli.weights.library import library
from i2v_cli.weights.transfer import INCOMPLETE


def remove(components: Sequence[Component], keep: Sequence[Component]) -> int:
    """Bytes that were freed: the components' files at every revision, and the rests of interrupted pulls.

    keep: parts of other models; files that they need as well stay. So do files that are no component's, which
    another tool has fetched.
    """
    freed = 0
    for repo in {part.repo.id: part.repo for part in components}.values():
        mine = [part for part in components if part.repo.id == repo.id]
        for name in (repo.id, *repo.former):
            freed += _remove(name, mine, [part for part in keep if name in _repositories(part)])
    return freed


def _repositories(part: Component) -> tuple[str, ...]:
    """Ids of all in which the part may lie."""
    return (part.repo.id, *part.repo.former, *part.same)


def _remove(repo: str, mine: Sequence[Component], theirs: Sequence[Component]) -> int:
    freed, folder = 0, hub.repo_folder(repo)
    for partial in folder.glob(f"blobs/*{INCOMPLETE}"):
        freed += partial.stat().st_size
        partial.unlink()
    if not any(folder.glob("snapshots/*/**/*")):  # all that was there, if anything, were partial files
        shutil.rmtree(folder, ignore_errors=True)
        return freed
    cache = library().scan_cache_dir(hub.cache())
    cached = next((known for known in cache.repos if known.repo_path.name == folder.name), None)
    if cached is None:
        raise ModelError(f"{folder} is not laid out like the hub's cache", "remove that folder by hand")
    everything, unused = set(), set()
    for revision in cached.revisions:
        for file in revision.files:
            path = file.file_path.relative_to(revision.snapshot_path).as_posix()
            everything.add(file)
            if _any_has(mine, path) and not _any_has(theirs, path):
                unused.add(file)
    if unused == everything:
        plan = cache.delete_revisions(*(revision.commit_hash for revision in cached.revisions))
    else:
        plan = cache.delete_files(*unused)
    plan.execute()
    return freed + int(plan.expected_freed_size)


def _any_has(components: Sequence[Component], path: str) -> bool:
    return any(hub.belongs(component, path) for component in components)
