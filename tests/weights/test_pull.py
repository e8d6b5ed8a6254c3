"""Against a hub on this machine: what arrives is what was published, whatever the network and the disk do."""

import errno
import shutil
import subprocess
import sys
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest

from i2v_cli.errors import FitError, ModelError, NetworkError
from i2v_cli.events import Event, Noted, Stage, Step
from i2v_cli.weights import hub as local
from i2v_cli.weights import transfer
from i2v_cli.weights.component import Component, Repo
from i2v_cli.weights.pull import MIB, listings, pull
from tests.weights.hub_server import Hub, digest
from tests.weights.hub_server import Repo as Published

REPO = Repo(id="owner/model", licence="free")
WEIGHTS = bytes(range(256)) * 400  # 102,400 bytes
SHARDS = {f"model-{part:05}-of-00002.safetensors": WEIGHTS[part:] for part in (1, 2)}
FILES = {
    "README.md": b"not needed",
    "unet/config.json": b"{}",
    "unet/diffusion.safetensors": WEIGHTS + b"fp32",
    "unet/diffusion.fp16.safetensors": WEIGHTS,
    "unet/diffusion.bin": b"a pickle",
    "text/model.safetensors.index.json": b'{"weight_map": {"a": "model-00001-of-00002.safetensors", '
    b'"b": "model-00002-of-00002.safetensors"}}',
    **{f"text/{name}": content for name, content in SHARDS.items()},
}
UNET = Component(
    name="denoiser",
    repo=REPO,
    folder="unet",
    size=1000,
    weights=("diffusion.fp16", "diffusion"),
    sidecars=("config.json",),
)
TEXT = Component(name="text_encoder", repo=REPO, folder="text", size=3_000_000_000, weights=("model",))
BOTH = (UNET, TEXT)
NEEDED = {
    name for name in FILES if name not in ("README.md", "unet/diffusion.safetensors", "unet/diffusion.bin")
}


@pytest.fixture(autouse=True)
def published(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Published:
    monkeypatch.setattr(transfer, "FIRST_WAIT", 0.001)
    hub.repos["owner/model"] = Published(FILES)
    return hub.repos["owner/model"]


def quiet(_: Event) -> None: ...


def bring(*components: Component, source: str | None = None) -> None:
    pull(listings(components or BOTH, source), quiet)


def blobs() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (local.repo_folder(REPO.id) / "blobs").iterdir()}


def test_a_pull_brings_what_is_needed_and_nothing_else(hub: Hub) -> None:
    bring()
    assert {path.rpartition(f"{'a' * 40}/")[2] for path in hub.asked if "/resolve/" in path} == NEEDED
    assert blobs() == {digest(FILES[name]): FILES[name] for name in NEEDED}
    found = local.locate_all("model", BOTH)
    assert [path.name for path in found["denoiser"].weights] == ["diffusion.fp16.safetensors"]
    assert [path.read_bytes() for path in found["text_encoder"].weights] == list(SHARDS.values())
    assert found["denoiser"].read_json("config.json") == {}


def test_the_librarys_own_tools_find_it_and_ask_nothing_more(hub: Hub) -> None:
    bring()
    import huggingface_hub

    asked = len(hub.asked)
    path = huggingface_hub.try_to_load_from_cache(REPO.id, "unet/config.json", cache_dir=local.cache())
    assert Path(str(path)).read_bytes() == b"{}"
    cached = next(iter(huggingface_hub.scan_cache_dir(local.cache()).repos))
    assert cached.size_on_disk == sum(len(FILES[name]) for name in NEEDED)
    assert len(hub.asked) == asked


def test_what_the_library_has_fetched_is_found_without_a_pull(hub: Hub) -> None:
    import huggingface_hub

    for name in NEEDED:
        huggingface_hub.hf_hub_download(REPO.id, name, cache_dir=local.cache(), endpoint=hub.url)
    sent = dict(hub.sent)
    assert local.locate_all("model", BOTH).keys() == {"denoiser", "text_encoder"}
    bring()
    assert hub.sent == sent


def test_a_second_pull_fetches_nothing(hub: Hub) -> None:
    bring()
    sent = dict(hub.sent)
    bring()
    assert hub.sent == sent


def test_the_other_kind_of_weights_will_do_where_the_first_is_not_published(published: Published) -> None:
    published.files = {name: content for name, content in FILES.items() if "fp16" not in name}
    bring(UNET)
    assert [path.name for path in local.locate(UNET).weights] == ["diffusion.safetensors"]


