"""`--motion`, `--drag` and `--still` as planes over the frame."""

import cv2
import numpy as np
import pytest
import torch

from i2v_cli.families.pocket.config import KINDS, REFERENCE_CHANNELS
from i2v_cli.families.pocket.pushes import pushes
from i2v_cli.media import image

SOURCE = (300, 200)  # width, height of the photo
FITS = pytest.mark.parametrize("fit", ["crop", "pad", "blur", "stretch"])
SUBJECT, GROUND = KINDS.index("subject"), KINDS.index("ground")


@pytest.fixture
def asked(tmp_path, make_request):
    """A request for a grey photo; masks are drawn beside it by name: a rectangle of the photo's pixels."""
    cv2.imwrite(str(tmp_path / "photo.png"), np.full((SOURCE[1], SOURCE[0], 3), 90, dtype=np.uint8))

    def ask(**fields):
        for name in ("motion", "still"):
            if name in fields:
                box = fields[name][0]
                plane = np.zeros((SOURCE[1], SOURCE[0]), dtype=np.uint8)
                plane[box[1] : box[3], box[0] : box[2]] = 255
                path = tmp_path / f"{name}.png"
                cv2.imwrite(str(path), plane)
                fields[name] = path if name == "still" else f"{path}:{fields[name][1]}"
        return make_request(image=tmp_path / "photo.png", **fields)

    return ask


def seen() -> torch.Tensor:
    """[1, 15, 24, 24]: ground everywhere."""
    reference = torch.zeros(1, REFERENCE_CHANNELS, 24, 24)
    reference[:, GROUND] = 1
    return reference


def made(request, width: int = 150, height: int = 100, reference: torch.Tensor | None = None):
    photo = torch.from_numpy(
        image.fit(image.load(request.image).pixels, width, height, request.fit)[0]
    ).permute(2, 0, 1)
    return pushes(request, photo, seen() if reference is None else reference)


def centre(mask: torch.Tensor) -> tuple[float, float]:
    """(x, y) of what the mask shows, fractions of the frame."""
    plane = mask[0]
    total = plane.sum()
    x = (plane.sum(dim=0) * (torch.arange(plane.shape[1]) + 0.5)).sum() / total / plane.shape[1]
    y = (plane.sum(dim=1) * (torch.arange(plane.shape[0]) + 0.5)).sum() / total / plane.shape[0]
    return x.item(), y.item()


def test_a_request_without_any_has_none(asked):
    assert made(asked()) is None


def test_a_brush_pushes_what_its_mask_shows_by_its_way_in_half_heights(asked):
    found = made(asked(motion=((30, 80, 90, 140), "30,-10")))
    assert found.ways.tolist() == [pytest.approx([30 * 2 / 200, -10 * 2 / 200], abs=1e-6)]
    assert centre(found.masks[0]) == pytest.approx((60 / 300, 110 / 200), abs=0.02)
    assert found.masks[0][0, 45:65, 20:40].min() > 0.9  # well inside
    assert found.masks[0][0, :, -40:].max() == 0


def test_percents_and_pixels_say_the_same_way(asked):
    box = (30, 80, 90, 140)
    pixels, percents = made(asked(motion=(box, "30,-10"))), made(asked(motion=(box, "10%,-5%")))
    assert torch.allclose(pixels.ways, percents.ways)


@FITS
def test_a_brush_lies_on_the_same_thing_whatever_the_fit(asked, fit):
    request = asked(motion=((140, 90, 160, 110), "15,0"), fit=fit)
    found = made(request, width=100, height=100)
    assert centre(found.masks[0]) == pytest.approx((0.5, 0.5), abs=0.01)
    # A photo of 300x200 in a square: cropped it is 1 high, padded 2/3, stretched 1 high and 2/3 wide.
    scale = {"crop": 1.0, "pad": 2 / 3, "blur": 2 / 3, "stretch": 2 / 3}[fit]
    assert found.ways[0].tolist() == pytest.approx([15 * 2 / 200 * scale, 0], abs=1e-6)


@FITS
def test_a_drag_begins_at_the_same_thing_whatever_the_fit(asked, fit):
    request = asked(drag="150,100:165,90", fit=fit)
    found = made(request, width=100, height=100)
    assert centre(found.masks[0]) == pytest.approx((0.5, 0.5), abs=0.03)
    assert found.ways[0][0] > 0 > found.ways[0][1]


def test_a_drag_takes_along_what_is_of_the_same_kind(asked):
    reference = seen()
    reference[:, GROUND, :, 12:], reference[:, SUBJECT, :, 12:] = 0, 1
    mask = made(asked(drag="60%,50%:65%,50%"), reference=reference).masks[0][0]
    columns = mask.shape[1]
    assert mask[50, round(0.6 * columns)] > 0.9
    assert mask[50, round(0.35 * columns)] < 0.05  # as near, and something else
    assert mask[50, -1] < 0.1  # the same, and far away


def test_further_ways_have_softer_edges_so_that_nothing_folds(asked):
    for way in ("6,0", "30,0"):
        mask = made(asked(motion=((100, 60, 160, 140), way))).masks[0][0]
        steepest = mask.diff(dim=1).abs().max() * mask.shape[0] / 2  # a half-height
        assert steepest * float(way.split(",")[0]) * 2 / 200 < 1


def test_a_way_across_the_photo_has_the_softest_edges(asked):
    edges = made(asked(motion=((20, 20, 40, 60), "90%,80%"))).masks[0, 0]
    assert edges.max() <= 1 and edges.diff(dim=-1).abs().max() < 0.05


def test_a_video_that_goes_on_is_pushed_in_its_own_pixels(asked):
    request = asked(drag="30,50:60,50").model_copy(update={"extend": True})
    assert made(request).ways[0].tolist() == pytest.approx([30 * 2 / 100, 0])


def test_still_says_where_nothing_may_move(asked):
    found = made(asked(still=((0, 0, 150, 200),)))
    assert len(found.ways) == len(found.masks) == 0
    free = found.free[0, 0]
    assert free[:, : free.shape[1] // 2 - 6].max() == 0
    assert free[:, free.shape[1] // 2 + 6 :].min() == 1


def test_without_still_everything_is_free(asked):
    assert made(asked(drag="50%,50%:60%,50%")).free.min() == 1


def test_brushes_and_drags_add_up(asked):
    request = asked(motion=((30, 80, 90, 140), "30,-10"), drag="60%,50%:65%,50%; 20%,20%:20%,30%")
    found = made(request)
    assert found.ways.shape == (3, 2) and len(found.masks) == 3
