"""The photos and cut-outs that clips are made of, and what was drawn on the photos by hand."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from i2v_cli.errors import InputError, UsageError
from i2v_cli.training.captions import Region
from i2v_cli.training.config import REGIONS
from i2v_cli.training.depth import inverse_depth

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LONGEST = 768  # photos are kept in memory at this many pixels on the longest side
SIDE = re.compile(r" (on|at|to) the (left|right)|\b(left|right) ")  # crops are mirrored
# What a cut-out is, by a word in its path; else it is a subject, or not used at all.
KIND_OF_CUTOUT = {"flowers": "flower", "plants": "foliage", "food": "object", "household": "object"}
UNUSED = ("naturalforces", "seasonal")


@dataclass(frozen=True, slots=True)
class Photo:
    """pixels: [H, W, 3] uint8. depth: [H, W] float32 in 0..1, inverse.

    owner: [H, W] int16, the number in `regions` of what lies there, -1 for nothing.
    """

    pixels: np.ndarray
    regions: tuple[Region, ...]
    owner: np.ndarray
    depth: np.ndarray


@dataclass(frozen=True, slots=True)
class Cutout:
    region: Region
    pixels: np.ndarray  # [H, W, 4] uint8


def load_photos(folder: Path, keep: Callable[[str], bool]) -> list[Photo]:
    """The photos whose stem `keep` accepts, in the order of their names, with their labelled regions."""
    labels = json.loads(REGIONS.read_text(encoding="utf-8"))
    return [_labelled(path, labels.get(path.stem, [])) for path in _pictures(folder) if keep(path.stem)]


def load_photo(path: Path) -> np.ndarray:
    """[H, W, 3] uint8 RGB."""
    return _read(path, cv2.IMREAD_COLOR_RGB)


def load_cutouts(folder: Path) -> list[Cutout]:
    """Pictures with alpha. A `cutouts.tsv` beside the folder says what each is; else their file names do."""
    table = folder.parent / "cutouts.tsv"
    files = {}
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines()[1:]:
            number, inside, *_ = line.split("\t")
            files[number] = Path(inside)
    cutouts = []
    for path in _pictures(folder):
        pixels, file = _read(path, cv2.IMREAD_UNCHANGED), files.get(path.stem, path)
        if pixels.ndim == 3 and pixels.shape[2] == 4 and not set(UNUSED) & set(file.parts):
            kind = next((kind for part, kind in KIND_OF_CUTOUT.items() if part in file.parts), "subject")
            name = re.sub(r"[^a-z]+", " ", file.stem.lower()).strip() or "object"
            pixels = cv2.cvtColor(_shrink(pixels, LONGEST // 2), cv2.COLOR_BGRA2RGBA)
            cutouts.append(Cutout(Region(name, kind), pixels))
    return cutouts


def _labelled(path: Path, labels: list[dict]) -> Photo:
    """Polygons stand back to front: later ones hide earlier ones."""
    pixels = _shrink(load_photo(path), LONGEST)
    owner = np.full(pixels.shape[:2], -1, dtype=np.int16)
    size = np.array(owner.shape[::-1])
    for number, label in enumerate(labels):
        cv2.fillPoly(owner, [np.round(np.array(label["polygon"]) * size).astype(np.int32)], number)
    regions = tuple(Region(SIDE.sub("", label["name"]), label["kind"]) for label in labels)
    return Photo(pixels, regions, owner, inverse_depth(regions, owner))


def _pictures(folder: Path) -> list[Path]:
    """In the order of their names; UsageError for a folder without any."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise UsageError(f"{folder} holds no pictures", hint=f"put {', '.join(sorted(SUFFIXES))} files there")
    return found


def _read(path: Path, flags: int) -> np.ndarray:
    pixels = cv2.imdecode(np.fromfile(path, dtype=np.uint8), flags)
    if pixels is None:
        raise InputError(f"{path} cannot be read as a picture", hint="take it out of the folder")
    return pixels


def _shrink(pixels: np.ndarray, longest: int) -> np.ndarray:
    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
