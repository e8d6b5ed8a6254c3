import pytest
import torch

from i2v_cli.sampling.schedule import flow


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
