"""Does the clip's camera go where it was told to? Measured on the frames as they stream by.

Each frame is laid on a key frame, the photo at first; when too little of that is still in sight the frame at
hand becomes the key. So errors do not add up from frame to frame, and long ways can be followed. Knows
nothing of how a path is written: it is told positions.
"""

import cmath
import math
from dataclasses import dataclass

import numpy as np

from i2v_cli.media.registration import (
    Fit,
    Level,
    Points,
    Similarity,
    points,
    pyramid,
    register,
    settle,
    support,
)

AXES = ("pan", "tilt", "zoom", "roll")
UNITS = {"pan": "% of the width", "tilt": "% of the height", "zoom": "% of scale", "roll": "degrees"}
# How far off is off, in these units.
TOLERANCE = np.array((1.0, 1.0, 1.0, 0.5))
# Truck, pedestal and dolly hardly move what is far, and what is near more than they are asked for. They are
# seen as pan, tilt and zoom of most of the picture, from nothing to twice as much.
PARALLAX = 1.0
# The frame at hand becomes the key when less than this of the key is in sight, or its scale is so far off.
LEAST_IN_SIGHT, MOST_SCALED = 0.55, math.log(1.4)
AGREED = 0.5  # correlation with the key below which a frame shows something else
# Neighbouring pixels err alike: a measure is so much less sure than independent pixels would make it.
CORRELATED = 4.0
CROWD = 0.15  # of what changes: so much must agree with the path that was asked for
SURE = 0.3  # of the tolerance: what a measure may be unsure by


@dataclass(frozen=True, slots=True)
class CameraVerdict:
    """By axis, in the units of `TOLERANCE`: right, up, in and clockwise are positive.

    asked, measured: where the camera stands at the end. deviation: the largest on the whole way.
    followed: None when the frames show too little to tell.
    """

    asked: dict[str, float]
    measured: dict[str, float]
    deviation: dict[str, float]
    followed: bool | None

    def told(self) -> str:
        """The axis that is furthest off, in words: "pan ends at 12.1 instead of 15 ..."."""
        axis = max(AXES, key=lambda axis: self.deviation[axis] / TOLERANCE[AXES.index(axis)])
        return (
            f"{axis} ends at {self.measured[axis]:g} instead of {self.asked[axis]:g} {UNITS[axis]}, "
            f"{self.deviation[axis]:g} off at most"
        )


@dataclass(frozen=True, slots=True)
class Key:
    """place: from the key frame's places to the photo's."""

    place: Similarity
    points: list[Points]


class CameraWatch:
    """`watch` sees the frames in order; `verdict` compares.

    asked: [F, 7], where the camera should stand at each frame: half-heights (x right, y down), log scale and
    radians, in the order pan, tilt, zoom, roll, truck, pedestal, dolly. aspect: width / height.
    """

    def __init__(self, asked: np.ndarray, aspect: float) -> None:
        self._asked = asked
        self._units = np.array((50 / aspect, -50.0, 100.0, 180 / math.pi))
        self._path: list[Similarity] = []  # from each frame's places to the photo's
        self._sure: list[bool] = []
        self._key: Key | None = None
        self._last: list[Level] = []

    def watch(self, frames: np.ndarray) -> None:
        """frames: [F, H, W, 3] uint8, F any number."""
        for frame in frames:
            levels = pyramid(frame)
            place, sure = self._followed(self._key, levels) if self._key else (Similarity(), True)
            self._key = self._key or Key(place, points(levels))
            self._path.append(place)
            self._sure.append(sure)
            self._last = levels

    def path(self) -> np.ndarray:
        """[frames so far, 4]: pan, tilt, zoom, roll as measured, in the units of `asked`."""
        scale = np.array([place.a for place in self._path])
        shift = np.array([place.b for place in self._path])
        return np.stack([shift.real, shift.imag, -np.log(np.abs(scale)), np.unwrap(np.angle(scale))], axis=1)

    def verdict(self) -> CameraVerdict | None:
        """None when no frame was seen."""
        if not self._path:
            return None
        path = self.path()
        asked = self._asked[: len(path), :4].copy()
        parallax = self._asked[: len(path), 4:]
        asked[:, :3] += parallax
        allowed = np.tile(TOLERANCE, (len(path), 1))
        allowed[:, :3] += PARALLAX * np.abs(parallax * self._units[:3])
        deviation = np.abs((path - asked) * self._units)[self._sure]
        within = bool((deviation <= allowed[self._sure]).all())
        return CameraVerdict(
            asked=self._told(asked[-1]),
            measured=self._told(path[-1]),
            deviation=_by_axis(deviation.max(axis=0)),
            followed=within if self._sure[-1] else None,
        )

    def _followed(self, key: Key, levels: list[Level]) -> tuple[Similarity, bool]:
        """The frame's place, and whether that is sure. Moves the key on where it must."""
        expected = self._expected()
        fit = register(key.points, levels, expected.inverse().after(key.place))
        if not self._is_sure(fit):  # perhaps the last frame still shows what this one does
            key = Key(self._path[-1], points(self._last))
            fit = register(key.points, levels, expected.inverse().after(key.place))
        if not self._is_sure(fit):
            return self._path[-1], False
        fit = self._with_the_asked(key, levels, fit)
        place = key.place.after(fit.similarity.inverse())
        scaled = abs(math.log(abs(fit.similarity.a)))
        gone = fit.overlap < LEAST_IN_SIGHT or scaled > MOST_SCALED
        self._key = Key(place, points(levels)) if gone else key
        return place, True

    def _with_the_asked(self, key: Key, levels: list[Level], fit: Fit) -> Fit:
        """Where another place than the one asked for was found, most of the picture may move by itself, as
        clouds do: the place asked for holds when a good part of the picture lies right from there."""
        asked = self._asked[len(self._path)]
        place = Similarity(cmath.exp(complex(-asked[2], asked[3])), complex(asked[0], asked[1]))
        start = place.inverse().after(key.place)
        if self._near(fit, start):
            return fit
        settled = settle(key.points, levels, start, CROWD)
        if not self._near(settled, start) or not self._is_sure(settled):
            return fit
        return settled if support(key.points, levels, settled, fit) > CROWD else fit

    def _near(self, fit: Fit, start: Similarity) -> bool:
        """Within the tolerance."""
        off = start.inverse().after(fit.similarity)
        by = np.array((off.b.real, off.b.imag, math.log(abs(off.a)), cmath.phase(off.a)))
        return bool((np.abs(by * self._units) <= TOLERANCE).all())

    def _expected(self) -> Similarity:
        """The camera goes on as it went from the frame before the last to the last one."""
        last = self._path[-1]
        before = self._path[-2] if len(self._path) > 1 else last
        return last.after(before.inverse().after(last))

    def _is_sure(self, fit: Fit) -> bool:
        scale, angle, shift = (CORRELATED * sigma for sigma in fit.sigma)
        unsure = np.array((shift, shift, scale, angle)) * np.abs(self._units)
        return fit.agreement > AGREED and bool((unsure < SURE * TOLERANCE).all())

    def _told(self, position: np.ndarray) -> dict[str, float]:
        values = position * self._units
        values[2] = 100 * math.expm1(position[2])
        return _by_axis(values)


def _by_axis(values: np.ndarray) -> dict[str, float]:
    return {axis: round(float(value), 2) + 0.0 for axis, value in zip(AXES, values, strict=True)}
