"""The rule that judges clips, on clips whose camera is known: the signs of words, paths and pixels agree."""

import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from einops import rearrange

from i2v_cli.families.pocket import warp
from i2v_cli.families.pocket.config import KNOTS
from i2v_cli.families.pocket.vae import Motion
from i2v_cli.training.captions import Move, Wish
from i2v_cli.training.config import VALIDATION
from i2v_cli.training.evaluate import WORDING, Followed, camera_moves, table, vbench_tasks, wording_tasks
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


def clip(picture: torch.Tensor, *moves: Move, num_frames: int = 13) -> np.ndarray:
    path = torch.from_numpy(camera_path(Wish(moves), random.Random(0)))[None]
    still = Motion(path, torch.zeros(1, KNOTS, 2, 8, 12), torch.zeros(1, 1, 8, 12))
    frames = torch.cat(list(warp.frames(picture, still, num_frames)))
    return rearrange(frames, "f c h w -> f h w c").contiguous().numpy()


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
