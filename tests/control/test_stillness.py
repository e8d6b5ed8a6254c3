"""Words that ask for a camera that stands."""

import pytest

from i2v_cli.control import stillness


@pytest.mark.parametrize(
    "prompt",
    [
        "Static camera",
        "a lake, locked-off shot",
        "the camera stays perfectly still",
        "no camera movement",
        "please don't move",
        "tripod shot, the leaves sway",
        "no zoom",
    ],
)
def test_rest_is_heard(prompt):
    assert stillness.asked(prompt)


@pytest.mark.parametrize(
    "prompt", ["pan left", "over the still lake, pan left", "the movement of the leaves", "a statue", ""]
)
def test_other_words_ask_for_no_rest(prompt):
    assert not stillness.asked(prompt)
