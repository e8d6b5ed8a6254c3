"""A folder of numbered PNG files: the same verbs as an ffmpeg `Feed`."""

from pathlib import Path

import numpy as np
from PIL import Image


class Folder:
    """Writes 0001.png, 0002.png, ... into the new folder `path`; `count`: how many there will be."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self._digits = max(4, len(str(count)))
        self._done = 0
        path.mkdir()

    def write(self, frames: np.ndarray) -> None:
        """frames: [F, H, W, 3] uint8."""
        for frame in frames:
            self._done += 1
            Image.fromarray(frame).save(self._path / f"{self._done:0{self._digits}}.png")

    def finish(self) -> None:
        """Nothing is open between two frames."""
