"""`pocket`'s five verbs: what `generate` calls, in this order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor

from i2v_cli.encoders.bert import BertConfig, BertEncoder
from i2v_cli.encoders.tokenizer import load_tokenizer, tokenize
from i2v_cli.events import Report, Warned
from i2v_cli.families.base import Condition
from i2v_cli.families.pocket import warp
from i2v_cli.families.pocket.config import (
    MAX_TOKENS,
    STRIDE,
    TEXT_WEIGHTS,
    TOKENIZER,
    WEIGHTS,
    DenoiserConfig,
    grid,
)
from i2v_cli.families.pocket.denoiser import PocketDenoiser
from i2v_cli.families.pocket.image_encoder import ImageEncoder
from i2v_cli.families.pocket.vae import decode_motion
from i2v_cli.geometry import Geometry
from i2v_cli.request import Request
from i2v_cli.runtime.device import Runtime
from i2v_cli.runtime.hold import hold
from i2v_cli.sampling.guidance import classifier_free
from i2v_cli.sampling.parametrize import x0_from_velocity
from i2v_cli.sampling.samplers import Predict
from i2v_cli.sampling.schedule import Schedule, flow

CONFIG = DenoiserConfig()
# all-MiniLM-L6-v2 (Apache-2.0), its vocabulary pruned to common words and those of our captions.
TEXT_ENCODER = BertConfig(
    vocabulary=15_739, width=384, num_heads=12, num_layers=6, mlp_width=1536, positions=512
)


class Pipeline:
    """`weights`: the networks that training makes; the text encoder is always the package's own."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self.weights = weights

    def encode(self, request: Request, photo: Tensor, runtime: Runtime, report: Report) -> Condition:
        """Text encoder in and out, image encoder in and out. photo: [3, H, W] uint8."""
        tokens = tokenize([request.prompt, request.negative], load_tokenizer(TOKENIZER), MAX_TOKENS)
        if tokens.cut[0]:
            report(
                Warned(
                    f"the prompt is longer than {MAX_TOKENS} tokens: its last {tokens.cut[0]} are not read"
                )
            )
        with hold(lambda: BertEncoder(TEXT_ENCODER), TEXT_WEIGHTS, runtime) as encoder:
            context = encoder(tokens.ids.to(runtime.device), tokens.mask.to(runtime.device))
        with hold(lambda: ImageEncoder(CONFIG), self.weights, runtime, prefix="image_encoder.") as encoder:
            channels = encoder(_picture(photo).to(runtime.device, runtime.dtype))
        return Condition(photo, channels, context, tokens.mask.to(runtime.device))

    def schedule(self, request: Request) -> Schedule:
        return flow(request.steps, request.shift)

    @contextmanager
    def denoiser(
        self, condition: Condition, schedule: Schedule, guidance: float, runtime: Runtime
    ) -> Iterator[Predict]:
        with hold(lambda: PocketDenoiser(CONFIG), self.weights, runtime, prefix="denoiser.") as denoiser:

            def predict_pair(latents: Tensor, step: int) -> Tensor:
                batch = len(latents)
                velocity = denoiser(
                    latents.to(runtime.device, runtime.dtype),
                    schedule.timesteps[step].expand(batch).to(runtime.device),
                    condition.channels.expand(batch, -1, -1, -1),
                    condition.context[:batch],
                    condition.context_mask[:batch],
                )
                return x0_from_velocity(latents, velocity.to(latents), schedule.sigmas[step].item())

            yield classifier_free(predict_pair, guidance)

    def decode(
        self, latents: Tensor, condition: Condition, geometry: Geometry, runtime: Runtime
    ) -> Iterator[Tensor]:
        cells = (condition.channels.shape[2], condition.channels.shape[3])
        motion = decode_motion(latents, cells).to(runtime.device)
        yield from warp.frames(condition.photo.to(runtime.device), motion, geometry.frames)


def _picture(photo: Tensor) -> Tensor:
    """[3, H, W] uint8 -> the model's picture [1, 3, 8h, 8w] in -1..1."""
    rows, columns = grid(photo.shape[2], photo.shape[1])
    size = (rows * STRIDE, columns * STRIDE)
    small = F.interpolate(photo[None].float(), size=size, mode="bilinear", antialias=True)
    return small / 127.5 - 1
