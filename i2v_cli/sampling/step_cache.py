"""First-block cache: a step whose first block changed little takes the other blocks' work from a step before.

The idea is ParaAttention's (2024); it needs no training and no calibration. With h0 what enters the blocks,
h1 what the first one makes of it and h what the last one leaves,

    change = mean |r - r'| / mean |r'|    with r = h1 - h0 now, r' at the last step that was computed whole

and where change < threshold the step answers h1 + (h' - h1') instead of running the rest. Knows no network.
"""

from collections.abc import Callable

from torch import Tensor


class StepCache:
    """One for each sequence of steps that are alike: the two halves of guidance, run in turn, have one each.

    threshold: 0 never skips, and then answers bit for bit what the blocks do. `asked`, `skipped`: counts of
    steps.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.asked = 0
        self.skipped = 0
        self._first: Tensor | None = None  # r'
        self._rest: Tensor | None = None  # h' - h1'

    def __call__(
        self, hidden: Tensor, first: Callable[[Tensor], Tensor], rest: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """hidden: [...]; `first` is the first block, `rest` all others; both keep the shape.

        A second stream, like a joint transformer's text, goes from `first` to `rest` in what they close over.
        """
        self.asked += 1
        entered = first(hidden)
        if self.threshold == 0:
            return rest(entered)
        residual = entered - hidden
        if self._rest is not None and self._change(residual) < self.threshold:
            self.skipped += 1
            return entered + self._rest
        left = rest(entered)
        self._first, self._rest = residual, left - entered
        return left

    def _change(self, residual: Tensor) -> float:
        assert self._first is not None
        before = self._first.float()
        return ((residual.float() - before).abs().mean() / before.abs().mean()).item()
