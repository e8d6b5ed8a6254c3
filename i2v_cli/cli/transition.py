"""`i2v transition`: from one picture to another."""

from pathlib import Path
from typing import Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.generate import carry_out


def transition(
    image: Annotated[
        Path, typer.Argument(metavar="FIRST", help="The picture that it starts on.", show_default=False)
    ],
    last: Annotated[
        Path, typer.Argument(metavar="LAST", help="The picture that it ends on.", show_default=False)
    ],
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
    seed: options.Seed = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    negative: options.Negative = None,
    device: options.Device = None,
    dtype: options.Dtype = None,
    offload: options.Offload = None,
    threads: options.Threads = None,
    format: options.Format = None,
    codec: options.Codec = None,
    quality: options.Quality = None,
    sheet: options.Sheet = None,
    check: options.Check = None,
    metadata: options.Metadata = None,
    no_ai_mark: options.NoAiMark = None,
    wait: options.Wait = 0,
    no_log: options.NoLog = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    events: options.Events = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """A clip that starts on one picture and ends on another, under one camera.

    Its size is that of FIRST; LAST is fitted to it. Flags have their twins in the environment, as those of
    `generate`.

    \b
    Examples:
      i2v transition day.jpg night.jpg "slow zoom in" -o dusk.mp4
      i2v transition a.png b.png "pan right" --seconds 2
    """
    carry_out("transition", locals())
