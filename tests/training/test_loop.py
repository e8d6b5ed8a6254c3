"""A few real steps: resumable, and what comes out is what `generate` reads."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from i2v_cli.encoders.tokenizer import Tokens
from i2v_cli.errors import UsageError
from i2v_cli.events import Step
from i2v_cli.families.pocket.config import (
    KINDS,
    REFERENCE_CHANNELS,
    TEXT_WEIGHTS,
    WEIGHTS,
    DenoiserConfig,
    geometry,
    grid,
)
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.image_encoder import ImageEncoder
from i2v_cli.families.pocket.pipeline import Pipeline
from i2v_cli.runtime.device import choose
from i2v_cli.training import loop
from i2v_cli.training.captions import Region
from i2v_cli.training.config import TrainConfig
from i2v_cli.training.data import Batch
from i2v_cli.training.seeing import Sight, save_seen

CELLS = (8, 8)


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    """A run whose image encoder has already looked at two pictures, and whose text encoder has read."""
    torch.manual_seed(0)
    reference = np.zeros((REFERENCE_CHANNELS, *CELLS), dtype=np.float16)
    reference[KINDS.index("sky"), :4] = reference[KINDS.index("water"), 4:] = 0.9
    regions = (
        (Region("sky", "sky"), 0.5, (-1.0, -1.0, 1.0, 0.0)),
        (Region("lake", "water"), 0.5, (-1.0, 0.0, 1.0, 1.0)),
    )
    out = tmp_path / "out"
    out.mkdir()
    save_seen(
        ImageEncoder(),
        [Sight(reference, regions), Sight(reference.copy(), regions)],
        out / "seen.safetensors",
    )
    shutil.copy(TEXT_WEIGHTS, out)
    return TrainConfig(photos=tmp_path, out=out, steps=2, batch=2)


@pytest.fixture
def small(monkeypatch) -> DenoiserConfig:
    """Runs train a denoiser of this size."""
    torch.manual_seed(2)
    config = DenoiserConfig(width=64, num_heads=2, num_layers=2)
    monkeypatch.setattr(loop, "DenoiserConfig", lambda: config)
    return config


def a_batch(size: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(0)
    path = torch.zeros(size, 48, 9)
    path[:, :, 0] = torch.linspace(0, 0.4, 49)[1:]
    stirred = torch.zeros(size, 2, 10)
    stirred[:, 0, 1] = 1
    reference = torch.rand(size, REFERENCE_CHANNELS, *CELLS, generator=generator)
    residual = 0.02 * torch.randn(size, 48, 3, *CELLS, generator=generator)
    return Batch(reference, path, residual, stirred, ["pan right"] * size)


@pytest.mark.slow
def test_training_stops_resumes_and_exports_what_generate_reads(config, make_request, photo):
    steps: list = []
    weights = loop.train(config, steps.append)
    assert weights == config.out / "weights.safetensors"
    assert [event.done for event in steps if isinstance(event, Step)] == [500, 1000]

    steps.clear()
    before = weights.read_bytes()
    loop.train(config.model_copy(update={"steps": 3}), steps.append)
    assert len([event for event in steps if isinstance(event, Step)]) == 1  # two of the three were done
    assert weights.read_bytes() != before
    assert {path.name for path in config.out.iterdir()} == {
        "checkpoint.safetensors",
        "seen.safetensors",
        "text_encoder.safetensors",
        "weights.safetensors",
    }

    family, runtime = Pipeline(weights), choose("cpu", "fp32")
    request = make_request(image=photo, size="96x64")
    pixels = torch.randint(0, 255, (3, 64, 96), dtype=torch.uint8)
    condition = family.encode(request, pixels, runtime, lambda _: None)
    assert condition.channels.shape == (1, REFERENCE_CHANNELS, *grid(96, 64))
    with family.denoiser(condition, family.schedule(request, geometry(request, (96, 64))), request, runtime):
        pass  # every name, every shape


@pytest.mark.slow
def test_a_run_begins_with_weights_that_were_trained(config):
    begun = config.model_copy(update={"begin": WEIGHTS, "steps": 1})
    trained, shipped = load_file(loop.train(begun, lambda _: None)), load_file(WEIGHTS)
    assert trained.keys() == shipped.keys()
    for name, tensor in shipped.items():
        if name.startswith("image_encoder."):
            assert torch.equal(trained[name], tensor), name
        else:  # one step at a rate that warms up
            assert (trained[name].float() - tensor.float()).abs().max() < 1e-3, name


def test_two_runs_do_not_mix(config, small):
    loop._save(config.out / "checkpoint.safetensors", loop._start(config))
    with pytest.raises(UsageError, match="holds a run already"):
        loop.train(config.model_copy(update={"begin": WEIGHTS}), lambda _: None)
    other = {"begin": TEXT_WEIGHTS, "resume": False}
    with pytest.raises(UsageError, match="no weights of pocket"):
        loop.train(config.model_copy(update=other), lambda _: None)


def test_a_run_goes_on_exactly_where_it_was_saved(config, small):
    torch.manual_seed(1)
    run = loop._start(config)
    fast = PocketDenoiser(small).bfloat16()
    words = torch.randn(8, 4, 384).bfloat16(), torch.ones(8, 4, dtype=torch.bool)
    loop._train_step(run, fast, a_batch(), words)
    run.step, run.seconds = 1, 12.5
    loop._save(config.out / "checkpoint.safetensors", run)
    again = loop._start(config)
    assert (again.step, again.seconds) == (1, 12.5)
    for one, other in ((run.model, again.model), (run.average, again.average)):
        for name, tensor in one.state_dict().items():
            assert torch.equal(other.state_dict()[name], tensor), name
    for ours, theirs in zip(run.model.parameters(), again.model.parameters(), strict=True):
        for key, tensor in run.optimizer.state[ours].items():
            assert torch.equal(again.optimizer.state[theirs][key], tensor)


def test_without_resume_a_run_begins_anew(config, small):
    run = loop._start(config)
    run.step = 7
    loop._save(config.out / "checkpoint.safetensors", run)
    assert loop._start(config.model_copy(update={"resume": False})).step == 0


def test_steps_on_one_batch_lower_the_loss_of_every_part(config, small):
    run = loop._start(config)
    fast = PocketDenoiser(small).bfloat16()
    words = torch.randn(8, 4, 384).bfloat16(), torch.ones(8, 4, dtype=torch.bool)
    run.step = loop.WARMUP
    loop._set_rate(run, 0.0)
    losses = []
    for number in range(60):
        torch.manual_seed(number % 6)  # the same noise again after every sixth step
        losses.append(loop._train_step(run, fast, a_batch(), words))
    first, last = np.mean(losses[:6], axis=0), np.mean(losses[-6:], axis=0)
    assert (last < 0.9 * first).all()


def test_the_rate_warms_up_and_then_falls_to_a_hundredth(config, small):
    run = loop._start(config)
    rates = []
    for run.step, progress in ((0, 0.0), (loop.WARMUP, 0.0), (loop.WARMUP, 0.5), (loop.WARMUP, 1.0)):
        loop._set_rate(run, progress)
        rates.append(run.optimizer.param_groups[0]["lr"] / loop.LEARNING_RATE)
    assert rates == pytest.approx([1 / loop.WARMUP, 1, 0.5, 0.01])


def test_minutes_end_a_run_whatever_its_step(config, small):
    run = loop._start(config)
    run.seconds = 61
    assert loop._progress(config.model_copy(update={"minutes": 1.0}), run) >= 1
    assert loop._progress(config, run) == 0


def test_noise_levels_are_mostly_where_words_are_needed():
    levels = loop._levels(20_000)
    assert levels.min() > 0 and levels.max() <= 1
    assert 0.4 < (levels > 0.9).float().mean() < 0.6
    assert 0.1 < (levels > 0.99).float().mean() < 0.3
    assert (levels < 0.5).float().mean() > 0.1


def test_words_are_dropped_in_about_a_tenth_of_the_clips(monkeypatch):
    read = []
    monkeypatch.setattr(loop, "tokenize", lambda texts, *_: read.append(texts) or _tokens(len(texts)))
    loop._context(["pan right"] * 4000, None, lambda ids, mask: torch.zeros(*ids.shape, 384))
    dropped = read[0].count("") / 4000
    assert dropped == pytest.approx(loop.TEXT_DROPPED, abs=0.03)
    assert set(read[0]) == {"", "pan right"}


def _tokens(count: int) -> Tokens:
    return Tokens(
        torch.zeros(count, 3, dtype=torch.long), torch.ones(count, 3, dtype=torch.bool), [0] * count
    )
