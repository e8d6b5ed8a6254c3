"""`pocket`'s four verbs: what `generate` calls, in this order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from i2v_cli.control.camera import parse
from i2v_cli.control.pins import LAST, Pin
from i2v_cli.encoders.bert import BertConfig, BertEncoder
from i2v_cli.encoders.tokenizer import Tokens, load_tokenizer, tokenize
from i2v_cli.events import Report, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.pocket import timeline, warp
from i2v_cli.families.pocket.canvas import Margins, Uncropped
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
from i2v_cli.families.pocket.pyramid import matched
from i2v_cli.families.pocket.vae import Latents, decode_motion, encode_path, split
from i2v_cli.families.pocket.words import doubts
from i2v_cli.geometry import Geometry, frame_count
from i2v_cli.media import image
from i2v_cli.request import Request
from i2v_cli.runtime import memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold, remembered
from i2v_cli.runtime.remembered import digest
from i2v_cli.sampling.guidance import guided
from i2v_cli.sampling.parametrize import x0_from_velocity
from i2v_cli.sampling.samplers import Predict
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
# From so many times the clip's pixels a side on, frames are fetched from the photo at twice the clip's size.
DETAILED = 1.3
CROPPED = 1.01  # the photo's aspect over the clip's, from which on something is cut off
LARGEST_FINE = 1920 * 1088  # pixels of a clip: above it, it would take gigabytes


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
        context = remembered(
            self.text,
            runtime,
            (request.prompt, request.negative),
            lambda: _context(self.text, tokens, runtime),
        )
        channels = self._channels(photo, runtime)
        fine, uncropped = (None, None) if request.extend else _detail(request.image, request, photo)
        return Condition(
            photo,
            channels.to(runtime.device),
            context.to(runtime.device),
            tokens.mask.to(runtime.device),
            camera=_camera(request, photo),
            pushes=pushes(request, photo, channels.float()),
            fine=fine,
            uncropped=uncropped,
            ending=[
                (pin.frames[0], self._channels(pin.frames[0], runtime), _around(request, pin.frames[0]))
                for pin in pins or ()
                if pin.at == LAST
            ],
        )

    def _channels(self, photo: Tensor, runtime: Runtime) -> Tensor:
        """photo: [3, H, W] uint8 -> [1, C, h, w]."""
        return remembered(self.files, runtime, digest(photo), lambda: _channels(self.files, photo, runtime))

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


def _detail(path: Path, request: Request, photo: Tensor) -> tuple[Tensor | None, Uncropped | None]:
    """What the file shows beside the photo as it is in the frame: it at twice the clip's size, [3, 2H, 2W]
    fp32, where it has so much detail; and, as large, what its crop cut off."""
    height, width = photo.shape[1:]
    seen = image.probe(path)
    is_fine = min(seen.width / width, seen.height / height) >= DETAILED and width * height <= LARGEST_FINE
    is_cropped = request.fit == "crop" and _apart(seen, photo) > CROPPED
    if not (is_fine or is_cropped):
        return None, None
    pixels, times = image.load(path, request.background).pixels, 2 if is_fine else 1
    fine, uncropped = None, None
    if is_fine:
        larger, _ = image.fit(pixels, 2 * width, 2 * height, request.fit)
        fine = matched(rearrange(torch.from_numpy(larger), "h w c -> c h w"), photo)
    if is_cropped:
        uncropped = _uncropped(pixels, times * width, times * height)
    return fine, uncropped


def _around(request: Request, last: Tensor) -> Uncropped | None:
    """What a crop cut off the picture that the clip ends on."""
    assert request.last is not None
    if request.fit != "crop" or _apart(image.probe(request.last), last) <= CROPPED:
        return None
    pixels = image.load(request.last, request.background).pixels
    return _uncropped(pixels, last.shape[2], last.shape[1])


def _uncropped(pixels: np.ndarray, width: int, height: int) -> Uncropped | None:
    picture, left, top = image.uncropped(pixels, width, height)
    around = rearrange(torch.from_numpy(picture), "h w c -> c h w")
    return Uncropped(around, Margins(left, top, left, top)) if left or top else None


def _apart(seen: image.ImageInfo, photo: Tensor) -> float:
    """The file's aspect over the frame's, or the other way round: 1 or more."""
    wider = seen.width / seen.height / (photo.shape[2] / photo.shape[1])
    return max(wider, 1 / wider)


def _camera(request: Request, photo: Tensor) -> Tensor | None:
    """What `--camera` asks for at each frame, [F, 7]."""
    if request.camera is None:
        return None
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
