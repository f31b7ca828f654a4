"""One attempt over a real connection: what is read, what is refused, and what is given back."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from typing import Any, Literal

import aiohttp
import pytest

from tests.session.attempts import (
    PACKED,
    TOKEN,
    Talk,
    answer,
    answering_with,
    asked,
    brotli,
    call_to,
    talking,
    transport,
)
from threekit_async import ConnectError, DecodeError, RequestTimeoutError, Timeout, TransportError
from threekit_async.network import Network
from threekit_async.session.decode import Done, Plain, Render, Text
from threekit_async.session.wire import throughput

LARGE = json.dumps({"rows": ["x" * 100] * 20_000}).encode()


def chunked(body: bytes, *, size: int = 50_000, **headers: str) -> bytes:
    """An answer in chunks, whose length nobody promised."""
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    parts = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{lines}\r\n".encode()
        + parts
        + b"0\r\n\r\n"
    )


@pytest.mark.parametrize("body", [b"", b"{}", LARGE])
@pytest.mark.parametrize("written", [answer, chunked])
async def test_a_whole_answer_is_read(body: bytes, written: Callable[[bytes], bytes]) -> None:
    async with talking(answering_with(written(body))) as url, transport() as line:
        for _ in range(2):
            assert (await line.exchange(call_to(url))).body == body


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("written", [answer, chunked])
async def test_a_compressed_answer_is_decompressed(
    encoding: str, written: Callable[..., bytes]
) -> None:
    sent = written(PACKED[encoding](LARGE), Content_Encoding=encoding)
    async with talking(answering_with(sent)) as url, transport() as line:
        for _ in range(2):
            assert (await line.exchange(call_to(url))).body == LARGE


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
async def test_a_damaged_compressed_answer_says_so(encoding: str) -> None:
    sent = answer(b"this was never compressed", Content_Encoding=encoding)
    async with talking(answering_with(sent)) as url, transport() as line:
        with pytest.raises(TransportError, match="cannot be decompressed") as failed:
            await line.exchange(call_to(url))
        assert failed.value.sent is True


@pytest.mark.parametrize("encoding", ["compress", "gzip, br", "x-odd"])
async def test_an_encoding_nobody_asked_for_says_so(encoding: str) -> None:
    sent = answer(b"\x1f\x9d\x90", Content_Encoding=encoding)
    async with talking(answering_with(sent)) as url, transport() as line:
        with pytest.raises(DecodeError, match=f"is in the encoding '{encoding}'"):
            await line.exchange(call_to(url))


async def test_a_compression_that_is_not_installed_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aiohttp.http_parser.HAS_BROTLI", False)
    sent = answer(PACKED["br"](b"{}"), Content_Encoding="br")
    async with talking(answering_with(sent)) as url, transport() as line:
        with pytest.raises(DecodeError, match=r"threekit-async\[speed\]"):
            await line.exchange(call_to(url))


SMALL = Network(largest_json=1000)
EXACTLY = b"x" * 1000


@pytest.mark.parametrize("written", [answer, chunked])
@pytest.mark.parametrize("encoding", [None, *PACKED])
@pytest.mark.parametrize("returns", [None, Text()])
async def test_an_answer_over_the_bound_is_refused(
    written: Callable[..., bytes], encoding: str | None, returns: Any
) -> None:
    def sent(body: bytes) -> bytes:
        return (
            written(PACKED[encoding](body), Content_Encoding=encoding)
            if encoding
            else written(body)
        )

    async with talking(answering_with(sent(EXACTLY))) as url, transport(SMALL) as line:
        assert (await line.exchange(call_to(url, returns=returns))).body == EXACTLY
    async with talking(answering_with(sent(EXACTLY + b"x"))) as url, transport(SMALL) as line:
        with pytest.raises(DecodeError, match=r"larger than 1,000 bytes.*largest_json=") as failed:
            await line.exchange(call_to(url, returns=returns))
        assert TOKEN not in str(failed.value)


@pytest.mark.parametrize("returns", [Plain(), Render()])
async def test_files_have_no_bound(returns: Any) -> None:
    async with talking(answering_with(chunked(LARGE))) as url, transport(SMALL) as line:
        assert (await line.exchange(call_to(url, returns=returns))).body == LARGE


@pytest.mark.parametrize("status", ["404 Not Found", "503 Busy"])
@pytest.mark.parametrize("returns", [Plain(), None])
async def test_an_error_page_is_cut(status: str, returns: Any) -> None:
    sent = answer(LARGE, status=status)
    async with talking(answering_with(sent)) as url, transport(SMALL) as line:
        for _ in range(2):
            reply = await line.exchange(call_to(url, returns=returns))
            assert reply.body == LARGE[:1_000_000]


async def test_an_answer_nobody_looks_at_is_cut() -> None:
    async with talking(answering_with(chunked(LARGE))) as url, transport(SMALL) as line:
        assert len((await line.exchange(call_to(url, returns=Done()))).body) == 1_000_000


BOMBED = """
import asyncio, resource, sys
from threekit_async import DecodeError
from threekit_async.network import Network
from threekit_async.session.transport import Transport
from tests.session.attempts import answer, answering_with, call_to, talking

