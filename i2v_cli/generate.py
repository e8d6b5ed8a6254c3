"""THE straight line: a photo and a sentence become a file. Read it from top to bottom."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from einops import rearrange
from torch import Tensor

from i2v_cli import __version__, checkpoint, clips, families, naming, recipe
from i2v_cli.checkpoint import Checkpoint
from i2v_cli.control import camera, stillness
from i2v_cli.errors import CheckError, UsageError
from i2v_cli.events import Noted, Report, Stage, StageName, Step, Warned, Wrote
from i2v_cli.families.base import Condition, Family
from i2v_cli.media import identity, image, metadata, provenance
from i2v_cli.media.camera_check import CameraWatch
from i2v_cli.media.check import Verdict, Watch
from i2v_cli.media.provenance import Claim
from i2v_cli.media.sheet import Sheet
from i2v_cli.media.video import Writer
from i2v_cli.plan import Plan, check_model
from i2v_cli.recipe import Digests, Recipe
from i2v_cli.request import Request
from i2v_cli.runtime import device, memory
from i2v_cli.runtime.device import Runtime
from i2v_cli.sampling import noise, samplers
from i2v_cli.sampling.samplers import State
from i2v_cli.weights import digest, hub

FATAL = {"black", "short"}  # a clip that stands still may be just what was asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What was made. path: None is standard output. seconds: wall time by stage. peak_memory: bytes."""

    path: Path | None
    verdict: Verdict
    recipe: Recipe
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
    config, family = families.config(request.family), families.load(request.family)
    runtime = device.decide(request, report, fp16=config.FP16)
    # The plan had to guess device and dtype, and so the size of a weight.
    decided = {"device": runtime.device.type, "dtype": device.name(runtime.dtype)}
    phases = config.phases(request.model_copy(update=decided), geometry)
    memory.check_phases(phases, runtime.offload, runtime.device.type)
    weights = digest.verified(config.weights())
    weights |= hub.digests(check_model(request).values())
    source, start = image.digest(*request.pictures), clips.start(request, geometry, report)
    kept = checkpoint.path(request, source, weights.values())
    with (
        Checkpoint(kept, request, plan.checkpoint_every, runtime, report) as saved,
        _writer(plan) as writer,  # the encoder is tried here
    ):
        clock.begin("encode")
        condition = family.encode(request, start.photo, runtime, report, start.pins)
        clock.begin("denoise", request.steps)
        latents = _denoise(plan, family, condition, runtime, saved=saved, report=report)
        clock.begin("decode", geometry.frames)
        reference = rearrange(start.photo, "c h w -> h w c").numpy()
        check, sheet = Watch(geometry.frames, reference, _camera(plan)), Sheet(plan.spec)
        done, seen = 0, hashlib.sha256()
        for frames in clips.before(request):
            writer.write(frames)
            sheet.add(frames)
        for chunk in family.decode(latents, condition, geometry, request, runtime):
            frames = rearrange(chunk, "f c h w -> f h w c").contiguous().numpy()
            seen.update(check.watch(frames).data)
            fresh = frames[max(plan.overlap - done, 0) :]
            writer.write(fresh)
            sheet.add(fresh)
            done += len(frames)
            report(Step(done, geometry.frames))
        clock.begin("write")
        verdict = _judged(check.verdict(), plan, report)
        digests = Digests(image=source, weights=weights, frames=seen.hexdigest())
        made = recipe.written(request, geometry, runtime, digests, verdict)
        told = metadata.recipe_at(made, request.metadata)
        packet = metadata.packet(told, ai_mark=request.ai_mark, software=f"i2v {__version__}")
        writer.tag(packet)  # on leaving, the file is finished, signed, counted and given its name
        if request.c2pa:
            writer.seal(_signing(request))
    clock.end()
    if writer.target is not None:
        report(Wrote(writer.target))
    if request.sheet is not None:
        sheet.save(request.sheet, packet=packet, overwrite=request.overwrite)
        report(Wrote(request.sheet, "sheet"))
    return Result(
        path=writer.target,
        verdict=verdict,
        recipe=made,
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
    others = naming.candidates(request) if naming.is_ours(request) else ()
    return Writer(plan.target, plan.spec, overwrite=request.overwrite, others=others)


def _camera(plan: Plan) -> CameraWatch | None:
    """What compares the clip's camera with the path that was asked for, if there is one."""
    request, geometry = plan.request, plan.geometry
    if request.camera is None or request.check == "off" or request.last is not None:
        return None  # one picture that fades into another is no move
    path = camera.parse(request.camera).over(geometry)
    return CameraWatch(path, geometry.width / geometry.height)


def _denoise(
    plan: Plan, family: Family, condition: Condition, runtime: Runtime, *, saved: Checkpoint, report: Report
) -> Tensor:
    """Noise, or what an earlier run left, to latents [1, ...], fp32 on the CPU; a NaN ends the run there."""
    request = plan.request
    schedule = family.schedule(request, plan.geometry)
    sampler = samplers.named(request.sampler, request.seed)
    state = saved.state or State(noise.initial((1, *plan.geometry.latent_shape), request.seed))
    if state.done == request.steps:
        return state.latents
    if request.decode_only:
        raise UsageError("there are no whole latents to decode", "drop --decode-only")
    with family.denoiser(condition, schedule, request, runtime) as predict:
        for state in sampler(predict, state, schedule):  # noqa: B020
            if not state.latents.isfinite().all():
                raise CheckError(
                    f"step {state.done} of {request.steps} gave NaN",
                    hint="try --dtype fp32 or another --seed",
                )
            saved.keep(state)
            report(Step(state.done, request.steps))
    return state.latents


def _judged(verdict: Verdict, plan: Plan, report: Report) -> Verdict:
    """Problems warn or end the run; standing still is none where that is asked for.

    Only `--check off` keeps a black clip; `strict` refuses any other too.
    """
    request = plan.request
    if request.check == "off":
        return verdict
    if verdict.camera is not None and verdict.camera.followed is None:
        report(Warned("the camera could not be measured: the frames show too little that stands out"))
    if not verdict.problems:
        return verdict
    if verdict.problems == ("frozen",) and stillness.asked(request, plan.geometry):
        report(Noted("nothing moves, as was asked"))
        return verdict
    said = f"the clip is {' and '.join(verdict.problems)}"
    if verdict.camera is not None and verdict.camera.followed is False:
        said += f" ({verdict.camera.told()})"
    if request.check == "strict" or FATAL & set(verdict.problems):
        raise CheckError(said, hint="try another --seed or prompt; --check off keeps it")
    if "frozen" in verdict.problems:
        said += ": the photo shows nothing that could be seen to move, or the words were not understood"
    report(Warned(said))
    return verdict


def _signing(request: Request) -> Callable[[Path], bytes | None]:
    """What puts Content Credentials into a finished file."""
    named = request.metadata == "full"
    claim = Claim(software="i2v", version=__version__, photo=request.image, named=named)
    return partial(provenance.sign, claim=claim, signer=identity.load(request.c2pa_key, request.c2pa_cert))
