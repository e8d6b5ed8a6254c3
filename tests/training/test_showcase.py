"""Contact sheets of what the model is good for."""

import numpy as np
import pytest
from PIL import Image

from i2v_cli.control import camera
from i2v_cli.events import Step, Wrote
from i2v_cli.families.pocket.config import DEFAULTS
from i2v_cli.request import Request
from i2v_cli.training import showcase
from i2v_cli.training.config import VALIDATION
from i2v_cli.training.showcase import SHOWN


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown_is_a_photo_that_training_never_sees_and_a_request_that_can_be_made(name, photo):
    stem, prompt, asked = SHOWN[name]
    assert stem in VALIDATION
    Request(image=photo, prompt=prompt, preset="", family="pocket", seed=1, **(DEFAULTS | asked))
    if "camera" in asked:
        camera.parse(asked["camera"])


def test_a_sheet_a_clip_is_written_and_an_older_one_replaced(tmp_path, monkeypatch):
    frames = np.random.default_rng(0).integers(0, 255, (9, 40, 64, 3)).astype(np.uint8)
    made, heard = [], []

    def make_clip(photo, prompt, weights, *, seed, asked):
        made.append(photo.name)
        return frames

    monkeypatch.setattr(showcase, "make_clip", make_clip)
    folder = tmp_path / "runs" / "sheets"
    for _ in range(2):
        showcase.showcase(tmp_path, tmp_path / "weights", folder, heard.append)
    assert {path.name for path in folder.iterdir()} == {f"{name}.png" for name in SHOWN}
    for path in folder.iterdir():
        with Image.open(path) as sheet:
            assert sheet.width > 2 * 64
    assert made[: len(SHOWN)] == [f"{stem}.jpg" for stem, _, _ in SHOWN.values()]
    assert next(event.path.name for event in heard if isinstance(event, Wrote)) == "pan.png"
    assert [event.done for event in heard if isinstance(event, Step)][-1] == len(SHOWN)
