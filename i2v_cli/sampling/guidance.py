"""Classifier-free guidance (Ho and Salimans 2022) on x0: both predictions in one batch of two, or in turn."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from i2v_cli.sampling.samplers import Predict

PredictPair: TypeAlias = Callable[[Tensor, int], Tensor]
"""(latents [B, ...], step) -> x0 [B, ...]: B = 2 is (conditional, unconditional), B = 1 the conditional."""

Scale: TypeAlias = float | Tensor | Callable[[int], float]
"""A number; a tensor that broadcasts over the latents, such as one number a frame; or a number a step."""


def guided(x0_cond: Tensor, x0_uncond: Tensor, scale: float | Tensor) -> Tensor:
    """All [...] of one shape. Scale 0 is the unconditional answer, 1 the conditional, more goes past it."""
    return x0_uncond + scale * (x0_cond - x0_uncond)


def classifier_free(predict_pair: PredictPair, scale: Scale) -> Predict:
    """A `Predict` on latents [1, ...]: both answers in one batch, at scale 1 only the conditional one."""
    if _is_one(scale):
        return predict_pair

    def predict(latents: Tensor, step: int) -> Tensor:
        x0_cond, x0_uncond = predict_pair(torch.cat([latents, latents]), step).chunk(2)
        return guided(x0_cond, x0_uncond, _at(scale, step))

    return predict


def in_turn(predict_cond: Predict, predict_uncond: Predict, scale: Scale) -> Predict:
    """The same answers one after the other: half the activations, twice the way through the weights.

    For networks that one clip keeps busy: there the pair would only take more memory.
    """
    if _is_one(scale):
        return predict_cond

    def predict(latents: Tensor, step: int) -> Tensor:
        x0_uncond = predict_uncond(latents, step)
        return guided(predict_cond(latents, step), x0_uncond, _at(scale, step))

    return predict


def _is_one(scale: Scale) -> bool:
    return not callable(scale) and bool((torch.as_tensor(scale) == 1).all())


def _at(scale: Scale, step: int) -> float | Tensor:
    return scale(step) if callable(scale) else scale
