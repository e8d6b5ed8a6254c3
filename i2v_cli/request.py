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
Sampler: TypeAlias = Literal["euler", "heun", "dpmpp-2m"]
Device: TypeAlias = Literal["auto", "cuda", "mps", "cpu"]
Dtype: TypeAlias = Literal["auto", "bf16", "fp16", "fp32"]

SIZE_PATTERN = r"^(?:(\d{1,5})x(\d{1,5})|(480|720|1080|1440|2160)p)$"
Size: TypeAlias = Annotated[
    str,
    Field(pattern=SIZE_PATTERN, description="WxH, 480p, 720p, 1080p, 1440p or 2160p", examples=["720p"]),
]
Colour: TypeAlias = Annotated[
    str, Field(pattern=r"^(#[0-9a-fA-F]{6}|[a-z]+)$", description="a colour name or #rrggbb")
]
# How an output's name tells its format; "frames" is a folder and has no suffix.
SUFFIXES: dict[str, Format] = {".mp4": "mp4", ".webm": "webm", ".gif": "gif", ".webp": "webp"}
MAX_PROMPT = 20_000
MAX_SEED = 2**63 - 1


class Request(BaseModel):
    """One clip to make. `None` means that the family or the source image decides.

    Lengths: `frames` wins over `seconds`; both None means the family's native length.
    Sizes: `size` is "WxH" or "1080p" (that many lines on the short side, aspect kept); None means the
    source's aspect at `area` pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    image: Path
    prompt: Annotated[str, StringConstraints(max_length=MAX_PROMPT)] = ""

    preset: str
    family: str

    seconds: Annotated[float, Field(gt=0, le=600, examples=[3])] | None = None
    frames: Annotated[int, Field(ge=2, le=36_000, examples=[49])] | None = None
    fps: Annotated[float, Field(ge=1, le=120)]
    size: Size | None = None
    area: Annotated[int, Field(ge=64 * 64, le=8192 * 8192)]
    fit: Fit = "crop"
    background: Colour = "white"

    seed: Annotated[int, Field(ge=0, le=MAX_SEED, examples=[7])]
    steps: Annotated[int, Field(ge=1, le=500)]
    guidance: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)]
    negative: Annotated[str, StringConstraints(max_length=MAX_PROMPT)] = ""
    sampler: Sampler
    shift: Annotated[float, Field(gt=0, le=30, allow_inf_nan=False)] = 1.0

    device: Device = "auto"
    dtype: Dtype = "auto"
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

    @model_validator(mode="after")
    def _one_length(self) -> "Request":
        if self.seconds is not None and self.frames is not None:
            raise ValueError("seconds and frames are both given: drop one of them")
        return self
