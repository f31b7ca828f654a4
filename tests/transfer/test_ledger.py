"""What a ledger knows, what it promises, and what crashes leave of both."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise, product
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.transfer.folders import opened_in
from threekit_async import DiskFullError, DownloadError
from threekit_async.transfer import ledger as ledger_module
from threekit_async.transfer.entries import Gone, Header, Line, Mark, read, written
from threekit_async.transfer.ledger import Entry, Ledger
from threekit_async.transfer.manifest import Manifest

TEMPLATE = "{id}.{ext}"


def entry(name: str, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": f"id-{name}",
        "file_id": f"file-{name}",
        "name": name,
        "size": 3,
        "sha256": f"sha-{name}",
        "modified": 5,
    }
    return Entry(**{**values, **changes})


def done(ledger: Ledger, name: str) -> Entry | None:
    return ledger.done(f"id-{name}", f"file-{name}")


def sure(ledger: Ledger, names: Iterable[str]) -> str:
    """Say which of these names the ledger is sure of."""
    found = {name: done(ledger, name) for name in names}
    return "".join(name for name, known in found.items() if known and known.sure)


class Disk:
    """Stands in for the surface of a disk; `gate` holds it up, `error` makes it fail."""

    def __init__(self, *, whole: bool = True) -> None:
        self.whole = whole
        self.calls: list[Any] = []
        self.began = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        self.error: OSError | None = None
        self.at_once = 0
        self.closed = 0

    def everything(self) -> bool:
        if not self.whole:
            return False
        self._work("everything")
        return True

    def files(self, names: Iterable[str]) -> None:
        self._work(list(names))

    def close(self) -> None:
        self.closed += 1

    def _work(self, what: object) -> None:
        self.at_once += 1
        assert self.at_once == 1
        self.began.set()
        assert self.gate.wait(10)
        self.calls.append(what)
        self.at_once -= 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.jsonl"


@pytest.fixture(autouse=True)
def quiet_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no clock begin a sync; tests say when."""
    monkeypatch.setattr(ledger_module, "_SECONDS", 1e6)


def opened(path: Path | None, *, template: str = TEMPLATE, disk: Disk | None = None) -> Ledger:
    folder = path.parent if path is not None else None
    ledger = Ledger.opened(path, template=template, sync=folder)
    if disk is not None and ledger._surface is not None:
        ledger._surface.close()
        ledger._surface = disk  # type: ignore[assignment]
    return ledger


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    made = opened(path)
    yield made
    await made.aclose()


@pytest.fixture(params=["a manifest", "no manifest"])
async def either(request: pytest.FixtureRequest, path: Path) -> AsyncIterator[Ledger]:
    """With a manifest, and without."""
    made = opened(path if request.param == "a manifest" else None)
    yield made
    await made.aclose()


# What it knows


async def test_what_was_added_is_found_by_what_was_asked_for(either: Ledger) -> None:
    either.add(entry("a", checked=True))
    assert done(either, "a") == entry("a", checked=True, sure=True)
    assert either.done("id-a", "file-b") is None
    assert either.done("id-b", "file-a") is None


async def test_what_was_added_is_found_by_its_name(either: Ledger) -> None:
    either.add(entry("a"))
    either.add(entry("b"))
    assert either.named("a") == entry("a", sure=True)
    either.add(entry("a", id="2", file_id="f2"))
    assert either.named("a") == entry("a", id="2", file_id="f2", sure=True)
    either.forget(entry("b"))
    for name in ("b", "A", "never", "\ud800"):
        assert either.named(name) is None


async def test_a_name_is_found_whatever_template_has_made_it(path: Path) -> None:
    first = opened(path, template="{id}")
    first.add(entry("a"))
    await first.aclose()
    second = opened(path, template="{sku}")
    assert second.named("a") == entry("a", sure=True)
    assert second.done("id-a", "file-a") is None
    await second.aclose()


async def test_what_was_added_is_found_by_its_bytes(either: Ledger) -> None:
    either.add(entry("a"))
    found = entry("a", sure=True)
    assert either.like(file_id="file-a") == found
    assert either.like(sha256="sha-a") == found
    assert either.like(file_id="none", sha256="sha-a") == found
    assert either.like(file_id="none", sha256="none") is None
    assert either.like() is None


