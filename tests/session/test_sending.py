"""Uploads: streamed from any source, sent again where that is possible, and closed."""

from __future__ import annotations

import asyncio
import gzip
import io
import threading
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import BodyPartReader, web

from tests.conftest import Connect
from tests.session.raw_server import RawServer, answering
from threekit_async import (
    AsyncThreekit,
    Retry,
    ServerError,
    Threekit,
    TransportError,
    UsageError,
)
from threekit_async.session.wire import sending
from threekit_async.session.wire.pieces import Awaited, Stepped
from threekit_async.transfer.upload import Upload

# aiohttp's own reader of forms, in the servers of these tests.
pytestmark = pytest.mark.filterwarnings("ignore:unread_data:DeprecationWarning")

MEGABYTE = 1024 * 1024
CONTENT = bytes(range(256)) * 3000


class Taker:
    """A server that reads uploads piece by piece, and keeps only how long they were."""

    def __init__(self, *statuses: int) -> None:
        self.lengths: list[int] = []
        self.heads: list[bytes] = []
        self.names: list[tuple[str | None, str]] = []
        self.declared: list[int | None] = []
        self.chunks = 0
        self._statuses = list(statuses) or [201]

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        files: list[dict[str, Any]] = []
        self.declared.append(request.content_length)
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "files":
                files.append({"id": f"f{len(files)}", "size": await self._length(part)})
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        headers = {"Retry-After": "0"} if status == 429 else None
        return web.json_response({"files": files}, status=status, headers=headers)

    async def _length(self, part: BodyPartReader) -> int:
        length = 0
        self.heads.append(b"")
        while chunk := await part.read_chunk(64 * 1024):
            self.heads[-1] = (self.heads[-1] + chunk)[:1000]
            length += len(chunk)
            self.chunks += 1
        self.lengths.append(length)
        self.names.append((part.filename, part.headers["Content-Type"]))
        return length


async def connected(connect: Connect, raw: RawServer) -> Any:
    """Make a client that has a connection already.

    A source that fails at once could end the test while the server still accepts one.
    """
    tk = connect(raw)
    await tk.files.upload(b"first", filename="first.bin")
    return tk


def pieces(content: bytes = CONTENT, size: int = 10_000) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def awaited_pieces(content: bytes = CONTENT) -> AsyncIterator[bytes]:
    for piece in pieces(content):
        yield piece


def sources(folder: Path) -> dict[str, Any]:
    path = folder / "a.bin"
    path.write_bytes(CONTENT)
    return {
        "a path": path,
        "bytes": CONTENT,
        "an open file": io.BytesIO(CONTENT),
        "a file without a known length": gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(CONTENT))),
        "a generator": pieces(),
        "a list": list(pieces()),
        "views of bytes": [memoryview(CONTENT), bytearray(b"")],
    }


@pytest.mark.parametrize("kind", sources(Path("/tmp")).keys())  # noqa: S108
async def test_every_source_arrives_as_it_is(connect: Connect, tmp_path: Path, kind: str) -> None:
    taker = Taker()
    async with answering(taker) as raw:
        source = sources(tmp_path)[kind]
        file = await connect(raw).files.upload(source, filename="x.glb", mime_type="model/x")
    assert file.size == len(CONTENT)
    assert taker.heads == [CONTENT[:1000]]
    assert taker.names == [("x.glb", "model/x")]


async def test_a_generator_that_waits_arrives_as_it_is(connect: Connect) -> None:
    taker = Taker()
    async with answering(taker) as raw:
        file = await connect(raw).files.upload(awaited_pieces(), filename="x.png")
    assert file.size == len(CONTENT)
    assert taker.names == [("x.png", "image/png")]


async def test_several_sources_go_into_one_request(connect: Connect, tmp_path: Path) -> None:
    taker = Taker()
    path = tmp_path / "a.bin"
    path.write_bytes(b"aa")
    async with answering(taker) as raw:
        found = await connect(raw).files.upload_all(
            [path, Upload(b"b", filename="b.png"), Upload([b"c", b"cc"], filename="c.x")]
        )
        assert len(raw.seen) == 1
    assert [file.size for file in found] == [2, 1, 3]
    assert [name for name, _ in taker.names] == ["a.bin", "b.png", "c.x"]


@pytest.mark.parametrize("kind", ["a path", "an open file", "bytes"])
async def test_a_known_length_is_declared(connect: Connect, tmp_path: Path, kind: str) -> None:
    taker = Taker()
    async with answering(taker) as raw:
        await connect(raw).files.upload(sources(tmp_path)[kind], filename="x.glb")
    assert taker.declared[0] is not None
    assert taker.declared[0] > len(CONTENT)


