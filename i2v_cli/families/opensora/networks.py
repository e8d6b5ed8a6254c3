"""The networks' numbers, read once from the checkpoint's json files; the defaults are the published ones.

Torch-free.
"""

from dataclasses import dataclass
from typing import Any

from i2v_cli.families.opensora.sizes import CHUNK_FRAMES
from i2v_cli.weights import published

LEVELS = 4
PATCH = 2  # latents a side of a token
MULTIPLIERS = (1, 2, 2, 4)  # of `temporal_width`, a level of the temporal autoencoder each, the finest first
FREQUENCIES = 256  # width of the sinusoids of time and of frames a second


@dataclass(frozen=True, kw_only=True, slots=True)
class DenoiserConfig:
    """num_layers: pairs of a spatial and a temporal block. context_length: tokens of a prompt at most.

    base_side: of the square picture, in pixels, at which places are counted in tokens.
    """

    width: int = 1152
    num_heads: int = 16
    num_layers: int = 28
    channels: int = 4
    context_width: int = 4096
    context_length: int = 300
    base_side: int = 512

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "DenoiserConfig":
        """From the denoiser's config.json; one that describes another network is a ModelError."""
        return published.parsed("denoiser", raw, _denoiser)

    @property
    def head_dim(self) -> int:
        return self.width // self.num_heads

    @property
    def block_parameters(self) -> int:
        """Self-attention, cross-attention, the feed-forward layer, the table of modulations."""
        return 16 * self.width**2 + 19 * self.width + 2 * self.head_dim

    @property
    def parameters(self) -> int:
        around = (8 + self.context_width) * self.width + 2 * FREQUENCIES * self.width
        tables = self.context_length * self.context_width
        return 2 * self.num_layers * self.block_parameters + around + 9 * self.width**2 + tables

    def tokens(self, latent_shape: tuple[int, ...]) -> tuple[int, int]:
        """(frames, tokens a frame) of latents (C, T, h, w)."""
        _, frames, rows, columns = latent_shape
        return frames, -(-rows // PATCH) * -(-columns // PATCH)

    def flops(self, latent_shape: tuple[int, ...]) -> float:
        """Of one prediction, the words' part left out."""
        frames, places = self.tokens(latent_shape)
        tokens = frames * places
        products = 2.0 * tokens * 28 * self.width**2
        return self.num_layers * (products + 4.0 * tokens * (frames + places) * self.width)


@dataclass(frozen=True, kw_only=True, slots=True)
class VaeConfig:
    """A picture autoencoder, and one of its latents over time.

    widths, num_resblocks, groups: of the first, a level each, the finest first. temporal_*: of the second.
    """

    widths: tuple[int, ...] = (128, 256, 512, 512)
    num_resblocks: int = 2
    groups: int = 32
    channels: int = 4
    temporal_width: int = 128
    temporal_resblocks: int = 4
    temporal_groups: int = 32

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "VaeConfig":
        """From the autoencoder's config.json; one that describes another network is a ModelError.

        The published file names the parts and none of their numbers; a file that names them, by the words of
        the reference implementation, is believed.
        """
        return published.parsed("vae", raw, _vae)


def _denoiser(raw: dict[str, Any]) -> DenoiserConfig:
    known = {
        "model_type": "STDiT3",
        "patch_size": [1, PATCH, PATCH],
        "mlp_ratio": 4.0,
        "pred_sigma": True,
        "qk_norm": True,
        "skip_y_embedder": False,
    }
    published.expect(raw, known)
    config = DenoiserConfig(
        width=int(raw["hidden_size"]),
        num_heads=int(raw["num_heads"]),
        num_layers=int(raw["depth"]),
        channels=int(raw["in_channels"]),
        context_width=int(raw["caption_channels"]),
        context_length=int(raw["model_max_length"]),
        base_side=int(raw["input_sq_size"]),
    )
    if config.width % config.num_heads or config.head_dim % 2 or config.width % 4:
        raise ValueError(f"{config.num_heads} heads do not divide {config.width}")
    return config


def _vae(raw: dict[str, Any]) -> VaeConfig:
    published.expect(raw, {"model_type": "VideoAutoencoderPipeline", "micro_frame_size": CHUNK_FRAMES})
    spatial, temporal, known = raw["vae_2d"], raw["vae_temporal"], VaeConfig()
    published.expect(spatial, {"type": "VideoAutoencoderKL", "latent_channels": known.channels})
    published.expect(
        temporal,
        {
            "type": "VAE_Temporal_SD",
            "in_out_channels": known.channels,
            "channel_multipliers": list(MULTIPLIERS),
            "temporal_downsample": [False, True, True],
        },
    )
    widths = tuple(int(width) for width in spatial.get("block_out_channels", known.widths))
    if len(widths) != LEVELS:
        raise ValueError(f"{widths} are not {LEVELS} levels")
    return VaeConfig(
        widths=widths,
        num_resblocks=int(spatial.get("layers_per_block", known.num_resblocks)),
        groups=int(spatial.get("norm_num_groups", known.groups)),
        temporal_width=int(temporal.get("filters", known.temporal_width)),
        temporal_resblocks=int(temporal.get("num_res_blocks", known.temporal_resblocks)),
        temporal_groups=int(temporal.get("num_groups", known.temporal_groups)),
    )
