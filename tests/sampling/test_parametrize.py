import math

import torch

from i2v_cli.sampling.parametrize import x0_from_v, x0_from_velocity


def test_x0_from_velocity_undoes_the_flow() -> None:
    x0, eps = torch.randn(2, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for sigma in (0.0, 0.3, 1.0):
        torch.testing.assert_close(x0_from_velocity((1 - sigma) * x0 + sigma * eps, eps - x0, sigma), x0)


def test_x0_from_velocity_takes_one_sigma_a_clip() -> None:
    x0, eps = torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(1))
    sigma = torch.tensor([[0.2], [0.9]])
    torch.testing.assert_close(x0_from_velocity((1 - sigma) * x0 + sigma * eps, eps - x0, sigma), x0)


def test_x0_from_v_undoes_variance_preserving_noise() -> None:
    x0, eps = torch.randn(2, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    for alpha in (0.0, 0.6, 1.0):
        sigma = math.sqrt(1 - alpha**2)
        torch.testing.assert_close(
            x0_from_v(alpha * x0 + sigma * eps, alpha * eps - sigma * x0, alpha, sigma), x0
        )
