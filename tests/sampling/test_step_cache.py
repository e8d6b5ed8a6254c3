import pytest
import torch
from torch import Tensor

from i2v_cli.sampling.step_cache import StepCache


class Blocks:
    """A first block that adds a tenth, and others that square; how often those were run."""

    def __init__(self) -> None:
        self.runs = 0

    def first(self, hidden: Tensor) -> Tensor:
        return hidden * 1.1

    def rest(self, hidden: Tensor) -> Tensor:
        self.runs += 1
        return hidden.square()

    def whole(self, hidden: Tensor) -> Tensor:
        return self.first(hidden).square()


def test_threshold_zero_answers_what_the_blocks_do_even_when_nothing_changes() -> None:
    blocks, cache, hidden = Blocks(), StepCache(0.0), torch.randn(4)
    for _ in range(3):
        assert torch.equal(cache(hidden, blocks.first, blocks.rest), blocks.whole(hidden))
    assert (blocks.runs, cache.asked, cache.skipped) == (3, 3, 0)


def test_the_first_step_is_always_computed() -> None:
    blocks, cache, hidden = Blocks(), StepCache(1.0), torch.randn(4)
    assert torch.equal(cache(hidden, blocks.first, blocks.rest), blocks.whole(hidden))
    assert cache.skipped == 0


def test_a_step_that_changed_little_adds_what_the_rest_added_before() -> None:
    blocks, cache = Blocks(), StepCache(0.05)
    before, now = torch.full((4,), 2.0), torch.full((4,), 2.06)  # 3 % more
    added = blocks.whole(before) - blocks.first(before)
    cache(before, blocks.first, blocks.rest)
    torch.testing.assert_close(cache(now, blocks.first, blocks.rest), blocks.first(now) + added)
    assert (blocks.runs, cache.asked, cache.skipped) == (1, 2, 1)


@pytest.mark.parametrize(("factor", "skipped"), [(1.049, 1), (1.051, 0), (0.951, 1), (0.949, 0)])
def test_the_threshold_is_the_relative_change_of_what_the_first_block_adds(
    factor: float, skipped: int
) -> None:
    blocks, cache = Blocks(), StepCache(0.05)
    hidden = torch.tensor([1.0, -2.0, 3.0])
    cache(hidden, blocks.first, blocks.rest)
    cache(hidden * factor, blocks.first, blocks.rest)
    assert cache.skipped == skipped


def test_small_changes_do_not_add_up_unseen() -> None:
    """Each step is compared with the last that was computed, not with the last that was skipped."""
    blocks, cache = Blocks(), StepCache(0.05)
    hidden = torch.ones(4)
    for step in range(6):  # 2 % a step
        cache(hidden * (1 + 0.02 * step), blocks.first, blocks.rest)
    assert blocks.runs == 2  # at the start, and at 6 %


def test_a_first_block_that_adds_nothing_never_skips() -> None:
    cache, hidden, runs = StepCache(0.5), torch.ones(3), []
    for _ in range(3):
        cache(hidden, lambda x: x, lambda x: runs.append(1) or x + 1)
    assert len(runs) == 3


def test_a_cached_answer_keeps_its_dtype() -> None:
    blocks, cache, hidden = Blocks(), StepCache(0.5), torch.ones(3, dtype=torch.bfloat16)
    cache(hidden, blocks.first, blocks.rest)
    assert cache(hidden, blocks.first, blocks.rest).dtype == torch.bfloat16
    assert cache.skipped == 1
