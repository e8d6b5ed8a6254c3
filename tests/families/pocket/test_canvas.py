"""The photo past its edges."""

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange

from i2v_cli.families.pocket.canvas import Margins, extend
from i2v_cli.media import image

MARGINS = Margins(left=20, top=9, right=31, bottom=16)


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    """[3, 120, 160], smooth, every place different."""
    y, x = torch.meshgrid(torch.linspace(0, 3, 120), torch.linspace(0, 4, 160), indexing="ij")
    waves = [torch.sin(2 * x + phase) * torch.cos(y + phase) for phase in (0, 1, 2)]
    return (torch.stack(waves) * 100 + 128).round()


def test_the_photo_stands_in_its_canvas_unchanged(picture):
    canvas = extend(picture.to(torch.uint8), MARGINS)
    assert canvas.shape == (3, 120 + 25, 160 + 51)
    assert torch.equal(canvas[:, 9:129, 20:180], picture)


def test_what_is_added_comes_from_the_photo(picture):
    canvas = extend(picture, MARGINS)
    assert canvas.isfinite().all()
    for channel in range(3):
        assert canvas[channel].min() >= picture[channel].min() - 1
        assert canvas[channel].max() <= picture[channel].max() + 1


def test_a_plain_picture_goes_on_plain():
    plain = torch.full((3, 80, 90), 77.0)
    assert torch.allclose(extend(plain, MARGINS), torch.tensor(77.0), atol=0.01)


def test_no_margins_change_nothing(picture):
    assert torch.equal(extend(picture, Margins()), picture)


@pytest.mark.parametrize("size", [(16, 16), (2, 40), (500, 17), (64, 64)])
def test_any_size_has_a_canvas_wider_than_itself(size):
    photo = torch.randint(0, 255, (3, *size), dtype=torch.uint8)
    canvas = extend(photo, Margins(left=size[1], top=size[0], right=1, bottom=0))
    assert canvas.shape == (3, 2 * size[0], 2 * size[1] + 1)
    assert torch.equal(canvas[:, size[0] :, size[1] : 2 * size[1]], photo.float())


def test_above_and_below_it_comes_closer_to_the_truth_than_mirroring(photo):
    pixels, _ = image.fit(image.load(photo).pixels, 384, 240, "crop")
    truth = rearrange(torch.from_numpy(pixels), "h w c -> c h w").float()
    inner = truth[:, 36:-36]
    mirrored = F.pad(inner[None], (0, 0, 36, 36), mode="reflect")[0]
    errors = [
        (made - truth).square().mean() for made in (extend(inner, Margins(top=36, bottom=36)), mirrored)
    ]
    assert errors[0] < errors[1]
