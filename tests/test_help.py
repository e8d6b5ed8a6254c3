"""docs/reference is what the program says of itself. `python tests/test_help.py --write` writes it anew."""

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import pytest

from i2v_cli import presets, resolve
from i2v_cli.cli import app, generate
from i2v_cli.cli.app import READER_LEFT
from i2v_cli.errors import ExitCode
from i2v_cli.families import FAMILIES, config
from i2v_cli.request import Request

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
WIDTH = "100"
COMMANDS = (
    "",
    "generate",
    "extend",
    "transition",
    "batch",
    "rerun",
    "presets",
    "presets list",
    "presets show",
    "models",
    "models list",
    "models info",
    "models pull",
    "models verify",
    "models rm",
    "inspect",
    "history",
    "doctor",
    "train",
)
GROUPS = ("", "presets", "models")
OF_PRESETS = {  # where there is no flag, or the flag takes more
    "camera": "pan right 15%, zoom in 10% over 2s; hold 1s: or the text of a file of keyframes.",
    "family": "The model family; it must be named.",
    "variant": "Which of the family's published models; `i2v models list` names them.",
    "dynamic_guidance": "Guidance swings between 1 and itself + 1 from step to step, as CogVideoX takes it.",
    "image_scale": "What the photo's latent is multiplied by, for CogVideoX.",
    "area": "Pixels of a frame where no size is given.",
}
MADE_BY = "<!-- Written by `python tests/test_help.py --write`; do not edit. -->"

PRESETS_INTRO = """
A preset is a flat YAML file of these keys and `description`: at most 64 kB, no anchors, tags or nesting.
What it leaves out comes from its family. It cannot set {forbidden}.

`i2v presets list` shows those that are found: in the folder `presets` of i2v's configuration, on Linux
`~/.config/i2v/presets`, then in the package. `i2v presets show NAME` prints all values, and what it prints
is a preset itself. `--preset FILE` takes any file.
"""


def help_of(command: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        app.build()(args=[*command.split(), "--help"], prog_name="i2v", standalone_mode=False)
    return said.getvalue()


def cli_page() -> str:
    """Every command's help as it is printed."""
    os.environ["COLUMNS"] = WIDTH
    parts = [MADE_BY, "# The command line"]
    for command in COMMANDS:
        parts += [f"## `{f'i2v {command}'.rstrip()}`", f"```text\n{help_of(command).strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def presets_page() -> str:
    """The keys of a preset: what each takes, its default and its meaning."""
    hints = get_type_hints(generate.generate, include_extras=True)
    rows = ["| key | takes | default of `pocket` | meaning |", "|---|---|---|---|"]
    family = config(resolve.DEFAULT_PRESET).DEFAULTS
    for key, field in Request.model_fields.items():
        if key in presets.FORBIDDEN:
            continue
        meaning = OF_PRESETS.get(key) or hints[key].__metadata__[0].help.partition(" [")[0]
        default = family.get(key, "" if field.is_required() or field.default in (None, "") else field.default)
        taken = ", ".join(FAMILIES) if key == "family" else resolve.allowed(key)
        rows.append(f"| `{key}` | {taken} | {default} | {meaning} |".replace("|  |", "| |"))
    forbidden = ", ".join(f"`{key}`" for key in sorted(presets.FORBIDDEN))
    intro = PRESETS_INTRO.format(forbidden=forbidden).strip()
    return "\n\n".join([MADE_BY, "# Presets", intro, "\n".join(rows)]) + "\n"


PAGES: dict[str, Callable[[], str]] = {"cli.md": cli_page, "presets.md": presets_page}


@pytest.mark.parametrize("name", PAGES)
def test_reference_is_what_the_program_says(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", WIDTH)
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "python tests/test_help.py --write"


def test_exit_codes_page_has_every_code_once():
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (\S*) ?\|", page, re.MULTILINE)
    known = [(str(code.value), f"`{code.name.lower()}`") for code in ExitCode]
    assert sorted(rows) == sorted([*known, (str(READER_LEFT), "")])


@pytest.mark.parametrize("command", [command for command in COMMANDS if command not in GROUPS])
def test_command_has_two_examples_in_its_help(command):
    examples = help_of(command).partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) == 2
    assert all(line.strip().startswith(f"i2v {command}") for line in examples)


@pytest.mark.parametrize(
    "key", [key for key in Request.model_fields if key not in resolve.NOT_IN_ENVIRONMENT]
)
def test_choices_in_the_help_are_those_that_are_taken(key):
    flag, allowed = resolve.flag(key), resolve.allowed(key)
    line = re.search(rf"^ .*{flag}(?![\w-])( [^ \n]+)?", help_of("generate"), re.MULTILINE)
    assert line is not None
    if allowed.startswith("one of "):
        assert line[1].strip().split("|") == allowed.removeprefix("one of ").split(", ")


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for page, text in PAGES.items():
        (REFERENCE / page).write_text(text(), encoding="utf-8")
