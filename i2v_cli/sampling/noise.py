"""Seeded noise, drawn on the CPU in fp32, so that one seed means one clip on every device."""

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

Draw: TypeAlias = Callable[[Tensor], Tensor]
"""(x [...]) -> fresh standard normal noise of its shape, dtype and device."""

DrawAt: TypeAlias = Callable[[Tensor, int], Tensor]
"""(x [...], step) -> the standard normal noise of this step, of its shape, dtype and device."""


def initial(shape: Sequence[int], seed: int) -> Tensor:
    """Standard normal noise [*shape], fp32 on the CPU. `seed`: 0 to 2**64 - 1. Touches no global state."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} is not in 0..2**64 - 1")
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


def stream(seed: int, purpose: str) -> Draw:
    """Noise for one purpose after another, independent of `initial` and of other purposes of the same
    seed.
    """
    mixed = hashlib.sha256(f"{purpose} {seed}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(mixed[:8], "big") >> 1)

    def draw(x: Tensor) -> Tensor:
        return torch.randn(x.shape, generator=generator, dtype=torch.float32).to(x)

    return draw


def stepwise(seed: int, purpose: str) -> DrawAt:
    """As `stream`, but a step's noise is its own: whoever goes on from a later step draws the same."""

    def draw(x: Tensor, step: int) -> Tensor:
        return stream(seed, f"{purpose} {step}")(x)

    return draw
