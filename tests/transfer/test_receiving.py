"""One file that is received into a folder: in batches, continued, and never more than is right."""

# ruff: noqa: PT012
from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from tests.transfer.folders import files_in, opened_in
from threekit_async import DiskFullError, DownloadError, IntegrityError, TransportError
from threekit_async.session.reply import Reply
from threekit_async.session.wire.beside import Beside
from threekit_async.transfer.destinations.haste import SMALL, Haste
from threekit_async.transfer.destinations.place import Arrived, Wish
from threekit_async.transfer.destinations.receiving import Receiving
from threekit_async.transfer.partial import PartFile
from threekit_async.transfer.resume import OtherBytesError

KIB = 1024
BATCH = 512 * KIB
ETAG = '"v1"'
BROKEN = TransportError("The connection broke.", sent=True)
WHOLE = bytes(range(256)) * 8 * KIB


@define
class Body:
    """The bytes of an answer: what it yields, and how it ends."""

    chunks_: list[bytes]
    error: Exception | None = None
    seen: Callable[[int], object] = bool

    async def chunks(self) -> AsyncIterator[bytes]:
        for number, chunk in enumerate(self.chunks_):
            self.seen(number)
            yield chunk
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        raise AssertionError("the session closes it")


def split(data: bytes, size: int = 64 * KIB) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def reply(data: bytes, *, error: Exception | None = None, **headers: str) -> Reply:
    """Answer in chunks, unless a length is given: both tell an end from a break."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if "Content-Length" not in named:
        named["Transfer-Encoding"] = "chunked"
    return Reply(status=200, headers=named, open_body=Body(split(data), error))


def rest(data: bytes, at: int, *, error: Exception | None = None, etag: str = ETAG) -> Reply:
    headers = {"Content-Range": f"bytes {at}-{len(data) - 1}/{len(data)}", "ETag": etag}
    return Reply(status=206, headers=headers, open_body=Body(split(data[at:]), error))


@pytest.fixture
def disk() -> Iterator[Beside]:
    beside = Beside("disk", patient=True)
    yield beside
    beside.end()


@pytest.fixture
def moved() -> list[int]:
    return []


@pytest.fixture
def begin(tmp_path: Path, disk: Beside, moved: list[int]) -> Callable[..., Receiving]:
    haste = Haste()

    def made(*, durable: bool = False, **wish: Any) -> Receiving:
        settings = {
            "file_id": "f",
            "name": "a.bin",
            "hash": None,
            "check": lambda _size, _sha256: None,
            "moved": moved.append,
            **wish,
        }
        final = str(tmp_path / "a.bin")
        return Receiving(
            wish=Wish(**settings), final=final, disk=disk, haste=haste, durable=durable
        )

    return made


Begin = Callable[..., Receiving]


async def completed(incoming: Receiving) -> Arrived:
    arrived = await incoming.complete()
    incoming.finish()
    return arrived


async def broken_off(
    begin: Begin, size: int, *, etag: str | None = ETAG, length: int = len(WHOLE)
) -> None:
    """Have an earlier run receive the first bytes, and end."""
    headers = {"Content_Length": str(length)} | ({"ETag": etag} if etag else {})
    with pytest.raises(TransportError):
        async with begin() as incoming:
            await incoming.take(reply(WHOLE[:size], error=BROKEN, **headers))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes are written at once."""
    sizes: list[int] = []
    write = PartFile.write

    def counted(part: PartFile, batch: bytes, **kwargs: Any) -> None:
        sizes.append(len(batch))
        write(part, batch, **kwargs)

    monkeypatch.setattr(PartFile, "write", counted)
    return sizes


