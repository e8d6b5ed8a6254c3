"""A result appears whole, in one step, and never over something that the user has."""

import errno
import io
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from i2v_cli.errors import EncodingError, FitError, UsageError
from i2v_cli.media import publish

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX")


@pytest.fixture
def temp(tmp_path):
    path = publish.temporary(tmp_path / "clip.mp4", ".mp4")
    path.write_bytes(b"new")
    return path


def test_finished_file_gets_its_name_and_the_temporary_one_goes(tmp_path, temp):
    publish.publish(temp, tmp_path / "clip.mp4", overwrite=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]


def test_existing_file_is_kept_without_overwrite(tmp_path, temp):
    (tmp_path / "clip.mp4").write_bytes(b"old")
    with pytest.raises(UsageError, match="exists"):
        publish.publish(temp, tmp_path / "clip.mp4", overwrite=False)
    assert (tmp_path / "clip.mp4").read_bytes() == b"old"


def test_existing_file_is_replaced_with_overwrite(tmp_path, temp):
    (tmp_path / "clip.mp4").write_bytes(b"old")
    publish.publish(temp, tmp_path / "clip.mp4", overwrite=True)
    assert (tmp_path / "clip.mp4").read_bytes() == b"new"


def test_file_system_without_hard_links_still_keeps_what_exists(tmp_path, temp, monkeypatch):
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    publish.publish(temp, tmp_path / "clip.mp4", overwrite=False)
    again = publish.temporary(tmp_path / "clip.mp4", ".mp4")
    again.write_bytes(b"newer")
    with pytest.raises(UsageError, match="exists"):
        publish.publish(again, tmp_path / "clip.mp4", overwrite=False)
    assert (tmp_path / "clip.mp4").read_bytes() == b"new"


