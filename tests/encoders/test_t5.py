"""T5 and UMT5 against transformers: its recorded answers and, where it is installed, itself."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from i2v_cli.encoders import t5
from i2v_cli.encoders.t5 import T5Config, T5Encoder
from i2v_cli.errors import ModelError
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build

GOLDENS = Path(__file__).parent.parent / "goldens" / "encoders"
TINY = {
    "t5": T5Config(vocabulary=60, width=16, num_heads=2, head_dim=8, mlp_width=24, num_layers=2),
    "umt5": T5Config(
        vocabulary=60, width=16, num_heads=2, head_dim=8, mlp_width=24, num_layers=2, bias_per_layer=True
    ),
}
PUBLISHED = {
    "model_type": "t5",
    "feed_forward_proj": "gated-gelu",
    "vocab_size": 32128,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10240,
    "num_layers": 24,
    "num_heads": 64,
}


def golden(kind: str, dtype: torch.dtype = torch.float32) -> tuple[T5Encoder, dict[str, torch.Tensor]]:
    path = GOLDENS / f"{kind}.safetensors"
    network = build(
        lambda: T5Encoder(TINY[kind]),
        Files.single(path),
        dtype=dtype,
        prefix="weights.",
        keep_fp32=t5.keep_fp32(dtype),
    )
    return network, load_file(path)


@pytest.mark.parametrize("kind", ["t5", "umt5"])
def test_states_equal_those_of_transformers(kind: str) -> None:
    network, case = golden(kind)
    with torch.inference_mode():
        assert (network(case["ids"]) - case["unmasked"]).abs().max() <= 1e-5


@pytest.mark.parametrize("kind", ["t5", "umt5"])
def test_masked_states_equal_those_of_transformers(kind: str) -> None:
    network, case = golden(kind)
    with torch.inference_mode():
        states = network(case["ids"], case["mask"])
    assert (states - case["masked"])[case["mask"]].abs().max() <= 1e-5


def test_without_a_mask_padding_reaches_the_tokens() -> None:
    network, case = golden("t5")
    with torch.inference_mode():
        short = network(case["ids"][1:, :40])
        padded = network(case["ids"][1:])[:, :40]
    assert (short - padded).abs().max() > 0.1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_near_fp32(dtype: torch.dtype) -> None:
    network, case = golden("t5", dtype)
    with torch.inference_mode():
        states = network(case["ids"]).float()
    error = (states - case["unmasked"]).abs().mean() / case["unmasked"].abs().mean()
    assert error < (0.05 if dtype == torch.bfloat16 else 0.01)


def test_what_overflows_fp16_stays_fp32() -> None:
    network, _ = golden("t5", torch.float16)
    halves = {name: parameter.dtype for name, parameter in network.named_parameters()}
    assert halves.pop("encoder.block.0.layer.1.DenseReluDense.wo.weight") == torch.float32
    assert halves["encoder.block.0.layer.1.DenseReluDense.wi_0.weight"] == torch.float16
    assert t5.keep_fp32(torch.bfloat16) == ()


# Values of the published model's reference code: rows of the table for key position minus query position.
@pytest.mark.parametrize(
    ("distance", "row"),
    [
        (0, 0),
        (-1, 1),
        (-7, 7),
        (-8, 8),
        (-12, 9),
        (-16, 10),
        (-32, 12),
        (-64, 14),
        (-100, 15),
        (-500, 15),
        (1, 17),
        (8, 24),
        (225, 31),
    ],
)
def test_distances_fall_into_the_published_buckets(distance: int, row: int) -> None:
    assert t5.bucket(torch.tensor(distance), TINY["t5"]).item() == row


def test_the_published_configuration_has_the_published_size() -> None:
    with torch.device("meta"):
        network = T5Encoder(T5Config.from_json(PUBLISHED))
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_762_310_656
    assert len(network.state_dict()) == 219


@pytest.mark.parametrize(
    "change",
    [
        {"feed_forward_proj": "relu"},
        {"model_type": "bert"},
        {"d_model": None},
        {"d_model": "wide"},
    ],
)
def test_another_networks_configuration_is_a_model_error(change: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="nothing that i2v knows"):
        T5Config.from_json(PUBLISHED | change)


def test_a_configuration_that_lacks_a_number_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="vocab_size"):
        T5Config.from_json({key: value for key, value in PUBLISHED.items() if key != "vocab_size"})


@pytest.mark.parity
@pytest.mark.parametrize("kind", ["t5", "umt5"])
def test_a_checkpoint_of_transformers_loads_from_its_shards(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    reference = _record().text_encoder(kind)
    reference.save_pretrained(tmp_path, max_shard_size="10KB")
    shards = tuple(sorted(tmp_path.glob("*.safetensors")))
    assert len(shards) > 1
    files = Files(folder=tmp_path, weights=shards)
    config = T5Config.from_json(files.read_json("config.json"))
    assert config == TINY[kind]
    network = build(lambda: T5Encoder(config), files, dtype=torch.float32, ignore=t5.IGNORE)
    ids = torch.randint(0, 60, (2, 30), generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        expected = reference(input_ids=ids).last_hidden_state
        assert (network(ids) - expected).abs().max() <= 1e-5


def _record():  # type: ignore[no-untyped-def]
    import importlib.util

    spec = importlib.util.spec_from_file_location("record_encoders", GOLDENS / "record.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
