"""What networks are trained to answer, turned into x0: one-line pure functions, called by the family."""

from torch import Tensor


def x0_from_velocity(latents: Tensor, velocity: Tensor, sigma: Tensor | float) -> Tensor:
    """Flow matching: x = (1 - sigma) x0 + sigma eps and velocity = eps - x0, hence x0 = x - sigma velocity.

    latents, velocity: [...] of one shape; sigma: a number, or a tensor that broadcasts, such as [B, 1, 1].
    """
    return latents - sigma * velocity
