"""Prompts whose moves come one after the other, and those that only sound so."""

import pytest
import torch

from i2v_cli.events import Noted
from i2v_cli.families.pocket import turns
from i2v_cli.families.pocket.config import AXES, KNOTS
from i2v_cli.training.scores import TURNS

PAN, ZOOM = AXES.index("pan"), AXES.index("zoom")


def moved(axis: int, end: float) -> torch.Tensor:
    """[48, 9], one axis at an even pace."""
    path = torch.zeros(KNOTS, len(AXES))
    path[:, axis] = end * torch.arange(1, KNOTS + 1) / KNOTS
    return path


def heard(prompt: str) -> torch.Tensor:
    """What a network might make of words: pan and zoom, or nothing."""
    path = torch.zeros(KNOTS, len(AXES))
    for word, axis, end in (("right", PAN, 0.4), ("left", PAN, -0.4), ("zoom in", ZOOM, 0.3)):
        if word in prompt:
            path += moved(axis, end)
    return path


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("pan right, then zoom in", ["pan right", "zoom in"]),
        ("Pan right. Then, zoom in.", ["Pan right", "zoom in"]),
        ("pan right and afterwards zoom in", ["pan right", "zoom in"]),
        ("pan right before zooming in", ["pan right", "zooming in"]),
        ("pan right -> zoom in -> tilt up", ["pan right", "zoom in", "tilt up"]),
        ("1. pan right\n2. zoom in", ["1. pan right", "zoom in"]),
        ("0-2s pan right, 2-4s zoom in", ["pan right", "zoom in"]),
        ("a pan to the right followed by a zoom", ["a pan to the right", "a zoom"]),
        # Told in another order than they happen.
        ("before zooming in, pan right", ["pan right", "zooming in"]),
        ("zoom in, but only after panning right", ["panning right", "zoom in"]),
        ("Dusk. Once the pan is over, zoom in", ["Dusk. the pan is over", "zoom in"]),
        # A direction alone is meant for the verb before it.
        ("pan right, then left", ["pan right", "pan left"]),
        ("Pan right over the town. After a moment it zooms in", ["Pan right over the town", "it zooms in"]),
        ("tilt up, then back down to the kids", ["tilt up", "tilt back down to the kids"]),
        ("tilting up and then back down again", ["tilting up", "tilting back down again"]),
    ],
)
def test_parts_are_in_the_order_of_time(prompt, parts):
    assert turns.parts(prompt) == parts


@pytest.mark.parametrize(
    "prompt",
    [
        "pan right while zooming in",
        "back then, horse carts, pan right",
        "pan left across the houses next to the church",
        "the athenian square, pan right, all at once",
        "a 2.5x zoom in at 16:9, version 2",
        "",
    ],
)
def test_what_names_no_order_is_one_part(prompt):
    assert turns.parts(prompt) == [prompt]


def test_every_wording_that_is_scored_has_parts():
    wordings = [line.split("\t")[2] for line in TURNS.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(wordings) == 60
    assert [wording for wording in wordings if len(turns.parts(wording)) == 1] == []


def test_moves_share_the_clip_and_are_told():
    told = []
    path = turns.path("pan right, then zoom in", heard, told.append)
    middle = KNOTS // 2 - 1
    assert path[middle, PAN].item() == pytest.approx(0.3, abs=0.03)
    assert path[middle, ZOOM].item() == pytest.approx(0, abs=0.03)
    assert path[-1, PAN].item() == pytest.approx(0.3, abs=0.01)  # it stays there
    assert path[-1, ZOOM].item() == pytest.approx(0.225, abs=0.01)
    assert told == [Noted('the camera moves in turn: "pan right"; "zoom in"')]


def test_there_and_back_ends_where_it_began():
    path = turns.path("pan right, then left", heard, lambda _: None)
    assert path[KNOTS // 2 - 1, PAN].item() == pytest.approx(0.3, abs=0.05)
    assert path[-1, PAN].item() == pytest.approx(0, abs=0.01)


def test_a_camera_that_is_told_to_rest_rests_for_its_share():
    path = turns.path("pan right, then hold", heard, lambda _: None)
    assert path[-1, PAN].item() == pytest.approx(path[KNOTS // 2, PAN].item(), abs=0.02)
    assert path[-1, PAN].item() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    "prompt",
    [
        "pan right",
        "pan right, a man waits, then smiles",
        "the sun sets, then the moon rises",
        "hold, then stop",  # rests alone
        "Static shot. A candle flickers and finally goes right out.",  # nothing has moved before
    ],
)
def test_one_move_among_things_that_happen_has_the_whole_clip(prompt):
    told = []
    assert turns.path(prompt, heard, told.append) is None
    assert told == []


def test_light_that_changes_is_no_move():
    def light(_: str) -> torch.Tensor:
        return moved(AXES.index("brightness"), 0.5)

    assert turns.path("look, it dawns, then the view darkens", light, lambda _: None) is None
