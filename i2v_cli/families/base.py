"""What the straight line asks of a family, and what a clip is conditioned on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from i2v_cli.events import Report
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.sampling.samplers import Predict
from i2v_cli.sampling.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Condition:
    """photo: [3, H, W] uint8, at the output's size, on the CPU.

    channels: [1, C, h, w], the photo's latent. context: [2, S, D], the text and, after it, the negative text;
    context_mask: [2, S], True where a token is.
    """

    photo: Tensor
    channels: Tensor
    context: Tensor
    context_mask: Tensor


class Family(Protocol):
    """Verbs in the order in which `generate` calls them; each frees what it loaded."""

    def encode(self, request: Request, photo: Tensor, runtime: Runtime, report: Report) -> Condition:
        """photo: [3, H, W] uint8."""
        ...

    def schedule(self, request: Request) -> Schedule: ...

    def denoiser(
        self, condition: Condition, schedule: Schedule, guidance: float, runtime: Runtime
    ) -> AbstractContextManager[Predict]:
        """Within the context the network is in memory. Predict: (latents [1, n], step) -> x0 [1, n]."""
        ...

    def decode(self, latents: Tensor, condition: Condition, geometry: Geometry) -> Iterator[Tensor]:
        """Chunks [f, 3, H, W] uint8 on the CPU, `geometry.frames` in all."""
        ...
