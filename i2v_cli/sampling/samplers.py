"""Samplers as generators: noise goes in, cleaner latents come out after every step.

They know levels (alpha, sigma) and a `Predict` that answers x0; nothing of networks, guidance or progress.
Latents may have any shape; the levels are plain numbers, so one clip of a batch never feels the others.
"""

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias

from torch import Tensor

from i2v_cli.sampling.schedule import Schedule

Predict: TypeAlias = Callable[[Tensor, int], Tensor]
"""(latents [...], step) -> x0 [...]; `step` indexes the schedule's timesteps."""

Sampler: TypeAlias = Callable[[Predict, Tensor, Schedule], Iterator[Tensor]]
"""(predict, latents [...], schedule) -> latents [...] after each of the schedule's steps."""


def step(x: Tensor, x0: Tensor, a: float, s: float, a_next: float, s_next: float) -> Tensor:  # noqa: PLR0917
    """From level (a, s) to (a_next, s_next) with x0 held: x, x0 [...] -> [...]. Needs s > 0; finite at a = 0.

    Euler for flow matching and EDM, DDIM for variance preserving levels, first-order DPM-Solver++ for all.
    """
    return a_next * x0 + (s_next / s) * (x - a * x0)


def euler(predict: Predict, latents: Tensor, schedule: Schedule) -> Iterator[Tensor]:
    """First order, one evaluation a step (Song et al. 2021, "Denoising Diffusion Implicit Models")."""
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    for i in range(schedule.steps):
        latents = step(latents, predict(latents, i), a[i], s[i], a[i + 1], s[i + 1])
        yield latents


def heun(predict: Predict, latents: Tensor, schedule: Schedule) -> Iterator[Tensor]:
    """Second order, two evaluations a step but the last (Karras et al. 2022, "Elucidating the Design Space of
    Diffusion-Based Generative Models", algorithm 1, written for dx = x0 d(alpha) + eps d(sigma)).
    """
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    for i in range(schedule.steps):
        x0 = predict(latents, i)
        ahead = step(latents, x0, a[i], s[i], a[i + 1], s[i + 1])
        if i + 1 < schedule.steps:  # at sigma 0 there is nothing left to ask
            x0_ahead = predict(ahead, i + 1)
            eps, eps_ahead = (latents - a[i] * x0) / s[i], (ahead - a[i + 1] * x0_ahead) / s[i + 1]
            by_alpha, by_sigma = (a[i + 1] - a[i]) / 2, (s[i + 1] - s[i]) / 2
            ahead = latents + by_alpha * (x0 + x0_ahead) + by_sigma * (eps + eps_ahead)
        latents = ahead
        yield latents


def dpmpp_2m(predict: Predict, latents: Tensor, schedule: Schedule) -> Iterator[Tensor]:
    """Second order multistep, one evaluation a step (Lu et al. 2022, "DPM-Solver++", algorithm 2).

    x0 is extrapolated along lambda = log(alpha / sigma). First order where lambda is infinite (sigma 0) and
    where there is nothing to extrapolate from: the first step, and the second when alpha starts at 0.
    """
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    gaps = (schedule.alphas.double() / schedule.sigmas.double()).log().diff().tolist()
    before: Tensor | None = None
    for i in range(schedule.steps):
        x0 = estimate = predict(latents, i)
        if before is not None and math.isfinite(gaps[i]):
            estimate = x0 + gaps[i] / (2 * gaps[i - 1]) * (x0 - before)
        before = x0
        latents = step(latents, estimate, a[i], s[i], a[i + 1], s[i + 1])
        yield latents


SAMPLERS: dict[str, Sampler] = {"euler": euler, "heun": heun, "dpmpp-2m": dpmpp_2m}
