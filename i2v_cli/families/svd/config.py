"""`svd`: Stable Video Diffusion. What it is made of, makes and needs; torch-free.

The networks' numbers come from the checkpoint's json files (`networks.py`); those of the published ones are
known here, to plan with before anything is on this machine.
"""

from pathlib import Path
from typing import Any

from i2v_cli.errors import SizeError, UsageError
from i2v_cli.families.svd.networks import (
    DECODER_PARAMETERS,
    DENOISER_PARAMETERS,
    LARGEST_BLOCK_PARAMETERS,
    STREAMED_PARAMETERS,
    DenoiserConfig,
)
from i2v_cli.geometry import Geometry, frame_count, no_size, pixel_size, refuse_control
from i2v_cli.request import Request
from i2v_cli.runtime import cpu
from i2v_cli.runtime.memory import Phase
from i2v_cli.weights import published
from i2v_cli.weights.component import Component, Repo

DEFAULTS: dict[str, Any] = {
    "variant": "svd-xt",
    "fps": 7.0,
    "area": 1024 * 576,
    "steps": 25,
    "guidance": 3.0,
    "sampler": "euler",
    "motion_bucket": 127,
    "augment": 0.02,
}
READS_TEXT = False
OVERLAP = 1  # frames of a video that goes on, from which it does
FP16 = True

# Guidance rises from here, on the first frame, to what is asked, on the last.
FIRST_GUIDANCE = 1.0

# Clips of the finest level's width that the UNet holds at its peak, on the way up: those that wait to be
# joined and the block's own; and bytes that a few thousand tokens take at the widest layers. Both measured.
ACTIVATIONS = 14
WORKSPACE = 256 << 20
# Counted for the published widths: of one latent, and for each other latent of its frame.
FLOPS_A_LATENT = 2.7e8
FLOPS_A_PAIR = 7.1e3
DECODER_FLOPS_A_LATENT = 7.5e8
CPU_FLOPS = 6e11

STRIDE = 8  # pixels a latent
MULTIPLE = 64  # pixels a side for which all levels of the UNet are whole
LEAST_SIDE = 64
MOST_FRAMES = 50

COMMUNITY = "Stability AI Community License: free below 1 M USD of yearly revenue, then from the vendor"
RESEARCH = "Stability AI Non-Commercial Research Community License: research only"


def _components(repo: Repo) -> tuple[Component, ...]:
    """The fp16 files, half of the repository's fp32 ones; their sizes are counted from shapes."""
    stems, config = ("diffusion_pytorch_model.fp16", "diffusion_pytorch_model"), ("config.json",)
    return (
        Component(
            name="image_encoder",
            repo=repo,
            folder="image_encoder",
            size=1_264_200_000,
            weights=("model.fp16", "model"),
            sidecars=config,
        ),
        Component(name="vae", repo=repo, folder="vae", size=195_500_000, weights=stems, sidecars=config),
        Component(
            name="denoiser", repo=repo, folder="unet", size=3_049_400_000, weights=stems, sidecars=config
        ),
        Component(
            name="scheduler", repo=repo, folder="scheduler", size=520, sidecars=("scheduler_config.json",)
        ),
    )


COMPONENTS: dict[str, tuple[Component, ...]] = {
    "svd": _components(Repo(id="stabilityai/stable-video-diffusion-img2vid", licence=COMMUNITY)),
    "svd-xt": _components(Repo(id="stabilityai/stable-video-diffusion-img2vid-xt", licence=COMMUNITY)),
    "svd-xt-1.1": _components(
        Repo(id="stabilityai/stable-video-diffusion-img2vid-xt-1-1", licence=RESEARCH, gated=True)
    ),
}
PUBLISHED = {
    "svd": DenoiserConfig(frames=14),
    "svd-xt": DenoiserConfig(frames=25),
    "svd-xt-1.1": DenoiserConfig(frames=25),
}
IMAGE_ENCODER_PARAMETERS = 632_076_800
VAE_ENCODER_PARAMETERS = 34_163_664