async def test_files_whose_hash_is_not_known_are_not_alike(either: Ledger) -> None:
    either.add(entry("a", sha256=""))
    assert either.like(sha256="") is None


async def test_the_newest_of_many_is_found(either: Ledger) -> None:
    for name in "abc":
        either.add(entry(name, id="1", file_id="f", sha256="s"))
    for found in (either.done("1", "f"), either.like(file_id="f"), either.like(sha256="s")):
        assert found is not None
        assert found.name == "c"


async def test_a_name_used_again_is_the_new_file_only(either: Ledger) -> None:
    either.add(entry("a"))
    either.add(entry("a", id="2", file_id="f2", sha256="s2"))
    assert done(either, "a") is None
    assert either.like(file_id="file-a") is None
    assert either.like(sha256="sha-a") is None
    assert either.done("2", "f2") is not None


async def test_what_was_retracted_is_not_found(either: Ledger) -> None:
    either.add(entry("a"))
    either.add(entry("b"))
    either.forget(entry("a"))
    either.forget(entry("never"))
    assert done(either, "a") is None
    assert either.like(file_id="file-a") is None
    assert either.like(sha256="sha-a") is None
    assert done(either, "b") is not None


async def test_the_first_who_claims_a_name_has_it(either: Ledger) -> None:
    assert either.claim("a/Grün.png", "1") == "1"
    assert either.claim("a/Grün.png", "2") == "1"
    assert either.claim("A/GRU\N{COMBINING DIAERESIS}N.PNG", "2") == "1"
    assert either.claim("a/grun.png", "2") == "2"
    assert either.claim("STRASSE", "1") == either.claim("straße", "2") == "1"
    assert either.claim("x.PNG", "1") == either.claim("X.png", "2") == "1"


async def test_ids_that_are_no_text_are_not_remembered(either: Ledger) -> None:
    half = "\ud800"
    either.add(entry("a", id=half))
    assert either.done(half, "file-a") is None
    assert either.like(file_id=half) is None
    assert either.like(file_id="file-a") is None
    either.add(entry("b"))
    assert done(either, "b") is not None


async def test_an_odd_template_is_no_obstacle(path: Path) -> None:
    for _ in range(2):
        ledger = opened(path, template='{id}\ud800"\n')
        ledger.add(entry("a"))
        assert done(ledger, "a") is not None
        await ledger.aclose()


# From run to run


async def test_the_next_run_knows_what_this_one_did(path: Path) -> None:
    first = opened(path)
    first.add(entry("a", checked=True))
    first.add(entry("b"))
    first.add(entry("c"))
    first.add(entry("c", id="again"))
    first.forget(entry("b"))
    await first.aclose()
    second = opened(path)
    assert done(second, "a") == entry("a", checked=True, sure=True)
    assert done(second, "b") is None
    assert done(second, "c") is None
    assert second.like(file_id="file-c") == entry("c", id="again", sure=True)
    await second.aclose()


async def test_another_template_knows_bytes_but_not_what_was_asked_for(path: Path) -> None:
    first = opened(path, template="{id}")
    first.add(entry("a"))
    await first.aclose()
    second = opened(path, template="{asset_id}/{id}")
    assert done(second, "a") is None
    assert second.like(file_id="file-a") == entry("a", sure=True)
    second.add(entry("b"))
    await second.aclose()
    third = opened(path, template="{id}")
    assert done(third, "a") is not None
    assert done(third, "b") is None
    await third.aclose()


async def test_claims_are_of_one_run(path: Path) -> None:
    first = opened(path)
    first.claim("a", "1")
    await first.aclose()
    second = opened(path)
    assert second.claim("a", "2") == "2"
    await second.aclose()


async def test_what_cannot_be_lost_any_more_is_always_sure(path: Path) -> None:
    for number in range(2):
        ledger = Ledger.opened(path, template=TEMPLATE, sync=None)
        assert sure(ledger, "a") == ("a" if number else "")
        ledger.add(entry("a"))
        ledger.close()


