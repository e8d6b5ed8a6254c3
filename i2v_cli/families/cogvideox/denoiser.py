"""CogVideoX's diffusion transformer (Yang et al. 2024); parameters carry the checkpoint's names.

Words and video are one sequence of tokens, the words first. Knows no noise schedule and no guidance: it
answers v.

B clips    L tokens: S words, then V of the video    D width    N heads    K head width    E embedding width

Tokens are changed in place, and what is done to each token alone is done to some rows at a time: what a block
needs besides the tokens are the queries, keys and values of one clip.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from i2v_cli.families.cogvideox.networks import DenoiserConfig
from i2v_cli.families.cogvideox.tokens import Embedding, PatchEmbed, grid, latents_of, rope, sinusoid
from i2v_cli.runtime import kernels
from i2v_cli.sampling.step_cache import StepCache

OFFSET = 2.0  # what 1.5 was always given as its second embedding ("ofs")
HEAD_EPS = 1e-6
ROWS_AT_ONCE = 1024


class CogVideoXDenoiser(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width, embedding_width = config.width, config.embedding_width
        self.patch_embed = PatchEmbed(config)
        self.time_embedding = Embedding(width, embedding_width)
        if config.offset_width is not None:
            self.ofs_embedding = Embedding(config.offset_width, embedding_width)
        self.transformer_blocks = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.norm_final = nn.LayerNorm(width, config.eps)
        self.norm_out = Modulation(config, parts=2)
        self.proj_out = kernels.Linear(width, config.channels_out * math.prod(config.patches))

    def forward(self, latents: Tensor, timestep: Tensor, context: Tensor, cache: StepCache) -> Tensor:
        """latents: [B, 32, T, h, w], noisy ones and the photo's; context: [B, S, C] -> v [B, 16, T, h, w].

        timestep: [], a whole number.
        """
        embedding = self._embedding(timestep, latents.dtype)
        sides = grid(latents, self.config)
        turns = rope(sides, self.config.head_dim, latents.device)
        first, *others = self.transformer_blocks

        def begin(tokens: Tensor) -> Tensor:
            # A cache that may skip compares what comes out with what went in.
            return first(tokens.clone() if cache.threshold else tokens, embedding, turns)

        def rest(tokens: Tensor) -> Tensor:
            tokens = tokens.clone() if cache.threshold else tokens
            for block in others:
                tokens = block(tokens, embedding, turns)
            return tokens

        tokens = cache(self.patch_embed(latents, context), begin, rest)
        return latents_of(self._values(tokens[:, -len(turns) :], embedding), sides, self.config)

    def _embedding(self, timestep: Tensor, dtype: torch.dtype) -> Tensor:
        """-> [E], SiLU applied: all that use it begin so."""
        embedding = self.time_embedding(sinusoid(timestep, self.config.width).to(dtype))
        if self.config.offset_width is not None:
            offset = torch.full_like(timestep, OFFSET, dtype=torch.float32)
            embedding = embedding + self.ofs_embedding(sinusoid(offset, self.config.offset_width).to(dtype))
        return F.silu(embedding)

    def _values(self, tokens: Tensor, embedding: Tensor) -> Tensor:
        """[B, V, D] -> [B, V, n], what each token says of its patch."""
        weight, bias = self.norm_out.folded(*self.norm_out(embedding))
        values = tokens.new_empty((*tokens.shape[:2], self.proj_out.out_features))
        for clip, out in zip(tokens, values, strict=True):
            for rows in some_rows(len(clip), clip.device):
                normed = F.layer_norm(
                    self.norm_final(clip[rows]), weight.shape, weight, bias, self.config.eps
                )
                out[rows] = self.proj_out(normed)
        return values


class Block(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.norm1 = Modulation(config, parts=6)
        self.attn1 = Attention(config)
        self.norm2 = Modulation(config, parts=6)
        self.ff = FeedForward(config)

    def forward(self, tokens: Tensor, embedding: Tensor, turns: Tensor) -> Tensor:
        """tokens: [B, L, D], changed in place and answered; embedding: [E]; turns: see `rope`."""
        for norm, layer in ((self.norm1, self.attn1), (self.norm2, self.ff)):
            parts = norm.parts(embedding, turns, tokens.shape[1])
            for clip in tokens:
                layer(clip, parts)
        return tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Some tokens of a clip, all words or all video, and how they are modulated.

    weight, bias: [D], of the normalisation with the modulation folded in. gate: [D]. turns: None for words.
    """

    rows: slice
    weight: Tensor
    bias: Tensor
    eps: float
    gate: Tensor
    turns: Tensor | None

    def normed(self, clip: Tensor) -> Tensor:
        """clip: [L, D] -> [l, D]."""
        return F.layer_norm(clip[self.rows], self.weight.shape, self.weight, self.bias, self.eps)

    def add(self, clip: Tensor, change: Tensor) -> None:
        """change: [l, D], added to the clip's tokens [L, D] through the gate."""
        clip[self.rows].addcmul_(change, self.gate)


