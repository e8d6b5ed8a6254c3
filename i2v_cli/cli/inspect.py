"""`i2v inspect`: what a generated file says about itself."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result, yaml_value


def inspect(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A clip, or a folder of frames.", show_default=False),
    ],
    json: options.Json = False,
) -> None:
    """What a clip says about itself.

    The AI mark, Content Credentials (read by the extra `c2pa`), the recipe with what the checks saw, and the
    encoding. The clip is decoded to its end, so the count of frames is what is really there.

    \b
    Examples:
      i2v inspect photo.mp4
      i2v inspect photo.mp4 --json
    """
    from i2v_cli.media import metadata, provenance, video

    said = {**metadata.read(file), "c2pa": provenance.read(file)}
    facts = asdict(video.probe(file))
    facts["fps"] = facts["fps"] or None  # a folder of frames has no rate
    if json:
        emit("result", {"path": file, **said, "video": facts})
        return
    tables = {key: said.pop(key) for key in ("c2pa", "recipe")}
    for key, raw in {**said, **facts}.items():
        result(f"{key}: {yaml_value(raw)}")
    for key, table in tables.items():
        result(f"{key}:" if table else f"{key}: null")
        for line in _lines(table or {}, "  "):
            result(line)


def _lines(table: dict[str, object], indent: str) -> list[str]:
    lines = []
    for key, raw in table.items():
        if isinstance(raw, dict):
            lines += [f"{indent}{key}:", *_lines(raw, indent + "  ")]
        elif isinstance(raw, list):
            lines.append(f"{indent}{key}: [{', '.join(yaml_value(one) for one in raw)}]")
        else:
            lines.append(f"{indent}{key}: {yaml_value(raw)}")
    return lines
