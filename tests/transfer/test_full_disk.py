"""A disk that fills up, and folders that cannot be written; in both worlds."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen

from tests.conftest import Connect
from tests.transfer.folders import files_in, unfinished_in
from tests.transfer.shelf import Shelf, planted
from threekit_async import DiskFullError, DownloadError
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.transfer.partial import PartFile
from threekit_async.transfer.resume import Notes

SMALL = 1_500_000
LARGE = 40_000_000


@pytest.fixture
def server() -> Iterator[EmulatorThread]:
    """Serve files in part and with etags."""
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        yield server


@frozen(kw_only=True)
class Disk:
    """A folder with room for 1.5 MB, and how more is made."""

    folder: Path
    enlarge: Callable[[], object]


@define(kw_only=True)
class Quota:
    """Refuses, in place of the system, what is written beyond some bytes."""

    left: int
    real: Callable[[int, Any], int] = field(default=os.write)

    def write(self, descriptor: int, data: Any) -> int:
        """Write; notes and lines of the manifest always find a place."""
        if len(data) > 4096:
            if not self.left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            data = data[: self.left]
            self.left -= len(data)
        return self.real(descriptor, data)

    def enlarge(self) -> None:
        """Make room."""
        self.left = LARGE


def mounted(folder: Path) -> None:
    """Put a file system of its own, as large as `SMALL`, at a folder."""
    mount = shutil.which("mount")
    if mount is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no file system could be mounted: {made.stderr.strip()}")


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with 1.5 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted(folder)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(params=["real", "pretended"])
def disk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Disk]:
    """A small disk: a real one, where one can be made, and one that the system pretends."""
    if request.param == "real":
        folder: Path = request.getfixturevalue("small_disk")
        yield Disk(folder=folder, enlarge=lambda: remount(folder, f"size={LARGE}"))
        return
    quota = Quota(left=SMALL)
    monkeypatch.setattr(os, "write", quota.write)
    yield Disk(folder=tmp_path / "pretended", enlarge=quota.enlarge)


def asked(server: EmulatorThread) -> list[tuple[int, int]]:
    """The contents that were asked for: status and bytes."""
    return [
        (entry.status, entry.bytes) for entry in server.journal() if entry.path.endswith("/content")
    ]


async def filled_up(tk: Any, shelf: Shelf, disk: Disk, *, concurrency: int) -> set[str]:
    """Run into the end of the disk; return what was finished before."""
    report = await tk.layers.download_all(shelf.layers, to=disk.folder, concurrency=concurrency)
    [failure] = report.failures
    assert isinstance(failure.error, DiskFullError)
    assert report.stopped is failure.error
    assert "Free some and run again" in str(report)
    finished = shelf.tidy_in(disk.folder)
    assert report.downloaded == len(finished) < len(shelf.layers)
    return finished


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_full_disk_is_said_once_and_ends_the_run(
    connect: Connect, server: EmulatorThread, disk: Disk, concurrency: int
) -> None:
    shelf, tk = planted(server, [300_000] * 20), connect(server)
    finished = await filled_up(tk, shelf, disk, concurrency=concurrency)
    assert finished
    assert len(asked(server)) <= len(finished) + concurrency
    disk.enlarge()
    again = await tk.layers.download_all(shelf.layers, to=disk.folder)
    assert (again.failed, again.skipped) == (0, len(finished))
    shelf.complete_in(disk.folder)


@pytest.mark.parametrize("others", [0, 3])
async def test_what_was_written_before_the_disk_was_full_is_continued(
    connect: Connect, server: EmulatorThread, disk: Disk, others: int
) -> None:
    shelf, tk = planted(server, [3_000_000] * (1 + others)), connect(server)
    assert await filled_up(tk, shelf, disk, concurrency=1 + others) == set()
    parts = [name for name in unfinished_in(disk.folder) if name.endswith(".part")]
    assert parts
    kept = sum((disk.folder / name).stat().st_size for name in parts)
    assert kept >= SMALL // 3
    disk.enlarge()
    server.clear_journal()
    again = await tk.layers.download_all(shelf.layers, to=disk.folder)
    assert (again.failed, again.resumed) == (0, len(parts))
    shelf.complete_in(disk.folder)
    assert sum(size for _, size in asked(server)) == 3_000_000 * (1 + others) - kept


async def test_a_single_file_that_finds_no_room_raises_and_is_continued(
    connect: Connect, server: EmulatorThread, disk: Disk
) -> None:
    shelf, tk = planted(server, [3_000_000]), connect(server)
    with pytest.raises(DiskFullError):
        await tk.layers.download(shelf.layers[0], to=disk.folder)
    assert len(unfinished_in(disk.folder)) == 2
    disk.enlarge()
    result = await tk.layers.download(shelf.layers[0], to=disk.folder)
    assert result.status == "resumed"
    shelf.complete_in(disk.folder)


async def test_a_disk_that_is_full_from_the_beginning_keeps_what_is_there(
    connect: Connect, server: EmulatorThread, small_disk: Path
) -> None:
    shelf, tk = planted(server, [3_000]), connect(server)
    (small_disk / "theirs").write_bytes(b"x" * shutil.disk_usage(small_disk).free)
    with pytest.raises(DiskFullError):
        await tk.layers.download_all(shelf.layers, to=small_disk)
    assert asked(server) == []
    assert files_in(small_disk) == ["theirs"]
    (small_disk / "theirs").unlink()
    await tk.layers.download_all(shelf.layers, to=small_disk)
    shelf.complete_in(small_disk)


@pytest.mark.parametrize("where", ["/proc/threekit", "/proc/self/status", "/dev/null"])
async def test_a_place_that_takes_no_files_is_refused_before_the_first_request(
    connect: Connect, server: EmulatorThread, where: str
) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("this system has no /proc")
    shelf, tk = planted(server, [10]), connect(server)
    with pytest.raises(DownloadError, match="Choose another folder"):
        await tk.layers.download_all(shelf.layers, to=where)
    with pytest.raises(DownloadError, match="Choose another folder"):
        await tk.layers.download(shelf.layers[0].id, to=where)
    assert server.journal() == []


async def test_a_file_system_that_is_read_only_is_refused_before_the_first_request(
    connect: Connect, server: EmulatorThread, small_disk: Path
) -> None:
    shelf, tk = planted(server, [10]), connect(server)
    remount(small_disk, "ro")
    with pytest.raises(DownloadError, match="Read-only file system"):
        await tk.layers.download_all(shelf.layers, to=small_disk)
    assert server.journal() == []


def noted(part: PartFile) -> Notes:
    return Notes(file_id="file", etag='"one"', written=part.size, sha256=part.sha256)


def test_where_there_is_no_room_for_notes_some_bytes_are_given_up(small_disk: Path) -> None:
    """No batch has left a page half full, which cutting it off would give back."""
    final = str(small_disk / "layer.png")
    part = PartFile.begun(final)
    with suppress(DiskFullError):
        while True:
            part.write(b"x" * 4096)
    written = part.size
    part.leave(noted(part))
    kept = PartFile.continued(final, file_id="file", hash=None)
    assert kept is not None
    assert written - 100_000 < kept.size < written
    kept.leave(None)
    assert files_in(small_disk) == []


def test_nothing_is_written_behind_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = PartFile.begun(str(tmp_path / "layer.png"))
    part.write(b"first")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", Quota(left=0).write)
        with pytest.raises(DiskFullError):
            part.write(b"second" * 1000)
    with pytest.raises(DiskFullError):
        part.write(b"third")
    part.leave(noted(part))
    assert (tmp_path / "layer.png.part").read_bytes() == b"first"
