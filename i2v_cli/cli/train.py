"""`i2v train`: the embedded model, from a folder of photos."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result
from i2v_cli.cli.progress import reporter
from i2v_cli.errors import UsageError
from i2v_cli.events import Report

if TYPE_CHECKING:
    from i2v_cli.training.config import TrainConfig

NEEDED = ("cv2",)  # of the extra `train`; what else lacks says so itself


def train(
    photos: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of photos.", show_default=False)],
    *,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Checkpoints, metrics and weights go here.")
    ] = Path("runs/pocket"),
    cutouts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Pictures with alpha, which move in the clips.", show_default=False
        ),
    ] = None,
    begin: Annotated[
        Path | None,
        typer.Option(
            metavar="WEIGHTS", help="Go on from these, their text encoder beside them.", show_default=False
        ),
    ] = None,
    steps: Annotated[int, typer.Option(metavar="N", min=1, help="Optimiser steps.")] = 3000,
    minutes: Annotated[
        float | None, typer.Option(metavar="M", min=0.01, help="Stop after so long.", show_default=False)
    ] = None,
    batch: Annotated[int, typer.Option(metavar="N", min=1, max=1024, help="Clips a step.")] = 32,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Same seed, same clips.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Go on from the checkpoint in --out.")
    ] = True,
    evaluate: Annotated[
        bool,
        typer.Option("--evaluate", help="Score the weights in --out, or the shipped ones."),
    ] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train the embedded model, or score it. It may be stopped at any time and goes on where it was.

    \b
    Examples:
      i2v train data/photos --cutouts data/cutouts --minutes 240
      i2v train data/photos --evaluate
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise UsageError(f"training needs the module {missing[0]}", "pip install 'i2v-cli[train]'")
    if not os.path.isdir(photos):
        raise UsageError(f"{photos} is no folder of photos", "give a folder with pictures in it")
    if begin is not None and evaluate:
        raise UsageError("--begin does not go with --evaluate", "drop one of them")
    from i2v_cli.families.pocket.config import TEXT_WEIGHTS

    if begin is not None and not (begin.is_file() and begin.with_name(TEXT_WEIGHTS.name).is_file()):
        raise UsageError(f"{begin}, or the text encoder beside it, is not there", "i2v train writes both")
    from i2v_cli.training.config import TrainConfig

    config = TrainConfig(
        photos=photos,
        cutouts=cutouts,
        out=out,
        begin=begin,
        steps=steps,
        minutes=minutes,
        batch=batch,
        seed=seed,
        resume=resume,
    )
    with reporter(events=False, quiet=quiet) as report:
        if evaluate:
            _score(config, report, as_json=json)
            return
        from i2v_cli.training import loop  # torch, from here on

        weights = loop.train(config, report)
    if json:
        emit("result", {"path": weights})
    else:
        result(str(weights))


def _score(config: "TrainConfig", report: Report, *, as_json: bool) -> None:
    """The weights in `out`, or the package's own where there are none: every metric, and contact sheets."""
    from i2v_cli.families.pocket.config import WEIGHTS
    from i2v_cli.training import evaluate, scores, showcase  # torch, from here on
    from i2v_cli.training.config import VALIDATION

    evaluate.check_photos(config.photos, VALIDATION)
    trained = config.out / "weights.safetensors"
    weights = trained if trained.is_file() else WEIGHTS
    sets = {"VBench wording": evaluate.vbench_tasks(), "hand-written wording": evaluate.wording_tasks()}
    followed = {
        name: evaluate.evaluate(config.photos, weights, tasks, report) for name, tasks in sets.items()
    }
    lines = scores.scores(scores.Bench(config.photos, weights, report))
    showcase.showcase(config.photos, weights, config.out / "sheets", report)
    if as_json:
        counts = {
            name: {"clips": len(clips), "followed": sum(clip.right for clip in clips)}
            for name, clips in followed.items()
        }
        metrics = {line.name: {"measured": line.measured, "reached": line.reached} for line in lines}
        emit("result", {"weights": weights, "scores": counts, "metrics": metrics})
        return
    for name, clips in followed.items():
        for text in ["", name, "", *evaluate.table(clips).splitlines()]:
            result(text)
    for text in ["", *scores.table(lines).splitlines()]:
        result(text)
