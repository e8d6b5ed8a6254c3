"""Is the clip worth showing: not black, frozen, short or off its path. Looks at frames as they stream by.

NaN is found earlier, on latents: bytes cannot hold one.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from i2v_cli.media.camera_check import CameraVerdict, CameraWatch

Problem: TypeAlias = Literal["black", "frozen", "short", "off its camera path"]

SAMPLES = 128  # a side at most: enough to see a candle flicker in a 4K frame, and cheap
LUMA = (0.2126, 0.7152, 0.0722)  # bt709
BLACK = 4.0  # mean luma, 0 to 255
CHANGED = 4.0  # levels by which a pixel must move before it counts: less is a decoder's rounding
CHANGED_SHARE = 0.001  # of the pixels, before a frame counts as another one


@dataclass(frozen=True, slots=True)
class Verdict:
    """`frames`: as many as went by. `brightness`: mean luma, 0..255. `motion`: mean absolute difference of
    the frames from the first one, 0..255. `problems`: empty when all is well. `camera`: None unless a path
    was asked for."""

    frames: int
    brightness: float
    motion: float
    problems: tuple[Problem, ...]
    camera: CameraVerdict | None = None


class Watch:
    """Frames pass through `watch` unchanged; `verdict` sums up what was seen.

    `asked`: how many frames the clip shall have. `reference`: [H, W, 3] uint8, the photo; a black photo may
    become a black clip. `camera`: watches the path that was asked for.
    """

    def __init__(self, asked: int, reference: np.ndarray, camera: CameraWatch | None = None) -> None:
        self._camera = camera
        self._asked = asked
        self._reference_brightness = float(_luma(reference[None]).mean())
        self._first: np.ndarray | None = None
        self._frames = 0
        self._brightness = 0.0
        self._motion = 0.0
        self._moved = False

    def watch(self, frames: np.ndarray) -> np.ndarray:
        """frames: [F, H, W, 3] uint8, returned as they are."""
        if len(frames) == 0:
            return frames
        luma = _luma(frames)  # [F, h, w]
        if self._first is None:
            self._first = luma[0]
        difference = np.abs(luma - self._first)
        self._frames += len(frames)
        self._brightness += float(luma.mean(axis=(1, 2)).sum())
        self._motion += float(difference.mean(axis=(1, 2)).sum())
        self._moved |= bool(((difference > CHANGED).mean(axis=(1, 2)) > CHANGED_SHARE).any())
        if self._camera is not None:
            self._camera.watch(frames)
        return frames

    def verdict(self) -> Verdict:
        brightness = self._brightness / max(1, self._frames)
        motion = self._motion / max(1, self._frames - 1)  # the first frame differs from itself by nothing
        problems: list[Problem] = []
        if brightness < BLACK <= self._reference_brightness:
            problems.append("black")
        if not self._moved:
            problems.append("frozen")
        if self._frames < self._asked:
            problems.append("short")
        camera = self._camera.verdict() if self._camera is not None else None
        if camera is not None and camera.followed is False:
            problems.append("off its camera path")
        return Verdict(self._frames, round(brightness, 2), round(motion, 2), tuple(problems), camera)


def _luma(frames: np.ndarray) -> np.ndarray:
    """[F, H, W, 3] uint8 -> [F, h, w] float32 of every n-th pixel, at most SAMPLES a side."""
    step = (max(1, -(-frames.shape[1] // SAMPLES)), max(1, -(-frames.shape[2] // SAMPLES)))
    few = frames[:, :: step[0], :: step[1]].astype(np.float32)
    return few @ np.array(LUMA, np.float32)
