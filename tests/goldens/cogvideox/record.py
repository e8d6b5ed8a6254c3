"""Records what lies beside this file: tiny random CogVideoX checkpoints, saved by diffusers in the published
layout, and what diffusers makes with them in fp32, from the noise that `i2v` draws.

Run once, with diffusers, transformers and sentencepiece installed: python tests/goldens/cogvideox/record.py
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import count
from pathlib import Path
from unittest import mock

import numpy as np
import sentencepiece
import torch
import transformers
from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    CogVideoXDPMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXTransformer3DModel,
)
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from diffusers.schedulers import scheduling_dpm_cogvideox
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from i2v_cli.sampling import noise

FOLDER = Path(__file__).parent
VARIANTS = ("cogvideox-5b", "cogvideox1.5-5b")
SEED = 1234
PROMPT = "camera slowly pans right over a quiet harbor, boats rocking in the evening light"
NEGATIVE = "a red house"
SENTENCES = (
    "camera slowly pans right over a quiet harbor",
    "boats rocking in the evening light",
    "a castle at dusk, the camera tilts up",
    "zoom in on a red house by the lake",
    "clouds drift above the hills, leaves fall in autumn wind",
)
STEPS_COMPARED = (1, 2, 3, 4, 6, 7, 20, 30, 50)
TILE = {
    "tile_sample_min_height": 32,
    "tile_sample_min_width": 40,
    "tile_overlap_factor_height": 1 / 4,
    "tile_overlap_factor_width": 1 / 5,
}

TRANSFORMER = {
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "in_channels": 32,
    "time_embed_dim": 24,
    "text_embed_dim": 32,
    "num_layers": 2,
    "use_rotary_positional_embeddings": True,
}
VARIED = {
    "cogvideox-5b": {
        "sample_width": 10,
        "sample_height": 6,
        "sample_frames": 17,
        "use_learned_positional_embeddings": True,
    },
    "cogvideox1.5-5b": {
        "sample_width": 20,
        "sample_height": 12,
        "sample_frames": 81,
        "patch_size_t": 2,
        "patch_bias": False,
        "ofs_embed_dim": 24,
        "use_learned_positional_embeddings": False,
    },
}
VAE = {
    "block_out_channels": (8, 12, 12, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "sample_height": 160,
    "sample_width": 160,
    "scaling_factor": 0.7,
    "down_block_types": ("CogVideoXDownBlock3D",) * 4,
    "up_block_types": ("CogVideoXUpBlock3D",) * 4,
}
T5 = {
    "vocab_size": 320,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_heads": 4,
    "feed_forward_proj": "gated-gelu",
    "layer_norm_epsilon": 1e-6,
    "tie_word_embeddings": False,
}
SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "snr_shift_scale": 1.0,
    "timestep_spacing": "trailing",
    "clip_sample": False,
}


def checkpoint(variant: str) -> None:
    """The variant's folder, laid out as published, its weights in bf16."""
    folder = FOLDER / variant
    parts: dict[str, nn.Module] = {
        "transformer": transformer(variant),
        "vae": autoencoder(variant),
        "text_encoder": text_encoder(),
    }
    for name, part in parts.items():
        part.bfloat16().save_pretrained(folder / name)
    CogVideoXDDIMScheduler(**SCHEDULER).save_pretrained(folder / "scheduler")
    tokenizer(folder / "tokenizer")


def transformer(variant: str) -> nn.Module:
    torch.manual_seed(0)
    model = scrambled(CogVideoXTransformer3DModel(**TRANSFORMER, **VARIED[variant]))
    if variant == "cogvideox-5b":  # a learned table is no sinusoid
        table = model.patch_embed.pos_embedding
        model.patch_embed.pos_embedding = 0.5 * torch.randn(table.shape)
    return model


def autoencoder(variant: str) -> nn.Module:
    torch.manual_seed(0)
    return scrambled(AutoencoderKLCogVideoX(**VAE, invert_scale_latents=variant != "cogvideox-5b"))


def text_encoder() -> nn.Module:
    torch.manual_seed(0)
    model = transformers.T5EncoderModel(transformers.T5Config(**T5))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 1.0 if "shared" in name or "relative" in name else 0.3
            if "norm" not in name:
                parameter.copy_(spread * torch.randn_like(parameter))
    return model


