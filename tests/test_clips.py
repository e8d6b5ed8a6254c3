"""What a clip begins with and ends on."""

import numpy as np
import pytest
import torch
from PIL import Image

from i2v_cli import clips
from i2v_cli.control.pins import LAST
from i2v_cli.errors import UsageError
from i2v_cli.media import playback, video
from i2v_cli.media.encoder import VideoSpec
from i2v_cli.plan import plan
from i2v_cli.resolve import resolve


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, size in (("a.png", (96, 64)), ("b.png", (64, 64))):
        Image.effect_noise(size, 80).convert("RGB").save(name)
    frames = np.random.default_rng(1).integers(0, 255, (20, 48, 64, 3), dtype=np.uint8)
    with video.Writer(
        tmp_path / "video", VideoSpec(width=64, height=48, frames=20, fps=8, format="frames")
    ) as w:
        w.write(frames)
    return frames


def begun(**flags):
    request = resolve({"seed": 1, **flags}, {}).request
    planned = plan(request)
    return planned, clips.start(request, planned.geometry, lambda _: None)


def test_a_photo_is_fitted_and_nothing_is_pinned(pictures):
    planned, start = begun(image="a.png", size="64x64")
    (pin,) = start.pins
    assert (
        start.photo.shape == (3, 64, 64) and torch.equal(pin.frames[0], start.photo) and planned.before == 0
    )
    assert list(clips.before(planned.request)) == []


def test_the_last_picture_is_fitted_to_the_first(pictures):
    _, start = begun(image="a.png", last="b.png", size="96x64")
    first, pin = start.pins
    assert torch.equal(first.frames[0], start.photo) and first.at == 0
    assert pin.frames.shape == (1, 3, 64, 96) and pin.at == LAST


def test_a_video_goes_on_from_its_last_frame(pictures):
    planned, start = begun(image="video", extend=True, size="64x48", frames=9)
    assert torch.equal(start.photo, torch.from_numpy(pictures[-1]).permute(2, 0, 1))
    assert planned.before == 20 and planned.spec.frames == 20 + 9 - 1
    assert np.array_equal(np.concatenate(list(clips.before(planned.request))), pictures)


@pytest.mark.parametrize("count", [1, 17])
def test_a_family_gets_as_many_frames_of_the_end_as_it_holds(pictures, count, monkeypatch):
    from i2v_cli.families.pocket import config

    monkeypatch.setattr(config, "OVERLAP", count)
    planned, start = begun(image="video", extend=True, size="64x48")
    (pin,) = start.pins
    assert torch.equal(pin.frames, torch.from_numpy(pictures[-count:]).permute(0, 3, 1, 2))
    assert planned.overlap == count


def test_video_that_is_too_short_to_go_on_from_is_refused(pictures, monkeypatch):
    from i2v_cli.families.pocket import config

    monkeypatch.setattr(config, "OVERLAP", 21)
    with pytest.raises(UsageError, match="video has 20 frames, pocket goes on from 21"):
        begun(image="video", extend=True, size="64x48")


def test_play_reads_a_folder_in_order(pictures, tmp_path):
    assert np.array_equal(np.concatenate(list(playback.play(tmp_path / "video"))), pictures)
