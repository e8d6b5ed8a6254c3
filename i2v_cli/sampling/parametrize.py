"""What networks are trained to answer, turned into x0: one-line pure functions, called by the family."""

from torch import Tensor


def x0_from_v(latents: Tensor, v: Tensor, alpha: float, sigma: float) -> Tensor:
    """Variance preserving (alpha^2 + sigma^2 = 1) and v = alpha eps - sigma x0, hence x0 = alpha x - sigma v.

    latents, v: [...] of one shape (Salimans and Ho 2022, "Progressive Distillation", appendix D).
    """
    return alpha * latents - sigma * v


def x0_from_velocity(latents: Tensor, velocity: Tensor, sigma: Tensor | float) -> Tensor:
    """Flow matching: x = (1 - sigma) x0 + sigma eps and velocity = eps - x0, hence x0 = x - sigma velocity.

    latents, velocity: [...] of one shape; sigma: a number, or a tensor that broadcasts, such as [B, 1, 1].
    """
    return latents - sigma * velocity
