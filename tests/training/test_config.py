"""What a run is asked to do, and what training must never see."""

import json

import pytest
from pydantic import ValidationError

from i2v_cli.families.pocket.config import KINDS
from i2v_cli.training.config import REGIONS, VALIDATION, TrainConfig

LABELS = json.loads(REGIONS.read_text(encoding="utf-8"))


def test_an_unknown_setting_is_refused(tmp_path):
    with pytest.raises(ValidationError):
        TrainConfig(photos=tmp_path, out=tmp_path, learning_rate=1)


@pytest.mark.parametrize("field", ["steps", "batch", "minutes", "pictures"])
def test_zero_is_refused(tmp_path, field):
    with pytest.raises(ValidationError):
        TrainConfig(photos=tmp_path, out=tmp_path, **{field: 0})


def test_twenty_photos_are_kept_aside_and_all_of_them_are_labelled():
    assert len(VALIDATION) == 20
    assert set(VALIDATION) <= set(LABELS)
    assert all(LABELS[stem] for stem in VALIDATION)


@pytest.mark.parametrize("stem", LABELS)
def test_labels_are_polygons_of_known_kinds_within_the_photo(stem):
    for label in LABELS[stem]:
        assert label["kind"] in KINDS
        assert label["name"].strip() == label["name"] != ""
        assert len(label["polygon"]) >= 3
        assert all(0 <= value <= 1 for point in label["polygon"] for value in point)
        assert all(len(point) == 2 for point in label["polygon"])
