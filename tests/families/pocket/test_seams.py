"""Patches side by side in one light."""

import torch

from i2v_cli.families.pocket.patches import Window
from i2v_cli.families.pocket.seams import evened


def window(picture: torch.Tensor, right: int) -> Window:
    return Window(picture, top=0, left=0, height=picture.shape[1], width=picture.shape[2] + right)


def sources(seen: Window, columns: torch.Tensor) -> torch.Tensor:
    """[2, height, width]: the picture's own rows, and what of its columns goes on beyond it."""
    rows, own = seen.places()
    beyond = columns.expand(seen.height, -1)
    return torch.stack([rows, torch.cat([own[:, : seen.width - beyond.shape[1]], beyond], dim=1)])


def lit(seen: Window, places: torch.Tensor) -> torch.Tensor:
    return seen.seen(*places) + evened(seen, places)


def test_a_slope_goes_on_without_a_step():
    picture = torch.linspace(40, 71, 32).expand(3, 16, 32).contiguous()  # a level a column
    seen = window(picture, right=8)
    places = sources(seen, torch.arange(20, 28))  # 51 levels after 71
    assert seen.seen(*places).diff(dim=2).abs().max() > 10
    assert lit(seen, places).diff(dim=2).abs().max() < 2


def test_the_picture_itself_keeps_its_light():
    picture = torch.rand(3, 16, 32, generator=torch.Generator().manual_seed(1)) * 255
    seen = window(picture, right=8)
    assert torch.equal(lit(seen, sources(seen, torch.arange(4, 12)))[:, :, :32], picture)


def test_what_fits_already_is_left_as_it_is():
    picture = torch.full((3, 16, 32), 90.0)
    seen = window(picture, right=8)
    assert torch.equal(evened(seen, sources(seen, torch.arange(8))), torch.zeros(3, 16, 40))


def test_an_outline_stays_an_outline():
    picture = torch.full((3, 16, 32), 20.0)
    picture[:, :, :12] = 230  # another thing
    seen = window(picture, right=8)
    places = sources(seen, torch.arange(2, 10))
    step = lit(seen, places)[:, :, 31:33].diff(dim=2)
    assert (step > 150).all()
