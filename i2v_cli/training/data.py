"""Procedural clips: crops of photos under a moving camera, cut-outs pasted in; what the words name moves.

Only the reference picture is rendered; the motion is known in closed form. Regions of the photos (sky, water,
foliage ...) are polygons drawn by hand, in regions.json. Runs in a data worker, one thread.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from i2v_cli.errors import InputError
from i2v_cli.families.pocket.config import AXES, CAMERA, KNOTS, STRIDE, grid
from i2v_cli.families.pocket.vae import Motion
from i2v_cli.training.captions import KINDS_OF_REGION, Region, caption, sample
from i2v_cli.training.config import REGIONS, VALIDATION, TrainConfig
from i2v_cli.training.motion import camera_path, light_path
from i2v_cli.training.stirring import Box, residual

ASPECTS = ((1, 1), (3, 2), (3, 2), (2, 3), (16, 9), (16, 9), (9, 16), (4, 3))
LONGEST = 512  # photos are kept in memory at this many pixels on the longest side
PASTED = 0.35  # of the clips get cut-outs
SMALLEST = 0.02  # of the picture: a region that can be asked for
SIDE = re.compile(r" (on|at|to) the (left|right)|\b(left|right) ")  # crops are mirrored


@dataclass(frozen=True, slots=True)
class Patch:
    """A region of a picture: its name and kind, and which pixels are its own, [H, W] in 0..1."""

    name: str
    kind: str
    mask: np.ndarray


@dataclass(frozen=True, slots=True)
class Photo:
    """pixels: [H, W, 3] uint8. patches: what lies in it, none hiding another."""

    pixels: np.ndarray
    patches: tuple[Patch, ...]


@dataclass(frozen=True, slots=True)
class Cutout:
    name: str
    pixels: np.ndarray  # [H, W, 4] uint8


@dataclass(frozen=True, slots=True)
class Batch:
    """pictures: [B, 3, 8h, 8w] in -1..1; motion: what the denoiser must say; captions: B sentences."""

    pictures: Tensor
    motion: Motion
    captions: list[str]


class Clips(IterableDataset[Batch]):
    """Endless batches; the same seed gives the same ones."""

    def __init__(self, config: TrainConfig, seed: int) -> None:
        self.config = config
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        photos = load_photos(self.config.photos, keep=lambda stem: stem not in VALIDATION)
        cutouts = load_cutouts(self.config.cutouts) if self.config.cutouts else []
        rng = random.Random(self.seed)
        while True:
            cells = grid(*rng.choice(ASPECTS))
            clips = [_clip(photos, cutouts, cells, rng) for _ in range(self.config.batch)]
            pictures, paths, residuals, movables, captions = zip(*clips, strict=True)
            motion = Motion(
                torch.from_numpy(np.stack(paths)),
                torch.from_numpy(np.stack(residuals)),
                torch.from_numpy(np.stack(movables)),
            )
            yield Batch(picture_tensor(np.stack(pictures)), motion, list(captions))


def load_photos(folder: Path, keep: Callable[[str], bool]) -> list[Photo]:
    """The photos whose stem `keep` accepts, in the order of their names, with their labelled regions."""
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}
    )
    labels = json.loads(REGIONS.read_text(encoding="utf-8"))
    photos = []
    for path in paths:
        if keep(path.stem):
            pixels = _shrink(load_photo(path), LONGEST)
            photos.append(Photo(pixels, patches_of(labels.get(path.stem, []), pixels.shape[:2])))
    return photos


def patches_of(labels: list[dict], shape: tuple[int, int]) -> tuple[Patch, ...]:
    """Polygons, back to front, as masks of `shape` in which later ones hide earlier ones."""
    owner = np.full(shape, -1, dtype=np.int16)
    size = np.array([shape[1], shape[0]])
    for number, label in enumerate(labels):
        cv2.fillPoly(owner, [np.round(np.array(label["polygon"]) * size).astype(np.int32)], number)
    return tuple(
        Patch(SIDE.sub("", label["name"]), label["kind"], (owner == number).astype(np.uint8) * 255)
        for number, label in enumerate(labels)
    )


def load_photo(path: Path) -> np.ndarray:
    """[H, W, 3] uint8 RGB."""
    return _read(path, cv2.IMREAD_COLOR_RGB)


def load_cutouts(folder: Path) -> list[Cutout]:
    """Pictures with alpha. A `cutouts.tsv` beside the folder names them; else their file names do."""
    table = folder.parent / "cutouts.tsv"
    names = {}
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines()[1:]:
            number, file, *_ = line.split("\t")
            names[number] = Path(file).stem
    cutouts = []
    for path in sorted(folder.iterdir()):
        pixels = _read(path, cv2.IMREAD_UNCHANGED)
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            name = re.sub(r"[^a-z]+", " ", names.get(path.stem, path.stem).lower()).strip()
            cutouts.append(Cutout(name or "object", cv2.cvtColor(_shrink(pixels, 256), cv2.COLOR_BGRA2RGBA)))
    return cutouts


def picture_tensor(pictures: np.ndarray) -> Tensor:
    """[B, H, W, 3] uint8 -> [B, 3, H, W] float in -1..1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous()


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


