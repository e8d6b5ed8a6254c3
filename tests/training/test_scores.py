"""Scores of clips whose truth is known: arrays made here, and no model."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from i2v_cli.events import Noted, Step
from i2v_cli.training import photos, scores
from i2v_cli.training.scores import Bench, Score, flow_energy, table

HEIGHT, WIDTH = 150, 240
STEMS = {"a": "a lake in the evening", "b": "the same"}
HALVES = [
    {"name": "sky", "kind": "sky", "polygon": [[0, 0], [1, 0], [1, 0.5], [0, 0.5]]},
    {"name": "wall", "kind": "building", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]},
]
ABOVE = HEIGHT // 2 - 8  # rows that are surely sky


@pytest.fixture(scope="module")
def wide() -> np.ndarray:
    """[450, 720, 3], three times as wide and high as a clip."""
    path = Path(__file__).parents[2] / "docs" / "assets" / "evening-glow.jpg"
    pixels = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    grain = np.random.default_rng(0).integers(-20, 21, (3 * HEIGHT, 3 * WIDTH, 1))  # to be seen moving
    pixels = cv2.resize(pixels, (3 * WIDTH, 3 * HEIGHT), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(np.clip(pixels + grain, 0, 255).astype(np.uint8), (0, 0), 1)


def window(wide: np.ndarray, right: float = 0, down: float = 0) -> np.ndarray:
    """What a camera sees that has gone so many pixels from the middle."""
    turn = np.array([[1, 0, -WIDTH - right], [0, 1, -HEIGHT - down]], dtype=np.float32)
    return cv2.warpAffine(wide, turn, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)


@pytest.fixture
def bench(tmp_path, monkeypatch, wide):
    """`bench(make)`: two photos, sky above a wall; clips are what `make(prompt, asked)` says."""
    labels = tmp_path / "regions.json"
    labels.write_text(json.dumps(dict.fromkeys(STEMS, HALVES)))
    monkeypatch.setattr(photos, "REGIONS", labels)
    monkeypatch.setattr(scores, "VALIDATION", STEMS)
    (tmp_path / "photos").mkdir()
    for stem in STEMS:  # PNG by its content, so that no pixel changes
        _, data = cv2.imencode(".png", window(wide)[..., ::-1])
        data.tofile(tmp_path / "photos" / f"{stem}.jpg")
    heard: list = []

    def make_bench(make) -> Bench:
        def make_clip(photo, prompt, weights, *, seed, asked=None):
            assert photo.is_file() and seed == 1
            return np.stack(make(prompt, asked or {}))

        monkeypatch.setattr(scores, "make_clip", make_clip)
        return Bench(tmp_path / "photos", tmp_path / "weights.safetensors", heard.append)

    make_bench.heard = heard
    return make_bench


def along(count: int = 25) -> np.ndarray:
    return np.linspace(0, 1, count)


# Exact paths


def followed(wide: np.ndarray, share: float):
    """Clips that go so much of the way that the first two of `PATHS` ask for."""

    def make(_, asked):
        sideways, upwards = {"pan right 12%": (0.12, 0), "tilt up 10%": (0, -0.1)}[asked["camera"]]
        return [window(wide, share * t * sideways * WIDTH, share * t * upwards * HEIGHT) for t in along()]

    return make


def test_a_path_that_is_followed_is_measured_as_exact(bench, wide):
    (score,) = scores.exact_path(bench(followed(wide, 1.0)))
    assert score.reached, score.measured
    assert score.measured.endswith(f"(2 of {len(scores.PATHS)} measured)")


def test_a_path_that_falls_short_is_missed_and_by_how_much_is_told(bench, wide):
    (score,) = scores.exact_path(bench(followed(wide, 0.75)))
    assert not score.reached
    assert "pan 3" in score.measured and "tilt 2.5" in score.measured


def test_frames_that_show_nothing_are_not_taken_for_exact(bench):
    plain = np.full((HEIGHT, WIDTH, 3), 128, dtype=np.uint8)
    making = bench(lambda *_: [plain] * 25)
    (score,) = scores.exact_path(making)
    assert not score.reached
    assert any(isinstance(event, Noted) and "too little" in event.message for event in bench.heard)


# Moves in turn


@pytest.mark.parametrize(("backwards", "measured"), [(False, "2 of 2"), (True, "1 of 2")])
def test_moves_in_turn_count_when_both_halves_are_right(
    bench, wide, tmp_path, monkeypatch, backwards, measured
):
    rows = ("first\tthen\twording", "pan_right\tpan_left\tthere and back", "pan_right\ttilt_up\tround")
    (tmp_path / "turns.tsv").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr(scores, "TURNS", tmp_path / "turns.tsv")
    half = np.linspace(0, 30, 13)
    there = [window(wide, way) for way in half]
    second = {
        "there and back": [window(wide, 30 - way) for way in half[1:]],
        "round": [window(wide, 30, -way) for way in half[1:]],
    }

    def make(words, _):
        frames = there + second[words]
        return frames[::-1] if backwards else frames

    (score,) = scores.turns(bench(make))
    assert score.measured == measured and score.reached is not backwards
    assert sum(isinstance(event, Noted) for event in bench.heard) == int(backwards)  # one reads the same


def test_moves_at_once_are_none_in_turn(bench, wide, tmp_path, monkeypatch):
    (tmp_path / "turns.tsv").write_text("first\tthen\twording\npan_right\ttilt_up\tboth\n")
    monkeypatch.setattr(scores, "TURNS", tmp_path / "turns.tsv")
    (score,) = scores.turns(bench(lambda *_: [window(wide, way, -way) for way in 40 * along()]))
    assert score.measured == "0 of 1"


# Regions


def region_lines(bench, frames) -> tuple[Score, Score]:
    moved, calm = scores.regions(bench(lambda *_: frames))
    return moved, calm


def drifting(wide: np.ndarray, rows: slice, pixels: float) -> list[np.ndarray]:
    """These rows go sideways by so many pixels, and come back no more."""
    frames = []
    for t in along():
        frame = window(wide)
        frame[rows] = window(wide, -pixels * t)[rows]
        frames.append(frame)
    return frames


def test_a_region_that_alone_moves_is_good_and_calm(bench, wide):
    moved, calm = region_lines(bench, drifting(wide, slice(0, ABOVE), 12))
    assert moved.measured == "2 of 2 (100%)" and moved.reached
    assert calm.measured == "2 of 2" and calm.reached


def test_a_picture_that_moves_all_over_is_neither(bench, wide):
    moved, calm = region_lines(bench, drifting(wide, slice(0, HEIGHT), 12))
    assert moved.measured == "0 of 2 (0%)" and not moved.reached
    assert calm.measured == "0 of 2" and not calm.reached
    assert sum(isinstance(event, Noted) for event in bench.heard) == 2


def test_a_region_that_does_not_move_is_not_good_however_calm_the_rest(bench, wide):
    moved, calm = region_lines(bench, drifting(wide, slice(0, ABOVE), 0))
    assert not moved.reached and calm.reached


def test_the_wrong_region_that_moves_is_neither(bench, wide):
    moved, calm = region_lines(bench, drifting(wide, slice(HEIGHT - ABOVE, HEIGHT), 12))
    assert not moved.reached and not calm.reached


def test_the_words_name_the_region_and_nothing_that_cannot_move(bench, wide):
    asked = []
    frames = drifting(wide, slice(0, ABOVE), 12)
    scores.regions(bench(lambda prompt, _: asked.append(prompt) or frames))
    assert asked == [scores.SAYINGS["sky"].format("sky")] * 2


# Pixels


def test_a_clip_that_begins_with_the_photo_and_stays_sharp_is_exact(bench, wide):
    identity, sharpness = scores.pixels(bench(lambda *_: [window(wide), window(wide, 20)]))
    assert (identity.measured, identity.reached) == ("exact", True)
    assert sharpness.reached


def test_a_first_frame_that_is_off_by_one_level_differs(bench, wide):
    off = window(wide)
    off[3, 4] ^= 1
    identity, _ = scores.pixels(bench(lambda *_: [off, window(wide)]))
    assert (identity.measured, identity.reached) == ("differs", False)


def test_a_last_frame_that_is_blurred_has_lost_its_sharpness(bench, wide):
    blurred = cv2.GaussianBlur(window(wide), (0, 0), 1.5)
    _, sharpness = scores.pixels(bench(lambda *_: [window(wide), blurred]))
    assert not sharpness.reached
    assert float(sharpness.measured.split()[0]) < 0.7


# Smoothness


def panned(wide: np.ndarray, places) -> list[np.ndarray]:
    return [window(wide, place) for place in places]


def test_an_even_pan_is_smooth_and_one_that_stutters_is_not(bench, wide):
    even = 40 * along(49)
    (smooth,) = scores.smoothness(bench(lambda *_: panned(wide, even)))
    assert smooth.reached, smooth.measured
    (stutters,) = scores.smoothness(bench(lambda *_: panned(wide, np.repeat(even[::2], 2)[:49])))
    assert not stutters.reached


# All of it


def test_flow_energy_is_the_square_of_the_shift(wide):
    frames = np.stack([window(wide)] + [window(wide, 3)] * 12)
    inner = flow_energy(frames)[20:-20, 20:-20]
    assert np.median(inner) == pytest.approx(9, rel=0.1)
    assert flow_energy(frames[:1].repeat(9, axis=0)).max() < 0.01


def test_every_line_is_asked_for_and_progress_told(bench, monkeypatch):
    names = ("exact_path", "turns", "regions", "pixels", "smoothness")
    for name in names:
        monkeypatch.setattr(scores, name, lambda _, name=name: [Score(name, "1", "1", True)])
    found = scores.scores(bench(None))
    assert [score.name for score in found] == list(names)
    assert [event.done for event in bench.heard if isinstance(event, Step)] == [1, 2, 3, 4, 5]


def test_the_table_says_what_was_reached_and_what_was_missed():
    lines = table([Score("one", "2 of 2", "all", True), Score("other", "1 of 2", "all", False)]).splitlines()
    assert lines[2:] == ["| one | 2 of 2 | all | reached |", "| other | 1 of 2 | all | missed |"]
