"""What a request comes to before any work: sizes, memory, disk, where the file goes.

Torch-free and quick: what is wrong with the photo, the paths, the sizes or the room for them is found here,
before anything heavy is loaded.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from i2v_cli import checkpoint, families, naming
from i2v_cli.errors import FitError
from i2v_cli.geometry import Geometry
from i2v_cli.media import image, provenance
from i2v_cli.media.encoder import VideoSpec
from i2v_cli.media.metadata import COMMENT
from i2v_cli.media.publish import check_target
from i2v_cli.request import Request
from i2v_cli.runtime import memory

# Bytes a pixel and frame at quality 80, from photographs that pan; noise and high quality take more.
DISK_BYTES = {"mp4": 0.04, "webm": 0.03, "gif": 0.6, "webp": 0.12, "frames": 1.8}
LONG_RUN = 60  # seconds
CHECKPOINT_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """target: where the clip goes, None for standard output. seconds, disk_bytes: guesses, to the order.

    checkpoint_every: steps between two saves of the latents, 0 for none.
    """

    request: Request
    geometry: Geometry
    spec: VideoSpec
    target: Path | None
    memory_bytes: int
    disk_bytes: int
    seconds: float
    checkpoint_every: int
    notes: tuple[str, ...]


def plan(request: Request) -> Plan:
    """Raises InputError for the photo, UsageError for paths and sizes, FitError for what has no room."""
    image.rgb(request.background)
    source = image.probe(request.image)
    family = families.config(request.family)
    geometry = family.geometry(request, (source.width, source.height))
    spec = _spec(request, geometry)
    target = naming.target(request)
    check_target(target, overwrite=request.overwrite, folder=request.format == "frames")
    if request.sheet is not None:
        naming.check_sheet(request, target)
        check_target(request.sheet, overwrite=request.overwrite, flag="--sheet")
    provenance.check(request, target)
    if request.decode_only:
        checkpoint.check_denoised(request, family.weights().values())
    needed = family.memory(geometry)
    memory.check(needed)
    disk = math.ceil(geometry.width * geometry.height * geometry.frames * DISK_BYTES[request.format])
    _check_disk(disk, target)
    seconds = family.seconds(geometry, request.steps)
    return Plan(
        request=request,
        geometry=geometry,
        spec=spec,
        target=target,
        memory_bytes=needed,
        disk_bytes=disk,
        seconds=seconds,
        checkpoint_every=_checkpoint_every(request, seconds),
        notes=_notes(request, geometry),
    )


def _spec(request: Request, geometry: Geometry) -> VideoSpec:
    return VideoSpec(
        width=geometry.width,
        height=geometry.height,
        frames=geometry.frames,
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
    if not request.prompt.strip():
        notes.append("no words: the camera moves as it likes")
    made = f"{geometry.width}x{geometry.height}"
    if request.size and "x" in request.size and request.size != made:
        notes.append(f"{request.size} becomes {made}: sides are even and between 16 and 8192")
    return tuple(notes)
