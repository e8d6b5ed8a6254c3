"""`opensora`'s four verbs: what `generate` calls, in this order. At each one network is in memory.

Held frames trouble no sampler: `predict` puts what they are held to in their place, tells the network which
they are, and answers it as their x0.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor

from i2v_cli.control.pins import Pin
from i2v_cli.encoders import t5
from i2v_cli.encoders.tokenizer import load_pieces, tokenize_pieces
from i2v_cli.events import Noted, Report, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.opensora import sizes, words
from i2v_cli.families.opensora.config import COMPONENTS, WORKSPACE, activations
from i2v_cli.families.opensora.denoiser import KEEP_FP32, OpenSoraDenoiser, blocks
from i2v_cli.families.opensora.networks import DenoiserConfig, VaeConfig
from i2v_cli.families.opensora.pins import Hold, held_at, written
from i2v_cli.families.opensora.vae import (
    IGNORED_BY_DECODER,
    IGNORED_BY_ENCODER,
    STATISTICS,
    VaeDecoder,
    VaeEncoder,
)
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime import streaming
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold, remembered
from i2v_cli.runtime.remembered import digest
from i2v_cli.sampling.guidance import classifier_free
from i2v_cli.sampling.parametrize import x0_from_velocity
from i2v_cli.sampling.samplers import Predict
from i2v_cli.sampling.schedule import Schedule, flow
from i2v_cli.weights import published
from i2v_cli.weights.component import Files

CONFIG = "config.json"
TIMESTEPS = 1000  # of pure noise, as the network is told
BASE_SIDE = 512  # of the square picture whose noise levels are not shifted


class Pipeline:
    def encode(
        self,
        request: Request,
        photo: Tensor,
        runtime: Runtime,
        report: Report,
        pins: Sequence[Pin] | None = None,
    ) -> Condition:
        """Text encoder in and out, image encoder in and out. photo: [3, H, W] uint8; without `pins` it is the
        clip's first frame.
        """
        files = published.parts(request, COMPONENTS)
        total = sizes.frames(request)
        given = [Pin(frames=photo[None])] if pins is None else pins
        places = [sizes.held(pin.at, len(pin.frames), total) for pin in given]
        context = _context(request, files, runtime, report)
        holds = []
        for pin, place in zip(given, places, strict=True):
            latents = _latents(files["vae"], _of_chunks(pin, place, total), runtime)
            holds.append(Hold(latents=latents[:, -len(place) :], start=place.start, edit=pin.edit))
        rows, columns = (side // sizes.STRIDE for side in photo.shape[1:])
        channels = DenoiserConfig.from_json(files["denoiser"].read_json(CONFIG)).channels
        clean, held = written(holds, (channels, sizes.latent_frames(total), rows, columns))
        mask = torch.ones(context.shape[:2], dtype=torch.bool)
        return Condition(photo, clean, context, mask, hold=held)

    def schedule(self, request: Request, geometry: Geometry) -> Schedule:
        """Rectified flow; larger pictures and longer clips spend more of the steps at high noise."""
        bucket = sizes.TRAINED[geometry.width, geometry.height]
        return noise_levels(request.steps, bucket, geometry.latent_shape[1], request.shift)

    @contextmanager
    def denoiser(
        self, condition: Condition, schedule: Schedule, request: Request, runtime: Runtime
    ) -> Iterator[Predict]:
        files = published.part(request, COMPONENTS, "denoiser")
        config = DenoiserConfig.from_json(files.read_json(CONFIG))
        height, width = condition.photo.shape[1:]
        with streaming.hold(
            lambda: OpenSoraDenoiser(config),
            files,
            runtime,
            blocks=blocks(config),
            activations=activations(config, tuple(condition.channels.shape[1:]), runtime.dtype.itemsize),
            keep_fp32=KEEP_FP32,
        ) as network:
            bucket = sizes.TRAINED[width, height]
            yield predictor(network, condition, schedule, request, bucket)

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
        exact = replace(runtime, dtype=torch.float32) if runtime.dtype == torch.float16 else runtime
        with hold(
            lambda: VaeDecoder(config), files, exact, ignore=IGNORED_BY_DECODER, keep_fp32=STATISTICS
        ) as decoder:
            for frame in decoder(latents[0].to(exact.device, exact.dtype), geometry.frames):
                yield ((frame[None].float() + 1) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8)


def noise_levels(steps: int, bucket: tuple[int, int], latent_frames: int, shift: float = 1.0) -> Schedule:
    """The reference's "timestep transform". bucket: (width, height) in pixels of the model's training."""
    ratio = math.sqrt(math.prod(bucket) / BASE_SIDE**2) * math.sqrt(latent_frames)
    schedule = flow(steps, ratio * shift)
    return replace(schedule, timesteps=TIMESTEPS * schedule.timesteps)


def predictor(
    network: OpenSoraDenoiser,
    condition: Condition,
    schedule: Schedule,
    request: Request,
    bucket: tuple[int, int],
) -> Predict:
    """The network's answer as x0, with guidance, and with held frames held."""
    hold_of_frames = condition.hold
    assert hold_of_frames is not None  # `encode` has seen to it
    context = condition.context[0].to(network.x_embedder.proj.weight)
    contexts = [context, network.null(len(context))]
    clean = condition.channels

    def predict_pair(latents: Tensor, step: int) -> Tensor:
        sigma = schedule.sigmas[step].item()
        held = held_at(hold_of_frames, sigma)
        still = torch.zeros(1, dtype=torch.bool) if held is None else held
        still = rearrange(still, "t -> 1 1 t 1 1").to(latents.device)
        given = torch.where(still, clean.to(latents), latents)
        velocity = network(
            given.to(context),
            schedule.timesteps[step].to(context.device),
            contexts[: len(latents)],
            fps=request.fps,
            bucket=bucket,
            held=None if held is None else held.expand(len(latents), -1),
        )
        # It was trained to answer x0 - noise, the opposite of what others call the velocity.
        x0 = x0_from_velocity(given, -velocity.to(latents), sigma)
        return torch.where(still, clean.to(latents), x0)

    return classifier_free(predict_pair, request.guidance)


