"""`i2v presets`."""

import json

import platformdirs
import pytest

NAMES = [
    "cogvideox-5b",
    "cogvideox1.5-5b",
    "opensora-1.2",
    "pocket",
    "pocket-draft",
    "pocket-hd",
    "svd",
    "svd-xt",
    "svd-xt-1.1",
]


def test_list_names_the_presets_and_what_they_are_for(i2v):
    done = i2v("presets", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == NAMES
    assert all(len(line.split()) > 3 for line in done.stdout.splitlines())


def test_list_as_json_is_one_result(i2v):
    said = json.loads(i2v("presets", "list", "--json").stdout)
    assert (said["schema"], said["type"]) == (1, "result")
    assert [preset["name"] for preset in said["presets"]] == NAMES


def test_list_tells_what_is_wrong_with_a_broken_one(i2v, monkeypatch, tmp_path):
    own = tmp_path / "home" / "i2v" / "presets"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("family: pocket\nstepz: 3\n")
    if platformdirs.user_config_path("i2v", appauthor=False) != own.parent:
        pytest.skip("the user's configuration lies elsewhere")
    done = i2v("presets", "list")
    assert done.returncode == 0
    assert "\nmine             error: mine.yaml:2: there is no key stepz\nopensora-1.2  " in done.stdout
    said = json.loads(i2v("presets", "list", "--json").stdout)["presets"]
    errors = {row["name"]: row["error"] for row in said}
    assert errors == {"mine": "mine.yaml:2: there is no key stepz"} | dict.fromkeys(NAMES)


def test_show_is_itself_a_preset_that_means_the_same(i2v, folder):
    shown = i2v("presets", "show", "pocket-hd").stdout
    (folder / "own.yaml").write_text(shown, encoding="utf-8")
    again = i2v("presets", "show", "./own.yaml")
    assert again.returncode == 0, again.stderr
    values = [line.partition("#")[0] for line in shown.splitlines()]
    assert [line.partition("#")[0] for line in again.stdout.splitlines()] == values


def test_show_tells_where_each_value_comes_from(i2v):
    said = json.loads(i2v("presets", "show", "pocket-hd", "--json").stdout)
    assert said["values"].keys() == said["origins"].keys()
    assert said["origins"]["size"].startswith("preset pocket-hd.yaml:")
    assert said["origins"]["shift"] == "family pocket"
    assert said["origins"]["fit"] == "default"


def test_show_of_an_unknown_preset_names_the_nearest(i2v):
    done = i2v("presets", "show", "pocket-dhaft")
    assert done.returncode == 2
    assert "did you mean pocket-draft?" in done.stderr
