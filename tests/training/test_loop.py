"""A few real steps: resumable, and what comes out is what `generate` reads."""

import cv2
import numpy as np
import pytest
import torch

from i2v_cli.encoders.bert import BertEncoder
from i2v_cli.encoders.tokenizer import load_tokenizer, tokenize
from i2v_cli.events import Step
from i2v_cli.families.pocket.config import TEXT_WEIGHTS, TOKENIZER, DenoiserConfig
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.pipeline import TEXT_ENCODER
from i2v_cli.training import loop, teacher
from i2v_cli.training.config import TrainConfig
from i2v_cli.weights.load import load

CPU = torch.device("cpu")


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "photos" / "000.png"), pixels)
    return TrainConfig(photos=tmp_path / "photos", out=tmp_path / "out", steps=2, batch=2)


@pytest.mark.slow
def test_training_stops_resumes_and_writes_weights_that_load(config):
    steps: list[object] = []
    weights = loop.train(config, steps.append)
    assert sum(isinstance(event, Step) for event in steps) == 2
    load(lambda: PocketDenoiser(DenoiserConfig()), weights, torch.bfloat16, CPU, prefix="denoiser.")

    steps.clear()
    before = weights.read_bytes()
    loop.train(config.model_copy(update={"steps": 3}), steps.append)
    assert sum(isinstance(event, Step) for event in steps) == 1  # two of the three were done
    assert weights.read_bytes() != before


def test_the_shipped_text_encoder_reads_as_the_whole_one_does():
    sentences = ["a castle by a lake, camera slowly pans right", "no zoom, just tilt up"]
    whole = BertEncoder(teacher.FULL).eval()
    whole.load_state_dict(teacher.full_weights())
    pruned = load(lambda: BertEncoder(TEXT_ENCODER), TEXT_WEIGHTS, torch.float32, CPU)
    ours = tokenize(sentences, load_tokenizer(TOKENIZER), 128)
    theirs = tokenize(sentences, teacher.full_tokenizer(), 128)
    assert torch.equal(ours.mask, theirs.mask)
    with torch.inference_mode():
        difference = (pruned(ours.ids, ours.mask) - whole(theirs.ids, theirs.mask))[ours.mask]
    assert difference.abs().max() < 0.05  # bf16 weights


def test_noise_levels_are_mostly_where_words_are_needed():
    levels = loop._levels(20_000)
    assert levels.min() > 0 and levels.max() <= 1
    assert 0.15 < (levels > 0.9).float().mean() < 0.4
    assert (levels < 0.5).float().mean() > 0.15
