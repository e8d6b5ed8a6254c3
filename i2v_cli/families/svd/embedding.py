"""Numbers as vectors: sinusoids, and the two-layer perceptron that reads them."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def sinusoid(values: Tensor, width: int) -> Tensor:
    """values: [...] -> [..., width] fp32: cosines, then sines, of frequencies from 1 to about 1/10000."""
    half = width // 2
    exponents = torch.arange(half, dtype=torch.float32, device=values.device) / half
    angles = values.float()[..., None] * torch.exp(-math.log(10_000) * exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class Embedding(nn.Module):
    def __init__(self, width_in: int, hidden_width: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(width_in, hidden_width)
        self.linear_2 = nn.Linear(hidden_width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x: [..., width_in] -> [..., width]."""
        return self.linear_2(F.silu(self.linear_1(x)))
