"""Procedural clips: what the image encoder saw of a picture, a wish in words, and the motion that fulfils it.

Nothing is rendered: the motion is known in closed form. Runs in a data worker, one thread.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import IterableDataset

from i2v_cli.families.pocket.config import AXES, CAMERA, KINDS, KNOTS, MOVABLE, PATCH
from i2v_cli.families.pocket.vae import presence
from i2v_cli.training.captions import KINDS_OF_REGION, Region, caption, sample
from i2v_cli.training.idioms import whole
from i2v_cli.training.motion import camera_path, light_path, travels
from i2v_cli.training.seeing import Sight
from i2v_cli.training.stirring import residual
from i2v_cli.training.wishes import ASKED, ASKED_ELSE, Wish

SMALLEST = 0.02  # of the picture: a region that can be asked for
WHOLE = 0.4  # of the captions that whole prompts could stand for
# What the words ask of the camera is learned as well on a grid of a ninth, and sooner.
SMALL, SMALLER = 0.6, 3


@dataclass(frozen=True, slots=True)
class Batch:
    """reference: [B, 15, h, w]. path, residual, stirred: what the denoiser must say, see `encode_motion`.

    captions: B sentences.
    """

    reference: Tensor
    path: Tensor
    residual: Tensor
    stirred: Tensor
    captions: list[str]


class Clips(IterableDataset):
    """Endless batches of `size` clips of one shape; the same seed gives the same ones."""

    def __init__(self, sights: Sequence[Sight], size: int, seed: int) -> None:
        self.by_cells: dict[tuple[int, int], list[Sight]] = {}
        for sight in sights:
            self.by_cells.setdefault(sight.cells, []).append(sight)
        self.size = size
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        rng = random.Random(self.seed)
        shapes = list(self.by_cells)
        weights = [len(sights) for sights in self.by_cells.values()]
        while True:
            (cells,) = rng.choices(shapes, weights)
            some = self.by_cells[cells]
            sights = rng.choices(some, [_rarity(sight) for sight in some], k=self.size)
            if rng.random() < SMALL:
                sights = [_smaller(sight) for sight in sights]
            paths, residuals, stirred, captions = zip(*(_clip(one, rng) for one in sights), strict=True)
            yield Batch(
                torch.from_numpy(np.stack([one.reference for one in sights]).astype(np.float32)),
                torch.from_numpy(np.stack(paths)),
                torch.from_numpy(np.stack(residuals)),
                torch.from_numpy(np.stack(stirred)),
                list(captions),
            )


def _smaller(sight: Sight) -> Sight:
    """On a grid of a third of the cells a side, of two patches where there are so many."""
    rows, columns = (min(max(round(side / SMALLER / PATCH), 2) * PATCH, side) for side in sight.cells)
    seen = F.adaptive_avg_pool2d(torch.from_numpy(sight.reference)[None].float(), (rows, columns))[0]
    wider = columns / rows * sight.cells[0] / sight.cells[1]  # what lies where is told in half-heights
    regions = tuple(
        (region, share, (left * wider, top, right * wider, bottom))
        for region, share, (left, top, right, bottom) in sight.regions
    )
    return Sight(seen.half().numpy(), regions)


def _rarity(sight: Sight) -> float:
    """How often a picture is shown: by the rarest kind that it could be asked to move."""
    kinds = [region.kind for region, share, _ in sight.regions if share > SMALLEST]
    return max((ASKED.get(kind, ASKED_ELSE) for kind in kinds if kind in KINDS_OF_REGION), default=1)


def _clip(sight: Sight, rng: random.Random) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """[48, 9], [48, 3, h, w], [2, 10] and the words for them."""
    boxes = {region: box for region, _, box in sight.regions}
    stirrable = [
        region for region, share, _ in sight.regions if region.kind in KINDS_OF_REGION and share > SMALLEST
    ]
    wish = sample(rng, stirrable)
    words = _words(wish, list(boxes), rng)
    moved = np.zeros((KNOTS, 3, *sight.cells), dtype=np.float32)
    stirred = np.zeros((2, MOVABLE), dtype=np.float32)
    there = presence(torch.from_numpy(sight.reference[None].astype(np.float32)))[0].numpy()
    before = np.zeros(sight.cells, dtype=np.float32)
    for stir in wish.stirs:
        kind = KINDS.index(stir.kind)
        moves = residual(stir, boxes[Region(stir.name, stir.kind)], _cell_centres(sight.cells), rng)
        moved = np.where(there[kind] > before, moves, moved)
        before = np.maximum(before, there[kind])
        stirred[0, kind] = max(stirred[0, kind], bool(moves[:, :2].any()))
        stirred[1, kind] = max(stirred[1, kind], bool(moves[:, 2].any()))
    path = np.zeros((KNOTS, len(AXES)), dtype=np.float32)
    path[:, :CAMERA] = camera_path(wish, rng, travels=travels(words))
    if wish.light:
        path[:, CAMERA:] = light_path(wish.light, rng)
    return path, moved, stirred, words


def _words(wish: Wish, regions: Sequence[Region], rng: random.Random) -> str:
    """Mostly the grammar's. What a whole prompt says is nothing but a camera at its usual speed."""
    camera_alone = len(wish.moves) <= 1 and wish.spoken and not wish.stirs and not wish.light
    if camera_alone and all(move.speed == 1.0 for move in wish.moves) and rng.random() < WHOLE:
        return whole(wish.moves[0] if wish.moves else None, regions, rng)
    return caption(wish, rng, regions)


def _cell_centres(cells: tuple[int, int]) -> np.ndarray:
    rows, columns = cells
    y = (np.arange(rows) + 0.5) * (2 / rows) - 1
    x = ((np.arange(columns) + 0.5) * 2 - columns) / rows
    return np.stack(np.broadcast_arrays(x[None, :], y[:, None])).astype(np.float32)
