"""The networks' numbers, read once from the checkpoint's json files; the defaults are the published ones.
Torch-free.
"""

import math
from dataclasses import dataclass
from typing import Any

from i2v_cli.families.cogvideox.sizes import FRAMES_A_LATENT
from i2v_cli.weights.published import expect, parsed


@dataclass(frozen=True, kw_only=True, slots=True)
class DenoiserConfig:
    """patch: side of a token in latents. patch_frames: its length in latent frames, None for 1.0, which
    has no such axis. table: (frames, rows, columns) in latents that 1.0's learned positions cover; 1.5 has
    none. offset_width: of 1.5's second embedding ("ofs"), None for 1.0.
    """

    num_heads: int = 48
    head_dim: int = 64
    num_layers: int = 42
    channels_in: int = 32
    channels_out: int = 16
    context_width: int = 4096
    context_length: int = 226
    embedding_width: int = 512
    eps: float = 1e-5
    patch: int = 2
    patch_frames: int | None
    table: tuple[int, int, int] | None
    offset_width: int | None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "DenoiserConfig":
        """From transformer/config.json; one that describes another network is a ModelError."""
        return parsed("transformer", raw, _denoiser)

    @property
    def width(self) -> int:
        return self.num_heads * self.head_dim

    @property
    def patches(self) -> tuple[int, int, int]:
        """Latents of a token along time, height and width."""
        return self.patch_frames or 1, self.patch, self.patch

    @property
    def block_parameters(self) -> int:
        modulation = 2 * 6 * self.width * (self.embedding_width + 1)
        norms = 2 * 2 * self.width + 4 * self.head_dim
        attention = 4 * self.width * (self.width + 1)
        return modulation + norms + attention + 8 * self.width**2 + 5 * self.width

    @property
    def parameters(self) -> int:
        """Without what is small beside a block."""
        table = self.width * self.tokens((0, *self.table)) if self.table else 0
        return self.num_layers * self.block_parameters + self.width * self.context_width + table

    def padded(self, time: int) -> int:
        """Latent frames that are denoised for `time` of a clip: 1.5 takes them by two."""
        each = self.patch_frames or 1
        return math.ceil(time / each) * each

    def tokens(self, latent_shape: tuple[int, ...]) -> int:
        """latent_shape: (C, T, h, w)."""
        _, time, rows, columns = latent_shape
        return self.context_length + time // (self.patch_frames or 1) * (rows // self.patch) * (
            columns // self.patch
        )

    def flops(self, latent_shape: tuple[int, ...]) -> float:
        """Of one prediction."""
        tokens = self.tokens(latent_shape)
        layers = 2.0 * tokens * 12 * self.width**2 + 4.0 * tokens**2 * self.width
        return self.num_layers * layers


@dataclass(frozen=True, kw_only=True, slots=True)
class VaeConfig:
    """widths: a level each, the finest first. num_resblocks: of the encoder's levels, the decoder's have one
    more.

    scale: of latents for the denoiser, of unit variance. unscaled_photo: the photo's latent goes there as it
    is (1.5). tile: (rows, columns) in latents of the published tiling.
    """

    widths: tuple[int, ...] = (128, 256, 256, 512)
    num_resblocks: int = 3
    groups: int = 32
    latent_channels: int = 16
    scale: float = 0.7
    unscaled_photo: bool = False
    tile: tuple[int, int] = (30, 45)

    @property
    def values_a_pixel(self) -> int:
        """What the decoder holds of each pixel at its finest level, which is its peak, in values of its
        dtype.
        """
        fine, coarser = self.widths[:2]
        convs = 2 * (self.num_resblocks + 1)
        chunk = 9 * (fine + coarser)  # what enters a block and its hidden activation
        past = 2 * (coarser + convs * fine + convs * coarser // 4)
        return chunk + past + 6 * coarser  # and of one frame what a convolution is given and answers

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "VaeConfig":
        """From vae/config.json; one that describes another network is a ModelError."""
        return parsed("vae", raw, _vae)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseConfig:
    """The noise that the model was trained on: see `sampling.schedule.scaled_linear`."""

    training_steps: int = 1000
    beta_start: float = 0.00085
    beta_end: float = 0.012
    snr_shift: float = 1.0

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "NoiseConfig":
        """From scheduler/scheduler_config.json; one that describes other noise is a ModelError."""
        return parsed("scheduler", raw, _noise)


def _denoiser(raw: dict[str, Any]) -> DenoiserConfig:
    expect(
        raw,
        {
            "activation_fn": "gelu-approximate",
            "attention_bias": True,
            "flip_sin_to_cos": True,
            "freq_shift": 0,
            "norm_elementwise_affine": True,
            "timestep_activation_fn": "silu",
            "temporal_compression_ratio": FRAMES_A_LATENT,
            "use_rotary_positional_embeddings": True,
        },
    )
    learned = bool(raw["use_learned_positional_embeddings"])
    time = (int(raw["sample_frames"]) - 1) // FRAMES_A_LATENT + 1
    return DenoiserConfig(
        num_heads=int(raw["num_attention_heads"]),
        head_dim=int(raw["attention_head_dim"]),
        num_layers=int(raw["num_layers"]),
        channels_in=int(raw["in_channels"]),
        channels_out=int(raw["out_channels"]),
        context_width=int(raw["text_embed_dim"]),
        context_length=int(raw["max_text_seq_length"]),
        embedding_width=int(raw["time_embed_dim"]),
        eps=float(raw["norm_eps"]),
        patch=int(raw["patch_size"]),
        patch_frames=_optional(raw.get("patch_size_t")),
        table=(time, int(raw["sample_height"]), int(raw["sample_width"])) if learned else None,
        offset_width=_optional(raw.get("ofs_embed_dim")),
    )


def _vae(raw: dict[str, Any]) -> VaeConfig:
    expect(
        raw,
        {
            "act_fn": "silu",
            "in_channels": 3,
            "out_channels": 3,
            "latents_mean": None,
            "latents_std": None,
            "norm_eps": 1e-6,
            "shift_factor": None,
            "temporal_compression_ratio": FRAMES_A_LATENT,
            "use_quant_conv": False,
            "use_post_quant_conv": False,
        },
    )
    widths = tuple(int(width) for width in raw["block_out_channels"])
    stride = 2 ** (len(widths) - 1)
    return VaeConfig(
        widths=widths,
        num_resblocks=int(raw["layers_per_block"]),
        groups=int(raw["norm_num_groups"]),
        latent_channels=int(raw["latent_channels"]),
        scale=float(raw["scaling_factor"]),
        unscaled_photo=bool(raw.get("invert_scale_latents", False)),
        tile=(int(raw["sample_height"]) // 2 // stride, int(raw["sample_width"]) // 2 // stride),
    )


def _noise(raw: dict[str, Any]) -> NoiseConfig:
    expect(
        raw,
        {
            "beta_schedule": "scaled_linear",
            "clip_sample": False,
            "prediction_type": "v_prediction",
            "rescale_betas_zero_snr": True,
            "set_alpha_to_one": True,
            "timestep_spacing": "trailing",
            "trained_betas": None,
        },
    )
    return NoiseConfig(
        training_steps=int(raw["num_train_timesteps"]),
        beta_start=float(raw["beta_start"]),
        beta_end=float(raw["beta_end"]),
        snr_shift=float(raw["snr_shift_scale"]),
    )


def _optional(value: object) -> int | None:
    return None if value is None else int(str(value))
