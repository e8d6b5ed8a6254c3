"""`i2v presets`: the YAML presets, and what they resolve to."""

from typing import Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result, yaml_value

# What a preset does not decide; the seed is drawn anew for each clip.
HIDDEN = {"image", "prompt", "preset", "output", "sheet", "overwrite", "ai_mark"}

app = typer.Typer(name="presets", help="The YAML presets.", rich_markup_mode=None)


@app.command("list")
def list_presets(json: options.Json = False) -> None:
    """Every preset by name, with what it is for.

    Your own ones lie in the folder `presets` of i2v's configuration; they go before those of the package.

    \b
    Examples:
      i2v presets list
      i2v presets list --json
    """
    from i2v_cli import presets

    found = [presets.read(path) for path in presets.known().values()]
    if json:
        rows = [{"name": one.name, "description": one.description, "path": one.path} for one in found]
        emit("result", {"presets": rows})
        return
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        result(f"{one.name:<{width}}  {one.description}".rstrip())


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME|FILE", help="A preset.", show_default=False)
    ] = "pocket",
    json: options.Json = False,
) -> None:
    """All values of a preset, those of its family included, and where each comes from.

    What it prints is a preset itself: save it, change it, give it to --preset.

    \b
    Examples:
      i2v presets show pocket-hd
      i2v presets show pocket > my.yaml
    """
    from i2v_cli.resolve import resolve

    resolved = resolve({"image": "photo", "preset": name}, {})
    values = resolved.request.model_dump(mode="json", exclude=HIDDEN)
    if resolved.origins["seed"] == "random":
        del values["seed"]
    if json:
        origins = {key: resolved.origins[key] for key in values}
        emit("result", {"name": resolved.request.preset, "values": values, "origins": origins})
        return
    for key, raw in values.items():
        line = f"{key}: {yaml_value(raw)}"
        result(f"{line:<28}  # {resolved.origins[key]}")
