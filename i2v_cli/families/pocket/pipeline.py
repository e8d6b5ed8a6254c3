"""`pocket`'s four verbs: what `generate` calls, in this order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from i2v_cli.control.camera import parse
from i2v_cli.control.pins import LAST, Pin
from i2v_cli.encoders.bert import BertConfig, BertEncoder
from i2v_cli.encoders.tokenizer import Tokens, load_tokenizer, tokenize
from i2v_cli.events import Report, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.pocket import detail, timeline, turns, warp
from i2v_cli.families.pocket.config import (
    AXES,
    CAMERA,
    GROUP,
    GROUPS,
    KNOTS,
    MAX_TOKENS,
    NATIVE_FRAMES,
    PATCH,
    STRIDE,
    TEXT_WEIGHTS,
    TOKENIZER,
    WEIGHTS,
    DenoiserConfig,
    grid,
)
from i2v_cli.families.pocket.crossing import crossed
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.image_encoder import ImageEncoder
from i2v_cli.families.pocket.pushes import pushes
from i2v_cli.families.pocket.vae import Latents, decode_motion, encode_path, sizes, split
from i2v_cli.families.pocket.words import doubts
from i2v_cli.geometry import Geometry, frame_count
from i2v_cli.request import Request
from i2v_cli.runtime import memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold, remembered
from i2v_cli.runtime.remembered import digest
from i2v_cli.sampling import noise, samplers
from i2v_cli.sampling.guidance import guided
from i2v_cli.sampling.parametrize import x0_from_velocity
from i2v_cli.sampling.samplers import Predict, State
from i2v_cli.sampling.schedule import Schedule, flow
from i2v_cli.weights.component import Files

CONFIG = DenoiserConfig()
# all-MiniLM-L6-v2 (Apache-2.0), its vocabulary pruned to common words and those of our captions.
TEXT_ENCODER = BertConfig(
    vocabulary=15_739, width=384, num_heads=12, num_layers=6, mlp_width=1536, positions=512
)
# Guidance decides where the camera goes while all is noise; later it would only exaggerate how (Kynkaanniemi
# et al. 2024, guidance in a limited interval). What stirs it decides to the end.
GUIDED_ABOVE = 0.9
LOOKS = (1.0, 1.5)  # sizes at which the image encoder looks: small things are seen in the larger one


class Pipeline:
    """`weights`: what training makes; the text encoder lies beside them."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self.files = Files.single(weights)
        self.text = Files.single(weights.with_name(TEXT_WEIGHTS.name))

    def encode(
        self,
        request: Request,
        photo: Tensor,
        runtime: Runtime,
        report: Report,
        pins: Sequence[Pin] | None = None,
    ) -> Condition:
        """Text encoder in and out, image encoder in and out. photo: [3, H, W] uint8. pins: a last picture."""
        tokenizer = load_tokenizer(TOKENIZER)
        tokens = tokenize([request.prompt, request.negative], tokenizer, MAX_TOKENS)
        for said in (*tokens.unread(MAX_TOKENS), *doubts(request.prompt, tokenizer)):
            report(Warned(said))
        context = self._context(tokens, (request.prompt, request.negative), runtime)
        channels = self._channels(photo, runtime)
        fine, uncropped = (None, None) if request.extend else detail.beside(request, photo)
        told = Condition(photo, channels.to(runtime.device), context, tokens.mask.to(runtime.device))
        return replace(
            told,
            camera=self._camera(told, request, runtime, report),
            pushes=pushes(request, photo, channels.float()),
            fine=fine,
            uncropped=uncropped,
            ending=[
                (pin.frames[0], self._channels(pin.frames[0], runtime), detail.around(request, pin.frames[0]))
                for pin in pins or ()
                if pin.at == LAST
            ],
        )

    def _channels(self, photo: Tensor, runtime: Runtime) -> Tensor:
        """photo: [3, H, W] uint8 -> [1, C, h, w]."""
        return remembered(self.files, runtime, digest(photo), lambda: _channels(self.files, photo, runtime))

    def _context(self, tokens: Tokens, prompts: tuple[str, str], runtime: Runtime) -> Tensor:
        """tokens: of the prompt and the negative prompt, `prompts`. -> [2, S, D]."""
        context = remembered(self.text, runtime, prompts, lambda: _context(self.text, tokens, runtime))
        return context.to(runtime.device)

    def _camera(self, told: Condition, request: Request, runtime: Runtime, report: Report) -> Tensor | None:
        """Where the camera is at each frame, [F, 7], if `--camera` says so or the words put moves in turn."""
        if request.camera is not None:
            return _asked(request, told.photo)
        path = turns.path(request.prompt, lambda part: self._path(part, told, request, runtime), report)
        if path is None:
            return None
        moments = timeline.moments(frame_count(request, NATIVE_FRAMES), loop=request.loop)
        return timeline.along(path, moments, loop=request.loop)[:, :CAMERA]

    def _path(self, prompt: str, told: Condition, request: Request, runtime: Runtime) -> Tensor:
        """What the denoiser makes of other words about the same photo, [48, 9]."""
        prompts = (prompt, request.negative)
        tokens = tokenize(prompts, load_tokenizer(TOKENIZER), MAX_TOKENS)
        context = self._context(tokens, prompts, runtime)
        condition = replace(told, context=context, context_mask=tokens.mask.to(runtime.device))
        schedule = flow(request.steps, request.shift)
        length = sum(sizes((told.channels.shape[2], told.channels.shape[3])))
        state = State(noise.initial((1, length), request.seed))
        with self.denoiser(condition, schedule, request, runtime) as predict:
            *_, state = samplers.named(request.sampler, request.seed)(predict, state, schedule)
        return decode_motion(state.latents, told.channels.cpu()).path[0]

    def schedule(self, request: Request, geometry: Geometry) -> Schedule:  # noqa: ARG002
        return flow(request.steps, request.shift)

    @contextmanager
    def denoiser(
        self, condition: Condition, schedule: Schedule, request: Request, runtime: Runtime
    ) -> Iterator[Predict]:
        with hold(lambda: PocketDenoiser(CONFIG), self.files, runtime, prefix="denoiser.") as denoiser:

            def predict_pair(latents: Tensor, step: int) -> Tensor:
                batch = len(latents)
                velocity = denoiser(
                    latents.to(runtime.device, runtime.dtype),
                    schedule.timesteps[step].expand(batch).to(runtime.device),
                    condition.channels.expand(batch, -1, -1, -1),
                    condition.context[:batch],
                    condition.context_mask[:batch],
                )
                x0 = x0_from_velocity(latents, velocity.to(latents), schedule.sigmas[step].item())
                return x0 if condition.camera is None else _held(x0, condition.camera)

            cells = (condition.channels.shape[2], condition.channels.shape[3])

            def predict(latents: Tensor, step: int) -> Tensor:
                if request.guidance == 1:
                    return predict_pair(latents, step)
                x0_cond, x0_uncond = predict_pair(torch.cat([latents, latents]), step).chunk(2)
                x0 = guided(x0_cond, x0_uncond, request.guidance)
                if schedule.sigmas[step].item() > GUIDED_ABOVE:
                    return x0
                told = split(x0, cells)
                return Latents(split(x0_cond, cells).camera, told.still, told.scene).join()

            yield predict

    def decode(
        self,
        latents: Tensor,
        condition: Condition,
        geometry: Geometry,
        request: Request,  # noqa: ARG002
        runtime: Runtime,  # noqa: ARG002
    ) -> Iterator[Tensor]:
        motion = decode_motion(latents, condition.channels.cpu())
        moments = timeline.moments(geometry.frames, loop=geometry.loop)
        path = timeline.along(motion.path[0], moments, loop=geometry.loop)
        if condition.camera is not None:
            path[:, :CAMERA] = condition.camera
        seconds = timeline.steps(geometry.frames, loop=geometry.loop) / geometry.fps
        scene = [timeline.shown(moment, seconds, loop=geometry.loop) for moment in moments]
        with memory.explained():
            frames = warp.frames(
                condition.photo,
                motion,
                path,
                scene,
                pushes=condition.pushes,
                fine=condition.fine,
                uncropped=condition.uncropped,
            )
            for photo, channels, uncropped in condition.ending:
                arriving = decode_motion(latents, channels.cpu())
                frames = crossed(frames, photo, arriving, path, seconds, uncropped=uncropped)
            yield from frames


