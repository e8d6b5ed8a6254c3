"""What the text encoder is given to read."""

import json

import pytest

from i2v_cli.families.opensora.words import cleaned, told
from tests.families.opensora.conftest import GOLDENS

RECORDED = json.loads((GOLDENS / "words.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("prompt", "aesthetic", "motion_score", "expected"), RECORDED)
def test_scores_and_cleaning_are_those_of_the_reference(prompt, aesthetic, motion_score, expected):
    said = prompt
    for name, score in (("aesthetic", aesthetic), ("motion", motion_score)):
        if score is not None and f"{name} score:" not in prompt:
            said += f" {name} score: {score:.1f}."
    assert cleaned(cleaned(said)) == expected
    if "camera motion" not in told(prompt, aesthetic=aesthetic, motion_score=motion_score):
        assert told(prompt, aesthetic=aesthetic, motion_score=motion_score) == expected


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("The camera slowly pans right.", "pan right"),
        ("we pan slowly to the left", "pan left"),
        ("camera tilting up", "tilt up"),
        ("Zooms in on the lake, then pans left", "zoom in"),
        ("a static camera", "static"),
    ],
)
def test_a_movement_of_the_camera_is_said_again_as_in_the_captions(prompt, said):
    assert told(prompt, aesthetic=6.5, motion_score=None).endswith(
        f"aesthetic score: 6.5. camera motion: {said}."
    )


@pytest.mark.parametrize("prompt", ["a frying pan on the right", "a lake", "the panorama right of us", ""])
def test_other_words_move_no_camera(prompt):
    assert "camera motion" not in told(prompt, aesthetic=None, motion_score=None)


def test_what_the_prompt_says_itself_is_left_alone():
    prompt = "pan left. aesthetic score: 4.0. motion score: 2.0. camera motion: zoom out."
    assert told(prompt, aesthetic=6.5, motion_score=9.0) == prompt