def test_a_transfer_cut_at_20_points_goes_on_where_it_was_cut(hub: Hub) -> None:
    hub.cuts = [len(WEIGHTS) // 21] * 20
    bring(UNET)
    assert blobs()[digest(WEIGHTS)] == WEIGHTS
    assert hub.cuts == []
    asked_for = hub.sent["unet/diffusion.fp16.safetensors"]
    assert asked_for < 12 * len(
        WEIGHTS
    )  # each body began where the last one ended: 21 whole ones would be more


@pytest.mark.parametrize("cut", [1 + point * len(WEIGHTS) // 20 for point in range(20)])
def test_a_pull_that_ends_at_any_point_is_gone_on_with_by_the_next(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    monkeypatch.setattr(transfer, "TRIES", 1)
    hub.cuts = [2, cut, 0]  # the sidecar is whole
    with pytest.raises(NetworkError, match=f"stopped at byte {cut} of {len(WEIGHTS)}"):
        bring(UNET)
    assert not list(local.repo_folder(REPO.id).glob("refs/*"))
    with pytest.raises(local.NotHereError):
        local.locate(UNET)
    hub.sent.clear()
    bring(UNET)
    assert hub.sent == {"unet/diffusion.fp16.safetensors": len(WEIGHTS) - cut}
    assert local.locate(UNET).weights[0].read_bytes() == WEIGHTS


def test_killed_in_the_middle_it_leaves_nothing_that_looks_whole(hub: Hub, published: Published) -> None:
    published.files = {"unet/config.json": b"{}", "unet/diffusion.safetensors": WEIGHTS * 50}
    hub.pause = threading.Event()
    code = (
        "from tests.weights.test_pull import UNET, quiet\n"
        "from i2v_cli.weights.pull import listings, pull\n"
        "pull(listings([UNET]), quiet)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    partial = local.repo_folder(REPO.id) / "blobs" / f"{digest(WEIGHTS * 50)}.incomplete"
    while not partial.exists() or partial.stat().st_size <= 1_000_000:
        assert child.poll() is None
        time.sleep(0.01)
    child.kill()
    child.wait()
    hub.pause.set()
    hub.sent.clear()
    with pytest.raises(local.NotHereError):
        local.locate(UNET)
    bring(UNET)
    assert local.locate(UNET).weights[0].read_bytes() == WEIGHTS * 50
    assert hub.sent["unet/diffusion.safetensors"] < 50 * len(WEIGHTS) - 1_000_000


def test_a_flipped_byte_is_an_error_and_leaves_nothing(hub: Hub) -> None:
    hub.damage = {"unet/diffusion.fp16.safetensors"}
    with pytest.raises(ModelError, match=r"fp16\.safetensors arrived damaged"):
        bring(UNET)
    assert blobs() == {digest(b"{}"): b"{}"}
    hub.damage = set()
    bring(UNET)
    assert local.locate(UNET).weights[0].read_bytes() == WEIGHTS


def test_a_flipped_byte_of_a_small_file_is_found_as_well(hub: Hub) -> None:
    hub.damage = {"unet/config.json"}
    with pytest.raises(ModelError, match=r"config\.json arrived damaged"):
        bring(UNET)


def test_a_wrong_beginning_from_before_is_thrown_away_and_fetched_anew(hub: Hub) -> None:
    partial = local.repo_folder(REPO.id) / "blobs" / f"{digest(WEIGHTS)}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"x" * 5000)
    bring(UNET)
    assert blobs()[digest(WEIGHTS)] == WEIGHTS


def test_more_than_the_file_from_before_is_thrown_away(hub: Hub) -> None:
    partial = local.repo_folder(REPO.id) / "blobs" / f"{digest(WEIGHTS)}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(WEIGHTS + b"x")
    bring(UNET)
    assert blobs()[digest(WEIGHTS)] == WEIGHTS


@pytest.mark.parametrize("fault", [{"ranges": False}, {"range_shift": 7}], ids=["none", "another"])
def test_a_server_that_sends_another_range_costs_time_only(hub: Hub, fault: dict[str, object]) -> None:
    hub.cuts = [2, 40_000]
    for name, value in fault.items():
        setattr(hub, name, value)
    bring(UNET)
    assert blobs()[digest(WEIGHTS)] == WEIGHTS


def test_two_pulls_at_once_share_the_work(hub: Hub) -> None:
    hub.pause = threading.Event()
    said: list[Event] = []
    chosen = listings([UNET])
    runs = [threading.Thread(target=pull, args=(chosen, said.append)) for _ in range(2)]
    for run in runs:
        run.start()
    while not any(isinstance(event, Noted) for event in said):
        assert all(run.is_alive() for run in runs)
        time.sleep(0.01)
    hub.pause.set()
    for run in runs:
        run.join(20)
    assert "another process brings unet/" in next(event.message for event in said if isinstance(event, Noted))
    assert hub.sent == {"unet/config.json": 2, "unet/diffusion.fp16.safetensors": len(WEIGHTS)}
    assert local.locate(UNET).weights[0].read_bytes() == WEIGHTS


def test_a_disk_without_room_is_refused_before_anything_is_fetched(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6 - 9999, 9999))
    with pytest.raises(FitError, match=r"102\.4 kB do not fit .*: 10\.0 kB are free"):
        bring(UNET)
    assert hub.sent == {}


def test_a_disk_that_fills_up_keeps_what_came_and_goes_on_later(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = transfer.Partial.add

    def full(self: transfer.Partial, chunk: bytes) -> None:
        add(self, chunk[: 50_000 - self.have] if self.size > 1000 else chunk)
        if self.have == 50_000:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer.Partial, "add", full)
    with pytest.raises(FitError, match=r"the disk of .* is full: No space left on device") as caught:
        bring(UNET)
    assert "goes on from where it stopped" in caught.value.hint
    monkeypatch.setattr(transfer.Partial, "add", add)
    hub.sent.clear()
    bring(UNET)
    assert hub.sent["unet/diffusion.fp16.safetensors"] == len(WEIGHTS) - 50_000


def test_a_full_disk_is_told_as_the_system_tells_it(hub: Hub) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(FitError, match="is full: File too large"):
            bring(UNET)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    bring(UNET)
    assert local.locate(UNET).weights[0].read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("token", "advice"), [(None, "HF_TOKEN, and pull again"), ("bad", "model, and pull again")]
)
def test_a_gated_model_is_explained(
    hub: Hub, published: Published, monkeypatch: pytest.MonkeyPatch, token: str | None, advice: str
) -> None:
    published.gated = True
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ModelError, match="owner/model is gated") as caught:
        bring()
    assert f"accept them at {hub.url}/owner/model" in caught.value.hint
    assert advice in caught.value.hint


def test_a_token_opens_a_gated_model_and_is_told_to_nobody_else(
    hub: Hub, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.gated = True
    monkeypatch.setenv("HF_TOKEN", "good")
    bring()
    assert local.locate_all("model", BOTH)
    assert not hub.told_to_store


def test_an_unknown_repository_is_named(hub: Hub) -> None:
    with pytest.raises(ModelError, match="has no repository owner/none that you may see"):
        bring(source="owner/none")


def test_a_name_that_no_repository_can_have_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="a--b"):
        bring(source="owner/a--b")


def test_an_unknown_revision_is_named() -> None:
    with pytest.raises(ModelError, match="owner/model has no revision v9"):
        bring(source="@v9")


def test_a_revision_is_pulled_beside_the_main_one(published: Published) -> None:
    published.revisions["v2"] = "c" * 40
    bring(UNET, source="@v2")
    assert local.locate(UNET, source="@v2").folder.parent.name == "c" * 40
    assert local.locate(UNET, source="@" + "c" * 40).folder.parent.name == "c" * 40
    with pytest.raises(local.NotHereError):
        local.locate(UNET)


def test_a_repository_without_safetensors_is_refused(published: Published) -> None:
    published.files = {"unet/config.json": b"{}", "unet/diffusion.bin": b"a pickle"}
    with pytest.raises(ModelError, match=r"has no unet/diffusion\.fp16\.safetensors"):
        bring(UNET)


def test_offline_is_said_and_asks_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(NetworkError, match="HF_HUB_OFFLINE is set"):
        bring()
    assert hub.asked == []


def test_nobody_listening_is_a_network_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NetworkError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        bring()


def test_a_hub_out_of_order_is_a_network_error(hub: Hub) -> None:
    hub.status = 500
    with pytest.raises(NetworkError, match=r"fails at owner/model \(500\)"):
        bring()


def test_the_page_of_a_hotels_network_is_a_network_error(hub: Hub) -> None:
    hub.status = 200
    with pytest.raises(NetworkError, match="gives no answer of a hub"):
        bring()


def test_a_hub_that_names_a_path_as_a_digest_is_refused(
    hub: Hub, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    published.revisions["main"] = "../../../evil"
    with pytest.raises(NetworkError, match="as a digest"):
        bring()
    assert not local.cache().exists()


def test_a_folder_is_nothing_to_pull(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a folder on this disk"):
        bring(source=str(tmp_path))


def test_progress_counts_mebibytes_to_the_end(hub: Hub, published: Published) -> None:
    published.files = {"unet/config.json": b"{}", "unet/diffusion.safetensors": bytes(3 * MIB)}
    hub.cuts = [2, MIB + 100]
    said: list[Event] = []
    pull(listings([UNET]), said.append)
    assert said[0] == Stage("pull", 4, "3.1 MB, counted in MiB")
    assert [event.done for event in said if isinstance(event, Step)][-1] == 3
    assert [event.done for event in said if isinstance(event, Step)] == sorted(
        event.done for event in said if isinstance(event, Step)
    )