def _of_chunks(pin: Pin, place: range, total: int) -> Tensor:
    """The frames to encode. A picture on the last frame is the end of a chunk in which nothing moves."""
    last = len(pin.frames) == 1 and place.stop == sizes.latent_frames(total)
    return pin.frames.expand(sizes.CHUNK_FRAMES, -1, -1, -1) if last else pin.frames


def _context(request: Request, files: dict[str, Files], runtime: Runtime, report: Report) -> Tensor:
    """What the prompt says, [1, S, C], without padding: the reference masks it everywhere."""
    said = words.told(request.prompt, aesthetic=request.aesthetic, motion_score=request.motion_score)
    length = DenoiserConfig.from_json(files["denoiser"].read_json(CONFIG)).context_length
    tokens = tokenize_pieces([said], load_pieces(files["tokenizer"].folder / "spiece.model"), length)
    for sentence in tokens.unread(length):
        report(Warned(sentence))
    encoder = files["text_encoder"]

    def read() -> Tensor:
        report(Noted(f"the words are read by {encoder.folder}"))
        config = t5.T5Config.from_json(encoder.read_json(CONFIG))
        with streaming.hold(
            lambda: t5.T5Encoder(config),
            encoder,
            runtime,
            blocks=t5.BLOCKS,
            activations=WORKSPACE,
            keep_fp32=t5.keep_fp32(runtime.dtype),
            ignore=t5.IGNORE,
        ) as network:
            return network(tokens.ids[tokens.mask][None].to(runtime.device))

    return remembered(encoder, runtime, said, read)


def _latents(files: Files, frames: Tensor, runtime: Runtime) -> Tensor:
    """frames: [F, 3, H, W] uint8 -> [4, t, h, w] fp32."""

    def see() -> Tensor:
        config = VaeConfig.from_json(files.read_json(CONFIG))
        exact = replace(runtime, dtype=torch.float32)  # fp16 overflows in this encoder
        with hold(lambda: VaeEncoder(config), files, exact, ignore=IGNORED_BY_ENCODER) as encoder:
            return encoder(frames.to(runtime.device, torch.float32) / 127.5 - 1)

    return remembered(files, runtime, digest(frames), see)
