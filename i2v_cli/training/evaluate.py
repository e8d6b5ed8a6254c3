"""Does the finished video follow the camera words? VBench-I2V's rule, on photos that training never saw.

Huang et al. 2024 (VBench++): points at the middle of the four edges are tracked from the first to the last
frame; a shift above 0.5 % of the short side counts, and opposite edges together name the move. Their tracker
is CoTracker; here it is pyramidal Lucas-Kanade (Bouguet 2000) chained through every frame.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

from i2v_cli.errors import UsageError
from i2v_cli.events import Noted, Report, Step
from i2v_cli.training.clips import make_clip
from i2v_cli.training.config import VALIDATION

WORDINGS = Path(__file__).with_name("wordings.tsv")
THRESHOLD = 0.005  # of the short side
GRID = 12  # tracked points a side; the two in the middle of each edge vote
FIRST_INSET, LAST_INSET = 0.08, 0.92
EDGE = 6  # pixels at the border where a patch is not whole
AGREED = 0.5  # pixels between a point and itself tracked there and back
FEWEST = 6

# VBench's own wording, appended to a description of the picture.
WORDING = {
    "pan_left": "camera pans left",
    "pan_right": "camera pans right",
    "tilt_up": "camera tilts up",
    "tilt_down": "camera tilts down",
    "zoom_in": "camera zooms in",
    "zoom_out": "camera zooms out",
    "static": "camera static",
}

# (what the first edge's points do, what the opposite edge's do) -> the camera's move
TOP_AND_BOTTOM = {
    ("left", "left"): "pan_right",
    ("right", "right"): "pan_left",
    ("down", "down"): "tilt_up",
    ("up", "up"): "tilt_down",
    ("up", "down"): "zoom_in",
    ("down", "up"): "zoom_out",
    ("static", "static"): "static",
}
LEFT_AND_RIGHT = TOP_AND_BOTTOM | {("left", "right"): "zoom_in", ("right", "left"): "zoom_out"}
del LEFT_AND_RIGHT["up", "down"], LEFT_AND_RIGHT["down", "up"]


@dataclass(frozen=True, slots=True)
class Followed:
    """One clip: what was asked, and every move that VBench's rule sees in it."""

    photo: str
    asked: str
    seen: frozenset[str]

    @property
    def right(self) -> bool:
        return self.asked in self.seen

    @property
    def pure(self) -> bool:
        """Nothing but the asked move."""
        return self.seen == {self.asked}


@dataclass(frozen=True, slots=True)
class Task:
    """A photo by its stem, a sentence, and the class of `WORDING` that it asks for."""

    photo: str
    prompt: str
    asked: str


def vbench_tasks() -> list[Task]:
    """Every validation photo with every class, in the benchmark's wording."""
    return [
        Task(photo, f"{scene}, {words}", asked)
        for photo, scene in VALIDATION.items()
        for asked, words in WORDING.items()
    ]


def wording_tasks() -> list[Task]:
    """The wordings of `wordings.tsv`, written by hand and never trained on, each with a validation photo."""
    lines = WORDINGS.read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split("\t") for line in lines]
    return [
        Task(photo, words, asked) for photo, (asked, words) in zip(cycle(VALIDATION), pairs, strict=False)
    ]


def evaluate(photos: Path, weights: Path, tasks: Sequence[Task], report: Report) -> list[Followed]:
    """Makes a clip a task with `generate`'s own networks and decoder, and asks the rule what it sees."""
    check_photos(photos, (task.photo for task in tasks))
    results = []
    for done, task in enumerate(tasks, start=1):
        seen = camera_moves(make_clip(photos / f"{task.photo}.jpg", task.prompt, weights, seed=done))
        results.append(Followed(task.photo, task.asked, seen))
        if not results[-1].right:
            report(
                Noted(
                    f"{task.photo}: {task.prompt!r} gave {' and '.join(sorted(seen)) or 'none of the moves'}"
                )
            )
        report(Step(done, len(tasks)))
    return results


def check_photos(photos: Path, stems: Iterable[str]) -> None:
    """UsageError when one of them is not in the folder."""
    missing = sorted({stem for stem in stems if not (photos / f"{stem}.jpg").is_file()})
    if missing:
        raise UsageError(
            f"{photos} lacks the validation photo {missing[0]}.jpg", hint="give the folder of all photos"
        )


def camera_moves(frames: np.ndarray) -> frozenset[str]:
    """frames: [F, H, W, 3] uint8 -> the classes that VBench's rule gives the clip."""
    start, end = _tracks(frames)
    short = min(frames.shape[1:3])
    shifts = end - start
    middle = slice(GRID // 2 - 1, GRID // 2 + 1)
    edges = (shifts[0, middle], shifts[-1, middle], shifts[middle, 0], shifts[middle, -1])
    top, bottom, left, right = (_directions(edge.mean(axis=0), short * THRESHOLD) for edge in edges)
    moves = {TOP_AND_BOTTOM[pair] for pair in _pairs(top, bottom) if pair in TOP_AND_BOTTOM}
    moves |= {LEFT_AND_RIGHT[pair] for pair in _pairs(left, right) if pair in LEFT_AND_RIGHT}
    if len(moves) > 1:
        moves.discard("static")
    return frozenset(moves)


def table(results: Sequence[Followed]) -> str:
    """Markdown: a row a class and the total."""
    lines = ["| asked | clips | followed | nothing but that |", "|---|---|---|---|"]
    for asked in [*WORDING, "all"]:
        chosen = [result for result in results if asked in ("all", result.asked)]
        if chosen:
            right, pure = sum(one.right for one in chosen), sum(one.pure for one in chosen)
            share = f"{right} ({right / len(chosen):.0%})"
            lines.append(f"| {asked} | {len(chosen)} | {share} | {pure} ({pure / len(chosen):.0%}) |")
    return "\n".join(lines)


def _pairs(first: list[str], second: list[str]) -> list[tuple[str, str]]:
    return [(one, other) for one in first for other in second]


def _directions(shift: np.ndarray, threshold: float) -> list[str]:
    x, y = shift
    found = []
    if abs(x) > threshold:
        found.append("right" if x > 0 else "left")
    if abs(y) > threshold:
        found.append("down" if y > 0 else "up")
    return found or ["static"]


def _tracks(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Grid points in the first frame and where they are in the last, [G, G, 2] each (x, y)."""
    height, width = frames.shape[1:3]
    x, y = (np.linspace(FIRST_INSET, LAST_INSET, GRID) * side for side in (width, height))
    start = np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)
    points = start.reshape(-1, 1, 2)
    before = cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY)
    for frame in frames[1:]:
        after = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        points = _followed(before, after, points)
        before = after
    return start, points.reshape(GRID, GRID, 2)


def _followed(before: np.ndarray, after: np.ndarray, points: np.ndarray) -> np.ndarray:
    """[N, 1, 2] -> [N, 1, 2]. What left the picture, or has nothing to hold on to, goes with the others."""
    inside = ((points >= EDGE) & (points < np.array(before.shape[::-1]) - EDGE)).all(axis=(1, 2))
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(31, 31), maxLevel=3)
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(after, before, moved, None, winSize=(31, 31), maxLevel=3)
    agreed = np.abs(back - points).max(axis=(1, 2)) < AGREED
    held = inside & agreed & (found.ravel() == 1) & (found_back.ravel() == 1)
    if held.sum() < FEWEST:
        return moved
    rigid, _ = cv2.estimateAffinePartial2D(points[held], moved[held])
    lost = ~held
    if rigid is not None and lost.any():
        moved[lost] = cv2.transform(points[lost], rigid)
    return moved
