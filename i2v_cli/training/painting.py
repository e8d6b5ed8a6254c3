"""Flames and smoke, which the photos hardly show: painted into them, plainly but in the right colours."""

import math
import random

import cv2
import numpy as np

from i2v_cli.training.captions import Region

CORE, EDGE = np.array([255, 246, 190]), np.array([255, 130, 25])
FIRES = ("flame", "fire", "flames", "burning fire")
CANDLES = ("candle flame", "candle", "flame", "candle light")
SMOKES = ("smoke", "steam", "white smoke", "rising smoke")
FOGS = ("fog", "mist", "morning fog", "haze")


def paint_fire(picture: np.ndarray, rng: random.Random) -> tuple[Region, np.ndarray]:
    """Darkens `picture` [H, W, 3] uint8 and lights a candle or a fire in it, in place. -> alpha [H, W]."""
    rows, columns = picture.shape[:2]
    is_candle = rng.random() < 0.5
    picture[:] = (picture * rng.uniform(0.2, 0.8)).astype(np.uint8)
    tall = rows * (rng.uniform(0.12, 0.3) if is_candle else rng.uniform(0.2, 0.5))
    x, foot = columns * rng.uniform(0.15, 0.85), rows * rng.uniform(0.45, 0.9)
    alpha = np.zeros((rows, columns), dtype=np.float32)
    if is_candle:
        wide = int(tall * rng.uniform(0.25, 0.6))
        wax = tuple(int(rng.uniform(0.6, 1) * level) for level in rng.choice(WAXES))
        cv2.rectangle(picture, (int(x) - wide, int(foot)), (int(x) + wide, rows), wax, -1)
        _flame(alpha, x, foot, tall, rng)
    else:
        for _ in range(rng.randint(4, 9)):
            away = rng.uniform(-0.6, 0.6)
            _flame(alpha, x + away * tall, foot, tall * (1 - 0.8 * abs(away)) * rng.uniform(0.6, 1), rng)
    heat = cv2.GaussianBlur(alpha, (0, 0), tall / 12)[..., None]
    colour = EDGE + (CORE - EDGE) * np.clip(heat * 1.6 - 0.4, 0, 1)
    glow = cv2.GaussianBlur(alpha, (0, 0), tall / 1.5)[..., None] * np.array([255, 150, 60]) * 0.6
    lit = (picture + glow) * (1 - alpha[..., None]) + colour * alpha[..., None]
    picture[:] = np.clip(lit, 0, 255).astype(np.uint8)
    return Region(rng.choice(CANDLES if is_candle else FIRES), "fire"), alpha


WAXES = ((250, 245, 225), (235, 220, 180), (190, 30, 30), (120, 140, 190))


def _flame(alpha: np.ndarray, x: float, foot: float, tall: float, rng: random.Random) -> None:
    """A drop that is round below and drawn out above, leaning a little."""
    t = np.linspace(0, 1, 24)
    half = tall * rng.uniform(0.16, 0.26) * np.sin(math.pi * t**0.6)
    lean = tall * rng.uniform(-0.15, 0.15) * t**2
    right = np.stack([x + lean + half, foot - t * tall], axis=1)
    left = np.stack([x + lean - half, foot - t * tall], axis=1)
    drop = np.zeros_like(alpha)
    cv2.fillPoly(drop, [np.concatenate([right, left[::-1]]).astype(np.int32)], 1.0)
    np.maximum(alpha, cv2.GaussianBlur(drop, (0, 0), max(tall / 40, 0.5)), out=alpha)


def paint_smoke(picture: np.ndarray, rng: random.Random) -> tuple[Region, np.ndarray]:
    """A rising plume or a bank of fog over `picture` [H, W, 3] uint8, in place. -> alpha [H, W]."""
    rows, columns = picture.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    is_plume = rng.random() < 0.6
    if is_plume:
        foot, centre = rows * rng.uniform(0.5, 0.95), columns * rng.uniform(0.2, 0.8)
        up = np.clip((foot - y) / foot, 0, 1)
        width = columns * (0.03 + rng.uniform(0.1, 0.3) * up)
        drift = centre + columns * rng.uniform(-0.25, 0.25) * up
        shape = np.exp(-(((x - drift) / width) ** 2)) * (y < foot) * (1 - 0.6 * up)
    else:
        middle, thick = rows * rng.uniform(0.4, 0.9), rows * rng.uniform(0.1, 0.3)
        shape = np.exp(-(((y - middle) / thick) ** 2))
    alpha = np.clip(shape * (0.35 + _noise(rows, columns, rng)), 0, 0.95).astype(np.float32)
    shade = np.array([rng.uniform(120, 245)] * 3)
    picture[:] = (picture * (1 - alpha[..., None]) + shade * alpha[..., None]).astype(np.uint8)
    return Region(rng.choice(SMOKES if is_plume else FOGS), "smoke"), np.clip(alpha * 1.5, 0, 1)


def _noise(rows: int, columns: int, rng: random.Random) -> np.ndarray:
    """Soft clouds, [H, W] about 0..1: octaves of random values (Perlin 1985, by value)."""
    generator = np.random.default_rng(rng.getrandbits(32))
    total = np.zeros((rows, columns), dtype=np.float32)
    for octave in range(4):
        cells = generator.random((4 << octave, 4 << octave)).astype(np.float32)
        total += cv2.resize(cells, (columns, rows), interpolation=cv2.INTER_CUBIC) / 2**octave
    return total / 1.875