async def main():
    async with talking(answering_with(answer())) as other:
        line = Transport(user_agent="tests", network=Network(largest_json=5_000_000))
        await line.exchange(call_to(other))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(3):
            try:
                reply = await line.exchange(call_to(sys.argv[1]))
            except DecodeError:
                print("refused")
            else:
                print("cut", len(reply.body))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        await line.aclose()

asyncio.run(main())
"""


def bomb(encoding: str) -> bytes:
    """A gigabyte of zeros, in little."""
    if encoding == "br":
        packer = brotli.Compressor(quality=1)
        return b"".join([*(packer.process(bytes(10_000_000)) for _ in range(100)), packer.finish()])
    return PACKED[encoding](bytes(10_000_000)) * 100


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in kilobytes there")
@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@pytest.mark.parametrize(("status", "ended"), [("200 OK", "refused"), ("502 No", "cut 1000000")])
async def test_a_decompression_bomb_takes_no_memory(encoding: str, status: str, ended: str) -> None:
    sent = answer(bomb(encoding), status=status, Content_Encoding=encoding)
    async with talking(answering_with(sent)) as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", BOMBED, url, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    *ends, grown = out.decode().splitlines()
    assert ends == [ended] * 3
    assert int(grown) < 30_000


def closing_when_used_again(seen: list[bytes]) -> Talk:
    """Answer the first request of a connection, and hang up on the second."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await asked(reader))
        writer.write(answer())
        seen.append(await asked(reader))

    return talk


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_a_connection_that_is_closed_when_used_again_sees_one_request(
    verb: Literal["GET", "POST"],
) -> None:
    seen: list[bytes] = []
    async with talking(closing_when_used_again(seen)) as url, transport() as line:
        await line.exchange(call_to(url))
        with pytest.raises(TransportError, match="connection was lost") as failed:
            await line.exchange(call_to(url, verb=verb))
        assert failed.value.sent is True
        assert len(seen) == 2


async def test_aiohttp_would_have_sent_it_twice() -> None:
    """The switch that is turned off is the one that does it: a new aiohttp may have another."""
    seen: list[bytes] = []
    async with talking(closing_when_used_again(seen)) as url, aiohttp.ClientSession() as http:
        for _ in range(2):
            async with http.get(f"{url}/api/layers") as response:
                await response.read()
    assert len(seen) == 3


@pytest.mark.parametrize("ended", ["answered", "cancelled", "lost"])
async def test_it_is_noted_that_there_was_a_connection(ended: str) -> None:
    seen = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        seen.set()
        if ended == "cancelled":
            await reader.read()
        elif ended == "answered":
            writer.write(answer())

    async with talking(talk) as url, transport() as line:
        call = call_to(url)
        task = asyncio.create_task(line.exchange(call))
        await seen.wait()
        if ended == "cancelled":
            task.cancel()
        await asyncio.wait({task})
        assert task.cancelled() is (ended == "cancelled")
        assert call.story.reached is True


async def test_it_is_noted_that_there_was_no_connection() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        async with transport() as line:
            call = call_to(f"http://127.0.0.1:{taken.getsockname()[1]}")
            with pytest.raises(ConnectError):
                await line.exchange(call)
            assert call.story.reached is False


