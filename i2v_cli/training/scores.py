"""What else the embedded model is held to: exact paths, moves in turn, regions that alone move, sharpness,
smoothness."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from i2v_cli.control.camera import parse
from i2v_cli.events import Noted, Report, Step
from i2v_cli.families.pocket.config import DEFAULTS, KINDS, grid
from i2v_cli.media.camera_check import AXES, TOLERANCE, CameraWatch
from i2v_cli.training.clips import FRAMES, make_clip
from i2v_cli.training.config import VALIDATION
from i2v_cli.training.evaluate import camera_moves
from i2v_cli.training.photos import load_photo, load_photos
from i2v_cli.training.pictures import whole

TURNS = Path(__file__).with_name("turns.tsv")
FPS = DEFAULTS["fps"]
SMALLEST = 0.03  # of the picture: a region that counts
RATIO = 5.0  # of flow energy inside the named region over outside
LEAST = 0.05  # pixels, squared: what can be seen to move
OUTSIDE = 0.02  # share of a cell that the region may have where nothing should move

PATHS = (
    "pan right 12%",
    "tilt up 10%",
    "zoom in 20%",
    "roll clockwise 6 degrees",
    "pan left 8%, zoom in 10% over 60% ease-in-out; hold",
    "zoom out 15%",
)
# What is said of a kind of region; its own name stands in the place of {}.
SAYINGS = {
    "sky": "the clouds drift across the {}, static camera",
    "water": "the water of the {} ripples, static camera",
    "foliage": "the {} sway in the wind, static camera",
    "grass": "the {} sways in the wind, static camera",
    "flower": "the {} sways, static camera",
    "subject": "the {} breathes, static camera",
}


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the table."""

    name: str
    measured: str
    goal: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Bench:
    """What is judged: the folder of photos, the weights, and who is told of progress."""

    photos: Path
    weights: Path
    report: Report

    def clip(self, stem: str, prompt: str, asked: dict[str, Any] | None = None) -> np.ndarray:
        """asked: further fields of the request. -> [F, H, W, 3] uint8."""
        return make_clip(self.photos / f"{stem}.jpg", prompt, self.weights, seed=1, asked=asked)


def scores(bench: Bench) -> list[Score]:
    """Every line, in order; some minutes."""
    lines: list[Callable[[Bench], list[Score]]] = [exact_path, turns, regions, pixels, smoothness]
    found = []
    for done, line in enumerate(lines, start=1):
        found += line(bench)
        bench.report(Step(done, len(lines)))
    return found


def exact_path(bench: Bench) -> list[Score]:
    """`--camera` against what the finished frames show, the largest deviation on the whole way."""
    worst, told = np.zeros(len(AXES)), 0
    for stem, text in zip(VALIDATION, PATHS, strict=False):  # a path a photo, while there are paths
        frames = bench.clip(stem, "", {"camera": text})
        aspect = frames.shape[2] / frames.shape[1]
        times = [index / FPS for index in range(FRAMES)]
        watch = CameraWatch(parse(text).at(times, times[-1], aspect), aspect)
        watch.watch(frames)
        verdict = watch.verdict()
        if verdict is None or verdict.followed is None:
            bench.report(Noted(f"{stem}: {text!r} shows too little to be measured"))
            continue
        worst, told = np.maximum(worst, [verdict.deviation[axis] for axis in AXES]), told + 1
    measured = ", ".join(f"{axis} {value:.2g}" for axis, value in zip(AXES, worst, strict=True))
    goal = "1 % of the frame, 1 % of scale, 0.5 degrees"
    reached = told > 0 and bool((worst <= TOLERANCE).all())
    return [
        Score("exact path, largest deviation", f"{measured} ({told} of {len(PATHS)} measured)", goal, reached)
    ]


