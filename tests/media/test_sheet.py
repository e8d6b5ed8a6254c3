"""The contact sheet shows evenly spaced frames, small, in one complete PNG."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from i2v_cli.errors import UsageError
from i2v_cli.media import metadata
from i2v_cli.media.sheet import GAP, Sheet


def grey_clip(count: int) -> np.ndarray:
    return np.stack([np.full((64, 96, 3), 2 * i, np.uint8) for i in range(count)])


def test_eight_evenly_spaced_frames_with_first_and_last(tmp_path, spec):
    sheet = Sheet(dataclasses.replace(spec, frames=99))
    frames = grey_clip(99)
    for start in range(0, 99, 10):
        sheet.add(frames[start : start + 10])
    sheet.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.size == (4 * 96 + 5 * GAP, 2 * 64 + 3 * GAP)
        middles = [(GAP + 48 + c * (96 + GAP), GAP + 32 + r * (64 + GAP)) for r in (0, 1) for c in range(4)]
        shades = [picture.getpixel(middle)[0] for middle in middles]
    assert shades == [0, 28, 56, 84, 112, 140, 168, 196]
    assert [entry.name for entry in tmp_path.iterdir()] == ["sheet.png"]


def test_large_frames_are_scaled_down_and_keep_their_aspect(tmp_path, spec):
    sheet = Sheet(dataclasses.replace(spec, width=1920, height=1080, frames=2), columns=2)
    sheet.add(np.zeros((2, 1080, 1920, 3), np.uint8))
    sheet.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.size == (2 * 320 + 3 * GAP, 180 + 2 * GAP)


def test_existing_sheet_is_kept_without_overwrite(tmp_path, clip, spec):
    sheet = Sheet(spec)
    sheet.add(clip)
    (tmp_path / "sheet.png").write_bytes(b"old")
    with pytest.raises(UsageError, match="exists"):
        sheet.save(tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").read_bytes() == b"old"
    sheet.save(tmp_path / "sheet.png", overwrite=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["sheet.png"]


def test_sheet_is_marked_as_ai_generated_too(tmp_path, clip, spec):
    sheet = Sheet(spec)
    sheet.add(clip)
    sheet.save(tmp_path / "sheet.png", packet=metadata.packet(None, ai_mark=True, software="i2v 1"))
    assert metadata.read(tmp_path / "sheet.png")["ai_generated"]
