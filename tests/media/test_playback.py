"""What was written is read again, every frame of it, in its colours."""

import dataclasses

import numpy as np
import pytest

from i2v_cli.media import playback, video


@pytest.mark.parametrize("kind", ["mp4", "webm", "gif", "webp", "frames"])
def test_every_frame_comes_back(tmp_path, clip, spec, kind):
    target = tmp_path / ("clip" if kind == "frames" else f"-clip.{kind}")
    with video.Writer(target, dataclasses.replace(spec, format=kind)) as writer:
        writer.write(clip)
    frames = np.concatenate(list(playback.play(target)))
    assert frames.shape == clip.shape and frames.dtype == np.uint8
    drift = np.abs(frames.mean(axis=(1, 2)) - clip.mean(axis=(1, 2))).max()
    assert drift < {"mp4": 2, "frames": 1e-9}.get(kind, 8)
