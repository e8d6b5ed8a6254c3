"""`i2v models`, in its own words; against a hub on this machine."""

import json
from pathlib import Path

import pytest

from i2v_cli import families
from i2v_cli.cli import models
from i2v_cli.weights import hub as local
from i2v_cli.weights.component import Component, Repo
from tests.weights.hub_server import Hub, digest
from tests.weights.hub_server import Repo as Published

WEIGHTS = bytes(range(256)) * 40
FILES = {"unet/config.json": b"{}", "unet/diffusion.safetensors": WEIGHTS, "README.md": b"more"}
REPO = Repo(id="owner/model", licence="free for all", gated=False)
PARTS = (
    Component(
        name="denoiser",
        repo=REPO,
        folder="unet",
        size=10_242,
        weights=("diffusion",),
        sidecars=("config.json",),
    ),
)


@pytest.fixture
def tiny(hub: Hub, monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Hub:
    """A hub with one small model, which this program knows as "tiny"."""
    hub.repos["owner/model"] = Published(dict(FILES))
    monkeypatch.setattr(families, "models", lambda: {"pocket": (), "tiny": PARTS})
    return hub


def test_list_tells_what_is_here_and_what_it_takes(tiny, run, capsys):
    assert run("models", "list") == 0
    assert capsys.readouterr().out.splitlines() == [
        "pocket  inside",
        "tiny    away       10.2 kB  owner/model",
    ]
    run("models", "pull", "tiny", "-q")
    capsys.readouterr()
    run("models", "list", "--json")
    rows = json.loads(capsys.readouterr().out)["models"]
    assert [(row["name"], row["state"], row["bytes"]) for row in rows] == [
        ("pocket", "inside", 0),
        ("tiny", "here", 10_242),
    ]


def test_list_needs_no_hub(tiny, run, capsys):
    tiny.status = 500
    assert run("models", "list") == 0
    assert tiny.asked == []


def test_pull_shows_sizes_first_and_prints_the_folder(tiny, run, capsys):
    assert run("models", "pull", "tiny") == 0
    said = capsys.readouterr()
    folder = local.repo_folder("owner/model") / "snapshots" / ("a" * 40)
    assert said.out == f"{folder}\n"
    assert said.err.startswith("owner/model at aaaaaaaaaaaa: 2 files, 10.2 kB, 10.2 kB to fetch\n")
    assert " free\n" in said.err
    assert (folder / "unet/diffusion.safetensors").read_bytes() == WEIGHTS
    assert not (folder / "README.md").exists()


def test_pull_as_json_is_one_result(tiny, run, capsys):
    assert run("models", "pull", "tiny", "--json", "-q") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["type"], said["name"]) == ("result", "tiny")
    assert said["repos"][0]["files"] == ["unet/config.json", "unet/diffusion.safetensors"]


def test_a_dry_pull_names_the_files_and_brings_none(tiny, run, capsys):
    assert run("models", "pull", "tiny", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"unet/config.json  2  {digest(b'{}')}",
        f"unet/diffusion.safetensors  {len(WEIGHTS)}  {digest(WEIGHTS)}",
    ]
    assert not local.cache().exists()


def test_pull_at_a_revision_leaves_the_main_one_alone(tiny, run, capsys):
    tiny.repos["owner/model"].revisions["v2"] = "c" * 40
    assert run("models", "pull", "tiny", "--revision", "v2") == 0
    assert "c" * 40 in capsys.readouterr().out
    assert run("models", "info", "tiny") == 0
    assert capsys.readouterr().out.startswith("tiny: away")
    assert run("models", "info", "tiny", "--source", "@v2") == 0
    assert capsys.readouterr().out.startswith("tiny: here")


def test_two_revisions_at_once_are_refused(tiny, run, capsys):
    assert run("models", "pull", "tiny", "--source", "a/b@v1", "--revision", "v2") == 2
    assert "name two revisions" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["info", "pull", "verify", "rm"])
def test_an_unknown_model_names_the_nearest(tiny, run, capsys, command):
    assert run("models", command, "tini") == 2
    assert capsys.readouterr().err == "error: there is no model tini\nhint: did you mean tiny?\n"


