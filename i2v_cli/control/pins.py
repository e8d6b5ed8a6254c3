"""Frames that a clip must hold: a last picture, or the end of a video that goes on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

LAST = -1


@dataclass(frozen=True, slots=True)
class Pin:
    """frames: [F, 3, H, W] uint8, at the clip's size, on the CPU. at: the first frame that they stand on,
    negative from the end. edit: 0 holds them to the end; up to 1, the share of noise below which they are let
    go and denoised.
    """

    frames: "Tensor"
    at: int = 0
    edit: float = 0.0
