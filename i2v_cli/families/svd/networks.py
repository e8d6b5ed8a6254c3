"""The networks' numbers, read once from the checkpoint's json files; the defaults are the published ones.

Torch-free.
"""

from dataclasses import dataclass
from typing import Any

from i2v_cli.weights.published import expect, parsed

LEVELS = 4
# Of the published networks; one of other widths has about so many times the square of their ratio.
DENOISER_PARAMETERS = 1_524_623_082
STREAMED_PARAMETERS = 1_467_376_358  # in `denoiser.blocks`
LARGEST_BLOCK_PARAMETERS = 100_339_201
DECODER_PARAMETERS = 63_579_183


@dataclass(frozen=True, kw_only=True, slots=True)
class DenoiserConfig:
    """widths, num_heads: a level of the UNet each, the finest first. id_width: of one id's sinusoid.

    frames: of the clips that it was trained on; no weight depends on it.
    """

    widths: tuple[int, ...] = (320, 640, 1280, 1280)
    num_heads: tuple[int, ...] = (5, 10, 20, 20)
    num_resblocks: int = 2
    context_width: int = 1024
    id_width: int = 256
    channels_in: int = 8
    channels_out: int = 4
    frames: int

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "DenoiserConfig":
        """From unet/config.json; one that describes another network is a ModelError."""
        return parsed("unet", raw, _denoiser)

    @property
    def share(self) -> float:
        """Of the published parameters."""
        return (self.widths[0] / 320) ** 2


@dataclass(frozen=True, kw_only=True, slots=True)
class VaeConfig:
    """widths: a level each, the finest first. scale: of latents for the denoiser, of unit variance."""

    widths: tuple[int, ...] = (128, 256, 512, 512)
    num_resblocks: int = 2
    latent_channels: int = 4
    scale: float = 0.18215

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "VaeConfig":
        """From vae/config.json; one that describes another network is a ModelError."""
        return parsed("vae", raw, _vae)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseConfig:
    """lowest, highest: noise beside a picture of unit variance (Karras et al. 2022)."""

    lowest: float = 0.002
    highest: float = 700.0

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "NoiseConfig":
        """From scheduler/scheduler_config.json; one that describes other noise is a ModelError."""
        return parsed("scheduler", raw, _noise)


def _denoiser(raw: dict[str, Any]) -> DenoiserConfig:
    down, up = "CrossAttnDownBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"
    id_width = int(raw["addition_time_embed_dim"])
    known = {
        "down_block_types": [down] * (LEVELS - 1) + ["DownBlockSpatioTemporal"],
        "up_block_types": ["UpBlockSpatioTemporal"] + [up] * (LEVELS - 1),
        "projection_class_embeddings_input_dim": 3 * id_width,
        "transformer_layers_per_block": 1,
    }
    expect(raw, known)
    return DenoiserConfig(
        widths=_numbers(raw["block_out_channels"]),
        num_heads=_numbers(raw["num_attention_heads"]),
        num_resblocks=int(raw["layers_per_block"]),
        context_width=int(raw["cross_attention_dim"]),
        id_width=id_width,
        channels_in=int(raw["in_channels"]),
        channels_out=int(raw["out_channels"]),
        frames=int(raw["num_frames"]),
    )


def _vae(raw: dict[str, Any]) -> VaeConfig:
    expect(raw, {"down_block_types": ["DownEncoderBlock2D"] * LEVELS, "in_channels": 3, "out_channels": 3})
    return VaeConfig(
        widths=_numbers(raw["block_out_channels"]),
        num_resblocks=int(raw["layers_per_block"]),
        latent_channels=int(raw["latent_channels"]),
        scale=float(raw["scaling_factor"]),
    )


def _noise(raw: dict[str, Any]) -> NoiseConfig:
    known = {
        "prediction_type": "v_prediction",
        "timestep_spacing": "leading",
        "timestep_type": "continuous",
        "use_karras_sigmas": True,
    }
    expect(raw, known)
    return NoiseConfig(lowest=float(raw["sigma_min"]), highest=float(raw["sigma_max"]))


def _numbers(raw: list[Any]) -> tuple[int, ...]:
    if len(raw) != LEVELS:
        raise ValueError(f"{raw} are not {LEVELS} levels")
    return tuple(int(number) for number in raw)