async def test_a_small_file_is_written_in_one_go_when_all_of_it_is_there(
    begin: Begin, tmp_path: Path, moved: list[int], written: list[int]
) -> None:
    data = WHOLE[: 300 * KIB]
    async with begin() as incoming:
        assert incoming.headers() == {}
        await incoming.take(reply(data, ETag=ETAG))
        assert files_in(tmp_path) == []
        arrived = await incoming.complete()
        assert files_in(tmp_path) == ["a.bin.part"]
        incoming.finish()
    final = tmp_path / "a.bin"
    assert final.read_bytes() == data
    assert written == [len(data)]
    assert arrived == Arrived(len(data), hashlib.sha256(data).hexdigest(), final.stat().st_mtime_ns)
    assert (files_in(tmp_path), sum(moved), incoming.resumed) == (["a.bin"], len(data), False)


async def test_a_larger_file_is_written_batch_by_batch(
    begin: Begin, tmp_path: Path, written: list[int]
) -> None:
    async with begin() as incoming:
        await incoming.take(reply(WHOLE[:-7], ETag=ETAG))
        await completed(incoming)
    assert written == [BATCH] * 3 + [BATCH - 7]
    assert (tmp_path / "a.bin").read_bytes() == WHOLE[:-7]


@pytest.mark.parametrize("data", [b"", b"x"])
async def test_a_file_of_no_or_one_byte_arrives(begin: Begin, tmp_path: Path, data: bytes) -> None:
    async with begin() as incoming:
        await incoming.take(reply(data, Content_Length=str(len(data))))
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == data


async def test_at_most_two_batches_are_held_while_the_disk_is_slow(
    begin: Begin, disk: Beside
) -> None:
    may_go_on, came = threading.Event(), list[int]()
    body = Body(split(WHOLE), seen=came.append)
    async with begin() as incoming:
        blocked = disk.begin(partial(may_go_on.wait, 10))
        headers = {"Content-Length": str(len(WHOLE))}
        answer = Reply(status=200, headers=headers, open_body=body)
        taking = asyncio.ensure_future(incoming.take(answer))
        for _ in range(200):
            await asyncio.sleep(0)
        assert (len(came) * 64 * KIB, taking.done()) == (2 * BATCH, False)
        may_go_on.set()
        await taking
        await blocked
        assert (await completed(incoming)).size == len(WHOLE)


@pytest.mark.parametrize("size", [64 * KIB, BATCH, BATCH + 64 * KIB])
async def test_what_breaks_off_is_asked_for_again_from_there(
    begin: Begin, tmp_path: Path, moved: list[int], size: int
) -> None:
    async with begin() as incoming:
        with pytest.raises(TransportError):
            await incoming.take(reply(WHOLE[:size], error=BROKEN, ETag=ETAG))
        assert incoming.headers() == {"Range": f"bytes={size}-", "If-Range": ETAG}
        await incoming.take(rest(WHOLE, size))
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == WHOLE
    assert (sum(moved), min(moved) > 0, incoming.resumed) == (len(WHOLE), True, False)


@pytest.mark.parametrize("size", [64 * KIB, BATCH + 64 * KIB])
@pytest.mark.parametrize("etag", [None, f"W/{ETAG}"])
async def test_without_a_strong_etag_it_is_fetched_from_zero(
    begin: Begin, tmp_path: Path, moved: list[int], size: int, etag: str | None
) -> None:
    headers = {"ETag": etag} if etag else {}
    async with begin() as incoming:
        with pytest.raises(TransportError):
            await incoming.take(reply(WHOLE[:size], error=BROKEN, **headers))
        assert incoming.headers() == {}
        await incoming.take(reply(WHOLE))
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == WHOLE
    assert (sum(moved), -size in moved) == (len(WHOLE), True)


@pytest.mark.parametrize("size", [64 * KIB, BATCH + 64 * KIB])
async def test_a_whole_answer_instead_of_the_rest_begins_at_zero(
    begin: Begin, tmp_path: Path, moved: list[int], size: int
) -> None:
    async with begin() as incoming:
        with pytest.raises(TransportError):
            await incoming.take(reply(WHOLE[:size], error=BROKEN, ETag=ETAG))
        assert incoming.headers()
        await incoming.take(reply(WHOLE[::-1], ETag='"v2"'))
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == WHOLE[::-1]
    assert (sum(moved), -size in moved) == (len(WHOLE), True)


