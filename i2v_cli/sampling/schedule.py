"""Noise levels `x = alpha * x0 + sigma * eps`: pure functions that return three small tensors.

Knows no network: a family says which schedule it was trained for.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Schedule:
    """alphas, sigmas: [steps + 1], fp32, CPU, last sigma 0. timesteps: [steps], what the network is fed."""

    alphas: Tensor
    sigmas: Tensor
    timesteps: Tensor

    @property
    def steps(self) -> int:
        return len(self.timesteps)


def flow(steps: int, shift: float = 1.0) -> Schedule:
    """Rectified flow: alpha = 1 - sigma, sigma from 1 (noise) to 0 (data), timestep = sigma in 0..1.

    `shift` > 1 spends more of the steps at high noise: sigma' = shift * s / (1 + (shift - 1) * s)
    (Esser et al. 2024, "Scaling Rectified Flow Transformers", equation 23).
    """
    if steps < 1 or shift <= 0:
        raise ValueError(f"flow({steps=}, {shift=}): steps must be at least 1 and shift above 0")
    linear = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    sigmas = shift * linear / (1 + (shift - 1) * linear)
    return Schedule(alphas=(1 - sigmas).float(), sigmas=sigmas.float(), timesteps=sigmas[:-1].float())
