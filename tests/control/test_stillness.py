"""Rest that is asked for, and nothing but rest."""

import pytest

from i2v_cli.control import stillness
from i2v_cli.geometry import Geometry

CLIP = Geometry(width=96, height=64, frames=9, fps=8.0, source=(96, 64), latent_shape=(1,))


@pytest.fixture
def asked(make_request):
    return lambda **fields: stillness.asked(make_request(**fields), CLIP)


@pytest.mark.parametrize(
    "prompt",
    [
        "Static camera",
        "a lake, locked-off shot",
        "the camera stays perfectly still",
        "a red house, no camera movement",
        "please don't move",
        "please don\u2019t move",
        "a castle at dusk, tripod shot",
        "no zoom",
    ],
)
def test_rest_is_heard(asked, prompt):
    assert asked(prompt=prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "pan left",
        "the water flows down, static camera",
        "tripod shot, the leaves sway",
        "over the still lake, pan left",
        "a frozen lake",
        "make the plant move",
        "no zoom, pan left",
        "the boat does not move, the clouds drift",
        "without motion blur",
        "the movement of the leaves",
        "",
    ],
)
def test_other_words_ask_for_more(asked, prompt):
    assert not asked(prompt=prompt)


def test_a_path_decides_before_the_words(asked):
    assert asked(prompt="", camera="hold")
    assert asked(prompt="a lake", camera="static")
    assert not asked(prompt="static camera", camera="pan right 10%")
    assert not asked(prompt="the water ripples", camera="hold")
