"""The rows of Stable Video Diffusion for `versus_diffusers.py`: the whole UNet, the whole decoder.

One prediction with guidance: diffusers takes the pair as a batch of two, `i2v` one after the other, as their
pipelines do. Both decode the clip as a whole.
"""

import argparse
from collections.abc import Callable

import torch
from inputs import drawn, filled, shape


def denoise_diffusers(dtype, asked: argparse.Namespace) -> Callable:
    from diffusers import UNetSpatioTemporalConditionModel

    denoiser = filled(
        lambda: UNetSpatioTemporalConditionModel(
            num_attention_heads=(5, 10, 20, 20), cross_attention_dim=1024, sample_size=96
        ),
        dtype,
    )
    latents, context, ids, timestep = given(asked, dtype)
    pair = latents.transpose(1, 2).expand(2, -1, -1, -1, -1)
    contexts = torch.cat([torch.zeros_like(context), context])
    return lambda: denoiser(pair, timestep, contexts, ids.expand(2, 3)).sample.transpose(1, 2)


def denoise_i2v(dtype, asked: argparse.Namespace) -> Callable:
    from i2v_cli.families.svd.denoiser import SvdDenoiser
    from i2v_cli.families.svd.networks import DenoiserConfig

    denoiser = filled(lambda: SvdDenoiser(DenoiserConfig(frames=14)), dtype)
    latents, context, ids, timestep = given(asked, dtype)
    contexts = (torch.zeros_like(context), context)
    return lambda: torch.cat([denoiser(latents, timestep, one, ids) for one in contexts])


def decode_diffusers(dtype, asked: argparse.Namespace) -> Callable:
    from diffusers import AutoencoderKLTemporalDecoder

    def build() -> AutoencoderKLTemporalDecoder:
        vae = AutoencoderKLTemporalDecoder(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=2,
        )
        vae.encoder = torch.nn.Identity()  # it is not asked, so it is not counted
        return vae

    vae = filled(build, dtype)
    latents = coded(asked, dtype)
    return lambda: vae.decode(latents, num_frames=len(latents)).sample


def decode_i2v(dtype, asked: argparse.Namespace) -> Callable:
    from i2v_cli.families.svd.decoder import VaeDecoder
    from i2v_cli.families.svd.networks import VaeConfig

    decoder = filled(lambda: VaeDecoder(VaeConfig()), dtype)
    latents = coded(asked, dtype)
    return lambda: torch.stack(list(decoder(latents)))


def given(asked: argparse.Namespace, dtype) -> tuple:
    """Latents [1, 8, T, h, w], context [1, 1, D], ids [3] and the timestep."""

    latents = drawn(1, 8, *shape(asked.svd_latents), dtype=dtype)
    return latents, drawn(1, 1, 1024, dtype=dtype), torch.tensor([6.0, 127.0, 0.02]), torch.tensor(0.5)


def coded(asked: argparse.Namespace, dtype):
    """Latents [T, 4, h, w] of the clip that is decoded."""
    frames, rows, columns = shape(asked.svd_clip)
    return drawn(frames, 4, rows // 8, columns // 8, dtype=dtype)


WORK = {
    ("diffusers", "svd-denoise"): denoise_diffusers,
    ("i2v", "svd-denoise"): denoise_i2v,
    ("diffusers", "svd-decode"): decode_diffusers,
    ("i2v", "svd-decode"): decode_i2v,
}
