"""Which published model a request means, where its parts lie, and what their json files say."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from i2v_cli.errors import ModelError, UsageError
from i2v_cli.request import Request
from i2v_cli.weights import hub
from i2v_cli.weights.component import Component, Files

Config = TypeVar("Config")
Models: TypeAlias = Mapping[str, tuple[Component, ...]]
"""A family's `COMPONENTS`: its models by name, and what each is made of."""


def variant(request: Request, models: Models) -> str:
    """A key of `models`, the first where the request says none; UsageError for one that is not there."""
    name = request.variant or next(iter(models))
    if name not in models:
        raise UsageError(f"{request.family} has no variant {name[:40]!r}", f"variants: {', '.join(models)}")
    return name


def parts(request: Request, models: Models) -> dict[str, Files]:
    """Every part by its name. NotHereError: to be fetched first. ModelError: the files are no good."""
    name = variant(request, models)
    return hub.locate_all(name, models[name], source=request.source)


def part(request: Request, models: Models, name: str) -> Files:
    """One of them, whether the others are here or not."""
    component = next(each for each in models[variant(request, models)] if each.name == name)
    return hub.locate(component, source=request.source)


def parsed(name: str, raw: dict[str, Any], parse: Callable[[dict[str, Any]], Config]) -> Config:
    """What `parse` makes of a part's json; a ValueError, or what it lacks or has of another type, is a
    ModelError.
    """
    try:
        return parse(raw)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        said = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ModelError(
            f"the config of {name} describes nothing that i2v knows: {said[:120]}",
            "choose another --preset; `i2v models verify` tells whether the file is damaged",
        ) from error


def expect(raw: dict[str, Any], known: dict[str, object]) -> None:
    """ValueError where `raw` says otherwise than the code, which knows one way only.

    A key that an older file lacks had the value that is known.
    """
    for key, value in known.items():
        if raw.get(key, value) != value:
            raise ValueError(f"{key} is {raw[key]!r}, not {value!r}")