def _context(files: Files, tokens: Tokens, runtime: Runtime) -> Tensor:
    """-> [2, S, D]."""
    with hold(lambda: BertEncoder(TEXT_ENCODER), files, runtime) as encoder:
        return encoder(tokens.ids.to(runtime.device), tokens.mask.to(runtime.device))


def _channels(files: Files, photo: Tensor, runtime: Runtime) -> Tensor:
    """photo: [3, H, W] uint8 -> [1, C, h, w]."""
    with hold(ImageEncoder, files, runtime, prefix="image_encoder.") as encoder:
        return encoder.mean([_picture(photo, size).to(runtime.device, runtime.dtype) for size in LOOKS])


def _asked(request: Request, photo: Tensor) -> Tensor:
    """What `--camera` asks for at each frame, [F, 7]."""
    assert request.camera is not None
    frames = frame_count(request, NATIVE_FRAMES)
    times = [index / request.fps for index in range(frames)]
    end = times[-1] + (1 / request.fps if request.loop else 0)
    path = parse(request.camera).at(times, end, photo.shape[2] / photo.shape[1])
    return torch.from_numpy(path).float()


def _held(x0: Tensor, camera: Tensor) -> Tensor:
    """Puts the asked path [F, 7] back into the answer [B, n]: the scene is told with the camera that it
    gets."""
    knots = torch.linspace(0, len(camera) - 1, KNOTS + 1)[1:]
    path = F.pad(timeline.looked_up(camera, knots.tolist()), (0, len(AXES) - CAMERA))
    asked = encode_path(path[None]).to(x0).flatten(1)
    is_asked = torch.arange(len(AXES)) < CAMERA
    is_held = is_asked.repeat(GROUP + 1).repeat(GROUPS).to(x0.device)
    return torch.cat([torch.where(is_held, asked, x0[:, : len(is_held)]), x0[:, len(is_held) :]], dim=1)


def _picture(photo: Tensor, times: float = 1.0) -> Tensor:
    """[3, H, W] uint8 -> what the image encoder sees, in -1..1: [1, 3, 16h, 16w], or so many times that."""
    rows, columns = (round(times * cells / PATCH) * PATCH for cells in grid(photo.shape[2], photo.shape[1]))
    size = (rows * STRIDE, columns * STRIDE)
    small = F.interpolate(photo[None].float(), size=size, mode="bilinear", antialias=True)
    return small / 127.5 - 1