def scrambled(model: nn.Module) -> nn.Module:
    """So that a vector that is missing or misplaced shows."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                bias = name.endswith("bias")
                parameter.copy_((0.1 if bias else 0.2) * torch.randn_like(parameter) + (not bias))
    return model.eval()


def tokenizer(folder: Path) -> None:
    """Text is not normalised, as T5's own would: that table alone has 240 kB."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 40),
        model_writer=written,
        model_type="unigram",
        vocab_size=120,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(written.getvalue())


def photo(width: int, height: int) -> Tensor:
    """[3, H, W] uint8: ramps and a checkerboard."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    board = (rows // 6 + columns // 6) % 2 * 120
    return torch.stack([rows * 255 // height, columns * 255 // width, board + 60]).to(torch.uint8)


class Reference:
    """diffusers' pipeline with a variant's checkpoint, fp32."""

    def __init__(self, variant: str) -> None:
        folder = FOLDER / variant
        self.vae = AutoencoderKLCogVideoX.from_pretrained(folder / "vae", torch_dtype=torch.float32)
        self.transformer = CogVideoXTransformer3DModel.from_pretrained(
            folder / "transformer", torch_dtype=torch.float32
        )
        self.encoder = transformers.T5EncoderModel.from_pretrained(
            folder / "text_encoder", dtype=torch.float32
        )
        self.pieces = sentencepiece.SentencePieceProcessor(str(folder / "tokenizer" / "spiece.model"))
        self.ddim = CogVideoXDDIMScheduler.from_pretrained(folder / "scheduler")
        self.pipeline = CogVideoXImageToVideoPipeline(
            None, self.encoder, self.vae, self.transformer, self.ddim
        )
        self.pipeline.set_progress_bar_config(disable=True)

    def context(self, text: str) -> Tensor:
        """[1, 226, C]."""
        ids = [*self.pieces.encode(text), 1]
        with torch.inference_mode():
            return self.encoder(torch.tensor([ids + [0] * (226 - len(ids))]))[0].clone()

    def run(
        self, width: int, height: int, frames: int, *, guidance: float = 6.0, sde: bool = False
    ) -> dict[str, Tensor]:
        """Three steps. -> latents after each [1, C, T, h, w], frames [F, 3, H, W] uint8."""
        latent_frames = (frames - 1) // 4 + 1
        if self.transformer.config.patch_size_t:
            latent_frames += latent_frames % 2
        start = noise.initial((1, 16, latent_frames, height // 8, width // 8), SEED)
        config = self.ddim.config
        self.pipeline.scheduler = CogVideoXDPMScheduler.from_config(config) if sde else self.ddim
        kept: list[Tensor] = []

        def keep(
            _pipeline: object, _step: int, _timestep: object, values: dict[str, Tensor]
        ) -> dict[str, Tensor]:
            kept.append(values["latents"].transpose(1, 2).clone())
            return {}

        pixels = photo(width, height).permute(1, 2, 0).numpy()
        with own_noise(start):
            answer = self.pipeline(
                image=Image.fromarray(pixels),
                prompt_embeds=self.context(PROMPT),
                negative_prompt_embeds=self.context(NEGATIVE),
                height=height,
                width=width,
                num_frames=frames,
                num_inference_steps=3,
                guidance_scale=guidance,
                use_dynamic_cfg=sde,
                latents=start.transpose(1, 2).clone(),
                callback_on_step_end=keep,
                output_type="np",
            )
        made = torch.from_numpy((answer.frames[0] * 255).round().astype(np.uint8)).permute(0, 3, 1, 2)
        return {"latents": torch.stack(kept), "frames": made}

    def autoencoder(self) -> dict[str, Tensor]:
        """A clip [3, 17, 40, 48] and latents of lengths 1, 4 and 5, whole and in tiles."""
        torch.manual_seed(1)
        clip, latents = torch.randn(1, 3, 17, 40, 48).half().float(), torch.randn(1, 16, 5, 6, 9)
        made = {"clip": clip[0].half(), "given": latents[0]}
        with torch.inference_mode():
            moments = self.vae.encode(clip).latent_dist
            made |= {"mean": moments.mean[0], "log_variance": moments.logvar[0]}
            made |= {f"decoded.{count}": self._decoded(latents[:, :, :count]) for count in (1, 4, 5)}
            self.vae.enable_tiling(**TILE)
            made |= {
                "tiled.mean": self.vae.encode(clip).latent_dist.mean[0],
                "tiled.decoded": self._decoded(latents),
            }
            self.vae.disable_tiling()
        return made

    def _decoded(self, latents: Tensor) -> Tensor:
        return self.vae.decode(latents).sample[0].transpose(0, 1)

    def levels(self) -> dict[str, Tensor]:
        made = {"alphas_bar": self.ddim.alphas_cumprod.clone()}
        for steps in STEPS_COMPARED:
            self.ddim.set_timesteps(steps)
            made[f"timesteps.{steps}"] = self.ddim.timesteps.clone()
        return made

    def velocity(self, latents: Tensor, timestep: int, context: Tensor) -> Tensor:
        """latents: [1, 32, T, h, w] -> [1, 16, T, h, w]."""
        clip = latents.transpose(1, 2)
        turns = self.pipeline._prepare_rotary_positional_embeddings(
            8 * clip.shape[3], 8 * clip.shape[4], clip.shape[1], clip.device
        )
        ofs = None if self.transformer.config.ofs_embed_dim is None else torch.tensor([2.0])
        with torch.inference_mode():
            answer = self.transformer(
                clip, context, torch.tensor([timestep]), ofs=ofs, image_rotary_emb=turns
            )
        return answer.sample.transpose(1, 2)


@contextmanager
def own_noise(start: Tensor) -> Iterator[None]:
    """diffusers draws what `i2v` draws: the photo's, and the SDE's, of which it draws some for nothing."""
    eps = noise.stream(SEED, "photo")
    draw = noise.stepwise(SEED, "sampler")
    steps = count()
    step = CogVideoXDPMScheduler.step
    current: list[Tensor] = []

    def sample(self: DiagonalGaussianDistribution, generator: object = None) -> Tensor:
        drawn = eps(self.mean[0, :, 0])
        return self.mean + self.std * drawn[None, :, None]

    def counted(self: CogVideoXDPMScheduler, *given: object, **named: object) -> object:
        current[:] = [draw(start, next(steps)).transpose(1, 2)]
        return step(self, *given, **named)

    with (
        mock.patch.object(DiagonalGaussianDistribution, "sample", sample),
        mock.patch.object(CogVideoXDPMScheduler, "step", counted),
        mock.patch.object(scheduling_dpm_cogvideox, "randn_tensor", lambda *_, **__: current[0]),
    ):
        yield


def expected(variant: str) -> dict[str, Tensor]:
    """All that is recorded of a variant."""
    reference = Reference(variant)
    made = {}
    if variant == VARIANTS[0]:  # the two share it, and their noise
        made |= {f"vae.{name}": value for name, value in reference.autoencoder().items()}
        made |= {f"levels.{name}": value for name, value in reference.levels().items()}
    made["context"] = torch.cat([reference.context(PROMPT), reference.context(NEGATIVE)])
    runs = {
        "ddim": reference.run(80, 48, 17),
        "alone": reference.run(80, 48, 17, guidance=1.0),
        "sde": reference.run(80, 48, 17, sde=True),
    }
    if variant == "cogvideox1.5-5b":
        runs["portrait"] = reference.run(48, 80, 9)
    made |= {f"{run}.{name}": value for run, values in runs.items() for name, value in values.items()}
    torch.manual_seed(2)
    latents = torch.randn(1, 32, 6 if variant == "cogvideox1.5-5b" else 5, 6, 10)
    made |= {
        "denoiser.latents": latents,
        "denoiser.velocity": reference.velocity(latents, 666, made["context"][:1]),
    }
    # Differences of any kind show in a part of the pixels as well.
    return {
        name: value[..., ::3, ::3] if "decoded" in name or "frames" in name else value
        for name, value in made.items()
    }


def main() -> None:
    reference = ", ".join(f"{library} {version(library)}" for library in ("diffusers", "transformers"))
    for variant in VARIANTS:
        checkpoint(variant)
        tensors = {name: value.contiguous() for name, value in expected(variant).items()}
        save_file(tensors, FOLDER / f"{variant}.safetensors", metadata={"reference": reference})


if __name__ == "__main__":
    main()
