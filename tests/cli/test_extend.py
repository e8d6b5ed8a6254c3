"""`i2v extend` and `i2v transition`: what goes on, and what ends on another picture."""

import numpy as np
import pytest
from PIL import Image

from i2v_cli.media import metadata, playback, video

QUICK = ("--steps", "2", "--seed", "5", "--threads", "1", "-q")


def frames(path):
    return np.concatenate(list(playback.play(path)))


@pytest.fixture
def clip(run, folder):
    Image.effect_noise((64, 48), 60).convert("RGB").save("photo.png")
    assert (
        run("generate", "photo.png", "zoom in", "--size", "64x48", "--frames", "5", *QUICK, "-o", "a.mp4")
        == 0
    )
    return folder / "a.mp4"


def test_video_goes_on_and_keeps_what_it_held(clip, run, folder):
    assert run("extend", "a.mp4", "pan left", "--frames", "4", *QUICK, "-o", "b.mp4") == 0
    info = video.probe(folder / "b.mp4")
    assert (info.frames, info.width, info.height, info.fps) == (8, 64, 48, 16)
    old, new = frames(clip).astype(int), frames(folder / "b.mp4").astype(int)
    assert np.abs(old - new[:5]).mean() < 6  # written once more
    assert metadata.read(folder / "b.mp4")["ai_generated"]


def test_plan_counts_the_whole_and_knows_where_its_values_come_from(clip, run, capsys):
    assert run("extend", "a.mp4", "pan left", "--frames", "4", "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "clip: 8 frames 64x48 at 16 a second, 0.5 s, the last 3 of them new" in lines
    assert [line.split("# ")[1] for line in lines if line.startswith(("extend:", "size:", "fps:"))] == [
        "the input"
    ] * 3


def test_without_a_name_the_video_itself_stays(clip, run, folder, capsys):
    before = clip.read_bytes()
    assert run("extend", "a.mp4", "pan left", "--frames", "3", *QUICK) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "a-2.mp4"
    assert clip.read_bytes() == before


def test_output_that_is_the_video_itself_is_refused(clip, run, folder, capsys):
    before = clip.read_bytes()
    assert run("extend", "a.mp4", "pan left", "--overwrite", *QUICK, "-o", "a.mp4") == 2
    assert "is the video itself" in capsys.readouterr().err
    assert clip.read_bytes() == before


def test_folder_of_frames_goes_on_without_loss(run, folder):
    Image.effect_noise((64, 48), 60).convert("RGB").save("photo.png")
    tiny = ("--frames", "5", *QUICK, "--format", "frames")
    assert run("generate", "photo.png", "zoom in", "--size", "64x48", *tiny, "-o", "a") == 0
    assert run("extend", "a", "pan left", *tiny, "-o", "b") == 0
    assert np.array_equal(frames(folder / "a"), frames(folder / "b")[:5])
    assert len(frames(folder / "b")) == 9


def test_video_of_odd_sides_is_refused_before_the_work(run, folder, capsys):
    pictures = [Image.effect_noise((63, 47), 60).convert("RGB") for _ in range(3)]
    pictures[0].save("odd.gif", save_all=True, append_images=pictures[1:])
    assert run("extend", "odd.gif", "pan left", *QUICK) == 2
    assert "odd.gif is 63x47" in (said := capsys.readouterr().err) and "scale=" in said


def test_what_is_no_video_is_refused(run, folder, capsys):
    assert run("extend", "photo.png", "pan left", *QUICK) == 3
    assert "cannot read video photo.png" in capsys.readouterr().err


def test_clip_ends_on_the_other_picture(run, folder):
    for name in ("a.png", "b.png"):
        Image.effect_noise((64, 48), 60).convert("RGB").save(name)
    given = (
        "transition",
        "a.png",
        "b.png",
        "zoom in",
        "--size",
        "64x48",
        "--frames",
        "9",
        *QUICK,
        "-o",
        "clip-frames",
    )
    assert run(*given, "--format", "frames") == 0
    made = frames(folder / "clip-frames")
    assert np.array_equal(made[0], np.array(Image.open("a.png")))
    assert np.array_equal(made[-1], np.array(Image.open("b.png")))


@pytest.mark.parametrize("made", ["extend", "transition"])
def test_rerun_says_what_makes_it_again(made, clip, run, capsys):
    files = ("a.mp4",) if made == "extend" else ("photo.png", "photo.png")
    assert run(made, *files, "zoom in", "--frames", "4", *QUICK, "-o", "b.mp4") == 0
    assert run("rerun", "b.mp4", "--image", "photo.png") == 3
    assert f"`i2v {made}` with the same files and --seed 5" in capsys.readouterr().err


def test_second_picture_that_is_not_there_is_told(run, folder, capsys):
    assert run("transition", "photo.png", "none.png", *QUICK) == 3
    assert "none.png" in capsys.readouterr().err