def dripping(seconds: float, length: int = 100_000) -> Talk:
    """Send one byte at a time."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer(b"", Content_Length=str(length)))
        for _ in range(length):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(seconds)

    return talk


async def streamed(line: Any, call: Any) -> bytes:
    with await line.exchange(call) as reply:
        return b"".join([piece async for piece in reply.open_body.chunks()])


@pytest.mark.parametrize("buffered", [True, False])
async def test_a_drip_is_not_waited_for(buffered: bool) -> None:
    timeout = Timeout(read=2.0, floor=1000)
    async with talking(dripping(0.01)) as url, transport() as line:
        call = call_to(url, timeout=timeout, buffered=buffered)
        with pytest.raises(
            RequestTimeoutError, match=r"less than 1000 bytes a second for 2 s.*floor="
        ) as e:
            await (line.exchange(call) if buffered else streamed(line, call))
        assert e.value.sent is True
        assert TOKEN not in str(e.value)
        assert e.value.__context__ is None


@pytest.mark.parametrize("buffered", [True, False])
async def test_without_a_floor_any_pace_will_do(
    monkeypatch: pytest.MonkeyPatch, buffered: bool
) -> None:
    monkeypatch.setattr(throughput, "_WINDOW", 0.05)
    timeout = Timeout(read=None, floor=None)
    async with talking(dripping(0.01, length=15)) as url, transport() as line:
        call = call_to(url, timeout=timeout, buffered=buffered)
        if buffered:
            assert len((await line.exchange(call)).body) == 15
        else:
            assert len(await streamed(line, call)) == 15


async def test_a_slow_reader_is_not_taken_for_a_slow_server() -> None:
    moment = [0.0]
    async with talking(answering_with(answer(LARGE))) as url, transport() as line:
        with await line.exchange(call_to(url, timeout=Timeout(floor=1), buffered=False)) as reply:
            body: Any = reply.open_body
            body._clock = lambda: moment[0]
            received = 0
            async for piece in body.chunks():
                received += len(piece)
                moment[0] += 1_000_000  # seconds
        assert received == len(LARGE)


async def silent_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(answer(b"", Content_Length="10"))
    await reader.read()


@pytest.mark.parametrize("buffered", [True, False])
async def test_without_a_read_timeout_the_floor_ends_a_silence(
    monkeypatch: pytest.MonkeyPatch,
    buffered: bool,
) -> None:
    monkeypatch.setattr(throughput, "_WINDOW", 0.05)
    async with talking(silent_body) as url, transport() as line:
        call = call_to(url, timeout=Timeout(read=None), buffered=buffered)
        with pytest.raises(RequestTimeoutError, match="Timeout\\(floor="):
            await (line.exchange(call) if buffered else streamed(line, call))


async def test_a_silence_is_still_told_from_a_drip() -> None:
    async with talking(silent_body) as url, transport() as line:
        with pytest.raises(RequestTimeoutError, match="was silent for too long"):
            await line.exchange(call_to(url, timeout=Timeout(read=0.05)))


@pytest.mark.parametrize("buffered", [True, False])
async def test_an_answer_that_breaks_off_keeps_its_address_to_itself(buffered: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer(b"{}", Content_Length="10"))

    async with talking(talk) as url, transport() as line:
        call = call_to(url, buffered=buffered)
        with pytest.raises(TransportError, match="cut off before its end") as failed:
            await (line.exchange(call) if buffered else streamed(line, call))
    error: BaseException = failed.value
    assert error.__context__ is error.__cause__ is None
    shown = []
    while (trace := error.__traceback__) is not None:
        while trace is not None:
            if "threekit_async" in trace.tb_frame.f_code.co_filename:
                shown += [repr(value) for value in trace.tb_frame.f_locals.values()]
            trace = trace.tb_next
        break
    assert shown
    assert TOKEN not in "".join(shown)


async def test_cancelling_inside_a_body_gives_the_connection_back() -> None:
    answered = asyncio.Event()

    async def told(*_: object) -> None:
        answered.set()

    hook = aiohttp.TraceConfig()
    hook.on_request_end.append(told)
    async with talking(silent_body) as url, transport(Network(trace_configs=[hook])) as line:
        task = asyncio.create_task(line.exchange(call_to(url)))
        await answered.wait()
        assert line.in_use == 1
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert line.in_use == 0
