"""`verify` finds what changed, `rm` removes what nobody else uses."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from i2v_cli.weights import hub as local
from i2v_cli.weights import transfer
from i2v_cli.weights.component import Repo
from i2v_cli.weights.pull import listings, pull
from i2v_cli.weights.remove import remove
from i2v_cli.weights.verify import drop, verify
from tests.weights.hub_server import Hub, digest
from tests.weights.hub_server import Repo as Published
from tests.weights.test_pull import BOTH, FILES, NEEDED, REPO, TEXT, UNET, WEIGHTS, quiet


@pytest.fixture
def root(hub: Hub) -> Path:
    """The pulled model's snapshot."""
    hub.repos["owner/model"] = Published(dict(FILES))
    pull(listings(BOTH), quiet)
    return local.root(UNET, None)


def states(root: Path) -> dict[str, str]:
    return {verdict.path.name: verdict.state for part in BOTH for verdict in verify(part, root, {})}


def test_what_was_pulled_is_right_without_asking_the_hub(root: Path, hub: Hub) -> None:
    hub.status = 500
    assert states(root) == {name.rpartition("/")[2]: "ok" for name in NEEDED}


@pytest.mark.parametrize("name", ["unet/config.json", "unet/diffusion.fp16.safetensors"])
def test_a_flipped_byte_on_the_disk_is_found(root: Path, name: str) -> None:
    blob = (root / name).resolve()
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert [found for found, state in states(root).items() if state != "ok"] == [name.rpartition("/")[2]]


def test_a_dropped_file_is_brought_anew_alone(root: Path, hub: Hub) -> None:
    hub.sent.clear()
    drop(root / "unet/diffusion.fp16.safetensors")
    with pytest.raises(local.NotHereError):
        local.locate(UNET)
    pull(listings(BOTH), quiet)
    assert hub.sent == {"unet/diffusion.fp16.safetensors": len(WEIGHTS)}
    assert set(states(root).values()) == {"ok"}


def test_digests_of_the_hub_serve_where_there_are_no_links(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/config.json").write_bytes(b"{}")
    (tmp_path / "unet/diffusion.safetensors").write_bytes(WEIGHTS)
    published = {"unet/config.json": digest(b"{}"), "unet/diffusion.safetensors": digest(WEIGHTS[1:])}
    assert [verdict.state for verdict in verify(UNET, tmp_path, published)] == ["ok", "damaged"]


def test_without_a_digest_the_length_is_still_checked(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    path = tmp_path / "unet/diffusion.safetensors"
    save_file({"a": torch.ones(9)}, path)
    assert [verdict.state for verdict in verify(UNET, tmp_path, {})] == ["unknown"]
    path.write_bytes(path.read_bytes()[:-1])
    (verdict,) = verify(UNET, tmp_path, {})
    assert verdict.state == "damaged"
    assert "35" in verdict.reason


def test_removal_frees_all_that_was_fetched(root: Path) -> None:
    assert remove(BOTH, ()) == sum(len(FILES[name]) for name in NEEDED)
    assert not local.repo_folder(REPO.id).exists()


def test_removal_leaves_what_another_model_uses(root: Path) -> None:
    assert remove(BOTH, (TEXT,)) == len(WEIGHTS) + 2
    assert local.locate(TEXT)
    with pytest.raises(local.NotHereError):
        local.locate(UNET)


def test_removal_leaves_what_another_model_finds_there_too(root: Path) -> None:
    elsewhere = replace(TEXT, repo=Repo(id="other/model", licence="any"), same=(REPO.id,))
    assert remove(BOTH, (elsewhere,)) == len(WEIGHTS) + 2
    assert local.locate(TEXT)


def test_removal_leaves_what_another_tool_fetched(root: Path, hub: Hub) -> None:
    import huggingface_hub

    readme = huggingface_hub.hf_hub_download(REPO.id, "README.md", cache_dir=local.cache(), endpoint=hub.url)
    remove(BOTH, ())
    assert Path(readme).read_bytes() == b"not needed"
    assert len(list((local.repo_folder(REPO.id) / "blobs").iterdir())) == 1


def test_removal_keeps_the_blob_that_another_revision_shares(root: Path, hub: Hub) -> None:
    hub.repos["owner/model"].revisions["v2"] = "c" * 40
    pull(listings(BOTH, "@v2"), quiet)
    remove((UNET,), ())
    with pytest.raises(local.NotHereError):
        local.locate(UNET, source="@v2")
    assert local.locate(TEXT, source="@v2")


def test_removal_frees_what_an_interrupted_pull_left(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repos["owner/model"] = Published(FILES)
    partial = local.repo_folder(REPO.id) / "blobs" / f"{digest(WEIGHTS)}{transfer.INCOMPLETE}"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(WEIGHTS[:999])
    assert remove(BOTH, ()) == 999
    assert not local.repo_folder(REPO.id).exists()


def test_removal_of_what_is_not_here_frees_nothing(hub: Hub) -> None:
    assert remove(BOTH, ()) == 0
