"""A wish becomes exact motion: the camera's path and what a pasted subject does, in closed form.

Units and signs are those of `families/pocket/vae.py`: half-heights, y down, natural log of the zoom, radians.
"""

import math
import random

import numpy as np

from i2v_cli.families.pocket.config import AXES, KNOTS
from i2v_cli.training.captions import Wish

# How far an unhurried move goes over a whole clip: half-heights, half-heights, log scale, radians.
REACH = {"pan": 0.40, "tilt": 0.36, "zoom": 0.36, "roll": 0.18}
# Pan right moves the view to +x, tilt up to -y; rolling clockwise turns the view's axes clockwise.
DIRECTION = {"pan": 1.0, "tilt": -1.0, "zoom": 1.0, "roll": 1.0}
SPREAD = 0.12


def camera_path(wish: Wish, rng: random.Random) -> np.ndarray:
    """[48, 4] for pan, tilt, zoom, roll; the photo itself (zero) is the moment before the first knot."""
    times = np.arange(1, KNOTS + 1) / KNOTS
    path = np.zeros((KNOTS, len(AXES)), dtype=np.float32)
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


def subject_motion(
    action: str, box: tuple[float, float, float, float], places: np.ndarray, rng: random.Random
):
    """Residual flow of a subject that moves by itself.

    box: its (left, top, right, bottom). places: [2, h, w], x and y of each cell. -> [48, 2, h, w] float32.
    """
    left, top, right, bottom = box
    x, y = places
    height = max(bottom - top, 1e-3)
    size = rng.uniform(0.025, 0.06) * rng.choice((-1, 1))
    times = np.arange(1, KNOTS + 1)[:, None, None] / KNOTS
    cycles = {"sway": 1.2, "bob": 1.6, "breathe": 1.4, "tremble": 7.0}[action] * rng.uniform(0.8, 1.25)
    beat = np.sin(2 * math.pi * cycles * times) * np.minimum(times * 6, 1)
    flow = np.zeros((KNOTS, 2, *x.shape), dtype=np.float32)
    if action == "sway":  # the foot stands, the top goes furthest
        flow[:, 0] = size * beat * np.clip((bottom - y) / height, 0, 1)
    elif action == "bob":
        flow[:, 1] = size * beat
    elif action == "breathe":
        flow[:, 0] = size * beat * (x - (left + right) / 2) / height
        flow[:, 1] = size * beat * (y - (top + bottom) / 2) / height
    else:
        flow[:, 0] = size / 3 * beat
        flow[:, 1] = size / 3 * np.cos(2 * math.pi * cycles * times) * np.minimum(times * 6, 1)
    return flow
