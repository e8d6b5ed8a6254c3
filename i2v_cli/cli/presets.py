"""`i2v presets`: the YAML presets, and what they resolve to."""

from typing import Annotated, Any

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result, yaml_value
from i2v_cli.errors import UsageError

app = typer.Typer(name="presets", help="The YAML presets.", rich_markup_mode=None)


@app.command("list")
def list_presets(json: options.Json = False) -> None:
    """Every preset by name, with what it is for.

    Your own ones lie in the folder `presets` of i2v's configuration; they go before those of the package.
    One that cannot be read is listed with the reason.

    \b
    Examples:
      i2v presets list
      i2v presets list --json
    """
    from i2v_cli import presets

    rows: list[dict[str, Any]] = []
    for name, path in presets.known().items():
        description, error = "", None
        try:
            description = presets.read(path).description
        except UsageError as problem:
            error = problem.message
        rows.append({"name": name, "description": description, "path": path, "error": error})
    if json:
        emit("result", {"presets": rows})
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        told = f"error: {row['error']}" if row["error"] else row["description"]
        result(f"{row['name']:<{width}}  {told}".rstrip())


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
    from i2v_cli.presets import FORBIDDEN
    from i2v_cli.resolve import resolve

    resolved = resolve({"image": "photo", "preset": name}, {})
    values = resolved.request.model_dump(mode="json", exclude=set(FORBIDDEN))
    if resolved.origins["seed"] == "random":
        del values["seed"]
    if json:
        origins = {key: resolved.origins[key] for key in values}
        emit("result", {"name": resolved.request.preset, "values": values, "origins": origins})
        return
    for key, raw in values.items():
        line = f"{key}: {yaml_value(raw)}"
        result(f"{line:<28}  # {resolved.origins[key]}")
