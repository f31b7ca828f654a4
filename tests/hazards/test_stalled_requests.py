"""Servers that take a request or begin an answer, and then get nowhere: each wait has an end."""

from __future__ import annotations

import asyncio
import gc
import io
import ssl
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.conftest import Connect
from tests.hazards.waiting import BRIEF, KINDS, SHORT, called, together
from tests.session.attempts import Talk, answer, asked, talking
from tests.session.raw_server import RawServer
from threekit_async import DecodeError, Options, RequestTimeoutError, Retry, Timeout
from threekit_async.network import Network

ONCE = Retry(attempts=1)
SECONDS = 30  # more than any of these takes
MEGABYTES = 32 * 1024 * 1024  # more than the system keeps of what nobody reads
FILE = answer(b'{"files": [{"id": "f"}]}')


async def never_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the connection and the head, and nothing more."""
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.get_running_loop().create_future()


def sources() -> dict[str, Any]:
    return {
        "bytes": bytes(MEGABYTES),
        "an open file": io.BytesIO(bytes(MEGABYTES)),
        "an iterable": (bytes(65536) for _ in range(MEGABYTES // 65536)),
    }


@pytest.mark.parametrize("tls", [False, True])
async def test_an_upload_that_is_not_taken_ends_with_the_read_timeout(
    connect: Connect, tls: bool
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def check(source: str) -> None:
        raw = RawServer()
        async with talking(never_reading, tls=context if tls else None) as raw.url:
            network = Network(ssl_context=trusting)
            tk = connect(raw, retry=ONCE, timeout=Timeout(read=SHORT), network=network)
            async with asyncio.timeout(SECONDS):
                with pytest.raises(
                    RequestTimeoutError, match=rf"took nothing more of the upload for {SHORT:g} s"
                ) as failed:
                    await tk.files.upload(sources()[source], filename="a.bin")
        assert failed.value.sent is True
        assert "It may have been carried out" in str(failed.value)

    await together(check, sources())


async def test_a_large_json_body_that_is_not_taken_ends_with_the_read_timeout(
    connect: Connect,
) -> None:
    raw = RawServer()
    async with talking(never_reading) as raw.url:
        tk = connect(raw, retry=ONCE, timeout=Timeout(read=SHORT))
        async with asyncio.timeout(SECONDS):
            with pytest.raises(RequestTimeoutError, match="took nothing more of the upload"):
                await tk.layers.create(asset_id="a", metadata={"a": "x" * MEGABYTES})


async def test_a_stalled_upload_that_is_cancelled_leaves_no_connection_behind(
    connect: Connect, recwarn: pytest.WarningsRecorder
) -> None:
    raw, left = RawServer(), asyncio.Event()

    async def noting_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            while not writer.is_closing():
                await asyncio.sleep(0.01)
                writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")  # fails once the client has gone
                await writer.drain()
        finally:
            left.set()

    async with talking(noting_the_end) as raw.url:
        tk = connect(raw, retry=ONCE)
        with pytest.raises(TimeoutError):
            await tk.files.upload(
                bytes(MEGABYTES), filename="a.bin", options=Options(deadline=SHORT)
            )
        async with asyncio.timeout(SECONDS):
            await left.wait()
        await tk.aclose()
    gc.collect()
    assert not recwarn.list


async def test_a_source_may_take_its_time(connect: Connect) -> None:
    free = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"a" * 100_000
        free.wait(2 * SHORT)
        yield b"b" * 100_000

    async def chunked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = b""
        while not seen.endswith(b"\r\n0\r\n\r\n"):
            seen = (seen + await reader.read(65536))[-1000:]
        writer.write(FILE)

    raw = RawServer()
    async with talking(chunked) as raw.url:
        tk = connect(raw, retry=ONCE, timeout=Timeout(read=SHORT))
        assert (await tk.files.upload(pieces(), filename="a.bin")).id == "f"


def dripping(piece: bytes, *, first: bytes = b"") -> Talk:
    """Send a piece again and again; the answer's head is never complete."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return talk