@posix
@pytest.mark.parametrize(("number", "fine"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_only_a_folder_that_cannot_be_synced_is_no_fault(tmp_path, temp, monkeypatch, number, fine):
    def for_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", for_files_only)
    if fine:
        publish.publish(temp, tmp_path / "clip.mp4", overwrite=False)
        assert (tmp_path / "clip.mp4").read_bytes() == b"new"
    else:
        with pytest.raises(EncodingError):
            publish.publish(temp, tmp_path / "clip.mp4", overwrite=False)


def test_full_disk_and_other_refusals_have_their_own_errors(tmp_path):
    assert isinstance(publish.disk_error(tmp_path, OSError(errno.ENOSPC, "No space left")), FitError)
    assert isinstance(publish.disk_error(tmp_path, OSError(errno.EIO, "I/O error")), EncodingError)


def test_temporary_name_is_plain_ascii_in_the_same_folder(tmp_path):
    temp = publish.temporary(tmp_path / "-%d \n\u00fc.mp4", ".mp4")
    assert temp.parent == tmp_path
    assert publish.PART_NAME.fullmatch(temp.name)
    assert temp.name.isascii()


# Early refusals


def refused(target: Path, **options: bool) -> str:
    start = time.perf_counter()
    with pytest.raises(UsageError) as caught:
        publish.check_target(target, **{"overwrite": False, **options})
    assert time.perf_counter() - start < 0.1
    assert caught.value.hint
    return caught.value.message


def test_targets_that_cannot_be_written_are_refused_early(tmp_path):
    (tmp_path / "taken.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    assert "does not exist" in refused(tmp_path / "missing" / "a.mp4")
    assert "not a folder" in refused(tmp_path / "taken.mp4" / "a.mp4")
    assert "exists" in refused(tmp_path / "taken.mp4")
    assert "is a folder" in refused(tmp_path / "folder.mp4", overwrite=True)
    refused(tmp_path / ("x" * 300))
    refused(tmp_path / "a\0b.mp4")
    publish.check_target(tmp_path / "taken.mp4", overwrite=True)
    publish.check_target(tmp_path / "free.mp4", overwrite=False)


@posix
def test_devices_are_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "stays as it is" in refused(tmp_path / "pipe", overwrite=True)
    assert "stays as it is" in refused(Path("/dev/null"), overwrite=True)


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_refused_early(tmp_path):
    tmp_path.chmod(0o500)
    assert "not writable" in refused(tmp_path / "a.mp4")


@posix
def test_dangling_link_counts_as_existing(tmp_path):
    (tmp_path / "a.mp4").symlink_to(tmp_path / "nowhere")
    assert "exists" in refused(tmp_path / "a.mp4")


# Folders of frames


def folder_of(path: Path, *names: str) -> Path:
    path.mkdir()
    for name in names:
        (path / name).touch()
    return path


def test_folder_of_frames_replaces_one_like_it(tmp_path):
    target = folder_of(tmp_path / "out", "0001.png", "0002.png")
    temp = folder_of(publish.temporary(target), "0001.png")
    publish.publish(temp, target, overwrite=True)
    assert [entry.name for entry in target.iterdir()] == ["0001.png"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="no exchange of two names")
def test_new_frames_and_old_ones_change_places_in_one_step(tmp_path, monkeypatch):
    target = folder_of(tmp_path / "out", "0001.png", "0002.png")
    temp = folder_of(publish.temporary(target), "0001.png")
    monkeypatch.setattr(Path, "rename", lambda *_: pytest.fail("in between, there is nothing at the target"))
    publish.publish(temp, target, overwrite=True)
    assert [entry.name for entry in target.iterdir()] == ["0001.png"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_folder_with_anything_else_is_never_replaced(tmp_path):
    target = folder_of(tmp_path / "out", "0001.png", "holiday.jpg")
    assert "holiday.jpg" in refused(target, overwrite=True, folder=True)
    with pytest.raises(UsageError):
        publish.publish(folder_of(publish.temporary(target), "0001.png"), target, overwrite=True)
    assert (target / "holiday.jpg").exists()


def test_existing_folder_and_file_are_kept_without_overwrite(tmp_path):
    target = folder_of(tmp_path / "out", "0001.png")
    assert "exists" in refused(target, folder=True)
    with pytest.raises(UsageError, match="exists"):
        publish.publish(folder_of(publish.temporary(target)), target, overwrite=False)
    (tmp_path / "file").touch()
    assert "no folder" in refused(tmp_path / "file", folder=True, overwrite=True)


def test_hints_name_the_flag_that_named_the_target(tmp_path):
    (tmp_path / "taken.png").touch()
    with pytest.raises(UsageError) as caught:
        publish.check_target(tmp_path / "taken.png", overwrite=False, flag="--sheet")
    assert caught.value.hint == "add --overwrite, or choose another --sheet"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stdout", "message"), [(Terminal(), "terminal"), (None, "closed")])
def test_video_goes_to_no_terminal_and_no_closed_stdout(stdout, message, monkeypatch):
    monkeypatch.setattr("sys.stdout", stdout)
    with pytest.raises(UsageError, match=message):
        publish.check_stdout("mp4")
    publish.check_target(None, overwrite=False)


# What dead processes leave


@posix
def test_leftovers_of_dead_processes_go_and_those_of_living_ones_stay(tmp_path):
    code = (
        "import sys; from pathlib import Path; from i2v_cli.media import publish;"
        "target = Path(sys.argv[1]); publish.temporary(target, '.mp4').touch();"
        "publish.temporary(target).mkdir()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.mp4")], check=True, timeout=30)
    assert len(list(tmp_path.iterdir())) == 2
    mine = publish.temporary(tmp_path / "a.mp4", ".mp4")
    mine.touch()
    other_host = tmp_path / ".i2v-00000000-999999999-1-00000000.part.mp4"
    other_host.touch()
    (tmp_path / ".i2v-notes.part").touch()
    publish.remove_stale(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {mine.name, other_host.name, ".i2v-notes.part"}


@posix
@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="containers are told apart by /proc")
def test_leftover_of_another_container_stays(tmp_path, monkeypatch):
    mine = publish.temporary(tmp_path / "a.mp4")
    host, pid = mine.name.split("-")[1:3]
    other = tmp_path / f".i2v-{host}-{pid}-1-00000000.part.mp4"
    other.touch()
    monkeypatch.setattr(Path, "readlink", lambda path: Path("pid:[1]"))
    publish.remove_stale(tmp_path)
    assert other.exists()


@posix
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="birth times come from /proc")
def test_leftover_of_a_dead_process_whose_number_is_used_again_goes(tmp_path):
    mine = publish.temporary(tmp_path / "a.mp4", ".mp4")
    host, pid = mine.name.split("-")[1:3]
    (tmp_path / f".i2v-{host}-{pid}-1-00000000.part.mp4").touch()
    publish.remove_stale(tmp_path)
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_mode_follows_the_umask(tmp_path, mask, mode):
    old = os.umask(mask)
    try:
        temp = publish.temporary(tmp_path / "a.png", ".png")
        temp.write_bytes(b"new")
        publish.publish(temp, tmp_path / "a.png", overwrite=False)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == mode
