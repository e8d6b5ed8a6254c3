"""Coarse gates take the outlines of the picture."""

import pytest
import torch
import torch.nn.functional as F

from i2v_cli.families.pocket.edges import edged, filled

SIZE = (128, 192)
CELLS = (16, 24)


def picture(mask: torch.Tensor, inside: tuple[int, ...], outside: tuple[int, ...]) -> torch.Tensor:
    """[3, H, W] uint8 with some grain: two colours, where the mask is and where it is not."""
    colours = torch.where(mask, torch.tensor(inside)[:, None, None], torch.tensor(outside)[:, None, None])
    grain = torch.randint(-6, 7, (3, *SIZE), generator=torch.Generator().manual_seed(0))
    return (colours + grain).clamp(0, 255).to(torch.uint8)


def cells(mask: torch.Tensor, *, shifted: int = 0) -> torch.Tensor:
    """[1, 1, 16, 24]: what a network would see of the mask, so many pixels beside it."""
    return F.interpolate(mask.roll(shifted, dims=1)[None, None].float(), size=CELLS, mode="area")


def slope() -> torch.Tensor:
    """Everything above a slanted line."""
    y, x = torch.arange(SIZE[0])[:, None], torch.arange(SIZE[1])[None]
    return y + 0.3 * x < 90


def agreement(gate: torch.Tensor, mask: torch.Tensor) -> float:
    gate = gate > 0.5
    return ((gate & mask).sum() / (gate | mask).sum()).item()


@pytest.mark.parametrize("shifted", [0, 4, -4])
def test_a_coarse_gate_takes_the_outline_of_a_two_coloured_picture(shifted):
    mask = slope()
    gate = cells(mask, shifted=shifted)
    sharp = edged(gate, picture(mask, (90, 140, 220), (70, 60, 40)), SIZE)[0, 0]
    assert sharp.shape == SIZE
    inner = (slice(None), slice(8, -8))  # a shifted mask wraps around
    assert agreement(sharp[inner], mask[inner]) > 0.985
    assert ((sharp > 0.05) & (sharp < 0.95))[inner].float().mean() < 0.04  # no wide seam


def test_a_gate_off_by_half_a_cell_comes_closer_than_it_was():
    mask = slope()
    gate = cells(mask, shifted=4)
    coarse = F.interpolate(gate, size=SIZE, mode="bilinear")[0, 0]
    sharp = edged(gate, picture(mask, (90, 140, 220), (70, 60, 40)), SIZE)[0, 0]
    assert 1 - agreement(sharp, mask) < (1 - agreement(coarse, mask)) / 2


def test_what_has_the_same_colours_far_away_stays_shut():
    near, far = torch.zeros(SIZE, dtype=torch.bool), torch.zeros(SIZE, dtype=torch.bool)
    near[40:90, 20:70] = True
    far[40:90, 120:170] = True
    sharp = edged(cells(near), picture(near | far, (200, 40, 40), (60, 120, 60)), SIZE)[0, 0]
    assert agreement(sharp, near) > 0.95
    assert sharp[:, 90:].max() == 0


def test_each_gate_goes_its_own_way_and_what_is_shut_stays_shut():
    mask = slope()
    photo = picture(mask, (90, 140, 220), (70, 60, 40))
    gates = torch.cat([cells(mask), torch.zeros(1, 1, *CELLS), cells(~mask)], dim=1)
    above, shut, below = edged(gates, photo, SIZE)[0]
    assert shut.abs().max() == 0
    assert agreement(above, mask) > 0.98 and agreement(below, ~mask) > 0.98
    assert not edged(torch.zeros(1, 3, *CELLS), photo, SIZE).any()


def test_a_gate_that_is_half_open_stays_half_open():
    mask = slope()
    sharp = edged(0.5 * cells(mask), picture(mask, (90, 140, 220), (70, 60, 40)), SIZE)
    assert sharp.max().item() == pytest.approx(0.5)
    assert sharp.min() == 0


def test_gates_stay_between_shut_and_open_whatever_the_picture():
    noise = torch.randint(0, 256, (3, 50, 70), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    gates = torch.rand(1, 3, *CELLS, generator=torch.Generator().manual_seed(2))
    sharp = edged(gates, noise, (32, 45))
    assert sharp.isfinite().all() and sharp.min() >= 0 and sharp.max() <= 1


def test_filling_keeps_what_the_mask_shows():
    colours = torch.rand(1, 3, 37, 53, generator=torch.Generator().manual_seed(3)) * 255
    mask = torch.zeros(1, 1, 37, 53)
    mask[..., :20, :] = 1
    assert torch.equal(filled(colours, mask)[..., :20, :], colours[..., :20, :])


def test_what_is_filled_has_the_colours_that_lie_nearest():
    colours = torch.zeros(1, 3, 64, 96)
    colours[:, 0, :, :48] = 200  # red to the left, blue to the right, and something green that is masked
    colours[:, 2, :, 48:] = 200
    colours[:, :, 20:, :] = torch.tensor([0.0, 255.0, 0.0])[:, None, None]
    mask = torch.zeros(1, 1, 64, 96)
    mask[..., :20, :] = 1
    told_on = filled(colours, mask)
    assert told_on[:, 1].max() < 1  # none of the green
    assert (told_on[0, 0, 20:30, :24] > 150).all() and (told_on[0, 2, 20:30, -24:] > 150).all()
    assert (told_on[0, 0] + told_on[0, 2] > 199).all()  # further off a mixture of them


@pytest.mark.parametrize("size", [(2, 2), (3, 50), (17, 5), (64, 64)])
def test_a_mask_that_shows_everything_changes_nothing_at_any_size(size):
    colours = torch.rand(1, 3, *size)
    assert torch.allclose(filled(colours, torch.ones(1, 1, *size)), colours, atol=1e-6) or min(size) < 4
    assert filled(colours, torch.zeros(1, 1, *size)).isfinite().all()