def test_what_is_inside_the_package_is_not_pulled_or_removed(tiny, run, capsys):
    assert run("models", "pull", "pocket") == 2
    assert run("models", "rm", "pocket") == 2
    assert "pocket is inside the package" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        ({"status": 503}, 9, "network"),
        ({"repos": {}}, 4, "model"),
        ({"damage": {"unet/diffusion.safetensors"}}, 4, "model"),
    ],
    ids=["away", "unknown", "damaged"],
)
def test_what_goes_wrong_has_its_exit_code(tiny, run, capsys, fault, code, word, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    for name, value in fault.items():
        setattr(tiny, name, value)
    assert run("models", "pull", "tiny", "--json", "-q") == code
    assert json.loads(capsys.readouterr().out)["code"] == word


def test_info_tells_parts_licence_and_place(tiny, run, capsys):
    assert run("models", "info", "tiny") == 0
    assert capsys.readouterr().out.splitlines() == [
        "tiny: away, 10.2 kB",
        "owner/model: free for all",
        "denoiser: 10.2 kB, owner/model at main is not whole on this machine: every file is missing",
    ]
    run("models", "pull", "tiny", "-q")
    capsys.readouterr()
    run("models", "info", "tiny", "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["components"][0]["folder"].endswith("unet")
    assert said["licences"] == {"owner/model": {"licence": "free for all", "gated": False}}


def test_verify_finds_the_damage_and_repairs_it(tiny, run, capsys):
    run("models", "pull", "tiny", "-q")
    capsys.readouterr()
    assert run("models", "verify", "tiny") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["ok", "ok"]
    path = local.locate(PARTS[0]).weights[0]
    path.resolve().write_bytes(WEIGHTS[:-1] + b"x")
    assert run("models", "verify", "tiny") == 4
    said = capsys.readouterr()
    assert said.out.splitlines()[1].startswith(f"damaged  {path}: its digest is ")
    assert said.err.splitlines() == [
        f"error: 1 of 2 files are damaged: {path}",
        "hint: i2v models verify tiny --repair",
    ]
    assert run("models", "verify", "tiny", "--repair", "-q") == 0
    assert path.read_bytes() == WEIGHTS
    capsys.readouterr()
    assert run("models", "verify", "tiny", "--json") == 0
    assert [file["state"] for file in json.loads(capsys.readouterr().out)["files"]] == ["ok", "ok"]


def test_verify_asks_for_the_commit_that_lies_here(tiny, run, capsys):
    run("models", "pull", "tiny", "-q")
    for path in local.locate(PARTS[0]).folder.rglob("*"):  # a cache without links, as Windows has it
        if path.is_symlink():
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)
    tiny.repos["owner/model"].revisions = {"v1": "a" * 40, "main": "d" * 40}
    tiny.asked.clear()
    assert run("models", "verify", "tiny") == 0
    assert tiny.asked == [f"/api/models/owner/model/revision/{'a' * 40}"]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[-2:]] == ["ok", "ok"]


def test_verify_of_what_is_not_here_names_the_command(tiny, run, capsys):
    assert run("models", "verify", "tiny") == 4
    assert capsys.readouterr().err.endswith("hint: i2v models pull tiny\n")


def test_a_folder_serves_in_place_of_a_repository(tiny, run, capsys, tmp_path):
    folder = tmp_path / "mine" / "unet"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "diffusion.safetensors").write_bytes(b"no header")
    assert run("models", "info", "tiny", "--source", str(folder.parent)) == 0
    assert capsys.readouterr().out.startswith("tiny: here")
    assert run("models", "verify", "tiny", "--source", str(folder.parent)) == 4
    assert "is no usable safetensors file" in capsys.readouterr().out
    assert run("models", "pull", "tiny", "--source", str(folder.parent)) == 4
    assert "is a folder on this disk" in capsys.readouterr().err


def test_rm_frees_the_disk(tiny, run, capsys):
    run("models", "pull", "tiny", "-q")
    capsys.readouterr()
    assert run("models", "rm", "tiny") == 0
    assert capsys.readouterr().out == "tiny: 10.2 kB freed\n"
    assert not local.repo_folder("owner/model").exists()
    assert run("models", "rm", "tiny", "--json") == 0
    assert json.loads(capsys.readouterr().out)["bytes_freed"] == 0


@pytest.fixture
def borrowed(tiny: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """The embedded model made to need the hub's files first: what `generate` does about that is the test."""
    from i2v_cli.families.pocket import config

    monkeypatch.setattr(config, "COMPONENTS", {"pocket": PARTS})
    monkeypatch.setattr(families, "models", lambda: {"pocket": PARTS})
    return tiny


def test_generate_never_fetches_by_itself(borrowed, run, capsys, folder):
    assert run("generate", "photo.png", "pan") == 4
    assert capsys.readouterr().err.splitlines() == [
        "error: pocket is not on this machine: denoiser missing, 10.2 kB to fetch",
        "hint: i2v models pull pocket",
    ]
    assert borrowed.asked == []
    assert not local.cache().exists()


def test_generate_tells_of_a_wrong_size_before_anything_is_fetched(borrowed, run, capsys, folder):
    assert run("generate", "photo.png", "pan", "--pull", "-o", "none/clip.mp4") == 2
    assert borrowed.asked == []


def test_a_dry_run_tells_what_would_have_to_be_fetched(borrowed, run, capsys, folder):
    assert run("generate", "photo.png", "pan", "--dry-run", "--pull") == 0
    assert "model: pocket is not on this machine: denoiser missing, 10.2 kB" in capsys.readouterr().out
    assert borrowed.asked == []


def test_generate_fetches_when_it_is_told_to(borrowed, run, capsys, folder):
    short = ("--frames", "2", "--steps", "1", "--size", "64x64", "--check", "off")
    assert run("generate", "photo.png", "pan", "--pull", *short) == 0
    assert Path("photo.mp4").is_file()
    assert local.locate(PARTS[0])


def test_a_model_that_is_here_is_not_asked_for(borrowed, run, make_request):
    run("models", "pull", "pocket", "-q")
    borrowed.asked.clear()
    models.ensure(make_request(), lambda _: None)
    assert borrowed.asked == []
