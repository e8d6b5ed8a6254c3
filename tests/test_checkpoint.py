"""What was denoised is not lost: saved whole, found by the same request only, gone on with to its end."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from i2v_cli import checkpoint
from i2v_cli.checkpoint import Checkpoint
from i2v_cli.errors import CheckError, EncodingError, Terminated, UsageError
from i2v_cli.events import Noted, Stage, Step, Warned
from i2v_cli.families.pocket import config
from i2v_cli.generate import generate
from i2v_cli.plan import plan
from i2v_cli.runtime.device import Runtime
from i2v_cli.sampling.samplers import State

RUNTIME = Runtime(device=torch.device("cpu"), dtype=torch.float32, threads=1)
WEIGHTS = ("a" * 64, "b" * 64)
STEPS = 4


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where checkpoints lie."""
    monkeypatch.setattr(checkpoint, "folder", lambda: tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


@pytest.fixture
def request_(make_request):
    return make_request(steps=STEPS)


@pytest.fixture
def path(folder, request_):
    return checkpoint.path(request_, "0" * 64, WEIGHTS)


@pytest.fixture
def opened(path, request_):
    """opened(every) -> a Checkpoint whose events are in the list `opened.told`."""

    def make(every=1, runtime=RUNTIME):
        return Checkpoint(path, request_, every, runtime, make.told.append)

    make.told = []
    return make


def state(done, previous=True):
    latents = torch.randn(1, 50, generator=torch.Generator().manual_seed(done))
    return State(latents, done, latents + 1 if previous else None)


def stopped(saved, done, error=Terminated, **more):
    """A run that keeps its states up to `done` and then meets `error`."""
    with pytest.raises(error), saved:
        for number in range(1, done + 1):
            saved.keep(state(number, **more))
        raise error("stopped")


def begun(saved):
    with pytest.raises(Terminated), saved:
        found = saved.state
        raise Terminated
    return found


@pytest.mark.parametrize("previous", [True, False])
def test_a_stopped_run_is_found_at_its_last_step_bit_for_bit(opened, previous):
    stopped(opened(every=100), 3, previous=previous)
    found, expected = begun(opened()), state(3, previous)
    assert found.done == 3
    assert torch.equal(found.latents, expected.latents)
    assert (found.previous is None) == (expected.previous is None)
    assert expected.previous is None or torch.equal(found.previous, expected.previous)


def test_a_run_that_ends_well_leaves_nothing(opened, folder):
    stopped(opened(), 2)
    with opened() as saved:
        saved.keep(state(3))
    assert list(folder.iterdir()) == []


def test_states_are_saved_as_often_as_was_asked(opened, path):
    with opened(every=2) as saved:
        saved.keep(state(1))
        assert not path.exists()
        saved.keep(state(2))
        first = path.stat().st_ino
        saved.keep(state(3))
        assert path.stat().st_ino == first
        saved.keep(state(STEPS))
        assert path.stat().st_ino != first


def test_without_checkpoints_only_what_is_denoised_to_the_end_is_kept(opened, path, folder):
    stopped(opened(every=0), 3)
    assert not folder.exists()
    stopped(opened(every=0), STEPS, EncodingError)
    assert begun(opened(every=0)).done == STEPS


def test_ctrl_c_leaves_nothing_where_no_checkpoints_were_asked_for(opened, folder):
    stopped(opened(every=0), STEPS, KeyboardInterrupt)
    assert not folder.exists()
    stopped(opened(every=1), 2, KeyboardInterrupt)
    assert begun(opened()).done == 2


def test_what_failed_its_check_is_not_gone_on_with(opened, path):
    stopped(opened(), STEPS, CheckError)
    assert not path.exists()


@pytest.mark.parametrize("every", [0, 1])
def test_of_a_damaged_file_nothing_is_used(opened, path, every):
    stopped(opened(), 2)
    whole = path.read_bytes()
    damaged = [whole[:cut] for cut in range(0, len(whole), 97)]
    damaged += [whole + b"\0", b"\xff" * 300, whole.replace(b'"done":"2"', b'"done":"9"')]
    damaged.append(whole.replace(b'"done":"2"', b'"gone":"2"'))
    for data in damaged:
        path.write_bytes(data)
        opened.told.clear()
        assert begun(opened(every)) is None
        assert any(isinstance(event, Warned) and "begins anew" in event.message for event in opened.told)


def test_latents_that_are_not_finite_are_not_used(opened, path):
    poisoned = State(torch.full((1, 50), float("nan")), 2)
    with pytest.raises(Terminated), opened() as saved:
        saved.keep(poisoned)
        raise Terminated
    assert path.exists() and begun(opened()) is None


def test_another_dtype_begins_anew_and_another_thread_count_is_told(opened):
    stopped(opened(), 2)
    assert begun(opened(runtime=replace(RUNTIME, threads=2))).done == 2
    assert any("last bits" in event.message for event in opened.told)
    assert begun(opened(runtime=replace(RUNTIME, dtype=torch.bfloat16))) is None


def test_two_runs_of_one_clip_do_not_share_a_checkpoint(opened, path):
    with opened() as first:
        first.keep(state(1))
        kept = path.read_bytes()
        with opened() as second:
            assert second.state is None
            second.keep(state(2))
        assert path.read_bytes() == kept
    assert any(isinstance(event, Noted) and "another run" in event.message for event in opened.told)
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_told_once_and_ends_no_run(opened, folder):
    folder.write_text("a file")
    with opened() as saved:
        for number in range(1, STEPS + 1):
            saved.keep(state(number))
    assert [type(event) for event in opened.told] == [Warned]
    stopped(opened(every=0), STEPS, EncodingError)


def test_a_full_disk_is_told_once_and_ends_no_run(opened, folder, path):
    path.mkdir(parents=True)  # nothing can be renamed to it
    (path / "x").touch()
    with opened() as saved:
        for number in range(1, STEPS + 1):
            saved.keep(state(number))
    warned = [
        event.message for event in opened.told if "no checkpoint is kept" in getattr(event, "message", "")
    ]
    assert len(warned) == 1


def test_old_checkpoints_and_what_killed_runs_left_are_removed(opened, folder):
    folder.mkdir()
    old, young = folder / "x-1.safetensors", folder / "x-2.safetensors"
    for file in (old, young, folder / "x-1.lock"):
        file.touch()
    ago = time.time() - checkpoint.KEPT_SECONDS - 60
    os.utime(old, (ago, ago))
    os.utime(folder / "x-1.lock", (ago, ago))
    with opened():
        assert young.exists() and not old.exists() and not (folder / "x-1.lock").exists()


# What a request says that leaves the latents as they are, and what changes them.
SAME = [
    {"output": "other.webm", "format": "webm", "codec": "vp9"},
    {"quality": 5, "sheet": "s.png", "check": "off", "metadata": "none", "ai_mark": False, "overwrite": True},
    {"checkpoint_every": 7, "decode_only": True, "threads": 2, "c2pa": True},
]
OTHER = [
    {"prompt": "zoom in"}, {"negative": "x"}, {"steps": 5}, {"guidance": 1.0}, {"sampler": "heun"},
    {"shift": 2.0}, {"size": "64x64"}, {"frames": 9}, {"fit": "pad"}, {"background": "red"},
    {"dtype": "fp32"}, {"seed": 2},
]  # fmt: skip


@pytest.mark.parametrize("changed", SAME, ids=str)
def test_what_comes_after_the_latents_does_not_matter(make_request, folder, changed):
    before = checkpoint.path(make_request(), "0" * 64, WEIGHTS)
    assert checkpoint.path(make_request(**changed), "0" * 64, WEIGHTS) == before


@pytest.mark.parametrize("changed", OTHER, ids=str)
def test_another_request_never_goes_on_with_it(make_request, folder, changed):
    before = checkpoint.path(make_request(), "0" * 64, WEIGHTS)
    assert checkpoint.path(make_request(**changed), "0" * 64, WEIGHTS) != before


def test_another_photo_or_other_weights_never_go_on_with_it(make_request, folder):
    before = checkpoint.path(make_request(), "0" * 64, WEIGHTS)
    assert checkpoint.path(make_request(), "1" * 64, WEIGHTS) != before
    assert checkpoint.path(make_request(), "0" * 64, ("c" * 64,)) != before


def test_every_field_of_a_request_that_is_left_out_of_the_key_exists(make_request):
    assert set(type(make_request()).model_fields) >= checkpoint.BEYOND


# From here on with the model.


QUICK = {"size": "64x64", "frames": 5, "steps": STEPS}


class Said:
    """A report that keeps events, and raises `error` at the step or stage `at`."""

    def __init__(self, at=None, error=Terminated):
        self.events, self.at, self.error = [], at, error

    def __call__(self, event):
        self.events.append(event)
        if self.at is not None and (event == self.at or (isinstance(event, Stage) and event.name == self.at)):
            raise self.error("stopped")

    @property
    def denoised(self):
        stage, steps = "", 0
        for event in self.events:
            stage = event.name if isinstance(event, Stage) else stage
            steps += isinstance(event, Step) and stage == "denoise"
        return steps


def frames_of(request, said=None):
    return generate(plan(request), said or Said()).recipe["frames_sha256"]


@pytest.fixture
def make(make_request, tmp_path, folder):
    def made(name="a.mp4", **changed):
        return make_request(**{**QUICK, "output": str(tmp_path / name), "threads": 1, **changed})

    return made


@pytest.mark.parametrize(("sampler", "stop"), [("euler", 2), ("heun", 3), ("dpmpp-2m", 1), ("dpmpp-2m", 3)])
def test_a_run_that_was_stopped_goes_on_to_the_same_frames(make, folder, sampler, stop):
    whole = frames_of(make("whole.mp4", sampler=sampler))
    request = make("cut.mp4", sampler=sampler, checkpoint_every=2)
    with pytest.raises(Terminated):
        generate(plan(request), Said(Step(stop, STEPS)))
    later = Said()
    assert frames_of(request, later) == whole
    assert later.denoised == STEPS - stop
    assert not list(folder.iterdir())


def test_after_a_failed_decode_the_clip_is_made_without_denoising(make, folder):
    with pytest.raises(EncodingError):
        generate(plan(make()), Said("decode", EncodingError))
    later = Said()
    made = frames_of(make("b.webm", format="webm", decode_only=True), later)
    assert later.denoised == 0
    assert made == frames_of(make("c.mp4"))


def test_decode_only_is_refused_before_the_work_when_nothing_is_saved(make, folder):
    with pytest.raises(UsageError, match="no latents"):
        plan(make(decode_only=True))
    with pytest.raises(Terminated):
        generate(plan(make(checkpoint_every=1)), Said(Step(2, STEPS)))
    with pytest.raises(UsageError, match="step 2 of 4"):
        plan(make(decode_only=True))


def test_a_command_without_a_seed_goes_on_with_that_of_the_stopped_run(make, folder):
    digests = config.weights().values()
    assert checkpoint.stopped_seed(make(seed=5), digests) is None
    with pytest.raises(Terminated):
        generate(plan(make(seed=7, checkpoint_every=1)), Said(Step(2, STEPS)))
    assert checkpoint.stopped_seed(make(seed=5), digests) == 7
    assert checkpoint.stopped_seed(make(seed=5, prompt="another"), digests) is None
    assert checkpoint.stopped_seed(make(seed=5), ("other",)) is None


def test_a_seed_is_not_taken_from_a_run_that_still_works(make, folder):
    digests, asked = config.weights().values(), []

    def report(event):
        if event == Step(2, STEPS):
            asked.append(checkpoint.stopped_seed(make(seed=5), digests))

    generate(plan(make(seed=7, checkpoint_every=1)), report)
    assert asked == [None]


def test_long_runs_have_checkpoints_by_default_and_short_ones_do_not(make_request):
    assert plan(make_request(output="-")).checkpoint_every == 0
    long = plan(make_request(output="-", size="1080p", steps=500, frames=300))
    assert 0 < long.checkpoint_every * long.seconds / 500 <= 30
    assert plan(make_request(output="-", checkpoint_every=3)).checkpoint_every == 3
    assert (
        plan(
            make_request(output="-", size="1080p", steps=500, frames=300, checkpoint_every=0)
        ).checkpoint_every
        == 0
    )


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_sigterm_saves_and_the_same_command_without_a_seed_goes_on(photo, tmp_path):
    flags = (
        "--size",
        "64x64",
        "--frames",
        "5",
        "--steps",
        "20",
        "--checkpoint-every",
        "100",
        "--events",
        "--threads",
        "1",
    )
    command = [sys.executable, "-m", "i2v_cli", "generate", str(photo), "pan left", *flags]
    here = tmp_path / "here"
    here.mkdir()
    home = os.environ | {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=here, env=home, text=True, **streams) as process:
        for line in process.stdout:
            if json.loads(line)["type"] == "step":
                break
        process.terminate()
        *_, last = process.stdout
    assert (process.returncode, json.loads(last)["exit_code"]) == (143, 143)
    assert list(here.iterdir()) == []
    again = subprocess.run(command, cwd=here, env=home, check=True, timeout=120, **streams)
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert sum(event.get("total") == 20 and event["type"] == "step" for event in events) < 20
    assert any("goes on after step" in event.get("message", "") for event in events)
    assert [path.name for path in here.iterdir()] == ["evening-glow.mp4"]
