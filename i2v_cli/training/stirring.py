"""What a region of the picture does by itself, in closed form: ripples, drifting clouds, wind, flames.

A residual is where a cell fetches from beyond the camera (x, y in half-heights, y down) and its log gain; to
move content right, fetch from the left. Everything begins from rest.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from i2v_cli.families.pocket.config import KNOTS, LOUDER
from i2v_cli.training.captions import Stir

Box: TypeAlias = tuple[float, float, float, float]
Residual: TypeAlias = tuple[np.ndarray | float, np.ndarray | float, np.ndarray | float]

TIMES = (np.arange(1, KNOTS + 1, dtype=np.float32) / KNOTS)[:, None, None]
BEGIN = np.minimum(TIMES * 10, 1)  # full strength after a tenth of the clip
HEADINGS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
PLANTS = ("foliage", "grass", "flower")


@dataclass(frozen=True, slots=True)
class Setting:
    """x, y: [h, w], where the cells are. box: the region's (left, top, right, bottom). size: 1 is usual."""

    stir: Stir
    box: Box
    x: np.ndarray
    y: np.ndarray
    size: float
    rng: random.Random

    @property
    def height(self) -> float:
        return max(self.box[3] - self.box[1], 1e-3)

    @property
    def width(self) -> float:
        return max(self.box[2] - self.box[0], 1e-3)

    def side(self) -> int:
        return self.rng.choice((-1, 1))

    def beat(self, cycles: float) -> np.ndarray:
        """[48, 1, 1], -1..1, from rest."""
        return BEGIN * np.sin(2 * math.pi * cycles * self.rng.uniform(0.8, 1.25) * TIMES)

    def unsteady(self, cycles: float) -> np.ndarray:
        """Three beats that never quite agree."""
        return (self.beat(0.6 * cycles) + self.beat(cycles) + self.beat(1.7 * cycles)) / 3

    def waves(self, wavelength: float, cycles: float) -> np.ndarray:
        """Smooth unrest: three plane waves of random headings, [48, h, w], about -1..1, from rest."""
        total = np.zeros((KNOTS, *self.x.shape), dtype=np.float32)
        for _ in range(3):
            angle, phase = self.rng.uniform(0, 2 * math.pi), self.rng.uniform(0, 2 * math.pi)
            across = math.cos(angle) * self.x + math.sin(angle) * self.y
            across = across / (wavelength * self.rng.uniform(0.8, 1.5))
            speed = cycles * self.rng.uniform(0.7, 1.3)
            total += np.sin(2 * math.pi * (across - speed * TIMES) + phase) - np.sin(
                2 * math.pi * across + phase
            )
        return BEGIN * total / 3


def residual(stir: Stir, box: Box, places: np.ndarray, rng: random.Random) -> np.ndarray:
    """places: [2, h, w], x and y of each cell. -> [48, 3, h, w] float32: x, y, log gain."""
    setting = Setting(stir, box, places[0], places[1], stir.strength * rng.uniform(0.8, 1.25), rng)
    plants = stir.action == "sway" and stir.kind in PLANTS
    parts = (_wind if plants else ACTIONS[stir.action])(setting)
    shape, louder = (KNOTS, *places.shape[1:]), LOUDER.get(stir.kind, 1.0)
    x, y, gain = (np.broadcast_to(part, shape) for part in parts)
    return np.stack([louder * x, louder * y, gain], axis=1).astype(np.float32)


def _drift(at: Setting) -> Residual:
    """Clouds travel steadily; without a heading to either side."""
    return _travel(at, 0.16 * at.size, at.stir.heading or at.rng.choice(("left", "right")))


def _flow(at: Setting) -> Residual:
    """Water and smoke travel, and curl as they go."""
    unspoken = ("up",) if at.stir.kind == "smoke" else ("left", "right")
    x, y, _ = _travel(at, 0.12 * at.size, at.stir.heading or at.rng.choice(unspoken))
    curl = 0.008 * at.size
    return x + curl * at.waves(0.6, 2.0), y + curl * at.waves(0.6, 2.0), 0.0


def _travel(at: Setting, distance: float, heading: str) -> Residual:
    x, y = HEADINGS[heading]
    return -distance * x * TIMES + 0 * at.x, -distance * y * TIMES + 0 * at.y, 0.0


def _ripple(at: Setting) -> Residual:
    """Small waves, flatter towards the far shore."""
    near = 0.013 * at.size * np.clip((at.y - at.box[1]) / at.height, 0.15, 1)
    return near * at.waves(0.45, 3.0), near * at.waves(0.45, 3.0), 0.0


def _wave(at: Setting) -> Residual:
    """Swell that rolls to one side, up and down as it goes."""
    rest = 2 * math.pi * (at.x * at.side() * 0.4 + at.y * 1.3 + at.rng.random())
    phase = rest - 2 * math.pi * at.rng.uniform(1.3, 2.0) * TIMES
    size = at.size * BEGIN
    return 0.020 * size * (np.cos(phase) - np.cos(rest)), 0.035 * size * (np.sin(phase) - np.sin(rest)), 0.0


def _wind(at: Setting) -> Residual:
    """Leaves and grass: sideways, neighbours nearly together, never quite at rest."""
    return 0.020 * at.size * at.waves(0.8, 2.5), 0.006 * at.size * at.waves(0.8, 2.5), 0.0


def _flutter(at: Setting) -> Residual:
    """A travelling wave that grows away from where the cloth is held."""
    free = at.size * np.clip((at.x - at.box[0]) / at.width, 0.2, 1)
    phase = 2 * math.pi * (at.x * 1.2 - at.rng.uniform(2.5, 3.5) * TIMES + 0.3 * at.y)
    return 0.010 * BEGIN * free * np.cos(phase), 0.022 * BEGIN * free * np.sin(phase), 0.0


def _flicker(at: Setting) -> Residual:
    """Flames lick upwards and throw an uneven light."""
    lick = at.waves(0.3, 7.0)
    light = 0.18 * at.size * at.unsteady(6.0) + 0 * at.x
    return 0.016 * at.size * at.waves(0.3, 7.0), 0.024 * at.size * lick, light


def _pulse(at: Setting) -> Residual:
    """Lamps and suns glow and fade."""
    return 0.0, 0.0, 0.35 * at.size * at.unsteady(at.rng.uniform(1.5, 4.0)) + 0 * at.x


def _sway(at: Setting) -> Residual:
    """The foot stands, the top goes furthest."""
    lever = np.clip((at.box[3] - at.y) / at.height, 0, 1)
    return 0.04 * at.size * at.side() * lever * at.beat(1.2), 0.0, 0.0


def _bob(at: Setting) -> Residual:
    return 0.0, 0.035 * at.size * at.side() * at.beat(1.6) + 0 * at.y, 0.0


def _breathe(at: Setting) -> Residual:
    """Swells about its middle."""
    left, top, right, bottom = at.box
    beat = 0.045 * at.size * at.beat(1.4) / at.height
    return beat * (at.x - (left + right) / 2), beat * (at.y - (top + bottom) / 2), 0.0


def _tremble(at: Setting) -> Residual:
    return 0.014 * at.size * at.beat(7.0) + 0 * at.x, 0.010 * at.size * at.beat(6.0) + 0 * at.y, 0.0


ACTIONS: dict[str, Callable[[Setting], Residual]] = {
    "drift": _drift,
    "flow": _flow,
    "ripple": _ripple,
    "wave": _wave,
    "flicker": _flicker,
    "pulse": _pulse,
    "flutter": _flutter,
    "sway": _sway,
    "bob": _bob,
    "breathe": _breathe,
    "tremble": _tremble,
}
