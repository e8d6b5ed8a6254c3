"""What is on the disk is found, and what is missing is named: all without a network."""

import hashlib
from pathlib import Path

import pytest

from i2v_cli.errors import ModelError
from i2v_cli.weights import hub
from i2v_cli.weights.component import Component, Files, Repo
from i2v_cli.weights.hub import NotHereError, Origin, locate, locate_all

REPO = Repo(id="owner/model", licence="free", former=("older/model",))
UNET = Component(
    name="denoiser",
    repo=REPO,
    folder="unet",
    size=6_100_000_000,
    weights=("d.fp16", "d"),
    sidecars=("c.json",),
)
ROOT = Component(name="vae", repo=REPO, folder="", size=391_000_000, weights=("vae",))
COMMIT = "0123456789" * 4


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf" / "hub"


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    return folder


def lay_snapshot(cache: Path, repo: str, *names: str, revision: str = "main") -> Path:
    folder = cache / f"models--{repo.replace('/', '--')}"
    lay(folder, f"refs/{revision}")
    (folder / "refs" / revision).write_text(COMMIT)
    return lay(folder / "snapshots" / COMMIT, *names)


def test_a_folder_of_the_users_is_read_as_a_repository(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine", "unet/c.json", "unet/d.safetensors")
    for source in (folder, str(folder)):
        assert locate(UNET, source=source) == Files(
            folder=folder / "unet", weights=(folder / "unet/d.safetensors",)
        )


def test_a_component_can_lie_at_the_root(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine", "vae.safetensors")
    assert locate(ROOT, source=folder).weights == (folder / "vae.safetensors",)


def test_the_first_kind_of_weights_that_is_there_is_taken(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine", "unet/c.json", "unet/d.safetensors", "unet/d.fp16.safetensors")
    assert [path.name for path in locate(UNET, source=folder).weights] == ["d.fp16.safetensors"]


def test_an_index_names_its_shards_in_order(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine", "unet/c.json", "unet/d-2.safetensors", "unet/d-1.safetensors")
    index = '{"weight_map": {"a": "d-2.safetensors", "b": "d-1.safetensors", "c": "d-2.safetensors"}}'
    (folder / "unet/d.safetensors.index.json").write_text(index)
    assert [path.name for path in locate(UNET, source=folder).weights] == [
        "d-1.safetensors",
        "d-2.safetensors",
    ]
    (folder / "unet/d-1.safetensors").unlink()
    with pytest.raises(ModelError, match=r"lacks unet/d-1\.safetensors"):
        locate(UNET, source=folder)


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ('{"weight_map": {"a": "../../secret.safetensors"}}', "names '../../secret.safetensors'"),
        ('{"weight_map": {"a": "/etc/passwd"}}', "names '/etc/passwd'"),
        ('{"weight_map": {"a": "d.bin"}}', "names 'd.bin'"),
        ('{"weight_map": {"a": 1}}', "names '1'"),
        ('{"weight_map": {}}', "names no files"),
        ("{}", "names no files"),
        ("[]", "is not an object"),
        ('{"a": 1, "a": 2}', "names one thing twice"),
        ("{", "is not usable"),
        ("[" * 100_000, "is not usable"),
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path: Path, index: str, reason: str) -> None:
    folder = lay(tmp_path / "mine", "unet/c.json")
    (folder / "unet/d.safetensors.index.json").write_text(index)
    with pytest.raises(ModelError) as caught:
        locate(UNET, source=folder)
    assert reason in caught.value.message
    assert "index.json" in caught.value.message


def test_a_pickle_is_refused_with_the_reason(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine", "unet/c.json", "unet/d.bin")
    with pytest.raises(ModelError, match=r"d\.bin: a pickle runs any program in it"):
        locate(UNET, source=folder)


def test_what_a_folder_lacks_is_named(tmp_path: Path) -> None:
    folder = lay(tmp_path / "mine", "unet/d.safetensors")
    with pytest.raises(ModelError, match=r"mine lacks unet/c\.json") as caught:
        locate(UNET, source=folder)
    assert "owner/model" in caught.value.hint


def test_the_cache_is_read_by_its_documented_layout(cache: Path) -> None:
    folder = lay_snapshot(cache, "owner/model", "unet/c.json", "unet/d.safetensors")
    assert locate(UNET).folder == folder / "unet"
    assert locate(UNET, source=f"@{COMMIT}").folder == folder / "unet"


def test_a_model_fetched_under_its_former_name_is_found(cache: Path) -> None:
    folder = lay_snapshot(cache, "older/model", "unet/c.json", "unet/d.safetensors")
    assert locate(UNET).folder == folder / "unet"
    with pytest.raises(NotHereError):
        locate(UNET, source="another/model")


def test_another_repository_and_revision_can_be_named(cache: Path) -> None:
    folder = lay_snapshot(cache, "mine/tuned", "unet/c.json", "unet/d.safetensors", revision="refs/pr/3")
    assert locate(UNET, source="mine/tuned@refs/pr/3").folder == folder / "unet"
    with pytest.raises(NotHereError, match="mine/tuned at main"):
        locate(UNET, source="mine/tuned")


@pytest.mark.parametrize("source", ["", "./none", "/none", "a/b/c", "a", "../a/b@c", "a/b@../../c", "a/b c"])
def test_what_is_neither_a_folder_nor_a_repository_is_refused(source: str) -> None:
    with pytest.raises(ModelError, match="there is no folder"):
        locate(UNET, source=source)


def test_what_is_missing_is_told_with_its_size_and_the_command(cache: Path) -> None:
    lay_snapshot(cache, "owner/model", "vae.safetensors")
    with pytest.raises(NotHereError) as caught:
        locate_all("svd", (UNET, ROOT))
    assert caught.value.message == "svd is not on this machine: denoiser missing, 6.1 GB to fetch"
    assert caught.value.hint == "i2v models pull svd"
    with pytest.raises(NotHereError) as caught:
        locate_all("svd", (UNET, ROOT), source="@v2")
    assert "denoiser, vae missing, 6.5 GB" in caught.value.message
    assert caught.value.hint == "i2v models pull svd --source @v2"


def test_a_folder_that_lacks_something_is_not_to_be_pulled(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lacks") as caught:
        locate_all("svd", (UNET,), source=tmp_path)
    assert not isinstance(caught.value, NotHereError)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/a"}, "/a"),
        ({"HF_HOME": "/b"}, "/b/hub"),
        ({"HF_HOME": "$WHERE/b"}, "/w/b/hub"),
        ({"HF_HOME": "", "XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "", "HOME": "/h"}, "/h/.cache/huggingface/hub"),
    ],
)
def test_the_cache_lies_where_the_library_has_it(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "HOME" in environment and Path("~").expanduser() != Path.home():
        pytest.skip("the home is not told by HOME")
    for name, value in {"WHERE": "/w", **environment}.items():
        monkeypatch.setenv(name, value)
    assert hub.cache() == Path(expected)


def test_only_a_components_own_files_belong_to_it() -> None:
    mine = ("unet/c.json", "unet/d.safetensors", "unet/d.fp16.safetensors", "unet/d.safetensors.index.json")
    others = (
        "c.json",
        "unet/x.json",
        "vae/d.safetensors",
        "unet/d.bin",
        "unet/dd.safetensors",
        "unet/a/c.json",
    )
    assert all(hub.belongs(UNET, name) for name in (*mine, "unet/d-00001-of-00002.safetensors"))
    assert not any(hub.belongs(UNET, name) for name in others)


def test_a_recipe_has_the_digest_that_the_cache_knows_or_reads_the_file(tmp_path: Path) -> None:
    blob = tmp_path / "blobs" / ("f" * 64)
    lay(tmp_path, "unet/plain.safetensors", f"blobs/{blob.name}")
    (tmp_path / "unet/linked.safetensors").symlink_to(blob)
    names = ("unet/linked.safetensors", "unet/plain.safetensors")
    files = Files(folder=tmp_path / "unet", weights=tuple(tmp_path / name for name in names))
    assert hub.digests([files]) == {
        "unet/linked.safetensors": "f" * 64,
        "unet/plain.safetensors": hashlib.sha256(b"{}").hexdigest(),
    }


@pytest.mark.parametrize(
    ("size", "words"),
    [(21_243_000_000, "21.2 GB"), (390_000_000, "390.0 MB"), (1500, "1.5 kB"), (7, "7 bytes")],
)
def test_sizes_are_told_like_on_the_hubs_pages(size: int, words: str) -> None:
    assert hub.gigabytes(size) == words


def test_origin_of_no_source_is_the_components_own() -> None:
    assert hub.origin(UNET, None) == Origin("owner/model", "main")
