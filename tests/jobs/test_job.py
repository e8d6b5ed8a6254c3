"""A row becomes a job: what its key depends on, where it may write, and what is refused before any work."""

import os
from pathlib import Path

import pytest
from PIL import Image

from i2v_cli.errors import FitError, InputError, UsageError
from i2v_cli.jobs.job import Desk
from i2v_cli.jobs.ledger import NAME, Entry, Ledger, standing
from i2v_cli.runtime import memory


def done(key: str, target: str, state: str = "done") -> None:
    """As if this row had been made."""
    Ledger(Path("clips")).append(Entry(state=state, key=key, target=target))


def test_key_is_the_same_every_time(row, checked):
    assert checked(row()) == checked(row())


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "zoom in"},
        {"steps": 3},
        {"seed": 1},
        {"output": "x.mp4"},
        {"image": "b.png"},
        {"frames": 6},
    ],
)
def test_key_changes_with_what_makes_another_clip(changed, row, checked):
    assert checked(row(**changed))[0].key != checked(row())[0].key


@pytest.mark.parametrize("changed", [{"threads": 2}, {"overwrite": True}, {"device": "auto"}])
def test_key_stays_with_how_it_is_made(changed, row, checked):
    assert checked(row(**changed))[0].key == checked(row())[0].key


def test_key_is_of_the_images_bytes_not_its_name(row, checked):
    Path("d.png").write_bytes(Path("a.png").read_bytes())
    before = checked(row(output="x.mp4"))[0].key
    assert checked(row(image="d.png", output="x.mp4"))[0].key == before
    Image.new("RGB", (96, 64)).save("d.png")
    assert checked(row(image="d.png", output="x.mp4"))[0].key != before


@pytest.mark.parametrize(
    "asked", [{"still": Path("mask.png")}, {"motion": "mask.png:10%,0"}], ids=["still", "motion"]
)
def test_key_is_of_the_masks_bytes_too(asked, row, checked):
    Image.new("L", (96, 64)).save("mask.png")
    before = checked(row(**asked))[0].key
    assert checked(row(**asked))[0].key == before
    Image.new("L", (96, 64), 255).save("mask.png")
    assert checked(row(**asked))[0].key != before


def test_seed_that_nobody_gave_follows_from_the_row(row, checked):
    seeds = [job.request.seed for job in checked(row(), row(prompt="zoom in", output="x.mp4"))]
    assert seeds[0] != seeds[1]
    assert seeds[0] == checked(row())[0].request.seed
    assert checked(row(seed=5))[0].request.seed == 5
    assert checked(row(), I2V_SEED="6")[0].request.seed == 6


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({}, "a.mp4"),
        ({"format": "gif"}, "a.gif"),
        ({"format": "frames"}, "a-frames"),
        ({"output": "{stem}-{seed}.webm", "seed": 3}, "a-3.webm"),
        ({"output": "sub/"}, "sub/a.mp4"),
        ({"output": "sub"}, "sub/a.mp4"),
        ({"output": "sub/{{x}}.mp4"}, "sub/{x}.mp4"),
    ],
)
def test_output_lies_in_the_output_folder(given, target, row, checked):
    Path("clips/sub").mkdir()
    job = checked(row(**given))[0]
    assert job.target == target
    assert job.plan is not None and job.plan.target == Path("clips") / target


def test_folder_with_braces_in_its_name_is_itself(row, here):
    (here / "{x}").mkdir()
    jobs, _ = Desk(Ledger(Path("{x}"))).check([row()], {}, overwrite=False)
    assert jobs[0].plan is not None and jobs[0].plan.target == Path("{x}/a.mp4")


def test_sheet_lies_there_too_and_its_fields_are_filled_in(row, checked):
    assert checked(row(sheet="{stem}.png"))[0].request.sheet == Path("clips/a.png")


