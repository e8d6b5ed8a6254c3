"""`i2v extend`: a video goes on from its end."""

from pathlib import Path
from typing import Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.generate import carry_out
from i2v_cli.errors import InputError


def extend(
    image: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="The video that goes on.", show_default=False)
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
    """A video goes on: what it holds, and then what happens next.

    Size and frame rate are the video's own. --seconds is how long the new part is; it begins with what the
    model sees of the video, as a rule the last frame. Sound is not kept. Flags have their twins in the
    environment, as those of `generate`.

    \b
    Examples:
      i2v extend clip.mp4 "the camera tilts up" -o longer.mp4
      i2v extend clip.mp4 "zoom in" --seconds 2
    """
    given = locals()
    from i2v_cli.media import video
    from i2v_cli.request import MOST_FPS

    seen = video.probe(image)
    if seen.fps > MOST_FPS:
        raise InputError(
            f"{image} has {seen.fps:g} frames a second, a clip has at most {MOST_FPS}",
            "take fewer first: ffmpeg -i VIDEO -r 60 slower.mp4",
        )
    as_it_is = {
        "extend": True,
        "size": f"{seen.width}x{seen.height}",
        "fps": f"{seen.fps:g}" if seen.fps else None,
    }
    carry_out("extend", given, as_it_is)
