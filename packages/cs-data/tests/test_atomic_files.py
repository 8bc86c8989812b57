from __future__ import annotations

import errno
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cs_data import DataError
from cs_data.atomic_files import atomic_folder, atomic_open

OURS = frozenset({"data"})


def put(target, text):
    with atomic_folder(target, OURS) as folder:
        (folder / "data").write_text(text)


def test_a_folder_appears_and_is_replaced_whole(tmp_path):
    target = tmp_path / "deep" / "out"
    put(target, "one")
    put(target, "two")

    assert (target / "data").read_text() == "two"
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_a_folder_that_holds_the_same_bytes_is_left_alone(tmp_path):
    put(tmp_path / "out", "one")
    before = (tmp_path / "out").stat().st_ino
    put(tmp_path / "out", "one")

    assert (tmp_path / "out").stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_nothing_is_left_and_the_old_folder_stands(tmp_path, error):
    target = tmp_path / "out"
    put(target, "one")

    def fail():
        with atomic_folder(target, OURS) as folder:
            (folder / "data").write_text("two")
            raise error

    with pytest.raises(error):
        fail()

    assert (target / "data").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_appeared_meanwhile_is_replaced(tmp_path):
    target = tmp_path / "out"
    with atomic_folder(target, OURS) as folder:
        (folder / "data").write_text("mine")
        put(target, "theirs")

    assert (target / "data").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_files_of_others_are_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(DataError, match=r"holds other files, such as 'thesis.txt'"):
        put(tmp_path, "x")
    with pytest.raises(DataError, match=r"is a file: name a folder$"):
        put(tmp_path / "thesis.txt", "x")

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_appears_in_the_folder_meanwhile_is_not_lost(tmp_path):
    target = tmp_path / "out"

    def put_while_others_write():
        with atomic_folder(target, OURS):
            target.mkdir()
            (target / "thesis.txt").write_text("years of work")

    with pytest.raises(DataError, match="holds other files"):
        put_while_others_write()

    assert (target / "thesis.txt").exists()


def test_the_old_folder_comes_back_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    target = tmp_path / "out"
    put(target, "one")
    renames = []
    plainly = Path.rename

    def interrupted(self, other):
        renames.append(other)
        if len(renames) == 3:  # the new folder onto the old, the old aside, the new again
            raise KeyboardInterrupt
        return plainly(self, other)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(target, "two")

    assert (target / "data").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_new_folder_that_vanished_is_reported(tmp_path):
    def put_and_remove():
        with atomic_folder(tmp_path / "out", OURS) as folder:
            folder.rmdir()

    with pytest.raises(FileNotFoundError):
        put_and_remove()


def test_a_folder_cannot_be_made_inside_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "file" / "out", tmp_path / "file" / "deeper" / "out"):
        with pytest.raises(DataError, match=r"cannot be made: .*/file is a file"):
            put(target, "x")


def test_what_a_killed_process_left_is_removed_after_a_day(tmp_path):
    old, new = tmp_path / ".out.partial-1", tmp_path / ".out.partial-2"
    old.mkdir()
    new.mkdir()
    yesterday = time.time() - 90_000
    os.utime(old, (yesterday, yesterday))

    put(tmp_path / "out", "x")

    assert not old.exists()
    assert new.exists()


def test_a_folder_is_found_again_from_another_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with atomic_folder(Path("out"), OURS) as folder:
        (folder / "data").write_text("x")
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")

    assert (tmp_path / "out" / "data").exists()


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    put(tmp_path / "real", "one")
    (tmp_path / "link").symlink_to("real")

    put(tmp_path / "link", "two")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "data").read_text() == "two"


def test_many_at_once_do_not_stumble_over_each_other(tmp_path):
    def put_often(number):
        for round_ in range(40):
            put(tmp_path / "out[1]", str((number + round_) % 3))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(put_often, range(6)))

    assert [path.name for path in tmp_path.iterdir()] == ["out[1]"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_decides_who_may_read_what_is_written(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with atomic_folder(tmp_path / "out", OURS) as folder:
            (folder / "data").write_text("x")
            (folder / "data").chmod(0o600)  # as some libraries create their files
        with atomic_open(tmp_path / "file") as file:
            file.write("x")
    finally:
        os.umask(before)
    for path in (tmp_path / "out" / "data", tmp_path / "file"):
        assert path.stat().st_mode & 0o777 == mode


def test_errors_name_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomic_open(tmp_path / "nowhere" / "out.csv"):
        pass
    assert caught.value.filename == str(tmp_path / "nowhere" / "out.csv")
    full = OSError(errno.ENOSPC, "No space left on device")  # as a write raises it
    with pytest.raises(OSError, match="No space") as caught, atomic_open(tmp_path / "out.csv"):
        raise full
    assert caught.value.filename == str(tmp_path / "out.csv")
    with pytest.raises(OSError, match="No space") as caught, atomic_folder(tmp_path / "out", OURS):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("mode", "content"), [("w", "ça va\r\n"), ("wb", b"\x00\r\n")])
def test_a_file_takes_its_name_only_when_it_is_complete(tmp_path, mode, content):
    path = tmp_path / "out"
    path.write_bytes(b"older")
    with (  # noqa: PT012 - an error behind the first write is the point
        pytest.raises(RuntimeError),
        atomic_open(path, mode) as file,
    ):
        file.write(content)
        raise RuntimeError
    assert path.read_bytes() == b"older"
    with atomic_open(path, mode) as file:
        file.write(content)
        assert path.read_bytes() == b"older"
    assert path.read_bytes() == (content if mode == "wb" else content.encode())
    assert list(tmp_path.iterdir()) == [path]