async def test_many_files_are_loaded_in_parts(path: Path) -> None:
    with path.open("wb") as file:
        file.write(written(Header(1, TEMPLATE)))
        for number in range(3000):
            file.write(written(entry(str(number))))
            file.write(written(Gone(str(number - 1))) if number % 3 == 0 else b"")
    ledger = opened(path)
    known = [number for number in range(3000) if done(ledger, str(number))]
    assert known == [number for number in range(3000) if number % 3 != 2 or number == 2999]
    await ledger.aclose()


def test_memory_does_not_grow_with_the_number_of_files(path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from threekit_async.transfer.ledger import Ledger\n"
        "def used():\n"
        "    words = pathlib.Path('/proc/self/statm').read_text().split()\n"
        "    return int(words[1]) * 4\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "Ledger.opened(None, template='', sync=None).close()\n"
        "before = used()\n"
        "ledger = Ledger.opened(path, template='{id}.{ext}', sync=None)\n"
        "print(used() - before)\n"
        "ledger.close()\n"
    )
    with path.open("wb") as file:
        file.write(written(Header(1, TEMPLATE)))
        file.writelines(written(entry(f"{number:050}")) for number in range(40_000))
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert 0 < int(ran.stdout) < 20_000  # KiB; as objects they are more than 40,000


# The surface of the disk


async def synced(ledger: Ledger) -> None:
    """Wait for the sync that is under way."""
    task = ledger._syncing
    assert task is not None
    await asyncio.wait({task})


def marks(path: Path) -> list[Mark]:
    lines = (read(line) for line in path.read_bytes().splitlines(keepends=True))
    return [line for line in lines if isinstance(line, Mark)]


async def reopened(path: Path, names: str) -> str:
    ledger = opened(path)
    known = sure(ledger, names)
    assert all(done(ledger, name) for name in names)
    ledger.close()
    return known