async def test_the_rest_of_another_content_is_refused_and_begun_anew(
    begin: Begin, tmp_path: Path
) -> None:
    async with begin() as incoming:
        with pytest.raises(TransportError):
            await incoming.take(reply(WHOLE[:BATCH], error=BROKEN, ETag=ETAG))
        incoming.headers()
        with pytest.raises(OtherBytesError):
            await incoming.take(rest(WHOLE, BATCH, etag='"v2"'))
        await incoming.restart()
        assert (incoming.size, incoming.headers()) == (0, {})
        await incoming.take(reply(WHOLE, ETag='"v2"'))
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == WHOLE


@pytest.mark.parametrize("size", [KIB, BATCH, BATCH + 64 * KIB, len(WHOLE) - 1])
async def test_the_next_run_continues_what_an_earlier_one_left(
    begin: Begin, tmp_path: Path, moved: list[int], size: int
) -> None:
    await broken_off(begin, size)
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    moved.clear()
    async with begin() as incoming:
        assert (incoming.size, incoming.resumed, moved) == (size, True, [size])
        assert incoming.headers() == {"Range": f"bytes={size}-", "If-Range": ETAG}
        await incoming.take(rest(WHOLE, size))
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == WHOLE
    assert (files_in(tmp_path), sum(moved)) == (["a.bin"], len(WHOLE))


async def test_what_an_earlier_run_had_whole_is_not_asked_for(begin: Begin, tmp_path: Path) -> None:
    await broken_off(begin, len(WHOLE))
    async with begin() as incoming:
        assert incoming.whole
        await completed(incoming)
    assert (tmp_path / "a.bin").read_bytes() == WHOLE


async def test_what_was_continued_and_is_begun_anew_was_not_resumed(
    begin: Begin, tmp_path: Path, moved: list[int]
) -> None:
    await broken_off(begin, BATCH)
    moved.clear()
    async with begin() as incoming:
        incoming.headers()
        await incoming.take(reply(WHOLE, ETag='"v2"'))
        await completed(incoming)
    assert (incoming.resumed, sum(moved)) == (False, len(WHOLE))
    assert (tmp_path / "a.bin").read_bytes() == WHOLE


@pytest.mark.parametrize("size", [KIB, BATCH + KIB])
async def test_what_nobody_can_continue_is_not_left(
    begin: Begin, tmp_path: Path, size: int
) -> None:
    await broken_off(begin, size, etag=None)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("size", [KIB, BATCH + KIB])
async def test_bytes_that_are_not_what_was_promised_are_not_left(
    begin: Begin, tmp_path: Path, size: int
) -> None:
    asked: list[tuple[int, str]] = []

    def refuse(found: int, sha256: str) -> None:
        asked.append((found, sha256))
        raise IntegrityError("a.bin: other bytes.")

    with pytest.raises(IntegrityError, match="other bytes"):
        async with begin(check=refuse) as incoming:
            await incoming.take(reply(WHOLE[:size], ETag=ETAG))
            await incoming.complete()
    assert asked == [(size, hashlib.sha256(WHOLE[:size]).hexdigest())]
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("length", [KIB - 1, KIB + 1])
async def test_another_length_than_announced_is_refused(
    begin: Begin, tmp_path: Path, length: int
) -> None:
    with pytest.raises(IntegrityError, match=r"bytes (were received|came)"):
        async with begin() as incoming:
            await incoming.take(reply(WHOLE[:KIB], ETag=ETAG, Content_Length=str(length)))
    assert files_in(tmp_path) == []


