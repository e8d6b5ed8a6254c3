"""Products, convolutions, attention as a CPU computes them soonest; on other devices they are torch's own.

On CPUs torch multiplies fp32 matrices with MKL, which leaves half of AVX512's width idle on an AMD processor,
and cuts attention into pieces too small for bf16 instructions. oneDNN, which torch brings along and its
compiler calls by the name used here, does neither: 2.2 times the speed in fp32, 2.3 times in bf16 attention
(AMD EPYC with AVX512-BF16). With AVX2 alone MKL is as quick, and torch's own attention quicker.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Scores in memory at once: rows of queries by all keys. More rows multiply faster, fewer stay in the cache.
SCORES = 1 << 20
FEWEST_ROWS = 64
# Of the keys, which tell about where a query's largest score lies.
SAMPLE = 16


def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x: [..., D], weight: [E, D], bias: [E] -> [..., E]."""
    if not _multiplies(x):
        return F.linear(x, weight, bias)
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


class Linear(nn.Linear):
    """torch's, by `linear`."""

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`linear`, then GELU in its tanh approximation."""
    if not _multiplies(x):
        return F.gelu(F.linear(x, weight, bias), approximate="tanh")
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], "tanh")


def conv(x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, ...]) -> Tensor:
    """A convolution of stride 1. x: [B, C, H, W] or [B, C, T, H, W], weight: [E, C, ...]; best channels last.

    Where B C H, or B C T H, is at most 20480, torch leaves oneDNN in fp32, for a loop up to 6 times slower.
    """
    if _onednn(x):
        ones = (1,) * len(padding)
        return torch.mkldnn_convolution(x, weight, bias, padding, ones, ones, 1)
    return (F.conv2d if len(padding) == 2 else F.conv3d)(x, weight, bias, padding=padding)


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(query key^T) value for every head: [N, L, K] each, the query scaled beforehand -> [N, L, K].

    The answer may take the query's place in memory.
    """
    if not _multiplies(query):
        return F.scaled_dot_product_attention(query[None], key[None], value[None], scale=1.0)[0]
    head = _head_bf16 if query.dtype == torch.bfloat16 else _head_fp32
    for queries, keys, values in zip(query, key, value, strict=True):
        head(queries, keys, values)
    return query


def _head_bf16(query: Tensor, key: Tensor, value: Tensor) -> None:
    """query, key, value: [L, K].

    Scores are rounded to bf16 after about the row's largest was taken off, which changes no softmax: so those
    that count are near 0, where bf16 is fine.
    """
    sample = key[::SAMPLE].t()
    for rows in query.split(_rows(len(key))):
        largest = (rows @ sample).amax(dim=1, keepdim=True)
        scores = torch.addmm(largest, rows, key.t(), beta=-1)
        rows.copy_(scores.softmax(dim=1) @ value)


def _head_fp32(query: Tensor, key: Tensor, value: Tensor) -> None:
    """query, key, value: [L, K]."""
    values = value.t().contiguous()
    for rows in query.split(_rows(len(key))):
        scores = linear(rows, key, None)
        rows.copy_(linear(scores.softmax(dim=1), values, None))


def _rows(keys: int) -> int:
    return max(SCORES // keys, FEWEST_ROWS)


def _multiplies(x: Tensor) -> bool:
    """Whether oneDNN is the quicker one with matrices."""
    return _onednn(x) and torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def _onednn(x: Tensor) -> bool:
    """Whether oneDNN takes it: as torch is built for x86, in fp32 and, from AVX512 on, in bf16."""
    if x.device.type != "cpu" or x.dtype not in {torch.float32, torch.bfloat16}:
        return False
    if x.dtype == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    return torch.backends.mkldnn.is_available() and torch.backends.cpu.get_cpu_capability().startswith("AVX")
