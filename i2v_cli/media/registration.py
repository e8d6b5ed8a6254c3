"""How one picture lies on another: turned, scaled and shifted as a whole, found from pixels alone.

Gauss-Newton from coarse to fine (Lucas and Kanade 1981; inverse compositional: Baker and Matthews 2004), with
gain and bias against changing light and weights that fall off with the residual (Geman and McClure 1985), so
that what moves by itself does not carry the rest along.

Places are complex numbers, x + iy: half-heights of the picture from its centre, y down. A similarity is then
q -> a q + b, and all there is to say about it is arithmetic.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

LONGEST = 160  # pixels of the finest level's longer side
SHORTEST = 12  # pixels of the coarsest level's shorter side, at least
# From coarse to fine, the last for all that are left.
ITERATIONS = (12, 8, 6, 4)
FURTHEST = 1.0  # half-heights: an update that moves a place further is lost
SETTLED = 0.01  # pixels: an update that moves nothing further is the last one
TOLERANCE = 2.5  # standard deviations of the residual at which a pixel counts a quarter
MIDDLE = 128.0
NOISE = 0.7  # levels: bytes are no finer
TELLING = 3.0  # levels by which one fit must be better than another at a point
FEWEST = 24  # points that must lie on both pictures


@dataclass(frozen=True, slots=True)
class Similarity:
    """q -> a q + b. a: scale times exp(i angle), an angle above 0 turns clockwise. b: the shift."""

    a: complex = 1 + 0j
    b: complex = 0j

    def after(self, first: "Similarity") -> "Similarity":
        return Similarity(self.a * first.a, self.a * first.b + self.b)

    def inverse(self) -> "Similarity":
        return Similarity(1 / self.a, -self.b / self.a)


@dataclass(frozen=True, slots=True)
class Level:
    """grey: [h, w], fp32, -128..127. pitch: half-heights a pixel. origin: the centre of pixel (0, 0)."""

    grey: np.ndarray
    pitch: float
    origin: complex


@dataclass(frozen=True, slots=True)
class Points:
    """What of a level is looked for: places [N] complex, grey values [N], and how they change [N, 6]:
    with the real and imaginary part of a, with those of b, with gain and with bias."""

    places: np.ndarray
    grey: np.ndarray
    change: np.ndarray


@dataclass(frozen=True, slots=True)
class Fit:
    """similarity: from the first picture to the second. light: the second's grey is light[0] * the first's +
    light[1]. overlap: how much of the first is on the second.

    agreement: correlation of the two where they overlap, 1 at best. sigma: standard deviations of log scale,
    of the angle in radians, and of the shift in half-heights. The defaults are those of a fit that is none.
    """

    similarity: Similarity
    light: tuple[float, float] = (1.0, 0.0)
    overlap: float = 0.0
    agreement: float = 0.0
    sigma: tuple[float, float, float] = (math.inf,) * 3


def pyramid(frame: np.ndarray) -> list[Level]:
    """[H, W, 3] uint8 -> levels, the finest first."""
    height, width = frame.shape[:2]
    step = max(1, min(-(-max(height, width) // LONGEST), min(height, width) // SHORTEST))
    rows, columns = height // step, width // step
    image = Image.fromarray(frame).reduce(step, (0, 0, columns * step, rows * step)).convert("L")
    grey = _smoothed(np.asarray(image, dtype=np.float32) - MIDDLE)
    levels = []
    while True:
        pitch = 2 * step / height
        origin = complex(pitch / 2 - width / height, pitch / 2 - 1)
        levels.append(Level(grey, pitch, origin))
        rows, columns = grey.shape[0] // 2, grey.shape[1] // 2
        if min(rows, columns) < SHORTEST:
            return levels
        pairs = grey[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
        grey, step = _smoothed(pairs.mean(axis=(1, 3))), 2 * step


def _smoothed(grey: np.ndarray) -> np.ndarray:
    """By (1, 2, 1) / 4 both ways: what is finer than that only flickers while it moves."""
    padded = np.pad(grey, 1, mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return ((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16).astype(np.float32)


def points(levels: list[Level]) -> list[Points]:
    """What `register` looks for, made once for a picture; the finest first."""
    return [_points(level) for level in levels]


def _points(level: Level) -> Points:
    grey = level.grey
    slope_x = ((grey[1:-1, 2:] - grey[1:-1, :-2]) / (2 * level.pitch)).ravel()
    slope_y = ((grey[2:, 1:-1] - grey[:-2, 1:-1]) / (2 * level.pitch)).ravel()
    rows, columns = np.mgrid[1 : grey.shape[0] - 1, 1 : grey.shape[1] - 1]
    x = (level.origin.real + columns * level.pitch).ravel().astype(np.float32)
    y = (level.origin.imag + rows * level.pitch).ravel().astype(np.float32)
    inner = grey[1:-1, 1:-1].ravel()
    ones = np.ones_like(inner)
    turned = (slope_x * x + slope_y * y, slope_y * x - slope_x * y)
    change = np.stack([*turned, slope_x, slope_y, inner, ones], axis=1)
    strength = slope_x**2 + slope_y**2
    telling = strength >= np.median(strength)  # the flatter half of a picture lies well on anything
    return Points((x + 1j * y)[telling], inner[telling], change[telling])


def register(wanted: list[Points], frame: list[Level], start: Similarity) -> Fit:
    """Where the picture of `wanted` lies on `frame`, of the same size, from a first guess.

    Never fails: a fit that is none agrees badly, or is sure of nothing.
    """
    guess = Guess(start)
    for count, (looked_for, level) in enumerate(zip(reversed(wanted), reversed(frame), strict=True)):
        guess, fit = _refined(looked_for, level, guess, ITERATIONS[min(count, len(ITERATIONS) - 1)])
    return fit


def settle(wanted: list[Points], frame: list[Level], start: Similarity, crowd: float) -> Fit:
    """As `register`, from a start that is nearly right for at least `crowd` (0..1) of what is looked for."""
    return _refined(wanted[0], frame[0], Guess(start), ITERATIONS[0], crowd)[1]


def support(wanted: list[Points], frame: list[Level], one: Fit, other: Fit) -> float:
    """Of the points that lie better by one of two fits than by the other: the share that `one` has, 0..1."""
    level, looked_for = frame[0], wanted[0]
    residuals = []
    for fit in (one, other):
        seen, inside = _sample(level, fit.similarity.a * looked_for.places + fit.similarity.b)
        residual = np.full(len(looked_for.grey), np.nan, np.float32)
        residual[inside] = np.abs(seen - (fit.light[0] * looked_for.grey[inside] + fit.light[1]))
        residuals.append(residual)
    better = residuals[0] - residuals[1]
    ones, others = int((better < -TELLING).sum()), int((better > TELLING).sum())
    return ones / max(ones + others, 1)


@dataclass(frozen=True, slots=True)
class Guess:
    """The second picture's grey is gain * the first's + bias, where the similarity leads."""

    similarity: Similarity
    gain: float = 1.0
    bias: float = 0.0


def _refined(
    wanted: Points, level: Level, guess: Guess, rounds: int, crowd: float = 1.0
) -> tuple[Guess, Fit]:
    reach = float(np.abs(wanted.places).max())
    for _ in range(rounds):
        seen, inside = _sample(level, guess.similarity.a * wanted.places + guess.similarity.b)
        if len(inside) < FEWEST:
            return guess, Fit(guess.similarity)
        grey, change = wanted.grey[inside], wanted.change[inside]
        residual = seen - (guess.gain * grey + guess.bias)
        sigma = max(1.4826 * float(np.quantile(np.abs(residual), crowd / 2)), NOISE)
        weights = 1 / (1 + (residual / (TOLERANCE * sigma)) ** 2) ** 2
        weighted = change * weights[:, None]
        normal = (weighted.T @ change).astype(np.float64) + np.eye(6)  # solvable where nothing is to be seen
        step = np.linalg.solve(normal, weighted.T @ residual)
        gain = max(guess.gain, 0.1)
        # The first picture, moved by `moved`, would be seen where it is looked for: look that much less far.
        moved = Similarity(1 + complex(step[0], step[1]) / gain, complex(step[2], step[3]) / gain)
        if not abs(moved.a - 1) * reach + abs(moved.b) < FURTHEST:
            return guess, Fit(guess.similarity)
        similarity = guess.similarity.after(moved.inverse())
        guess = Guess(similarity, guess.gain + step[4], guess.bias + step[5])
        if abs(moved.a - 1) * reach + abs(moved.b) < SETTLED * level.pitch:
            break
    spread = sigma / gain * np.sqrt(np.diag(np.linalg.inv(normal)))
    fit = Fit(
        guess.similarity,
        light=(guess.gain, guess.bias),
        overlap=len(inside) / len(wanted.grey),
        agreement=_correlation(seen, grey, weights),
        sigma=(float(spread[0]), float(spread[1]), float(np.hypot(spread[2], spread[3]))),
    )
    return guess, fit


def _sample(level: Level, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bilinear. places: [N] complex -> (values [n], the indices [n] of the places that lie on it)."""
    height, width = level.grey.shape
    x = (places.real - level.origin.real) / level.pitch
    y = (places.imag - level.origin.imag) / level.pitch
    inside = np.flatnonzero((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))
    x, y = x[inside], y[inside]
    left, top = np.minimum(x.astype(np.int32), width - 2), np.minimum(y.astype(np.int32), height - 2)
    x, y = x - left, y - top
    flat, corner = level.grey.ravel(), top * width + left
    above = flat[corner] * (1 - x) + flat[corner + 1] * x
    below = flat[corner + width] * (1 - x) + flat[corner + width + 1] * x
    return above * (1 - y) + below * y, inside


def _correlation(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    one, other = one - (weights * one).sum() / total, other - (weights * other).sum() / total
    power = (weights * one * one).sum() * (weights * other * other).sum()
    return float((weights * one * other).sum() / math.sqrt(power)) if power > 0 else 0.0