async def test_an_open_file_is_sent_from_where_it_stood_and_left_open(
    connect: Connect, tmp_path: Path
) -> None:
    taker = Taker()
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    async with answering(taker) as raw:
        with path.open("rb") as source:
            source.seek(1000)
            await connect(raw).files.upload(source, filename="x.bin")
            assert not source.closed
    assert taker.lengths == [len(CONTENT) - 1000]


@pytest.mark.parametrize("kind", ["a path", "generator", "asynchronous generator"])
async def test_memory_stays_flat_however_large_the_upload(
    connect: Connect, tmp_path: Path, kind: str
) -> None:
    size = 64 * MEGABYTE
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(size)

    def generated() -> Iterator[bytes]:
        for _ in range(size // MEGABYTE):
            yield bytes(MEGABYTE)

    async def generated_later() -> AsyncIterator[bytes]:
        for piece in generated():
            yield piece

    source: Any = {"a path": path, "generator": generated()}.get(kind) or generated_later()
    taker = Taker()
    async with answering(taker) as raw:
        tk = connect(raw)
        tracemalloc.start()
        try:
            await tk.files.upload(source, filename="large.bin")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert taker.lengths == [size]
    assert peak < 12 * MEGABYTE


async def test_a_blocking_iterable_does_not_hold_up_the_loop(connect: Connect) -> None:
    released = threading.Event()

    def blocking() -> Iterator[bytes]:
        yield b"a"
        assert released.wait(10)
        yield b"b"

    taker = Taker()
    async with answering(taker) as raw:
        uploading = asyncio.create_task(connect(raw).files.upload(blocking(), filename="x.bin"))
        # The server in this very loop answers meanwhile.
        while not raw.seen:
            await asyncio.sleep(0)
        released.set()
        await uploading
    assert taker.lengths == [2]


async def test_an_iterable_is_stepped_by_one_thread_of_its_own(connect: Connect) -> None:
    threads: list[str] = []

    def noting() -> Iterator[bytes]:
        for _ in range(5):
            threads.append(threading.current_thread().name)
            yield bytes(100_000)

    async with answering(Taker()) as raw:
        await connect(raw).files.upload(noting(), filename="x.bin")
    assert len(threads) == 5
    assert len(set(threads)) == 1
    assert threads[0].startswith("threekit-upload")


@pytest.mark.parametrize("kind", ["a path", "bytes", "an open file"])
async def test_what_can_be_read_again_is_sent_again(
    connect: Connect, tmp_path: Path, kind: str
) -> None:
    taker = Taker(429, 429, 201)
    async with answering(taker) as raw:
        await connect(raw).files.upload(sources(tmp_path)[kind], filename="x.bin")
    assert taker.lengths == [len(CONTENT)] * 3


@pytest.mark.parametrize("kind", ["a generator", "a list"])
async def test_what_an_iterable_yields_is_sent_once(
    connect: Connect, tmp_path: Path, kind: str
) -> None:
    taker = Taker(429)
    async with answering(taker) as raw:
        tk = connect(raw, retry=Retry(attempts=5, base=0.0))
        with pytest.raises(Exception, match="was answered 429"):
            await tk.files.upload(sources(tmp_path)[kind], filename="x.bin")
    assert taker.lengths == [len(CONTENT)]


class DiskError(Exception):
    """What a source of somebody else raises."""


@pytest.mark.parametrize("after", [0, 200_000])
@pytest.mark.parametrize("error", [DiskError("gone"), OSError(5, "gone"), TimeoutError("gone")])
async def test_what_a_source_raises_is_raised_as_it_is(
    connect: Connect, error: Exception, after: int
) -> None:
    def failing() -> Iterator[bytes]:
        yield bytes(after)
        raise error

    async with answering(Taker()) as raw:
        tk = await connected(connect, raw)
        with pytest.raises(type(error), match="gone"):
            await tk.files.upload(failing(), filename="x.bin")


async def test_what_an_asynchronous_source_raises_is_raised_as_it_is(connect: Connect) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise DiskError("gone")

    async with answering(Taker()) as raw:
        tk = await connected(connect, raw)
        with pytest.raises(DiskError, match="gone"):
            await tk.files.upload(failing(), filename="x.bin")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (["text"], "str"),
        ([1, 2], "int"),
        ([b"good", None], "NoneType"),
    ],
)
async def test_a_source_of_something_else_than_bytes_is_a_usage_error(
    connect: Connect, source: Any, kind: str
) -> None:
    async with answering(Taker()) as raw:
        tk = await connected(connect, raw)
        with pytest.raises(UsageError, match=rf"x\.bin was not uploaded: .* gives {kind}, not"):
            await tk.files.upload(source, filename="x.bin")


