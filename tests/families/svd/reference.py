"""What diffusers makes of the tiny checkpoint, from the noise that `i2v` draws; and the recording of it.

With diffusers and transformers installed, from the project's folder: python -m tests.families.svd.reference
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from safetensors.torch import save_file
from torch import Tensor, nn

from i2v_cli.sampling import noise
from tests.families.svd import checkpoint

GOLDEN = Path(__file__).parents[2] / "goldens" / "svd" / "diffusers.safetensors"
KEYS = Path(__file__).parents[2] / "keys"
SEED = 1234
STEPS = 3
STEPS_COMPARED = (1, 2, 3, 25, 30)
KEPT = 5  # of a decoded picture every fifth row and column is recorded

# name: frames, width, height, and what differs from the defaults
CASES = {
    "short": (14, 96, 64, {}),
    "odd": (25, 120, 72, {"guidance": 2.5, "fps": 12.0, "motion_bucket": 40, "augment": 0.1}),
    "alone": (14, 64, 64, {"guidance": 1.0}),
}


def pipeline():
    """The tiny `StableVideoDiffusionPipeline`, fp32."""
    import diffusers
    import transformers

    def without_class(raw: dict) -> dict:
        return {key: value for key, value in raw.items() if key != "_class_name"}

    def filled(network: nn.Module) -> nn.Module:
        state = {name: checkpoint.drawn(name, tensor.shape) for name, tensor in network.state_dict().items()}
        network.load_state_dict(state)
        return network.eval()

    vision = transformers.CLIPVisionConfig(**checkpoint.IMAGE_ENCODER)
    return diffusers.StableVideoDiffusionPipeline(
        vae=filled(diffusers.AutoencoderKLTemporalDecoder(**without_class(checkpoint.VAE))),
        image_encoder=filled(transformers.CLIPVisionModelWithProjection(vision)),
        unet=filled(diffusers.UNetSpatioTemporalConditionModel(**without_class(checkpoint.UNET))),
        scheduler=diffusers.EulerDiscreteScheduler(**without_class(checkpoint.SCHEDULER)),
        feature_extractor=transformers.CLIPImageProcessor(
            size={"shortest_edge": 224}, crop_size={"height": 224, "width": 224}
        ),
    )


def run(pipe, case: str) -> tuple[Tensor, Tensor]:
    """(latents [1, 4, T, h, w] after the last step, frames [F, 3, H, W] in 0..1) of a case."""
    from PIL import Image

    frames, width, height, changed = CASES[case]
    mixed = hashlib.sha256(f"photo {SEED}".encode()).digest()  # `noise.stream`
    start = noise.initial((1, 4, frames, height // 8, width // 8), SEED)
    pixels = rearrange(checkpoint.photo(width, height), "c h w -> h w c").numpy()
    asked = {
        "image": Image.fromarray(pixels),
        "width": width,
        "height": height,
        "num_frames": frames,
        "num_inference_steps": STEPS,
        "max_guidance_scale": changed.get("guidance", 3.0),
        "fps": changed.get("fps", 7.0),
        "motion_bucket_id": changed.get("motion_bucket", 127),
        "noise_aug_strength": changed.get("augment", 0.02),
        "generator": torch.Generator().manual_seed(int.from_bytes(mixed[:8], "big") >> 1),
        "latents": rearrange(start, "b c t h w -> b t c h w"),
        "output_type": "latent",
    }
    pipe.set_progress_bar_config(disable=True)
    latents = pipe(**asked).frames
    decoded = pipe.decode_latents(latents, frames, frames)
    clip = (decoded / 2 + 0.5).clamp(0, 1)
    return rearrange(latents, "b t c h w -> b c t h w"), rearrange(clip, "1 c t h w -> t c h w")


def parts(pipe) -> dict[str, Tensor]:
    """Each network alone, and the noise levels."""
    from PIL import Image

    draw = noise.stream(SEED, "parts")
    found: dict[str, Tensor] = {}
    pixels = rearrange(checkpoint.photo(96, 64), "c h w -> h w c").numpy()
    found["context"] = pipe._encode_image(Image.fromarray(pixels), "cpu", 1, False)
    picture = checkpoint.photo(88, 72)[None].float() / 127.5 - 1
    found["encoded"] = pipe.vae.encode(picture).latent_dist.mode()
    latents = 3 * draw(torch.empty(7, 4, 5, 9))
    found["latents"] = latents
    found["decoded"] = pipe.vae.decode(latents, num_frames=7).sample
    found["decoded.3"] = torch.cat([pipe.vae.decode(z, num_frames=len(z)).sample for z in latents.split(3)])
    for name, shape in {"even": (2, 8, 4, 8, 16), "odd": (1, 8, 5, 9, 15), "wide": (1, 8, 2, 24, 24)}.items():
        given, context = draw(torch.empty(shape)), draw(torch.empty(shape[0], 1, 16))
        ids = torch.tensor([[6.0, 127.0, 0.02]]).expand(shape[0], 3)
        answer = pipe.unet(rearrange(given, "b c t h w -> b t c h w"), torch.tensor(1.3), context, ids).sample
        found |= {f"{name}.given": given, f"{name}.context": context}
        found[f"{name}.v"] = rearrange(answer, "b t c h w -> b c t h w")
    for steps in STEPS_COMPARED:
        pipe.scheduler.set_timesteps(steps)
        found[f"sigmas.{steps}"], found[f"timesteps.{steps}"] = (
            pipe.scheduler.sigmas,
            pipe.scheduler.timesteps,
        )
    return found


def published() -> dict[str, nn.Module]:
    """The networks at their published sizes, on the meta device."""
    import diffusers
    import transformers

    unet = {
        "in_channels": 8,
        "out_channels": 4,
        "num_attention_heads": (5, 10, 20, 20),
        "cross_attention_dim": 1024,
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 768,
        "block_out_channels": (320, 640, 1280, 1280),
        "layers_per_block": 2,
    }
    vae = {
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "layers_per_block": 2,
        "latent_channels": 4,
    }
    vision = {
        "hidden_size": 1280,
        "intermediate_size": 5120,
        "num_hidden_layers": 32,
        "num_attention_heads": 16,
        "patch_size": 14,
        "projection_dim": 1024,
        "hidden_act": "gelu",
    }
    with torch.device("meta"):
        return {
            "svd-unet": diffusers.UNetSpatioTemporalConditionModel(**unet),
            "svd-vae": diffusers.AutoencoderKLTemporalDecoder(**vae),
            "svd-image_encoder": transformers.CLIPVisionModelWithProjection(
                transformers.CLIPVisionConfig(**vision)
            ),
        }


def write_keys() -> None:
    """A line a weight: its name, a tab, its shape."""
    for name, network in published().items():
        lines = (
            f"{key}\t{'x'.join(map(str, tensor.shape))}\n"
            for key, tensor in sorted(network.state_dict().items())
        )
        (KEYS / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")


@torch.inference_mode()
def main() -> None:
    write_keys()
    pipe = pipeline()
    found = parts(pipe)
    for name in ("decoded", "decoded.3"):
        found[name] = found[name][..., ::KEPT, ::KEPT]
    for case in CASES:
        latents, frames = run(pipe, case)
        found[f"{case}.latents"] = latents
        found[f"{case}.frames"] = (frames[..., ::KEPT, ::KEPT] * 255).round().to(torch.uint8)
        assert np.ptp(frames.numpy()) > 0.5, "a flat clip compares nothing"
    said = {"reference": f"diffusers {version('diffusers')}, transformers {version('transformers')}"}
    GOLDEN.parent.mkdir(exist_ok=True)
    save_file({name: tensor.contiguous().clone() for name, tensor in found.items()}, GOLDEN, metadata=said)


if __name__ == "__main__":
    main()
