"""What the straight line says while it works: small frozen events, given to one `Report`.

Nothing below `cli` prints, logs or draws; `cli/progress.py` turns these into a bar, plain lines or JSON.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

StageName: TypeAlias = Literal["pull", "load", "encode", "denoise", "decode", "write"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage begins; the one before it has ended. `total` counts its steps, 0 when they are not counted."""

    name: StageName
    total: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """`done` of `total` steps of the current stage are finished: denoising steps or decoded frames."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Wrote:
    """A complete file stands at `path`: the clip (`kind` "video") or its contact sheet (`kind` "sheet")."""

    path: Path
    kind: Literal["video", "sheet"] = "video"


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know that does not stop the work."""

    message: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the user may like to know: what was cropped, how training goes."""

    message: str


Event: TypeAlias = Stage | Step | Wrote | Warned | Noted
Report: TypeAlias = Callable[[Event], None]
