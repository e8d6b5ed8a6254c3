"""Sentences to token ids: through `tokenizers` (tokenizer.json) or `sentencepiece` (spiece.model)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer
from torch import Tensor

from i2v_cli.errors import ModelError

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

MAX_SPIECE = 64 << 20  # bytes; T5's has 0.8 MB, UMT5's 4.5 MB


@dataclass(frozen=True, slots=True)
class Tokens:
    """ids: [B, S] int64, padded. mask: [B, S], True where a token is. cut: tokens left out, a sentence."""

    ids: Tensor
    mask: Tensor
    cut: tuple[int, ...]

    def unread(self, limit: int) -> Iterator[str]:
        """What a user is told of a prompt, and of a negative one after it, with more than `limit` tokens."""
        sentences = ("prompt", "negative prompt")[: len(self.cut)]
        for sentence, lost in zip(sentences, self.cut, strict=True):
            if lost:
                yield f"the {sentence} is longer than {limit} tokens: its last {lost} are not read"


def tokenize(texts: Sequence[str], tokenizer: Tokenizer, max_tokens: int) -> Tokens:
    """At most `max_tokens` ids a sentence, the last one being the closing token."""
    encoded = [tokenizer.encode(_clean(text)).ids for text in texts]
    return _padded(encoded, max_tokens, min(max_tokens, max(len(ids) for ids in encoded)))


def tokenize_pieces(texts: Sequence[str], processor: "SentencePieceProcessor", length: int) -> Tokens:
    """T5's way: pieces, the closing token, and padding to exactly `length` ids, which may be attended to.

    Special tokens that stand in a text as words, "</s>" or "<extra_id_0>", stay words.
    """
    encoded = [[*processor.encode(_clean(text)), processor.eos_id()] for text in texts]
    return _padded(encoded, length, length)


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


def load_pieces(path: Path) -> "SentencePieceProcessor":
    """A `spiece.model` that closes with 1 and pads with 0, as T5's; ModelError when there is no such file."""
    from sentencepiece import SentencePieceProcessor  # only models that are fetched need it

    hint = "`i2v models verify` checks it"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SPIECE)  # a path would be opened by C++, which on Windows knows no Unicode
        processor = SentencePieceProcessor(model_proto=data)
    except OSError as error:
        raise ModelError(f"cannot read the tokenizer {path}: {error.strerror}", hint) from error
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{path} is no usable sentencepiece model", hint) from error
    if (processor.pad_id(), processor.eos_id()) != (0, 1):
        raise ModelError(f"{path} is no tokenizer of T5: it does not pad with 0 and close with 1", hint)
    return processor


def _padded(encoded: list[list[int]], max_tokens: int, length: int) -> Tokens:
    """Cuts to `max_tokens`, keeping the closing token, and pads to `length` with 0."""
    kept = [ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]] for ids in encoded]
    ids = torch.zeros(len(kept), length, dtype=torch.int64)
    mask = torch.zeros(len(kept), length, dtype=torch.bool)
    for row, sentence in enumerate(kept):
        ids[row, : len(sentence)] = torch.tensor(sentence)
        mask[row, : len(sentence)] = True
    cut = tuple(len(whole) - len(part) for whole, part in zip(encoded, kept, strict=True))
    return Tokens(ids, mask, cut)


def _clean(text: str) -> str:
    # Lone surrogates (from undecodable bytes on the command line) are refused by the library.
    return text.encode("utf-8", "replace").decode("utf-8")
