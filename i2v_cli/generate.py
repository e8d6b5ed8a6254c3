"""THE straight line: a photo and a sentence become a file. Read it from top to bottom."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from einops import rearrange
from torch import Tensor

from i2v_cli import __version__, families, naming
from i2v_cli.errors import CheckError
from i2v_cli.events import Noted, Report, Stage, StageName, Step, Warned, Wrote
from i2v_cli.families.base import Condition, Family
from i2v_cli.media import image, metadata
from i2v_cli.media.check import Verdict, Watch
from i2v_cli.media.sheet import Sheet
from i2v_cli.media.video import Writer
from i2v_cli.plan import Plan
from i2v_cli.request import Request
from i2v_cli.runtime import device, memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.sampling import noise
from i2v_cli.sampling.samplers import SAMPLERS

FATAL = {"black", "short"}  # a clip that stands still may be just what was asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What was made. path: None is standard output. seconds: wall time by stage. peak_memory: bytes."""

    path: Path | None
    verdict: Verdict
    recipe: dict[str, Any]
    seconds: dict[str, float]
    peak_memory: int | None


def generate(plan: Plan, report: Report) -> Result:
    """Makes the clip that `plan` describes; the file appears at the end, whole, or not at all.

    Raises CheckError when the result is not worth keeping, EncodingError when ffmpeg fails.
    """
    request, geometry = plan.request, plan.geometry
    for note in plan.notes:
        report(Noted(note))
    clock = Clock(report)
    clock.begin("load")
    runtime = device.decide(request, report)
    family = families.load(request.family)
    photo = _photo(plan, report)
    with _writer(plan) as writer:  # the encoder is tried here
        clock.begin("encode")
        condition = family.encode(request, photo, runtime, report)
        clock.begin("denoise", request.steps)
        latents = _denoise(plan, family, condition, runtime, report)
        clock.begin("decode", geometry.frames)
        check, sheet = Watch(geometry.frames, rearrange(photo, "c h w -> h w c").numpy()), Sheet(plan.spec)
        done = 0
        for chunk in family.decode(latents, condition, geometry, runtime):
            frames = rearrange(chunk, "f c h w -> f h w c").contiguous().numpy()
            writer.write(check.watch(frames))
            sheet.add(frames)
            done += len(frames)
            report(Step(done, geometry.frames))
        clock.begin("write")
        verdict = _judged(check.verdict(), request, report)
        recipe = _recipe(plan, runtime, verdict)
        kept = metadata.recipe_at(recipe, request.metadata)
        packet = metadata.packet(kept, ai_mark=request.ai_mark, software=f"i2v {__version__}")
        writer.tag(packet)  # on leaving, the file is finished, counted and given its name
    clock.end()
    if writer.target is not None:
        report(Wrote(writer.target))
    if request.sheet is not None:
        sheet.save(request.sheet, packet=packet, overwrite=request.overwrite)
        report(Wrote(request.sheet, "sheet"))
    return Result(
        path=writer.target,
        verdict=verdict,
        recipe=recipe,
        seconds=clock.seconds,
        peak_memory=memory.peak_rss(),
    )


class Clock:
    """Tells `report` which stage begins, and keeps how long each took, in seconds."""

    def __init__(self, report: Report) -> None:
        self.seconds: dict[str, float] = {}
        self._report = report
        self._stage = ""
        self._began = time.monotonic()

    def begin(self, name: StageName, total: int = 0) -> None:
        """The stage before it has ended."""
        self.end()
        self._stage, self._began = name, time.monotonic()
        self._report(Stage(name, total))

    def end(self) -> None:
        if self._stage:
            self.seconds[self._stage] = round(time.monotonic() - self._began, 3)
        self._stage = ""


def _writer(plan: Plan) -> Writer:
    """A name of our own that somebody takes during the work is no loss: the next one serves as well."""
    request = plan.request
    others = naming.candidates(request) if request.output is None else ()
    return Writer(plan.target, plan.spec, overwrite=request.overwrite, others=others)


def _photo(plan: Plan, report: Report) -> Tensor:
    """The photo, upright and of the video's size: [3, H, W] uint8."""
    request, geometry = plan.request, plan.geometry
    loaded = image.load(request.image, request.background)
    pixels, cut = image.fit(loaded.pixels, geometry.width, geometry.height, request.fit)
    for note in (*loaded.notes, *([cut] if cut else [])):
        report(Noted(f"{request.image.name}: {note}"))
    return rearrange(torch.from_numpy(pixels), "h w c -> c h w").contiguous()


def _denoise(plan: Plan, family: Family, condition: Condition, runtime: Runtime, report: Report) -> Tensor:
    """Noise to latents [1, n], fp32 on the CPU; a value that is not finite ends the run at its step."""
    request = plan.request
    schedule = family.schedule(request)
    latents = noise.initial((1, *plan.geometry.latent_shape), request.seed)
    with family.denoiser(condition, schedule, request.guidance, runtime) as predict:
        for done, latents in enumerate(SAMPLERS[request.sampler](predict, latents, schedule), start=1):  # noqa: B020
            if not latents.isfinite().all():
                raise CheckError(
                    f"step {done} of {request.steps} gave NaN", hint="try --dtype fp32 or another --seed"
                )
            report(Step(done, request.steps))
    return latents


def _judged(verdict: Verdict, request: Request, report: Report) -> Verdict:
    """Problems warn or end the run. Only `--check off` keeps a black clip; `strict` refuses a frozen one."""
    if request.check == "off" or not verdict.problems:
        return verdict
    said = f"the clip is {' and '.join(verdict.problems)}"
    if request.check == "strict" or FATAL & set(verdict.problems):
        raise CheckError(said, hint="try another --seed or prompt; --check off keeps it")
    report(Warned(f"{said}: the prompt asks for nothing that moves, or was not understood"))
    return verdict


def _recipe(plan: Plan, runtime: Runtime, verdict: Verdict) -> dict[str, Any]:
    """All that is needed to make the clip again, and what the checks saw."""
    request, geometry = plan.request, plan.geometry
    asked = request.model_dump(
        mode="json",
        include={
            "prompt",
            "negative",
            "preset",
            "family",
            "seed",
            "steps",
            "guidance",
            "sampler",
            "shift",
            "fit",
        },
    )
    made = {
        "width": geometry.width,
        "height": geometry.height,
        "frames": geometry.frames,
        "fps": geometry.fps,
    }
    machine = {
        "i2v": __version__,
        "torch": torch.__version__,
        "device": runtime.device.type,
        "dtype": str(runtime.dtype).removeprefix("torch."),
        "threads": runtime.threads,
    }
    weights = families.config(request.family).weights_sha256()
    return {
        **asked,
        **made,
        "image": request.image.name,
        "weights": weights,
        **machine,
        "check": asdict(verdict),
    }
