"""A wish becomes exact motion: the camera's path and what a pasted subject does, in closed form.

Units and signs are those of `families/pocket/vae.py`: half-heights, y down, natural log of the zoom, radians.
"""

import math
import random

import numpy as np

from i2v_cli.families.pocket.config import AXES, CAMERA, KNOTS
from i2v_cli.training.captions import Stir, Wish

# How far an unhurried move goes over a whole clip: half-heights, half-heights, log scale, radians.
REACH = {"pan": 0.40, "tilt": 0.36, "zoom": 0.36, "roll": 0.18}
# Pan right moves the view to +x, tilt up to -y; rolling clockwise turns the view's axes clockwise.
DIRECTION = {"pan": 1.0, "tilt": -1.0, "zoom": 1.0, "roll": 1.0}
SPREAD = 0.12


def camera_path(wish: Wish, rng: random.Random) -> np.ndarray:
    """[48, 4] for pan, tilt, zoom, roll; the photo itself (zero) is the moment before the first knot."""
    times = np.arange(1, KNOTS + 1) / KNOTS
    path = np.zeros((KNOTS, CAMERA), dtype=np.float32)
    for order, move in enumerate(wish.moves):
        local = times
        if wish.sequence:
            local = np.clip(times * len(wish.moves) - order, 0, 1)
        reach = REACH[move.axis] * move.speed * (1 + rng.uniform(-SPREAD, SPREAD))
        if wish.sequence:
            reach *= 0.75
        eased = _ease(local, rng.uniform(0, 1))
        path[:, AXES.index(move.axis)] += DIRECTION[move.axis] * move.sign * reach * eased
    return path


def _ease(times: np.ndarray, softness: float) -> np.ndarray:
    """0..1 -> 0..1, between linear (softness 0) and smoothstep (1)."""
    return (1 - softness) * times + softness * times * times * (3 - 2 * times)


def light_path(light: str, rng: random.Random) -> np.ndarray:
    """[48, 2]: brightness and warmth of the whole picture, log gains."""
    times = np.arange(1, KNOTS + 1) / KNOTS
    eased = _ease(times, rng.uniform(0, 1)) * (1 + rng.uniform(-SPREAD, SPREAD))
    if light == "flash":
        beats = sum(np.exp(-(((times - rng.uniform(0.1, 0.9)) / 0.025) ** 2)) for _ in range(rng.randint(2, 4)))
        return np.stack([0.5 * beats, 0 * times], axis=1).astype(np.float32)
    brightness, warmth = {"darken": (-0.8, -0.05), "brighten": (0.4, 0.05), "warm": (0.0, 0.2), "cold": (-0.1, -0.2)}[light]
    return np.stack([brightness * eased, warmth * eased], axis=1).astype(np.float32)


def stir_motion(stir: Stir, box: tuple[float, float, float, float], places: np.ndarray, rng: random.Random) -> np.ndarray:
    """What a region does by itself: flow beyond the camera and log gain.

    box: its (left, top, right, bottom). places: [2, h, w], x and y of each cell. -> [48, 3, h, w] float32.
    """
    times = (np.arange(1, KNOTS + 1) / KNOTS)[:, None, None]
    out = np.zeros((KNOTS, 3, *places.shape[1:]), dtype=np.float32)
    size = stir.strength * rng.uniform(0.8, 1.25)
    begin = np.minimum(times * 6, 1)  # from rest
    plants = stir.action == "sway" and stir.kind in ("foliage", "grass", "flower")
    ACTIONS["sway_plants" if plants else stir.action](out, times, begin, size, stir, box, places, rng)
    return out


def _drift(out, times, begin, size, stir, box, places, rng):
    """Travels steadily; without a heading to either side."""
    x, y = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}.get(stir.heading) or (rng.choice((-1, 1)), 0)
    out[:, 0] -= 0.16 * size * x * times  # to move content right, fetch from the left
    out[:, 1] -= 0.16 * size * y * times


def _flow(out, times, begin, size, stir, box, places, rng):
    """Travels, and curls as it goes."""
    upward = stir.kind == "smoke" and not stir.heading
    side = ("left", "right")[rng.random() < 0.5] if stir.kind == "water" and not stir.heading else ""
    heading = stir.heading or side or ("up" if upward else "down")
    _drift(out, times, begin, 0.75 * size, Stir(stir.name, stir.kind, "drift", heading), box, places, rng)
    out[:, :2] += 0.008 * size * begin[:, None] * _waves(times, places, rng, wavelength=0.6, cycles=2.0)


def _ripple(out, times, begin, size, stir, box, places, rng):
    """Small waves, flatter and shorter towards the far shore."""
    _left, top, _right, bottom = box
    near = np.clip((places[1] - top) / max(bottom - top, 1e-3), 0.15, 1)
    out[:, :2] += 0.013 * size * begin[:, None] * near * _waves(times, places, rng, wavelength=0.45, cycles=3.0)


