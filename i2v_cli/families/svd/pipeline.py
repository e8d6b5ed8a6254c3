"""`svd`'s four verbs: what `generate` calls, in this order. At each one network is in memory.

The published noise levels are sigma beside a picture of unit variance, to 700; divided by sqrt(1 + sigma^2)
they are levels with alpha^2 + sigma^2 = 1 (`schedule.edm`): that is the network's own input scaling, and its
answer v and the published Euler step are then those of the other families.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.control.pins import Pin
from i2v_cli.encoders import clip
from i2v_cli.events import Report, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.svd.config import (
    COMPONENTS,
    FIRST_GUIDANCE,
    activations,
    augment,
    frames,
    motion_bucket,
)
from i2v_cli.families.svd.decoder import VaeDecoder
from i2v_cli.families.svd.denoiser import SvdDenoiser, blocks
from i2v_cli.families.svd.networks import DenoiserConfig, NoiseConfig, VaeConfig
from i2v_cli.families.svd.vae import IGNORED_BY_ENCODER, VaeEncoder
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime import streaming
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold, remembered
from i2v_cli.runtime.remembered import digest
from i2v_cli.sampling import noise
from i2v_cli.sampling.guidance import Scale, in_turn
from i2v_cli.sampling.parametrize import x0_from_v
from i2v_cli.sampling.samplers import Predict
from i2v_cli.sampling.schedule import Schedule, edm
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
        """CLIP in and out, the image encoder in and out. photo: [3, H, W] uint8."""
        files = published.parts(request, COMPONENTS)
        trained = DenoiserConfig.from_json(files["denoiser"].read_json(CONFIG)).frames
        if frames(request) != trained:
            report(Warned(f"the model was trained on {trained} frames: {frames(request)} may come out worse"))
        known = digest(photo)
        context = remembered(
            files["image_encoder"],
            runtime,
            known,
            lambda: _context(files["image_encoder"], photo, runtime),
        )
        channels = remembered(
            files["vae"],
            runtime,
            (known, request.seed, augment(request)),
            lambda: _photo_latents(files["vae"], photo, request, runtime),
        )
        return Condition(photo, channels, context, torch.ones(1, 1, dtype=torch.bool))

    def schedule(self, request: Request, geometry: Geometry) -> Schedule:  # noqa: ARG002
        files = published.part(request, COMPONENTS, "scheduler")
        levels = NoiseConfig.from_json(files.read_json("scheduler_config.json"))
        return edm(request.steps, levels.lowest, levels.highest)

    @contextmanager
    def denoiser(
        self, condition: Condition, schedule: Schedule, request: Request, runtime: Runtime
    ) -> Iterator[Predict]:
        files = published.part(request, COMPONENTS, "denoiser")
        config = DenoiserConfig.from_json(files.read_json(CONFIG))
        length = frames(request)
        channels = condition.channels.to(runtime.device, runtime.dtype)
        context = condition.context.to(runtime.device, runtime.dtype)
        # It was trained on a clip's frames a second less one.
        ids = torch.tensor(
            [request.fps - 1, motion_bucket(request), augment(request)], device=channels.device
        )
        with streaming.hold(
            lambda: SvdDenoiser(config),
            files,
            runtime,
            blocks=blocks(config),
            activations=activations(config, (length, *channels.shape[-2:]), runtime.dtype.itemsize),
        ) as network:

            def predict_with(seen: Tensor, context: Tensor) -> Predict:
                def predict(latents: Tensor, step: int) -> Tensor:
                    given = latents.to(runtime.device, runtime.dtype)
                    timestep = schedule.timesteps[step].to(runtime.device)
                    v = network(torch.cat([given, seen.expand_as(given)], dim=1), timestep, context, ids)
                    alpha, sigma = schedule.alphas[step].item(), schedule.sigmas[step].item()
                    return x0_from_v(latents, v.to(latents), alpha, sigma)

                return predict

            photo = rearrange(channels, "b c h w -> b c 1 h w")
            # One after the other: a clip keeps any device busy, and the pair would take twice the memory.
            yield in_turn(
                predict_with(photo, context),
                predict_with(torch.zeros_like(photo), torch.zeros_like(context)),
                _guidance(request.guidance, length),
            )

    def decode(
        self,
        latents: Tensor,
        condition: Condition,  # noqa: ARG002
        geometry: Geometry,  # noqa: ARG002
        request: Request,
        runtime: Runtime,
    ) -> Iterator[Tensor]:
        files = published.part(request, COMPONENTS, "vae")
        config = VaeConfig.from_json(files.read_json(CONFIG))
        clip_latents = rearrange(latents, "1 c t h w -> t c h w") / config.scale
        with hold(lambda: VaeDecoder(config), files, runtime, prefix="decoder.") as decoder:
            for frame in decoder(clip_latents.to(runtime.device, runtime.dtype)):
                yield ((frame[None].float() + 1) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8)


def _context(files: Files, photo: Tensor, runtime: Runtime) -> Tensor:
    """photo: [3, H, W] uint8 -> [1, 1, D]."""
    config = clip.ClipVisionConfig.from_json(files.read_json(CONFIG))
    small = clip.resize_antialiased(photo[None].float() / 127.5 - 1, config.side)
    picture = clip.normalized((small + 1) / 2).to(runtime.device, runtime.dtype)
    with hold(lambda: clip.ClipVisionEncoder(config), files, runtime, ignore=clip.IGNORE) as encoder:
        return rearrange(encoder(picture), "b d -> b 1 d")


def _photo_latents(files: Files, photo: Tensor, request: Request, runtime: Runtime) -> Tensor:
    """photo: [3, H, W] uint8, with a little noise on it -> [1, 4, h, w] fp32, unscaled."""
    config = VaeConfig.from_json(files.read_json(CONFIG))
    picture = photo[None].float() / 127.5 - 1
    picture = picture + augment(request) * noise.stream(request.seed, "photo")(picture)
    exact = replace(runtime, dtype=torch.float32)  # fp16 overflows in this encoder
    with hold(lambda: VaeEncoder(config), files, exact, ignore=IGNORED_BY_ENCODER) as encoder:
        return encoder(picture.to(runtime.device))


def _guidance(last: float, length: int) -> Scale:
    """Linear over the frames, [1, 1, T, 1, 1]; at 1 or less there is none."""
    if last <= FIRST_GUIDANCE:
        return 1.0
    return rearrange(torch.linspace(FIRST_GUIDANCE, last, length), "t -> 1 1 t 1 1")
