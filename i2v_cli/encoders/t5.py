"""T5 v1.1 encoder and its multilingual sister UMT5 (Raffel et al. 2020, Chung et al. 2023).

Parameters carry the names of the checkpoints. The two differ in one thing: T5's first layer holds the
position bias of all layers, UMT5's layers hold one each.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.weights.published import parsed

# What `runtime.streaming` brings in and out, in the order of the pass: the table is as large as a block.
BLOCKS = ("shared", "encoder.block")
# Keys that some repositories hold besides the encoder: the tied copy of the table, the decoder.
IGNORE = ("encoder.embed_tokens.weight", "decoder.*", "lm_head.*")


@dataclass(frozen=True, kw_only=True, slots=True)
class T5Config:
    """`buckets`, `max_distance`: of the position bias, in tokens. `bias_per_layer`: UMT5."""

    vocabulary: int
    width: int
    num_heads: int
    head_dim: int
    mlp_width: int
    num_layers: int
    buckets: int = 32
    max_distance: int = 128
    eps: float = 1e-6
    bias_per_layer: bool = False

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "T5Config":
        """From the text encoder's config.json; one that describes no T5 v1.1 is a ModelError."""
        return parsed("text_encoder", raw, _config)


def keep_fp32(dtype: torch.dtype) -> tuple[str, ...]:
    """Keys that stay fp32 when the rest runs in `dtype`: products that overflow fp16 and nothing else."""
    return ("*.wo.weight",) if dtype == torch.float16 else ()


def _config(raw: dict[str, Any]) -> T5Config:
    if raw["model_type"] not in ("t5", "umt5") or raw["feed_forward_proj"] != "gated-gelu":
        raise ValueError("only T5 v1.1 and UMT5, which are gated, are known")
    return T5Config(
        vocabulary=int(raw["vocab_size"]),
        width=int(raw["d_model"]),
        num_heads=int(raw["num_heads"]),
        head_dim=int(raw["d_kv"]),
        mlp_width=int(raw["d_ff"]),
        num_layers=int(raw["num_layers"]),
        buckets=int(raw.get("relative_attention_num_buckets", 32)),
        max_distance=int(raw.get("relative_attention_max_distance", 128)),
        eps=float(raw.get("layer_norm_epsilon", 1e-6)),
        bias_per_layer=raw["model_type"] == "umt5",
    )


class T5Encoder(nn.Module):
    """Token ids -> the last layer's states."""

    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.shared = nn.Embedding(config.vocabulary, config.width)
        self.encoder = Stack(config)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """tokens: [B, S] int64; mask: [B, S], True where a token is. -> [B, S, D].

        Without a mask padding is attended to, which is what CogVideoX was trained with.
        """
        return self.encoder(self.shared(tokens), mask)


class Stack(nn.Module):
    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.block = nn.ModuleList(
            Block(config, has_bias=config.bias_per_layer or index == 0) for index in range(config.num_layers)
        )
        self.final_layer_norm = RMSNorm(config)

    def forward(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        bias = None
        for block in self.block:
            hidden, bias = block(hidden, mask, bias)
        return self.final_layer_norm(hidden)


class Block(nn.Module):
    def __init__(self, config: T5Config, *, has_bias: bool) -> None:
        super().__init__()
        self.layer = nn.ModuleList([AttentionLayer(config, has_bias=has_bias), FeedForwardLayer(config)])

    def forward(self, hidden: Tensor, mask: Tensor | None, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """hidden: [B, S, D]; bias: [1 or B, N, S, S], of the block before. -> both, for the next one."""
        attend, feed = self.layer
        hidden, bias = attend(hidden, mask, bias)
        return feed(hidden), bias


class AttentionLayer(nn.Module):
    def __init__(self, config: T5Config, *, has_bias: bool) -> None:
        super().__init__()
        self.layer_norm = RMSNorm(config)
        self.SelfAttention = SelfAttention(config, has_bias=has_bias)

    def forward(self, hidden: Tensor, mask: Tensor | None, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        if self.SelfAttention.has_bias:
            bias = self.SelfAttention.bias(hidden.shape[1])
            if mask is not None:
                bias = bias.masked_fill(~mask[:, None, None, :], torch.finfo(bias.dtype).min)
        assert bias is not None  # the first layer has one
        return hidden + self.SelfAttention(self.layer_norm(hidden), bias), bias


class SelfAttention(nn.Module):
    """Attention without a scale: it was folded into the weights at initialisation."""

    def __init__(self, config: T5Config, *, has_bias: bool) -> None:
        super().__init__()
        inner = config.num_heads * config.head_dim
        self.config = config
        self.has_bias = has_bias
        self.q = nn.Linear(config.width, inner, bias=False)
        self.k = nn.Linear(config.width, inner, bias=False)
        self.v = nn.Linear(config.width, inner, bias=False)
        self.o = nn.Linear(inner, config.width, bias=False)
        if has_bias:
            self.relative_attention_bias = nn.Embedding(config.buckets, config.num_heads)

    def bias(self, length: int) -> Tensor:
        """[1, N, S, S]: what each query adds to each key for being so far away."""
        table = self.relative_attention_bias
        positions = torch.arange(length, device=table.weight.device)
        distances = positions[None, :] - positions[:, None]
        return rearrange(table(bucket(distances, self.config)), "q k n -> 1 n q k")

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        query, key, value = (
            rearrange(project(hidden), "b s (n k) -> b n s k", n=self.config.num_heads)
            for project in (self.q, self.k, self.v)
        )
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=1.0)
        return self.o(rearrange(attended, "b n s k -> b s (n k)"))


def bucket(distances: Tensor, config: T5Config) -> Tensor:
    """Key position minus query position, any shape, int64 -> row of the bias table.

    Half of the rows are for keys ahead. Of each half, half are for single distances and half for ranges that
    grow geometrically up to `max_distance` (Raffel et al. 2020, section 2.1, and their Mesh TensorFlow code).
    """
    half = config.buckets // 2
    single = half // 2
    apart = distances.abs()
    spread = torch.log(apart.clamp(min=single) / single) / math.log(config.max_distance / single)
    ranged = (single + (spread * (half - single)).long()).clamp(max=half - 1)
    return torch.where(distances > 0, half, 0) + torch.where(apart < single, apart, ranged)


class FeedForwardLayer(nn.Module):
    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.layer_norm = RMSNorm(config)
        self.DenseReluDense = GatedFeedForward(config)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.DenseReluDense(self.layer_norm(hidden))


class GatedFeedForward(nn.Module):
    """GELU-gated (Shazeer 2020). `wo` may be fp32 among fp16: the sum that it is added to then is fp32."""

    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.wi_0 = nn.Linear(config.width, config.mlp_width, bias=False)
        self.wi_1 = nn.Linear(config.width, config.mlp_width, bias=False)
        self.wo = nn.Linear(config.mlp_width, config.width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        gated = F.gelu(self.wi_0(hidden), approximate="tanh") * self.wi_1(hidden)
        return self.wo(gated.to(self.wo.weight.dtype))


class RMSNorm(nn.Module):
    """x / rms(x), computed in fp32, times a weight; no mean is taken off."""

    def __init__(self, config: T5Config) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.width))
        self.eps = config.eps

    def forward(self, hidden: Tensor) -> Tensor:
        wide = hidden.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return self.weight * normed.to(self.weight.dtype)
