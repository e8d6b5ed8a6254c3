"""CLIP's image encoder and Stable Video Diffusion's resize against the references' recorded answers."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from i2v_cli.encoders import clip
from i2v_cli.encoders.clip import ClipVisionConfig, ClipVisionEncoder
from i2v_cli.errors import ModelError
from i2v_cli.weights.component import Files
from i2v_cli.weights.load import build

GOLDENS = Path(__file__).parent.parent / "goldens" / "encoders"
TINY = ClipVisionConfig(width=32, num_heads=4, num_layers=2, mlp_width=48, projected=16, side=28)
PUBLISHED = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "projection_dim": 1024,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "patch_size": 14,
    "image_size": 224,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-5,
}


def test_embeddings_equal_those_of_transformers() -> None:
    path = GOLDENS / "clip.safetensors"
    case = load_file(path)
    network = build(
        lambda: ClipVisionEncoder(TINY), Files.single(path), dtype=torch.float32, prefix="weights."
    )
    with torch.inference_mode():
        assert (network(case["picture"]) - case["embedding"]).abs().max() <= 1e-5


def test_older_files_may_hold_a_table_of_positions(tmp_path: Path) -> None:
    case = load_file(GOLDENS / "clip.safetensors")
    weights = {
        name.removeprefix("weights."): value for name, value in case.items() if name.startswith("weights.")
    }
    path = tmp_path / "model.safetensors"
    save_file(weights | {clip.IGNORE[0]: torch.arange(5)[None]}, path)
    build(lambda: ClipVisionEncoder(TINY), Files.single(path), dtype=torch.float32, ignore=clip.IGNORE)


@pytest.mark.parametrize("name", ["wide", "tall", "enlarged"])
def test_the_antialiased_resize_equals_that_of_diffusers(name: str) -> None:
    case = load_file(GOLDENS / "resize.safetensors")
    small = clip.resize_antialiased(case[name], 16)
    assert (small - case[f"{name}.small"]).abs().max() <= 1e-6


def test_normalized_training_pictures_have_mean_zero_and_deviation_one() -> None:
    mean, std = torch.tensor(clip.MEAN)[:, None, None], torch.tensor(clip.STD)[:, None, None]
    assert clip.normalized(mean.expand(1, 3, 2, 2)).abs().max() < 1e-6
    assert torch.allclose(clip.normalized((mean + std).expand(1, 3, 2, 2)), torch.ones(1, 3, 2, 2))


def test_the_published_configuration_has_the_published_keys() -> None:
    with torch.device("meta"):
        network = ClipVisionEncoder(ClipVisionConfig.from_json(PUBLISHED))
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert len(shapes) == 32 * 16 + 8
    assert shapes["vision_model.embeddings.position_embedding.weight"] == (257, 1280)
    assert shapes["vision_model.encoder.layers.31.mlp.fc1.weight"] == (5120, 1280)
    assert shapes["visual_projection.weight"] == (1024, 1280)
    assert sum(parameter.numel() for parameter in network.parameters()) == 632_076_800


@pytest.mark.parametrize("change", [{"hidden_act": "quick_gelu"}, {"num_channels": 4}, {"hidden_size": None}])
def test_another_networks_configuration_is_a_model_error(change: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="nothing that i2v knows"):
        ClipVisionConfig.from_json(PUBLISHED | change)


@pytest.mark.parity
def test_a_checkpoint_of_transformers_loads_and_answers_alike(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    config = transformers.CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=64,
        projection_dim=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        patch_size=14,
        image_size=224,
        hidden_act="gelu",
    )
    reference = transformers.CLIPVisionModelWithProjection(config).eval()
    with torch.no_grad():
        for parameter in reference.parameters():
            parameter.copy_(0.3 * torch.randn_like(parameter))
    reference.save_pretrained(tmp_path)
    files = Files(folder=tmp_path, weights=(tmp_path / "model.safetensors",))
    ours = ClipVisionConfig.from_json(files.read_json("config.json"))
    network = build(lambda: ClipVisionEncoder(ours), files, dtype=torch.float32, ignore=clip.IGNORE)
    picture = torch.randn(1, 3, 224, 224)
    with torch.inference_mode():
        assert (network(picture) - reference(picture).image_embeds).abs().max() <= 1e-5
