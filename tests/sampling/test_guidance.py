import pytest
import torch
from torch import Tensor

from i2v_cli.sampling.guidance import Scale, classifier_free, guided, in_turn


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


def cond(latents: Tensor, step: int) -> Tensor:
    return latents + 1 + step


def uncond(latents: Tensor, step: int) -> Tensor:
    return latents - 1


@pytest.mark.parametrize(
    "scale", [0.0, 1.0, 2.5, torch.tensor([1.0, 2.0, 3.0])[:, None], lambda step: 1.0 + step]
)
def test_in_turn_answers_what_the_pair_answers(scale: Scale) -> None:
    latents = torch.randn(1, 3, 4)
    for step in range(3):
        together = classifier_free(Pair(), scale)(latents, step)
        torch.testing.assert_close(in_turn(cond, uncond, scale)(latents, step), together)


def test_in_turn_at_scale_one_does_not_ask_for_the_unconditional_answer() -> None:
    def never(latents: Tensor, step: int) -> Tensor:
        raise AssertionError

    assert torch.equal(in_turn(cond, never, 1.0)(torch.zeros(1, 2), 0), torch.ones(1, 2))


def test_a_scale_for_each_frame_leaves_frames_at_one_as_they_are() -> None:
    latents, scale = torch.zeros(1, 3, 2), torch.tensor([1.0, 2.0, 3.0])[:, None]
    answer = classifier_free(Pair(), scale)(latents, 0)
    assert torch.equal(answer[0, :, 0], torch.tensor([1.0, 3.0, 5.0]))


def test_a_scale_for_each_step_is_asked_at_its_step() -> None:
    asked = []
    predict = in_turn(cond, uncond, lambda step: asked.append(step) or 2.0)
    for step in (0, 1, 2):
        predict(torch.zeros(1, 2), step)
    assert asked == [0, 1, 2]
