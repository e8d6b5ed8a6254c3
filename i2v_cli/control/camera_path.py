"""Where the camera stands at any moment: steps one after the other, in closed form.

Exact in time: a path is a function of seconds, and frames of any rate are looks at it. Knows neither how a
path is written (`camera_grammar.py`, `camera_keyframes.py`) nor which family follows it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from i2v_cli.errors import UsageError
from i2v_cli.geometry import Geometry

if TYPE_CHECKING:
    import numpy as np

Axis: TypeAlias = Literal["pan", "tilt", "zoom", "roll", "truck", "pedestal", "dolly"]
Ease: TypeAlias = Literal["linear", "ease", "ease-in", "ease-out", "ease-in-out"]

AXES: tuple[Axis, ...] = ("pan", "tilt", "zoom", "roll", "truck", "pedestal", "dolly")
EASES: tuple[Ease, ...] = ("linear", "ease", "ease-in", "ease-out", "ease-in-out")
# What an axis is measured in by people; scale is what zoom and dolly do to the size of things.
UNITS: dict[Axis, str] = {
    "pan": "% of the width",
    "tilt": "% of the height",
    "zoom": "% of scale",
    "roll": "degrees",
    "truck": "% of the width",
    "pedestal": "% of the height",
    "dolly": "% of scale",
}
SCALES = ("zoom", "dolly")
# How far from the photo the camera may stand: further out there is nothing of the photo left to see.
LOWEST: dict[Axis, float] = dict.fromkeys(AXES, -100.0) | {"zoom": -75.0, "dolly": -75.0, "roll": -360.0}
HIGHEST: dict[Axis, float] = dict.fromkeys(AXES, 100.0) | {"zoom": 400.0, "dolly": 400.0, "roll": 360.0}
# Up is -y for the model, and +% for people.
DIRECTION = (1, -1, 1, 1, 1, -1, 1)

Position: TypeAlias = tuple[float, ...]  # one number an axis: see `natural`
HOME: Position = (0.0,) * len(AXES)


@dataclass(frozen=True, slots=True)
class Span:
    """How long a step takes: seconds and a share of the clip, added up."""

    seconds: float = 0.0
    share: float = 0.0

    def of(self, duration: float) -> float:
        return self.seconds + self.share * duration


@dataclass(frozen=True, slots=True)
class Step:
    """The camera goes from where it stands to `target`. `span` None shares what others leave of the clip.

    `words`: how the user put it.
    """

    target: Position
    words: str
    span: Span | None = None
    ease: Ease = "linear"


@dataclass(frozen=True, slots=True)
class CameraPath:
    """Steps that begin at the photo (`HOME`) and at time zero; after the last one the camera rests."""

    steps: tuple[Step, ...]

    def at(self, times: Sequence[float], duration: float, aspect: float) -> "np.ndarray":
        """Where the camera stands at `times`, in seconds. -> [T, 7] float64 in the order of `AXES`.

        duration: how long the path may take: see the function of that name. aspect: width / height.
        pan, tilt, truck, pedestal: half-heights of the picture, x right and y down (pan right is +, tilt up
        is -), of the photo whatever the zoom. zoom, dolly: natural logarithm of the scale. roll: radians,
        clockwise is +. Truck, pedestal and dolly are what they do to things at the reference depth.
        """
        import numpy as np

        moments = np.asarray(times, dtype=np.float64)
        path = np.zeros((len(moments), len(AXES)))
        before = np.array(HOME)
        for step, (begin, end) in zip(self.steps, self.moments(duration), strict=True):
            after = np.array(step.target)
            progress = _progress(moments, begin, end)
            eased = _eased(progress, step.ease)[:, None]
            begun = moments > begin
            path[begun] = (before * (1 - eased) + after * eased)[begun]
            before = after
        half_heights = np.array((2 * aspect, 2, 1, 1, 2 * aspect, 2, 1))
        return path * half_heights * DIRECTION + 0.0  # no -0.0

    def moments(self, duration: float) -> list[tuple[float, float]]:
        """(begin, end) of each step in seconds."""
        fixed = sum(step.span.of(duration) for step in self.steps if step.span is not None)
        free = sum(step.span is None for step in self.steps)
        share = max(duration - fixed, 0.0) / max(free, 1)
        found, begin = [], 0.0
        for step in self.steps:
            end = begin + (share if step.span is None else step.span.of(duration))
            found.append((begin, end))
            begin = end
        return found

    def over(self, clip: Geometry) -> "np.ndarray":
        """`at` each frame of the clip. -> [F, 7]."""
        times = [index / clip.fps for index in range(clip.frames)]
        return self.at(times, duration(clip), clip.width / clip.height)

    def told(self, clip: Geometry) -> str:
        """The path as its steps fall on the clip: "0-2 s pan right 15%; 2-3 s hold"."""
        steps = zip(self.steps, self.moments(duration(clip)), strict=True)
        return "; ".join(f"{begin:.3g}-{end:.3g} s {step.words}" for step, (begin, end) in steps)

    def check(self, clip: Geometry) -> None:
        """Raises UsageError when the steps do not fit the clip, or leave nothing for one of them."""
        end = duration(clip)
        fixed = sum(step.span.of(end) for step in self.steps if step.span is not None)
        if fixed > clip.seconds + 1e-9:
            raise UsageError(
                f"the camera's path takes {fixed:.4g} s, the clip {clip.seconds:.4g} s",
                f"make the clip longer, as in --seconds {math.ceil(fixed * 100) / 100:g}, or the path shorter"
                if math.isfinite(fixed)
                else "make the path shorter",
            )
        waiting = next((step for step in self.steps if step.span is None), None)
        if waiting is not None and fixed > end - 1e-9:
            raise UsageError(
                f"nothing of the clip's {clip.seconds:.4g} s is left for '{waiting.words}'",
                "make the clip longer with --seconds, or the other steps of the path shorter",
            )
        if clip.loop and self.steps[-1].target != HOME:
            raise UsageError(
                "in a loop the camera ends where it began, and this path does not",
                "end it with '; back'",
            )


def duration(clip: Geometry) -> float:
    """Seconds from the first frame to the last; in a loop to the first again."""
    return clip.seconds if clip.loop else (clip.frames - 1) / clip.fps


def natural(axis: Axis, asked: float) -> float:
    """A person's signed amount -> what `Step.target` holds: fractions of the width or height, up and right
    positive; the logarithm of the scale; radians. A scale of nothing or less is -inf."""
    if axis in SCALES:
        scale = 1 + asked / 100
        return math.log(scale) if scale > 0 else -math.inf
    return math.radians(asked) if axis == "roll" else asked / 100


def amount(axis: Axis, value: float) -> float:
    """The other way: what `natural` gave, as a person's signed amount."""
    if axis in SCALES:
        return (math.exp(value) - 1) * 100
    return math.degrees(value) if axis == "roll" else value * 100


def within_reach(axis: Axis, value: float) -> bool:
    """value: as `natural` gives it, from the photo. Rounding forgiven."""
    return natural(axis, LOWEST[axis]) - 1e-9 <= value <= natural(axis, HIGHEST[axis]) + 1e-9


def _progress(times: "np.ndarray", begin: float, end: float) -> "np.ndarray":
    """0 before `begin`, 1 from `end` on; a step that takes no time has been done."""
    import numpy as np

    return np.clip((times - begin) / (end - begin), 0, 1) if end > begin else np.ones_like(times)


def _eased(progress: "np.ndarray", ease: Ease) -> "np.ndarray":
    """Quadratic to begin or end gently, the smooth step for both. All keep 0 and 1."""
    if ease == "ease-in":
        return progress * progress
    if ease == "ease-out":
        return progress * (2 - progress)
    return progress if ease == "linear" else progress * progress * (3 - 2 * progress)
