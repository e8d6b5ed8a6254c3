import pytest
import torch

from i2v_cli.sampling.schedule import edm, flow, scaled_linear, trailing


def test_flow_without_shift_is_a_straight_line() -> None:
    schedule = flow(4, 1.0)
    assert schedule.sigmas.tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert schedule.alphas.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert schedule.timesteps.tolist() == [1.0, 0.75, 0.5, 0.25]


def test_flow_with_shift_three_spends_its_steps_at_high_noise() -> None:
    schedule = flow(4, 3.0)
    torch.testing.assert_close(schedule.sigmas, torch.tensor([1.0, 0.9, 0.75, 0.5, 0.0]))
    torch.testing.assert_close(schedule.alphas, torch.tensor([0.0, 0.1, 0.25, 0.5, 1.0]))


@pytest.mark.parametrize("steps", [1, 12, 500])
@pytest.mark.parametrize("shift", [0.2, 1.0, 5.0, 30.0])
def test_flow_falls_from_noise_to_data_in_fp32(steps: int, shift: float) -> None:
    schedule = flow(steps, shift)
    assert schedule.steps == steps
    assert schedule.sigmas.dtype == schedule.alphas.dtype == schedule.timesteps.dtype == torch.float32
    assert (schedule.sigmas.diff() < 0).all()
    assert (schedule.sigmas[0], schedule.sigmas[-1]) == (1, 0)
    assert torch.equal(schedule.timesteps, schedule.sigmas[:-1])
    torch.testing.assert_close(schedule.alphas + schedule.sigmas, torch.ones(steps + 1))


@pytest.mark.parametrize(("steps", "shift"), [(0, 1.0), (4, 0.0), (4, -1.0)])
def test_flow_refuses_levels_that_do_not_exist(steps: int, shift: float) -> None:
    with pytest.raises(ValueError, match=f"steps={steps}"):
        flow(steps, shift)


# What diffusers' schedulers of CogVideoX answer.
TRAILING = {
    1: [999],
    2: [999, 499],
    3: [999, 666, 332],
    4: [999, 749, 499, 249],
    6: [999, 832, 666, 499, 332, 166],
    7: [999, 856, 713, 570, 428, 285, 142],
}
ALPHAS_BAR = {
    0: 0.99915,
    1: 0.9982334461,
    19: 0.9810104569,
    100: 0.8867612845,
    499: 0.2423591666,
    979: 8.57878e-5,
}


@pytest.mark.parametrize("steps", TRAILING)
def test_trailing_feeds_the_published_timesteps(steps: int) -> None:
    schedule = trailing(steps, scaled_linear(1000, 0.00085, 0.012))
    assert schedule.timesteps.tolist() == TRAILING[steps]
    assert schedule.alphas.dtype == schedule.sigmas.dtype == schedule.timesteps.dtype == torch.float32


def test_scaled_linear_is_the_published_table_and_ends_without_any_picture() -> None:
    squares = scaled_linear(1000, 0.00085, 0.012)
    assert squares.dtype == torch.float64
    assert squares[999] == 0
    for index, value in ALPHAS_BAR.items():
        assert float(squares[index]) == pytest.approx(value, rel=1e-6)


def test_a_shifted_table_has_less_of_the_picture_everywhere_between_its_ends() -> None:
    plain, shifted = scaled_linear(1000, 0.00085, 0.012), scaled_linear(1000, 0.00085, 0.012, snr_shift=3.0)
    assert (shifted[1:-1] < plain[1:-1]).all()


@pytest.mark.parametrize("steps", [1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 1000])
def test_steps_that_divide_the_chain_end_where_the_next_begins(steps: int) -> None:
    schedule = trailing(steps, scaled_linear(1000, 0.00085, 0.012))
    assert schedule.arrivals is None
    assert (schedule.alphas[0], schedule.sigmas[0]) == (0, 1)
    assert schedule.ends()[-1] == (1, 0)


@pytest.mark.parametrize(("steps", "noise_left"), [(3, 0.0), (30, 0.0), (6, 0.03), (7, 0.03), (61, 0.0)])
def test_other_counts_end_with_the_little_noise_that_the_published_scheduler_leaves(
    steps: int, noise_left: float
) -> None:
    schedule = trailing(steps, scaled_linear(1000, 0.00085, 0.012))
    assert schedule.steps == steps
    assert schedule.arrivals is not None
    assert schedule.ends()[-1][1] == pytest.approx(noise_left, abs=0.05)


@pytest.mark.parametrize("steps", [0, 1001])
def test_trailing_refuses_counts_that_the_chain_has_not(steps: int) -> None:
    with pytest.raises(ValueError, match=f"steps={steps}"):
        trailing(steps, scaled_linear(1000, 0.00085, 0.012))


def test_edm_has_the_published_noise_beside_a_picture_of_unit_variance() -> None:
    schedule = edm(25, 0.002, 700.0)
    noise = (schedule.sigmas / schedule.alphas).tolist()
    assert noise[:4] == pytest.approx([700.0, 545.73, 421.57, 322.45], rel=1e-4)
    assert noise[-3:] == pytest.approx([0.00788, 0.002, 0.0], rel=1e-3)
    assert schedule.timesteps[[0, -1]].tolist() == pytest.approx([1.6378, -1.5537], abs=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_edm_preserves_variance_and_ends_without_noise(steps: int) -> None:
    schedule = edm(steps, 0.002, 700.0)
    assert schedule.steps == steps
    assert torch.allclose(schedule.alphas.square() + schedule.sigmas.square(), torch.ones(steps + 1))
    assert (schedule.alphas[-1], schedule.sigmas[-1]) == (1, 0)


@pytest.mark.parametrize(("steps", "lowest", "highest"), [(0, 0.002, 700), (5, 0, 700), (5, 700, 0.002)])
def test_edm_refuses_levels_that_do_not_fall(steps: int, lowest: float, highest: float) -> None:
    with pytest.raises(ValueError, match="edm"):
        edm(steps, lowest, highest)