async def test_a_file_open_for_reading_text_is_a_usage_error(connect: Connect) -> None:
    async with answering(Taker()) as raw:
        tk = await connected(connect, raw)
        with pytest.raises(UsageError, match='Open files with mode "rb"'):
            await tk.files.upload(io.StringIO("text"), filename="x.bin")


async def test_a_generator_is_closed_when_the_upload_fails(connect: Connect) -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(10_000)
        finally:
            closed.set()

    async with answering(_leaving) as raw:
        with pytest.raises(TransportError):
            await connect(raw).files.upload(endless(), filename="x.bin")
        assert await asyncio.to_thread(closed.wait, 10)


async def uploaded(url: str, source: Any) -> None:
    async with AsyncThreekit(token="t", host=url) as tk:
        await tk.files.upload(source, filename="x.bin")


async def uploaded_plainly(url: str, source: Any) -> None:
    def upload() -> None:
        with Threekit(token="t", host=url) as tk:
            tk.files.upload(source, filename="x.bin")

    await asyncio.to_thread(upload)


@pytest.mark.parametrize("upload", [uploaded, uploaded_plainly])
async def test_an_asynchronous_generator_is_closed_before_the_upload_has_failed(
    upload: Callable[[str, Any], Awaitable[None]],
) -> None:
    # A plain one may be in the middle of a step, which nobody can end; and `connect` would make
    # one of it.
    closed: list[str] = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(10_000)
                await asyncio.sleep(0)
        finally:
            closed.append("yes")

    async with answering(_leaving) as raw:
        with pytest.raises(TransportError):
            await upload(raw.url, endless())
    assert closed == ["yes"]


async def test_a_generator_is_closed_when_the_server_answers_before_its_end(
    connect: Connect,
) -> None:
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(10_000)
        finally:
            closed.set()

    async def refusing(_request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({}, status=500, headers={"Connection": "close"})

    async with answering(refusing) as raw:
        with pytest.raises((ServerError, TransportError)):
            await connect(raw).files.upload(endless(), filename="x.bin")
        assert await asyncio.to_thread(closed.wait, 10)


async def test_a_cancelled_upload_closes_its_generator() -> None:
    # Nobody can cancel a synchronous call.
    steps: list[str] = []

    async def waiting() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            steps.append("waits")
            await asyncio.Event().wait()
        finally:
            steps.append("closed")

    async with answering(Taker()) as raw, AsyncThreekit(token="t", host=raw.url) as tk:
        task = asyncio.create_task(tk.files.upload(waiting(), filename="x.bin"))
        while not steps:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert steps == ["waits", "closed"]


async def test_the_file_behind_a_path_is_closed_after_each_attempt(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    original = Path.open

    def noted(self: Path, *args: Any, **kwargs: Any) -> Any:
        file = original(self, *args, **kwargs)
        opened.append(file)
        return file

    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(Path, "open", noted)
    async with answering(Taker(429, 201)) as raw:
        await connect(raw).files.upload(path)
    assert [file.closed for file in opened] == [True, True]


@pytest.mark.parametrize(
    ("promised", "says"),
    [
        (len(CONTENT) + 10, f"from {len(CONTENT) + 10} bytes to {len(CONTENT)}"),
        (len(CONTENT) - 10, f"from {len(CONTENT) - 10} bytes to more"),
    ],
)
async def test_a_file_that_changes_meanwhile_is_not_uploaded(
    connect: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    promised: int,
    says: str,
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(sending, "_length_of", lambda *_: promised)
    async with answering(Taker()) as raw:
        tk = await connected(connect, raw)
        with pytest.raises(TransportError, match=f"it changed meanwhile, {says}"):
            await tk.files.upload(path)


async def _leaving(request: web.BaseRequest) -> web.StreamResponse:
    """Read a little, and hang up."""
    await request.content.readexactly(5000)
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_many_bytes_are_sent_without_a_warning(connect: Connect) -> None:
    taker = Taker()
    async with answering(taker) as raw:
        await connect(raw).files.upload(bytes(3 * MEGABYTE), filename="x.bin")
    assert taker.lengths == [3 * MEGABYTE]


async def test_small_pieces_are_joined_before_they_cross_threads() -> None:
    source = Stepped((b"x" for _ in range(100_000)), "x.bin")
    crossed = 0
    while (await source.piece()) is not None:
        crossed += 1
    await source.aclose()
    assert crossed == 2


async def test_empty_pieces_do_not_end_a_source() -> None:
    stepped = Stepped([b"", b"a", b""], "x.bin")
    assert [await stepped.piece(), await stepped.piece()] == [b"a", None]
    await stepped.aclose()

    async def later() -> AsyncIterator[bytes]:
        yield b""
        yield b"a"

    source = Awaited(later(), "x.bin")
    assert [await source.piece() for _ in range(3)] == [b"", b"a", None]