@pytest.mark.parametrize(
    "output",
    [
        "../x.mp4",
        "/tmp/x.mp4",
        "a/../../x.mp4",
        "C:x.mp4",
        "C:\\x.mp4",
        "\\\\host\\x.mp4",
        "..",
        "-",
        "a\\..\\x.mp4",
    ],
)
@pytest.mark.parametrize("key", ["output", "sheet"])
def test_path_that_leads_out_is_refused(key, output, row):
    given = {"output": output} if key == "output" else {"sheet": Path(output)}
    _, refused = Desk(Ledger(Path("clips"))).check([row(**given)], {}, overwrite=True)
    assert len(refused) == 1 and isinstance(refused[0].error, UsageError)
    assert refused[0].error.message.startswith("rows.csv:2: ")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_link_that_leads_out_is_refused(row, here):
    (here / "clips" / "link").symlink_to(here)
    _, refused = Desk(Ledger(Path("clips"))).check([row(output="link/x.mp4")], {}, overwrite=True)
    assert "leads out of the folder clips by a link" in refused[0].error.message


def test_two_rows_with_one_output_are_refused_by_name(row, checked):
    with pytest.raises(UsageError, match=r"a\.png \(rows\.csv:2\) and b\.png .* both write clips.x\.mp4"):
        checked(row(output="x.mp4"), row(image="b.png", output="X.mp4".lower()))
    with pytest.raises(UsageError, match="both write"):
        checked(row(), row(prompt="zoom in"))


def test_rows_that_cannot_be_run_are_all_told_with_their_place(row):
    rows = [row(), row(image="none.png"), row(steps=0), row(preset="pockt")]
    jobs, refused = Desk(Ledger(Path("clips"))).check(rows, {}, overwrite=False)
    assert len(jobs) == 1
    assert [type(one.error) for one in refused] == [InputError, UsageError, UsageError]
    assert refused[1].error.message.startswith("rows.csv:2: steps: 0 is not a whole number from 1 to 500")


def test_disk_is_checked_for_all_rows_together(row, checked, monkeypatch):
    one = checked(row())[0].plan.disk_bytes
    monkeypatch.setattr(memory, "disk_free", lambda _path: one)
    checked(row())
    with pytest.raises(FitError, match="for all rows do not fit"):
        checked(row(), row(image="b.png"))


def test_row_in_the_ledger_whose_output_stands_is_done(row, checked):
    job = checked(row())[0]
    done(job.key, job.target)
    assert checked(row())[0].plan is not None  # its output is gone
    Path("clips/a.mp4").touch()
    assert checked(row())[0].plan is None


def test_row_in_the_archive_is_done_wherever_its_output_is(row):
    ledger = Ledger(Path("clips"), Path("archive.jsonl"))
    (job,), _ = Desk(ledger).check([row()], {}, overwrite=False)
    ledger.append(Entry(state="done", key=job.key, target=job.target))
    Path("clips", NAME).unlink()
    (again,), _ = Desk(Ledger(Path("clips"), Path("archive.jsonl"))).check([row()], {}, overwrite=False)
    assert again.plan is None


def test_output_that_other_settings_made_stays_without_overwrite(row, checked):
    job = checked(row())[0]
    done(job.key, job.target)
    Path("clips/a.mp4").touch()
    _, refused = Desk(Ledger(Path("clips"))).check([row(steps=3)], {}, overwrite=False)
    assert "exists" in refused[0].error.message and "--overwrite" in refused[0].error.hint
    assert checked(row(steps=3), overwrite=True)[0].plan is not None


def test_overwrite_does_not_make_again_what_is_done(row, checked):
    job = checked(row())[0]
    done(job.key, job.target)
    Path("clips/a.mp4").touch()
    assert checked(row(), overwrite=True)[0].plan is None


def test_row_that_was_begun_may_be_run_again_though_its_output_stands(row, checked):
    job = checked(row())[0]
    done(job.key, job.target, "begun")
    Path("clips/a.mp4").touch()
    again = checked(row())[0]
    assert again.plan is not None and again.plan.request.overwrite is False
    assert standing(Path("clips/a.mp4")) is not None
