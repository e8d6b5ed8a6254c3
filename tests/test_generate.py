"""What becomes of a verdict: kept, told or refused."""

from types import SimpleNamespace

import pytest

from i2v_cli.errors import CheckError
from i2v_cli.events import Warned
from i2v_cli.generate import _judged
from i2v_cli.media.camera_check import CameraVerdict
from i2v_cli.media.check import Verdict


def verdict_of(*problems, followed: bool | None = True) -> Verdict:
    asked, measured = {"pan": 15.0, "tilt": 0.0, "zoom": 0.0, "roll": 0.0}, {"pan": 12.0, "tilt": 0.0}
    deviation = {"pan": 3.0, "tilt": 0.2, "zoom": 0.1, "roll": 0.1}
    return Verdict(9, 100.0, 5.0, problems, CameraVerdict(asked, measured, deviation, followed))


def told(verdict: Verdict, request) -> list[str]:
    events: list = []
    _judged(verdict, SimpleNamespace(request=request, geometry=None), events.append)
    assert all(isinstance(event, Warned) for event in events)
    return [event.message for event in events]


ASTRAY = verdict_of("off its camera path", followed=False)


def test_a_camera_off_its_path_ends_a_strict_run_with_exit_code_6(make_request):
    with pytest.raises(CheckError) as caught:
        told(ASTRAY, make_request(check="strict"))
    assert caught.value.exit_code == 6
    assert "pan ends at 12 instead of 15 % of the width, 3 off at most" in caught.value.message


def test_a_camera_off_its_path_is_a_warning_by_default_and_nothing_with_off(make_request):
    assert "pan ends at 12 instead of 15" in told(ASTRAY, make_request())[0]
    assert told(ASTRAY, make_request(check="off")) == []


def test_a_camera_that_cannot_be_measured_is_told_and_never_refused(make_request):
    assert "could not be measured" in told(verdict_of(followed=None), make_request(check="strict"))[0]


def test_a_camera_on_its_path_is_no_news(make_request):
    assert told(verdict_of(), make_request(check="strict")) == []
