"""`i2v generate`: the main job. Parse, resolve, plan, do, show."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result, say, yaml_value
from i2v_cli.cli.progress import reporter
from i2v_cli.errors import UsageError

if TYPE_CHECKING:
    from i2v_cli.events import Report
    from i2v_cli.generate import Result
    from i2v_cli.plan import Plan
    from i2v_cli.request import Request
    from i2v_cli.resolve import Resolved
    from i2v_cli.runtime.memory import Phase

LONGEST_PROMPT = 100_000  # bytes read of a file; a request takes fewer characters and says so


def generate(
    image: options.Image,
    prompt: options.Prompt = "",
    *,
    output: options.Output = None,
    overwrite: options.Overwrite = None,
    preset: options.Preset = None,
    source: options.Source = None,
    pull: options.Pull = False,
    seconds: options.Seconds = None,
    frames: options.Frames = None,
    fps: options.Fps = None,
    size: options.Size = None,
    fit: options.Fit = None,
    background: options.Background = None,
    camera: options.Camera = None,
    motion: options.Motion = None,
    drag: options.Drag = None,
    still: options.Still = None,
    loop: options.Loop = None,
    seed: options.Seed = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    motion_bucket: options.MotionBucket = None,
    augment: options.Augment = None,
    aesthetic: options.Aesthetic = None,
    motion_score: options.MotionScore = None,
    negative: options.Negative = None,
    sampler: options.Sampler = None,
    shift: options.Shift = None,
    cache: options.Cache = None,
    device: options.Device = None,
    dtype: options.Dtype = None,
    offload: options.Offload = None,
    threads: options.Threads = None,
    checkpoint_every: options.CheckpointEvery = None,
    decode_only: options.DecodeOnly = None,
    format: options.Format = None,
    codec: options.Codec = None,
    quality: options.Quality = None,
    sheet: options.Sheet = None,
    check: options.Check = None,
    metadata: options.Metadata = None,
    no_ai_mark: options.NoAiMark = None,
    c2pa: options.C2pa = None,
    c2pa_key: options.C2paKey = None,
    c2pa_cert: options.C2paCert = None,
    wait: options.Wait = 0,
    no_log: options.NoLog = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    events: options.Events = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """One photo and a sentence become a video.

    Every flag has a twin in the environment: --steps 12 is I2V_STEPS=12. A flag goes before the environment,
    the environment before the preset, the preset before the model's own default.

    \b
    Examples:
      i2v generate photo.png "camera slowly pans right"
      i2v generate photo.png "zoom in" -o zoom.gif --seconds 2 --size 480p
    """
    carry_out("generate", locals())


def carry_out(command: str, given: dict[str, Any], own: Mapping[str, object] | None = None) -> None:
    """What `generate` and its kin do. given: their parameters, as far as they have them; own: what nobody
    gave, for it follows from the input."""
    from i2v_cli.request import Request
    from i2v_cli.resolve import resolve, unknown_variables

    own = {key: raw for key, raw in (own or {}).items() if raw is not None}
    flags = {key: given[key] for key in Request.model_fields if key in given} | own
    flags |= {"prompt": read_prompt(given["prompt"]), "ai_mark": False if given["no_ai_mark"] else None}
    json, events, quiet, dry_run = (given[key] for key in ("json", "events", "quiet", "dry_run"))
    resolved = resolve(flags, os.environ)
    resolved.origins.update(dict.fromkeys(own, "the input"))
    check_streams(resolved.request, json=json, events=events, dry_run=dry_run)

    from i2v_cli.plan import check_model, plan  # numpy and PIL, from here on

    resolved = _going_on(resolved)
    planned = plan(resolved.request)
    if not quiet:
        for sentence in unknown_variables(os.environ):
            say(f"warning: {sentence}")
    if dry_run:
        _try_device(planned.request)
        show_plan(planned, resolved, as_json=json or events)
        return
    if given["pull"]:
        from i2v_cli.cli import models

        with reporter(events=events, quiet=quiet) as report:
            models.ensure(planned.request, report)
    check_model(planned.request)
    if not quiet:
        for line in [*_table(resolved), *_sizes(planned)] if given["verbose"] else [headline(planned)]:
            say(line)

    from i2v_cli.history import Entry

    with Entry(command, planned.request, planned.target, keep=not given["no_log"]) as entry:
        made = make(planned, events=events, quiet=quiet, wait=given["wait"])
        entry.path = made.path
    show_result(made, planned, as_json=json or events)


def make(plan: "Plan", *, events: bool, quiet: bool, wait: float = 0, passing: bool = False) -> "Result":
    """The straight line, shown while it works. `wait`: seconds for what another run has. `passing`: the file
    will not stay, so it is not told."""
    from i2v_cli.jobs import lock

    with lock.alone(plan, wait), reporter(events=events, quiet=quiet) as report:
        from i2v_cli import generate as straight_line  # torch, from here on

        made = straight_line.generate(plan, _without_files(report) if passing else report)
    if not quiet:
        stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in made.seconds.items())
        say(f"done in {sum(made.seconds.values()):.1f} s ({stages})")
    return made


def _without_files(report: "Report") -> "Report":
    from i2v_cli.events import Wrote

    return lambda event: None if isinstance(event, Wrote) else report(event)


def read_prompt(prompt: str) -> str:
    """The text itself; that of standard input for "-", that of the file for "@FILE"."""
    if prompt != "-" and not prompt.startswith("@"):
        return prompt
    source = "standard input" if prompt == "-" else prompt[1:]
    try:
        if prompt == "-":
            data = sys.stdin.buffer.read(LONGEST_PROMPT) if sys.stdin is not None else b""
        else:
            with Path(source).open("rb") as file:
                data = file.read(LONGEST_PROMPT)
        return data.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise UsageError(
            f"the prompt cannot be read from {source}: {error.strerror}", "@ stands before the name of a file"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the prompt in {source} is not UTF-8 text", "save it as UTF-8") from error


def show_plan(plan: "Plan", resolved: "Resolved", *, as_json: bool) -> None:
    """The result of a dry run."""
    missing = _missing(plan)
    if as_json:
        request = resolved.request.model_dump(mode="json")
        fields = {"dry_run": True, **_facts(plan), "model_missing": missing}
        emit("result", {**fields, "request": request, "origins": resolved.origins})
        return
    for line in [*_sizes(plan), *([f"model: {missing}"] if missing else []), *_table(resolved)]:
        result(line)


def show_result(made: "Result", plan: "Plan", *, as_json: bool) -> None:
    """The clip's path; nothing where the clip itself went to standard output."""
    if as_json:
        recipe = made.recipe
        fields = {
            **_facts(plan),
            "path": made.path,
            "seconds": made.seconds,
            "peak_memory_bytes": made.peak_memory,
        }
        emit("result", {**fields, "check": recipe["check"], "recipe": recipe})
    elif made.path is not None:
        result(str(made.path))


