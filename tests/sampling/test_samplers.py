"""Samplers against what is known in closed form: data that is one Gaussian."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor

from i2v_cli.request import Sampler as SamplerName
from i2v_cli.sampling import noise
from i2v_cli.sampling.samplers import (
    SAMPLERS,
    STOCHASTIC,
    Predict,
    State,
    dpmpp_2m,
    dpmpp_2m_sde,
    euler,
    named,
    step,
)
from i2v_cli.sampling.schedule import Schedule, flow, scaled_linear, trailing

MEAN, SPREAD = 0.7, 0.5  # the data are N(MEAN, SPREAD^2)

names = pytest.mark.parametrize("name", SAMPLERS)


def gaussian(schedule: Schedule) -> Predict:
    """The exact E[x0 | x] of the Gaussian data at each of the schedule's levels."""

    def predict(latents: Tensor, step: int) -> Tensor:
        a, s = float(schedule.alphas[step]), float(schedule.sigmas[step])
        return MEAN + a * SPREAD**2 / (a**2 * SPREAD**2 + s**2) * (latents - a * MEAN)

    return predict


def exact(schedule: Schedule, index: int, z: Tensor) -> Tensor:
    """Where the probability flow carries the standard normal quantiles z at one level."""
    a, s = float(schedule.alphas[index]), float(schedule.sigmas[index])
    return a * MEAN + math.sqrt(a**2 * SPREAD**2 + s**2) * z


def inner(steps: int) -> Schedule:
    """Flow levels that touch neither alpha = 0 nor sigma = 0, where DPM++ has to drop to first order."""
    sigmas = torch.linspace(0.9, 0.1, steps + 1, dtype=torch.float64)
    return Schedule(1 - sigmas, sigmas, sigmas[:-1])


def error(name: str, schedule: Schedule) -> float:
    z = torch.linspace(-2, 2, 9, dtype=torch.float64)
    *_, last = SAMPLERS[name](gaussian(schedule), State(exact(schedule, 0, z)), schedule)
    return float((last.latents - exact(schedule, -1, z)).abs().max())


def order(name: str, levels: Callable[[int], Schedule], steps: int = 80) -> float:
    return math.log2(error(name, levels(steps)) / error(name, levels(2 * steps)))


def test_samplers_are_those_a_request_can_name() -> None:
    assert SAMPLERS.keys() | STOCHASTIC.keys() == set(get_args(SamplerName))


@pytest.mark.parametrize("shift", [1.0, 3.0])
@pytest.mark.parametrize(("name", "low", "high"), [("euler", 0.9, 1.1), ("heun", 1.9, 2.1)])
def test_error_falls_with_the_order_of_the_sampler(name: str, low: float, high: float, shift: float) -> None:
    assert low < order(name, lambda steps: flow(steps, shift)) < high


def test_dpmpp_2m_is_second_order_between_the_end_points() -> None:
    assert 1.9 < order("dpmpp-2m", inner) < 2.1


def test_dpmpp_2m_stays_well_above_first_order_from_pure_noise_to_data() -> None:
    assert order("dpmpp-2m", flow) > 1.6


@names
def test_twenty_steps_land_near_the_data(name: str) -> None:
    assert error(name, flow(20)) < 0.1


