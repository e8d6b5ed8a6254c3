"""Open-Sora's autoencoder: pictures 8 times smaller, then time; 4 channels, 17 frames to 5 latents.

Chunks of 17 frames are independent, so decoding streams: one chunk of latents, one picture at a time. Both
halves lie in one file and are loaded apart, each without the keys of the other (`IGNORED_BY_...`).
"""

from collections.abc import Iterator

import torch
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.opensora.networks import VaeConfig
from i2v_cli.families.opensora.sizes import CHUNK_FRAMES, CHUNK_LATENTS
from i2v_cli.families.opensora.spatial import PictureDecoder, PictureEncoder
from i2v_cli.families.opensora.temporal import TimeDecoder, TimeEncoder

IGNORED_BY_ENCODER = ("*.decoder.*", "*.post_quant_conv.*")
IGNORED_BY_DECODER = ("*.encoder.*", "*.quant_conv.*")
STATISTICS = ("shift", "scale")


class VaeEncoder(nn.Module):
    """Give it fp32."""

    shift: Tensor
    scale: Tensor

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.spatial_vae = nn.ModuleDict({"module": PictureEncoder(config)})
        self.temporal_vae = TimeEncoder(config)
        _register_statistics(self, config)

    def forward(self, clip: Tensor) -> Tensor:
        """clip: [F, 3, H, W] in -1..1 -> latents [4, T, H // 8, W // 8] for the denoiser, of unit variance.

        Of both distributions the mean: the reference draws from them, from hardly any width.
        """
        chunks = [self._chunk(chunk) for chunk in clip.split(CHUNK_FRAMES)]
        return (torch.cat(chunks, dim=1) - self.shift[0]) / self.scale[0]

    def _chunk(self, clip: Tensor) -> Tensor:
        """[F, 3, H, W], F at most 17 -> [4, ceil(F / 4), h, w]."""
        pictures = torch.cat([self.spatial_vae["module"](frame) for frame in clip.split(1)])
        mean, _ = self.temporal_vae.moments(rearrange(pictures, "f c h w -> c f h w"))
        return mean


class VaeDecoder(nn.Module):
    shift: Tensor
    scale: Tensor

    def __init__(self, config: VaeConfig) -> None:
        super().__init__()
        self.spatial_vae = nn.ModuleDict({"module": PictureDecoder(config)})
        self.temporal_vae = TimeDecoder(config)
        _register_statistics(self, config)

    def forward(self, latents: Tensor, count: int) -> Iterator[Tensor]:
        """latents: [4, T, h, w], as the encoder answers them -> `count` frames [3, 8h, 8w], about -1..1."""
        picture = self.spatial_vae["module"]
        for chunk in latents.split(CHUNK_LATENTS, dim=1):
            pictures = self.chunk(chunk, min(count, CHUNK_FRAMES))
            count -= CHUNK_FRAMES
            for frame in pictures.unbind(dim=1):
                yield picture(frame[None])[0]

    def chunk(self, latents: Tensor, count: int) -> Tensor:
        """latents: [4, T, h, w], T at most 5 -> the latents of `count` pictures [4, count, h, w]."""
        whole = latents.float() * self.scale[0] + self.shift[0]
        return self.temporal_vae(whole.to(latents.dtype), count)


def _register_statistics(network: nn.Module, config: VaeConfig) -> None:
    """What is taken off latents, and by what they are then divided, for the denoiser."""
    for name in STATISTICS:
        network.register_buffer(name, torch.zeros(1, config.channels, 1, 1, 1))
