"""One job at its bench, made for real: what is written down, and what an earlier run left."""

from dataclasses import replace
from pathlib import Path

import pytest

from i2v_cli.encoders.bert import BertEncoder
from i2v_cli.errors import CheckError, EncodingError
from i2v_cli.events import Stage, Warned
from i2v_cli.families.pocket.image_encoder import ImageEncoder
from i2v_cli.jobs import lock, work
from i2v_cli.jobs.ledger import NAME, Entry, Ledger, parsed, standing
from i2v_cli.jobs.task import Site, Task
from i2v_cli.media.video import probe


@pytest.fixture
def do(here):
    """do(job) -> its outcome, at a bench in this process; with the events that were reported."""
    events: list[object] = []

    def work_on(job, wait: float = 0):
        events.clear()
        with work.bench(site()) as bench:
            return bench.do(Task(job, wait), events.append), events

    return work_on


def site() -> Site:
    return Site(
        folder=Path("clips"), archive=None, devices=frozenset({"cpu"}), spare=0, wait=0, live=True, log=False
    )


def written() -> list[str]:
    """The states in the ledger, in their order."""
    lines = Path("clips", NAME).read_bytes().splitlines()
    entries = [parsed(line) for line in lines]
    return [entry.state for entry in entries if entry is not None]


def failing(monkeypatch, error: BaseException) -> None:
    def fail(_plan, _report):
        raise error

    monkeypatch.setattr(work, "generate", fail)


def test_job_is_made_and_written_down(row, checked, do):
    outcome, events = do(checked(row())[0])
    assert (outcome.fate, outcome.target) == ("made", "a.mp4")
    assert probe(Path("clips/a.mp4")).frames == 5
    assert written() == ["begun", "done"]
    assert any(isinstance(event, Stage) for event in events)
    assert sorted(path.name for path in Path("clips").iterdir()) == ["a.mp4", NAME]


def test_job_that_another_run_finished_meanwhile_is_kept(row, checked, do, monkeypatch):
    job = checked(row())[0]
    Path("clips/a.mp4").touch()
    Ledger(Path("clips")).append(Entry(state="done", key=job.key, target="a.mp4"))
    failing(monkeypatch, AssertionError("made again"))
    assert do(job)[0].fate == "kept"


def test_job_in_another_run_is_busy(row, checked, do, monkeypatch):
    failing(monkeypatch, AssertionError("made twice"))
    job = checked(row())[0]
    with lock.held(Path("clips/a.mp4")):
        outcome, _ = do(job)
    assert outcome.fate == "busy" and not Path("clips", NAME).exists()


def test_clip_that_was_published_before_the_kill_counts(row, checked, do, monkeypatch):
    job = checked(row())[0]
    do(job)
    ledger = Path("clips", NAME)
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])  # killed before "done"
    failing(monkeypatch, AssertionError("made again"))
    again = checked(row())[0]
    assert again.plan is not None
    assert do(again)[0].fate == "kept"
    assert written() == ["begun", "done"]


def test_sheet_that_was_lost_to_the_kill_is_made_with_its_clip(row, checked, do):
    sheet = {"sheet": Path("sheet.png")}
    do(checked(row(**sheet))[0])
    ledger = Path("clips", NAME)
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])
    Path("clips/sheet.png").unlink()
    assert do(checked(row(**sheet))[0])[0].fate == "made"
    assert Path("clips/sheet.png").exists()


def test_file_of_somebody_else_is_never_taken_for_the_clip(row, checked, do):
    job = checked(row())[0]
    Ledger(Path("clips")).append(Entry(state="begun", key=job.key, target="a.mp4"))
    Path("clips/a.mp4").write_bytes(b"mine")
    outcome, _ = do(checked(row())[0])
    assert (outcome.fate, outcome.code) == ("failed", "usage")
    assert Path("clips/a.mp4").read_bytes() == b"mine"


def test_old_file_under_overwrite_is_not_taken_for_the_clip(row, checked, do):
    do(checked(row())[0])
    old = Path("clips/a.mp4").read_bytes()
    job = checked(row(prompt="zoom in"), overwrite=True)[0]
    begun = Entry(state="begun", key=job.key, target="a.mp4", before=standing(Path("clips/a.mp4")))
    Ledger(Path("clips")).append(begun)
    assert do(checked(row(prompt="zoom in"), overwrite=True)[0])[0].fate == "made"
    assert Path("clips/a.mp4").read_bytes() != old


@pytest.mark.parametrize("error", [CheckError("step 1 gave NaN", "try"), EncodingError("died", "try")])
def test_failure_is_written_down_and_told(error, row, checked, do, monkeypatch):
    failing(monkeypatch, error)
    outcome, _ = do(checked(row())[0])
    assert (outcome.fate, outcome.message, outcome.hint) == ("failed", error.message, "try")
    assert outcome.code == error.exit_code.name.lower()
    assert written() == ["begun", "failed"]
    assert checked(row())[0].plan is not None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("ours")])
def test_what_is_no_failure_of_the_row_goes_through(error, row, checked, do, monkeypatch):
    failing(monkeypatch, error)
    with pytest.raises(type(error)):
        do(checked(row())[0])
    assert written() == ["begun"]


def test_warnings_belong_to_the_outcome(row, checked, do):
    outcome, events = do(checked(row(check="warn", prompt="word " * 200))[0])
    assert outcome.fate == "made"
    assert any("prompt is longer" in warning for warning in outcome.warnings)
    assert not any(isinstance(event, Warned) for event in events)


def test_networks_are_loaded_once_for_all_jobs(row, checked, monkeypatch):
    from i2v_cli.runtime import hold

    loaded = []
    build = hold.build

    def counted(make, files, **given):
        loaded.append((files, given["prefix"]))
        return build(make, files, **given)

    monkeypatch.setattr(hold, "build", counted)
    jobs = checked(row(), row(image="b.png"), row(image="c.png"))
    with work.bench(site()) as bench:
        frames = [bench.do(Task(job), lambda _: None) for job in jobs]
    assert [outcome.fate for outcome in frames] == ["made"] * 3
    assert len(loaded) == len(set(loaded))


def test_the_same_words_and_photo_are_encoded_once(row, checked, monkeypatch):
    encoded = []
    for encoder, encode in ((BertEncoder, BertEncoder.forward), (ImageEncoder, ImageEncoder.mean)):

        def counted(network, *given, encode=encode):
            encoded.append(type(network))
            return encode(network, *given)

        monkeypatch.setattr(encoder, encode.__name__, counted)
    jobs = checked(
        row(seed=1, output="1.mp4"), row(seed=2, output="2.mp4"), row(image="b.png", prompt="zoom in")
    )
    with work.bench(site()) as bench:
        outcomes = [bench.do(Task(job), lambda _: None) for job in jobs]
    assert [outcome.fate for outcome in outcomes] == ["made"] * 3
    assert encoded == [BertEncoder, ImageEncoder] * 2


def test_clip_is_the_same_alone_and_after_others(row, checked):
    jobs = checked(row(), row(image="b.png"))
    with work.bench(site()) as bench:
        for job in jobs:
            bench.do(Task(job), lambda _: None)
    first = Path("clips/b.mp4").read_bytes()
    Path("clips/b.mp4").unlink()
    with work.bench(replace(site(), spare=1 << 60)) as bench:  # so much is never free: nothing is kept
        bench.do(Task(checked(row(image="b.png"))[0]), lambda _: None)
    assert Path("clips/b.mp4").read_bytes() == first
