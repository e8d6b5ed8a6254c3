"""Command lines drawn at random from what the commands say that they take."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rig
import typer
from hostile import NASTY

# What makes clips, trains or asks a machine is replaced by nothing; these commands can be given any words.
FREE = ("generate", "presets list", "presets show", "inspect", "history", "doctor", "train", "")
GOOD = (
    "photo.png", "pan left", "pocket", "pocket-hd", "3", "0.5", "16", "49", "64x64", "720p", "crop",
    "white", "#ff0000", "euler", "cpu", "fp32", "mp4", "h264", "80", "clip.mp4", "clip.webm",
    "{stem}.gif", "sheet.png", "warn", "full", "frames", "folder", "folder/",
)  # fmt: skip
ALWAYS = (
    "--help",
    "--version",
    "--json",
    "--events",
    "-q",
    "-v",
    "--dry-run",
    "--",
    "-h",
    "-o",
    "-x",
    "--no-such",
)


class Words:
    """Lines of words. Only `line` that names a command of FREE may do more than show its help."""

    def __init__(self, dice: random.Random, folder: Path) -> None:
        from i2v_cli.cli import app

        self._dice = dice
        rig.photo(folder)
        (folder / "folder").mkdir()
        (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        self._values = (*GOOD, *NASTY, "broken.png", "/dev/null", "/dev/full", str(folder), *ALWAYS)
        self._commands = dict(_commands(typer.main.get_command(app.build()), ""))
        _idle()

    def line(self) -> list[str]:
        dice = self._dice
        name = dice.choice([*self._commands, "generate", "generate", "generate"])
        line = name.split()
        if name == "generate" and dice.random() < 0.8:
            line += ["photo.png", "pan left"]
        for _ in range(dice.randint(0, 6)):
            line += self._word(self._commands[name])
        if dice.random() < 0.1:
            dice.shuffle(line)
        line = [
            word for word in line if not word.startswith("--install-completion")
        ]  # it writes into the home
        if not self._free(line):
            line = [word for word in line if word != "--"] + ["--help"]
        return line

    def _free(self, line: list[str]) -> bool:
        named = {word for command in self._commands if command not in FREE for word in command.split()}
        return not named & set(line)

    def _word(self, params: list[Any]) -> list[str]:
        dice = self._dice
        if not params or dice.random() < 0.2:
            return [dice.choice([*self._values, *ALWAYS])]
        param = dice.choice(params)
        value = dice.choice(GOOD if dice.random() < 0.4 else self._values)
        flag = dice.choice([*param.opts, *param.secondary_opts]) if param.param_type_name == "option" else ""
        if not flag:
            return [value]
        if getattr(param, "is_flag", False):
            return [flag]
        choices = (param.metavar or "").split("|")
        if len(choices) > 1 and dice.random() < 0.5:
            value = dice.choice(choices)
        return [f"{flag}={value}"] if dice.random() < 0.3 and flag.startswith("--") else [flag, value]


def _commands(command: Any, name: str) -> Iterator[tuple[str, list[Any]]]:
    yield name, command.params
    for inner, child in getattr(command, "commands", {}).items():
        yield from _commands(child, f"{name} {inner}".strip())


def _idle() -> None:
    """The work itself is left out: each of these takes seconds, and has proofs of its own."""
    from i2v_cli import doctor
    from i2v_cli import generate as straight_line
    from i2v_cli.media.check import Verdict
    from i2v_cli.training import evaluate, loop

    def generate(plan: Any, _report: object) -> straight_line.Result:
        verdict = Verdict(frames=5, brightness=99, motion=9, problems=())
        return straight_line.Result(
            path=plan.target, verdict=verdict, recipe={"check": {}}, seconds={}, peak_memory=None
        )

    straight_line.generate = generate
    doctor.examine = lambda: [doctor.Finding("i2v", "1")]
    loop.train = lambda config, _report: config.out
    evaluate.evaluate = lambda *_: []
