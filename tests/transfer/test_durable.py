"""What is brought to the disk's surface, and who closes a descriptor that threads use."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from threekit_async.transfer import durable
from threekit_async.transfer.durable import Descriptor, Surface


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record which paths are flushed, in order."""
    seen: list[str] = []
    real = os.fsync

    def fsync(number: int) -> None:
        seen.append(os.path.realpath(f"/proc/self/fd/{number}"))
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def syncing(monkeypatch: pytest.MonkeyPatch, call: Callable[[int], int] | None) -> None:
    monkeypatch.setattr(durable, "_syncfs", lambda: call)


def is_open(number: int) -> bool:
    """Whether it leads to a folder still; another thread may have been given the number."""
    try:
        return stat.S_ISDIR(os.fstat(number).st_mode)
    except OSError:
        return False


@pytest.mark.skipif(durable._syncfs() is None, reason="no syncfs here")
def test_linux_brings_a_whole_file_system_to_the_surface_in_one_call(tmp_path: Path) -> None:
    surface = Surface.opened(tmp_path)
    assert surface.everything() is True
    surface.close()
    surface.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        surface.everything()


def test_the_folder_is_open_from_the_beginning_so_that_losses_since_then_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def call(number: int) -> int:
        asked.append(number)
        return 0

    syncing(monkeypatch, call)
    surface = Surface.opened(tmp_path)
    surface.everything()
    surface.everything()
    assert len(set(asked)) == 1
    surface.close()


def test_a_folder_that_is_not_there_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing(monkeypatch, lambda _: 0)
    with pytest.raises(FileNotFoundError):
        Surface.opened(tmp_path / "none")


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM, errno.EINVAL])
def test_a_system_that_refuses_the_call_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    syncing(monkeypatch, lambda _: code)
    surface = Surface.opened(tmp_path)
    assert surface.everything() is False
    surface.close()


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_bytes_that_could_not_be_written_back_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    syncing(monkeypatch, lambda _: code)
    surface = Surface.opened(tmp_path)
    with pytest.raises(OSError, match=os.strerror(code)):
        surface.everything()
    surface.close()


def test_without_the_call_nothing_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing(monkeypatch, None)
    surface = Surface.opened(tmp_path)
    assert surface.everything() is False
    surface.close()


def test_files_come_before_the_folders_that_list_them(tmp_path: Path, flushed: list[str]) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    names = ["a/b/one", "a/b/two", "three"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    surface = Surface.opened(tmp_path)
    surface.files(names)
    surface.close()
    root = os.path.realpath(tmp_path)
    assert flushed[:3] == [f"{root}/{name}" for name in names]
    assert sorted(flushed[3:]) == [root, f"{root}/a", f"{root}/a/b"]


def test_files_that_are_not_there_are_passed_over(tmp_path: Path, flushed: list[str]) -> None:
    (tmp_path / "there").write_bytes(b"x")
    surface = Surface.opened(tmp_path)
    surface.files(["gone", "nowhere/gone", "there"])
    surface.close()
    assert flushed == [os.path.realpath(tmp_path / "there"), os.path.realpath(tmp_path)]


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    surface = Surface.opened(tmp_path)
    with pytest.raises(OSError, match="Invalid argument"):
        surface.files(["pipe"])
    surface.close()


def test_a_folder_that_has_nothing_to_sync_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(code: int) -> None:
        def fsync(number: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", fsync)

    surface = Surface.opened(tmp_path)
    refused(errno.EINVAL)
    surface.files([])
    refused(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        surface.files([])
    surface.close()


def test_where_the_drive_has_a_memory_of_its_own_it_is_emptied_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[str]
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _, what: asked.append(what))
    durable.flush_folder(str(tmp_path))
    assert (asked, flushed) == ([51], [])

    def refused(number: int, what: int) -> None:
        raise OSError(errno.ENOTSUP, "not here")

    monkeypatch.setattr(fcntl, "fcntl", refused)
    durable.flush_folder(str(tmp_path))
    assert flushed == [os.path.realpath(tmp_path)]


def test_who_uses_a_descriptor_last_closes_it(tmp_path: Path) -> None:
    descriptor = Descriptor(os.open(tmp_path, os.O_RDONLY))
    with descriptor.lent() as first:
        with descriptor.lent():
            descriptor.close()
            descriptor.close()
            assert is_open(first)
        assert is_open(first)
    assert not is_open(first)
    with pytest.raises(OSError, match="Bad file descriptor"), descriptor.lent():
        pass


def test_a_descriptor_that_nobody_has_any_more_is_closed(tmp_path: Path) -> None:
    number = os.open(tmp_path, os.O_RDONLY)
    descriptor = Descriptor(number)
    del descriptor
    assert not is_open(number)


def test_a_descriptor_is_closed_once_whoever_comes_last(tmp_path: Path) -> None:
    for _ in range(50):
        number = os.open(tmp_path, os.O_RDONLY)
        descriptor, ready = Descriptor(number), threading.Barrier(3)

        def used(descriptor: Descriptor = descriptor, ready: threading.Barrier = ready) -> None:
            with descriptor.lent() as lent:
                ready.wait(10)
                os.fstat(lent)

        threads = [threading.Thread(target=used) for _ in range(2)]
        for thread in threads:
            thread.start()
        ready.wait(10)
        descriptor.close()
        for thread in threads:
            thread.join(10)
        assert not is_open(number)