def test_step_is_euler_on_the_velocity_for_flow_matching() -> None:
    x, x0 = torch.randn(2, 1000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    s, s_next = 0.8, 0.35
    velocity = (x - x0) / s
    torch.testing.assert_close(
        step(x, x0, 1 - s, s, 1 - s_next, s_next), x + (s_next - s) * velocity, rtol=0, atol=1e-14
    )


def test_step_is_euler_on_karras_levels() -> None:
    x, x0 = torch.randn(2, 1000, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    s, s_next = 14.6, 9.1
    torch.testing.assert_close(
        step(x, x0, 1, s, 1, s_next), x + (s_next - s) * (x - x0) / s, rtol=0, atol=1e-13
    )


def test_step_is_ddim_on_variance_preserving_levels() -> None:
    x, x0 = torch.randn(2, 1000, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    a, a_next = 0.3, 0.75
    s, s_next = math.sqrt(1 - a**2), math.sqrt(1 - a_next**2)
    eps = (x - a * x0) / s
    torch.testing.assert_close(
        step(x, x0, a, s, a_next, s_next), a_next * x0 + s_next * eps, rtol=0, atol=1e-14
    )


def test_step_is_first_order_dpm_solver_plus_plus() -> None:
    x, x0 = torch.randn(2, 1000, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    a, s, a_next, s_next = 0.3, 0.7, 0.6, 0.4
    gap = math.log(a_next / s_next) - math.log(a / s)
    expected = s_next / s * x - a_next * math.expm1(-gap) * x0
    torch.testing.assert_close(step(x, x0, a, s, a_next, s_next), expected, rtol=0, atol=1e-14)


def test_dpmpp_2m_is_the_published_formula_where_lambda_is_finite() -> None:
    schedule = inner(4)
    predict = gaussian(schedule)
    lambdas = (schedule.alphas / schedule.sigmas).log()
    x = torch.linspace(-1, 1, 5, dtype=torch.float64)
    before = None
    for i, state in enumerate(dpmpp_2m(predict, State(x), schedule)):
        x0 = predict(x, i)
        gap = lambdas[i + 1] - lambdas[i]
        ratio = (lambdas[i] - lambdas[i - 1]) / gap
        mixed = x0 if before is None else (1 + 1 / (2 * ratio)) * x0 - 1 / (2 * ratio) * before
        x = (
            schedule.sigmas[i + 1] / schedule.sigmas[i] * x
            - schedule.alphas[i + 1] * torch.expm1(-gap) * mixed
        )
        before = x0
        torch.testing.assert_close(state.latents, x, rtol=0, atol=1e-14)


@names
@pytest.mark.parametrize("steps", [1, 2, 3, 10])
def test_latents_are_finite_from_alpha_zero_to_sigma_zero(name: str, steps: int) -> None:
    schedule = flow(steps, 3.0)
    yielded = list(SAMPLERS[name](gaussian(schedule), State(torch.randn(5)), schedule))
    assert [state.done for state in yielded] == list(range(1, steps + 1))
    assert all(state.latents.isfinite().all() for state in yielded)


@names
def test_one_step_answers_the_prediction(name: str) -> None:
    x0 = torch.tensor([0.25, -3.0])
    (last,) = SAMPLERS[name](lambda latents, step: x0, State(torch.randn(2)), flow(1))
    assert torch.equal(last.latents, x0)


@names
def test_a_batch_of_two_is_each_alone(name: str) -> None:
    schedule = flow(6, 2.0)
    pair = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(4))
    *_, together = SAMPLERS[name](gaussian(schedule), State(pair), schedule)
    for clip, expected in zip(pair, together.latents, strict=True):
        *_, alone = SAMPLERS[name](gaussian(schedule), State(clip[None]), schedule)
        assert torch.equal(alone.latents[0], expected)


@pytest.mark.parametrize("schedule", [flow(6, 3.0), trailing(6, scaled_linear(1000, 0.00085, 0.012))])
@pytest.mark.parametrize("name", get_args(SamplerName))
@pytest.mark.parametrize("stop", range(7))
def test_from_any_of_its_states_a_sampler_goes_on_to_the_same_end(
    name: str, stop: int, schedule: Schedule
) -> None:
    start = State(torch.randn(50, generator=torch.Generator().manual_seed(5)))
    states = [start, *named(name, seed=3)(gaussian(schedule), start, schedule)]
    later = list(named(name, seed=3)(gaussian(schedule), states[stop], schedule))
    assert [state.done for state in later] == list(range(stop + 1, 7))
    for state, uninterrupted in zip(later, states[stop + 1 :], strict=True):
        assert torch.equal(state.latents, uninterrupted.latents)


def test_dpmpp_2m_cannot_go_on_from_latents_alone() -> None:
    schedule = flow(6, 3.0)
    states = list(dpmpp_2m(gaussian(schedule), State(torch.randn(50)), schedule))
    *_, forgetful = dpmpp_2m(gaussian(schedule), State(states[2].latents, 3), schedule)
    assert not torch.equal(forgetful.latents, states[-1].latents)


@names
def test_the_noise_that_was_given_is_left_as_it_was(name: str) -> None:
    schedule, noise = flow(3), torch.randn(4)
    kept = noise.clone()
    list(SAMPLERS[name](gaussian(schedule), State(noise), schedule))
    assert torch.equal(noise, kept)


@pytest.mark.parametrize(("name", "evaluations"), [("euler", 5), ("heun", 9), ("dpmpp-2m", 5)])
def test_evaluations_are_as_many_as_promised(name: str, evaluations: int) -> None:
    schedule = flow(5)
    asked: list[int] = []

    def predict(latents: Tensor, step: int) -> Tensor:
        asked.append(step)
        return latents

    list(SAMPLERS[name](predict, State(torch.randn(2)), schedule))
    assert len(asked) == evaluations
    assert set(asked) == set(range(5))


def test_a_sampler_works_only_as_far_as_it_is_asked() -> None:
    asked: list[int] = []

    def predict(latents: Tensor, step: int) -> Tensor:
        asked.append(step)
        return latents

    next(euler(predict, State(torch.randn(2)), flow(5)))
    assert asked == [0]


def trained() -> torch.Tensor:
    return scaled_linear(1000, 0.00085, 0.012)


def test_the_sde_ends_with_the_spread_of_the_data() -> None:
    """Twenty thousand clips of one value: noise that is drawn on the way is neither too much nor too
    little.
    """
    schedule = trailing(100, trained())
    start = torch.randn(20_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    *_, last = dpmpp_2m_sde(gaussian(schedule), State(start), schedule, noise.stepwise(1, "test"))
    assert float(last.latents.mean()) == pytest.approx(MEAN, abs=0.02)
    assert float(last.latents.std()) == pytest.approx(SPREAD, abs=0.02)


def test_the_sde_draws_nothing_at_the_last_step() -> None:
    schedule = trailing(4, trained())
    drawn: list[int] = []

    def draw(x: Tensor, step: int) -> Tensor:
        drawn.append(step)
        return torch.zeros_like(x)

    list(dpmpp_2m_sde(gaussian(schedule), State(torch.randn(3)), schedule, draw))
    assert drawn == [0, 1, 2]


def test_a_stochastic_sampler_repeats_itself_for_a_seed_and_not_for_another() -> None:
    schedule = trailing(4, trained())
    once, again, other = (
        list(named("dpmpp-2m-sde", seed)(gaussian(schedule), State(torch.zeros(5)), schedule))[-1].latents
        for seed in (3, 3, 4)
    )
    assert torch.equal(once, again)
    assert not torch.allclose(once, other)


@pytest.mark.parametrize("name", ["heun", "dpmpp-2m"])
def test_samplers_that_no_published_scheduler_has_do_not_round(name: str) -> None:
    schedule = trailing(3, trained())
    exact = replace(schedule, arrivals=None)
    ends = [
        list(SAMPLERS[name](gaussian(each), State(torch.ones(3)), each))[-1].latents
        for each in (schedule, exact)
    ]
    assert schedule.arrivals is not None and torch.equal(*ends)


def test_euler_goes_where_the_schedule_says_that_a_step_ends() -> None:
    schedule = trailing(3, trained())
    assert schedule.arrivals is not None
    x0 = torch.tensor([2.0])
    second = list(euler(lambda latents, step: x0, State(torch.zeros(1)), schedule))[1].latents
    a, s = schedule.ends()[1]
    first_a, first_s = schedule.ends()[0]
    start = torch.tensor([first_a * 2.0])
    expected = step(start, x0, float(schedule.alphas[1]), float(schedule.sigmas[1]), a, s)
    assert first_s > 0 and torch.allclose(second, expected)
