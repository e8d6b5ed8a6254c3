"""Are the files of a model still what was published? Read whole, and compared with their digests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from i2v_cli.errors import ModelError
from i2v_cli.weights import header, hub
from i2v_cli.weights.component import SINGLE, Component
from i2v_cli.weights.digest import same_kind

State: TypeAlias = Literal["ok", "damaged", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A file: "ok", "damaged" with the reason, or "unknown" where nobody tells what it should be.

    Of an unknown safetensors file the header and the length were checked.
    """

    path: Path
    state: State
    reason: str = ""


def files(component: Component, root: Path) -> list[Path]:
    """Those of the component that are there; they may be too damaged to be located."""
    present = [path for path in sorted((root / component.folder).glob("*")) if path.is_file()]
    return [path for path in present if hub.belongs(component, _name(path, root))]


def verify(component: Component, root: Path, published: Mapping[str, str]) -> Iterator[Verdict]:
    """One verdict a file. published: digests by "folder/name", for files that are no links into the cache."""
    for path in files(component, root):
        yield _verdict(path, hub.stored_digest(path) or published.get(_name(path, root)))


def drop(path: Path) -> None:
    """Removes a damaged file, and the blob that it is a link to, so that a pull brings it anew."""
    blob = path.resolve()
    path.unlink()
    blob.unlink(missing_ok=True)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _verdict(path: Path, expected: str | None) -> Verdict:
    try:
        if expected is not None:
            found = same_kind(path, expected)
            reason = f"its digest is {found}, published was {expected}"
            return Verdict(path, "ok") if found == expected else Verdict(path, "damaged", reason)
        if path.name.endswith(SINGLE):
            header.read(path)
    except ModelError as error:
        return Verdict(path, "damaged", error.message)
    return Verdict(path, "unknown", "no digest is known")
