"""Which latent frames are held, to what, and until when."""

import pytest
import torch

from i2v_cli.errors import UsageError
from i2v_cli.families.opensora.pins import Hold, held_at, written
from i2v_cli.families.opensora.sizes import held

TOTAL = 51  # frames; 15 latents


@pytest.mark.parametrize(
    ("at", "count", "latents"),
    [
        (0, 1, range(1)),
        (34, 1, range(10, 11)),
        (-17, 1, range(10, 11)),
        (-1, 1, range(14, 15)),
        (50, 1, range(14, 15)),
        (0, 17, range(5)),
        (17, 34, range(5, 15)),
        (-17, 17, range(10, 15)),
        (0, 51, range(15)),
    ],
)
def test_frames_hold_the_latents_of_their_chunks(at, count, latents):
    assert held(at, count, TOTAL) == latents


@pytest.mark.parametrize(
    ("at", "count"), [(1, 1), (49, 1), (3, 17), (0, 5), (51, 1), (-60, 1), (34, 34), (0, 0)]
)
def test_frames_that_share_a_chunk_with_free_ones_are_refused(at, count):
    with pytest.raises(UsageError, match="cannot be held") as caught:
        held(at, count, TOTAL)
    assert "17" in caught.value.hint


def test_free_frames_are_ones_and_nothing():
    clean, hold = written([Hold(latents=torch.full((4, 2, 3, 3), 5.0), start=1, edit=0.25)], (4, 6, 3, 3))
    assert hold.tolist() == [1, 0.25, 0.25, 1, 1, 1]
    assert clean.shape == (1, 4, 6, 3, 3)
    assert clean.sum((0, 1, 3, 4)).tolist() == [0, 180, 180, 0, 0, 0]


def test_of_holds_that_overlap_the_last_counts():
    first, second = (
        Hold(latents=torch.full((4, 3, 1, 1), value), start=start) for value, start in ((1.0, 0), (2.0, 2))
    )
    clean, _ = written([first, second], (4, 6, 1, 1))
    assert clean[0, 0, :, 0, 0].tolist() == [1, 1, 2, 2, 2, 0]


def test_a_frame_is_let_go_at_its_share_of_noise():
    hold = torch.tensor([0.0, 0.6, 1.0])
    assert held_at(hold, 1.0).tolist() == [True, True, False]
    assert held_at(hold, 0.5).tolist() == [True, False, False]
    assert held_at(hold[1:], 0.3) is None
