"""Photos with their labels, and cut-outs, from folders made here."""

import json

import cv2
import numpy as np
import pytest

from i2v_cli.errors import InputError, UsageError
from i2v_cli.training import photos
from i2v_cli.training.captions import Region
from i2v_cli.training.photos import LONGEST, load_cutouts, load_photo, load_photos

LEFT = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
ALL = [[0, 0], [1, 0], [1, 1], [0, 1]]
LABELS = {
    "b": [
        {"name": "sky", "kind": "sky", "polygon": ALL},
        {"name": "tree on the left", "kind": "foliage", "polygon": LEFT},
    ]
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    labels = tmp_path / "regions.json"
    labels.write_text(json.dumps(LABELS))
    monkeypatch.setattr(photos, "REGIONS", labels)
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def write(path, height: int, width: int, channels: int = 3, value: int = 90) -> None:
    cv2.imwrite(str(path), np.full((height, width, channels), value, dtype=np.uint8))


def everything(_: str) -> bool:
    return True


def test_photos_come_in_the_order_of_their_names_and_only_those_that_are_kept(folder):
    for number, name in enumerate(("c.png", "a.jpg", "b.png")):
        write(folder / name, 20 + number, 30)
    (folder / "notes.txt").write_text("no picture")
    assert [photo.pixels.shape[0] for photo in load_photos(folder, everything)] == [21, 22, 20]
    assert [photo.pixels.shape[0] for photo in load_photos(folder, lambda stem: stem != "a")] == [22, 20]


def test_later_polygons_hide_earlier_ones(folder):
    write(folder / "b.png", 40, 60)
    (photo,) = load_photos(folder, everything)
    assert (photo.owner[:, :29] == 1).all() and (photo.owner[:, 32:] == 0).all()
    assert photo.depth.shape == photo.owner.shape == (40, 60)


def test_names_lose_their_side_for_crops_are_mirrored(folder):
    write(folder / "b.png", 40, 60)
    (photo,) = load_photos(folder, everything)
    assert photo.regions == (Region("sky", "sky"), Region("tree", "foliage"))


def test_photos_that_nobody_labelled_have_no_regions(folder):
    write(folder / "unknown.png", 20, 30)
    (photo,) = load_photos(folder, everything)
    assert photo.regions == () and (photo.owner == -1).all()


def test_large_photos_are_kept_smaller_and_small_ones_as_they_are(folder):
    write(folder / "a.png", 500, 2 * LONGEST)
    write(folder / "b.png", 50, 70)
    large, small = load_photos(folder, everything)
    assert large.pixels.shape == (*large.owner.shape, 3) == (250, LONGEST, 3)
    assert small.pixels.shape == (50, 70, 3)


def test_colours_are_red_green_blue(folder):
    cv2.imwrite(str(folder / "a.png"), np.full((20, 30, 3), (10, 20, 200), dtype=np.uint8))  # OpenCV's order
    assert load_photo(folder / "a.png")[0, 0].tolist() == [200, 20, 10]


def test_a_folder_without_pictures_is_a_usage_error(folder):
    with pytest.raises(UsageError, match="holds no pictures"):
        load_photos(folder, everything)


def test_a_file_that_is_no_picture_is_an_input_error_with_its_name(folder):
    (folder / "broken.png").write_text("no picture")
    with pytest.raises(InputError, match=r"broken\.png"):
        load_photos(folder, everything)


def test_cutouts_are_named_after_their_files_without_numbers(folder):
    write(folder / "grey_duck-2.png", 60, 40, channels=4)
    (cutout,) = load_cutouts(folder)
    assert cutout.region == Region("grey duck", "subject")
    assert cutout.pixels.shape == (60, 40, 4)


def test_pictures_without_alpha_are_no_cutouts(folder):
    write(folder / "plain.png", 60, 40)
    assert load_cutouts(folder) == []


def test_a_table_says_what_each_cutout_is(folder):
    rows = ["number\tinside", "01\tflowers/rose.png", "02\tanimals/red-fox.png", "03\tseasonal/snow.png"]
    (folder.parent / "cutouts.tsv").write_text("\n".join(rows))
    for name in ("01", "02", "03"):
        write(folder / f"{name}.png", 30, 30, channels=4)
    assert [cutout.region for cutout in load_cutouts(folder)] == [
        Region("rose", "flower"),
        Region("red fox", "subject"),
    ]


def test_alpha_and_colours_of_cutouts_come_through(folder):
    pixels = np.full((30, 30, 4), (10, 20, 200, 255), dtype=np.uint8)
    pixels[:10, :, 3] = 0
    cv2.imwrite(str(folder / "thing.png"), pixels)
    (cutout,) = load_cutouts(folder)
    assert cutout.pixels[20, 20].tolist() == [200, 20, 10, 255]
    assert cutout.pixels[5, 5, 3] == 0
