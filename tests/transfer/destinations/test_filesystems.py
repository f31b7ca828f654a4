"""File systems of fsspec: what is seen when they fail, and how they are called."""

from __future__ import annotations

import asyncio
import errno
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]
import pytest
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]

from tests.transfer.destinations.bytes_of import LARGE, Chunks, digest_of, given
from threekit_async.errors import ConfigError, DiskFullError, DownloadError
from threekit_async.transfer.destinations import filesystems
from threekit_async.transfer.destinations.filesystems import FilesystemRemote


class Hostile(LocalFileSystem):  # type: ignore[misc]
    """A file system of this machine that fails when it is told to."""

    protocol = "hostile"
    cachable = False
    error: Exception | None = None
    stalls: threading.Event | None = None
    began = threading.Event()
    keeps_targets = False
    at_once = 0
    most_at_once = 0

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(LocalFileSystem._strip_protocol(path.removeprefix("hostile://")))

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        super().pipe_file(path, value[: len(value) // 2])
        self._fail()
        super().pipe_file(path, value)

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        super().put_file(lpath, rpath)
        self._fail()

    def mv(self, path1: str, path2: str, **_: Any) -> None:
        if self.keeps_targets and self.exists(path2):
            raise OSError("Failure")
        super().mv(path1, path2)

    def info(self, path: str, **_: Any) -> Any:
        kind = type(self)
        kind.at_once += 1
        kind.most_at_once = max(kind.most_at_once, kind.at_once)
        try:
            return super().info(path)
        finally:
            kind.at_once -= 1

    def _fail(self) -> None:
        type(self).began.set()
        if self.stalls is not None:
            self.stalls.wait(timeout=30)
        if self.error is not None:
            raise self.error


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> type[Hostile]:
    """Give a file system of its own to a test, under `hostile://`."""
    kind = type("Hostile", (Hostile,), {"began": threading.Event()})
    fsspec.register_implementation("hostile", kind, clobber=True)
    return kind


@pytest.fixture
async def remote(hostile: type[Hostile], tmp_path: Path) -> AsyncIterator[FilesystemRemote]:
    remote = FilesystemRemote.at(f"hostile://{tmp_path}/renders")
    await remote.prepare()
    hostile.began.clear()
    yield remote
    await remote.aclose()


def all_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("size", [5, LARGE])
async def test_a_file_is_seen_in_one_step(
    remote: FilesystemRemote, hostile: type[Hostile], tmp_path: Path, size: int
) -> None:
    hostile.stalls = threading.Event()
    storing = asyncio.ensure_future(remote.store("chair/one.png", Chunks(size), replace=False))
    await asyncio.to_thread(hostile.began.wait)
    [part] = all_files(tmp_path)
    assert part.startswith("renders/chair/.threekit-")
    hostile.stalls.set()
    await storing
    assert all_files(tmp_path) == ["renders/chair/one.png"]


@pytest.mark.parametrize("size", [5, LARGE])
async def test_a_write_that_fails_leaves_nothing(
    remote: FilesystemRemote, hostile: type[Hostile], tmp_path: Path, size: int
) -> None:
    hostile.error = ConnectionResetError("reset by peer")
    with pytest.raises(DownloadError, match=r"it did not answer.*\(reset by peer\)"):
        await remote.store("one.png", Chunks(size), replace=False)
    assert all_files(tmp_path) == []


FULL = [OSError(errno.ENOSPC, "No space"), OSError(errno.EDQUOT, "x"), OSError("Quota exceeded")]


@pytest.mark.parametrize("error", FULL)
async def test_a_full_file_system_is_a_full_disk(
    remote: FilesystemRemote, hostile: type[Hostile], error: Exception
) -> None:
    hostile.error = error
    with pytest.raises(DiskFullError, match=r"renders/one\.png takes no more"):
        await remote.store("one.png", given(b"x"), replace=False)


async def test_a_full_folder_of_temporary_files_is_said_to_be_that(
    remote: FilesystemRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    with pytest.raises(DiskFullError, match="The folder of temporary files of this machine"):
        await remote.store("one.png", Chunks(LARGE), replace=False)


@pytest.mark.parametrize("size", [5, LARGE])
async def test_a_cancelled_write_is_never_seen(
    remote: FilesystemRemote, hostile: type[Hostile], tmp_path: Path, size: int
) -> None:
    hostile.stalls = threading.Event()
    storing = asyncio.ensure_future(remote.store("one.png", Chunks(size), replace=False))
    await asyncio.to_thread(hostile.began.wait)
    storing.cancel()
    asyncio.get_running_loop().call_soon(hostile.stalls.set)
    with pytest.raises(asyncio.CancelledError):
        await storing
    assert all_files(tmp_path) == []


async def test_a_stalled_write_holds_a_cancelled_caller_only_so_long(
    remote: FilesystemRemote,
    hostile: type[Hostile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filesystems, "_SETTLES_WITHIN", 0.1)
    hostile.stalls = threading.Event()
    storing = asyncio.ensure_future(remote.store("one.png", Chunks(LARGE), replace=False))
    await asyncio.to_thread(hostile.began.wait)
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing
    hostile.stalls.set()
    # Its thread ends by itself, and clears away.
    await asyncio.to_thread(remote._threads.shutdown)
    assert all_files(tmp_path) == []


@pytest.mark.parametrize("size", [5, LARGE])
async def test_no_temporary_file_of_this_machine_is_left(
    remote: FilesystemRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    await remote.store("one.png", Chunks(size), replace=False)
    assert all_files(folder) == []


async def test_a_file_system_that_renames_onto_nothing_replaces_too(
    remote: FilesystemRemote, hostile: type[Hostile], tmp_path: Path
) -> None:
    hostile.keeps_targets = True
    await remote.store("one.png", given(b"x"), replace=True)
    await remote.store("one.png", given(b"yy"), replace=True)
    assert await remote.digest("one.png") == digest_of(b"yy")
    assert all_files(tmp_path) == ["renders/one.png"]


async def test_what_another_writes_meanwhile_is_kept(
    remote: FilesystemRemote, hostile: type[Hostile], tmp_path: Path
) -> None:
    hostile.stalls = threading.Event()
    storing = asyncio.ensure_future(remote.store("one.png", given(b"x"), replace=False))
    await asyncio.to_thread(hostile.began.wait)
    (tmp_path / "renders" / "one.png").write_text("theirs")
    hostile.stalls.set()
    with pytest.raises(FileExistsError):
        await storing
    assert (tmp_path / "renders" / "one.png").read_text() == "theirs"
    assert all_files(tmp_path) == ["renders/one.png"]


async def test_a_file_system_of_which_nothing_is_known_is_asked_one_thing_at_a_time(
    remote: FilesystemRemote, hostile: type[Hostile]
) -> None:
    await asyncio.gather(*(remote.size(str(number)) for number in range(50)))
    assert hostile.most_at_once == 1


async def test_a_file_system_that_cannot_be_written_is_found_before_the_first_file(
    remote: FilesystemRemote, hostile: type[Hostile], tmp_path: Path
) -> None:
    hostile.error = NotImplementedError()
    with pytest.raises(DownloadError, match="this file system cannot be written"):
        await remote.prepare()
    hostile.error = PermissionError("Denied: https://h/x?sig=SECRET sftp://u:SECRET@h/x")
    with pytest.raises(DownloadError, match="access was denied") as raised:
        await remote.prepare()
    assert "SECRET" not in str(raised.value)
    assert all_files(tmp_path) == []


async def test_a_file_system_that_never_answers_is_given_up(
    remote: FilesystemRemote, hostile: type[Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystems, "REACHED_WITHIN", 0.1)
    hostile.stalls = threading.Event()
    with pytest.raises(DownloadError, match="did not answer within"):
        await remote.prepare()
    hostile.stalls.set()


async def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    remote = FilesystemRemote.at(f"file://{tmp_path}/file/renders")
    with pytest.raises(DownloadError, match="cannot be used"):
        await remote.prepare()


async def test_the_top_of_a_file_system_is_a_place_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    remote = FilesystemRemote.at("file:///")
    assert await remote.size(str(tmp_path / "file").lstrip("/")) == 1
    await remote.aclose()


class Flat(MemoryFileSystem):  # type: ignore[misc]
    """A file system without renaming, which breaks while it writes."""

    protocol = "flat"
    cachable = False

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        super().pipe_file(path, value[: len(value) // 2])
        raise ConnectionResetError("reset by peer")


async def test_without_renaming_what_failed_is_removed(tmp_path: Path) -> None:
    fsspec.register_implementation("flat", Flat, clobber=True)
    remote = FilesystemRemote.at("flat://renders-flat")
    with pytest.raises(DownloadError, match="it did not answer"):
        await remote.store("one.png", given(b"xxxx"), replace=False)
    assert await remote.size("one.png") is None
    await remote.aclose()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nobodys://renders", "Protocol not known: nobodys"),
        ("gcs://bucket/renders", "needs another package"),
    ],
)
def test_a_file_system_that_is_not_installed_is_named(address: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        FilesystemRemote.at(address)
