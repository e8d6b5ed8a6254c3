"""A tiny Stable Video Diffusion in the published layout, its weights drawn by their names."""

import json
import zlib
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from i2v_cli.encoders.clip import ClipVisionConfig, ClipVisionEncoder
from i2v_cli.families.svd.decoder import VaeDecoder
from i2v_cli.families.svd.denoiser import SvdDenoiser
from i2v_cli.families.svd.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.svd.vae import VaeEncoder

UNET = {
    "_class_name": "UNetSpatioTemporalConditionModel",
    "addition_time_embed_dim": 8,
    "block_out_channels": [32, 64, 64, 64],
    "cross_attention_dim": 16,
    "down_block_types": [*["CrossAttnDownBlockSpatioTemporal"] * 3, "DownBlockSpatioTemporal"],
    "in_channels": 8,
    "layers_per_block": 2,
    "num_attention_heads": [2, 4, 8, 8],
    "num_frames": 14,
    "out_channels": 4,
    "projection_class_embeddings_input_dim": 24,
    "sample_size": 96,
    "transformer_layers_per_block": 1,
    "up_block_types": ["UpBlockSpatioTemporal", *["CrossAttnUpBlockSpatioTemporal"] * 3],
}
VAE = {
    "_class_name": "AutoencoderKLTemporalDecoder",
    "block_out_channels": [32, 32, 64, 64],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "force_upcast": True,
    "in_channels": 3,
    "latent_channels": 4,
    "layers_per_block": 2,
    "out_channels": 3,
    "sample_size": 768,
    "scaling_factor": 0.18215,
}
IMAGE_ENCODER = {
    "hidden_act": "gelu",
    "hidden_size": 32,
    "image_size": 224,
    "intermediate_size": 64,
    "layer_norm_eps": 1e-5,
    "num_attention_heads": 4,
    "num_channels": 3,
    "num_hidden_layers": 2,
    "patch_size": 14,
    "projection_dim": 16,
}
SCHEDULER = {
    "_class_name": "EulerDiscreteScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "interpolation_type": "linear",
    "num_train_timesteps": 1000,
    "prediction_type": "v_prediction",
    "sigma_max": 700.0,
    "sigma_min": 0.002,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "timestep_type": "continuous",
    "trained_betas": None,
    "use_karras_sigmas": True,
}


def drawn(name: str, shape: torch.Size) -> Tensor:
    """A weight of about the size that training gives it. Uniform numbers are the same on every machine."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    values = 2 * torch.rand(shape, generator=generator) - 1
    if name.endswith("mix_factor"):
        return 2 * values
    if len(shape) == 1:
        return 0.1 * values if name.endswith("bias") else 1 + 0.2 * values
    fan_in = max(shape[1:].numel(), 1)
    return values * (3 / fan_in) ** 0.5


def write(folder: Path) -> Path:
    """The checkpoint, each part under the name that its published fp16 file has."""
    unet, vae = DenoiserConfig.from_json(UNET), VaeConfig.from_json(VAE)
    with torch.device("meta"):
        parts = {
            "unet": SvdDenoiser(unet).state_dict(),
            "vae": VaeEncoder(vae).state_dict()
            | {f"decoder.{name}": meta for name, meta in VaeDecoder(vae).state_dict().items()},
            "image_encoder": ClipVisionEncoder(ClipVisionConfig.from_json(IMAGE_ENCODER)).state_dict(),
        }
    for part, raw in (("unet", UNET), ("vae", VAE), ("image_encoder", IMAGE_ENCODER)):
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(raw))
        stem = "model" if part == "image_encoder" else "diffusion_pytorch_model"
        weights = {name: drawn(name, meta.shape) for name, meta in parts[part].items()}
        save_file(weights, folder / part / f"{stem}.fp16.safetensors")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER))
    return folder


def photo(width: int, height: int) -> Tensor:
    """[3, H, W] uint8: ramps and a checkerboard."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    board = (rows // 6 + columns // 6) % 2 * 120
    return torch.stack([rows * 255 // height, columns * 255 // width, board + 60]).to(torch.uint8)
