"""Seeded noise, drawn on the CPU in fp32, so that one seed means one clip on every device."""

from collections.abc import Sequence

import torch
from torch import Tensor


def initial(shape: Sequence[int], seed: int) -> Tensor:
    """Standard normal noise [*shape], fp32 on the CPU. `seed`: 0 to 2**64 - 1. Touches no global state."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed} is not in 0..2**64 - 1")
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
