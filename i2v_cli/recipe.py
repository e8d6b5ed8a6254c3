"""The recipe of a clip: what it takes to make it again, written into its file and read back by `rerun`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from i2v_cli import __version__, families
from i2v_cli.errors import InputError, UsageError
from i2v_cli.geometry import Geometry
from i2v_cli.media.check import Verdict
from i2v_cli.presets import shown
from i2v_cli.request import Request

if TYPE_CHECKING:
    from i2v_cli.runtime.device import Runtime

Recipe: TypeAlias = dict[str, Any]

# What a recipe repeats of its request. A file says nothing else about a new run: no path, no overwriting.
ASKED = (
    "prompt",
    "negative",
    "preset",
    "family",
    "variant",
    "seed",
    "steps",
    "guidance",
    "dynamic_guidance",
    "image_scale",
    "motion_bucket",
    "augment",
    "aesthetic",
    "motion_score",
    "sampler",
    "shift",
    "cache",
    "fit",
    "background",
    "camera",
    "drag",
    "loop",
    "format",
    "codec",
    "quality",
)
UNUSED_AREA = 64 * 64  # a request needs one; the size goes before it
# Why the same recipe can give other frames, and what a person calls it.
CAUSES = {
    "i2v": "version",
    "torch": "torch",
    "device": "device",
    "dtype": "dtype",
    "threads": "threads",
    "weights": "weights",
    "image_sha256": "photo",
}
DTYPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Digests:
    """SHA-256 of the photo's file, of each weights file by name, and of the raw RGB frames in their order."""

    image: str
    weights: dict[str, str]
    frames: str


def written(
    request: Request, geometry: Geometry, runtime: "Runtime", digests: Digests, verdict: Verdict
) -> Recipe:
    """What was asked, what came of it, on what machine, and what the checks saw."""
    import torch

    return {
        **request.model_dump(mode="json", include=set(ASKED)),
        "width": geometry.width,
        "height": geometry.height,
        "frames": geometry.frames,
        "fps": geometry.fps,
        "image": request.image.name,
        "masks": [str(one) for one in (request.motion, request.still) if one is not None],
        "last": None if request.last is None else request.last.name,
        "extend": request.extend,
        "image_sha256": digests.image,
        "weights": digests.weights,
        "i2v": __version__,
        "torch": torch.__version__,
        "device": runtime.device.type,
        "dtype": str(runtime.dtype).removeprefix("torch."),
        "threads": runtime.threads,
        "frames_sha256": digests.frames,
        "check": asdict(verdict),
    }


def request_of(recipe: Recipe, image: Path, changes: dict[str, object]) -> Request:
    """The request that repeats `recipe` with this photo; `changes` (None: no change) go before what it says.

    Device, dtype and threads are the recorded ones, too. InputError when the recipe is not whole, UsageError
    for a change that cannot be.
    """
    from pydantic import ValidationError

    missing = [key for key in ("prompt", "family", "seed", "width", "height", "frames") if key not in recipe]
    if missing:
        raise InputError(
            f"its recipe lacks {', '.join(missing)}",
            "it was made with --metadata minimal, or by another tool",
        )
    if recipe["family"] not in list(families.FAMILIES):
        raise InputError(f"its family {shown(recipe['family'])} is not known here", "a newer i2v may know it")
    if masks := recipe.get("masks"):
        raise InputError(
            f"it was moved with masks, which no file holds: {shown(masks)}",
            "`i2v generate` with the same masks and --seed makes it again",
        )
    if recipe.get("last") or recipe.get("extend"):
        command = "extend" if recipe.get("extend") else "transition"
        raise InputError(
            f"it was made by `i2v {command}`, of more than a photo",
            f"`i2v {command}` with the same files and --seed {recipe['seed']} makes it again",
        )
    values = {key: recipe[key] for key in (*ASKED, "frames", "fps", "device", "threads") if key in recipe}
    values |= {
        "image": image,
        "size": f"{recipe['width']}x{recipe['height']}",
        "area": UNUSED_AREA,
        "dtype": DTYPES.get(str(recipe.get("dtype")), "auto"),
        "check": "off",  # whoever kept the clip has seen it
    }
    if changes.get("format") not in (None, recipe.get("format")):
        values.pop("codec", None)  # it may not go into another container
    values |= {key: value for key, value in changes.items() if value is not None}
    try:
        return Request.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        if changes.get(key) is not None:
            raise UsageError(
                f"--{key} {changes[key]}: {problem['msg']}", "`i2v rerun --help` tells more"
            ) from error
        raise InputError(
            f"its recipe cannot be repeated: {key}: {problem['msg']}", "it is not of this version of i2v"
        ) from error


def differences(old: Recipe, new: Recipe) -> dict[str, tuple[Any, Any]]:
    """By cause, what was recorded then and now, where that is not the same."""
    return {
        said: (old.get(key), new.get(key)) for key, said in CAUSES.items() if old.get(key) != new.get(key)
    }
