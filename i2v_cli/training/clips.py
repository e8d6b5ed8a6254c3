"""Clips to judge: by the networks and the decoder of `generate`, before anything is encoded."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from einops import rearrange

from i2v_cli.families.pocket.config import DEFAULTS, geometry
from i2v_cli.families.pocket.pipeline import Pipeline
from i2v_cli.request import Request
from i2v_cli.runtime import device
from i2v_cli.sampling import noise
from i2v_cli.sampling.samplers import SAMPLERS, State
from i2v_cli.training.photos import load_photo

FRAMES = 25  # half of the native length: trackers still see small steps
AREA = 384 * 256


def make_clip(
    photo: Path, prompt: str, weights: Path, *, seed: int, asked: dict[str, Any] | None = None
) -> np.ndarray:
    """[F, H, W, 3] uint8, 25 small frames of them unless `asked`, fields of the request, says otherwise."""
    asked = asked or {}
    fields = DEFAULTS | {"area": AREA, "frames": None if "seconds" in asked else FRAMES} | asked
    request = Request(image=photo, prompt=prompt, preset="", family="pocket", seed=seed, **fields)
    runtime = device.decide(request, lambda _: None)
    pixels = load_photo(photo)
    shape = geometry(request, (pixels.shape[1], pixels.shape[0]))
    pixels = cv2.resize(pixels, (shape.width, shape.height), interpolation=cv2.INTER_AREA)
    family = Pipeline(weights)
    condition = family.encode(
        request, rearrange(torch.from_numpy(pixels), "h w c -> c h w"), runtime, lambda _: None
    )
    schedule = family.schedule(request, shape)
    begun = State(noise.initial((1, *shape.latent_shape), seed))
    with family.denoiser(condition, schedule, request, runtime) as predict:
        *_, last = SAMPLERS[request.sampler](predict, begun, schedule)
    chunks = list(family.decode(last.latents, condition, shape, request, runtime))
    return rearrange(torch.cat(chunks), "f c h w -> f h w c").contiguous().numpy()