DRIPS = {
    "headers": dripping(b"x", first=b"HTTP/1.1 200 OK\r\nX-Long: "),
    "102": dripping(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "103": dripping(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
}


@pytest.mark.parametrize("drip", DRIPS)
async def test_a_head_that_drips_ends_with_the_read_timeout(
    connect: Connect, drip: str, tmp_path: Path
) -> None:
    async def check(kind: str) -> None:
        raw = RawServer()
        async with talking(DRIPS[drip]) as raw.url:
            tk = connect(raw, retry=ONCE, timeout=Timeout(read=SHORT))
            async with asyncio.timeout(SECONDS):
                with pytest.raises(
                    RequestTimeoutError, match=rf"sent no whole head of an answer for {SHORT:g} s"
                ) as failed:
                    await called(tk, kind, tmp_path)
        assert failed.value.sent is True
        assert ("It may have been carried out" in str(failed.value)) is (kind == "a write")

    await together(check, KINDS)


async def test_interim_answers_within_the_time_do_no_harm(connect: Connect) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        for _ in range(3):
            writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await asyncio.sleep(0.02)
        writer.write(answer(b'{"id": "a"}'))

    raw = RawServer()
    async with talking(talk) as raw.url:
        tk = connect(raw, retry=ONCE, timeout=Timeout(read=2))
        assert (await tk.layers.get("a")).id == "a"


async def test_a_total_that_passes_while_connecting_has_sent_nothing(
    connect: Connect, unanswering: RawServer, tmp_path: Path
) -> None:
    tk = connect(unanswering, retry=ONCE, timeout=Timeout(connect=None, total=BRIEF))
    for kind in ("a read", "a write"):
        with pytest.raises(
            RequestTimeoutError, match=r"no connection to .*nothing was sent.*Timeout\(total="
        ) as failed:
            await called(tk, kind, tmp_path)
        assert failed.value.sent is False
        assert "carried out" not in str(failed.value)


async def test_a_write_whose_total_passed_while_connecting_is_tried_again(
    connect: Connect, unanswering: RawServer
) -> None:
    tk = connect(unanswering, timeout=Timeout(connect=None, total=0.05))
    with pytest.raises(RequestTimeoutError, match="3 attempts"):
        await tk.layers.create(asset_id="a")
    assert tk.stats.requests == 3


async def test_a_total_that_passes_after_connecting_may_have_sent_it(connect: Connect) -> None:
    raw = RawServer()
    async with talking(never_reading) as raw.url:
        tk = connect(raw, timeout=Timeout(total=SHORT))
        with pytest.raises(RequestTimeoutError, match="It may have been carried out") as failed:
            await tk.layers.create(asset_id="a")
    assert failed.value.sent is True
    assert tk.stats.requests == 1


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
async def test_a_file_in_memory_is_asked_for_as_it_is_and_not_unpacked(
    connect: Connect, encoding: str
) -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await asked(reader)).lower())
        writer.write(answer(b"\x1f\x8b bomb", Content_Encoding=encoding))

    raw = RawServer()
    async with talking(talk) as raw.url:
        tk = connect(raw)
        with pytest.raises(DecodeError, match=rf"encoding '{encoding}', which was not asked for"):
            await tk.files.content("f")
    [head] = heads
    assert b"accept-encoding: identity\r\n" in head


@pytest.mark.skipif(sys.platform == "win32", reason="its ports refuse nothing")
async def test_a_refused_connection_is_told_in_the_systems_words(connect: Connect) -> None:
    raw = RawServer()
    async with talking(never_reading) as raw.url:
        pass  # nobody listens there any more
    with pytest.raises(Exception, match=r"no connection to .* \(Connection refused\)\. "):
        await connect(raw).layers.get("a")


WRITES = [
    pytest.param(answer(b'"' + b"x" * 2000 + b'"'), "larger than 1,000 bytes", id="too large"),
    pytest.param(answer(b"?", Content_Encoding="x-odd"), "encoding 'x-odd'", id="encoding"),
]


@pytest.mark.parametrize(("sent", "said"), WRITES)
async def test_an_unreadable_answer_to_a_write_says_that_it_may_be_done(
    connect: Connect, sent: bytes, said: str
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await asked(reader)
            writer.write(sent)

    raw = RawServer()
    async with talking(talk) as raw.url:
        tk = connect(raw, network=Network(largest_json=1000))
        with pytest.raises(DecodeError, match=said) as write:
            await tk.layers.create(asset_id="a")
        with pytest.raises(DecodeError, match=said) as read:
            await tk.layers.get("a")
    assert str(write.value).endswith("It may have been carried out: look before you send it again.")
    assert "carried out" not in str(read.value)
