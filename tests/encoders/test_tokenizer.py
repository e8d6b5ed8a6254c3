"""Sentences to ids, with the tokenizer that is shipped."""

from pathlib import Path

import pytest

from i2v_cli.encoders.tokenizer import load_pieces, load_tokenizer, tokenize, tokenize_pieces
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


SENTENCES = (
    "camera slowly pans right over a quiet harbor",
    "boats rocking in the evening light",
    "a woman with a red umbrella walks through the rain",
    "clouds drift over the mountains while the sun sets",
)
PROMPTS = (
    *SENTENCES,
    "",
    "  camera   pans\tright \n",
    "Zurich, 2024: fifty-fifty!",
    "caf\u00e9 \ufb01ne \u2460 \u4e2d\u6587 \U0001f3a5",
)
NUM_IDS = 24


@pytest.fixture(scope="module")
def spiece(tmp_path_factory) -> Path:
    """A tiny model in T5's manner: unigram, nmt_nfkc, <pad> 0, </s> 1, <unk> 2."""
    sentencepiece = pytest.importorskip("sentencepiece")
    prefix = tmp_path_factory.mktemp("tokenizer") / "spiece"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20),
        model_prefix=str(prefix),
        vocab_size=80,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    return prefix.with_suffix(".model")


def test_pieces_are_closed_and_padded_to_the_length(spiece):
    tokens = tokenize_pieces(PROMPTS, load_pieces(spiece), NUM_IDS)
    assert tokens.ids.shape == tokens.mask.shape == (len(PROMPTS), NUM_IDS)
    for ids, mask in zip(tokens.ids, tokens.mask, strict=True):
        count = int(mask.sum())
        assert ids[count - 1] == 1
        assert ids[count:].eq(0).all() and not mask[count:].any()


def test_an_empty_prompt_is_the_closing_token(spiece):
    tokens = tokenize_pieces([""], load_pieces(spiece), NUM_IDS)
    assert tokens.ids.tolist() == [[1] + [0] * (NUM_IDS - 1)]


def test_long_prompts_lose_their_end_and_keep_the_closing_token(spiece):
    tokens = tokenize_pieces(["camera " * 100], load_pieces(spiece), NUM_IDS)
    assert tokens.ids[0, -1] == 1
    assert tokens.mask.all()
    assert tokens.cut == (len(load_pieces(spiece).encode("camera " * 100)) + 1 - NUM_IDS,)


def test_special_tokens_in_a_prompt_are_words(spiece):
    tokens = tokenize_pieces(["</s>camera<pad>"], load_pieces(spiece), NUM_IDS)
    count = int(tokens.mask.sum())
    assert not {0, 1} & set(tokens.ids[0, : count - 1].tolist())


@pytest.mark.parametrize("text", ["\udcff\ud800", "\x00\x1b[31m", "\U0001f3a5" * 50])
def test_any_text_has_pieces(spiece, text):
    assert tokenize_pieces([text], load_pieces(spiece), NUM_IDS).ids[0].eq(1).any()


@pytest.mark.parity
def test_pieces_equal_those_of_transformers(spiece):
    pytest.importorskip("google.protobuf")  # with which transformers reads such a file
    transformers = pytest.importorskip("transformers")
    reference = transformers.T5Tokenizer.from_pretrained(spiece.parent, extra_ids=100, legacy=True)
    theirs = reference(
        list(PROMPTS), padding="max_length", max_length=NUM_IDS, truncation=True, return_tensors="pt"
    )
    tokens = tokenize_pieces(PROMPTS, load_pieces(spiece), NUM_IDS)
    assert tokens.ids.tolist() == theirs.input_ids.tolist()
    assert tokens.mask.long().tolist() == theirs.attention_mask.tolist()


@pytest.mark.parametrize("content", [b"", b"not a model", bytes(1000)])
def test_a_file_that_is_no_sentencepiece_model_is_a_model_error(tmp_path, content):
    path = tmp_path / "spiece.model"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"spiece\.model"):
        load_pieces(path)


def test_a_missing_sentencepiece_model_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="No such file"):
        load_pieces(tmp_path / "spiece.model")
