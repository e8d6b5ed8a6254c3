"""Keyframes in YAML and CSV mean the same as words, and errors name the line."""

import math

import numpy as np
import pytest

from i2v_cli.control.camera import parse
from i2v_cli.errors import UsageError

CSV = "time,pan,zoom,ease\n0,,,\n2,15,10,ease-in-out\n3,15,10,\n"
YAML = """
# a comment
- {time: 0}
- time: 2s
  pan: 15%
  zoom: 10
  ease: ease-in-out
- {time: 3.0}
"""
TIMES = np.linspace(0, 3, 31)


@pytest.mark.parametrize("text", [CSV, YAML, CSV.replace("\n", "\r\n"), "\ufeff" + CSV], ids=str)
def test_keyframes_are_the_path_in_words(text):
    words = parse("pan right 15%, zoom in 10% over 2s ease-in-out; hold 1s").at(TIMES, 3, 1.5)
    assert parse(text).at(TIMES, 3, 1.5) == pytest.approx(words)


def test_every_column_has_its_unit_and_sign():
    row = "- {time: 1, pan: -10, tilt: 10, zoom: -10, roll: -90deg, truck: 5, pedestal: -5, dolly: 20}"
    wanted = [-0.3, -0.2, math.log(0.9), -math.pi / 2, 0.15, 0.1, math.log(1.2)]
    assert parse(row).at([1], 1, 1.5)[0] == pytest.approx(wanted)


def test_what_a_row_leaves_out_stays_as_it_was():
    path = parse("- {time: 1, pan: 10}\n- {time: 2, tilt: 10}").at([2], 2, 1.5)[0]
    assert path[:2] == pytest.approx([0.3, -0.2])


def test_times_may_be_percent_of_the_clip():
    path = parse("time,pan\n50%,10\n100%,0")
    assert path.at([1, 2, 4], 4, 1.5)[:, 0] == pytest.approx([0.15, 0.3, 0])
    assert parse("time,pan\n0,0\n50%,10\n100%,0") == path


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("time,pn\n1,2", "--camera:1: there is no column pn", "did you mean pan?"),
        ("time,pan\n1,2\n1,3", "--camera:3: time 1 is not after", "sort"),
        ("time,pan\n1,x", "--camera:2: pan x is not a number", "pan: 10"),
        ("time,pan\n1,5deg", "--camera:2: pan 5deg is not a number", "pan: 10"),
        ("time,roll\n1,5%", "--camera:2: roll 5% is not a number", "roll: 10"),
        ("time,pan\n1,101", "--camera:2: pan 101 is too far", "-100 to 100"),
        ("time,zoom\n1,-100", "--camera:2: zoom -100 is too far", "-75 to 400"),
        ("time,pan\n1,2,3", "--camera:2: more cells than columns", "time, pan"),
        ("time,pan\n,2", "--camera:2: a row without a time", "time: 2s"),
        ("time,pan\n-1,2", "--camera:2: -1 is no time", "2s"),
        ("time,pan\n0,2", "at time 0 the clip shows the photo", "zeros"),
        ("time,pan\n1,2\n50%,3", "--camera:3: times are seconds or percent", "alike"),
        ("time,pan,pan\n1,2,3", "--camera:1: the column pan stands there twice", "drop one"),
        ("time,ease\n1,bounce", "there is no ease bounce", "ease-in-out"),
        ("time,pan", "no keyframes", "time: 2s"),
        ("time,pan\n0,0", "no keyframe after time 0", "static"),
        ("\n- {time: 1, pn: 2}", "--camera:2: there is no column pn", "did you mean pan?"),
        ("- 5", "--camera:1: a keyframe is a row", "time: 2s"),
        ("- {time: [1]}", "--camera:1: 'time' is not a single value", "time"),
        ("- {time: 1, time: 2}", "--camera:1: 'time' is not a single value", "time"),
        ("- {time: 1", "not YAML", "quote a text"),
        ("--- 5", "a list of rows", "time: 2s"),
        ("[" * 5000, "a keyframe is a row", "time: 2s"),
        ("- &a {time: 1}\n- *a", "--camera:1: keyframes have no anchors", "write the value out"),
        ("- {time: nan}", "nan is no time", "2s"),
        ("- {time: 1, pan: .inf}", "pan .inf is not a number", "pan: 10"),
    ],
)
def test_error_names_the_line(text, message, hint):
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert message in caught.value.message and hint in caught.value.hint
