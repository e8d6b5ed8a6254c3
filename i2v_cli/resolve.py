"""Flags, environment, a preset and its family's defaults become one `Request`; each value keeps its origin.

Family defaults < preset < environment < flags.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NoReturn

from i2v_cli import presets
from i2v_cli.control import camera
from i2v_cli.errors import UsageError
from i2v_cli.families import FAMILIES, config
from i2v_cli.presets import Preset, Value, did_you_mean, shown

if TYPE_CHECKING:
    from i2v_cli.request import Request

DEFAULT_PRESET = "pocket"
ARGUMENTS = ("image", "last", "prompt")
# They have no flag to be a twin of.
NOT_IN_ENVIRONMENT = frozenset(
    {*ARGUMENTS, "extend", "family", "variant", "area", "dynamic_guidance", "image_scale"}
)
# Variables that are no field of a request: the twins of flags that only `cli` knows.
OTHER_VARIABLES = frozenset(
    {
        "I2V_JSON",
        "I2V_EVENTS",
        "I2V_QUIET",
        "I2V_VERBOSE",
        "I2V_DRY_RUN",
        "I2V_NO_LOG",
        "I2V_DEBUG",
        "I2V_PULL",
        "I2V_WAIT",
        "I2V_RETRY",
        "I2V_KEEP_GOING",
        "I2V_JOBS",
        "I2V_ISOLATE",
        "I2V_TIMEOUT",
        "I2V_LIMIT",
        "I2V_ARCHIVE",
        "I2V_RAY",
    }
)
LENGTHS = ("seconds", "frames")
MEANT = {"gpu": "cuda"}  # values that people try
FILES = ("preset", "row")  # layers whose values are told as lines of a file


@dataclass(frozen=True, slots=True)
class Resolved:
    """`origins`: for every field of the request, in words, where its value came from."""

    request: "Request"
    origins: dict[str, str]


def resolve(flags: Mapping[str, object], environment: Mapping[str, str]) -> Resolved:
    """The request that `flags` make (by field name; None is not given). UsageError: what is wrong.

    A flag may be a `Value` that knows another place than the command line: the row of a batch.
    """
    from pydantic import ValidationError

    from i2v_cli.request import Request

    asked = {
        key: raw
        if isinstance(raw, Value)
        else Value(raw, "argument" if key in ARGUMENTS else "flag", flag(key))
        for key, raw in flags.items()
        if raw is not None
    }
    twins = _from_environment(environment)
    chosen = asked.get("preset") or twins.get("preset") or Value(DEFAULT_PRESET, "default")
    preset = presets.load(str(chosen.raw))
    values = _merge([_from_family(preset), preset.values, twins, asked])
    values["preset"] = Value(preset.name, chosen.layer, chosen.place)
    values.setdefault("seed", Value(secrets.randbelow(2**32), "random"))
    _infer_format(values)
    _read_camera(values)
    for key, value in values.items():
        _refuse_lookalike(key, value)
    try:
        request = Request.model_validate({key: value.raw for key, value in values.items()})
    except ValidationError as error:
        key = str(error.errors()[0]["loc"][0])
        _refuse(key, values[key])
    if request.camera is not None:
        camera.parse(request.camera, values["camera"].place)
    origins = {key: values[key].origin if key in values else "default" for key in Request.model_fields}
    return Resolved(request, origins)


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each I2V_ variable that nothing reads: a misspelt twin must not pass in silence."""
    known = OTHER_VARIABLES | {twin(key) for key in _twinned()}
    for name in sorted(environment):
        if name.startswith("I2V_") and name not in known:
            yield f"the variable {name} is not known and has no effect. {did_you_mean(name, known)}".rstrip()


def flag(key: str) -> str:
    """How the command line spells a field of the request."""
    if key in ARGUMENTS:
        return key.upper()
    return "--no-ai-mark" if key == "ai_mark" else "--" + key.replace("_", "-")


def twin(key: str) -> str:
    """The environment variable of a field: I2V_ and its flag."""
    return "I2V_" + flag(key).removeprefix("--").replace("-", "_").upper()


def allowed(key: str) -> str:
    """What a field of the request takes, in words: "a whole number from 1 to 500"."""
    schema = _schema(key)
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if "description" in schema:
        return str(schema["description"])
    if "maxLength" in schema:
        return f"UTF-8 text of at most {schema['maxLength']} characters"
    if "maximum" in schema:
        kind = "a whole number" if schema["type"] == "integer" else "a number"
        low = f"from {schema['minimum']}" if "minimum" in schema else f"above {schema['exclusiveMinimum']}"
        return f"{kind} {low} to {schema['maximum']}"
    return "true or false" if schema["type"] == "boolean" else "text"


def _twinned() -> list[str]:
    from i2v_cli.request import Request

    return [key for key in Request.model_fields if key not in NOT_IN_ENVIRONMENT]


def _from_environment(environment: Mapping[str, str]) -> dict[str, Value]:
    """An empty variable counts as not set."""
    from pydantic import TypeAdapter, ValidationError

    twins = {
        key: Value(environment[twin(key)], "environment", twin(key))
        for key in _twinned()
        if environment.get(twin(key))
    }
    if mark := twins.get("ai_mark"):  # I2V_NO_AI_MARK=1 says ai_mark: false
        with suppress(ValidationError):  # what is no yes or no stays, and is refused like any other value
            raw = not TypeAdapter(bool).validate_python(mark.raw)
            twins["ai_mark"] = Value(raw, mark.layer, mark.place)
    return twins


