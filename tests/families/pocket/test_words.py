"""Prompts that cannot have been understood are told, others are not."""

import random

import pytest

from i2v_cli.encoders.tokenizer import load_tokenizer
from i2v_cli.families.pocket.config import TOKENIZER
from i2v_cli.families.pocket.words import doubts
from i2v_cli.training.idioms import any_whole

READER = load_tokenizer(TOKENIZER)


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("schwenk nach rechts", '"schwenk", "nach", "rechts"'),
        ("la c\u00e1mara se mueve a la derecha", '"camara", "mueve", "derecha"'),
        ("\u043a\u0430\u043c\u0435\u0440\u0430", '"\u043a\u0430\u043c\u0435\u0440\u0430"'),
    ],
)
def test_another_language_is_told_with_its_words(prompt, named):
    assert list(doubts(prompt, READER)) == [f"pocket reads English and does not know {named}"]


@pytest.mark.parametrize(("wrong", "meant"), [("rigth", "right"), ("lefft", "left"), ("zooom", "zoom")])
def test_a_direction_with_a_typing_error_is_told(wrong, meant):
    (said,) = doubts(f"camera pans {wrong}", READER)
    assert said == f'"{wrong}" is no word that pocket knows: did you mean "{meant}"?'
    assert list(doubts(f"camera pans {wrong}, {meant}", READER)) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "pan left",
        "zooms in",
        "the Sagrada Familia, camera tilts up",
        "a frightened tailor",
        "zoom Neuschwanstein",
        "",
        "!",
    ],
)
def test_english_is_not_doubted(prompt):
    assert list(doubts(prompt, READER)) == []


def test_prompts_that_people_write_are_hardly_ever_doubted():
    rng = random.Random(0)
    doubted = sum(bool(list(doubts(any_whole(rng)[1], READER))) for _ in range(1000))
    assert doubted < 20
