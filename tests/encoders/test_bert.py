"""Our BERT against the reference's recorded output."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from i2v_cli.encoders.bert import BertConfig, BertEncoder

GOLDEN = Path(__file__).parent.parent / "goldens" / "bert.safetensors"
TINY = BertConfig(vocabulary=50, width=24, num_heads=3, num_layers=2, mlp_width=40, positions=16)


@pytest.fixture(scope="module")
def golden() -> dict[str, torch.Tensor]:
    return load_file(GOLDEN)


def encoder(golden: dict[str, torch.Tensor]) -> BertEncoder:
    weights = {
        name.removeprefix("weights."): value
        for name, value in golden.items()
        if name.startswith("weights.") and not name.endswith("position_ids")
    }
    network = BertEncoder(TINY).eval()
    network.load_state_dict(weights)
    return network


def test_states_equal_those_of_transformers(golden):
    mask = golden["mask"].bool()
    states = encoder(golden)(golden["ids"], mask)
    assert (states - golden["states"])[mask].abs().max() < 1e-5


def test_padding_does_not_reach_the_tokens(golden):
    network = encoder(golden)
    alone = network(golden["ids"][1:, :4], torch.ones(1, 4, dtype=torch.bool))
    padded = network(golden["ids"], golden["mask"].bool())[1:, :4]
    assert torch.allclose(alone, padded, atol=1e-5)
