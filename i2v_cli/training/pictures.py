"""Pictures for training: windows of photos, cut-outs pasted and flames painted in; and what lies where."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from i2v_cli.families.pocket.config import KINDS, STRIDE
from i2v_cli.training.captions import Region
from i2v_cli.training.painting import paint_fire, paint_smoke
from i2v_cli.training.photos import Cutout, Photo

PASTED, BURNING, SMOKING = 0.3, 0.1, 0.06  # of the pictures
NEAR = 0.3  # inverse depth at least of what is pasted


@dataclass(frozen=True, slots=True)
class Picture:
    """pixels: [16h, 16w, 3] uint8. regions: of one name and kind each.

    masks: [n, h, w], the regions' shares of a cell. kinds: [15, h, w], the share of each of `KINDS` and of
    none of them. depth: [h, w], inverse.
    """

    pixels: np.ndarray
    regions: tuple[Region, ...]
    masks: np.ndarray
    kinds: np.ndarray
    depth: np.ndarray


def picture(photo: Photo, cutouts: Sequence[Cutout], cells: tuple[int, int], rng: random.Random) -> Picture:
    """A random window of the photo, mirrored half of the time, its light and colour varied. cells: (h, w)."""
    pixels, layers, depth = _window(photo, cells, rng)
    if cutouts and rng.random() < PASTED:
        for cutout in rng.sample(cutouts, min(rng.randint(1, 2), len(cutouts))):
            _lay(layers, depth, cutout.region, _paste(pixels, cutout, rng))
    if rng.random() < BURNING:
        _lay(layers, depth, *paint_fire(pixels, rng))
    if rng.random() < SMOKING:
        _lay(layers, depth, *paint_smoke(pixels, rng))
    return _seen(pixels, layers, depth, cells)


def whole(photo: Photo, cells: tuple[int, int]) -> Picture:
    """The photo itself, squeezed to `cells`, as `generate` sees it."""
    size = (cells[1] * STRIDE, cells[0] * STRIDE)
    layers = _layers(photo, (slice(None), slice(None)), size, mirrored=False)
    return _seen(_taken(photo.pixels, size, mirrored=False), layers, photo.depth, cells)


def _seen(
    pixels: np.ndarray, layers: dict[Region, np.ndarray], depth: np.ndarray, cells: tuple[int, int]
) -> Picture:
    masks = np.zeros((len(layers), *cells), dtype=np.float32)
    kinds = np.zeros((len(KINDS) + 1, *cells), dtype=np.float32)
    for number, (region, layer) in enumerate(layers.items()):
        masks[number] = _shares(layer, cells)
        kinds[KINDS.index(region.kind)] += masks[number]
    kinds[-1] = np.clip(1 - kinds.sum(axis=0), 0, 1)
    return Picture(pixels, tuple(layers), masks, kinds, _shares(depth, cells))


def _window(
    photo: Photo, cells: tuple[int, int], rng: random.Random
) -> tuple[np.ndarray, dict[Region, np.ndarray], np.ndarray]:
    rows, columns = cells[0] * STRIDE, cells[1] * STRIDE
    height, width = photo.pixels.shape[:2]
    scale = min(height / rows, width / columns) * rng.uniform(0.4, 1.0)
    high, wide = max(int(rows * scale), 8), max(int(columns * scale), 8)
    top, left = rng.randint(0, height - high), rng.randint(0, width - wide)
    window, mirrored = (slice(top, top + high), slice(left, left + wide)), rng.random() < 0.5
    gains = np.array([rng.uniform(0.85, 1.15) for _ in range(3)]) * rng.uniform(0.7, 1.25)
    pixels = _taken(photo.pixels[window], (columns, rows), mirrored=mirrored)
    pixels = np.clip(pixels * gains, 0, 255).astype(np.uint8)
    depth = _taken(photo.depth[window], (columns, rows), mirrored=mirrored).copy()
    return pixels, _layers(photo, window, (columns, rows), mirrored=mirrored), depth


def _layers(
    photo: Photo, window: tuple[slice, slice], size: tuple[int, int], *, mirrored: bool
) -> dict[Region, np.ndarray]:
    """Masks [H, W] in 0..1 of what the window shows; regions of one name and kind are one."""
    layers: dict[Region, np.ndarray] = {}
    owner = photo.owner[window]
    for number in np.unique(owner[owner >= 0]):
        mask = _taken((owner == number).astype(np.float32), size, mirrored=mirrored)
        region = photo.regions[number]
        layers[region] = layers.get(region, 0) + mask
    return layers


def _taken(plane: np.ndarray, size: tuple[int, int], *, mirrored: bool) -> np.ndarray:
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return small[:, ::-1] if mirrored else small


def _lay(layers: dict[Region, np.ndarray], depth: np.ndarray, region: Region, alpha: np.ndarray) -> None:
    """Puts a new region before all others; it stands where its foot does."""
    for other, mask in layers.items():
        layers[other] = mask * (1 - alpha)
    layers[region] = layers.get(region, 0) + alpha
    rows, columns = np.nonzero(alpha > 0.5)
    if len(rows):
        foot = depth[rows.max(), int(columns.mean())]
        depth[:] = depth * (1 - alpha) + max(foot, NEAR) * alpha


def _paste(pixels: np.ndarray, cutout: Cutout, rng: random.Random) -> np.ndarray:
    """Blends the cut-out into `pixels` in place. -> its alpha, [H, W] in 0..1."""
    rows, columns = pixels.shape[:2]
    source = cutout.pixels
    scale = min(rng.uniform(0.25, 0.7) * rows / source.shape[0], 0.9 * columns / source.shape[1])
    size = (max(int(source.shape[1] * scale), 4), max(int(source.shape[0] * scale), 4))
    source = _taken(source, size, mirrored=rng.random() < 0.5)
    top, left = rng.randint(0, rows - size[1]), rng.randint(0, columns - size[0])
    here = (slice(top, top + size[1]), slice(left, left + size[0]))
    alpha = np.zeros((rows, columns), dtype=np.float32)
    alpha[here] = source[..., 3] / 255
    cover = alpha[here][..., None]
    pixels[here] = (source[..., :3] * cover + pixels[here] * (1 - cover)).astype(np.uint8)
    return alpha


def _shares(mask: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    return cv2.resize(mask.astype(np.float32), (cells[1], cells[0]), interpolation=cv2.INTER_AREA)
