"""Who wins, where each value came from, and how a wrong one is told."""

from pathlib import Path

import pytest
import typer.main

from i2v_cli import presets, resolve
from i2v_cli.cli import app
from i2v_cli.errors import UsageError
from i2v_cli.families.pocket.config import DEFAULTS
from i2v_cli.request import Request

GIVEN = {"image": Path("photo.png"), "prompt": "pan"}


@pytest.fixture(autouse=True)
def only_shipped(monkeypatch):
    monkeypatch.setattr(presets, "folders", lambda: [Path(__file__).parent.parent / "presets"])


@pytest.fixture
def preset(tmp_path):
    """Writes lines to a preset beside `family: pocket` and gives its path."""

    def write(lines: str) -> str:
        path = tmp_path / "own.yaml"
        path.write_text(f"family: pocket\n{lines}\n")
        return str(path)

    return write


def refused(flags: dict, environment: dict | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        resolve.resolve(GIVEN | flags, environment or {})
    return caught.value


@pytest.mark.parametrize(
    ("flags", "environment", "line", "steps", "origin"),
    [
        ({"steps": "10"}, {"I2V_STEPS": "20"}, "steps: 30", 10, "flag --steps"),
        ({}, {"I2V_STEPS": "20"}, "steps: 30", 20, "environment I2V_STEPS"),
        ({}, {}, "steps: 30", 30, "preset own.yaml:2"),
        ({}, {}, "", DEFAULTS["steps"], "family pocket"),
    ],
)
def test_flag_before_environment_before_preset_before_family(flags, environment, line, steps, origin, preset):
    resolved = resolve.resolve(GIVEN | flags | {"preset": preset(line)}, environment)
    assert (resolved.request.steps, resolved.origins["steps"]) == (steps, origin)


def test_every_field_has_an_origin():
    resolved = resolve.resolve(GIVEN, {})
    assert resolved.origins.keys() == Request.model_fields.keys()
    assert resolved.origins["image"] == "argument IMAGE"
    assert resolved.origins["fit"] == "default"


def test_seed_is_random_and_told_so_unless_given():
    first, second = resolve.resolve(GIVEN, {}), resolve.resolve(GIVEN, {})
    assert first.request.seed != second.request.seed
    assert first.origins["seed"] == "random"
    assert resolve.resolve(GIVEN | {"seed": "7"}, {}).origins["seed"] == "flag --seed"


EXAMPLES = {
    "preset": "pocket-hd", "source": "owner/name",
    "seconds": "2", "frames": "9", "fps": "12", "size": "96x64", "fit": "pad",
    "background": "#102030", "seed": "5", "steps": "3", "guidance": "1.5", "negative": "blur",
    "sampler": "heun", "shift": "2", "device": "cpu", "dtype": "fp32", "threads": "1",
    "checkpoint_every": "3", "decode_only": "true", "c2pa": "yes", "c2pa_key": "key.pem",
    "c2pa_cert": "cert.pem", "output": "a.webm",
    "overwrite": "true", "format": "webm", "codec": "vp9", "quality": "50", "sheet": "s.png",
    "check": "off", "metadata": "none", "ai_mark": "1", "camera": "pan right 5%",
    "motion": "mask.png:5%,0", "drag": "10%,20%:15%,20%", "still": "mask.png", "loop": "true",
    "motion_bucket": "60", "augment": "0.1", "cache": "0.1", "offload": "disk",
    "aesthetic": "6", "motion_score": "4",
}  # fmt: skip


def test_the_twins_are_those_of_every_flag():
    assert EXAMPLES.keys() == Request.model_fields.keys() - resolve.NOT_IN_ENVIRONMENT


@pytest.mark.parametrize("key", EXAMPLES)
def test_flag_has_an_environment_twin(key):
    name = resolve.twin(key)
    resolved = resolve.resolve(GIVEN, {name: EXAMPLES[key]})
    assert resolved.origins[key] == f"environment {name}"


@pytest.mark.parametrize("raw", ["1", "on", "true", "yes", "y", "t", "YES", "On"])
def test_mark_is_left_out_by_its_twin(raw):
    assert resolve.resolve(GIVEN, {"I2V_NO_AI_MARK": raw}).request.ai_mark is False


@pytest.mark.parametrize("raw", ["0", "off", "false", "no", "n", "f", "NO", "Off"])
def test_mark_stays_when_its_twin_says_no(raw):
    assert resolve.resolve(GIVEN, {"I2V_NO_AI_MARK": raw}).request.ai_mark is True


@pytest.mark.parametrize("raw", ["maybe", "2", "-1", " on", "none"])
def test_twin_of_the_mark_that_says_neither_is_refused(raw):
    assert "I2V_NO_AI_MARK=" in refused({}, {"I2V_NO_AI_MARK": raw}).message


def test_file_of_keyframes_becomes_its_text_and_keeps_its_name(tmp_path):
    path = tmp_path / "path.csv"
    path.write_text("time,pan\n2,15\n")
    resolved = resolve.resolve(GIVEN | {"camera": str(path)}, {})
    assert resolved.request.camera == "time,pan\n2,15\n"
    assert resolved.origins["camera"] == "flag --camera path.csv"
    path.write_text("time,pan\n2,far\n")
    assert "--camera path.csv:2: pan far" in refused({"camera": str(path)}).message


def test_preset_may_hold_a_path_but_names_no_file(preset):
    request = resolve.resolve(GIVEN | {"preset": preset("camera: tilt up 5%")}, {}).request
    assert request.camera == "tilt up 5%"
    error = refused({"preset": preset("camera: path.csv")})
    assert error.message == "own.yaml:2, character 1: 'path' is no move"


def test_wrong_word_of_a_path_is_told_with_its_place():
    error = refused({}, {"I2V_CAMERA": "pan rihgt 5%"})
    assert error.message == "I2V_CAMERA, character 5: 'rihgt' is no direction of pan"
    assert error.excerpt == ("pan rihgt 5%", "    ^^^^^")


def test_empty_variable_is_not_set():
    assert resolve.resolve(GIVEN, {"I2V_STEPS": "", "I2V_PRESET": ""}).request.steps == DEFAULTS["steps"]


def test_image_and_prompt_have_no_variables():
    resolved = resolve.resolve(
        GIVEN, {"I2V_IMAGE": "x", "I2V_PROMPT": "x", "I2V_AREA": "5000", "I2V_FAMILY": "x"}
    )
    assert resolved.request.prompt == "pan"
    assert resolved.request.area == 768 * 512


def test_misspelt_variable_names_the_nearest():
    told = list(resolve.unknown_variables({"I2V_STEP": "1", "I2V_JSON": "1", "PATH": "", "I2V_DEBUG": "1"}))
    assert told == ["the variable I2V_STEP is not known and has no effect. did you mean I2V_STEPS?"]


def test_no_variable_that_a_flag_reads_is_called_unknown():
    commands = [typer.main.get_command(app.build())]
    for command in commands:
        commands += getattr(command, "commands", {}).values()
    read = {param.envvar for command in commands for param in command.params if param.envvar}
    assert len(read) > 10
    assert list(resolve.unknown_variables(dict.fromkeys(read, "1"))) == []


def test_length_of_a_later_layer_pushes_out_the_other_kind():
    request = resolve.resolve(GIVEN | {"seconds": "2"}, {"I2V_FRAMES": "9"}).request
    assert (request.seconds, request.frames) == (2, None)
    request = resolve.resolve(GIVEN | {"frames": "9", "preset": "pocket-hd"}, {}).request
    assert (request.seconds, request.frames) == (None, 9)


def test_two_lengths_of_one_layer_are_refused():
    assert "--seconds and --frames" in refused({"seconds": "2", "frames": "9"}).message
    assert "I2V_SECONDS and I2V_FRAMES" in refused({}, {"I2V_SECONDS": "2", "I2V_FRAMES": "9"}).message


@pytest.mark.parametrize(
    ("output", "made"),
    [
        ("a.mp4", "mp4"),
        ("a.MP4", "mp4"),
        ("b/{seed}.gif", "gif"),
        ("a.webp", "webp"),
        ("a.webm", "webm"),
        ("a", "mp4"),
    ],
)
def test_output_tells_the_format(output, made):
    assert resolve.resolve(GIVEN | {"output": output}, {}).request.format == made


def test_format_beside_an_output_must_agree():
    assert resolve.resolve(GIVEN | {"output": "a.gif", "format": "gif"}, {}).request.format == "gif"
    assert resolve.resolve(GIVEN | {"output": "a.v2", "format": "gif"}, {}).request.format == "gif"
    assert resolve.resolve(GIVEN | {"output": "-", "format": "mp4"}, {}).request.format == "mp4"
    assert "disagree" in refused({"output": "a.gif", "format": "mp4"}).message
    assert "disagree" in refused({"output": "a.gif"}, {"I2V_FORMAT": "webm"}).message


def test_output_folder_tells_no_format():
    assert resolve.resolve(GIVEN | {"output": "2026.01/"}, {}).request.format == "mp4"
    assert resolve.resolve(GIVEN | {"output": "clips.gif/", "format": "webm"}, {}).request.format == "webm"
    assert resolve.resolve(GIVEN | {"output": "frames", "format": "frames"}, {}).request.format == "frames"


def test_output_goes_before_the_presets_format(preset):
    flags = {"preset": preset("format: gif"), "output": "a.webm"}
    resolved = resolve.resolve(GIVEN | flags, {})
    assert (resolved.request.format, resolved.origins["format"]) == ("webm", "output name a.webm")


def test_unknown_suffix_names_the_known_ones():
    error = refused({"output": "a.avi"})
    assert ".avi" in error.message and ".mp4" in error.hint


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        (
            {"steps": "0"},
            "--steps 0 is not a whole number from 1 to 500",
            f"--steps {DEFAULTS['steps']}",
        ),
        ({"steps": "2.5"}, "--steps 2.5 is not a whole number", f"--steps {DEFAULTS['steps']}"),
        ({"steps": "many"}, "--steps many is not", f"--steps {DEFAULTS['steps']}"),
        ({"seconds": "0"}, "--seconds 0 is not a number above 0 to 600", "--seconds 3"),
        ({"seconds": "nan"}, "--seconds nan is not a number", "--seconds 3"),
        (
            {"guidance": "inf"},
            "--guidance inf is not a number from 0 to 30",
            f"--guidance {DEFAULTS['guidance']}",
        ),
        ({"fit": "corp"}, "--fit corp is not one of crop, pad, blur, stretch", "did you mean --fit crop?"),
        ({"sampler": "zzz"}, "--sampler zzz is not one of euler", "for example --sampler euler"),
        ({"size": "720"}, "--size 720 is not WxH, 480p", "lines end in p: 720p"),
        ({"background": "#12"}, "--background #12 is not a colour name", "--background white"),
        ({"seed": "-1"}, "--seed -1 is not a whole number from 0", "--seed 7"),
        ({"prompt": "x" * 20_001}, "is not UTF-8 text of at most 20000 characters", "--help"),
        ({"prompt": "a\0b"}, "is not UTF-8 text", "--help"),
        ({"prompt": "a\udcff"}, "is not UTF-8 text", "--help"),
    ],
)
def test_wrong_flag_tells_value_range_and_example(flags, message, hint):
    error = refused(flags)
    assert message in error.message and hint in error.hint
    assert len(error.message) < 200


