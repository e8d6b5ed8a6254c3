"""`pocket`: the embedded model's numbers and what sizes it makes. Data and arithmetic, torch-free."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from i2v_cli.geometry import Geometry, frame_count, pixel_size
from i2v_cli.request import Request

FOLDER = Path(__file__).parent
WEIGHTS = FOLDER / "weights.safetensors"
TEXT_WEIGHTS = FOLDER / "text_encoder.safetensors"
TOKENIZER = FOLDER / "tokenizer.json"
WEIGHTS_SHA256 = "2f68dbcbed3065b51293956c248c6ef54e9f2a347a9a79d00ee20c8cde99b9ea"
TEXT_WEIGHTS_SHA256 = "5651fea3e801a6767128b21cbad720f9dcfd46eeccc64dfcf20095e70d6964d0"

DEFAULTS: dict[str, Any] = {
    "fps": 16.0,
    "area": 768 * 512,
    "steps": 12,
    "guidance": 3.0,
    "sampler": "dpmpp-2m",
    "shift": 4.0,
}

# The clip's duration is cut into 48 knots after the photo itself, 4 a temporal group.
GROUPS = 12
GROUP = 4
KNOTS = GROUPS * GROUP
NATIVE_FRAMES = KNOTS + 1

AXES = ("pan", "tilt", "zoom", "roll", "brightness", "warmth")
CAMERA = 4  # of the axes; the others light the whole picture
STRIDE = 8  # pixels of the model's picture a latent cell
PATCH = 4  # latent cells a token side
CELLS = 24 * 24  # latent cells a plane, whatever the aspect
LONGEST_ASPECT = 3.5

# Latents have roughly unit variance: these factors stand between them and half-heights, log scale, radians,
# and natural logs of gains.
AXIS_SCALE = (7.0, 7.0, 7.0, 14.0, 4.0, 8.0)
SCENE_SCALE = (40.0, 40.0, 5.0)  # x, y, log gain

STILL_CHANNELS = 2  # what moves by itself, what changes its light by itself
SCENE_CHANNELS = len(SCENE_SCALE) * GROUP
CAMERA_CHANNELS = (GROUP + 1) * len(AXES)


@dataclass(frozen=True, kw_only=True, slots=True)
class DenoiserConfig:
    width: int = 192
    num_heads: int = 4
    num_layers: int = 6
    mlp_ratio: int = 4
    reference_channels: int = 48
    context_width: int = 384
    num_context_layers: int = 2


MAX_TOKENS = 128

# Measured by tests/benchmarks/generate.py: torch and the networks; a pixel of output, ffmpeg included.
BASE_MEMORY = 450 << 20
BYTES_A_PIXEL = 280


def grid(width: int, height: int) -> tuple[int, int]:
    """(rows, columns) of latent cells for a clip of this aspect: multiples of the patch, about `CELLS`."""
    aspect = min(max(width / height, 1 / LONGEST_ASPECT), LONGEST_ASPECT)
    rows = math.sqrt(CELLS / aspect)
    return _patches(rows), _patches(rows * aspect)


def _patches(cells: float) -> int:
    return max(round(cells / PATCH), 2) * PATCH


def geometry(request: Request, source: tuple[int, int]) -> Geometry:
    """Any even size and any length of at least two frames. source: (width, height) of the upright photo."""
    width, height = pixel_size(request, source)
    rows, columns = grid(width, height)
    return Geometry(
        width=width,
        height=height,
        frames=frame_count(request, NATIVE_FRAMES),
        fps=request.fps,
        source=source,
        latent_shape=(
            GROUPS * CAMERA_CHANNELS + (STILL_CHANNELS + GROUPS * SCENE_CHANNELS) * rows * columns,
        ),
    )


def weights_sha256() -> dict[str, str]:
    """File name -> digest, as released; a test holds the files to it."""
    return {WEIGHTS.name: WEIGHTS_SHA256, TEXT_WEIGHTS.name: TEXT_WEIGHTS_SHA256}


def memory(shape: Geometry) -> int:
    """Peak bytes of a run: torch and the networks, the photo as decoded, and the warp's working planes."""
    return BASE_MEMORY + 6 * shape.source[0] * shape.source[1] + BYTES_A_PIXEL * shape.width * shape.height


def seconds(shape: Geometry, steps: int) -> float:
    """A guess at the whole run on two CPU cores: starting, denoising, pixels through warp and encoder."""
    return 3.0 + 0.06 * steps + 7.5e-8 * shape.width * shape.height * shape.frames
