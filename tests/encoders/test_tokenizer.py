"""Sentences to ids, with the tokenizer that is shipped."""

import pytest

from i2v_cli.encoders.tokenizer import load_tokenizer, tokenize
from i2v_cli.errors import ModelError
from i2v_cli.families.pocket.config import MAX_TOKENS, TOKENIZER
from i2v_cli.families.pocket.pipeline import TEXT_ENCODER


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(TOKENIZER)


def test_vocabulary_is_the_encoders(tokenizer):
    assert tokenizer.get_vocab_size() == TEXT_ENCODER.vocabulary


@pytest.mark.parametrize("word", ["camera", "pans", "tilts", "zooms", "left", "right", "slowly", "static"])
def test_camera_words_are_spelt_in_at_most_two_pieces(tokenizer, word):
    assert len(tokenizer.encode(word).ids) - 2 <= 2


def test_sentences_are_padded_to_the_longest(tokenizer):
    tokens = tokenize(["pan left", "the camera pans left"], tokenizer, MAX_TOKENS)
    assert tokens.ids.shape == (2, 7)
    assert tokens.mask.sum(dim=1).tolist() == [4, 7]
    assert tokens.ids[0, 4:].tolist() == [0, 0, 0]


def test_long_prompts_are_cut_and_say_by_how_much(tokenizer):
    tokens = tokenize(["word " * 200], tokenizer, MAX_TOKENS)
    assert tokens.ids.shape == (1, MAX_TOKENS)
    assert tokens.cut == (202 - MAX_TOKENS,)
    assert tokens.ids[0, -1] == tokenizer.token_to_id("[SEP]")


@pytest.mark.parametrize("text", ["", " ", "\udcff\ud800", "\x00\x1b[31m", "\U0001f3a5" * 50, "a" * 20_000])
def test_any_text_has_tokens(tokenizer, text):
    assert tokenize([text], tokenizer, MAX_TOKENS).mask.any()


def test_a_missing_tokenizer_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="missing"):
        load_tokenizer(tmp_path / "tokenizer.json")
