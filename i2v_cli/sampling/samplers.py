"""Samplers as generators: a state of noise goes in, one with cleaner latents comes out after every step.

They know levels (alpha, sigma) and a `Predict` that answers x0; nothing of networks, guidance or progress.
Latents may have any shape; the levels are plain numbers, so one clip of a batch never feels the others.
All that a sampler remembers from step to step is in the state: from any one it goes on to the same end.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from torch import Tensor

from i2v_cli.sampling import noise
from i2v_cli.sampling.noise import DrawAt
from i2v_cli.sampling.schedule import Schedule

Predict: TypeAlias = Callable[[Tensor, int], Tensor]
"""(latents [...], step) -> x0 [...]; `step` indexes the schedule's timesteps."""


@dataclass(frozen=True, slots=True)
class State:
    """latents: [...], after `done` steps. previous: [...], the last step's x0, where a sampler needs it."""

    latents: Tensor
    done: int = 0
    previous: Tensor | None = None


Sampler: TypeAlias = Callable[[Predict, State, Schedule], Iterator[State]]
"""(predict, state, schedule) -> the state after each of the schedule's steps that are left."""


def step(x: Tensor, x0: Tensor, a: float, s: float, a_next: float, s_next: float) -> Tensor:  # noqa: PLR0917
    """From level (a, s) to (a_next, s_next) with x0 held: x, x0 [...] -> [...]. Needs s > 0; finite at a = 0.

    Euler for flow matching and EDM, DDIM for variance preserving levels, first-order DPM-Solver++ for all.
    """
    return a_next * x0 + (s_next / s) * (x - a * x0)


def euler(predict: Predict, state: State, schedule: Schedule) -> Iterator[State]:
    """First order, one evaluation a step (Song et al. 2021, "Denoising Diffusion Implicit Models")."""
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    latents = state.latents
    for i, end in enumerate(schedule.ends()[state.done :], start=state.done):
        latents = step(latents, predict(latents, i), a[i], s[i], *end)
        yield State(latents, i + 1)


def heun(predict: Predict, state: State, schedule: Schedule) -> Iterator[State]:
    """Second order, two evaluations a step but the last (Karras et al. 2022, "Elucidating the Design Space of
    Diffusion-Based Generative Models", algorithm 1, written for dx = x0 d(alpha) + eps d(sigma)).
    """
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    latents = state.latents
    for i in range(state.done, schedule.steps):
        x0 = predict(latents, i)
        ahead = step(latents, x0, a[i], s[i], a[i + 1], s[i + 1])
        if i + 1 < schedule.steps:  # at sigma 0 there is nothing left to ask
            x0_ahead = predict(ahead, i + 1)
            eps, eps_ahead = (latents - a[i] * x0) / s[i], (ahead - a[i + 1] * x0_ahead) / s[i + 1]
            by_alpha, by_sigma = (a[i + 1] - a[i]) / 2, (s[i + 1] - s[i]) / 2
            ahead = latents + by_alpha * (x0 + x0_ahead) + by_sigma * (eps + eps_ahead)
        latents = ahead
        yield State(latents, i + 1)


def dpmpp_2m(predict: Predict, state: State, schedule: Schedule) -> Iterator[State]:
    """Second order multistep, one evaluation a step (Lu et al. 2022, "DPM-Solver++", algorithm 2).

    x0 is extrapolated along lambda = log(alpha / sigma). First order where lambda is infinite (sigma 0) and
    where there is nothing to extrapolate from: the first step, and the second when alpha starts at 0.
    """
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    gaps = (schedule.alphas.double() / schedule.sigmas.double()).log().diff().tolist()
    latents, previous = state.latents, state.previous
    for i in range(state.done, schedule.steps):
        x0 = estimate = predict(latents, i)
        if previous is not None and math.isfinite(gaps[i]):
            estimate = x0 + gaps[i] / (2 * gaps[i - 1]) * (x0 - previous)
        previous = x0
        latents = step(latents, estimate, a[i], s[i], a[i + 1], s[i + 1])
        yield State(latents, i + 1, previous)


def dpmpp_2m_sde(predict: Predict, state: State, schedule: Schedule, draw: DrawAt) -> Iterator[State]:
    """`dpmpp_2m` along the reverse SDE: a part of the noise is replaced at every step but the last.

    With h the step in lambda = log(alpha / sigma), e^-h of the noise stays (Lu et al. 2022, "DPM-Solver++",
    appendix B).
    """
    a, s = schedule.alphas.tolist(), schedule.sigmas.tolist()
    latents, previous = state.latents, state.previous
    for i, (a_end, s_end) in enumerate(schedule.ends()[state.done :], start=state.done):
        x0 = estimate = predict(latents, i)
        kept = a[i] * s_end / (s[i] * a_end)  # e^-h
        if previous is not None and kept > 0 and a[i - 1] > 0:
            gap_before = math.log(a[i] / s[i]) - math.log(a[i - 1] / s[i - 1])
            estimate = x0 - math.log(kept) / (2 * gap_before) * (x0 - previous)
        previous = x0
        latents = s_end / s[i] * kept * latents + a_end * (1 - kept**2) * estimate
        if s_end > 0:
            latents = latents + s_end * math.sqrt(1 - kept**2) * draw(latents, i)
        yield State(latents, i + 1, previous)


def named(name: str, seed: int) -> Sampler:
    """The sampler of a request; one that draws noise on its way draws that of `seed`."""
    if name in STOCHASTIC:
        return partial(STOCHASTIC[name], draw=noise.stepwise(seed, "sampler"))
    return SAMPLERS[name]


SAMPLERS: dict[str, Sampler] = {"euler": euler, "heun": heun, "dpmpp-2m": dpmpp_2m}
STOCHASTIC = {"dpmpp-2m-sde": dpmpp_2m_sde}