def geometry(request: Request, source: tuple[int, int]) -> Geometry:
    """UsageError: words, a control by hand. SizeError: a size or length that it cannot take."""
    if words := request.prompt.strip() or request.negative.strip():
        raise UsageError(
            f"{request.family} reads no text, it sees the photo: {words[:60]!r}",
            "drop the words; --motion-bucket 60 moves less, 200 more; --preset cogvideox-5b reads them",
        )
    refuse_control(request, "--motion-bucket 60 moves less, 200 more; ")
    width, height = _pixels(request, source)
    length = frames(request)
    return Geometry(
        width=width,
        height=height,
        frames=length,
        fps=request.fps,
        source=source,
        latent_shape=(4, length, height // STRIDE, width // STRIDE),
    )


def frames(request: Request) -> int:
    """Any number up to `MOST_FRAMES`; the one that the model was trained on comes out best."""
    asked = frame_count(request, denoiser(request).frames)
    if asked > MOST_FRAMES:
        trained = denoiser(request).frames
        raise SizeError(
            f"{asked} frames are too many for {request.family}, which was trained on {trained}",
            f"use at most --frames {MOST_FRAMES}, or a lower --fps for more seconds",
        )
    return asked


def _pixels(request: Request, source: tuple[int, int]) -> tuple[int, int]:
    """Multiples of 64 where the size is ours to choose, of 8 where it is given."""
    nearest = tuple(max(side, LEAST_SIDE) for side in pixel_size(request, source, MULTIPLE))
    if request.size is None or "x" not in request.size:
        return nearest[0], nearest[1]
    width, height = (int(side) for side in request.size.split("x"))
    if width % STRIDE or height % STRIDE or min(width, height) < LEAST_SIDE:
        raise no_size(
            request,
            f"{request.size} is no size of {request.family}: sides: multiples of {STRIDE} from {LEAST_SIDE}",
            f"use --size {nearest[0]}x{nearest[1]}; it was trained on 1024x576",
        )
    return width, height


def phases(request: Request, shape: Geometry) -> tuple[Phase, ...]:
    """Image encoders, denoiser and decoder, each alone in memory."""
    model, item = denoiser(request), cpu.itemsize(request)
    pixels = shape.width * shape.height
    return (
        Phase(
            name="encode image",
            weights=int(max(IMAGE_ENCODER_PARAMETERS * item, VAE_ENCODER_PARAMETERS * 4) * model.share),
            activations=int(4 * 128 * 4 * pixels * model.share**0.5),
        ),
        Phase(
            name="denoise",
            weights=int(DENOISER_PARAMETERS * item * model.share),
            activations=activations(model, shape.latent_shape[1:], item),
            streamed=int(STREAMED_PARAMETERS * item * model.share),
            block=int(LARGEST_BLOCK_PARAMETERS * item * model.share),
        ),
        Phase(
            name="decode",
            weights=int(DECODER_PARAMETERS * item * model.share),
            # Two activations of the clip, 128 channels wide, and three of a frame, 256 wide.
            activations=int((2 * 128 * shape.frames + 3 * 256) * pixels * item * model.share**0.5),
        ),
    )


def activations(model: DenoiserConfig, clip: tuple[int, ...], itemsize: int) -> int:
    """Bytes that the UNet holds beside its weights. clip: (T, h, w) in latents."""
    length, rows, columns = clip
    return int(ACTIVATIONS * length * rows * columns * model.widths[0] * itemsize) + WORKSPACE


def seconds(shape: Geometry, steps: int) -> float:
    """A guess at the whole run on two CPU cores in bf16, to the order."""
    length, rows, columns = shape.latent_shape[1:]
    pixels = rows * columns
    predictions = 2 * steps * (FLOPS_A_LATENT + FLOPS_A_PAIR * pixels)
    return 60 + length * pixels * (predictions + DECODER_FLOPS_A_LATENT) / CPU_FLOPS


def weights() -> dict[Path, str]:
    """None inside the package."""
    return {}


def motion_bucket(request: Request) -> int:
    return int(DEFAULTS["motion_bucket"]) if request.motion_bucket is None else request.motion_bucket


def augment(request: Request) -> float:
    return float(DEFAULTS["augment"]) if request.augment is None else request.augment


def denoiser(request: Request) -> DenoiserConfig:
    """The published numbers, or those of the checkpoint that `source` names."""
    if request.source is None:
        return PUBLISHED[published.variant(request, COMPONENTS)]
    return DenoiserConfig.from_json(published.part(request, COMPONENTS, "denoiser").read_json("config.json"))
