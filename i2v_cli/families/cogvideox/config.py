"""`cogvideox`: CogVideoX-5b-I2V and CogVideoX1.5-5B-I2V. What they are made of, make and need; torch-free.

The networks' numbers come from the checkpoint's json files (`networks.py`); those of the two published ones
are known here, to plan with before anything is on this machine.
"""

from pathlib import Path
from typing import Any

from i2v_cli.families.cogvideox import sizes
from i2v_cli.families.cogvideox.networks import DenoiserConfig, VaeConfig
from i2v_cli.geometry import Geometry, refuse_control
from i2v_cli.request import Request
from i2v_cli.runtime import cpu
from i2v_cli.runtime.memory import Phase
from i2v_cli.weights import published
from i2v_cli.weights.component import Component, Repo

DEFAULTS: dict[str, Any] = {
    "variant": "cogvideox-5b",
    "fps": 8.0,
    "area": 720 * 480,
    "steps": 50,
    "guidance": 6.0,
    "dynamic_guidance": False,
    "image_scale": None,
    "cache": 0.0,
    "sampler": "euler",  # on these noise levels it is DDIM, the published scheduler
}
READS_TEXT = True
OVERLAP = 1  # frames of a video that goes on, from which it does
FP16 = False  # it overflows, to noise or black

LICENCE = "CogVideoX LICENSE: free for research, commercial use after a free registration with the vendor"

TEXT_PARAMETERS = 4_762_310_656
TEXT_BLOCK_PARAMETERS = 192_946_176
VAE_ENCODER_PARAMETERS, VAE_DECODER_PARAMETERS = 92_235_040, 123_348_867
# Beside what grows with the clip: rows that are worked on, weights that are brought into order.
WORKSPACE = 192 << 20
DECODER_FLOPS_A_PIXEL = 1.8e7
CPU_FLOPS = 6e11


def _components(repo: Repo, *, text_encoder: int, vae: int, denoiser: int) -> tuple[Component, ...]:
    """Sizes: bytes of the weights, as published."""
    stem, config = ("diffusion_pytorch_model",), ("config.json",)
    return (
        Component(name="tokenizer", repo=repo, folder="tokenizer", size=792_000, sidecars=("spiece.model",)),
        Component(
            name="text_encoder",
            repo=repo,
            folder="text_encoder",
            size=text_encoder,
            weights=("model",),
            sidecars=config,
        ),
        Component(name="vae", repo=repo, folder="vae", size=vae, weights=stem, sidecars=config),
        Component(
            name="denoiser", repo=repo, folder="transformer", size=denoiser, weights=stem, sidecars=config
        ),
        Component(
            name="scheduler", repo=repo, folder="scheduler", size=482, sidecars=("scheduler_config.json",)
        ),
    )


COMPONENTS: dict[str, tuple[Component, ...]] = {
    "cogvideox-5b": _components(
        Repo(id="zai-org/CogVideoX-5b-I2V", licence=LICENCE, former=("THUDM/CogVideoX-5b-I2V",)),
        text_encoder=9_524_700_000,
        vae=431_200_000,
        denoiser=11_250_300_000,
    ),
    "cogvideox1.5-5b": _components(
        Repo(id="zai-org/CogVideoX1.5-5B-I2V", licence=LICENCE, former=("THUDM/CogVideoX1.5-5B-I2V",)),
        text_encoder=19_049_300_000,  # fp32
        vae=862_400_000,  # fp32
        denoiser=11_143_300_000,
    ),
}

PUBLISHED = {
    "cogvideox-5b": DenoiserConfig(patch_frames=None, table=(13, 60, 90), offset_width=None),
    "cogvideox1.5-5b": DenoiserConfig(patch_frames=2, table=None, offset_width=512),
}


def geometry(request: Request, source: tuple[int, int]) -> Geometry:
    """UsageError: a control by hand. SizeError: a size or length that the model was not trained for; it names
    the nearest that it was.
    """
    refuse_control(request)
    model = denoiser(request)
    width, height = sizes.pixels(request, source, model.table)
    frames = sizes.frames(request, model.table)
    return Geometry(
        width=width,
        height=height,
        frames=frames,
        fps=request.fps,
        source=source,
        latent_shape=(
            model.channels_out,
            model.padded(sizes.latent_frames(frames)),
            height // sizes.STRIDE,
            width // sizes.STRIDE,
        ),
    )


def phases(request: Request, shape: Geometry) -> tuple[Phase, ...]:
    """Text encoder, image encoder, denoiser and decoder, each alone in memory."""
    model, vae, item = denoiser(request), VaeConfig(), cpu.itemsize(request)
    rows, columns = (min(side, tile) for side, tile in zip(shape.latent_shape[2:], vae.tile, strict=True))
    tile = rows * columns * sizes.STRIDE**2
    pixels = shape.width * shape.height
    return (
        Phase(
            name="encode text",
            weights=TEXT_PARAMETERS * item,
            activations=WORKSPACE,
            streamed=TEXT_PARAMETERS * item,
            block=TEXT_BLOCK_PARAMETERS * item,
        ),
        Phase(
            name="encode image",
            weights=VAE_ENCODER_PARAMETERS * item,
            activations=WORKSPACE + 4 * vae.widths[0] * pixels * item,
        ),
        Phase(
            name="denoise",
            weights=model.parameters * item,
            activations=activations(model, shape.latent_shape, item, cached=request.cache > 0),
            streamed=model.num_layers * model.block_parameters * item,
            block=model.block_parameters * item,
        ),
        Phase(
            name="decode",
            weights=VAE_DECODER_PARAMETERS * item,
            # A tile's chunk and the convolutions' past; a tile's frames; all frames.
            activations=WORKSPACE
            + (vae.values_a_pixel + 6 * shape.frames) * tile * item
            + 3 * shape.frames * pixels,
        ),
    )


def activations(model: DenoiserConfig, latent_shape: tuple[int, ...], itemsize: int, *, cached: bool) -> int:
    """Bytes beside the weights: the tokens of both halves of guidance; queries, keys and values of one. The
    step cache keeps both halves five times over.
    """
    return WORKSPACE + (15 if cached else 5) * model.tokens(latent_shape) * model.width * itemsize


def seconds(shape: Geometry, steps: int) -> float:
    """A guess at the whole run of a published model on two CPU cores in bf16, to the order."""
    model = PUBLISHED["cogvideox-5b" if shape.latent_shape[1] % 2 else "cogvideox1.5-5b"]
    predictions = 2 * steps * model.flops(shape.latent_shape)
    decoding = DECODER_FLOPS_A_PIXEL * shape.width * shape.height * shape.frames
    return 60 + (predictions + decoding) / CPU_FLOPS


def weights() -> dict[Path, str]:
    """None inside the package."""
    return {}


def denoiser(request: Request) -> DenoiserConfig:
    """The published numbers, or those of the checkpoint that `source` names."""
    if request.source is None:
        return PUBLISHED[published.variant(request, COMPONENTS)]
    return DenoiserConfig.from_json(published.part(request, COMPONENTS, "denoiser").read_json("config.json"))
