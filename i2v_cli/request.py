"""What was asked, resolved and frozen: the border between strings from outside and everything inside.

Every field is a key of a preset, a flag of `generate` and an environment twin under the same name.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Fit: TypeAlias = Literal["crop", "pad", "blur", "stretch"]
Format: TypeAlias = Literal["mp4", "webm", "gif", "webp", "frames"]
Codec: TypeAlias = Literal["h264", "h265", "av1", "vp9"]
Check: TypeAlias = Literal["off", "warn", "strict"]
MetadataLevel: TypeAlias = Literal["full", "minimal", "none"]
Sampler: TypeAlias = Literal["euler", "heun", "dpmpp-2m", "dpmpp-2m-sde"]
Device: TypeAlias = Literal["auto", "cuda", "mps", "cpu"]
Dtype: TypeAlias = Literal["auto", "bf16", "fp16", "fp32"]
Offload: TypeAlias = Literal["auto", "none", "blocks", "disk"]

MOST_FPS = 120
SIZE_PATTERN = r"^(?:(\d{1,5})x(\d{1,5})|(480|720|1080|1440|2160)p)$"
Size: TypeAlias = Annotated[
    str,
    Field(pattern=SIZE_PATTERN, description="WxH, 480p, 720p, 1080p, 1440p or 2160p", examples=["720p"]),
]
Colour: TypeAlias = Annotated[
    str, Field(pattern=r"^(#[0-9a-fA-F]{6}|[a-z]+)$", description="a colour name or #rrggbb")
]
CameraText: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=20_000),
    Field(description="a camera's path in words, or keyframes as a text", examples=["'pan right 15%'"]),
]
PushText: TypeAlias = Annotated[str, StringConstraints(max_length=20_000)]
# How an output's name tells its format; "frames" is a folder and has no suffix.
SUFFIXES: dict[str, Format] = {".mp4": "mp4", ".webm": "webm", ".gif": "gif", ".webp": "webp"}
MAX_PROMPT = 20_000
MAX_SEED = 2**63 - 1


class Request(BaseModel):
    """One clip to make. `None` means that the family or the source image decides.

    `last`: the picture that the clip ends on. `extend`: `image` is a video, which goes on from its end.
    Lengths: `frames` wins over `seconds`; both None means the family's native length.
    Sizes: `size` is "WxH" or "1080p" (that many lines on the short side, aspect kept); None means the
    source's aspect at `area` pixels.
    `motion`, `drag`, `still`: what is moved or held by hand (`control/motion.py`).
    `camera`: a path in words, or the text of a file of keyframes (`control/camera.py`).
    CogVideoX: `dynamic_guidance` lets guidance swing between 1 and `guidance` + 1 from step to step;
    `image_scale` is what the photo's latent is multiplied by, None for what the model was trained with.
    Stable Video Diffusion: `motion_bucket` is how much moves; `augment` is the noise put on the photo, from
    which it departs.
    Open-Sora: `aesthetic` and `motion_score` are said after the prompt, as in the words it was trained with;
    None says nothing.
    Weights: `variant` is a key of the family's `COMPONENTS`, None for a model inside the package; `source`
    says where its files are, in words of `weights.hub.locate`, None for its own repository in the hub's
    cache.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: Path
    last: Path | None = None
    extend: bool = False
    prompt: Annotated[str, StringConstraints(max_length=MAX_PROMPT)] = ""

    preset: str
    family: str
    variant: Annotated[str, StringConstraints(max_length=80)] | None = None
    source: Annotated[str, StringConstraints(max_length=4096)] | None = None

    seconds: Annotated[float, Field(gt=0, le=600, examples=[3])] | None = None
    frames: Annotated[int, Field(ge=2, le=36_000, examples=[49])] | None = None
    fps: Annotated[float, Field(ge=1, le=MOST_FPS)]
    size: Size | None = None
    area: Annotated[int, Field(ge=64 * 64, le=8192 * 8192)]
    fit: Fit = "crop"
    background: Colour = "white"
    camera: CameraText | None = None
    motion: PushText | None = None
    drag: PushText | None = None
    still: Path | None = None
    loop: bool = False

    seed: Annotated[int, Field(ge=0, le=MAX_SEED, examples=[7])]
    steps: Annotated[int, Field(ge=1, le=500)]
    guidance: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)]
    dynamic_guidance: bool = False
    image_scale: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] | None = None
    motion_bucket: Annotated[int, Field(ge=1, le=255, examples=[127])] | None = None
    augment: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, examples=[0.02])] | None = None
    aesthetic: Annotated[float, Field(ge=1, le=10, allow_inf_nan=False, examples=[6.5])] | None = None
    motion_score: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, examples=[5])] | None = None
    negative: Annotated[str, StringConstraints(max_length=MAX_PROMPT)] = ""
    sampler: Sampler
    shift: Annotated[float, Field(gt=0, le=30, allow_inf_nan=False)] = 1.0
    cache: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, examples=[0.08])] = 0.0

    device: Device = "auto"
    dtype: Dtype = "auto"
    offload: Offload = "auto"
    threads: Annotated[int, Field(ge=1, le=1024, examples=[2])] | None = None

    checkpoint_every: Annotated[int, Field(ge=0, le=500, examples=[5])] | None = None
    decode_only: bool = False

    output: str | None = None
    overwrite: bool = False
    format: Format = "mp4"
    codec: Codec | None = None
    quality: Annotated[int, Field(ge=1, le=100)] = 80
    sheet: Path | None = None
    check: Check = "warn"
    metadata: MetadataLevel = "full"
    ai_mark: bool = True
    c2pa: bool = False
    c2pa_key: Path | None = None
    c2pa_cert: Path | None = None

    @property
    def pictures(self) -> tuple[Path, ...]:
        """What the clip is made from."""
        return (self.image,) if self.last is None else (self.image, self.last)

    @model_validator(mode="after")
    def _one_length(self) -> "Request":
        if self.seconds is not None and self.frames is not None:
            raise ValueError("seconds and frames are both given: drop one of them")
        return self
