"""Where a run puts its files: opened as a whole or not at all, and closed as a whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.transfer.folders import manifest_of
from threekit_async import DownloadError, UsageError
from threekit_async.transfer.cleaning import MANIFEST_NAME
from threekit_async.transfer.destinations.folder import Folder
from threekit_async.transfer.destinations.streamed import Streamed
from threekit_async.transfer.ledger import Entry, Ledger
from threekit_async.transfer.target import Target

ENTRY = Entry(id="a", file_id="f", name="a.png", size=1, sha256="ab" * 32)


class Shelf:
    """A destination that is no folder, and counts how often it is closed."""

    address = "shelf://one"

    def __init__(self, refusal: DownloadError | None = None) -> None:
        self.refusal = refusal
        self.closed = 0

    async def prepare(self) -> None:
        if self.refusal is not None:
            raise self.refusal

    async def size(self, name: str) -> int | None:
        raise NotImplementedError

    async def digest(self, name: str) -> str | None:
        raise NotImplementedError

    async def store(self, name: str, chunks: AsyncIterator[bytes], *, replace: bool) -> None:
        raise NotImplementedError

    async def copy(self, source: str, name: str) -> bool:
        raise NotImplementedError

    async def aclose(self) -> None:
        self.closed += 1


async def opened(to: Any, *, manifest: Any = True) -> Target:
    return await Target.opened(to, template="{id}", manifest=manifest)


async def test_a_folder_is_made_and_remembers(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    target = await opened(str(folder))
    target.ledger.add(ENTRY)
    await target.aclose()
    await target.aclose()
    assert isinstance(target.place, Folder)
    assert [line.get("name") for line in manifest_of(folder)] == [None, "a.png", None]
    again = await opened(folder)
    assert again.ledger.done("a", "f") is not None
    await again.aclose()


@pytest.mark.parametrize("kind", [str, Path])
async def test_a_manifest_may_stand_elsewhere(tmp_path: Path, kind: type) -> None:
    elsewhere = tmp_path / "records" / "mine.jsonl"
    target = await opened(tmp_path / "files", manifest=kind(elsewhere))
    await target.aclose()
    assert elsewhere.exists()
    assert list((tmp_path / "files").iterdir()) == []


async def test_without_a_manifest_a_folder_stays_empty(tmp_path: Path) -> None:
    target = await opened(tmp_path, manifest=False)
    await target.aclose()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_what_is_there_is_believed_only_by_who_wants_nothing_remembered(
    tmp_path: Path, elsewhere: bool
) -> None:
    for manifest, trusting in ((True, False), (tmp_path / "mine.jsonl", False), (False, True)):
        target = await opened(Shelf() if elsewhere else tmp_path, manifest=manifest)
        assert target.trusting is trusting
        await target.aclose()


@pytest.mark.parametrize("manifest", [True, False])
async def test_what_is_no_folder_remembers_nothing_of_itself(manifest: bool) -> None:
    shelf = Shelf()
    target = await opened(shelf, manifest=manifest)
    assert isinstance(target.place, Streamed)
    target.ledger.add(ENTRY)
    await target.aclose()
    assert shelf.closed == 1
    again = await opened(shelf, manifest=manifest)
    assert again.ledger.done("a", "f") is None
    await again.aclose()


async def test_what_is_no_folder_may_have_its_manifest_in_one(tmp_path: Path) -> None:
    target = await opened(Shelf(), manifest=tmp_path / "mine.jsonl")
    target.ledger.add(ENTRY)
    await target.aclose()
    again = await opened(Shelf(), manifest=tmp_path / "mine.jsonl")
    found = again.ledger.done("a", "f")
    # What an object store has taken is not lost with the power.
    assert found is not None
    assert found.sure
    await again.aclose()


@pytest.mark.parametrize("to", [7, None, b"folder", object()])
async def test_what_is_no_destination_is_a_usage_error(to: object) -> None:
    with pytest.raises(UsageError, match="to= must be a folder"):
        await opened(to)


async def test_a_manifest_in_use_is_left_to_the_other_run_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await opened(tmp_path)
    second = await opened(tmp_path)
    # It believes nothing of what is there: the other run may be at it.
    assert (first.trusting, second.trusting) == (False, False)
    [message] = caplog.messages
    assert message.startswith(f"{tmp_path / MANIFEST_NAME} is in use by another run")
    second.ledger.add(ENTRY)
    assert second.ledger.like(file_id="f") is not None
    await second.aclose()
    await first.aclose()
    assert [line.get("name") for line in manifest_of(tmp_path)] == [None]


async def test_a_manifest_that_was_named_must_be_free(tmp_path: Path) -> None:
    path, shelf = tmp_path / "mine.jsonl", Shelf()
    first = await opened(tmp_path, manifest=path)
    with pytest.raises(DownloadError, match="another run"):
        await opened(shelf, manifest=path)
    assert shelf.closed == 1
    await first.aclose()


async def test_a_file_that_is_no_manifest_is_refused_and_the_destination_closed(
    tmp_path: Path,
) -> None:
    (tmp_path / "poem.txt").write_text("Roses are red.\n")
    shelf = Shelf()
    with pytest.raises(DownloadError):
        await opened(shelf, manifest=tmp_path / "poem.txt")
    assert shelf.closed == 1
    assert (tmp_path / "poem.txt").read_text() == "Roses are red.\n"


async def test_a_destination_that_cannot_be_written_is_closed_and_no_manifest_made(
    tmp_path: Path,
) -> None:
    shelf = Shelf(DownloadError("shelf://one cannot be written."))
    with pytest.raises(DownloadError, match="shelf://one cannot be written"):
        await opened(shelf, manifest=tmp_path / "mine.jsonl")
    assert shelf.closed == 1
    assert list(tmp_path.iterdir()) == []


async def test_the_destination_is_closed_although_the_ledger_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(ledger: Ledger) -> None:
        ledger.close()
        raise OSError("the disk is gone")

    shelf = Shelf()
    target = await opened(shelf)
    monkeypatch.setattr(Ledger, "aclose", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        await target.aclose()
    assert shelf.closed == 1


async def test_who_is_cancelled_while_a_manifest_is_read_leaves_it_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    real, kept = Ledger.opened, list[Ledger]()

    def slow(*args: Any, **kwargs: Any) -> Ledger:
        begun.set()
        may_end.wait(10)
        kept.append(real(*args, **kwargs))
        return kept[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "opened", slow)
        opening = asyncio.ensure_future(opened(tmp_path))
        await asyncio.to_thread(begun.wait, 10)
        opening.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not opening.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await opening
    target = await opened(tmp_path)
    assert (caplog.messages, len(kept)) == ([], 1)
    await target.aclose()