async def test_a_page_instead_of_the_file_costs_nothing_of_what_is_there(
    begin: Begin, tmp_path: Path
) -> None:
    await broken_off(begin, BATCH)
    with pytest.raises(IntegrityError, match="an HTML page came"):
        async with begin() as incoming:
            await incoming.take(reply(b"<html>", Content_Type="text/html"))
    assert (tmp_path / "a.bin.part").read_bytes() == WHOLE[:BATCH]
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]


@pytest.mark.parametrize("announced", [True, False])
async def test_what_does_not_end_is_left_when_more_came_than_there_can_be(
    begin: Begin, tmp_path: Path, announced: bool
) -> None:
    most, seen = len(WHOLE) + KIB, list[int]()
    headers = {"Content-Length": str(most)} if announced else {"Transfer-Encoding": "chunked"}
    body = Body([WHOLE] * 50, seen=seen.append)
    with pytest.raises(IntegrityError, match=f"more than {most} bytes came"):
        async with begin(size=None if announced else most) as incoming:
            await incoming.take(Reply(status=200, headers=headers, open_body=body))
    assert seen == [0, 1]
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("size", [64 * KIB, BATCH, BATCH + 64 * KIB])
@pytest.mark.parametrize("etag", [ETAG, None])
async def test_who_is_cancelled_keeps_what_can_be_continued(
    begin: Begin, tmp_path: Path, disk: Beside, size: int, etag: str | None
) -> None:
    may_go_on, came, stop = threading.Event(), asyncio.Event(), asyncio.Event()

    class Endless:
        async def chunks(self) -> AsyncIterator[bytes]:
            for chunk in split(WHOLE[:size]):
                yield chunk
            came.set()
            await stop.wait()

        def close(self) -> None:
            raise AssertionError("the session closes it")

    async def receiving() -> None:
        headers = {"ETag": etag} if etag else {}
        async with begin() as incoming:
            await incoming.take(Reply(status=200, headers=headers, open_body=Endless()))

    # The disk has not even made the part when the end comes.
    disk.begin(partial(may_go_on.wait, 10))
    task = asyncio.ensure_future(receiving())
    await came.wait()
    task.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    may_go_on.set()
    await asyncio.wait({task})
    assert task.cancelled()
    if etag is None:
        assert files_in(tmp_path) == []
        return
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    async with begin() as incoming:
        assert (incoming.size, incoming.resumed) == (size, True)


