"""A recipe repeats its clip, and nothing else that a file may say."""

import json
from pathlib import Path

import pytest
import torch

from i2v_cli import recipe
from i2v_cli.errors import InputError, UsageError
from i2v_cli.families.pocket.config import geometry
from i2v_cli.media.check import Verdict
from i2v_cli.recipe import Digests
from i2v_cli.runtime.device import Runtime

VERDICT = Verdict(9, 100.0, 3.0, ())


@pytest.fixture
def recorded(make_request):
    """recorded(**changed) -> the recipe of a request, as it comes out of a file."""

    def make(threads=2, dtype=torch.bfloat16, **changed):
        request = make_request(**changed)
        runtime = Runtime(device=torch.device("cpu"), dtype=dtype, threads=threads)
        digests = Digests(image="a" * 64, weights={"w": "b" * 64}, frames="c" * 64)
        made = recipe.written(request, geometry(request, (1536, 960)), runtime, digests, VERDICT)
        return json.loads(json.dumps(made))

    return make


CHANGED = [
    {},
    {
        "prompt": "zoom in",
        "negative": "blur",
        "seed": 2**63 - 1,
        "steps": 3,
        "guidance": 1.5,
        "sampler": "heun",
    },
    {"shift": 2.0, "fit": "blur", "background": "#102030", "fps": 12.5, "quality": 40},
    {"format": "webm", "codec": "av1"},
]


@pytest.mark.parametrize("changed", CHANGED, ids=str)
def test_what_was_asked_comes_back(recorded, make_request, photo, changed):
    asked, again = make_request(**changed), recipe.request_of(recorded(**changed), photo, {})
    for key in recipe.ASKED:
        assert getattr(again, key) == getattr(asked, key), key
    assert (again.device, again.dtype, again.threads) == ("cpu", "bf16", 2)


@pytest.mark.parametrize("size", [None, "720p", "641x33"])
@pytest.mark.parametrize("length", [{}, {"seconds": 1.3}, {"frames": 7}])
def test_the_clip_has_the_same_geometry(recorded, make_request, photo, size, length):
    asked = make_request(size=size, **length)
    again = recipe.request_of(recorded(size=size, **length), photo, {})
    assert geometry(again, (1536, 960)) == geometry(asked, (1536, 960))


def test_a_recipe_names_no_paths_and_overwrites_nothing(recorded, photo):
    hostile = {"output": "/etc/x", "overwrite": True, "sheet": "/etc/y", "c2pa_key": "k", "ai_mark": False}
    again = recipe.request_of({**recorded(), **hostile}, photo, {})
    assert (again.output, again.overwrite, again.sheet, again.c2pa_key, again.ai_mark) == (
        None,
        False,
        None,
        None,
        True,
    )


HOSTILE = [
    {"seed": -1}, {"seed": "x"}, {"steps": 10**9}, {"width": {"a": 1}}, {"height": None}, {"frames": 1},
    {"family": ["x"]}, {"family": "mochi"}, {"masks": [1]}, {"prompt": None}, {"prompt": "x" * 30_000},
    {"guidance": "nan"}, {"threads": 0},
    {"fps": 1e9}, {"sampler": "x"}, {"device": "tpu"},
]  # fmt: skip


@pytest.mark.parametrize("changed", HOSTILE, ids=lambda changed: str(changed)[:40])
def test_a_recipe_with_an_impossible_value_is_an_input_error(recorded, photo, changed):
    with pytest.raises(
        InputError, match="size" if {"width", "height"} & set(changed) else next(iter(changed))
    ):
        recipe.request_of({**recorded(), **changed}, photo, {})


@pytest.mark.parametrize("key", ["prompt", "seed", "width", "frames"])
def test_a_recipe_that_is_not_whole_is_an_input_error(recorded, photo, key):
    less = recorded()
    del less[key]
    with pytest.raises(InputError, match=f"lacks {key}"):
        recipe.request_of(less, photo, {})


def test_flags_go_before_the_recipe_and_a_wrong_one_is_a_usage_error(recorded, photo):
    again = recipe.request_of(
        recorded(), photo, {"threads": "1", "dtype": "fp32", "output": "b.mp4", "device": None}
    )
    assert (again.threads, again.dtype, again.output, again.device) == (1, "fp32", "b.mp4", "cpu")
    with pytest.raises(UsageError, match="--threads 0"):
        recipe.request_of(recorded(), photo, {"threads": "0"})


def test_another_container_chooses_its_own_codec(recorded, photo):
    assert recipe.request_of(recorded(codec="h265"), photo, {"format": "webm"}).codec is None
    assert recipe.request_of(recorded(codec="h265"), photo, {"format": "mp4"}).codec == "h265"


def test_what_differs_is_named(recorded):
    then, now = recorded(), recorded(threads=1, dtype=torch.float32)
    now |= {"i2v": "9.9", "weights": {"w": "d" * 64}, "image_sha256": "e" * 64}
    assert recipe.differences(then, then) == {}
    assert set(recipe.differences(then, now)) == {"version", "dtype", "threads", "weights", "photo"}


def test_the_photo_is_named_without_its_folder(recorded):
    assert Path(recorded()["image"]).name == recorded()["image"]
