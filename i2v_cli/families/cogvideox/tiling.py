"""Large pictures through the autoencoder in tiles that overlap, each through all of time with a past of its
own.

What a tile needs is all that is in memory, and the finished pixels. A tile's statistics are its own, so tiles
are not the whole: they are blended as the published code does it. Sizes here are in latents; a pixel picture
is 8 times that.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from i2v_cli.families.cogvideox.networks import VaeConfig
from i2v_cli.families.cogvideox.sizes import STRIDE
from i2v_cli.families.cogvideox.vae import CHUNK_FRAMES, VaeDecoder, VaeEncoder


@dataclass(frozen=True, kw_only=True, slots=True)
class Tiling:
    """rows, columns: of a tile, so many of them shared with the tile above and the one to the left."""

    rows: int
    columns: int
    shared_rows: int
    shared_columns: int

    @classmethod
    def published(cls, config: VaeConfig) -> "Tiling":
        """A quarter of the picture that the model was trained on, a sixth and a fifth of it shared."""
        rows, columns = config.tile
        return cls(
            rows=rows, columns=columns, shared_rows=max(rows // 6, 1), shared_columns=max(columns // 5, 1)
        )

    def covers(self, height: int, width: int) -> bool:
        return height <= self.rows and width <= self.columns


def encode(encoder: VaeEncoder, clip: Tensor, tiling: Tiling) -> tuple[Tensor, Tensor]:
    """clip: [3, F, H, W] in -1..1 -> mean and log variance [c, T, h, w]. A photo, F = 1, is small enough
    whole.
    """
    height, width = clip.shape[2] // STRIDE, clip.shape[3] // STRIDE
    if clip.shape[1] == 1 or tiling.covers(height, width):
        return encoder(clip)

    def tile(rows: slice, columns: slice) -> Tensor:
        return torch.cat(encoder(clip[:, :, _pixels(rows), _pixels(columns)]))

    moments = _assembled(tile, (height, width), tiling, 1, lambda part: part)
    mean, log_variance = moments.chunk(2)
    return mean, log_variance


def decode(
    decoder: VaeDecoder, latents: Tensor, tiling: Tiling, finish: Callable[[Tensor], Tensor]
) -> Iterator[Tensor]:
    """latents: [c, T, h, w] -> the clip in chunks [f, 3, 8h, 8w] of what `finish` makes of frames, about
    -1..1.

    What fits one tile streams in time. Tiles are finished one by one and kept so: give `finish` a small
    dtype.
    """
    size = (latents.shape[2], latents.shape[3])
    if tiling.covers(*size):
        yield from map(finish, decoder(latents))
        return

    def tile(rows: slice, columns: slice) -> Tensor:
        return torch.cat(list(decoder(latents[:, :, rows, columns])))

    yield from _assembled(tile, size, tiling, STRIDE, finish).split(CHUNK_FRAMES)


def _assembled(
    tile: Callable[[slice, slice], Tensor],
    size: tuple[int, int],
    tiling: Tiling,
    scale: int,
    finish: Callable[[Tensor], Tensor],
) -> Tensor:
    """tile: (rows, columns) of latents -> [..., h, w], `scale` values a latent. -> [..., scale H, scale
    W].
    """
    height, width = size
    down, right = tiling.rows - tiling.shared_rows, tiling.columns - tiling.shared_columns
    whole: Tensor | None = None
    above: list[Tensor] = []
    for top in range(0, height, down):
        below: list[Tensor] = []
        beside: Tensor | None = None
        for index, left in enumerate(range(0, width, right)):
            part = tile(slice(top, top + tiling.rows), slice(left, left + tiling.columns))
            if above:
                _blend(above[index], part, dim=part.ndim - 2)
            if beside is not None:
                _blend(beside, part, dim=part.ndim - 1)
            below.append(part[..., -tiling.shared_rows * scale :, :].clone())
            beside = part[..., -tiling.shared_columns * scale :].clone()
            done = finish(part[..., : down * scale, : right * scale])
            if whole is None:
                whole = done.new_empty((*done.shape[:-2], height * scale, width * scale))
            corner = whole[..., top * scale :, left * scale :]
            corner[..., : done.shape[-2], : done.shape[-1]] = done
        above = below
    assert whole is not None  # a picture has a tile
    return whole


def _blend(before: Tensor, part: Tensor, dim: int) -> None:
    """The start of `part` along `dim` comes out of the end of `before`, which covers the same place."""
    count = min(before.shape[dim], part.shape[dim])
    ramp = torch.arange(count, device=part.device) / count
    ramp = ramp.reshape([-1 if axis == dim else 1 for axis in range(part.ndim)])
    start = part.narrow(dim, 0, count)
    end = before.narrow(dim, before.shape[dim] - count, count)
    start.copy_(torch.lerp(end.float(), start.float(), ramp))


def _pixels(latents: slice) -> slice:
    return slice(latents.start * STRIDE, latents.stop * STRIDE)
