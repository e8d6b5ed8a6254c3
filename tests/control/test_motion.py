"""`--motion`, `--drag` and `--still`: what is read, what is refused, and where it lies in the frame."""

import cv2
import numpy as np
import pytest

from i2v_cli.control import motion
from i2v_cli.errors import InputError, UsageError

SOURCE = (300, 200)  # width, height of the photo
FITS = pytest.mark.parametrize("fit", ["crop", "pad", "blur", "stretch"])
FRAMES = pytest.mark.parametrize("size", [(150, 100), (100, 100), (80, 160), (320, 90)], ids=str)


def refused(read, text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(text)
    return caught.value


@pytest.fixture
def mask(tmp_path):
    """A picture of a size, white within a box."""

    def draw(size=SOURCE, box=(0, 0, 0, 0), name="mask.png"):
        plane = np.zeros((size[1], size[0]), dtype=np.uint8)
        plane[box[1] : box[3], box[0] : box[2]] = 255
        cv2.imwrite(str(tmp_path / name), plane)
        return tmp_path / name

    return draw


# What is read


def test_a_drag_is_two_points_in_pixels_or_percents():
    (drag,) = motion.parse_drags("30,100 : 50%,25%")
    assert drag.start.shares(SOURCE) == pytest.approx((0.1, 0.5))
    assert drag.end.shares(SOURCE) == (0.5, 0.25)


def test_each_coordinate_has_its_own_unit():
    (drag,) = motion.parse_drags("30,50%:-15.5,+120%")
    assert drag.start.shares(SOURCE) == pytest.approx((0.1, 0.5))
    assert drag.end.shares(SOURCE) == pytest.approx((-15.5 / 300, 1.2))


def test_several_are_parted_by_semicolons():
    assert len(motion.parse_drags("1,2:3,4; 5,6:7,8;9%,9%:8%,8%")) == 3
    brushes = motion.parse_brushes("a.png:1,0; b.png:0,2%")
    assert [brush.mask.name for brush in brushes] == ["a.png", "b.png"]


def test_the_last_colon_parts_the_mask_from_its_way():
    (brush,) = motion.parse_brushes(r"C:\sails\a b.png:8%,-3")
    assert str(brush.mask).endswith("a b.png") and str(brush.mask).startswith("C:")
    assert brush.way.shares(SOURCE) == pytest.approx((0.08, -3 / 200))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "1,2:3",
        "1,2:3,4,5",
        "1;2:3,4",
        "a,b:c,d",
        "1,2:3,4px",
        "1,2:3,4;",
        "1,2:3,4:5,6",
        "nan,1:2,3",
    ],
)
def test_what_is_no_pair_of_points_is_refused_with_an_example(text):
    error = refused(motion.parse_drags, text)
    assert "--drag" in error.message and "no pair of points" in error.message
    assert "X0,Y0:X1,Y1" in error.hint


@pytest.mark.parametrize("text", ["", "mask.png", ":1,2", "mask.png:1", "mask.png:left", "mask.png:1,2;"])
def test_what_is_no_mask_and_way_is_refused_with_an_example(text):
    error = refused(motion.parse_brushes, text)
    assert "--motion" in error.message and "no mask and way" in error.message
    assert "MASK.png:DX,DY" in error.hint


def test_the_part_that_is_wrong_is_quoted_and_not_the_others():
    error = refused(motion.parse_drags, "1,2:3,4; here:there")
    assert "'here:there'" in error.message and "1,2" not in error.message


def test_errors_say_where_the_words_stood():
    with pytest.raises(UsageError, match=r"^row 3, drag"):
        motion.parse_drags("nonsense", "row 3, drag")


# What the photo refuses


@pytest.mark.parametrize("start", ["301,100", "-1,100", "150,201", "101%,50%"])
def test_a_drag_that_starts_beside_the_photo_is_refused(start, make_request):
    with pytest.raises(UsageError) as caught:
        motion.check(make_request(drag=f"{start}:150,100"), SOURCE)
    assert "300x200" in caught.value.message


def test_a_drag_may_end_beside_the_photo(make_request):
    motion.check(make_request(drag="300,200:400,-50"), SOURCE)


