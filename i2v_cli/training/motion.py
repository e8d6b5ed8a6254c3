"""A wish becomes exact motion: the path of the camera and of the light, in closed form.

Units and signs are those of `families/pocket/vae.py`: half-heights, y down, natural log of the zoom, radians.
"""

import random
import re

import numpy as np

from i2v_cli.families.pocket.config import AXES, CAMERA, KNOTS
from i2v_cli.training.captions import Wish

# How far an unhurried move goes over a whole clip: half-heights, half-heights, log scale, radians.
REACH = {"pan": 0.40, "tilt": 0.36, "zoom": 0.36, "roll": 0.18}
# Pan right moves the view to +x, tilt up to -y; rolling clockwise turns the view's axes clockwise.
DIRECTION = {"pan": 1.0, "tilt": -1.0, "zoom": 1.0, "roll": 1.0}
SPREAD = 0.12
# A camera that travels passes near things faster: half of its way is the same for all, the rest grows with
# inverse depth.
TRAVELS = re.compile(
    r"\b(truck|track(?:s|ed|ing)?[- ](?:in|out|back|left|right|shot|to)|dolly|dollies|dollied|crab|crane"
    r"|craning|pedestal|boom|jib|push(?:es|ed|ing)?[- ]?in|parallax)",
    re.IGNORECASE,
)
TRAVEL_AXES = {"pan": "truck", "tilt": "pedestal", "zoom": "dolly"}
TRAVEL_SHARE, TRAVEL_REACH = 0.5, 0.8
# (brightness, warmth) at the end of the clip, log gains.
LIGHT_GAINS = {"darken": (-0.8, -0.05), "brighten": (0.4, 0.05), "warm": (0.0, 0.2), "cold": (-0.1, -0.2)}


def travels(words: str) -> bool:
    """Whether the words move the camera itself, and not only what it looks at."""
    return TRAVELS.search(words) is not None


def camera_path(wish: Wish, rng: random.Random, *, travels: bool) -> np.ndarray:
    """[48, 7], the camera's axes; the photo itself (zero) is the moment before the first knot."""
    times = np.arange(1, KNOTS + 1) / KNOTS
    path = np.zeros((KNOTS, CAMERA), dtype=np.float32)
    for move in wish.moves:
        reach = REACH[move.axis] * move.speed * (1 + rng.uniform(-SPREAD, SPREAD))
        eased = _ease(times, rng.uniform(0, 1))
        way = DIRECTION[move.axis] * move.sign * reach * eased
        if travels and move.axis in TRAVEL_AXES:
            path[:, AXES.index(TRAVEL_AXES[move.axis])] += TRAVEL_REACH * way
            way = (1 - TRAVEL_SHARE) * way
        path[:, AXES.index(move.axis)] += way
    return path


def _ease(times: np.ndarray, softness: float) -> np.ndarray:
    """0..1 -> 0..1, between linear (softness 0) and smoothstep (1)."""
    return (1 - softness) * times + softness * times * times * (3 - 2 * times)


def light_path(light: str, rng: random.Random) -> np.ndarray:
    """[48, 2]: brightness and warmth of the whole picture, log gains."""
    times = np.arange(1, KNOTS + 1) / KNOTS
    if light == "flash":
        moments = [rng.uniform(0.1, 0.9) for _ in range(rng.randint(2, 4))]
        brightness = 0.5 * np.sum([np.exp(-(((times - moment) / 0.025) ** 2)) for moment in moments], axis=0)
        return np.stack([brightness, np.zeros(KNOTS)], axis=1).astype(np.float32)
    eased = _ease(times, rng.uniform(0, 1)) * (1 + rng.uniform(-SPREAD, SPREAD))
    return np.outer(eased, LIGHT_GAINS[light]).astype(np.float32)