def turns(bench: Bench) -> list[Score]:
    """Moves in turn and not at once, by VBench's rule on each half of the frames; unseen in training."""
    rows = [line.split("\t") for line in TURNS.read_text(encoding="utf-8").splitlines()[1:]]
    good = 0
    for stem, (first, then, words) in zip(cycle(VALIDATION), rows, strict=False):  # an endless cycle
        frames = bench.clip(stem, words)
        halves = camera_moves(frames[: FRAMES // 2 + 1]), camera_moves(frames[FRAMES // 2 :])
        in_turn = then not in halves[0] and first not in halves[1]
        is_good = first in halves[0] and then in halves[1] and in_turn
        good += is_good
        if not is_good:
            told = " then ".join(" and ".join(sorted(seen)) or "nothing" for seen in halves)
            bench.report(Noted(f"{stem}: {words!r} gave {told}"))
    return [Score("moves in turn", f"{good} of {len(rows)}", "90 %", good >= 0.9 * len(rows))]


def regions(bench: Bench) -> list[Score]:
    """Flow energy inside the named region over outside, on the finished frames of a static camera."""
    good = asked = calm = 0
    for stem in VALIDATION:
        (photo,) = load_photos(bench.photos, keep=lambda name, stem=stem: name == stem)  # type: ignore[misc]
        seen = whole(photo, grid(photo.pixels.shape[1], photo.pixels.shape[0]))
        for kind, saying in SAYINGS.items():
            share = seen.kinds[KINDS.index(kind)]
            if share.mean() < SMALLEST:
                continue
            name = next(region.name for region in seen.regions if region.kind == kind)
            frames = bench.clip(stem, saying.format(name))
            energy, inside = flow_energy(frames), cv2.resize(share, frames.shape[2:0:-1])
            ratio, within = _ratio(energy, inside)
            is_good = ratio >= RATIO and within >= LEAST
            good, asked = good + is_good, asked + 1
            outside = inside < OUTSIDE
            calm += not outside.any() or bool((frames[:, outside] == frames[0, outside]).mean() > 0.99)
            if not is_good:
                bench.report(Noted(f"{stem}: the {name} ({kind}) moves {within:.2g}, ratio {ratio:.1f}"))
    return [
        Score(
            "region motion, at least 5 : 1",
            f"{good} of {asked} ({good / asked:.0%})",
            "90 %",
            good >= 0.9 * asked,
        ),
        Score(
            "rest of the picture: 99 % of its pixels unchanged", f"{calm} of {asked}", "all", calm == asked
        ),
    ]


def pixels(bench: Bench) -> list[Score]:
    """Identity of the first frame and sharpness of the last, over moves of a tenth."""
    kept, identical = [], True
    for stem in VALIDATION:
        photo = load_photo(bench.photos / f"{stem}.jpg")
        for text in ("pan right 10%", "tilt up 10%"):
            frames = bench.clip(stem, "", {"camera": text, "frames": 9})
            fitted = cv2.resize(photo, frames.shape[2:0:-1], interpolation=cv2.INTER_AREA)
            identical &= bool((frames[0] == fitted).all())
            kept.append(_sharpness(frames[-1]) / _sharpness(frames[0]))
    return [
        Score("identity of the first frame", "exact" if identical else "differs", "exact", identical),
        Score(
            "sharpness kept, median (lowest)",
            f"{np.median(kept):.2f} ({min(kept):.2f})",
            "0.9",
            bool(np.median(kept) >= 0.9),
        ),
    ]


def smoothness(bench: Bench) -> list[Score]:
    """How much the measured speed changes from frame to frame, against the mean speed."""
    jitter = []
    for stem in list(VALIDATION)[:8]:
        frames = bench.clip(stem, "camera pans right", {"frames": 49})
        aspect = frames.shape[2] / frames.shape[1]
        watch = CameraWatch(np.zeros((len(frames), 7)), aspect)
        watch.watch(frames)
        speed = np.diff(watch.path()[:, 0])
        jitter.append(np.abs(np.diff(speed)).max() / max(abs(speed.mean()), 1e-6))
    measured = f"{np.median(jitter):.2f} of the mean speed (largest {max(jitter):.2f})"
    is_smooth = bool(max(jitter) <= 0.5)
    return [Score("smoothness, largest change of speed a frame", measured, "0.5", is_smooth)]


def flow_energy(frames: np.ndarray) -> np.ndarray:
    """Mean squared shift of every pixel against the first frame, [H, W], in pixels squared (DIS flow)."""
    first = cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY)
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    total = np.zeros(first.shape, dtype=np.float64)
    for frame in frames[4::4]:
        flow = finder.calc(first, cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), None)
        total += (flow.astype(np.float64) ** 2).sum(axis=2)
    return total / len(frames[4::4])


def _ratio(energy: np.ndarray, inside: np.ndarray) -> tuple[float, float]:
    """Mean energy inside over outside, and inside."""
    within = float((energy * inside).sum() / max(inside.sum(), 1e-9))
    outside = float((energy * (1 - inside)).sum() / max((1 - inside).sum(), 1e-9))
    return within / max(outside, 1e-9), within


def _sharpness(frame: np.ndarray) -> float:
    return float(np.abs(cv2.Laplacian(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.CV_64F)).mean())


def table(found: list[Score]) -> str:
    """Markdown."""
    lines = ["| metric | measured | goal | |", "|---|---|---|---|"]
    for one in found:
        lines.append(
            f"| {one.name} | {one.measured} | {one.goal} | {'reached' if one.reached else 'missed'} |"
        )
    return "\n".join(lines)
