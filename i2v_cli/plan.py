"""What a request comes to before any work: sizes, memory, disk, where the file goes.

Torch-free and quick: what is wrong with the photo, the paths, the sizes or the room for them is found here,
before anything heavy is loaded.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from i2v_cli import checkpoint, families, naming
from i2v_cli.control import camera, motion
from i2v_cli.errors import FitError, SizeError, UsageError
from i2v_cli.geometry import Geometry
from i2v_cli.media import image, provenance, video
from i2v_cli.media.encoder import VideoSpec
from i2v_cli.media.metadata import COMMENT
from i2v_cli.media.publish import check_stdout, check_target
from i2v_cli.request import Request
from i2v_cli.runtime import memory
from i2v_cli.runtime.memory import Phase
from i2v_cli.weights import hub, published
from i2v_cli.weights.component import Files

# Bytes a pixel and frame at quality 80, from photographs that pan; noise and high quality take more.
DISK_BYTES = {"mp4": 0.04, "webm": 0.03, "gif": 0.6, "webp": 0.12, "frames": 1.8}
LONG_RUN = 60  # seconds
CHECKPOINT_SECONDS = 30
# What not every family reads, and a preset of one that does. A family reads what is in its DEFAULTS.
READ_BY = {
    "motion_bucket": "svd-xt",
    "augment": "svd-xt",
    "aesthetic": "opensora-1.2",
    "motion_score": "opensora-1.2",
    "cache": "cogvideox-5b",
    "dynamic_guidance": "cogvideox-5b",
    "image_scale": "cogvideox-5b",
}
# Of these, what is no mere key of presets.
FLAGS = ("motion_bucket", "augment", "aesthetic", "motion_score", "cache")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """target: where the clip goes, None for standard output. seconds, disk_bytes: guesses, to the order.

    checkpoint_every: steps between two saves of the latents, 0 for none. before: frames of the video that
    goes on; the clip's first `overlap` ones are its last.
    """

    request: Request
    geometry: Geometry
    before: int = 0
    overlap: int = 0
    spec: VideoSpec
    target: Path | None
    phases: tuple[Phase, ...]
    disk_bytes: int
    seconds: float
    checkpoint_every: int
    notes: tuple[str, ...]

    @property
    def memory_bytes(self) -> int:
        """Of the largest phase, as the machine's own memory decides."""
        return memory.peak(self.phases, self.request.offload)


def plan(request: Request) -> Plan:
    """Raises InputError for the photo, UsageError for paths and sizes, FitError for what has no room."""
    image.rgb(request.background)
    source, before = _source(request)
    family = families.config(request.family)
    _check_known(request)
    geometry = family.geometry(request, source)
    if request.extend and (geometry.width, geometry.height) != source:
        raise SizeError(
            f"{request.image} is {source[0]}x{source[1]}, no size that goes on",
            f"scale it first: ffmpeg -i VIDEO -vf scale={geometry.width}:{geometry.height} scaled.mp4",
        )
    overlap = family.OVERLAP if request.extend else 0
    if before < overlap:
        raise UsageError(
            f"{request.image} has {before} frames, {request.family} goes on from {overlap}",
            "give a longer video; --preset pocket goes on from one frame",
        )
    if request.camera is not None:
        camera.parse(request.camera).check(geometry)
    motion.check(request, source)
    spec = _spec(request, geometry, before + geometry.frames - overlap)
    target = naming.target(request)
    if target is None:
        check_stdout(request.format)
    check_target(target, overwrite=request.overwrite, folder=request.format == "frames")
    if request.sheet is not None:
        naming.check_sheet(request, target)
        check_target(request.sheet, overwrite=request.overwrite, flag="--sheet")
    provenance.check(request, target)
    if request.decode_only:
        checkpoint.check_denoised(request, weight_digests(request))
    phases = family.phases(request, geometry)
    # To know more of a GPU is to import torch: `generate` checks again.
    memory.check_phases(phases, request.offload, "cpu" if request.device == "cpu" else None)
    disk = math.ceil(spec.width * spec.height * spec.frames * DISK_BYTES[request.format])
    _check_disk(disk, target)
    seconds = family.seconds(geometry, request.steps)
    return Plan(
        request=request,
        geometry=geometry,
        before=before,
        overlap=overlap,
        spec=spec,
        target=target,
        phases=phases,
        disk_bytes=disk,
        seconds=seconds,
        checkpoint_every=_checkpoint_every(request, seconds),
        notes=_notes(request, geometry),
    )


def check_model(request: Request) -> dict[str, Files]:
    """The model's files by component. NotHereError: to be fetched first. ModelError: they are no good.

    UsageError for a variant that the family has not. Apart from `plan`, because `--pull` comes between.
    """
    return published.parts(request, families.config(request.family).COMPONENTS)


def weight_digests(request: Request) -> Iterator[str]:
    """SHA-256 of each weights file, one after the other: those of a folder of the user's must be read.

    NotHereError and ModelError as of `check_model`.
    """
    yield from families.config(request.family).weights().values()
    yield from hub.digests(check_model(request).values()).values()


def _check_known(request: Request) -> None:
    """UsageError for a value that only other families read."""
    for key, preset in READ_BY.items():
        given = getattr(request, key)
        if given == Request.model_fields[key].default or key in families.config(request.family).DEFAULTS:
            continue
        spelled = f"--{key.replace('_', '-')}" if key in FLAGS else key
        raise UsageError(
            f"{request.family} takes no {spelled} {given}",
            f"drop {spelled}; what takes it is --preset {preset}",
        )


def _source(request: Request) -> tuple[tuple[int, int], int]:
    """(width, height) of what moves, and how many frames there are already, 0 for a photo."""
    if request.extend:
        seen = video.probe(request.image)
        return (seen.width, seen.height), seen.frames
    if request.last is not None:
        image.probe(request.last)
    found = image.probe(request.image)
    return (found.width, found.height), 0


def _spec(request: Request, geometry: Geometry, frames: int) -> VideoSpec:
    return VideoSpec(
        width=geometry.width,
        height=geometry.height,
        frames=frames,
        fps=geometry.fps,
        format=request.format,
        codec=request.codec,
        quality=request.quality,
        comment=COMMENT if request.ai_mark else "",
    )


def _check_disk(needed: int, target: Path | None) -> None:
    if target is None:
        return
    free = memory.disk_free(target.parent)
    if needed > free:
        raise FitError(
            f"about {needed >> 20} MiB do not fit {target.parent}: {free >> 20} MiB are free",
            hint="free some disk space, choose another -o, or make it smaller: --size 480p",
        )


def _checkpoint_every(request: Request, seconds: float) -> int:
    """What was asked for; else nothing for short runs, and a save about every half minute of long ones."""
    if request.checkpoint_every is not None:
        return request.checkpoint_every
    return 0 if seconds <= LONG_RUN else max(1, int(request.steps * CHECKPOINT_SECONDS / seconds))


def _notes(request: Request, geometry: Geometry) -> tuple[str, ...]:
    notes = []
    if request.camera is not None:
        notes.append(f"camera: {camera.parse(request.camera).told(geometry)}")
    elif not request.prompt.strip() and families.config(request.family).READS_TEXT:
        notes.append("no words: the camera moves as it likes")
    made = f"{geometry.width}x{geometry.height}"
    if request.size and "x" in request.size and request.size != made:
        notes.append(f"{request.size} becomes {made}: sides are even and between 16 and 8192")
    return tuple(notes)