@pytest.mark.parametrize(
    "given",
    [{"drag": "55%,35%:620%,33%"}, {"drag": f"1,1:{'9' * 400},1"}, {"motion": "mask.png:0,-401"}],
    ids=["a dot forgotten", "digits without end", "a mask"],
)
def test_a_way_longer_than_the_photo_is_refused(given, make_request):
    with pytest.raises(UsageError) as caught:
        motion.check(make_request(**given), SOURCE)
    assert f"--{next(iter(given))} goes" in caught.value.message and "tenth" in caught.value.hint


def test_a_smaller_copy_of_the_photos_shape_is_a_mask(mask, make_request):
    path = mask((150, 100))
    motion.check(make_request(motion=f"{path}:1,0", still=path), SOURCE)


@pytest.mark.parametrize("flag", ["motion", "still"])
def test_a_mask_of_another_shape_is_refused(mask, make_request, flag):
    path = mask((200, 200))
    with pytest.raises(UsageError) as caught:
        motion.check(make_request(**{flag: f"{path}:1,0" if flag == "motion" else path}), SOURCE)
    assert "200x200" in caught.value.message and f"--{flag}" in caught.value.message
    assert "white is meant" in caught.value.hint


@pytest.mark.parametrize("flag", ["motion", "still"])
def test_a_mask_that_is_not_there_or_no_picture_is_an_input_error(tmp_path, make_request, flag):
    (tmp_path / "words.png").write_text("no picture")
    for name in ("none.png", "words.png"):
        path = tmp_path / name
        with pytest.raises(InputError):
            motion.check(make_request(**{flag: f"{path}:1,0" if flag == "motion" else path}), SOURCE)


def test_a_request_without_any_is_not_looked_at(make_request):
    motion.check(make_request(), SOURCE)


# Where it lies in the frame


def centre(plane: np.ndarray) -> tuple[float, float]:
    y, x = np.mgrid[0 : plane.shape[0], 0 : plane.shape[1]] + 0.5
    return float((plane * x).sum() / plane.sum() / plane.shape[1]), float(
        (plane * y).sum() / plane.sum() / plane.shape[0]
    )


@FITS
@FRAMES
def test_a_point_lies_where_a_mask_of_the_same_place_does(mask, fit, size):
    at = (140, 90)
    plane = motion.load_mask(mask(box=(at[0] - 8, at[1] - 8, at[0] + 8, at[1] + 8)), *size, fit)
    assert plane.shape == size[::-1] and plane.dtype == np.float32
    place = motion.fitted((at[0] / SOURCE[0], at[1] / SOURCE[1]), SOURCE, size, fit)
    assert centre(plane) == pytest.approx(place, abs=0.01)


@FITS
@FRAMES
def test_the_middle_stays_the_middle(fit, size):
    assert motion.fitted((0.5, 0.5), SOURCE, size, fit) == (0.5, 0.5)


def test_what_a_crop_cuts_off_lies_beside_the_frame():
    x, y = motion.fitted((0.0, 0.0), SOURCE, (100, 100), "crop")
    assert x < 0 and y == 0


def test_corners_of_a_padded_photo_lie_within_the_bars():
    x, y = motion.fitted((0.0, 0.0), SOURCE, (100, 100), "pad")
    assert x == 0 and y == pytest.approx(1 / 6)


def test_bars_belong_to_no_mask(mask):
    for fit in ("pad", "blur"):
        plane = motion.load_mask(mask(box=(0, 0, 300, 200)), 100, 100, fit)
        assert plane[:15].max() == 0 and plane[-15:].max() == 0
        assert plane[20:80].min() == 1


def test_a_mask_is_white_where_it_is_meant_and_grey_in_between(mask, tmp_path):
    plane = motion.load_mask(mask(box=(0, 0, 150, 200)), *SOURCE, "crop")
    assert plane[:, :150].min() == 1 and plane[:, 150:].max() == 0
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((200, 300), 51, dtype=np.uint8))
    assert motion.load_mask(tmp_path / "grey.png", *SOURCE, "crop").mean() == pytest.approx(0.2)


def test_what_is_transparent_in_a_mask_is_not_meant(tmp_path):
    pixels = np.full((200, 300, 4), 255, dtype=np.uint8)
    pixels[:, 150:, 3] = 0
    cv2.imwrite(str(tmp_path / "mask.png"), pixels)
    plane = motion.load_mask(tmp_path / "mask.png", *SOURCE, "crop")
    assert plane[:, :150].min() == 1 and plane[:, 150:].max() == 0
