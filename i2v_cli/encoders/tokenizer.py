"""Sentences to token ids, through the `tokenizers` library."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from i2v_cli.errors import ModelError


@dataclass(frozen=True, slots=True)
class Tokens:
    """ids: [B, S] int64, padded. mask: [B, S], True where a token is. cut: tokens left out, a sentence."""

    ids: Tensor
    mask: Tensor
    cut: tuple[int, ...]


def tokenize(texts: Sequence[str], tokenizer: Tokenizer, max_tokens: int) -> Tokens:
    """At most `max_tokens` ids a sentence, the last one being the closing token."""
    encoded = [tokenizer.encode(_clean(text)).ids for text in texts]
    kept = [ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]] for ids in encoded]
    length = max(len(ids) for ids in kept)
    ids = torch.zeros(len(texts), length, dtype=torch.int64)
    mask = torch.zeros(len(texts), length, dtype=torch.bool)
    for row, sentence in enumerate(kept):
        ids[row, : len(sentence)] = torch.tensor(sentence)
        mask[row, : len(sentence)] = True
    cut = tuple(len(whole) - len(part) for whole, part in zip(encoded, kept, strict=True))
    return Tokens(ids, mask, cut)


def load_tokenizer(path: Path) -> Tokenizer:
    """A `tokenizer.json`; ModelError when it is missing."""
    if not path.is_file():
        raise ModelError(
            f"the tokenizer {path} is missing",
            hint="install i2v again: pip install --force-reinstall i2v-cli",
        )
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _clean(text: str) -> str:
    # Lone surrogates (from undecodable bytes on the command line) are refused by the library.
    return text.encode("utf-8", "replace").decode("utf-8")