def _from_family(preset: Preset) -> dict[str, Value]:
    family = preset.values.get("family")
    if family is None:
        hint = f"add the line `family: {next(iter(FAMILIES))}`"
        raise UsageError(f"the preset {shown(preset.path)} names no family", hint)
    name = str(family.raw)
    if name not in FAMILIES:
        hint = did_you_mean(name, FAMILIES) or f"families: {', '.join(sorted(FAMILIES))}"
        raise UsageError(f"{family.place}: there is no family {shown(name)}", hint)
    return {key: Value(raw, "family", name) for key, raw in config(name).DEFAULTS.items()}


def _merge(layers: Iterable[dict[str, Value]]) -> dict[str, Value]:
    """Later layers win; a length pushes out the other kind of length that an earlier layer gave."""
    merged: dict[str, Value] = {}
    for layer in layers:
        given = [key for key in LENGTHS if key in layer and layer[key].raw is not None]
        if len(given) == len(LENGTHS):
            places = " and ".join(layer[key].place for key in LENGTHS)
            raise UsageError(f"seconds and frames are both given ({places})", "drop one of them")
        for key in LENGTHS if given else ():
            merged.pop(key, None)
        merged.update(layer)
    return merged


def _infer_format(values: dict[str, Value]) -> None:
    """The suffix of an output file decides the format; a format given beside it must agree."""
    from i2v_cli import request

    output, given = values.get("output"), values.get("format")
    if output is None or output.raw == "-" or str(output.raw).endswith(("/", os.sep)):
        return
    suffix = PurePath(str(output.raw)).suffix
    implied = request.SUFFIXES.get(suffix.lower())
    if given is not None and given.layer in ("flag", "row", "environment"):
        if implied is not None and given.raw != implied:
            raise UsageError(
                f"{given.place} {shown(given.raw)} and the output {shown(output.raw)} disagree",
                f"drop {given.place}, or end the output's name another way",
            )
    elif suffix:
        asked = format_of(str(output.raw), output.place, instead=", or add --format")
        values["format"] = Value(asked, "output name", shown(output.raw))


def format_of(output: str, place: str, instead: str = "") -> str:
    """What the end of the output's name asks for. UsageError: nothing known; the hint ends with `instead`."""
    from i2v_cli import request

    suffix = PurePath(output).suffix
    if suffix.lower() not in request.SUFFIXES:
        raise UsageError(
            f"{place} {shown(output)}: {shown(suffix)} is no format that i2v writes",
            f"end the name in {', '.join(request.SUFFIXES)}{instead}",
        )
    return request.SUFFIXES[suffix.lower()]


def _read_camera(values: dict[str, Value]) -> None:
    """A file of keyframes becomes its text: a request holds all of it. Presets hold the text themselves."""
    given = values.get("camera")
    if given is None or given.layer == "preset" or not camera.is_file(str(given.raw)):
        return
    path = Path(str(given.raw))
    values["camera"] = Value(camera.read(path), given.layer, f"{given.place} {shown(path.name)}")


def _refuse_lookalike(key: str, value: Value) -> None:
    """What pydantic lets through: true as the number 1, and NUL, which no file name holds."""
    from i2v_cli.request import Request

    stray_bool = isinstance(value.raw, bool) and Request.model_fields[key].annotation is not bool
    if stray_bool or (isinstance(value.raw, str) and "\0" in value.raw):
        _refuse(key, value)


def _refuse(key: str, value: Value) -> NoReturn:
    def spelled(raw: object) -> str:
        if value.layer == "environment":
            return f"{value.place}={shown(raw)}"
        return f"{key}: {shown(raw)}" if value.layer in FILES else f"{flag(key)} {shown(raw)}"

    schema = _schema(key)
    hint = "`i2v generate --help` tells what it takes"
    if key == "size" and re.fullmatch(r"\d+(x\d+)?", str(value.raw)):
        hint = "sides go from 16 to 8192 pixels" if "x" in str(value.raw) else f"lines end in p: {value.raw}p"
    elif near := get_close_matches(MEANT.get(str(value.raw), str(value.raw)), schema.get("enum", ()), n=1):
        hint = f"did you mean {spelled(near[0])}?"
    elif example := (*schema.get("examples", ()), *schema.get("enum", ()), schema.get("default"))[0]:
        hint = f"for example {spelled(example)}"
    where = f"{value.place}: " if value.layer in FILES else ""
    raise UsageError(f"{where}{spelled(value.raw)} is not {allowed(key)}", hint)


def _schema(key: str) -> dict[str, Any]:
    """The field's JSON schema, with the default preset's family to fill in its default."""
    from i2v_cli.request import Request

    schema: dict[str, Any] = Request.model_json_schema()["properties"][key]
    if "anyOf" in schema:  # what it takes besides null
        return next(option for option in schema["anyOf"] if option["type"] != "null")
    defaults = config(DEFAULT_PRESET).DEFAULTS
    return {"default": defaults[key], **schema} if key in defaults else schema
