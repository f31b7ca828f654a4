"""Downloads with a cache: bytes that were had once are not fetched again, in both worlds."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.transfer.folders import files_in
from threekit_async import AsyncThreekit, IntegrityError, Layer
from threekit_async.emulator import EmulatorThread

SIZE = 20_000
BYTES = b"picture" * 10_000
PICTURE = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """12 layers, each with a file of its own."""
    server.fill(layers=12, file_bytes=SIZE)
    return server


@pytest.fixture
def pictured(server: EmulatorThread) -> EmulatorThread:
    server.seed(files=[{"id": PICTURE, "filename": "chair.png", "content": BYTES}])
    return server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


async def listed(tk: Any) -> list[Layer]:
    layers: list[Layer] = await tk.layers.list().all()
    return layers


def asked(server: EmulatorThread) -> dict[str, int]:
    """How many records and how many contents were asked for since the last look."""
    paths = [entry.path for entry in server.journal() if entry.path.startswith("/api/files/")]
    server.clear_journal()
    contents = sum(path.endswith("/content") for path in paths)
    return {"records": len(paths) - contents, "contents": contents}


def kept(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "files").rglob("*") if path.is_file())


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


@pytest.mark.parametrize("again", ["the same client", "another client"])
async def test_each_file_is_fetched_once_for_two_folders(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, cache: Path, again: str
) -> None:
    tk = connect(filled, cache=cache)
    layers = await listed(tk)
    first = await tk.layers.download_all(layers, to=tmp_path / "a", verify=True)
    assert asked(filled) == {"records": 12, "contents": 12}
    received = tk.stats.bytes_received
    tk = connect(filled, cache=cache) if again == "another client" else tk
    second = await tk.layers.download_all(layers, to=tmp_path / "b", verify=True)
    assert asked(filled) == {"records": 12, "contents": 0}
    assert (first.downloaded, first.copied, first.size) == (12, 0, 12 * SIZE)
    assert (second.downloaded, second.copied, second.size) == (0, 12, 0)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert tk.stats.bytes_received - received < SIZE


async def test_the_same_bytes_under_several_layers_are_fetched_once(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, cache: Path
) -> None:
    tk = connect(filled, cache=cache)
    layer = (await listed(tk))[0]
    copies = [Layer(id=f"copy {number}", file_id=layer.file_id) for number in range(5)]
    for fetched, folder in ((1, "a"), (0, "b")):
        report = await tk.layers.download_all(copies, to=tmp_path / folder, verify=True)
        assert (report.downloaded, report.copied) == (fetched, 5 - fetched)
        assert asked(filled)["contents"] == fetched
        assert len(contents(tmp_path / folder)) == 5
        assert len(set(contents(tmp_path / folder).values())) == 1


async def test_without_checks_a_cache_costs_no_request_and_keeps_no_file(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, cache: Path
) -> None:
    tk = connect(filled, cache=cache)
    layers = await listed(tk)
    for folder in ("a", "b"):
        await tk.layers.download_all(layers, to=tmp_path / folder, name="{id}")
        assert asked(filled) == {"records": 0, "contents": 12}
    assert kept(cache) == []


async def test_where_a_name_needs_the_record_the_cache_serves_without_checks_too(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, cache: Path
) -> None:
    tk = connect(filled, cache=cache)
    layers = await listed(tk)
    for folder, fetched in (("a", 12), ("b", 0)):
        await tk.layers.download_all(layers, to=tmp_path / folder, name="{id}.{ext}")
        assert asked(filled) == {"records": 12, "contents": fetched}
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("damage", [BYTES[::-1], BYTES[:-1], b""])
async def test_a_kept_file_that_was_damaged_is_fetched_again(
    connect: Connect, pictured: EmulatorThread, cache: Path, damage: bytes, verify: bool
) -> None:
    tk = connect(pictured, cache=cache)
    for folder, fetched in (("a", 1), ("b", 1), ("c", 0)):
        result = await tk.files.download(PICTURE, to=cache.parent / folder, verify=verify)
        assert result.path.read_bytes() == BYTES
        assert asked(pictured)["contents"] == fetched
        if folder == "a":
            [path] = kept(cache)
            path.write_bytes(damage)
    assert [path.read_bytes() for path in kept(cache)] == [BYTES]


@pytest.mark.parametrize("verify", [True, False])
async def test_bytes_that_are_not_what_was_promised_are_never_kept(
    connect: Connect, pictured: EmulatorThread, tmp_path: Path, cache: Path, verify: bool
) -> None:
    tk = connect(pictured, cache=cache)
    promised = {"id": PICTURE, "filename": "chair.png", "size": len(BYTES)}
    promised["hash"] = f"sha256-{'0' * 64}"
    pictured.faults.add(effect="body", body=promised, path=f"{PICTURE}$")
    # The record was read for the name: what it promises is known, asked for or not.
    with pytest.raises(IntegrityError):
        await tk.files.download(PICTURE, to=tmp_path / "a", verify=verify)
    assert kept(cache) == []
    assert files_in(tmp_path / "a") == []


async def test_a_file_that_is_there_already_is_not_lent(
    connect: Connect, pictured: EmulatorThread, tmp_path: Path, cache: Path
) -> None:
    tk = connect(pictured, cache=cache)
    for status in ("downloaded", "skipped"):
        assert (await tk.files.download(PICTURE, to=tmp_path / "a")).status == status


async def test_changing_a_downloaded_file_changes_no_other(
    connect: Connect, pictured: EmulatorThread, tmp_path: Path, cache: Path
) -> None:
    tk = connect(pictured, cache=cache)
    for folder in ("a", "b", "c"):
        result = await tk.files.download(PICTURE, to=tmp_path / folder)
        assert result.path.read_bytes() == BYTES
        with result.path.open("r+b") as file:
            file.write(b"painted over")
    assert asked(pictured)["contents"] == 1


async def test_a_folder_that_keeps_no_file_fails_no_download(
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    cache: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cache.mkdir()
    (cache / "files").touch()
    tk = connect(filled, cache=cache)
    layers = await listed(tk)
    for folder in ("a", "b"):
        report = await tk.layers.download_all(layers, to=tmp_path / folder, verify=True)
        assert report.downloaded == 12
    [message] = caplog.messages
    assert message.startswith(f"A file could not be kept in {cache / 'files'}: ")


class Slow:
    """A store that lends when it is let."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def find(self, name: str | None, size: int | None) -> Path:
        return Path(f"{name} {size}")

    def lend(self, name: str | None, size: int | None, final: str, *, replace: bool) -> bool:
        self.begun.set()
        self.may_end.wait(10)
        Path(final).write_bytes(BYTES)
        return replace and (name, size) != (None, None)

    def keep(self, name: str | None, path: Any) -> None:
        raise AssertionError(f"{name} was lent, and {path} is nothing new")


async def test_who_gives_up_waits_for_the_copy_so_that_no_file_appears_afterwards(
    pictured: EmulatorThread, tmp_path: Path
) -> None:
    # Nobody can cancel a synchronous call.
    async with AsyncThreekit(token=pictured.private_token, host=pictured.url) as tk:
        tk._session.files = store = Slow()  # pyright: ignore[reportPrivateUsage]
        download = asyncio.ensure_future(tk.files.download(PICTURE, to=tmp_path))
        await asyncio.to_thread(store.begun.wait, 10)
        download.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not download.done()
        store.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await download
        assert (tmp_path / "chair.png").read_bytes() == BYTES