async def test_data_come_to_the_surface_before_the_mark_and_the_mark_before_its_flush(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    disk = Disk()
    ledger = opened(path, disk=disk)
    append, flush = Manifest.append, Manifest.flush

    def everything() -> bool:
        order.append("data")
        return True

    def appended(self: Manifest, line: Line) -> int:
        order.append(type(line).__name__.lower())
        return append(self, line)

    def flushed(self: Manifest) -> None:
        order.append("flush")
        flush(self)

    monkeypatch.setattr(disk, "everything", everything)
    monkeypatch.setattr(Manifest, "append", appended)
    monkeypatch.setattr(Manifest, "flush", flushed)
    monkeypatch.setattr(ledger_module, "_BATCH", 2)
    ledger.add(entry("a"))
    ledger.add(entry("b"))
    assert ledger._syncing is None
    ledger.add(entry("c"))
    await synced(ledger)
    await ledger.aclose()
    batch = ["data", "mark", "flush"]
    assert order == ["entry", "entry", "entry", *batch, *batch]


async def test_a_mark_covers_the_lines_before_its_sync_began_and_no_others(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH", 2)
    disk = Disk()
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    for name in "abcd":  # the sync begins before c is written: c has no name yet
        ledger.add(entry(name))
    await asyncio.to_thread(disk.began.wait, 10)
    for name in "ef":
        ledger.add(entry(name))
    disk.gate.set()
    await synced(ledger)
    ledger.close()
    assert await reopened(path, "abcdef") == "ab"


async def test_syncs_are_never_two_at_once_and_hold_up_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH", 10)
    disk = Disk()
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    for number in range(100):
        ledger.add(entry(str(number)))
        await asyncio.sleep(0)
    await asyncio.to_thread(disk.began.wait, 10)
    disk.gate.set()
    await synced(ledger)
    assert disk.calls == ["everything"]
    ledger.add(entry("next"))  # and this begins another, for all that came meanwhile
    assert ledger._syncing is not None
    await ledger.aclose()
    assert disk.calls == ["everything"] * 3
    first, second, third = marks(path)
    assert first.until == second.since
    assert second.until == third.since


async def test_a_clock_begins_a_sync_when_few_files_come(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_SECONDS", 0.0)
    disk = Disk()
    ledger = opened(path, disk=disk)
    for count in (1, 2):
        disk.began.clear()
        ledger.add(entry("a"))
        assert await asyncio.to_thread(disk.began.wait, 10)
        await synced(ledger) if ledger._syncing else None
        assert len(disk.calls) == count
    ledger.close()
    assert await reopened(path, "a") == "a"


async def test_files_that_came_during_a_sync_have_a_clock_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_SECONDS", 0.0)
    disk = Disk()
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    ledger.add(entry("a"))
    await asyncio.to_thread(disk.began.wait, 10)
    ledger.add(entry("b"))
    disk.began.clear()
    disk.gate.set()
    assert await asyncio.to_thread(disk.began.wait, 10)
    await ledger.aclose()
    assert disk.calls == ["everything"] * 2


async def test_an_idle_run_syncs_nothing(path: Path) -> None:
    disk = Disk()
    ledger = opened(path, disk=disk)
    await ledger.aclose()
    await ledger.aclose()
    assert disk.calls == []
    assert marks(path) == []


async def test_without_one_call_for_all_each_file_is_synced(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH", 3)
    disk = Disk(whole=False)
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    for name in "abcdefg":
        ledger.add(entry(name))
        if name == "b":
            ledger.forget(entry("a"))
    disk.gate.set()
    await ledger.aclose()
    assert disk.calls[0] == ["b"]  # of a, b and what was said of a
    assert sorted(name for batch in disk.calls for name in batch) == list("bcdefg")
    assert all(len(batch) <= 3 for batch in disk.calls)
    assert await reopened(path, "bcdefg") == "bcdefg"


async def test_what_earlier_runs_left_unsure_stays_so_until_it_is_added_again(path: Path) -> None:
    first = opened(path)
    for name in "abc":
        first.add(entry(name))
    first.close()  # as if killed
    second = opened(path)
    assert sure(second, "abc") == ""
    second.add(entry("d"))
    found = done(second, "a")
    assert found is not None
    second.add(found)
    assert sure(second, "abc") == "a"
    await second.aclose()
    assert await reopened(path, "abcd") == "ad"


async def test_a_sync_that_fails_is_told_once_and_vouches_for_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH", 1)
    disk = Disk()
    ledger = opened(path, disk=disk)
    with caplog.at_level(logging.WARNING, "threekit_async"):
        for name, error in zip("abcd", [None, OSError(errno.EIO, "worn"), None, None], strict=True):
            disk.error = error
            ledger.add(entry(name))
            if ledger._syncing is not None:
                await synced(ledger)
        disk.error = OSError(errno.EIO, "worn")
        await ledger.aclose()
    (record,) = caplog.records
    assert "worn" in record.getMessage()
    assert "The run goes on" in record.getMessage()
    # The sync that failed was for a; a later one that succeeds does not bring its bytes back.
    assert await reopened(path, "abcd") == "bc"


async def test_a_full_disk_at_the_mark_does_not_end_the_run(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = opened(path, disk=Disk())
    ledger.add(entry("a"))

    def full(number: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "threekit_async"):
        patch.setattr(os, "write", full)
        await ledger.aclose()
    assert "no space left" in caplog.text
    assert await reopened(path, "a") == ""


async def test_lines_of_another_run_make_marks_worthless(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = opened(path, disk=Disk())
    ledger.add(entry("a"))
    with path.open("ab") as file:
        file.write(written(entry("b")))
    with caplog.at_level(logging.WARNING, "threekit_async"):
        await ledger.aclose()
    assert "by another run as well" in caplog.text
    assert marks(path) == []


async def test_closing_waits_for_the_sync_that_is_under_way(path: Path) -> None:
    disk = Disk()
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    ledger.add(entry("a"))
    closing = asyncio.create_task(ledger.aclose())
    assert await asyncio.to_thread(disk.began.wait, 10)
    assert not closing.done()
    disk.gate.set()
    await closing
    assert disk.closed == 1
    assert await reopened(path, "a") == "a"


async def test_closing_ends_one_sync_before_it_begins_the_last(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH", 1)
    disk = Disk()
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    ledger.add(entry("a"))
    ledger.add(entry("b"))
    assert ledger._syncing is not None
    closing = asyncio.create_task(ledger.aclose())
    assert await asyncio.to_thread(disk.began.wait, 10)
    await asyncio.sleep(0)
    disk.gate.set()
    await closing
    assert disk.calls == ["everything"] * 2
    assert await reopened(path, "ab") == "ab"


async def test_who_is_cancelled_while_closing_still_lets_go_of_everything(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = Disk()
    disk.gate.clear()
    ledger = opened(path, disk=disk)
    ledger.add(entry("a"))
    closing = asyncio.create_task(ledger.aclose())
    assert await asyncio.to_thread(disk.began.wait, 10)
    syncing = ledger._syncing
    assert syncing is not None
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert disk.closed == 1
    assert await reopened(path, "a") == ""  # which needs the lock
    disk.gate.set()
    await asyncio.wait({syncing})
    await ledger.aclose()
    assert caplog.records == []


async def test_the_real_disk_is_synced_too(path: Path) -> None:
    ledger = opened(path)
    (path.parent / "a").write_bytes(b"abc")
    ledger.add(entry("a"))
    await ledger.aclose()
    assert await reopened(path, "a") == "a"


# Trouble


async def test_a_full_disk_stops_what_is_added_and_not_what_is_known(
    path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add(entry("a"))

    def full(number: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(DiskFullError):
            ledger.add(entry("b"))
        with pytest.raises(DiskFullError):
            ledger.forget(entry("a"))
    assert done(ledger, "a") is None
    assert done(ledger, "b") is None
    ledger.add(entry("c"))
    assert done(ledger, "c") is not None


async def test_a_table_that_cannot_be_written_says_where_room_is_needed() -> None:
    ledger = opened(None)
    ledger._index._database.execute("pragma max_page_count = 1")
    many = (entry(str(number)) for number in range(100_000))
    with pytest.raises(DownloadError, match="folder for temporary files: database or disk is full"):
        deque(map(ledger.add, many), maxlen=0)
    await ledger.aclose()


async def test_two_runs_into_one_folder_are_told_apart(path: Path, ledger: Ledger) -> None:
    ledger.add(entry("a"))
    with pytest.raises(DownloadError, match="in use by another run"):
        opened(path)
    ledger.add(entry("b"))
    await ledger.aclose()
    assert await reopened(path, "ab") == "ab"


def test_a_refused_manifest_leaves_nothing_open(path: Path) -> None:
    path.write_bytes(b"hello\n")
    for _ in range(3):
        with pytest.raises(DownloadError, match="no manifest"):
            opened(path)
    assert opened_in(path.parent) == []


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="No such file"):
        Ledger.opened(tmp_path / "m", template=TEMPLATE, sync=tmp_path / "none")


def test_a_ledger_that_nobody_has_any_more_does_not_keep_the_lock(path: Path) -> None:
    ledger = opened(path)
    ledger._index.close()
    del ledger
    opened(path).close()


# Crashes


@pytest.mark.parametrize(
    "mark", [Mark(0, 10**9), Mark(10**6, 10**9)], ids=["from the start", "beyond the end"]
)
async def test_a_mark_that_covers_more_than_there_is_is_not_believed(
    path: Path, mark: Mark
) -> None:
    path.write_bytes(written(Header(1, TEMPLATE)) + written(entry("a")) + written(mark))
    assert await reopened(path, "a") == ""


async def test_a_mark_vouches_for_nothing_that_follows_it(path: Path) -> None:
    before = written(Header(1, TEMPLATE)) + written(entry("a"))
    mark = Mark(0, len(before) + 30)
    path.write_bytes(before + written(mark) + written(entry("b")))
    assert await reopened(path, "ab") == ""
    path.write_bytes(before + written(Mark(0, len(before))) + written(entry("b")))
    assert await reopened(path, "ab") == "a"


async def test_lines_lost_to_a_power_cut_take_no_others_with_them(path: Path) -> None:
    lines = [written(Header(1, TEMPLATE)), *(written(entry(name)) for name in "abcd")]
    lines[2] = bytes(len(lines[2]))
    path.write_bytes(b"".join(lines) + bytes(4096))
    ledger = opened(path)
    # What stood in zeros took the beginning of the line behind it.
    assert [name for name in "abcd" if done(ledger, name)] == ["a", "d"]
    await ledger.aclose()


KILLED = """
import asyncio, sys
from pathlib import Path
from threekit_async.transfer.ledger import Entry, Ledger

async def main():
    ledger = Ledger.opened(Path(sys.argv[1]), template=sys.argv[2], sync=Path(sys.argv[1]).parent)
    number = 0
    while True:
        entry = Entry(id=str(number), file_id="f", name=str(number), size=1, sha256="")
        ledger.add(entry)
        print(number, flush=True)
        number += 1
        await asyncio.sleep(0)

asyncio.run(main())
"""


def test_a_killed_run_has_remembered_everything_it_said(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), TEMPLATE], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        for _ in range(1500):
            run.stdout.readline()
        run.send_signal(signal.SIGKILL)
        said = 1499 + len([line for line in run.stdout.read().splitlines() if line])
    ledger = opened(path)
    missing = [number for number in range(said) if ledger.done(str(number), "f") is None]
    assert missing == []
    ledger.close()


names = st.sampled_from(["a", "b", "ä/ö", "c d", "日本"])
ids = st.sampled_from(["1", "2", "ü"])
additions = st.builds(
    entry,
    names,
    id=ids,
    file_id=st.sampled_from(["f", "g"]),
    sha256=st.sampled_from(["s", "t", ""]),
    checked=st.booleans(),
)
runs = st.builds(Header, st.just(1), st.sampled_from([TEMPLATE, "other"]))
moves: st.SearchStrategy[Any] = st.one_of(
    additions,
    additions,
    st.builds(Gone, names),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    runs,
)


State: TypeAlias = dict[str, tuple[int, bool, Entry]]


def history(moves: list[Any]) -> list[bytes]:
    """Write the lines of some runs, with honest marks."""
    lines = [written(Header(1, TEMPLATE))]
    for move in moves:
        line = move
        if isinstance(move, tuple):
            places = [0]
            for text in lines:
                places.append(places[-1] + len(text))
            line = Mark(*sorted(places[int(share * len(lines))] for share in move))
        lines.append(written(line))
    return lines


def replayed(lines: list[bytes]) -> State:
    """Read lines the slow and plain way: by name, its place, whose it is, and the entry."""
    state: State = {}
    mine, place = False, 0
    for text in lines:
        place += len(text)
        data = json.loads(text)
        if "threekit_manifest" in data:
            mine = data["template"] == TEMPLATE
        elif "gone" in data:
            state.pop(data["gone"], None)
        elif "synced" in data:
            for name, (at, own, known) in state.items():
                if data["since"] < at <= data["synced"]:
                    state[name] = at, own, evolve(known, sure=True)
        else:
            state[data["name"]] = place, mine, Entry(**data)
    return state


def newest(state: State, *, mine: bool = False, **fields: str) -> Entry | None:
    known = [
        (at, found)
        for at, own, found in state.values()
        if own or not mine
        if all(getattr(found, name) == value for name, value in fields.items())
    ]
    return max(known, key=lambda two: two[0])[1] if known else None


@given(st.lists(moves, max_size=12), st.data())
def test_what_a_crash_leaves_is_what_its_complete_lines_say(
    moves: list[Any], data: st.DataObject
) -> None:
    lines = history(moves)
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    complete = [text for _, text in zip(range(whole[:cut].count(b"\n")), lines, strict=False)]
    state = replayed(complete)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.jsonl"
        path.write_bytes(whole[:cut])
        ledger = opened(path)
        for asked, file_id in product(("1", "2", "ü"), ("f", "g")):
            expected = newest(state, id=asked, file_id=file_id, mine=True)
            assert ledger.done(asked, file_id) == expected
        for file_id in ("f", "g"):
            assert ledger.like(file_id=file_id) == newest(state, file_id=file_id)
        for sha256 in ("s", "t"):
            assert ledger.like(sha256=sha256) == newest(state, sha256=sha256)
        ledger.close()
        assert path.read_bytes() == b"".join(complete) + written(Header(1, TEMPLATE))


async def test_marks_of_one_run_follow_each_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BATCH", 3)
    ledger = opened(path, disk=Disk())
    start = path.stat().st_size
    for number in range(20):
        ledger.add(entry(str(number)))
        if ledger._syncing is not None:
            await synced(ledger)
    await ledger.aclose()
    found = marks(path)
    assert found[0].since == start
    assert all(first.until == second.since for first, second in pairwise(found))
    assert await reopened(path, "123456789") == "123456789"
