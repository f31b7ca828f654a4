"""The unfinished file, and the moment it gets its name."""

# ruff: noqa: PT012
from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from pathlib import Path

import pytest

from threekit_async import DiskFullError, DownloadError
from threekit_async.transfer.partial import PartFile, digest_of, prepare_folder

BATCH = 512 * 1024


def part_file(final: Path, *, hashing: bool = True) -> PartFile:
    return PartFile(str(final), hashing=hashing)


@pytest.mark.parametrize(
    "chunks",
    [
        [],
        [b""],
        [b"small"],
        [b"a" * 1000] * 3,
        [b"b" * BATCH],
        [b"c" * (BATCH - 1), b"d", b"e"],
        [bytes([number]) * 300_000 for number in range(12)],
        [b"f" * (3 * BATCH + 7)],
    ],
)
@pytest.mark.parametrize("hashing", [True, False])
async def test_bytes_arrive_whole_and_in_order(
    tmp_path: Path, chunks: list[bytes], hashing: bool
) -> None:
    final, whole = tmp_path / "a.bin", b"".join(chunks)
    async with part_file(final, hashing=hashing) as part:
        for chunk in chunks:
            await part.write(chunk)
        digest = await part.complete()
        assert not final.exists()
        part.finish()
    assert final.read_bytes() == whole
    assert part.size == len(whole)
    assert digest == (hashlib.sha256(whole).hexdigest() if hashing else None)
    assert list(tmp_path.iterdir()) == [final]


async def test_folders_are_made_when_they_are_missing(tmp_path: Path) -> None:
    final = tmp_path / "a" / "b" / "c.bin"
    async with part_file(final) as part:
        await part.write(b"x")
        await part.complete()
        part.finish()
    assert final.read_bytes() == b"x"


async def test_a_file_that_is_there_is_replaced_in_one_step(tmp_path: Path) -> None:
    final = tmp_path / "a.bin"
    final.write_bytes(b"old")
    async with part_file(final) as part:
        await part.write(b"new")
        await part.complete()
        assert final.read_bytes() == b"old"
        part.finish()
    assert final.read_bytes() == b"new"


@pytest.mark.parametrize("size", [10, 3 * BATCH])
async def test_leaving_without_finishing_leaves_nothing(tmp_path: Path, size: int) -> None:
    async with part_file(tmp_path / "a.bin") as part:
        await part.write(b"x" * size)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [10, 3 * BATCH])
async def test_an_error_inside_leaves_what_was_there(tmp_path: Path, size: int) -> None:
    final = tmp_path / "a.bin"
    final.write_bytes(b"old")
    with pytest.raises(ValueError, match="stop"):
        async with part_file(final) as part:
            await part.write(b"x" * size)
            raise ValueError("stop")
    assert final.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [final]


async def test_a_cancelled_writer_leaves_nothing(tmp_path: Path) -> None:
    async def writing() -> None:
        async with part_file(tmp_path / "a.bin") as part:
            while True:
                await part.write(b"x" * BATCH)
                await asyncio.sleep(0)

    task = asyncio.create_task(writing())
    while not (tmp_path / "a.bin.part").exists():
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert list(tmp_path.iterdir()) == []


async def test_what_an_earlier_run_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"much more than before")
    async with part_file(tmp_path / "a.bin") as part:
        await part.write(b"x")
        await part.complete()
        part.finish()
    assert (tmp_path / "a.bin").read_bytes() == b"x"


async def test_a_link_at_the_parts_name_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / "a.bin.part").symlink_to(victim)
    with pytest.raises(DownloadError):
        async with part_file(tmp_path / "a.bin"):
            pass
    assert victim.read_bytes() == b"precious"


@pytest.mark.parametrize("size", [10, 4 * BATCH])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_full_disk_is_said_and_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, code: int
) -> None:
    def full(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFullError, match="no space left"):
        async with part_file(tmp_path / "a.bin") as part:
            for _ in range(2):
                await part.write(b"x" * (size // 2))
            await part.complete()
    assert list(tmp_path.iterdir()) == []


async def test_another_refusal_to_write_says_what_the_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "write", broken)
    with pytest.raises(DownloadError, match=os.strerror(errno.EIO)) as failed:
        async with part_file(tmp_path / "a.bin") as part:
            await part.write(b"x")
            await part.complete()
    assert type(failed.value) is DownloadError


async def test_short_writes_of_the_system_are_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda to, data: write(to, bytes(data[:7])))
    async with part_file(tmp_path / "a.bin") as part:
        await part.write(bytes(range(256)))
        await part.complete()
        part.finish()
    assert (tmp_path / "a.bin").read_bytes() == bytes(range(256))


async def test_a_folder_at_the_final_name_is_an_error_and_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(DownloadError, match="cannot be written"):
        async with part_file(tmp_path / "a.bin") as part:
            await part.write(b"x")
            await part.complete()
            part.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert digest_of(str(tmp_path / "a")) == hashlib.sha256(b"abc").hexdigest()


def test_a_folder_is_made_and_left_empty_by_the_proof(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("below", ["", "x", "x/y"])
def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="cannot be written"):
        prepare_folder(tmp_path / "file" / below)


async def test_a_file_that_another_run_is_writing_is_left_to_it(tmp_path: Path) -> None:
    final = str(tmp_path / "render.png")
    async with PartFile(final, hashing=False) as first:
        await first.write(b"first")
        with pytest.raises(DownloadError, match="is being written by another run"):
            async with PartFile(final, hashing=False):
                pass
        await first.complete()
        first.finish()
    assert Path(final).read_bytes() == b"first"
    async with PartFile(final, hashing=False) as second:
        await second.complete()
        second.finish()
    assert Path(final).read_bytes() == b""


async def test_what_a_killed_run_left_is_written_anew(tmp_path: Path) -> None:
    final = tmp_path / "render.png"
    Path(f"{final}.part").write_bytes(b"much more than what comes now")
    async with PartFile(str(final), hashing=False) as part:
        await part.write(b"whole")
        await part.complete()
        part.finish()
    assert final.read_bytes() == b"whole"