class Modulation(nn.Module):
    """LayerNorm whose scale and shift come from the embedding."""

    def __init__(self, config: DenoiserConfig, *, parts: int) -> None:
        super().__init__()
        self.linear = nn.Linear(config.embedding_width, parts * config.width)
        self.norm = nn.LayerNorm(config.width, config.eps)

    def forward(self, embedding: Tensor) -> tuple[Tensor, ...]:
        """[E] -> vectors [D]."""
        return self.linear(embedding).split(self.norm.weight.numel())

    def folded(self, shift: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """Weight and bias with which the norm does LN(x) (1 + scale) + shift by itself."""
        by = 1 + scale.float()
        weight = self.norm.weight.float() * by
        bias = torch.addcmul(shift.float(), self.norm.bias.float(), by)
        return weight.to(shift.dtype), bias.to(shift.dtype)

    def parts(self, embedding: Tensor, turns: Tensor, length: int) -> list[Part]:
        """All of a clip's `length` tokens."""
        shift, scale, gate, shift_words, scale_words, gate_words = self(embedding)
        words, eps = length - len(turns), self.norm.eps
        weight, bias = self.folded(shift_words, scale_words)
        said = Part(rows=slice(words), weight=weight, bias=bias, eps=eps, gate=gate_words, turns=None)
        weight, bias = self.folded(shift, scale)
        seen = [
            Part(
                rows=slice(words + rows.start, words + rows.stop),
                weight=weight,
                bias=bias,
                eps=eps,
                gate=gate,
                turns=turns[rows],
            )
            for rows in some_rows(len(turns), turns.device)
        ]
        return [said, *seen]


class Attention(nn.Module):
    """Of every token to every token; queries and keys of the video are turned by where they lie."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.num_heads = config.num_heads
        self.norm_q = nn.LayerNorm(config.head_dim, HEAD_EPS)
        self.norm_k = nn.LayerNorm(config.head_dim, HEAD_EPS)
        self.to_q = kernels.Linear(config.width, config.width)
        self.to_k = kernels.Linear(config.width, config.width)
        self.to_v = kernels.Linear(config.width, config.width)
        self.to_out = nn.ModuleList([kernels.Linear(config.width, config.width)])

    def forward(self, clip: Tensor, parts: list[Part]) -> None:
        """clip: [L, D], changed."""
        shape = (self.num_heads, clip.shape[0], clip.shape[1] // self.num_heads)
        query, key, value = (clip.new_empty(shape) for _ in range(3))
        scale = shape[2] ** -0.5
        for part in parts:
            normed = part.normed(clip)
            query[:, part.rows] = _placed(self._heads(self.to_q(normed)), self.norm_q, part.turns, scale)
            key[:, part.rows] = _placed(self._heads(self.to_k(normed)), self.norm_k, part.turns, 1.0)
            value[:, part.rows] = rearrange(self._heads(self.to_v(normed)), "l n k -> n l k")
        answer = kernels.attention(query, key, value)
        del query, key, value
        for part in parts:
            heads = rearrange(answer[:, part.rows], "n l k -> l (n k)")
            part.add(clip, self.to_out[0](heads))

    def _heads(self, x: Tensor) -> Tensor:
        return rearrange(x, "l (n k) -> l n k", n=self.num_heads)


class FeedForward(nn.Module):
    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        wide = 4 * config.width
        # In training a dropout stood between the two.
        self.net = nn.Sequential(Widen(config.width, wide), nn.Identity(), kernels.Linear(wide, config.width))

    def forward(self, clip: Tensor, parts: list[Part]) -> None:
        """clip: [L, D], changed."""
        for part in parts:
            part.add(clip, self.net(part.normed(clip)))


class Widen(nn.Module):
    def __init__(self, width: int, wide: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, wide)

    def forward(self, x: Tensor) -> Tensor:
        return kernels.linear_gelu(x, self.proj.weight, self.proj.bias)


def some_rows(length: int, device: torch.device) -> list[slice]:
    """`length` rows: as many at once as the device multiplies well."""
    each = ROWS_AT_ONCE if device.type == "cpu" else 4 * ROWS_AT_ONCE
    return [slice(start, min(start + each, length)) for start in range(0, length, each)]


def _placed(heads: Tensor, norm: nn.LayerNorm, turns: Tensor | None, scale: float) -> Tensor:
    """heads: [l, N, K] -> [N, l, K] fp32, normalised, turned and scaled."""
    weight, bias = norm.weight.float() * scale, norm.bias.float() * scale
    normed = F.layer_norm(heads.float(), weight.shape, weight, bias, norm.eps)
    if turns is not None:
        pairs = torch.view_as_complex(rearrange(normed, "l n (k two) -> l n k two", two=2))
        pairs *= turns[:, None]
    return rearrange(normed, "l n k -> n l k")
