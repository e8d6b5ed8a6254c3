"""`pocket`: the embedded model's numbers and what sizes it makes. Data and arithmetic, torch-free."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2v_cli.errors import UsageError
from i2v_cli.geometry import Geometry, frame_count, pixel_size
from i2v_cli.request import Request
from i2v_cli.runtime.memory import PROCESS, Phase
from i2v_cli.weights.component import Component

FOLDER = Path(__file__).parent
WEIGHTS = FOLDER / "weights.safetensors"
TEXT_WEIGHTS = FOLDER / "text_encoder.safetensors"
TOKENIZER = FOLDER / "tokenizer.json"
WEIGHTS_SHA256 = "69b9054c185b9c13822e968f4098a57fd45599b6c8ea26fc06c42985f6efc4c5"
TEXT_WEIGHTS_SHA256 = "72669029ec9f2175270806347cd59e2828dee497f5a6c31c59f33d43e92912fc"

# Nothing to fetch: the weights are inside the package.
COMPONENTS: dict[str, tuple[Component, ...]] = {"pocket": ()}

DEFAULTS: dict[str, Any] = {
    "fps": 16.0,
    "area": 768 * 512,
    "steps": 12,
    "guidance": 3.0,
    "sampler": "dpmpp-2m",
    "shift": 8.0,
}
READS_TEXT = True
OVERLAP = 1  # frames of a video that goes on, from which it does
FP16 = True

# The clip's duration is cut into 48 knots after the photo itself, 4 a temporal group.
GROUPS = 12
GROUP = 4
KNOTS = GROUPS * GROUP
NATIVE_FRAMES = KNOTS + 1

SCENE_SECONDS = 3.0  # what moves by itself is told for so long, and then told on

# The camera's axes, then those that light the whole picture. Truck, pedestal and dolly move near things more.
AXES = ("pan", "tilt", "zoom", "roll", "truck", "pedestal", "dolly", "brightness", "warmth")
CAMERA = 7
# What a photo is made of. The first can move by themselves; `image_encoder.py` says where each lies.
KINDS = (
    "sky",
    "water",
    "foliage",
    "grass",
    "flower",
    "fire",
    "smoke",
    "light",
    "cloth",
    "subject",
    "building",
    "ground",
    "rock",
    "object",
)
MOVABLE = 10
# Small waves move so many times as far as is true to a lake, or an eye would not see them.
LOUDER = {"water": 3.0, "grass": 2.5}
BACKDROPS = ("sky", "water", "grass", "smoke")  # they move within their outline, the others with it
STRIDE = 16  # pixels of the picture that the image encoder sees, a latent cell
PATCH = 4  # latent cells a token side
CELLS = 24 * 24  # latent cells a plane, whatever the aspect
LONGEST_ASPECT = 3.5

# Latents have roughly unit variance: these factors stand between them and half-heights, log scale, radians,
# and natural logs of gains.
AXIS_SCALE = (7.0, 7.0, 7.0, 14.0, 7.0, 7.0, 7.0, 4.0, 8.0)
SCENE_SCALE = (40.0, 40.0, 5.0)  # x, y, log gain

STILL_CHANNELS = 2 * MOVABLE  # for each kind: does it move, does its light change
SCENE_CHANNELS = len(SCENE_SCALE) * GROUP
CAMERA_CHANNELS = (GROUP + 1) * len(AXES)
REFERENCE_CHANNELS = len(KINDS) + 1  # and inverse depth


@dataclass(frozen=True, kw_only=True, slots=True)
class DenoiserConfig:
    width: int = 192
    num_heads: int = 4
    num_layers: int = 6
    mlp_ratio: int = 4
    reference_channels: int = REFERENCE_CHANNELS
    context_width: int = 384
    num_context_layers: int = 2


MAX_TOKENS = 128

# Measured by tests/benchmarks/generate.py: torch and the networks; a pixel of output, ffmpeg included.
BASE_MEMORY = 450 << 20
BYTES_A_PIXEL = 520
UNCROPPED_BYTES = 36  # more, where a crop cut something off: as much again on both sides, at twice the size


def grid(width: int, height: int) -> tuple[int, int]:
    """(rows, columns) of latent cells for a clip of this aspect: multiples of the patch, about `CELLS`."""
    aspect = min(max(width / height, 1 / LONGEST_ASPECT), LONGEST_ASPECT)
    rows = math.sqrt(CELLS / aspect)
    return _patches(rows), _patches(rows * aspect)


def _patches(cells: float) -> int:
    return max(round(cells / PATCH), 2) * PATCH


def geometry(request: Request, source: tuple[int, int]) -> Geometry:
    """Any even size and any length of at least two frames. source: (width, height) of the upright photo."""
    if request.last is not None and request.loop:
        raise UsageError("a clip that ends on another picture is no loop", "drop --loop, or the picture")
    width, height = pixel_size(request, source)
    rows, columns = grid(width, height)
    return Geometry(
        width=width,
        height=height,
        frames=frame_count(request, NATIVE_FRAMES),
        fps=request.fps,
        source=source,
        loop=request.loop,
        latent_shape=(STILL_CHANNELS + GROUPS * (CAMERA_CHANNELS + SCENE_CHANNELS * rows * columns),),
    )


def weights() -> dict[Path, str]:
    """What is read, with the SHA-256 that it was released with."""
    return {WEIGHTS: WEIGHTS_SHA256, TEXT_WEIGHTS: TEXT_WEIGHTS_SHA256}


def phases(request: Request, shape: Geometry) -> tuple[Phase, ...]:
    """One, the peak: the networks, the photos as decoded, and the warp's working planes for each."""
    photos = 1 if request.last is None else 2
    each = BYTES_A_PIXEL + (UNCROPPED_BYTES if request.size and request.fit == "crop" else 0)
    pixels = photos * (6 * shape.source[0] * shape.source[1] + each * shape.width * shape.height)
    return (Phase(name="decode", weights=0, activations=BASE_MEMORY - PROCESS + pixels, on_cpu=True),)


def seconds(shape: Geometry, steps: int) -> float:
    """A guess at the whole run on two CPU cores: starting, denoising, pixels through warp and encoder."""
    return 3.0 + 0.06 * steps + 7.5e-8 * shape.width * shape.height * shape.frames