def test_wrong_variable_is_told_as_one():
    error = refused({}, {"I2V_FIT": "corp"})
    assert error.message == "I2V_FIT=corp is not one of crop, pad, blur, stretch"
    assert error.hint == "did you mean I2V_FIT=crop?"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("steps: 0", "own.yaml:2: steps: 0 is not a whole number from 1 to 500"),
        ("steps: true", "own.yaml:2: steps: true is not a whole number"),
        ("steps: no", "own.yaml:2: steps: no is not a whole number"),
        ("steps:", "own.yaml:2: steps: null is not a whole number"),
        ("negative: 5", "own.yaml:2: negative: 5 is not UTF-8 text"),
        ("guidance: .inf", "own.yaml:2: guidance: .inf is not a number"),
        ('negative: "a\\0b"', "own.yaml:2: negative: a\0b is not UTF-8 text"),
    ],
)
def test_wrong_line_of_a_preset_is_told_with_its_place(line, message, preset):
    assert message in refused({"preset": preset(line)}).message


def test_preset_without_a_family_or_with_an_unknown_one_is_refused(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("steps: 8\n")
    assert "names no family" in refused({"preset": str(path)}).message
    path.write_text("family: poket\n")
    error = refused({"preset": str(path)})
    assert "own.yaml:1: there is no family poket" in error.message
    assert error.hint == "did you mean pocket?"


@pytest.mark.parametrize("name", ["pocket", "pocket-draft", "pocket-hd"])
def test_shipped_preset_resolves(name):
    resolved = resolve.resolve(GIVEN | {"preset": name}, {})
    assert resolved.request.preset == name


def test_pocket_is_the_default_and_draft_is_less_work():
    pocket = resolve.resolve(GIVEN, {}).request
    draft = resolve.resolve(GIVEN | {"preset": "pocket-draft"}, {}).request
    assert pocket.preset == "pocket"
    assert draft.steps < pocket.steps and draft.area < pocket.area and draft.fps < pocket.fps


def test_odd_bytes_of_a_name_survive():
    request = resolve.resolve(
        {"image": Path("n\udcff.png"), "prompt": "", "output": "o\udcff.mp4"}, {}
    ).request
    assert (str(request.image), request.output) == ("n\udcff.png", "o\udcff.mp4")
