"""BERT encoder (Devlin et al. 2018), post-norm; parameters carry the checkpoint's names."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True, slots=True)
class BertConfig:
    vocabulary: int
    width: int
    num_heads: int
    num_layers: int
    mlp_width: int
    positions: int


class BertEncoder(nn.Module):
    """Token ids -> the last layer's states."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Stack(config)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """tokens: [B, S] int64; mask: [B, S], True where a token is. -> [B, S, D]."""
        return self.encoder(self.embeddings(tokens), mask)


class Stack(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(config) for _ in range(config.num_layers))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        for layer in self.layer:
            hidden = layer(hidden, mask)
        return hidden


class Embeddings(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocabulary, config.width)
        self.position_embeddings = nn.Embedding(config.positions, config.width)
        self.token_type_embeddings = nn.Embedding(2, config.width)
        self.LayerNorm = _norm(config.width)

    def forward(self, tokens: Tensor) -> Tensor:
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        first_type = self.token_type_embeddings.weight[0]
        return self.LayerNorm(self.word_embeddings(tokens) + self.position_embeddings(positions) + first_type)


class Layer(nn.Module):
    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width, wide = config.width, config.mlp_width
        attention = {"self": SelfAttention(width, config.num_heads), "output": Output(width, width)}
        self.attention = nn.ModuleDict(attention)
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, wide)})
        self.output = Output(wide, width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        hidden = self.attention["output"](self.attention["self"](hidden, mask), hidden)
        return self.output(F.gelu(self.intermediate["dense"](hidden)), hidden)


class SelfAttention(nn.Module):
    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (
            rearrange(project(hidden), "b s (n k) -> b n s k", n=self.num_heads)
            for project in (self.query, self.key, self.value)
        )
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        return rearrange(attended, "b n s k -> b s (n k)")


class Output(nn.Module):
    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width_in, width)
        self.LayerNorm = _norm(width)

    def forward(self, hidden: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(hidden) + residual)


def _norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=1e-12)
