"""Answers that end without having announced it: whole or broken off, they look the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from tests.conftest import Connect
from tests.session.attempts import answer, asked, talking
from tests.session.raw_server import RawServer
from tests.transfer.folders import files_in
from threekit_async import IntegrityError, Layer, NotFoundError, Progress

SIZE = 1_300_000
CONTENT = random.Random(3).randbytes(SIZE)  # noqa: S311
DIGITS = hashlib.sha256(CONTENT).hexdigest()
# In one go, in one batch and a little, and all but a byte.
CUTS = pytest.mark.parametrize("sent", [0, 7, 600_000, SIZE - 1])


@define(kw_only=True)
class Mute:
    """Closes the connection where a file ends, and says nothing of its length before.

    :param sent: how much of the file each answer brings, one after another; then all of it.
    :param record: what is told of every file; None when that is not found.
    """

    sent: list[int] = field(factory=list[int])
    record: Mapping[str, Any] | None = field(factory=lambda: {"size": SIZE})
    etag: str = ""
    asked: list[str] = field(factory=list[str], init=False)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        path = (await asked(reader)).split()[1].decode().partition("?")[0]
        self.asked.append(path.removeprefix("/api/files/"))
        if path.endswith("/content"):
            body = CONTENT[: self.sent.pop(0)] if self.sent else CONTENT
            etag = f"ETag: {self.etag}\r\n" if self.etag else ""
            head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n{etag}Connection: close\r\n\r\n"
            writer.write(head.encode() + body)
        elif self.record is None:
            writer.write(answer(b"{}", status="404 Not Found", Connection="close"))
        else:
            told = json.dumps({"id": path.rpartition("/")[2], **self.record}).encode()
            writer.write(answer(told, Connection="close"))
        await writer.drain()


@asynccontextmanager
async def serving(mute: Mute) -> AsyncIterator[RawServer]:
    raw = RawServer()
    async with talking(mute.talk) as url:
        raw.url = url
        yield raw


def layers(count: int = 1) -> list[Layer]:
    return [Layer(id=f"l{n}", file_id=f"f{n}", format="png") for n in range(count)]


@CUTS
@pytest.mark.parametrize("etag", ["", '"one"'])
async def test_what_closes_early_each_time_never_gets_its_name(
    connect: Connect, tmp_path: Path, sent: int, etag: str
) -> None:
    mute, told = Mute(sent=[sent] * 9, etag=etag), list[Progress]()
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(), to=tmp_path, progress=told.append)
    [failure] = report.failures
    assert isinstance(failure.error, IntegrityError)
    assert f"{sent} bytes were received, and the file record says {SIZE}" in str(failure.error)
    assert mute.asked == ["f0/content", "f0", "f0/content"]
    assert files_in(tmp_path) == []
    assert told[-1].received == 0


@CUTS
async def test_what_closes_early_once_is_fetched_again(
    connect: Connect, tmp_path: Path, sent: int
) -> None:
    mute = Mute(sent=[sent])
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(), to=tmp_path)
    assert (report.downloaded, report.size) == (1, SIZE)
    assert mute.asked == ["f0/content", "f0", "f0/content"]
    assert (tmp_path / "l0.png").read_bytes() == CONTENT


async def test_what_is_whole_gets_its_name_after_one_look_at_its_record(
    connect: Connect, tmp_path: Path
) -> None:
    mute, told = Mute(), list[Progress]()
    async with serving(mute) as raw:
        tk = connect(raw)
        report = await tk.layers.download_all(layers(), to=tmp_path, progress=told.append)
        assert (report.downloaded, report.failed) == (1, 0)
        assert mute.asked == ["f0/content", "f0"]
        assert (tmp_path / "l0.png").read_bytes() == CONTENT
        assert told[-1].received == SIZE
        mute.asked.clear()
        again = await tk.layers.download_all(layers(), to=tmp_path)
    assert (again.skipped, mute.asked) == (1, [])


async def test_of_each_file_the_record_is_asked_for_once(connect: Connect, tmp_path: Path) -> None:
    mute = Mute()
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(3), to=tmp_path)
    assert (report.downloaded, report.failed) == (3, 0)
    assert sorted(mute.asked) == ["f0", "f0/content", "f1", "f1/content", "f2", "f2/content"]


async def test_a_later_file_that_closes_early_gets_no_name_either(
    connect: Connect, tmp_path: Path
) -> None:
    mute = Mute(sent=[SIZE, *[600_000] * 9])
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(2), to=tmp_path, concurrency=1)
    assert (report.downloaded, report.failed) == (1, 1)
    assert isinstance(report.failures[0].error, IntegrityError)
    assert files_in(tmp_path) == ["l0.png"]


async def test_who_verifies_has_asked_for_the_record_before(
    connect: Connect, tmp_path: Path
) -> None:
    mute = Mute(record={"size": SIZE, "hash": f"sha256-{DIGITS}"})
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(), to=tmp_path, verify=True)
    assert (report.downloaded, mute.asked) == (1, ["f0", "f0/content"])


async def test_a_hash_in_the_record_tells_a_break_as_well(connect: Connect, tmp_path: Path) -> None:
    mute = Mute(sent=[600_000] * 9, record={"hash": f"sha256-{DIGITS}"})
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(), to=tmp_path)
    assert isinstance(report.failures[0].error, IntegrityError)
    assert files_in(tmp_path) == []


async def test_without_its_record_a_file_is_not_had(connect: Connect, tmp_path: Path) -> None:
    mute = Mute(record=None)
    async with serving(mute) as raw:
        report = await connect(raw).layers.download_all(layers(2), to=tmp_path, concurrency=1)
    assert [type(failure.error) for failure in report.failures] == [NotFoundError] * 2
    assert mute.asked.count("f0") == mute.asked.count("f1") == 1
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("sent", [600_000, SIZE])
async def test_one_file_by_itself_is_looked_up_as_well(
    connect: Connect, tmp_path: Path, sent: int
) -> None:
    mute = Mute(sent=[sent] * 9)
    async with serving(mute) as raw:
        tk = connect(raw)
        if sent == SIZE:
            result = await tk.layers.download(layers()[0], to=tmp_path)
            assert (result.size, result.sha256) == (SIZE, DIGITS)
            return
        with pytest.raises(IntegrityError, match="the file record says"):
            await tk.layers.download(layers()[0], to=tmp_path)
    assert files_in(tmp_path) == []
