"""What outputs are called: templates, numbers, and what a hostile value may do to a path (nothing)."""

from datetime import date
from pathlib import Path

import pytest

from i2v_cli import naming
from i2v_cli.errors import UsageError
from i2v_cli.families.pocket.config import DEFAULTS
from i2v_cli.request import Request

TODAY = date(2026, 1, 31)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asking(output: str | None = None, image: str = "photo.png", **changed) -> Request:
    given = {"image": Path(image), "output": output, "preset": "pocket", "family": "pocket", "seed": 7}
    return Request(**(DEFAULTS | given | changed))


def first(request: Request) -> str:
    return next(naming.candidates(request, TODAY)).as_posix()


def test_name_is_the_photos_and_numbered_when_taken(here):
    assert first(asking()) == "photo.mp4"
    (here / "photo.mp4").touch()
    (here / "photo-2.mp4").touch()
    assert first(asking()) == "photo-3.mp4"


def test_name_lost_while_working_is_followed_by_the_next(here):
    names = naming.candidates(asking(), TODAY)
    assert next(names) == Path("photo.mp4")
    (here / "photo-2.mp4").touch()
    assert next(names) == Path("photo-3.mp4")


def test_dangling_link_counts_as_taken(here):
    (here / "photo.mp4").symlink_to("nowhere")
    assert first(asking()) == "photo-2.mp4"


@pytest.mark.parametrize(
    ("made", "name"), [("gif", "photo.gif"), ("webm", "photo.webm"), ("frames", "photo-frames")]
)
def test_name_has_the_formats_suffix(made, name):
    assert first(asking(format=made)) == name


def test_overwriting_takes_the_first_name_but_never_the_photo(here):
    (here / "photo.gif").touch()
    (here / "photo-2.gif").touch()
    assert first(asking(format="gif", overwrite=True)) == "photo.gif"
    assert first(asking(format="gif", image="photo.gif", overwrite=True)) == "photo-2.gif"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"last": "other.gif"}, "second picture"),
        ({"still": "other.gif"}, "mask"),
        ({"motion": "other.gif:1,1"}, "mask"),
    ],
)
def test_nothing_that_a_clip_is_made_from_is_its_output(here, given, what):
    (here / "other.gif").touch()
    with pytest.raises(UsageError, match=f"the {what}|a {what}"):
        first(asking("other.gif", format="gif", overwrite=True, **given))


@pytest.mark.parametrize(
    ("output", "ours"), [(None, True), ("clips/", True), (".", True), ("clip.mp4", False)]
)
def test_a_name_is_ours_unless_it_was_asked_for(output, ours):
    assert naming.is_ours(asking(output)) is ours


def test_photo_is_never_the_output(here):
    (here / "photo.gif").touch()
    with pytest.raises(UsageError, match="photo itself"):
        first(asking("./photo.gif", image="photo.gif", format="gif", overwrite=True))


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ("clip.mp4", "clip.mp4"),
        ("{stem}-{seed}.mp4", "photo-7.mp4"),
        ("{preset}/{date}/{stem}.mp4", "pocket/2026-01-31/photo.mp4"),
        ("a{{b}}.mp4", "a{b}.mp4"),
        ("../up.mp4", "../up.mp4"),
        ("%d.mp4", "%d.mp4"),
        ("out/", "out/photo.mp4"),
    ],
)
def test_asked_name_is_filled_in(output, name):
    assert first(asking(output)) == name


def test_asked_name_is_the_only_one(here):
    (here / "clip.mp4").touch()
    assert list(naming.candidates(asking("clip.mp4"))) == [Path("clip.mp4")]


def test_folder_gets_a_numbered_name(here):
    (here / "out").mkdir()
    (here / "out" / "photo.mp4").touch()
    assert first(asking("out")) == "out/photo-2.mp4"
    assert first(asking("out", format="frames")) == "out"


def test_dash_is_standard_output():
    assert naming.target(asking("-")) is None
    assert naming.target(asking("clip.mp4")) == Path("clip.mp4")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "{prompt}.mp4",
        "{0}.mp4",
        "{}.mp4",
        "{stem",
        "stem}",
        "{stem.parent}.mp4",
        "{stem!r}.mp4",
        "{seed:09d}.mp4",
        "{stem[0]}",
    ],
)
def test_what_cannot_be_filled_in_is_refused(output):
    with pytest.raises(UsageError) as caught:
        first(asking(output))
    assert caught.value.hint


HOSTILE = [
    "..", ".", "", " ", "...", "a/b", "..\\..\\x", "/etc/passwd", "a\0b", "a\nb", "\x1b]0;x\x07", "\u202egnp",
    "\udcff", "-rf", "con", "NUL.txt", "com1", "a:b", "a*?<>|\"", "x" * 300, "é" * 200, "trailing. . ",
    "\u2066a", "{seed}", "{", "~", "$(id)",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_value_stays_one_plain_part_of_a_name(value):
    plain = naming.sanitised(value)
    assert Path(plain).name == plain and plain not in ("", ".", "..")
    assert not set(plain) & set('/\\:*?"<>|') and plain.isprintable()
    assert not plain.startswith(("-", " ")) and not plain.endswith((".", " "))
    assert len(plain.encode()) <= 130


@pytest.mark.parametrize("stem", ["..%2f", "a\nb", "{seed}", "x" * 200, "\udcff"])
def test_photos_name_cannot_lead_the_template_elsewhere(stem, here):
    name = Path(first(asking("{stem}.mp4", image=f"{stem}.png")))
    assert name.parent == Path()
    assert str(name).isprintable()


@pytest.mark.parametrize(
    "sheet", ["photo.png", "./photo.png", "clip.png", "link.png", "sheet.jpg", "sheet", "x" * 300]
)
def test_sheet_is_another_png_than_photo_and_clip(sheet, here):
    (here / "photo.png").touch()
    (here / "link.png").symlink_to("photo.png")
    with pytest.raises(UsageError) as caught:
        naming.check_sheet(asking(sheet=Path(sheet)), Path("clip.png"))
    assert "--sheet" in caught.value.hint


@pytest.mark.parametrize("sheet", ["clip/sheet.png", "./clip/in/sheet.png", "sub/../clip/sheet.png"])
def test_sheet_does_not_lie_among_the_frames_of_the_clip(sheet, here):
    with pytest.raises(UsageError, match="folder of the frames"):
        naming.check_sheet(asking(sheet=Path(sheet), format="frames"), Path("clip"))


@pytest.mark.parametrize(
    "sheet", [None, Path("sheet.png"), Path("SHEET.PNG"), Path("sub/photo.png"), Path("x" * 300 + ".png")]
)
def test_sheet_of_its_own_is_taken(sheet, here):
    (here / "photo.png").touch()
    naming.check_sheet(asking(sheet=sheet), Path("photo.mp4"))
    naming.check_sheet(asking(sheet=sheet), None)