def _going_on(resolved: "Resolved") -> "Resolved":
    """Where no seed is given, that of a run of this very request that was stopped: it goes on."""
    from i2v_cli import checkpoint
    from i2v_cli.plan import weight_digests
    from i2v_cli.resolve import Resolved
    from i2v_cli.weights.hub import NotHereError

    if resolved.origins["seed"] != "random":
        return resolved
    try:
        seed = checkpoint.stopped_seed(resolved.request, weight_digests(resolved.request))
    except NotHereError:  # so nothing ran
        seed = None
    if seed is None:
        return resolved
    request = resolved.request.model_copy(update={"seed": seed})
    return Resolved(request, {**resolved.origins, "seed": "a stopped run"})


def _try_device(request: "Request") -> None:
    """UsageError for a device or number format that is asked for by name and not here; takes seconds."""
    if request.device in ("auto", "cpu") and request.dtype == "auto":  # which are everywhere
        return
    from i2v_cli import families
    from i2v_cli.runtime import device

    device.decide(request, fp16=families.config(request.family).FP16)


def _missing(plan: "Plan") -> str | None:
    """What is to be fetched before the plan can be carried out."""
    from i2v_cli.plan import check_model
    from i2v_cli.weights.hub import NotHereError

    try:
        check_model(plan.request)
    except NotHereError as missing:
        return f"{missing.message}: `{missing.hint}`, or --pull"
    return None


def check_streams(request: "Request", *, json: bool, events: bool, dry_run: bool = False) -> None:
    """UsageError where two things would go to standard output."""
    if json and events:
        raise UsageError("--json and --events are both given", "drop one of them")
    if request.output == "-" and (json or events) and not dry_run:
        raise UsageError("standard output takes the video or JSON, not both", "name a file with -o")


def headline(plan: "Plan") -> str:
    return f"{plan.request.image} -> {_target(plan)}  {_clip(plan)}, seed {plan.request.seed}"


def _table(resolved: "Resolved") -> list[str]:
    """A line a value of the request, with its origin."""
    values = resolved.request.model_dump(mode="json")
    return [f"{f'{key}: {yaml_value(raw)}':<28}  # {resolved.origins[key]}" for key, raw in values.items()]


def _sizes(plan: "Plan") -> list[str]:
    return [
        f"target: {_target(plan)}",
        f"clip: {_clip(plan)}",
        f"memory: about {plan.memory_bytes / 2**30:.1f} GiB",
        *(_phase(phase) for phase in plan.phases if phase.weights),
        f"disk: about {max(plan.disk_bytes / 2**20, 0.1):.1f} MiB",
        f"time: about {_duration(plan.seconds)} on two CPU cores",
        f"checkpoint: {f'each {plan.checkpoint_every} steps' if plan.checkpoint_every else 'none'}",
        *(f"note: {note}" for note in plan.notes),
    ]


def _phase(phase: "Phase") -> str:
    """What one of several networks takes, whole and with its blocks on the disk."""
    whole, least = (phase.needed(offload) / 2**30 for offload in ("none", "disk"))
    streamed = f", {least:.1f} GiB with --offload disk" if phase.streamed else ""
    return f"memory to {phase.name}: about {whole:.1f} GiB{streamed}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def _clip(plan: "Plan") -> str:
    shape, frames = plan.geometry, plan.spec.frames
    size = f"{frames} frames {shape.width}x{shape.height}"
    new = f", the last {shape.frames - plan.overlap} of them new" if plan.before else ""
    return f"{size} at {shape.fps:g} a second, {frames / shape.fps:.1f} s{new}"


def _target(plan: "Plan") -> str:
    return "standard output" if plan.target is None else str(plan.target)


def _facts(plan: "Plan") -> dict[str, Any]:
    """What JSON says about a clip, made or not."""
    shape = plan.geometry
    return {
        "path": plan.target,
        "sheet": plan.request.sheet,
        "seed": plan.request.seed,
        "width": shape.width,
        "height": shape.height,
        "frames": plan.spec.frames,
        "fps": shape.fps,
        "memory_bytes": plan.memory_bytes,
        "phases": [
            {"name": phase.name, "bytes": phase.needed("none"), "least_bytes": phase.needed("disk")}
            for phase in plan.phases
        ],
        "disk_bytes": plan.disk_bytes,
        "seconds_estimate": plan.seconds,
        "checkpoint_every": plan.checkpoint_every,
    }
