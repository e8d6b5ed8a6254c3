"""The photo past its edges."""

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange

from i2v_cli.families.pocket.canvas import Margins, Uncropped, extend
from i2v_cli.media import image

MARGINS = Margins(left=20, top=9, right=31, bottom=16)
NOBODY = torch.zeros(4, 4)


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    """[3, 120, 160], smooth, every place different."""
    y, x = torch.meshgrid(torch.linspace(0, 3, 120), torch.linspace(0, 4, 160), indexing="ij")
    waves = [torch.sin(2 * x + phase) * torch.cos(y + phase) for phase in (0, 1, 2)]
    return (torch.stack(waves) * 100 + 128).round()


def test_the_photo_stands_in_its_canvas_unchanged(picture):
    canvas = extend(picture.to(torch.uint8), MARGINS, NOBODY)
    assert canvas.shape == (3, 120 + 25, 160 + 51)
    assert torch.equal(canvas[:, 9:129, 20:180], picture)


def test_what_is_added_comes_from_the_photo(picture):
    canvas = extend(picture, MARGINS, NOBODY)
    assert canvas.isfinite().all()
    for channel in range(3):
        assert canvas[channel].min() >= picture[channel].min() - 1
        assert canvas[channel].max() <= picture[channel].max() + 1


def test_a_plain_picture_goes_on_plain():
    plain = torch.full((3, 80, 90), 77.0)
    assert torch.allclose(extend(plain, MARGINS, NOBODY), torch.tensor(77.0), atol=0.01)


def test_no_margins_change_nothing(picture):
    assert torch.equal(extend(picture, Margins(), NOBODY), picture)


@pytest.mark.parametrize("size", [(16, 16), (2, 40), (500, 17), (64, 64)])
def test_any_size_has_a_canvas_wider_than_itself(size):
    photo = torch.randint(0, 255, (3, *size), dtype=torch.uint8)
    canvas = extend(photo, Margins(left=size[1], top=size[0], right=1, bottom=0), NOBODY)
    assert canvas.shape == (3, 2 * size[0], 2 * size[1] + 1)
    assert torch.equal(canvas[:, size[0] :, size[1] : 2 * size[1]], photo.float())


def test_above_and_below_it_comes_closer_to_the_truth_than_mirroring(photo):
    pixels, _ = image.fit(image.load(photo).pixels, 384, 240, "crop")
    truth = rearrange(torch.from_numpy(pixels), "h w c -> c h w").float()
    inner = truth[:, 36:-36]
    mirrored = F.pad(inner[None], (0, 0, 36, 36), mode="reflect")[0]
    made = extend(inner, Margins(top=36, bottom=36), NOBODY)
    errors = [(one - truth).square().mean() for one in (made, mirrored)]
    assert errors[0] < errors[1]


def test_who_stands_in_the_photo_stands_there_once():
    dice = torch.Generator().manual_seed(3)
    photo = 128 + 20 * torch.randn(1, 96, 128, generator=dice).expand(3, -1, -1).contiguous()
    photo[:, 30:70, 70:100] = torch.tensor([255.0, 0.0, 0.0])[:, None, None]
    somebody = torch.zeros(96, 128)
    somebody[26:74, 66:104] = 1
    canvas = extend(photo, Margins(right=40), somebody)
    assert not _red(canvas[:, :, 128:]).any()
    assert _red(canvas[:, :, :128]).sum() == 40 * 30


def test_a_cloud_near_the_edge_is_not_repeated_beyond_it():
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(144.0), indexing="ij")
    sky = torch.stack([90 + 0.2 * y, 140 + 0.2 * y, 220 - 0.0 * y])
    cloud = 120 * torch.exp(-(((y - 6) / 4) ** 2) - ((x - 100) / 6) ** 2)
    grain = 2 * torch.randn(3, 96, 144, generator=torch.Generator().manual_seed(1))
    photo = (sky + cloud + grain).clamp(0, 255)
    beyond = extend(photo, Margins(0, 60, 0, 0), torch.zeros(1, 1))[0, :60]
    assert (beyond > 140).sum() < 2 * (photo[0] > 140).sum()


def test_what_the_edge_cuts_goes_on_beyond_it():
    stripes = torch.full((3, 96, 128), 90.0)
    stripes[:, 40:56] = torch.tensor([255.0, 0.0, 0.0])[:, None, None]
    canvas = extend(stripes, Margins(left=30, right=30), torch.zeros(4, 4))
    assert _red(canvas[:, 42:54]).all()
    assert not _red(canvas[:, :36]).any() and not _red(canvas[:, 60:]).any()


def test_the_same_photo_has_the_same_canvas(picture):
    assert torch.equal(extend(picture, MARGINS, NOBODY), extend(picture, MARGINS, NOBODY))


def _red(picture: torch.Tensor) -> torch.Tensor:
    return (picture[0] > 200) & (picture[1] < 60)


@pytest.mark.parametrize("width", [100, 70])
def test_what_a_crop_cut_off_comes_before_what_is_made_up(picture, width):
    cut = (160 - width) // 2
    cropped = picture[:, :, cut : cut + width]
    whole = Uncropped(picture.to(torch.uint8), Margins(left=cut, right=cut))
    canvas = extend(cropped, Margins(left=cut - 7, right=cut + 11, bottom=5), NOBODY, whole)
    assert canvas.shape == (3, 125, width + 2 * cut + 4)
    assert torch.equal(canvas[:, :120, : 160 - 7], picture[:, :, 7:])
    assert canvas.isfinite().all()


def test_a_crop_that_the_camera_does_not_leave_is_the_photo(picture):
    whole = Uncropped(picture, Margins(left=30, right=30))
    assert torch.equal(extend(picture[:, :, 30:130], Margins(), NOBODY, whole), picture[:, :, 30:130])
