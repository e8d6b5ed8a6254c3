"""`--camera`: words become exact positions at any frame rate, and errors point at the word."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from i2v_cli.control.camera import parse, read
from i2v_cli.control.camera_path import AXES
from i2v_cli.errors import UsageError
from i2v_cli.geometry import Geometry

ASPECT = 1.5


def clip(frames: int = 49, fps: float = 16.0, *, loop: bool = False) -> Geometry:
    return Geometry(
        width=96, height=64, frames=frames, fps=fps, source=(96, 64), latent_shape=(1,), loop=loop
    )


def stands(text: str, *times: float, duration: float = 3.0) -> np.ndarray:
    return parse(text).at(times, duration, ASPECT)


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize(
    ("move", "axis", "value"),
    [
        ("pan right 10%", "pan", 0.1 * 2 * ASPECT),
        ("pan left 10%", "pan", -0.1 * 2 * ASPECT),
        ("tilt up 10%", "tilt", -0.2),
        ("tilt down 10", "tilt", 0.2),
        ("zoom in 10 percent", "zoom", math.log(1.1)),
        ("zoom out 10%", "zoom", math.log(0.9)),
        ("roll clockwise 90deg", "roll", math.pi / 2),
        ("roll ccw 90 degrees", "roll", -math.pi / 2),
        ("ROLL Counter-Clockwise 90\u00b0", "roll", -math.pi / 2),
        ("truck right 5%", "truck", 0.05 * 2 * ASPECT),
        ("pedestal up 5%", "pedestal", -0.1),
        ("dolly in 20%", "dolly", math.log(1.2)),
    ],
)
def test_move_ends_where_it_says_in_the_models_units(move, axis, value):
    begin, end = stands(move, 0.0, 3.0)
    assert not begin.any()
    wanted = np.zeros(7)
    wanted[AXES.index(axis)] = value
    assert end == pytest.approx(wanted, abs=1e-12)


def test_the_example_of_the_documentation_goes_as_it_says():
    text = "pan right 15%, zoom in 10% over 2s ease-in-out; hold 1s"
    start, half, two, three = stands(text, 0, 1, 2, 3)[:, [0, 2]]
    assert start == pytest.approx([0, 0])
    assert half == pytest.approx([0.15 * ASPECT, math.log(1.1) / 2])
    assert two == pytest.approx([0.3 * ASPECT, math.log(1.1)])
    assert three == pytest.approx(two)


@pytest.mark.parametrize("fps", [7.0, 16.0, 24.0, 59.94])
def test_a_moment_is_the_same_at_any_frame_rate(fps):
    path = parse("pan right 20% over 1s ease-in; tilt up 10% over 1s")
    times = np.arange(round(3 * fps)) / fps
    assert path.at(times, 3, ASPECT) == pytest.approx(
        np.concatenate([path.at([time], 3, ASPECT) for time in times])
    )
    assert path.at([0.5], 3, ASPECT)[0, 0] == pytest.approx(0.25 * 0.2 * 2 * ASPECT)


@pytest.mark.parametrize(
    ("ease", "quarter"),
    [
        ("", 0.25),
        ("linear", 0.25),
        ("ease-in", 1 / 16),
        ("ease-out", 7 / 16),
        ("ease", 5 / 32),
        ("ease-in-out", 5 / 32),
    ],
)
@pytest.mark.parametrize("order", ["over 2s {ease}", "{ease} over 2s"])
def test_easing_bends_time_and_keeps_the_ends(ease, quarter, order):
    text = f"tilt down 50% {order.format(ease=ease)}"
    assert stands(text, 0, 0.5, 2)[:, 1] == pytest.approx([0, quarter, 1])


def test_steps_without_a_length_share_what_is_left():
    path = parse("pan right 10%; hold 1s; pan left 10% then zoom in 5% over 20%")
    assert path.moments(5.0) == pytest.approx(np.array([(0, 1.5), (1.5, 2.5), (2.5, 4), (4, 5)]))


def test_and_and_plus_join_as_commas_do():
    joined = stands("pan right 5%, tilt up 5%, roll cw 3", 0.7)
    assert np.array_equal(stands("pan right 5% and tilt up 5% + roll cw 3", 0.7), joined)


def test_back_is_exactly_the_photo():
    assert not stands("pan right 13.7%, zoom in 7% over 1s; back over 1s ease-out", 2.0, 3.0).any()


def test_static_never_moves():
    assert not stands("static", *np.linspace(0, 3, 9)).any()


def test_after_the_path_the_camera_rests():
    assert stands("pan right 10% over 1s", 1.0, 2.9)[:, 0] == pytest.approx([0.3, 0.3])


@pytest.mark.parametrize(
    ("text", "message", "hint", "under"),
    [
        ("", "character 1: a move is missing", "pan", ""),
        ("pam right 5%", "'pam' is no move", "did you mean pan?", "pam"),
        ("pan rihgt 5%", "character 5: 'rihgt' is no direction of pan", "did you mean right?", "rihgt"),
        ("tilt left 5%", "'left' is no direction of tilt", "up, down", "left"),
        ("pan", "a direction is missing", "right, left", ""),
        ("pan right", "an amount is missing", "pan right 15%", ""),
        ("pan right, tilt up 5", "an amount is missing", "pan right 15%", ","),
        ("pan right -5%", "'-' is not an amount", "pan right 15%", "-"),
        ("pan right 5deg", "'deg' is not the unit of pan", "% of the width", "deg"),
        ("roll cw 5%", "'%' is not the unit of roll", "degrees", "%"),
        ("pan right 101%", "'101' takes pan too far", "-100 to 100", "101"),
        ("pan right 60; pan right 60", "character 25: '60' takes pan too far", "-100 to 100", "60"),
        ("zoom out 100%", "'100' takes zoom too far", "-75 to 400", "100"),
        (f"pan right {'9' * 400}", "takes pan too far", "-100 to 100", "9" * 62),
        ("pan right 5, pan left 2", "'pan' is moved twice", "put ;", "pan"),
        ("pan right 5 over", "a time is missing", "2s", ""),
        ("pan right 5 over 2", "a unit of time is missing", "2s", ""),
        ("pan right 5 over 0s", "'0' is no time", "2s", "0"),
        ("pan right 5 over 2 parsecs", "'parsecs' is no unit of time", "2s", "parsecs"),
        ("pan right 5 over 1s, tilt up 2", "',' is not expected here", "after the last one", ","),
        ("pan right 5 eese-in", "'eese-in' is not expected here", "did you mean ease-in?", "eese-in"),
        ("pan right 5 tilt up 3", "'tilt' is not expected here", "put , or ;", "tilt"),
        ("hold, pan right 5", "',' is not expected here", "hold stands alone", ","),
        ("pan right 5, back", "'back' stands alone", "put ; before back", "back"),
        ("pan right 5;", "a move is missing", "pan", ""),
        ("pan right 5; ; hold", "a move is missing", "pan", ";"),
    ],
)
def test_error_points_at_the_word(text, message, hint, under):
    error = refused(text)
    assert message in error.message and hint in error.hint
    line, carets = error.excerpt
    begin = carets.index("^")
    assert line[begin : begin + carets.count("^")] == under
    assert carets.strip("^ ") == "" and len(line) <= 72


def test_error_in_a_long_path_shows_its_surroundings():
    error = refused("pan right 1% over 1s; back over 1s; " * 20 + "zom in 5%; " + "hold 1s; " * 20)
    line, carets = error.excerpt
    assert len(line) <= 72
    assert line[carets.index("^") :].startswith("zom in 5%")


@pytest.mark.parametrize("text", ["\x00", "\x1b[2J pan", "写真", "pan\nright\n\x075", "%" * 9, ";", "'"])
def test_odd_text_is_refused_with_a_printable_line(text):
    assert all(line.isprintable() for line in refused(text).excerpt)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("pan right 5% over 4s", "takes 4 s, the clip 3.062 s", "--seconds 4"),
        ("pan right 5% over 80%; back over 80%", "takes 4.8 s", "--seconds 4.8"),
        ("pan right 5% over 3s; back", "left for 'back'", "--seconds"),
        ("zoom in 5%; hold 3.01s", "left for 'zoom in 5%'", "--seconds"),
        (f"hold {'9' * 400}s", "takes inf s", "shorter"),
    ],
)
def test_path_that_does_not_fit_the_clip_is_refused(text, message, hint):
    with pytest.raises(UsageError) as caught:
        parse(text).check(clip())
    assert message in caught.value.message and hint in caught.value.hint


def test_seconds_of_the_clip_are_enough_for_as_many_seconds_of_path():
    parse("pan right 5% over 3s").check(clip(frames=48))


def test_loop_must_end_where_it_began():
    with pytest.raises(UsageError, match="loop"):
        parse("pan right 5%").check(clip(loop=True))
    path = parse("pan right 5%; back")
    path.check(clip(loop=True))
    first, *_, last = path.over(clip(frames=48, loop=True))
    assert not first.any() and 0 < last[0] < 0.02


def test_path_over_a_clip_is_one_position_a_frame_and_ends_with_the_last():
    path = parse("pan right 10%").over(clip(frames=9, fps=4))
    assert path[:, 0] == pytest.approx(np.linspace(0, 0.3, 9))


def test_path_is_told_with_its_moments():
    assert parse("pan right 5%,  tilt up 2% over 1s; hold").told(clip()) == (
        "0-1 s pan right 5%, tilt up 2%; 1-3 s hold"
    )


def test_every_path_of_the_documentation_is_one():
    page = (Path(__file__).parents[2] / "docs" / "concepts" / "camera.md").read_text(encoding="utf-8")
    examples = re.findall(r'--camera "([^"]+)"', page)
    rows = re.findall(r"```(?:yaml|csv)\n(.*?)```", page, re.DOTALL)
    assert len(examples) > 4 and len(rows) == 2
    for text in (*examples, *rows):
        parse(text).check(clip())


def test_file_of_keyframes_is_read_and_others_are_refused(tmp_path):
    good, bad, large = tmp_path / "a.csv", tmp_path / "b.yaml", tmp_path / "c.csv"
    good.write_bytes(b"\xef\xbb\xbftime,pan\n2,15\n")
    bad.write_text("pan: 3\n")
    large.write_text("time,pan\n" + "1,1\n" * 9000)
    assert parse(read(good)).at([2], 3, ASPECT)[0, 0] == pytest.approx(0.45)
    for path, word in (
        (bad, "no keyframes"),
        (large, "larger than"),
        (tmp_path / "none.csv", "cannot be read"),
    ):
        with pytest.raises(UsageError, match=word):
            read(path)
    (tmp_path / "d.csv").write_bytes(b"time,\xff")
    for odd in (tmp_path / "d.csv", Path("a\0.csv")):
        with pytest.raises(UsageError, match=r"not UTF-8 text|cannot be read"):
            read(odd)
