"""What every destination away from this machine does alike."""

from __future__ import annotations

import asyncio

import pytest

from tests.transfer.destinations.bytes_of import (
    LARGE,
    BrokenDownloadError,
    Chunks,
    digest_of,
    given,
)
from threekit_async.transfer.destinations.base import PART_SIZE, Remote

SIZES = [0, 1, PART_SIZE, PART_SIZE + 1, LARGE]


async def test_it_is_ready_when_it_can_be_written_and_stays_empty(remote: Remote) -> None:
    await remote.prepare()
    assert await remote.size(".threekit-writable") is None
    await remote.prepare()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("replace", [False, True])
async def test_bytes_come_as_they_are(remote: Remote, size: int, replace: bool) -> None:
    chunks = Chunks(size)
    await remote.prepare()
    await remote.store("chair/one.png", chunks, replace=replace)
    assert await remote.size("chair/one.png") == size
    assert await remote.digest("chair/one.png") == chunks.digest


async def test_nothing_is_told_as_none(remote: Remote) -> None:
    await remote.prepare()
    assert await remote.size("chair/one.png") is None
    assert await remote.digest("chair/one.png") is None


@pytest.mark.parametrize("size", [0, 5, LARGE])
async def test_what_is_there_is_kept(remote: Remote, size: int) -> None:
    await remote.prepare()
    await remote.store("one.png", given(b"first"[:1]), replace=False)
    with pytest.raises(FileExistsError, match=r"one\.png is there already, and was kept"):
        await remote.store("one.png", Chunks(size), replace=False)
    assert await remote.digest("one.png") == digest_of(b"f")


@pytest.mark.parametrize("size", [0, 5, LARGE])
async def test_what_is_there_is_replaced_when_that_is_asked_for(remote: Remote, size: int) -> None:
    await remote.prepare()
    await remote.store("one.png", given(b"first"), replace=True)
    chunks = Chunks(size)
    await remote.store("one.png", chunks, replace=True)
    assert await remote.digest("one.png") == chunks.digest


@pytest.mark.parametrize("size", [0, 5, LARGE])
async def test_a_failed_download_is_never_seen(remote: Remote, size: int) -> None:
    await remote.prepare()
    error = BrokenDownloadError("sha256 differs")
    with pytest.raises(BrokenDownloadError) as raised:
        await remote.store("one.png", Chunks(size, error=error), replace=False)
    assert raised.value is error
    assert await remote.size("one.png") is None


@pytest.mark.parametrize("size", [5, LARGE])
async def test_a_failed_download_leaves_what_was_there(remote: Remote, size: int) -> None:
    await remote.prepare()
    await remote.store("one.png", given(b"f"), replace=False)
    error = FileExistsError("one of the download's own")
    with pytest.raises(FileExistsError) as raised:
        await remote.store("one.png", Chunks(size, error=error), replace=True)
    assert raised.value is error
    assert await remote.digest("one.png") == digest_of(b"f")


class Endless(Chunks):
    """Gives its bytes, and then never ends."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.waiting = asyncio.Event()

    async def __anext__(self) -> bytes:
        if self.drawn >= self.size:
            self.waiting.set()
            await asyncio.Event().wait()
        return await super().__anext__()


@pytest.mark.parametrize("size", [0, 5, LARGE])
async def test_a_cancelled_download_is_never_seen(remote: Remote, size: int) -> None:
    await remote.prepare()
    chunks = Endless(size)
    storing = asyncio.ensure_future(remote.store("one.png", chunks, replace=False))
    await chunks.waiting.wait()
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing
    assert await remote.size("one.png") is None


@pytest.mark.parametrize(
    "name", ["a b.png", "a%20b.png", "a#b.png", "ü/é.png", "a[1].png", "a~1+2&c=d.png", "日本.png"]
)
async def test_names_of_templates_are_kept(remote: Remote, name: str) -> None:
    await remote.prepare()
    await remote.store(name, given(b"x"), replace=False)
    assert await remote.size(name) == 1
    with pytest.raises(FileExistsError):
        await remote.store(name, given(b"yy"), replace=False)
    await remote.store(name, given(b"zzz"), replace=True)
    assert await remote.digest(name) == digest_of(b"zzz")


async def test_a_copy_is_made_within(remote: Remote) -> None:
    await remote.prepare()
    await remote.store("one.png", given(b"xx"), replace=False)
    assert await remote.copy("one.png", "folder/two.png")
    assert await remote.digest("folder/two.png") == digest_of(b"xx")
    assert await remote.digest("one.png") == digest_of(b"xx")


async def test_a_copy_replaces_nothing(remote: Remote) -> None:
    await remote.prepare()
    await remote.store("one.png", given(b"xx"), replace=False)
    await remote.store("two.png", given(b"y"), replace=False)
    with pytest.raises(FileExistsError, match="is there already"):
        await remote.copy("one.png", "two.png")
    assert await remote.digest("two.png") == digest_of(b"y")


async def test_a_copy_of_nothing_cannot_be_made(remote: Remote) -> None:
    await remote.prepare()
    assert not await remote.copy("one.png", "two.png")
    assert await remote.size("two.png") is None


async def test_closing_twice_is_harmless(remote: Remote) -> None:
    await remote.aclose()
    await remote.aclose()


async def test_many_are_stored_at_once(remote: Remote) -> None:
    await remote.prepare()
    names = [f"folder/{number}.png" for number in range(40)]
    await asyncio.gather(*(remote.store(name, Chunks(1000), replace=False) for name in names))
    assert [await remote.size(name) for name in names] == [1000] * 40
