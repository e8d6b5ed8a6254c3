import pytest
import torch
from torch import Tensor

from i2v_cli.sampling.guidance import classifier_free, guided


class Pair:
    """A stand-in network: pulls conditional clips up, unconditional ones down; notes the batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, latents: Tensor, step: int) -> Tensor:
        self.batches.append(len(latents))
        if len(latents) == 1:
            return latents + 1 + step
        cond, uncond = latents.chunk(2)
        return torch.cat([cond + 1 + step, uncond - 1])


def test_guided_goes_past_the_conditional_answer() -> None:
    assert torch.equal(guided(torch.tensor([3.0]), torch.tensor([1.0]), 2.0), torch.tensor([5.0]))


def test_scale_zero_is_the_unconditional_answer() -> None:
    latents = torch.zeros(1, 4)
    assert torch.equal(classifier_free(Pair(), 0.0)(latents, 0), latents - 1)


def test_scale_one_asks_only_for_the_conditional_answer() -> None:
    pair, latents = Pair(), torch.zeros(1, 4)
    assert torch.equal(classifier_free(pair, 1.0)(latents, 2), latents + 3)
    assert pair.batches == [1]


def test_other_scales_ask_for_both_answers_in_one_batch() -> None:
    pair, latents = Pair(), torch.zeros(1, 4)
    torch.testing.assert_close(classifier_free(pair, 2.5)(latents, 2), latents - 1 + 2.5 * 4)
    assert pair.batches == [2]


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_guidance_keeps_the_shape_of_the_latents(scale: float) -> None:
    latents = torch.zeros(1, 2, 3, 4)
    assert classifier_free(Pair(), scale)(latents, 0).shape == latents.shape
