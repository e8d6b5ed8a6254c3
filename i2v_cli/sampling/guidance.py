"""Classifier-free guidance (Ho and Salimans 2022) on x0, both predictions in one batch of two."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from i2v_cli.sampling.samplers import Predict

PredictPair: TypeAlias = Callable[[Tensor, int], Tensor]
"""(latents [B, ...], step) -> x0 [B, ...]: B = 2 is (conditional, unconditional), B = 1 the conditional."""


def guided(x0_cond: Tensor, x0_uncond: Tensor, scale: float) -> Tensor:
    """All [...] of one shape. Scale 0 is the unconditional answer, 1 the conditional, more goes past it."""
    return x0_uncond + scale * (x0_cond - x0_uncond)


def classifier_free(predict_pair: PredictPair, scale: float) -> Predict:
    """A `Predict` on latents [1, ...]: both answers in one batch, at scale 1 only the conditional one."""
    if scale == 1:
        return predict_pair

    def predict(latents: Tensor, step: int) -> Tensor:
        x0_cond, x0_uncond = predict_pair(torch.cat([latents, latents]), step).chunk(2)
        return guided(x0_cond, x0_uncond, scale)

    return predict
