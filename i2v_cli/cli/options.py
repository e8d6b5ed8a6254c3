"""The flags, each spelled once. Values stay text here: `resolve` checks them, and those of presets, alike.

Typer is told of no default: what is not given comes from the environment, the preset or the family.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer


def value(flag: str, metavar: str, help: str, short: str = "") -> Any:
    """A flag with a value. A metavar like "crop|pad" is also what the shell completes."""
    names = [short, flag] if short else [flag]
    complete = _completion(metavar.split("|")) if "|" in metavar else None
    return typer.Option(*names, metavar=metavar, help=help, show_default=False, autocompletion=complete)


def switch(flag: str, help: str, short: str = "", envvar: str | None = None) -> Any:
    """A flag without a value. `envvar`: for what is no field of a request, and so unknown to `resolve`."""
    names = [short, flag] if short else [flag]
    return typer.Option(*names, help=help, show_default=False, envvar=envvar, show_envvar=False)


def number(flag: str, metavar: str, help: str, low: int, high: int) -> Any:
    """A flag that takes a whole number and is no field of a request."""
    return typer.Option(
        flag,
        metavar=metavar,
        help=help,
        min=low,
        max=high,
        show_default=False,
        envvar=_twin(flag),
        show_envvar=False,
    )


def duration(flag: str, help: str) -> Any:
    """A flag that takes seconds and is no field of a request."""
    return typer.Option(
        flag,
        metavar="S",
        help=help,
        parser=_seconds,
        show_default=False,
        envvar=_twin(flag),
        show_envvar=False,
    )


def _twin(flag: str) -> str:
    return "I2V_" + flag.removeprefix("--").upper()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= LONGEST:
        raise ValueError
    return seconds


def _completion(words: list[str]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def _preset_names(incomplete: str) -> list[str]:
    from i2v_cli import presets

    return [name for name in presets.known() if name.startswith(incomplete)]


LONGEST = 1e9  # seconds

Text: TypeAlias = str | None
Switch: TypeAlias = bool | None

Image = Annotated[
    Path, typer.Argument(metavar="IMAGE", help="The photo that starts to move.", show_default=False)
]
Prompt = Annotated[
    str,
    typer.Argument(
        metavar="[PROMPT]",
        help="What happens, in a sentence; - reads standard input, @FILE a file. Some models read none.",
        show_default=False,
    ),
]
Preset = Annotated[
    Text,
    typer.Option(
        "-p",
        "--preset",
        metavar="NAME|FILE",
        help="Name or YAML file; `i2v presets list` shows them. [pocket]",
        show_default=False,
        autocompletion=_preset_names,
    ),
]
Source = Annotated[
    Text,
    value(
        "--source",
        "DIR|OWNER/NAME",
        "The model's files: a folder, or a repository of the hub, @REVISION behind it. [the published one]",
    ),
]
Pull = Annotated[
    bool, switch("--pull", "Bring the model from the hub when it is not here.", envvar="I2V_PULL")
]
Output = Annotated[
    Text,
    value(
        "--output",
        "PATH",
        "File, folder/ or - for standard output; {stem} {seed} {preset} {date} are filled in. "
        "[named after the input, numbered]",
        "-o",
    ),
]
Overwrite = Annotated[Switch, switch("--overwrite", "Replace the output when it exists.")]

Seconds = Annotated[Text, value("--seconds", "S", "Length in seconds. [from preset]")]
Frames = Annotated[Text, value("--frames", "N", "Length in frames, instead of --seconds. [from preset]")]
Fps = Annotated[Text, value("--fps", "N", "Frames per second. [from preset]")]
Size = Annotated[
    Text,
    value(
        "--size",
        "WxH|480p|720p|1080p|1440p|2160p",
        "Pixels; 720p: so many lines on the short side. [the photo's aspect, the preset's area]",
    ),
]
Fit = Annotated[
    Text, value("--fit", "crop|pad|blur|stretch", "How a photo of another aspect fills --size. [crop]")
]
Background = Annotated[
    Text, value("--background", "COLOUR", "Behind transparency: a name or #rrggbb. [white]")
]

Camera = Annotated[
    Text,
    value(
        "--camera",
        "PATH",
        '"pan right 15%, zoom in 10% over 2s; hold 1s", or a YAML or CSV file of keyframes. [as prompted]',
    ),
]

Motion = Annotated[
    Text,
    value(
        "--motion",
        "MASK:DX,DY",
        "What the mask shows goes this way, in pixels or percents: sail.png:8%,0; several with ';'.",
    ),
]
Drag = Annotated[
    Text,
    value(
        "--drag",
        "X0,Y0:X1,Y1",
        "What lies at a point goes to another, and what belongs to it: 40%,60%:50%,60%; several with ';'.",
    ),
]
Still = Annotated[Text, value("--still", "MASK", "What the mask shows never moves by itself.")]
Loop = Annotated[Switch, switch("--loop", "After the last frame comes the first, without a seam.")]

Seed = Annotated[Text, value("--seed", "N", "Same seed, same clip. [random, printed and recorded]")]
Steps = Annotated[Text, value("--steps", "N", "Denoising steps: more is finer and slower. [from preset]")]
Guidance = Annotated[Text, value("--guidance", "X", "How strongly the prompt is followed. [from preset]")]
MotionBucket = Annotated[
    Text,
    value("--motion-bucket", "1..255", "How much moves, for models that are told a number. [from preset]"),
]
Augment = Annotated[
    Text,
    value(
        "--augment",
        "X",
        "Noise put on the photo, 0 to 1, for models that take it: more departs from it. [from preset]",
    ),
]
Aesthetic = Annotated[
    Text,
    value("--aesthetic", "1..10", "How pleasing, for models that are told a score. [from preset]"),
]
MotionScore = Annotated[
    Text,
    value("--motion-score", "X", "How much moves, for models that are told a score: 1 to 10. [from preset]"),
]
Negative = Annotated[Text, value("--negative", "TEXT", "What the clip should not show. [from preset]")]
Sampler = Annotated[
    Text,
    value("--sampler", "euler|heun|dpmpp-2m|dpmpp-2m-sde", "How the steps are integrated. [from preset]"),
]
Shift = Annotated[
    Text, value("--shift", "X", "Above 1: more of the steps at high noise, where motion forms. [from preset]")
]

Cache = Annotated[
    Text,
    value(
        "--cache",
        "X",
        "Skip a step's blocks when the first one changed by less than X since the last: 0 never skips. [0]",
    ),
]

Device = Annotated[Text, value("--device", "auto|cuda|mps|cpu", "Where to compute. [auto]")]
Dtype = Annotated[Text, value("--dtype", "auto|bf16|fp16|fp32", "Number format of the networks. [auto]")]
Offload = Annotated[
    Text,
    value(
        "--offload",
        "auto|none|blocks|disk",
        "Where a large model waits: on the device, in the CPU's memory, on the disk. [auto: what fits]",
    ),
]
Threads = Annotated[
    Text, value("--threads", "N", "CPU threads. [all that this process may use; 1 where the machine is busy]")
]

Format = Annotated[
    Text, value("--format", "mp4|webm|gif|webp|frames", "Kind of file. [from the output's name, or mp4]")
]
Codec = Annotated[
    Text, value("--codec", "h264|h265|av1|vp9", "Encoding inside mp4 or webm. [h264, or vp9 in webm]")
]
Quality = Annotated[Text, value("--quality", "1..100", "Encoding quality; 100 is the largest file. [80]")]
Sheet = Annotated[Text, value("--sheet", "PATH", "Write a contact sheet of the clip too, as PNG.")]
Check = Annotated[
    Text,
    value(
        "--check",
        "off|warn|strict",
        "What a clip that stands still unasked or leaves its --camera path is: fine, a warning, exit 6; "
        "a black one is only fine with off. [warn]",
    ),
]
Metadata = Annotated[
    Text,
    value(
        "--metadata",
        "full|minimal|none",
        "Recipe in the file: all of it, all but prompt and names, none. [full]",
    ),
]
NoAiMark = Annotated[Switch, switch("--no-ai-mark", "Leave out the mark that says: made by AI.")]

CheckpointEvery = Annotated[
    Text,
    value(
        "--checkpoint-every",
        "N",
        "Save the latents each N steps, so that the same command goes on after a stop; 0: never. "
        "[about every half minute of runs over one minute]",
    ),
]
DecodeOnly = Annotated[
    Switch, switch("--decode-only", "Make the clip from latents that a failed run saved; denoise nothing.")
]
C2pa = Annotated[
    Switch, switch("--c2pa", "Sign Content Credentials into the file; WebM gets a .c2pa file beside it.")
]
C2paKey = Annotated[
    Text,
    value("--c2pa-key", "FILE", "Private key to sign with, PEM. [a self-made one, which proves no name]"),
]
C2paCert = Annotated[
    Text, value("--c2pa-cert", "FILE", "Certificates of that key, PEM, the signer's own first.")
]

NoLog = Annotated[bool, switch("--no-log", "Leave this run out of `i2v history`.", envvar="I2V_NO_LOG")]

Folder = Annotated[
    Path,
    typer.Option(
        "-o",
        "--output",
        metavar="FOLDER",
        help="Where the clips go, and the ledger. [the current folder]",
        show_default=False,
    ),
]
Retry = Annotated[
    int, number("--retry", "N", "Try N times more what may pass: crashes, full memory, timeouts. [0]", 0, 100)
]
KeepGoing = Annotated[
    Switch,
    typer.Option(
        "--keep-going/--fail-fast",
        help="Run what can be run, whatever fails; or stop at the first failure. "
        "[stop when memory, disk or weights fail]",
        show_default=False,
        envvar="I2V_KEEP_GOING",
        show_envvar=False,
    ),
]
Jobs = Annotated[int, number("--jobs", "N", "Processes that work at a time. [1]", 1, 256)]
Isolate = Annotated[bool, switch("--isolate", "A process of its own for every row.", envvar="I2V_ISOLATE")]
Timeout = Annotated[float | None, duration("--timeout", "Seconds that a row may take. [as long as it takes]")]
Limit = Annotated[int | None, number("--limit", "N", "Make N clips at most, this time. [all]", 1, 10**9)]
Archive = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write down what was made there too, and never make it again, wherever it is now.",
        show_default=False,
        envvar="I2V_ARCHIVE",
        show_envvar=False,
    ),
]
Wait = Annotated[
    float, duration("--wait", "Seconds to wait for another run that has the output or the GPU. [0]")
]
Ray = Annotated[
    Text,
    typer.Option(
        metavar="ADDRESS",
        help="Run on a Ray cluster that sees the same folders; auto: this machine's. [ray, an extra]",
        show_default=False,
        envvar="I2V_RAY",
        show_envvar=False,
    ),
]

DryRun = Annotated[
    bool, switch("--dry-run", "Show what would be done, and why, and stop.", envvar="I2V_DRY_RUN")
]
Json = Annotated[bool, switch("--json", "One JSON object on stdout at the end.", envvar="I2V_JSON")]
Events = Annotated[
    bool, switch("--events", "One JSON object a line on stdout, as it happens.", envvar="I2V_EVENTS")
]
Quiet = Annotated[bool, switch("--quiet", "Say nothing but errors on stderr.", "-q", "I2V_QUIET")]
Verbose = Annotated[
    bool, switch("--verbose", "Show every value and where it came from.", "-v", "I2V_VERBOSE")
]
