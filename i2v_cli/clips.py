"""What a clip begins with and ends on: a photo, two pictures, or a video that goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from i2v_cli import families
from i2v_cli.control.pins import LAST, Pin
from i2v_cli.events import Noted, Report
from i2v_cli.geometry import Geometry
from i2v_cli.media import image, playback
from i2v_cli.request import Request


@dataclass(frozen=True, slots=True)
class Start:
    """photo: [3, H, W] uint8, at the video's size. pins: what the clip must hold."""

    photo: Tensor
    pins: tuple[Pin, ...]


def start(request: Request, geometry: Geometry, report: Report) -> Start:
    """Reads the pictures, or the last frames of the video, upright and of the clip's size."""
    if request.extend:
        frames = _tail(request, families.config(request.family).OVERLAP)
        return Start(frames[-1], (Pin(frames),))
    photo = _picture(request.image, request, geometry, report)
    if request.last is None:
        return Start(photo, (Pin(photo[None]),))
    last = _picture(request.last, request, geometry, report)
    return Start(photo, (Pin(photo[None]), Pin(last[None], at=LAST)))


def before(request: Request) -> Iterator[np.ndarray]:
    """Chunks [f, H, W, 3] uint8 of the video that goes on; nothing for a photo."""
    if request.extend:
        yield from playback.play(request.image)


def _tail(request: Request, count: int) -> Tensor:
    """The last frames of the video, [count, 3, H, W] uint8."""
    kept = np.zeros((0,))
    for chunk in playback.play(request.image):
        kept = np.concatenate([kept, chunk])[-count:] if len(kept) else chunk[-count:]
    return rearrange(torch.from_numpy(kept), "f h w c -> f c h w").contiguous()


def _picture(path: Path, request: Request, geometry: Geometry, report: Report) -> Tensor:
    """[3, H, W] uint8."""
    loaded = image.load(path, request.background)
    pixels, cut = image.fit(loaded.pixels, geometry.width, geometry.height, request.fit)
    for note in (*loaded.notes, *([cut] if cut else [])):
        report(Noted(f"{path.name}: {note}"))
    return rearrange(torch.from_numpy(pixels), "h w c -> c h w").contiguous()