def _clip(photos: list[Photo], cutouts: list[Cutout], cells: tuple[int, int], rng: random.Random):
    picture, patches = _crop(rng.choice(photos), cells, rng)
    if cutouts and rng.random() < PASTED:
        for cutout in rng.sample(cutouts, min(rng.randint(1, 2), len(cutouts))):
            alpha = _paste(picture, cutout, rng)
            patches = [Patch(one.name, one.kind, one.mask * (1 - alpha)) for one in patches]
            patches.append(Patch(cutout.name, "subject", alpha))
    stirrable = [one for one in patches if one.kind in KINDS_OF_REGION and one.mask.mean() > SMALLEST]
    wish = sample(rng, _regions(stirrable))
    moved = np.zeros((KNOTS, 3, *cells), dtype=np.float32)
    movable = np.zeros((2, *cells), dtype=np.float32)
    for stir in wish.stirs:
        mask = np.max(
            [one.mask for one in stirrable if (one.name, one.kind) == (stir.name, stir.kind)], axis=0
        )
        soft = _soft_mask(mask, cells)
        moves = residual(stir, _box(mask), _cell_centres(cells), rng)
        moved = np.where(soft > movable.max(axis=0), moves, moved)
        movable[0] = np.maximum(movable[0], soft * bool(moves[:, :2].any()))
        movable[1] = np.maximum(movable[1], soft * bool(moves[:, 2].any()))
    path = np.zeros((KNOTS, len(AXES)), dtype=np.float32)
    path[:, :CAMERA] = camera_path(wish, rng)
    if wish.light:
        path[:, CAMERA:] = light_path(wish.light, rng)
    return picture, path, moved, movable, caption(wish, rng, _regions(patches))


def _regions(patches: list[Patch]) -> list[Region]:
    """What the words can speak of; patches of one name and kind are one region."""
    return list(dict.fromkeys(Region(one.name, one.kind) for one in patches))


def _crop(photo: Photo, cells: tuple[int, int], rng: random.Random) -> tuple[np.ndarray, list[Patch]]:
    """A random window of the photo, mirrored half of the time, its light and colour varied."""
    rows, columns = cells[0] * STRIDE, cells[1] * STRIDE
    height, width = photo.pixels.shape[:2]
    scale = min(height / rows, width / columns) * rng.uniform(0.45, 1.0)
    high, wide = max(int(rows * scale), 8), max(int(columns * scale), 8)
    top, left = rng.randint(0, height - high), rng.randint(0, width - wide)
    window = (slice(top, top + high), slice(left, left + wide))
    mirrored = rng.random() < 0.5

    def taken(plane: np.ndarray) -> np.ndarray:
        small = cv2.resize(plane[window], (columns, rows), interpolation=cv2.INTER_AREA)
        return small[:, ::-1] if mirrored else small

    gains = np.array([rng.uniform(0.85, 1.15) for _ in range(3)]) * rng.uniform(0.75, 1.25)
    picture = np.clip(taken(photo.pixels) * gains, 0, 255).astype(np.uint8)
    patches = [Patch(one.name, one.kind, taken(one.mask).astype(np.float32) / 255) for one in photo.patches]
    return picture, [one for one in patches if one.mask.any()]


def _paste(picture: np.ndarray, cutout: Cutout, rng: random.Random) -> np.ndarray:
    """Blends the cut-out into `picture` in place. -> its alpha, [H, W] in 0..1."""
    rows, columns = picture.shape[:2]
    pixels = cutout.pixels
    scale = min(rng.uniform(0.25, 0.7) * rows / pixels.shape[0], 0.9 * columns / pixels.shape[1])
    size = (max(int(pixels.shape[1] * scale), 4), max(int(pixels.shape[0] * scale), 4))
    pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
    top, left = rng.randint(0, rows - size[1]), rng.randint(0, columns - size[0])
    here = (slice(top, top + size[1]), slice(left, left + size[0]))
    alpha = np.zeros((rows, columns), dtype=np.float32)
    alpha[here] = pixels[..., 3] / 255
    cover = alpha[here][..., None]
    picture[here] = (pixels[..., :3] * cover + picture[here] * (1 - cover)).astype(np.uint8)
    return alpha


def _box(mask: np.ndarray) -> Box:
    """(left, top, right, bottom) of what the mask covers, in half-heights from the centre."""
    rows, columns = mask.shape
    y, x = np.nonzero(mask > 0.5)
    if not len(x):
        return -0.5, -0.5, 0.5, 0.5
    unit = rows / 2
    left, right = (x.min() - columns / 2) / unit, (x.max() + 1 - columns / 2) / unit
    return left, (y.min() - rows / 2) / unit, right, (y.max() + 1 - rows / 2) / unit


def _soft_mask(mask: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """How much of a cell moves; it falls off over a cell, so that the picture stretches and does not tear."""
    small = cv2.resize(mask, (cells[1], cells[0]), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (3, 3), 0)


def _cell_centres(cells: tuple[int, int]) -> np.ndarray:
    rows, columns = cells
    y = (np.arange(rows) + 0.5) * (2 / rows) - 1
    x = ((np.arange(columns) + 0.5) * 2 - columns) / rows
    return np.stack(np.broadcast_arrays(x[None, :], y[:, None])).astype(np.float32)
