"""Procedural clips: crops of photos under a moving camera, with cut-outs pasted in, some of which move.

Only the reference picture is rendered; the motion is known in closed form. Runs in a data worker, one thread.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from i2v_cli.errors import InputError, UsageError
from i2v_cli.families.pocket.config import KNOTS, STRIDE, grid
from i2v_cli.families.pocket.vae import Motion
from i2v_cli.training.captions import caption, sample
from i2v_cli.training.config import VALIDATION, TrainConfig
from i2v_cli.training.motion import camera_path, subject_motion

ASPECTS = ((1, 1), (3, 2), (3, 2), (2, 3), (16, 9), (16, 9), (9, 16), (4, 3))
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LONGEST = 512  # photos are kept in memory at this many pixels on the longest side
PASTED = 0.4  # of the clips whose wish names no subject


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


class Clips(IterableDataset):
    """Endless batches; the same seed gives the same ones."""

    def __init__(self, config: TrainConfig, seed: int) -> None:
        self.config = config
        self.seed = seed
        # Read here and not in the worker, whose errors would arrive wrapped.
        self.photos = load_photos(config.photos, keep=lambda stem: stem not in VALIDATION)
        self.cutouts = load_cutouts(config.cutouts) if config.cutouts else []

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        rng = random.Random(self.seed)
        while True:
            cells = grid(*rng.choice(ASPECTS))
            clips = [_clip(self.photos, self.cutouts, cells, rng) for _ in range(self.config.batch)]
            pictures, paths, residuals, movables, captions = zip(*clips, strict=True)
            motion = Motion(
                torch.from_numpy(np.stack(paths)),
                torch.from_numpy(np.stack(residuals)),
                torch.from_numpy(np.stack(movables))[:, None],
            )
            yield Batch(picture_tensor(np.stack(pictures)), motion, list(captions))


def load_photos(folder: Path, keep) -> list[np.ndarray]:
    """[H, W, 3] uint8 RGB each, of the files whose stem `keep` accepts, in the order of their names."""
    paths = _pictures(folder)
    return [_shrink(load_photo(path), LONGEST) for path in paths if keep(path.stem)]


def _pictures(folder: Path) -> list[Path]:
    """In the order of their names; UsageError for a folder without any."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise UsageError(f"{folder} holds no pictures", hint=f"put {', '.join(sorted(SUFFIXES))} files there")
    return found


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
    for path in _pictures(folder):
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


def _clip(photos: list[np.ndarray], cutouts: list[Cutout], cells: tuple[int, int], rng: random.Random):
    wish = sample(rng, [cutout.name for cutout in cutouts])
    picture = _crop(rng.choice(photos), cells, rng)
    residual = np.zeros((KNOTS, 2, *cells), dtype=np.float32)
    movable = np.zeros(cells, dtype=np.float32)
    if cutouts and not wish.subject and rng.random() < PASTED:
        for _ in range(rng.randint(1, 3)):
            _paste(picture, rng.choice(cutouts), rng)
    if wish.subject:
        others = [one for one in cutouts if one.name != wish.subject]
        if others and rng.random() < 0.4:  # a bystander that the words do not name
            _paste(picture, rng.choice(others), rng)
        named = rng.choice([one for one in cutouts if one.name == wish.subject])
        alpha, box = _paste(picture, named, rng)
        movable = _soft_mask(alpha, cells)
        residual = subject_motion(wish.action, box, _cell_centres(cells), rng)
    return picture, camera_path(wish, rng), residual, movable, caption(wish, rng)


def _crop(photo: np.ndarray, cells: tuple[int, int], rng: random.Random) -> np.ndarray:
    """A random window of the photo, mirrored half of the time, its light and colour varied."""
    rows, columns = cells[0] * STRIDE, cells[1] * STRIDE
    height, width = photo.shape[:2]
    scale = min(height / rows, width / columns) * rng.uniform(0.45, 1.0)
    high, wide = max(int(rows * scale), 8), max(int(columns * scale), 8)
    top, left = rng.randint(0, height - high), rng.randint(0, width - wide)
    window = photo[top : top + high, left : left + wide]
    picture = cv2.resize(window, (columns, rows), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    gains = np.array([rng.uniform(0.85, 1.15) for _ in range(3)]) * rng.uniform(0.75, 1.25)
    return np.clip(picture * gains, 0, 255).astype(np.uint8)


def _paste(picture: np.ndarray, cutout: Cutout, rng: random.Random):
    """Blends the cut-out into `picture` in place. -> (alpha [H, W] in 0..1, box in half-heights)."""
    rows, columns = picture.shape[:2]
    pixels = cutout.pixels
    scale = min(rng.uniform(0.2, 0.7) * rows / pixels.shape[0], 0.9 * columns / pixels.shape[1])
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
    unit = rows / 2
    box = (
        (left - columns / 2) / unit,
        (top - rows / 2) / unit,
        (left + size[0] - columns / 2) / unit,
        (top + size[1] - rows / 2) / unit,
    )
    return alpha, box


def _soft_mask(alpha: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """How much of a cell moves; it falls off over a cell, so that the picture stretches and does not tear."""
    mask = cv2.resize(alpha, (cells[1], cells[0]), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(cv2.dilate(mask, np.ones((2, 2))), (3, 3), 0)


def _cell_centres(cells: tuple[int, int]) -> np.ndarray:
    rows, columns = cells
    y = (np.arange(rows) + 0.5) * (2 / rows) - 1
    x = ((np.arange(columns) + 0.5) * 2 - columns) / rows
    return np.stack(np.broadcast_arrays(x[None, :], y[:, None])).astype(np.float32)
