"""`cogvideox`'s four verbs: what `generate` calls, in this order. At each one network is in memory."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.control.pins import Pin
from i2v_cli.encoders import t5
from i2v_cli.encoders.tokenizer import load_pieces, tokenize_pieces
from i2v_cli.events import Report, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.cogvideox import sizes, tiling
from i2v_cli.families.cogvideox.config import COMPONENTS, WORKSPACE, activations
from i2v_cli.families.cogvideox.denoiser import CogVideoXDenoiser
from i2v_cli.families.cogvideox.networks import DenoiserConfig, NoiseConfig, VaeConfig
from i2v_cli.families.cogvideox.sizes import latent_frames
from i2v_cli.families.cogvideox.tiling import Tiling
from i2v_cli.families.cogvideox.vae import VaeDecoder, VaeEncoder
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime import streaming
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold, remembered
from i2v_cli.runtime.remembered import digest
from i2v_cli.sampling import noise
from i2v_cli.sampling.guidance import Scale, classifier_free
from i2v_cli.sampling.parametrize import x0_from_v
from i2v_cli.sampling.samplers import Predict
from i2v_cli.sampling.schedule import Schedule, scaled_linear, trailing
from i2v_cli.sampling.step_cache import StepCache
from i2v_cli.weights import published
from i2v_cli.weights.component import Files

CONFIG = "config.json"


class Pipeline:
    def encode(
        self,
        request: Request,
        photo: Tensor,
        runtime: Runtime,
        report: Report,
        pins: Sequence[Pin] | None = None,  # noqa: ARG002  (`geometry` refuses them)
    ) -> Condition:
        """Text encoder in and out, image encoder in and out. photo: [3, H, W] uint8."""
        files = published.parts(request, COMPONENTS)
        denoiser = DenoiserConfig.from_json(files["denoiser"].read_json(CONFIG))
        alone = request.guidance == 1 and not request.dynamic_guidance
        texts = [request.prompt] if alone else [request.prompt, request.negative]
        pieces = load_pieces(files["tokenizer"].folder / "spiece.model")
        tokens = tokenize_pieces(texts, pieces, denoiser.context_length)
        for said in tokens.unread(denoiser.context_length):
            report(Warned(said))
        context = remembered(
            files["text_encoder"],
            runtime,
            tuple(texts),
            lambda: _context(files["text_encoder"], tokens.ids, runtime),
        )
        latents = remembered(
            files["vae"],
            runtime,
            (digest(photo), request.seed),
            lambda: _photo_latents(files["vae"], photo, request.seed, runtime),
        )
        vae = VaeConfig.from_json(files["vae"].read_json(CONFIG))
        scale = request.image_scale or (1.0 if vae.unscaled_photo else vae.scale)
        return Condition(photo, (scale * latents)[None, :, None], context, tokens.mask)

    def schedule(self, request: Request, geometry: Geometry) -> Schedule:  # noqa: ARG002
        """The noise is that of the checkpoint's scheduler, its last level without any picture left."""
        files = published.part(request, COMPONENTS, "scheduler")
        chain = NoiseConfig.from_json(files.read_json("scheduler_config.json"))
        squares = scaled_linear(chain.training_steps, chain.beta_start, chain.beta_end, chain.snr_shift)
        return trailing(request.steps, squares)

    @contextmanager
    def denoiser(
        self, condition: Condition, schedule: Schedule, request: Request, runtime: Runtime
    ) -> Iterator[Predict]:
        files = published.part(request, COMPONENTS, "denoiser")
        config = DenoiserConfig.from_json(files.read_json(CONFIG))
        context = condition.context.to(runtime.device, runtime.dtype)
        cache = StepCache(request.cache)
        time = config.padded(latent_frames(sizes.frames(request, config.table)))
        shape = (config.channels_in, time, *condition.channels.shape[3:])
        with streaming.hold(
            lambda: CogVideoXDenoiser(config),
            files,
            runtime,
            blocks=("transformer_blocks",),
            activations=activations(config, shape, runtime.dtype.itemsize, cached=request.cache > 0),
        ) as denoiser:

            def predict_pair(latents: Tensor, step: int) -> Tensor:
                seen = torch.zeros_like(latents)  # the photo is the first frame, the others are not known
                seen[:, :, :1] = condition.channels.to(latents)
                v = denoiser(
                    torch.cat([latents, seen], dim=1).to(runtime.device, runtime.dtype),
                    schedule.timesteps[step].to(runtime.device),
                    context[: len(latents)],
                    cache,
                )
                alpha, sigma = schedule.alphas[step].item(), schedule.sigmas[step].item()
                return x0_from_v(latents, v.to(latents), alpha, sigma)

            yield classifier_free(predict_pair, _guidance(request, schedule))

    def decode(
        self,
        latents: Tensor,
        condition: Condition,  # noqa: ARG002
        geometry: Geometry,
        request: Request,
        runtime: Runtime,
    ) -> Iterator[Tensor]:
        files = published.part(request, COMPONENTS, "vae")
        config = VaeConfig.from_json(files.read_json(CONFIG))
        # 1.5 denoises an even number of latent frames: the first one is what was too many.
        whole = latents[0, :, -latent_frames(geometry.frames) :] / config.scale
        with hold(lambda: VaeDecoder(config), files, runtime, prefix="decoder.") as decoder:
            given = whole.to(runtime.device, runtime.dtype)
            yield from tiling.decode(decoder, given, Tiling.published(config), _pixels)


def _context(files: Files, tokens: Tensor, runtime: Runtime) -> Tensor:
    """tokens: [B, S] -> [B, S, C]. Padding is attended to, as it was in training."""
    config = t5.T5Config.from_json(files.read_json(CONFIG))
    with streaming.hold(
        lambda: t5.T5Encoder(config),
        files,
        runtime,
        blocks=t5.BLOCKS,
        activations=WORKSPACE,
        keep_fp32=t5.keep_fp32(runtime.dtype),
        ignore=t5.IGNORE,
    ) as encoder:
        return encoder(tokens.to(runtime.device))


def _photo_latents(files: Files, photo: Tensor, seed: int, runtime: Runtime) -> Tensor:
    """photo: [3, H, W] uint8 -> a draw from what the encoder takes it for, [c, h, w] fp32."""
    config = VaeConfig.from_json(files.read_json(CONFIG))
    clip = rearrange(photo, "c h w -> c 1 h w").to(runtime.device, torch.float32) / 127.5 - 1
    with hold(lambda: VaeEncoder(config), files, runtime, prefix="encoder.") as encoder:
        mean, log_variance = tiling.encode(encoder, clip.to(runtime.dtype), Tiling.published(config))
    mean, log_variance = mean[:, 0].float(), log_variance[:, 0].float()
    draw = noise.stream(seed, "photo")
    return mean + (log_variance / 2).exp() * draw(mean)


def _guidance(request: Request, schedule: Schedule) -> Scale:
    """One number, or the vendor's "dynamic cfg", which swings between 1 and 1 + g as its timesteps are fed
    to it.
    """
    if not request.dynamic_guidance:
        return request.guidance
    steps = schedule.steps

    def at(step: int) -> float:
        along = (steps - schedule.timesteps[step].item()) / steps
        return 1 + request.guidance * (1 - math.cos(math.pi * along**5)) / 2

    return at


def _pixels(frames: Tensor) -> Tensor:
    """About -1..1 -> uint8 on the CPU."""
    return ((frames.float() + 1) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8)
