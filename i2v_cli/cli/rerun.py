"""`i2v rerun`: the recipe inside a clip, once more."""

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.generate import check_streams, headline, make, show_result
from i2v_cli.cli.output import say
from i2v_cli.errors import CheckError, FitError, InputError

if TYPE_CHECKING:
    from i2v_cli.generate import Result
    from i2v_cli.recipe import Recipe
    from i2v_cli.request import Request


def rerun(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A clip of i2v with its recipe, or a folder of frames.", show_default=False
        ),
    ],
    *,
    image: Annotated[
        Path | None,
        typer.Option("--image", metavar="PATH", help="The photo. [the recorded name, beside FILE]"),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Exit 6 when the frames are not those of FILE, and tell why. No clip is kept but with -o.",
        ),
    ] = False,
    output: options.Output = None,
    overwrite: options.Overwrite = None,
    source: options.Source = None,
    device: options.Device = None,
    dtype: options.Dtype = None,
    threads: options.Threads = None,
    wait: options.Wait = 0,
    no_log: options.NoLog = False,
    json: options.Json = False,
    events: options.Events = False,
    quiet: options.Quiet = False,
) -> None:
    """The same clip again, by the recipe inside a file.

    Device, dtype and threads are the recorded ones as well; flags change them, the environment does not.
    Frames are compared as they were before encoding.

    \b
    Examples:
      i2v rerun clip.mp4 -o again.mp4
      i2v rerun clip.mp4 --image photos/lake.jpg --verify
    """
    changes: dict[str, object] = {
        "output": output,
        "overwrite": overwrite,
        "format": _format(output),
        "source": source,
        "device": device,
        "dtype": dtype,
        "threads": threads,
    }
    from i2v_cli.history import Entry
    from i2v_cli.plan import plan

    passing = verify and output is None  # looked at and thrown away
    with ExitStack() as stack:
        if passing:
            changes["output"] = _passing_folder(stack)
        recorded, request = _repeated(file, image, changes, verify=verify)
        check_streams(request, json=json, events=events)
        planned = plan(request)
        if not (quiet or passing):
            say(headline(planned))
        lasting = file if passing else planned.target
        entry = stack.enter_context(Entry("rerun", request, lasting, keep=not no_log))
        made = make(planned, events=events, quiet=quiet, wait=wait, passing=passing)
        if passing:
            made = replace(made, path=None)
        else:
            entry.path = made.path
        same = _compared(recorded, made, verify=verify)
    if not quiet:
        say(f"the frames are {'' if same else 'not '}those of {file}")
    show_result(made, planned, as_json=json or events)


def _passing_folder(stack: ExitStack) -> str:
    """A folder as `-o` names one, until the stack ends. FitError when there is no place for it."""
    try:
        folder = stack.enter_context(TemporaryDirectory(prefix="i2v-"))
    except OSError as error:
        raise FitError(f"no temporary folder: {error}", "set TMPDIR, or name a clip with -o") from error
    return folder.replace("{", "{{").replace("}", "}}") + os.sep


def _format(output: str | None) -> str | None:
    """What the output's name asks for; None leaves the recorded one."""
    from i2v_cli.resolve import format_of

    return format_of(output, "-o") if output and Path(output).suffix else None


def _repeated(
    file: Path, photo: Path | None, changes: dict[str, object], *, verify: bool
) -> tuple["Recipe", "Request"]:
    """What the file says, and the request that repeats it. InputError when that cannot be."""
    from i2v_cli import recipe
    from i2v_cli.media import image, metadata

    recorded: Recipe | None = metadata.read(file)["recipe"]
    try:
        if recorded is None:
            raise InputError("it holds no recipe of i2v", "`i2v inspect` shows what it says")
        if verify and "frames_sha256" not in recorded:
            raise InputError("its recipe has no digest of the frames", "leave out --verify")
        request = recipe.request_of(recorded, photo or _beside(file, recorded), changes)
        if recorded.get("image_sha256") not in (None, image.digest(request.image)):
            if photo is None:
                raise InputError(f"{request.image} is another photo by now", "name the photo: --image PATH")
            say(f"warning: {photo} is not the photo that it was made from")
    except InputError as error:
        raise InputError(f"cannot repeat {file}: {error.message}", error.hint) from error
    return recorded, request


def _beside(file: Path, recorded: "Recipe") -> Path:
    name = Path(str(recorded.get("image", ""))).name  # whatever a file says, no other folder is looked into
    if not name or not os.path.isfile(file.parent / name):
        raise InputError(
            f"its photo {name or '(not named)'} is not beside it", "name the photo: --image PATH"
        )
    return file.parent / name


def _compared(recorded: "Recipe", made: "Result", *, verify: bool) -> bool:
    """Whether the frames are the same. CheckError, with what may have caused it, when they had to be."""
    from i2v_cli import recipe

    same = bool(recorded.get("frames_sha256") == made.recipe["frames_sha256"])
    if verify and not same:
        causes = [
            f"{cause} {_words(then)} then, {_words(now)} now"
            for cause, (then, now) in recipe.differences(recorded, made.recipe).items()
        ]
        where = "" if made.path is None else f"; the new clip is {made.path}"
        raise CheckError(
            f"the frames differ{where}",
            f"what differs: {'; '.join(causes)}"
            if causes
            else "all that the recipe records is the same: another processor, or a library below torch",
        )
    return same


def _words(value: object) -> str:
    """Digests by their first digits."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} {_words(inner)}" for key, inner in value.items()) + "}"
    text = str(value)
    return text[:12] if len(text) == 64 else text
