"""CLIP's image encoder with its projection (Radford et al. 2021), and the picture it is shown.

Parameters carry the names of the checkpoints. Stable Video Diffusion conditions on the projected vector that
the published ViT-H/14 of OpenCLIP answers.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.weights.published import parsed

BLOCKS = ("vision_model.encoder.layers",)
# A table of 0, 1, 2, ... that older files hold.
IGNORE = ("vision_model.embeddings.position_ids",)

# Mean and deviation of CLIP's training pictures, per channel, of values in 0..1.
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipVisionConfig:
    """`side`: of the square picture, pixels. `projected`: width of the answer."""

    width: int
    num_heads: int
    num_layers: int
    mlp_width: int
    projected: int
    patch: int = 14
    side: int = 224
    eps: float = 1e-5

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "ClipVisionConfig":
        """From the image encoder's config.json; one that describes another network is a ModelError."""
        return parsed("image_encoder", raw, _config)


def normalized(picture: Tensor) -> Tensor:
    """picture: [B, 3, H, W] in 0..1 -> what the encoder is shown, zero mean and unit deviation."""
    mean, std = (rearrange(picture.new_tensor(values), "c -> c 1 1") for values in (MEAN, STD))
    return (picture - mean) / std


def resize_antialiased(picture: Tensor, side: int) -> Tensor:
    """picture: [B, 3, H, W] -> [B, 3, side, side]: a Gaussian blur, then bicubic with aligned corners.

    What Stable Video Diffusion was trained with, on values in -1..1 (kornia's `resize(antialias=True)` of
    2023, as Stability's generative-models calls it). Aspect is not kept. Other resizes give other embeddings.
    """
    height, width = picture.shape[-2:]
    planes = rearrange(picture, "b c h w -> (b c) 1 h w")
    across, down = _gaussian(width / side, planes), _gaussian(height / side, planes)
    planes = F.conv2d(_reflected(planes, 0, len(across) // 2), rearrange(across, "k -> 1 1 1 k"))
    planes = F.conv2d(_reflected(planes, len(down) // 2, 0), rearrange(down, "k -> 1 1 k 1"))
    small = F.interpolate(planes, size=(side, side), mode="bicubic", align_corners=True)
    return rearrange(small, "(b c) 1 h w -> b c h w", b=len(picture))


def _gaussian(factor: float, like: Tensor) -> Tensor:
    """Weights [k], k odd, of the blur before shrinking by `factor`; as good as none when it enlarges."""
    sigma = max((factor - 1) / 2, 0.001)
    taps = int(max(4 * sigma, 3)) | 1
    offsets = torch.arange(taps, dtype=like.dtype, device=like.device) - taps // 2
    weights = torch.exp(-offsets.square() / (2 * offsets.new_tensor(sigma).square()))
    return weights / weights.sum()


def _reflected(planes: Tensor, rows: int, columns: int) -> Tensor:
    return F.pad(planes, (columns, columns, rows, rows), mode="reflect")


def _config(raw: dict[str, Any]) -> ClipVisionConfig:
    if raw["hidden_act"] != "gelu" or raw.get("num_channels", 3) != 3:
        raise ValueError("only three channels and the exact GELU are known")
    return ClipVisionConfig(
        width=int(raw["hidden_size"]),
        num_heads=int(raw["num_attention_heads"]),
        num_layers=int(raw["num_hidden_layers"]),
        mlp_width=int(raw["intermediate_size"]),
        projected=int(raw["projection_dim"]),
        patch=int(raw["patch_size"]),
        side=int(raw["image_size"]),
        eps=float(raw.get("layer_norm_eps", 1e-5)),
    )


class ClipVisionEncoder(nn.Module):
    """A picture -> one vector in the space that CLIP shares with text; not normalised to length 1."""

    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.vision_model = VisionTransformer(config)
        self.visual_projection = nn.Linear(config.width, config.projected, bias=False)

    def forward(self, picture: Tensor) -> Tensor:
        """picture: [B, 3, side, side], `normalized`. -> [B, projected]."""
        return self.visual_projection(self.vision_model(picture))


class VisionTransformer(nn.Module):
    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.pre_layrnorm = _norm(config)  # the checkpoints' spelling
        self.encoder = Stack(config)
        self.post_layernorm = _norm(config)

    def forward(self, picture: Tensor) -> Tensor:
        """-> [B, D]: the class token, which stands first."""
        hidden = self.encoder(self.pre_layrnorm(self.embeddings(picture)))
        return self.post_layernorm(hidden[:, 0])


class Embeddings(nn.Module):
    """Patches, the class token before them, and learned positions."""

    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.class_embedding = nn.Parameter(torch.zeros(config.width))
        self.patch_embedding = nn.Conv2d(3, config.width, config.patch, stride=config.patch, bias=False)
        self.position_embedding = nn.Embedding(1 + (config.side // config.patch) ** 2, config.width)

    def forward(self, picture: Tensor) -> Tensor:
        patches = rearrange(self.patch_embedding(picture), "b d h w -> b (h w) d")
        first = self.class_embedding.expand(len(picture), 1, -1)
        return torch.cat([first, patches], dim=1) + self.position_embedding.weight


class Stack(nn.Module):
    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_layers))

    def forward(self, hidden: Tensor) -> Tensor:
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden


class Layer(nn.Module):
    """Pre-norm."""

    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.layer_norm1 = _norm(config)
        self.self_attn = SelfAttention(config)
        self.layer_norm2 = _norm(config)
        self.mlp = FeedForward(config)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self.self_attn(self.layer_norm1(hidden))
        return hidden + self.mlp(self.layer_norm2(hidden))


class SelfAttention(nn.Module):
    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.q_proj = nn.Linear(config.width, config.width)
        self.k_proj = nn.Linear(config.width, config.width)
        self.v_proj = nn.Linear(config.width, config.width)
        self.out_proj = nn.Linear(config.width, config.width)

    def forward(self, hidden: Tensor) -> Tensor:
        query, key, value = (
            rearrange(project(hidden), "b s (n k) -> b n s k", n=self.num_heads)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        attended = F.scaled_dot_product_attention(query, key, value)
        return self.out_proj(rearrange(attended, "b n s k -> b s (n k)"))


class FeedForward(nn.Module):
    def __init__(self, config: ClipVisionConfig) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.width, config.mlp_width)
        self.fc2 = nn.Linear(config.mlp_width, config.width)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(hidden)))


def _norm(config: ClipVisionConfig) -> nn.LayerNorm:
    return nn.LayerNorm(config.width, eps=config.eps)
