"""Published models on this machine, found without the network and without the hub's library.

The layout of the Hugging Face cache is documented and shared by many tools, so what they fetched is found:
models--OWNER--NAME/refs/REVISION holds a commit, snapshots/COMMIT/ the files, links into blobs/DIGEST.
"""

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from i2v_cli.errors import ModelError
from i2v_cli.weights.component import INDEX, SINGLE, Component, Files, read_json
from i2v_cli.weights.digest import SHA256_DIGITS, sha256

ENDPOINT = "https://huggingface.co"
MAIN = "main"
COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # git's SHA-1 of small files, SHA-256 of large ones
ORIGIN = re.compile(r"(?P<repo>\w[\w.-]*/\w[\w.-]*)?(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
SHARD = re.compile(r"\w[\w.-]*\.safetensors", re.ASCII)
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")
YES = ("1", "on", "yes", "true")


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository at a revision: a branch, a tag or a commit."""

    repo: str
    revision: str = MAIN


class NotHereError(ModelError):
    """The hub has what this machine lacks."""


def locate(component: Component, *, source: Path | str | None = None) -> Files:
    """Where the component lies on this disk; nothing is fetched.

    source: a folder laid out like the repository; "owner/name", "owner/name@revision" or "@revision" in the
    hub's cache; None for the component's own repository, or one of `same` that is here whole. What a folder
    lacks is a ModelError, what the cache lacks is a NotHereError.
    """
    where = origin(component, source)
    try:
        return _find(component, root(component, source))
    except FileNotFoundError as lacking:
        if isinstance(where, Path):
            hint = f"lay the folder out like the repository {component.repo.id}"
            raise ModelError(f"{where} lacks {lacking}", hint) from lacking
        raise NotHereError(
            f"{where.repo} at {where.revision} is not whole on this machine: {lacking} is missing",
            f"`i2v models pull` fetches it, {gigabytes(component.size)}; `i2v models list` tells the names",
        ) from lacking


def locate_all(
    variant: str, components: Sequence[Component], *, source: Path | str | None = None
) -> dict[str, Files]:
    """Every component's files by its name. NotHereError: what is missing, its size, what to type."""
    found: dict[str, Files] = {}
    missing: list[Component] = []
    for component in components:
        try:
            found[component.name] = locate(component, source=source)
        except NotHereError:
            missing.append(component)
    if missing:
        names = ", ".join(component.name for component in missing)
        size = gigabytes(sum(component.size for component in missing))
        option = f" --source {source}" if source is not None else ""
        raise NotHereError(
            f"{variant} is not on this machine: {names} missing, {size} to fetch",
            f"i2v models pull {variant}{option}",
        )
    return found


def root(component: Component, source: Path | str | None) -> Path:
    """The folder that stands for the repository; FileNotFoundError when the cache has none.

    A folder of the user's is laid out like the repository, or holds one of the repository's name that is.
    """
    where = origin(component, source)
    if isinstance(where, Origin):
        return _snapshot(component, where)
    own = where / component.repo.id.rpartition("/")[2]  # of a model of several repositories, side by side
    return own if own.is_dir() else where


def origin(component: Component, source: Path | str | None) -> Path | Origin:
    """What `source` names. A folder that exists goes before a repository of the same name.

    None: the component's own repository, or one of `same` where that is here whole and its own is not.
    """
    if source is None:
        return _whole(component) or Origin(component.repo.id)
    folder = Path(source).expanduser()
    if isinstance(source, Path) or (source and folder.is_dir()):
        return folder
    match = ORIGIN.fullmatch(source)
    if not source or match is None or ".." in source:
        hint = f"give a folder, owner/name or @revision, like {component.repo.id}@main"
        raise ModelError(f"there is no folder {source!r}", hint)
    return Origin(match["repo"] or component.repo.id, match["revision"] or MAIN)


def belongs(component: Component, path: str) -> bool:
    """Whether a file of the repository, "folder/name", may be one of the component's."""
    folder, _, name = path.rpartition("/")
    stems = "|".join(re.escape(stem) for stem in component.weights)
    weights = rf"({stems})(-\d{{5}}-of-\d{{5}})?\.safetensors(\.index\.json)?"
    mine = name in component.sidecars or bool(stems and re.fullmatch(weights, name, re.ASCII))
    return mine and folder == component.folder


def digests(parts: Iterable[Files]) -> dict[str, str]:
    """What a recipe calls the weights: "folder/file" -> SHA-256, which the cache tells without reading."""
    found: dict[str, str] = {}
    for files in parts:
        for path in files.weights:
            stored = stored_digest(path)
            large = stored is not None and len(stored) == SHA256_DIGITS
            found[f"{files.folder.name}/{path.name}"] = stored if stored and large else sha256(path)
    return found


def stored_digest(path: Path) -> str | None:
    """The digest under which the cache stores the file; None for one that is no link into it."""
    if not path.is_symlink():  # a folder of the user's, or a system without links
        return None
    name = path.readlink().name
    return name if DIGEST.fullmatch(name) else None


def cache() -> Path:
    """The hub's cache, by the rules of its library."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or str(Path(home, "huggingface"))
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(os.path.expandvars(named or str(Path(home, "hub")))).expanduser()


def repo_folder(repo: str) -> Path:
    return cache() / f"models--{repo.replace('/', '--')}"


def endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")


def offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in YES


def gigabytes(size: int) -> str:
    """Bytes in words, in powers of ten like the hub's pages: "21.2 GB"."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


def _snapshot(component: Component, where: Origin) -> Path:
    """The folder of the cache for `where`. The component's own repository may lie under a former name."""
    former = component.repo.former if where.repo == component.repo.id else ()
    for repo in (where.repo, *former):
        commit = where.revision
        if not COMMIT.fullmatch(commit):
            try:
                commit = (repo_folder(repo) / "refs" / commit).read_text(encoding="ascii").strip()
            except (OSError, ValueError):
                continue
        snapshot = repo_folder(repo) / "snapshots" / commit
        if COMMIT.fullmatch(commit) and snapshot.is_dir():
            return snapshot
    raise FileNotFoundError("every file")


def _whole(component: Component) -> Origin | None:
    """The first repository that has the component whole on this machine, of one that is held by several."""
    for repo in (component.repo.id, *component.same) if component.same else ():
        with suppress(FileNotFoundError, ModelError):
            _find(component, _snapshot(component, Origin(repo)))
            return Origin(repo)
    return None


def _find(component: Component, root: Path) -> Files:
    """FileNotFoundError names the first file that is missing."""
    folder = root / component.folder
    weights = _weights(component, folder) if component.weights else ()
    for name in component.sidecars:
        if not (folder / name).is_file():
            raise FileNotFoundError(_named(component, name))
    return Files(folder=folder, weights=weights)


def _weights(component: Component, folder: Path) -> tuple[Path, ...]:
    for stem in component.weights:
        if (single := folder / f"{stem}{SINGLE}").is_file():
            return (single,)
        if (index := folder / f"{stem}{INDEX}").is_file():
            shards = [folder / name for name in _shards(index)]
            for shard in shards:
                if not shard.is_file():
                    raise FileNotFoundError(_named(component, shard.name))
            return tuple(shards)
    if pickles := sorted(path.name for path in folder.glob("*") if path.suffix in PICKLES):
        raise ModelError(
            f"{folder} holds its weights as {pickles[0]}: a pickle runs any program in it when it is opened",
            f"i2v reads safetensors only, {component.weights[0]}{SINGLE}: fetch or convert them",
        )
    raise FileNotFoundError(_named(component, f"{component.weights[0]}{SINGLE}"))


def _shards(index: Path) -> list[str]:
    """The files that an index names, in order; none outside its own folder."""
    named = read_json(index).get("weight_map")
    names = sorted({str(name) for name in named.values()}) if isinstance(named, dict) else []
    strange = [name for name in names if not SHARD.fullmatch(name)]
    if not names or strange:
        said = f"names {strange[0][:80]!a}" if strange else "names no files"
        raise ModelError(f"{index} {said}", "an index names the safetensors files beside it: fetch it again")
    return names


def _named(component: Component, name: str) -> str:
    return f"{component.folder}/{name}" if component.folder else name
