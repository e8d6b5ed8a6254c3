"""The rows of CogVideoX for `versus_diffusers.py`: some blocks of full width, the whole decoder.

One prediction with guidance is a pair of clips through all blocks; a decode is the whole clip, untiled.
"""

import argparse
from collections.abc import Callable

import torch
from inputs import drawn, filled, shape


def denoise_diffusers(dtype, asked: argparse.Namespace) -> Callable:
    from diffusers import CogVideoXTransformer3DModel
    from diffusers.models.embeddings import get_3d_rotary_pos_embed

    frames, rows, columns = shape(asked.latents)
    denoiser = filled(
        lambda: CogVideoXTransformer3DModel(
            num_attention_heads=48,
            in_channels=32,
            num_layers=asked.blocks,
            sample_width=columns,
            sample_height=rows,
            sample_frames=4 * frames - 3,
            use_rotary_positional_embeddings=True,
            use_learned_positional_embeddings=True,
        ),
        dtype,
    )
    latents = drawn(1, 32, frames, rows, columns, dtype=dtype).transpose(1, 2).expand(2, -1, -1, -1, -1)
    context = drawn(2, 226, 4096, dtype=dtype)
    turns = get_3d_rotary_pos_embed(
        64, ((0, 0), (rows // 2, columns // 2)), (rows // 2, columns // 2), frames
    )
    timestep = torch.tensor([666, 666])
    return lambda: denoiser(latents, context, timestep, image_rotary_emb=turns).sample.transpose(1, 2)


def denoise_i2v(dtype, asked: argparse.Namespace) -> Callable:
    from i2v_cli.families.cogvideox.denoiser import CogVideoXDenoiser
    from i2v_cli.families.cogvideox.networks import DenoiserConfig
    from i2v_cli.sampling.step_cache import StepCache

    sides = shape(asked.latents)
    config = DenoiserConfig(num_layers=asked.blocks, patch_frames=None, table=sides, offset_width=None)
    denoiser = filled(lambda: CogVideoXDenoiser(config), dtype)
    latents = drawn(1, 32, *sides, dtype=dtype).expand(2, -1, -1, -1, -1)
    context = drawn(2, 226, 4096, dtype=dtype)
    return lambda: denoiser(latents, torch.tensor(666), context, StepCache(0))


def decode_diffusers(dtype, asked: argparse.Namespace) -> Callable:
    from diffusers import AutoencoderKLCogVideoX

    def build() -> AutoencoderKLCogVideoX:
        down, up = (tuple([f"CogVideoX{way}Block3D"] * 4) for way in ("Down", "Up"))
        vae = AutoencoderKLCogVideoX(down_block_types=down, up_block_types=up)
        vae.encoder = torch.nn.Identity()  # it is not asked, so it is not counted
        return vae

    vae = filled(build, dtype)
    latents = coded(asked, dtype)[None]
    return lambda: vae.decode(latents).sample[0].transpose(0, 1)


def decode_i2v(dtype, asked: argparse.Namespace) -> Callable:
    from i2v_cli.families.cogvideox.networks import VaeConfig
    from i2v_cli.families.cogvideox.vae import VaeDecoder

    decoder = filled(lambda: VaeDecoder(VaeConfig()), dtype)
    latents = coded(asked, dtype)
    return lambda: torch.cat(list(decoder(latents)))


def coded(asked: argparse.Namespace, dtype):
    """Latents [16, T, h, w] of the clip that is decoded."""
    frames, rows, columns = shape(asked.clip)
    return drawn(16, (frames - 1) // 4 + 1, rows // 8, columns // 8, dtype=dtype)


WORK = {
    ("diffusers", "denoise"): denoise_diffusers,
    ("i2v", "denoise"): denoise_i2v,
    ("diffusers", "decode"): decode_diffusers,
    ("i2v", "decode"): decode_i2v,
}
