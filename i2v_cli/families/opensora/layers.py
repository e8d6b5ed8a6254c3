"""Attention and the feed-forward layer of the transformer; parameters carry the checkpoint's names."""

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.opensora.networks import DenoiserConfig
from i2v_cli.runtime import kernels

EPS = 1e-6
TOKENS_AT_ONCE = {"cpu": 2048}
TOKENS_AT_ONCE_ELSEWHERE = 1 << 14
LONG = 1024  # of fewer tokens torch's own attention is the faster one

KeyValue = tuple[Tensor, Tensor]
"""[N, S, K] each."""


class SelfAttention(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.qkv = kernels.Linear(config.width, 3 * config.width)
        self.q_norm = RMSNorm(config.head_dim)
        self.k_norm = RMSNorm(config.head_dim)
        self.proj = kernels.Linear(config.width, config.width)

    def forward(self, rows: Tensor, turned: Tensor | None = None) -> Tensor:
        """rows: [P, L, D], each attends to itself -> the same shape. turned: [L, K / 2] complex."""
        pattern = "p l (three n k) -> three p n l k"
        query, key, value = rearrange(self.qkv(rows), pattern, three=3, n=self.num_heads)
        query, key = _turned(self.q_norm(query), turned), _turned(self.k_norm(key), turned)
        if rows.shape[1] < LONG:
            answer = F.scaled_dot_product_attention(query, key, value)
        else:
            scaled = query * query.shape[-1] ** -0.5
            answer = torch.stack([_long(*row) for row in zip(scaled, key, value, strict=True)])
        return self.proj(rearrange(answer, "p n l k -> p l (n k)"))


class CrossAttention(nn.Module):
    """Every token to all words of its clip."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.q_linear = kernels.Linear(config.width, config.width)
        self.kv_linear = kernels.Linear(config.width, 2 * config.width)
        self.proj = kernels.Linear(config.width, config.width)

    def prepared(self, words: Tensor) -> KeyValue:
        """words: [S, D]."""
        key, value = rearrange(self.kv_linear(words), "s (two n k) -> two n s k", two=2, n=self.num_heads)
        return key, value

    def forward(self, rows: Tensor, words: KeyValue) -> Tensor:
        """rows: [P, L, D] -> the same shape."""
        query = rearrange(self.q_linear(rows), "p l (n k) -> n (p l) k", n=self.num_heads)
        key, value = words  # with a batch of one, for fused kernels take nothing but four dimensions
        answer = F.scaled_dot_product_attention(query[None], key[None], value[None])[0]
        return self.proj(rearrange(answer, "n (p l) k -> p l (n k)", p=rows.shape[0]))


class FeedForward(nn.Module):
    def __init__(self, width_in: int, hidden_width: int, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width_in, hidden_width)
        self.fc2 = kernels.Linear(hidden_width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x: [..., width_in] -> [..., width]."""
        return self.fc2(kernels.linear_gelu(x, self.fc1.weight, self.fc1.bias))


class RMSNorm(nn.Module):
    """x / rms(x), computed in fp32, times a weight."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + EPS)
        return self.weight * normed.to(x.dtype)


def parts(count: int, length: int, device: str) -> list[slice]:
    """`count` rows of `length` tokens: as many at once as a CPU works on well; on other devices far more."""
    each = max(TOKENS_AT_ONCE.get(device, TOKENS_AT_ONCE_ELSEWHERE) // length, 1)
    return [slice(start, min(start + each, count)) for start in range(0, count, each)]


def _turned(heads: Tensor, turned: Tensor | None) -> Tensor:
    """heads: [P, N, L, K], pairs of values turned by where they lie."""
    if turned is None:
        return heads
    pairs = torch.view_as_complex(
        rearrange(heads.float(), "p n l (k two) -> p n l k two", two=2).contiguous()
    )
    return torch.view_as_real(pairs * turned).flatten(-2).to(heads.dtype)


def _long(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """One row's attention, [N, L, K] each, the query scaled -> the same shape."""
    return kernels.attention(query.contiguous(), key.contiguous(), value.contiguous())
