"""What the straight line asks of a family, and what a clip is conditioned on."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from i2v_cli.control.pins import Pin
from i2v_cli.events import Report
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.sampling.samplers import Predict
from i2v_cli.sampling.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Condition:
    """photo: [3, H, W] uint8, at the output's size, on the CPU.

    channels: [1, C, h, w] or [1, C, T, h, w], the photo's latent. context: [2, S, D], the text and, after it,
    the negative text, or [1, S, D], a text alone or a picture; context_mask: [2, S], True where a token is.
    camera: [F, 7], where the user wants the camera at each frame. fine: [3, 2H, 2W] fp32, the photo with more
    detail. In the family's own terms: uncropped, what of the photo lies outside the frame; pushes, what the
    user moves or holds by hand; ending, the picture that the clip ends on. hold: [T], the latent frames that
    are held to `channels`: 1 free, 0 held to the end, between: held until as little noise is left.
    """

    photo: Tensor
    channels: Tensor
    context: Tensor
    context_mask: Tensor
    camera: Tensor | None = None
    pushes: Any = None
    fine: Tensor | None = None
    uncropped: Any = None
    ending: Any = ()
    hold: Tensor | None = None


class Family(Protocol):
    """Verbs in the order in which `generate` calls them; each frees what it loaded."""

    def encode(
        self,
        request: Request,
        photo: Tensor,
        runtime: Runtime,
        report: Report,
        pins: Sequence[Pin] | None = None,
    ) -> Condition:
        """photo: [3, H, W] uint8. pins: frames that the clip must hold; None is the photo, first."""
        ...

    def schedule(self, request: Request, geometry: Geometry) -> Schedule: ...

    def denoiser(
        self, condition: Condition, schedule: Schedule, request: Request, runtime: Runtime
    ) -> AbstractContextManager[Predict]:
        """Within the context the network is in memory. Predict: (latents [1, ...], step) -> x0 [1, ...]."""
        ...

    def decode(
        self, latents: Tensor, condition: Condition, geometry: Geometry, request: Request, runtime: Runtime
    ) -> Iterator[Tensor]:
        """Chunks [f, 3, H, W] uint8 on the CPU, `geometry.frames` in all."""
        ...
