"""Noise levels `x = alpha * x0 + sigma * eps`: pure functions that return three small tensors.

Knows no network: a family says which schedule it was trained for.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

RHO = 7  # how much of `edm`'s steps lie at low noise


@dataclass(frozen=True, slots=True)
class Schedule:
    """alphas, sigmas: [steps + 1], fp32, CPU, last sigma 0. timesteps: [steps], what the network is fed.

    arrivals: [steps, 2], the (alpha, sigma) that each step goes to, of published schedulers that round it to
    another level than the one from which they take the next step; None for none such. The samplers that those
    schedulers have ("euler", "dpmpp-2m-sde") end there too, others are exact.
    """

    alphas: Tensor
    sigmas: Tensor
    timesteps: Tensor
    arrivals: Tensor | None = None

    @property
    def steps(self) -> int:
        return len(self.timesteps)

    def ends(self) -> list[tuple[float, float]]:
        """(alpha, sigma) where each step ends."""
        levels = (
            torch.stack([self.alphas, self.sigmas], dim=1)[1:] if self.arrivals is None else self.arrivals
        )
        return [(alpha, sigma) for alpha, sigma in levels.tolist()]


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


def trailing(steps: int, alphas_bar: Tensor) -> Schedule:
    """Variance preserving levels of a discrete chain, evenly spaced from its last (Lin et al. 2024, table 2).

    alphas_bar: [n] float64, alpha^2 at each of the n timesteps of training. A step goes n // steps timesteps
    on, and past the first to the data: where `steps` divides n that is where the next one begins, otherwise
    nearly.
    """
    count = len(alphas_bar)
    if not 1 <= steps <= count:
        raise ValueError(f"trailing({steps=}): from 1 to {count} steps")
    spaced = torch.arange(steps, dtype=torch.float64) * -(count / steps) + count
    timesteps = spaced.round().long() - 1
    ends = timesteps - count // steps
    squares = torch.cat([alphas_bar[timesteps], alphas_bar.new_ones(1)])
    end_squares = torch.where(ends < 0, 1.0, alphas_bar[ends.clamp(min=0)])
    return Schedule(
        alphas=squares.sqrt().float(),
        sigmas=(1 - squares).sqrt().float(),
        timesteps=timesteps.float(),
        arrivals=None
        if torch.equal(end_squares, squares[1:])
        else torch.stack([end_squares.sqrt(), (1 - end_squares).sqrt()], dim=1).float(),
    )


def edm(steps: int, lowest: float, highest: float) -> Schedule:
    """Noise from `highest` to `lowest` beside a picture of unit variance, then none (Karras et al. 2022, eq.
    5).

    Levels x0 + sigma eps are divided by sqrt(1 + sigma^2), which is how such networks are fed; so alpha^2 +
    sigma^2 is 1. The timestep is a quarter of log sigma, of the sigma before the division.
    """
    if steps < 1 or not 0 < lowest < highest:
        raise ValueError(f"edm({steps=}, {lowest=}, {highest=}): at least 1 step, and 0 < lowest < highest")
    ramp = torch.linspace(0, 1, steps, dtype=torch.float64)
    first, last = highest ** (1 / RHO), lowest ** (1 / RHO)
    noise = (first + ramp * (last - first)) ** RHO
    levels = torch.cat([noise, noise.new_zeros(1)])
    alphas = (1 + levels.square()).rsqrt()
    return Schedule(
        alphas=alphas.float(), sigmas=(levels * alphas).float(), timesteps=(noise.log() / 4).float()
    )


def scaled_linear(steps: int, beta_start: float, beta_end: float, snr_shift: float = 1.0) -> Tensor:
    """alpha^2 [steps] float64 of a training chain whose last level is pure noise.

    beta is linear in its square root; `snr_shift` s makes a of alpha^2 a / (s + (1 - s) a); then
    sqrt(alpha^2) is stretched so that it ends at 0 (Lin et al. 2024, "Common Diffusion Noise Schedules ...
    are Flawed", algorithm 1).
    """
    betas = torch.linspace(beta_start**0.5, beta_end**0.5, steps, dtype=torch.float64).square()
    squares = (1 - betas).cumprod(0)
    squares = squares / (snr_shift + (1 - snr_shift) * squares)
    alphas = squares.sqrt()
    first, last = alphas[0], alphas[-1]
    return ((alphas - last) * first / (first - last)).square()