async def test_who_is_cancelled_while_the_beginning_is_read_leaves_it_to_the_next(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await broken_off(begin, BATCH)
    reading, may_go_on, real = threading.Event(), threading.Event(), PartFile.continued

    def slow(*args: Any, **kwargs: Any) -> PartFile | None:
        reading.set()
        may_go_on.wait(10)
        return real(*args, **kwargs)

    async def receiving() -> None:
        async with begin():
            raise AssertionError("it was cancelled before")

    with monkeypatch.context() as patch:
        patch.setattr(PartFile, "continued", slow)
        task = asyncio.ensure_future(receiving())
        await asyncio.to_thread(reading.wait, 10)
        task.cancel()
        may_go_on.set()
        await asyncio.wait({task})
    assert task.cancelled()
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    # Or it would be written by another run until the process ends.
    async with begin() as incoming:
        assert incoming.size == BATCH


@pytest.mark.parametrize("size", [64 * KIB, len(WHOLE)])
async def test_a_full_disk_keeps_what_was_written(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    await broken_off(begin, 64 * KIB, length=min(size + 64 * KIB, len(WHOLE)))
    write = os.write

    def full(descriptor: int, data: memoryview) -> int:
        # Notes are small, and have their place already.
        if len(data) < 10 * KIB:
            return write(descriptor, data)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFullError):
        async with begin() as incoming:
            incoming.headers()
            await incoming.take(rest(WHOLE[: size + 64 * KIB], 64 * KIB))
            await incoming.complete()
    monkeypatch.undo()
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    async with begin() as incoming:
        assert incoming.size == 64 * KIB


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each write held up the loop: it was on the loop's own thread."""
    here, seen, write = threading.get_ident(), list[bool](), PartFile.write

    def noted(part: PartFile, batch: bytes, **kwargs: Any) -> None:
        seen.append(threading.get_ident() == here)
        write(part, batch, **kwargs)

    monkeypatch.setattr(PartFile, "write", noted)
    return seen


async def received(begin: Begin, data: bytes, **settings: Any) -> None:
    async with begin(**settings) as incoming:
        await incoming.take(reply(data, ETag=ETAG))
        await completed(incoming)


@pytest.mark.parametrize(
    ("size", "settings", "in_place"),
    [
        (0, {}, True),
        (1, {}, True),
        (SMALL, {}, True),
        (SMALL + 1, {}, False),
        (300 * KIB, {}, False),
        # Its bytes are brought to the disk's surface, which takes long.
        (1, {"durable": True}, False),
    ],
)
async def test_only_small_files_are_written_in_place(
    begin: Begin, writers: list[bool], size: int, settings: dict[str, Any], in_place: bool
) -> None:
    await received(begin, WHOLE[:size], **settings)
    assert writers == [in_place]


async def test_what_is_continued_is_written_by_the_thread(
    begin: Begin, writers: list[bool]
) -> None:
    await broken_off(begin, 64 * KIB, length=96 * KIB)
    writers.clear()
    async with begin() as incoming:
        incoming.headers()
        await incoming.take(rest(WHOLE[: 96 * KIB], 64 * KIB))
        await completed(incoming)
    assert writers == [False]


async def test_when_the_disk_took_long_the_thread_has_the_files_that_follow(
    begin: Begin, writers: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 0.001, 1.0, 1.006])
    monkeypatch.setattr(
        "threekit_async.transfer.destinations.receiving.perf_counter", times.__next__
    )
    for _ in range(4):
        await received(begin, b"x")
    assert writers == [True, True, False, False]


async def test_a_small_file_that_is_refused_leaves_nothing(
    begin: Begin, tmp_path: Path, writers: list[bool]
) -> None:
    def refused(size: int, _sha256: str) -> None:
        raise IntegrityError(f"{size} bytes")

    with pytest.raises(IntegrityError, match="3 bytes"):
        await received(begin, b"abc", check=refused)
    assert writers == [True]
    assert files_in(tmp_path) == []


async def test_a_name_that_is_refused_keeps_the_bytes(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(DownloadError, match="cannot be written"):
        async with begin() as incoming:
            await incoming.take(reply(WHOLE, ETag=ETAG))
            await completed(incoming)
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]


@pytest.mark.parametrize("durable", [True, False])
async def test_only_a_durable_file_waits_for_the_disks_surface(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append((tmp_path / "a.bin").exists()))
    async with begin(durable=durable) as incoming:
        await incoming.take(reply(WHOLE))
        await completed(incoming)
    # Before it has its name.
    assert synced == ([False] if durable else [])


async def test_who_counts_is_told_on_the_loop_alone(begin: Begin) -> None:
    told: set[int] = set()

    def moved(_size: int) -> None:
        told.add(threading.get_ident())

    await broken_off(begin, BATCH)
    async with begin(moved=moved) as incoming:
        incoming.headers()
        await incoming.take(reply(WHOLE, ETag='"v2"'))
        await completed(incoming)
    assert told == {threading.get_ident()}


async def test_nothing_stays_open_however_it_ends(begin: Begin, tmp_path: Path) -> None:
    for error in (BROKEN, IntegrityError("no"), DiskFullError("no"), LookupError("no")):
        for size in (KIB, BATCH, BATCH + KIB):
            with suppress(type(error)):
                async with begin() as incoming:
                    incoming.headers()
                    await incoming.take(reply(WHOLE[:size], error=error, ETag=ETAG))
    assert opened_in(tmp_path) == []
