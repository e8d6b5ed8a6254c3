"""The rule that judges clips, on clips whose camera is known: the signs of words, paths and pixels agree."""

import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from einops import rearrange

from i2v_cli.errors import UsageError
from i2v_cli.events import Noted, Step
from i2v_cli.families.pocket import timeline, warp
from i2v_cli.families.pocket.config import AXES, CAMERA, KNOTS
from i2v_cli.families.pocket.vae import Motion
from i2v_cli.training import evaluate
from i2v_cli.training.captions import Move, Wish
from i2v_cli.training.config import VALIDATION
from i2v_cli.training.evaluate import (
    WORDING,
    Followed,
    Task,
    camera_moves,
    table,
    vbench_tasks,
    wording_tasks,
)
from i2v_cli.training.motion import camera_path

CLASSES = {
    "pan_left": Move("pan", -1, 1.0),
    "pan_right": Move("pan", 1, 1.0),
    "tilt_up": Move("tilt", 1, 1.0),
    "tilt_down": Move("tilt", -1, 1.0),
    "zoom_in": Move("zoom", 1, 1.0),
    "zoom_out": Move("zoom", -1, 1.0),
}


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    path = Path(__file__).parents[2] / "docs" / "assets" / "evening-glow.jpg"
    pixels = cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    pixels = cv2.resize(pixels, (320, 200), interpolation=cv2.INTER_AREA)
    return rearrange(torch.from_numpy(pixels), "h w c -> c h w").contiguous()


def clip(picture: torch.Tensor, *moves: Move, frames: int = 13) -> np.ndarray:
    """[F, H, W, 3]: the photo under these moves, nothing in it stirs."""
    knots = torch.zeros(KNOTS, len(AXES))
    knots[:, :CAMERA] = torch.from_numpy(camera_path(Wish(moves), random.Random(0), travels=False))
    moments = timeline.moments(frames, loop=False)
    still = Motion(
        path=knots[None],
        residual=torch.zeros(1, KNOTS, 3, 8, 12),
        movable=torch.zeros(1, 3, 8, 12),
        depth=torch.zeros(1, 1, 8, 12),
        subjects=torch.zeros(1, 8, 12),
    )
    path = timeline.along(knots, moments, loop=False)
    scene = [timeline.shown(moment, 3.0, loop=False) for moment in moments]
    made = torch.cat(list(warp.frames(picture, still, path, scene)))
    return rearrange(made, "f c h w -> f h w c").contiguous().numpy()


@pytest.mark.parametrize("asked", CLASSES)
def test_a_move_is_seen_as_what_its_name_says(picture, asked):
    assert camera_moves(clip(picture, CLASSES[asked])) == {asked}


def test_a_camera_that_rests_is_static(picture):
    assert camera_moves(clip(picture)) == {"static"}


def test_a_camera_that_also_tilts_is_not_purely_panning(picture):
    seen = camera_moves(clip(picture, CLASSES["pan_left"], CLASSES["tilt_up"]))
    assert seen == {"pan_left", "tilt_up"}


def test_moves_below_the_threshold_count_as_static(picture):
    assert camera_moves(clip(picture, Move("pan", 1, 0.01))) == {"static"}


def test_benchmark_asks_every_class_of_every_validation_photo():
    tasks = vbench_tasks()
    assert len(tasks) == len(VALIDATION) * 7 == 140
    assert {task.asked for task in tasks} == set(WORDING)


def test_hand_written_wordings_cover_every_class():
    tasks = wording_tasks()
    assert len(tasks) == 84
    assert {task.asked for task in tasks} == set(WORDING)


def test_table_counts_followed_and_pure_clips():
    results = [
        Followed("1", "pan_left", frozenset({"pan_left"})),
        Followed("2", "pan_left", frozenset({"pan_left", "zoom_in"})),
        Followed("3", "static", frozenset({"zoom_in"})),
    ]
    assert "| pan_left | 2 | 2 (100%) | 1 (50%) |" in table(results)
    assert "| all | 3 | 2 (67%) | 1 (33%) |" in table(results)


def test_clips_are_judged_task_by_task_and_what_went_wrong_is_told(picture, tmp_path, monkeypatch):
    for stem in ("one", "two"):
        (tmp_path / f"{stem}.jpg").touch()
    made = {"go right": clip(picture, CLASSES["pan_right"]), "stay": clip(picture)}
    seeds, heard = [], []

    def make_clip(photo, prompt, weights, *, seed):
        seeds.append(seed)
        return made[prompt]

    monkeypatch.setattr(evaluate, "make_clip", make_clip)
    tasks = [Task("one", "go right", "pan_right"), Task("two", "stay", "zoom_in")]
    results = evaluate.evaluate(tmp_path, tmp_path / "weights", tasks, heard.append)
    assert [(result.right, result.pure) for result in results] == [(True, True), (False, False)]
    assert seeds == [1, 2]
    assert [event.done for event in heard if isinstance(event, Step)] == [1, 2]
    (note,) = [event.message for event in heard if isinstance(event, Noted)]
    assert note == "two: 'stay' gave static"


def test_a_folder_without_the_validation_photos_is_refused_before_any_work(tmp_path):
    with pytest.raises(UsageError, match=r"011\.jpg"):
        evaluate.evaluate(tmp_path, tmp_path / "weights", vbench_tasks(), lambda _: None)
