"""What a picture's file shows beside the frame fitted from it: finer pixels, and what a crop cut off."""

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.families.pocket.canvas import Margins, Uncropped
from i2v_cli.families.pocket.pyramid import matched
from i2v_cli.media import image
from i2v_cli.request import Request

# From so many times the clip's pixels a side on, frames are fetched from the photo at twice the clip's size.
DETAILED = 1.3
CROPPED = 1.01  # the photo's aspect over the clip's, from which on something is cut off
LARGEST_FINE = 1920 * 1088  # pixels of a clip: above it, it would take gigabytes


def beside(request: Request, photo: Tensor) -> tuple[Tensor | None, Uncropped | None]:
    """What the file shows beside the photo as it is in the frame: it at twice the clip's size, [3, 2H, 2W]
    fp32, where it has so much detail; and, as large, what its crop cut off."""
    height, width = photo.shape[1:]
    seen = image.probe(request.image)
    is_fine = min(seen.width / width, seen.height / height) >= DETAILED and width * height <= LARGEST_FINE
    is_cropped = request.fit == "crop" and _apart(seen, photo) > CROPPED
    if not (is_fine or is_cropped):
        return None, None
    pixels, times = image.load(request.image, request.background).pixels, 2 if is_fine else 1
    fine, uncropped = None, None
    if is_fine:
        larger, _ = image.fit(pixels, 2 * width, 2 * height, request.fit)
        fine = matched(rearrange(torch.from_numpy(larger), "h w c -> c h w"), photo)
    if is_cropped:
        uncropped = _uncropped(pixels, times * width, times * height)
    return fine, uncropped


def around(request: Request, last: Tensor) -> Uncropped | None:
    """What a crop cut off the picture that the clip ends on."""
    assert request.last is not None
    if request.fit != "crop" or _apart(image.probe(request.last), last) <= CROPPED:
        return None
    pixels = image.load(request.last, request.background).pixels
    return _uncropped(pixels, last.shape[2], last.shape[1])


def _uncropped(whole: np.ndarray, width: int, height: int) -> Uncropped | None:
    picture, left, top = image.uncropped(whole, width, height)
    pixels = rearrange(torch.from_numpy(picture), "h w c -> c h w")
    return Uncropped(pixels, Margins(left, top, left, top)) if left or top else None


def _apart(seen: image.ImageInfo, photo: Tensor) -> float:
    """The file's aspect over the frame's, or the other way round: 1 or more."""
    wider = seen.width / seen.height / (photo.shape[2] / photo.shape[1])
    return max(wider, 1 / wider)
