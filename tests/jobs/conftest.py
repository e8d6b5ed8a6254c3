"""A folder to make clips in, and rows small enough to be made in a blink."""

from pathlib import Path

import pytest
from PIL import Image

from i2v_cli.jobs.batchfile import Row
from i2v_cli.jobs.job import Desk, Job
from i2v_cli.jobs.ledger import Ledger
from i2v_cli.presets import Value

TINY = {"prompt": "pan left", "size": "64x64", "frames": 5, "steps": 2, "check": "off", "device": "cpu"}


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """The current folder: a.png, b.png and c.png, which differ, and the empty folder clips."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("abc"):
        noise = Image.effect_noise((96, 64), 40 + 10 * number)
        noise.convert("RGB").save(f"{name}.png")
    Path("clips").mkdir()
    return tmp_path


@pytest.fixture
def row(here):
    """row(image="b.png", steps=3): a tiny one, with what is given."""

    def make(**given: object) -> Row:
        values = {"image": Path("a.png"), **TINY, **given}
        values["image"] = Path(str(values["image"]))
        return Row("rows.csv:2", {key: Value(raw, "row", "rows.csv:2") for key, raw in values.items()})

    return make


@pytest.fixture
def checked(here):
    """checked(row, ...) -> their jobs, none refused; the ledger is that of clips/."""

    def check(*rows: Row, overwrite: bool = False, **environment: str) -> list[Job]:
        jobs, refused = Desk(Ledger(Path("clips"))).check(rows, environment, overwrite=overwrite)
        assert refused == []
        return jobs

    return check
