"""`opensora`: Open-Sora 1.2. What it is made of, makes and needs; torch-free.

The networks' numbers come from the checkpoint's json files (`networks.py`); those of the published ones are
known here, to plan with before anything is on this machine.
"""

from pathlib import Path
from typing import Any

from i2v_cli.errors import UsageError
from i2v_cli.families.opensora import sizes
from i2v_cli.families.opensora.networks import DenoiserConfig
from i2v_cli.geometry import Geometry, refuse_control
from i2v_cli.request import Request
from i2v_cli.runtime import cpu
from i2v_cli.runtime.memory import Phase
from i2v_cli.weights import published
from i2v_cli.weights.component import Component, Repo

DEFAULTS: dict[str, Any] = {
    "variant": "opensora-1.2",
    "fps": 24.0,
    "area": 426 * 240,
    "steps": 30,
    "guidance": 7.0,
    "aesthetic": 6.5,
    "motion_score": None,
    "sampler": "euler",
}
READS_TEXT = True
OVERLAP = 17  # frames of a video that goes on, from which it does: a chunk of the autoencoder
FP16 = True

APACHE = "Apache-2.0"
# As in the family of this name: what is fetched for the one is there for the other.
COGVIDEOX = Repo(
    id="zai-org/CogVideoX-5b-I2V",
    licence="CogVideoX LICENSE: free for research, commercial use after a free registration with the vendor",
    former=("THUDM/CogVideoX-5b-I2V",),
)
# The reference implementation reads words with DeepFloyd/t5-v1_1-xxl, which holds pickles only. These hold
# the same encoder as safetensors, in folders of the same names.
SAME_TEXT_ENCODER = (
    "THUDM/CogVideoX-5b-I2V",
    "zai-org/CogVideoX-5b",
    "THUDM/CogVideoX-5b",
    "zai-org/CogVideoX1.5-5B-I2V",
    "THUDM/CogVideoX1.5-5B-I2V",
)

COMPONENTS: dict[str, tuple[Component, ...]] = {
    "opensora-1.2": (
        Component(
            name="tokenizer",
            repo=COGVIDEOX,
            folder="tokenizer",
            size=792_000,
            sidecars=("spiece.model",),
            same=SAME_TEXT_ENCODER,
        ),
        Component(
            name="text_encoder",
            repo=COGVIDEOX,
            folder="text_encoder",
            size=9_524_700_000,
            weights=("model",),
            sidecars=("config.json",),
            same=SAME_TEXT_ENCODER,
        ),
        Component(
            name="vae",
            repo=Repo(id="hpcai-tech/OpenSora-VAE-v1.2", licence=APACHE),
            folder="",
            size=1_573_400_000,
            weights=("model",),
            sidecars=("config.json",),
        ),
        Component(
            name="denoiser",
            repo=Repo(id="hpcai-tech/OpenSora-STDiT-v3", licence=APACHE),
            folder="",
            size=4_835_500_000,
            weights=("model",),
            sidecars=("config.json",),
        ),
    )
}
PUBLISHED = {"opensora-1.2": DenoiserConfig()}

TEXT_PARAMETERS = 4_762_310_656
TEXT_BLOCK_PARAMETERS = 192_946_176
VAE_ENCODER_PARAMETERS, VAE_DECODER_PARAMETERS = 178_584_864, 214_756_143
# Beside what grows with the clip: rows that are worked on, weights that are brought into order.
WORKSPACE = 256 << 20
# Values of a pixel that the picture encoder and decoder hold at their peak, 128 of them at the finest level.
# Measured at 720 lines.
ENCODER_WIDTHS, DECODER_WIDTHS = 5 * 128, 7 * 128
# Values of a latent that the temporal decoder holds: 20 frames, 256 wide, four times.
TEMPORAL_VALUES = 4 * 20 * 256
DECODER_FLOPS_A_LATENT = 7.5e8  # of each frame
CPU_FLOPS = 6e11


def geometry(request: Request, source: tuple[int, int]) -> Geometry:
    """UsageError: a control by hand, negative words. SizeError: a size or length of no training."""
    refuse_control(request, "say in the prompt what the camera does; ", takes={"last"})
    if request.negative.strip():
        raise UsageError(
            f"{request.family} knows no negative words: {request.negative.strip()[:60]!r}",
            "drop --negative; say in the prompt what is to be seen",
        )
    width, height = sizes.pixels(request, source)
    frames = sizes.frames(request)
    return Geometry(
        width=width,
        height=height,
        frames=frames,
        fps=request.fps,
        source=source,
        latent_shape=(
            denoiser(request).channels,
            sizes.latent_frames(frames),
            height // sizes.STRIDE,
            width // sizes.STRIDE,
        ),
    )


def phases(request: Request, shape: Geometry) -> tuple[Phase, ...]:
    """Text encoder, image encoder, denoiser and decoder, each alone in memory."""
    model, item = denoiser(request), cpu.itemsize(request)
    pixels = shape.width * shape.height
    latents = pixels // sizes.STRIDE**2
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
            weights=VAE_ENCODER_PARAMETERS * 4,
            activations=WORKSPACE + max(ENCODER_WIDTHS * pixels, TEMPORAL_VALUES * latents) * 4,
        ),
        Phase(
            name="denoise",
            weights=model.parameters * item,
            activations=activations(model, shape.latent_shape, item),
            streamed=2 * model.num_layers * model.block_parameters * item,
            block=model.block_parameters * item,
        ),
        Phase(
            name="decode",
            weights=VAE_DECODER_PARAMETERS * item,
            activations=WORKSPACE + max(DECODER_WIDTHS * pixels, TEMPORAL_VALUES * latents) * item,
        ),
    )


def activations(model: DenoiserConfig, latent_shape: tuple[int, ...], itemsize: int) -> int:
    """Bytes beside the weights: the tokens of both halves of guidance, and what is worked on."""
    frames, places = model.tokens(latent_shape)
    attended = 4 * places * (places + model.width)
    return WORKSPACE + (2 * frames * places * model.width + attended) * itemsize


def seconds(shape: Geometry, steps: int) -> float:
    """A guess at the whole run of the published model on two CPU cores in bf16, to the order."""
    predictions = 2 * steps * PUBLISHED["opensora-1.2"].flops(shape.latent_shape)
    latents = shape.frames * shape.latent_shape[2] * shape.latent_shape[3]
    return 60 + (predictions + DECODER_FLOPS_A_LATENT * latents) / CPU_FLOPS


def weights() -> dict[Path, str]:
    """None inside the package."""
    return {}


def denoiser(request: Request) -> DenoiserConfig:
    """The published numbers, or those of the checkpoint that `source` names."""
    if request.source is None:
        return PUBLISHED[published.variant(request, COMPONENTS)]
    return DenoiserConfig.from_json(published.part(request, COMPONENTS, "denoiser").read_json("config.json"))
