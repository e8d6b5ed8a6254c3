"""The autoencoder against the recorded one of diffusers, and against itself in parts."""

import pytest
import torch
from torch import Tensor

from i2v_cli.families.cogvideox import tiling
from i2v_cli.families.cogvideox.layers import CausalConv, Past, times
from i2v_cli.families.cogvideox.networks import VaeConfig
from i2v_cli.families.cogvideox.tiling import Tiling
from i2v_cli.families.cogvideox.vae import VaeDecoder, VaeEncoder, chunks
from i2v_cli.runtime.hold import hold

WHOLE = Tiling(rows=1000, columns=1000, shared_rows=1, shared_columns=1)
TILES = Tiling(rows=4, columns=5, shared_rows=1, shared_columns=1)


@pytest.fixture(scope="module")
def halves(vae_files, fp32):
    config = VaeConfig.from_json(vae_files.read_json("config.json"))
    with (
        hold(lambda: VaeEncoder(config), vae_files, fp32, prefix="encoder.") as encoder,
        hold(lambda: VaeDecoder(config), vae_files, fp32, prefix="decoder.") as decoder,
    ):
        yield encoder, decoder


def decoded(decoder: VaeDecoder, latents: Tensor, tiles: Tiling = WHOLE) -> Tensor:
    """[F, 3, H, W]."""
    return torch.cat(list(tiling.decode(decoder, latents, tiles, lambda frames: frames)))


def test_a_clip_is_encoded_as_by_diffusers(halves, shared):
    mean, log_variance = tiling.encode(halves[0], shared["vae.clip"].float(), WHOLE)
    assert (mean - shared["vae.mean"]).abs().max() < 1e-4
    assert (log_variance - shared["vae.log_variance"]).abs().max() < 1e-4


@pytest.mark.parametrize(("latents", "frames"), [(1, 1), (4, 16), (5, 17)])
def test_latents_of_any_length_are_decoded_as_by_diffusers(halves, shared, latents, frames):
    made = decoded(halves[1], shared["vae.given"][:, :latents])
    assert len(made) == frames
    assert (made[..., ::3, ::3] - shared[f"vae.decoded.{latents}"]).abs().max() < 1e-4


def test_tiles_are_encoded_and_blended_as_by_diffusers(halves, shared):
    mean, _ = tiling.encode(halves[0], shared["vae.clip"].float(), TILES)
    assert (mean - shared["vae.tiled.mean"]).abs().max() < 1e-4


def test_tiles_are_decoded_and_blended_as_by_diffusers(halves, shared):
    made = decoded(halves[1], shared["vae.given"], TILES)
    assert (made[..., ::3, ::3] - shared["vae.tiled.decoded"]).abs().max() < 1e-4


def test_a_clip_that_fits_a_tile_is_streamed_chunk_by_chunk(halves, shared):
    lengths = [
        len(chunk) for chunk in tiling.decode(halves[1], shared["vae.given"], WHOLE, lambda frames: frames)
    ]
    assert lengths == [9, 8]


def test_the_first_frame_does_not_depend_on_the_later_chunks(halves, shared):
    latents = shared["vae.given"]
    assert torch.equal(decoded(halves[1], latents)[:9], decoded(halves[1], latents[:, :3]))


def test_one_clip_leaves_nothing_behind_for_the_next(halves, shared):
    first = decoded(halves[1], shared["vae.given"])
    assert torch.equal(decoded(halves[1], shared["vae.given"]), first)


def test_a_photo_is_encoded_whole_whatever_the_tiles(halves, shared):
    photo = shared["vae.clip"].float()[:, :1]
    assert torch.equal(tiling.encode(halves[0], photo, TILES)[0], halves[0](photo)[0])


def test_latents_do_not_change_while_they_are_decoded(halves, shared):
    kept = shared["vae.given"].clone()
    decoded(halves[1], shared["vae.given"])
    assert torch.equal(kept, shared["vae.given"])


def test_the_published_tiles_share_a_sixth_and_a_fifth():
    tiles = Tiling.published(VaeConfig())
    assert (tiles.rows, tiles.columns, tiles.shared_rows, tiles.shared_columns) == (30, 45, 5, 9)


@pytest.mark.parametrize(
    ("count", "size", "lengths"),
    [
        (1, 8, [1]),
        (9, 8, [9]),
        (17, 8, [9, 8]),
        (49, 8, [9, *[8] * 5]),
        (5, 2, [3, 2]),
        (13, 2, [3, *[2] * 5]),
        (4, 2, [2, 2]),
    ],
)
def test_the_first_chunk_takes_what_is_left_over(count, size, lengths):
    parts = chunks(count, size)
    assert [part.stop - part.start for part in parts] == lengths
    assert (parts[0].start, parts[-1].stop) == (0, count)


def test_of_an_odd_number_of_frames_the_first_has_a_latent_of_its_own():
    assert times(9, 3) == [0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert times(8, 2) == [0, 0, 0, 0, 1, 1, 1, 1]
    assert times(3, 3) == [0, 1, 2]
    assert times(1, 1) == [0]


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("ends", [False, True])
def test_a_convolution_keeps_two_frames_unless_the_clip_ends(frames, ends):
    conv, past = CausalConv(3, 4), Past(ends=ends)
    list(conv(list(torch.randn(frames, 1, 3, 4, 6)), past))
    assert [kept.shape for kept in past.frames.values()] == ([] if ends else [(2, 4, 6, 3)])