def _wave(out, times, begin, size, stir, box, places, rng):
    """Swell that rolls to one side, up and down as it goes."""
    phase = 2 * math.pi * (places[0] * rng.choice((-1, 1)) * 0.4 + places[1] * 1.3 + rng.random())
    cycles = 2 * math.pi * rng.uniform(1.3, 2.0)
    out[:, 1] += 0.035 * size * begin * np.sin(phase - cycles * times)
    out[:, 0] += 0.020 * size * begin * np.cos(phase - cycles * times)


def _sway_plants(out, times, begin, size, stir, box, places, rng):
    """Wind in leaves and grass: sideways, neighbours nearly together, never quite at rest."""
    waves = _waves(times, places, rng, wavelength=0.8, cycles=2.5)
    out[:, 0] += 0.020 * size * begin * waves[:, 0]
    out[:, 1] += 0.006 * size * begin * waves[:, 1]


def _flutter(out, times, begin, size, stir, box, places, rng):
    """A travelling wave that grows away from where the cloth is held."""
    left, _top, right, _bottom = box
    free = np.clip((places[0] - left) / max(right - left, 1e-3), 0.2, 1)
    phase = 2 * math.pi * (places[0] * 1.2 - rng.uniform(2.5, 3.5) * times + 0.3 * places[1])
    out[:, 1] += 0.022 * size * begin * free * np.sin(phase)
    out[:, 0] += 0.010 * size * begin * free * np.cos(phase)


def _flicker(out, times, begin, size, stir, box, places, rng):
    """Flames lick upwards and throw an uneven light."""
    waves = _waves(times, places, rng, wavelength=0.3, cycles=7.0)
    out[:, 0] += 0.016 * size * begin * waves[:, 0]
    out[:, 1] += 0.024 * size * begin * waves[:, 1]
    out[:, 2] += 0.18 * size * begin * _unsteady(times, rng, cycles=6.0)


def _pulse(out, times, begin, size, stir, box, places, rng):
    """Lamps and suns glow and fade."""
    out[:, 2] += 0.35 * size * begin * _unsteady(times, rng, cycles=rng.uniform(1.5, 4.0))


def _sway(out, times, begin, size, stir, box, places, rng):
    """The foot stands, the top goes furthest."""
    _left, top, _right, bottom = box
    height = np.clip((bottom - places[1]) / max(bottom - top, 1e-3), 0, 1)
    out[:, 0] += 0.04 * size * rng.choice((-1, 1)) * begin * height * _beat(times, rng, 1.2)


def _bob(out, times, begin, size, stir, box, places, rng):
    out[:, 1] += 0.035 * size * rng.choice((-1, 1)) * begin * _beat(times, rng, 1.6)


def _breathe(out, times, begin, size, stir, box, places, rng):
    """Swells about its middle."""
    left, top, right, bottom = box
    beat = 0.045 * size * begin * _beat(times, rng, 1.4) / max(bottom - top, 1e-3)
    out[:, 0] += beat * (places[0] - (left + right) / 2)
    out[:, 1] += beat * (places[1] - (top + bottom) / 2)


def _tremble(out, times, begin, size, stir, box, places, rng):
    out[:, 0] += 0.014 * size * begin * _beat(times, rng, 7.0)
    out[:, 1] += 0.010 * size * begin * _beat(times, rng, 6.0)


def _beat(times: np.ndarray, rng: random.Random, cycles: float) -> np.ndarray:
    return np.sin(2 * math.pi * cycles * rng.uniform(0.8, 1.25) * times)


def _unsteady(times: np.ndarray, rng: random.Random, cycles: float) -> np.ndarray:
    """Three beats that never quite agree, -1..1."""
    return sum(_beat(times, rng, cycles * factor) for factor in (0.6, 1.0, 1.7)) / 3


def _waves(times: np.ndarray, places: np.ndarray, rng: random.Random, *, wavelength: float, cycles: float) -> np.ndarray:
    """Smooth unrest: a few plane waves of random headings, [48, 2, h, w], about -1..1."""
    total = np.zeros((len(times), 2, *places.shape[1:]), dtype=np.float32)
    for component in (0, 1):
        for _ in range(3):
            angle, phase = rng.uniform(0, 2 * math.pi), rng.uniform(0, 2 * math.pi)
            across = (math.cos(angle) * places[0] + math.sin(angle) * places[1]) / (wavelength * rng.uniform(0.8, 1.5))
            wave = np.sin(2 * math.pi * (across - cycles * rng.uniform(0.7, 1.3) * times) + phase)
            total[:, component] += wave - np.sin(2 * math.pi * across + phase) * (1 - np.minimum(times * 6, 1))
    return total / 2


ACTIONS = {
    "drift": _drift,
    "ripple": _ripple,
    "wave": _wave,
    "flow": _flow,
    "sway_plants": _sway_plants,
    "flicker": _flicker,
    "pulse": _pulse,
    "flutter": _flutter,
    "sway": _sway,
    "bob": _bob,
    "breathe": _breathe,
    "tremble": _tremble,
}
