"""A contact sheet: a few evenly spaced frames of a clip side by side in one PNG."""

from pathlib import Path

import numpy as np
from PIL import Image

from i2v_cli.media import containers, publish
from i2v_cli.media.encoder import VideoSpec

FRAMES = 8
TILE_SIDE = 320  # pixels, the longer side of a tile
GAP = 4
BACKGROUND = (24, 24, 24)


class Sheet:
    """Collects its frames while they stream by; at most FRAMES small ones are kept."""

    def __init__(self, spec: VideoSpec, *, columns: int = 4) -> None:
        scale = min(1.0, TILE_SIDE / max(spec.width, spec.height))
        self._tile = (max(1, round(spec.width * scale)), max(1, round(spec.height * scale)))
        self._wanted = set(
            np.linspace(0, spec.frames - 1, min(FRAMES, spec.frames)).round().astype(int).tolist()
        )
        self._columns = columns
        self._seen = 0
        self._tiles: list[Image.Image] = []

    def add(self, frames: np.ndarray) -> None:
        """frames: [F, H, W, 3] uint8, the next ones of the clip."""
        for index, frame in enumerate(frames, start=self._seen):
            if index in self._wanted:
                self._tiles.append(Image.fromarray(frame).resize(self._tile, Image.Resampling.LANCZOS))
        self._seen += len(frames)

    def save(self, target: Path, *, packet: str = "", overwrite: bool = False) -> None:
        """Writes the PNG in one step, with the XMP packet of its clip. Raises UsageError, FitError."""
        temp = publish.temporary(target, ".png")
        try:
            self._picture().save(temp)
            if packet:
                containers.embed(temp, packet)
            publish.publish(temp, target, overwrite=overwrite)
        except OSError as error:
            raise publish.disk_error(target, error) from error
        finally:
            publish.discard(temp)

    def _picture(self) -> Image.Image:
        width, height = self._tile
        columns = min(self._columns, max(1, len(self._tiles)))
        rows = max(1, -(-len(self._tiles) // columns))
        size = (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP)
        picture = Image.new("RGB", size, BACKGROUND)
        for index, tile in enumerate(self._tiles):
            row, column = divmod(index, columns)
            picture.paste(tile, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
        return picture
