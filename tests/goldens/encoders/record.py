"""Records the .safetensors beside this file: tiny random encoders of transformers with what they answer, and
diffusers' resize for Stable Video Diffusion.

Run once, with transformers and diffusers installed: python tests/goldens/encoders/record.py
"""

from importlib.metadata import version
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor, nn

FOLDER = Path(__file__).parent

T5 = {
    "vocab_size": 60,
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 24,
    "num_layers": 2,
    "num_heads": 2,
    "feed_forward_proj": "gated-gelu",
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "layer_norm_epsilon": 1e-6,
    "tie_word_embeddings": False,
}
CLIP = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "projection_dim": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "patch_size": 14,
    "image_size": 28,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-5,
}
SIZES = {"wide": (30, 70), "tall": (64, 25), "enlarged": (9, 12)}
SIDE = 16


def text_encoder(kind: str) -> nn.Module:
    """`kind`: "t5" or "umt5". Weights so large that every one of them shows in the answer."""
    torch.manual_seed(0)
    if kind == "t5":
        model = transformers.T5EncoderModel(transformers.T5Config(**T5))
    else:
        model = transformers.UMT5EncoderModel(transformers.UMT5Config(**T5))
    return scrambled(model, {"shared": 1.0, "relative_attention_bias": 1.0, ".q.": 0.3, ".k.": 0.3})


def image_encoder() -> nn.Module:
    torch.manual_seed(0)
    model = transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(**CLIP))
    return scrambled(model, {})


def scrambled(model: nn.Module, deviations: dict[str, float]) -> nn.Module:
    """Norm weights about 1, all else about 0, of deviation 0.2 or what `deviations` says of their name."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            deviation = next((known for part, known in deviations.items() if part in name), 0.2)
            mean = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            parameter.copy_(mean + deviation * torch.randn_like(parameter))
    return model.eval()


def text_case(kind: str) -> dict[str, Tensor]:
    """150 tokens: farther apart than `max_distance`. The mask leaves out the second sentence's padding."""
    model = text_encoder(kind)
    ids = torch.randint(2, 60, (2, 150))
    ids[1, 40:] = 0
    mask = ids != 0
    with torch.inference_mode():
        unmasked = model(input_ids=ids).last_hidden_state
        masked = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    weights = {
        f"weights.{name}": value
        for name, value in model.state_dict().items()
        if name != "encoder.embed_tokens.weight"
    }
    return weights | {"ids": ids, "mask": mask, "unmasked": unmasked, "masked": masked}


def image_case() -> dict[str, Tensor]:
    model = image_encoder()
    picture = torch.randn(2, 3, 28, 28)
    with torch.inference_mode():
        embedding = model(picture).image_embeds
    weights = {f"weights.{name}": value for name, value in model.state_dict().items()}
    return weights | {"picture": picture, "embedding": embedding}


def resize_case() -> dict[str, Tensor]:
    from diffusers.pipelines.stable_video_diffusion.pipeline_stable_video_diffusion import (
        _resize_with_antialiasing,
    )

    torch.manual_seed(0)
    pictures = {name: torch.rand(1, 3, *size) * 2 - 1 for name, size in SIZES.items()}
    small = {
        f"{name}.small": _resize_with_antialiasing(picture, (SIDE, SIDE))
        for name, picture in pictures.items()
    }
    return pictures | small


def main() -> None:
    reference = ", ".join(f"{library} {version(library)}" for library in ("transformers", "diffusers"))
    cases = {
        "t5": text_case("t5"),
        "umt5": text_case("umt5"),
        "clip": image_case(),
        "resize": resize_case(),
    }
    for name, tensors in cases.items():
        whole = {key: value.contiguous() for key, value in tensors.items()}
        save_file(whole, FOLDER / f"{name}.safetensors", metadata={"reference": reference})


if __name__ == "__main__":
    main()
