"""Every fault the emulator knows, and what the client makes of it: the value, or a named error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from tests.conftest import Connect
from tests.transfer.folders import finished_in
from threekit_async import (
    DecodeError,
    IntegrityError,
    Layer,
    NotFoundError,
    RateLimitError,
    RedirectError,
    ServerError,
    StatusError,
    ThreekitError,
    TransportError,
)
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.emulator.faults.rule import EFFECTS
from threekit_async.transfer.destinations.place import PageError

SIZE = 3000
PAGE_2 = "(^|&)page=2(&|$)"
RIGHT = "right"

Ending = type[ThreekitError] | str


@frozen
class Expected:
    """How a call ends, and how many requests it took: the fault passes, or it stays."""

    once: tuple[Ending, int]
    always: tuple[Ending, int]


def again(error: type[ThreekitError]) -> Expected:
    """It is asked again, and fails when the fault stays for all three attempts."""
    return Expected((RIGHT, 2), (error, 3))


def final(error: type[ThreekitError]) -> Expected:
    """It is asked once: the same would come again, or a second time could do harm."""
    return Expected((error, 1), (error, 1))


HARMLESS = Expected((RIGHT, 1), (RIGHT, 1))
FOLLOWED = Expected((RIGHT, 2), (RedirectError, 6))
AGAIN = again(TransportError)
NO_JSON = final(DecodeError)
# Once more, from zero: it may have been a slip.
NO_FILE = Expected((RIGHT, 2), (IntegrityError, 2))
NO_PICTURE = Expected((RIGHT, 2), (PageError, 2))


@frozen(kw_only=True)
class Row:
    """One fault, and what becomes of each kind of call."""

    effect: str
    fields: dict[str, Any] = field(factory=dict[str, Any])
    #: A page of a listing, which is asked for by its number.
    query: str = PAGE_2
    read: Expected = HARMLESS
    listing: Expected = HARMLESS
    write: Expected = HARMLESS
    file: Expected = HARMLESS
    #: How often the write is carried out while the fault stays.
    done: int = 1

    def __str__(self) -> str:
        shown = " ".join(f"{name}={value}" for name, value in self.fields.items())
        return f"{self.effect} {shown}".strip()


def row(effect: str, reads: Expected = HARMLESS, /, *, done: int = 1, **columns: Any) -> Row:
    """Make a row whose three kinds of reads end alike, unless a column says otherwise."""
    fields = {name: columns.pop(name) for name in list(columns) if name not in COLUMNS}
    expected = {"read": reads, "listing": reads, "file": reads, **columns}
    return Row(effect=effect, fields=fields, done=done, **expected)


COLUMNS = {"read", "listing", "write", "file", "query"}

ROWS = [
    row("delay", seconds=0.01),
    row("drip", bytes=500, interval=0.0),
    row("status", again(ServerError), write=final(ServerError), done=0),
    row("status", again(ServerError), write=final(ServerError), done=0, status=500),
    row("status", final(NotFoundError), write=final(NotFoundError), done=0, status=404),
    row("status", again(RateLimitError), write=again(RateLimitError), done=0, status=429,
        retry_after="0"),
    row("redirect", FOLLOWED, write=final(StatusError), done=0, location="#"),
    row("redirect", FOLLOWED, write=final(StatusError), done=0, location="#", status=307),
    row("html", again(ServerError), write=final(ServerError), done=0),
    row("html", NO_JSON, write=NO_JSON, file=NO_PICTURE, done=0, status=200),
    row("malformed_json", NO_JSON, write=NO_JSON, file=NO_FILE, done=0),
    row("not_utf8", NO_JSON, write=NO_JSON, file=NO_FILE, done=0),
    row("empty", NO_JSON, write=NO_JSON, file=NO_FILE, done=0),
    row("body", NO_JSON, write=NO_JSON, file=NO_FILE, done=0, body={"odd": 1}),
    row("reset_before", AGAIN, write=final(TransportError), done=0),
    row("reset_before", AGAIN, write=final(TransportError), done=0, hard=True),
    row("reset_after", AGAIN, write=final(TransportError)),
    row("reset_after", AGAIN, write=final(TransportError), hard=True),
    row("truncate", AGAIN, write=final(TransportError), bytes=20),
    row("truncate", AGAIN, write=final(TransportError), bytes=20, hard=True),
    row("wrong_length", NO_JSON, write=NO_JSON, file=NO_FILE, bytes=20),
    row("gzip"),
    row("repeat_page", listing=NO_JSON),
    row("shift_page", query="(^|&)page=[^1]"),
    # Listings of layers have no total by which an empty page could be told from the end.
    row("empty_page", listing=Expected(("the first page", 1), ("the first page", 1))),
    row("ignore_range"),
    row("wrong_range"),
    row("new_etag"),
]  # fmt: skip


def test_every_fault_has_a_row() -> None:
    assert {row.effect for row in ROWS} == set(EFFECTS)


@pytest.fixture(scope="module")
def shared() -> Iterator[EmulatorThread]:
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        yield server


@pytest.fixture
def filled(shared: EmulatorThread) -> EmulatorThread:
    """25 layers, each with a file; three pages of ten."""
    shared.reset()
    shared.fill(layers=25, file_bytes=SIZE)
    return shared


@pytest.fixture
async def layers(connect: Connect, filled: EmulatorThread) -> list[Layer]:
    found: list[Layer] = await connect(filled).layers.list().all()
    assert len(found) == 25
    return found


async def ended(call: Any, server: EmulatorThread, rule: Any, asked: Any) -> tuple[Any, int]:
    """Say how a call ends while a rule holds, and how many requests the server saw for it."""
    server.clear_journal()
    server.faults.clear()
    server.faults.add(**rule)
    try:
        ending = await call()
    except ThreekitError as error:
        assert_says_what_to_do(error)
        ending = type(error)
    return ending, sum(asked(entry) for entry in server.journal())


def assert_says_what_to_do(error: Exception) -> None:
    said = str(error)
    assert said.endswith(".")
    assert said.count(". ") >= 1, said
    assert "/api/" in said or Path(said.partition(":")[0]).is_absolute()
    assert error.__cause__ is None


async def assert_ends(
    expected: Expected, call: Any, server: EmulatorThread, rule: Any, asked: Any
) -> None:
    once = await ended(call, server, {**rule, "times": 1}, asked)
    always = await ended(call, server, rule, asked)
    assert Expected(once, always) == expected


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_record_is_read_or_the_error_is_named(
    connect: Connect, filled: EmulatorThread, layers: list[Layer], row: Row
) -> None:
    tk, path = connect(filled), f"/api/layers/{layers[3].id}"
    record = await tk.layers.get(layers[3].id)

    async def read() -> str:
        assert await tk.layers.get(layers[3].id) == record
        return RIGHT

    rule = {"effect": row.effect, "path": path, **row.fields}
    await assert_ends(row.read, read, filled, rule, lambda entry: entry.path == path)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_listing_is_whole_or_the_error_is_named(
    connect: Connect, filled: EmulatorThread, layers: list[Layer], row: Row
) -> None:
    tk = connect(filled)

    async def walk() -> str:
        found = await tk.layers.list(per_page=10, concurrency=1).all()
        return RIGHT if found == layers else "the first page" if found == layers[:10] else "wrong"

    rule = {"effect": row.effect, "query": row.query, **row.fields}
    page_2 = lambda entry: "page=2" in entry.query.split("&")  # noqa: E731
    if row.effect == "shift_page":
        # It passes only when pages stop moving; what moves on is the whole listing.
        ending = await ended(walk, filled, rule, page_2)
        assert ending == row.listing.always
        return
    await assert_ends(row.listing, walk, filled, rule, page_2)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_write_is_carried_out_once_at_most(
    connect: Connect, filled: EmulatorThread, row: Row
) -> None:
    tk = connect(filled)
    carried_out: list[int] = []

    async def write() -> str:
        try:
            assert (await tk.layers.create(asset_id="chair")).asset_id == "chair"
        finally:
            carried_out.append(sum(entry.carried_out for entry in filled.journal()))
        return RIGHT

    rule = {"effect": row.effect, "method": "POST", "path": "^/api/layers$", **row.fields}
    await assert_ends(row.write, write, filled, rule, lambda entry: entry.method == "POST")
    once = 1 if row.write.once[0] == RIGHT else row.done
    assert carried_out == [once, row.done]
    filled.faults.clear()
    made = [layer for layer in await tk.layers.list().all() if layer.asset_id == "chair"]
    assert len(made) == once + row.done


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_file_is_whole_or_its_result_has_failed(
    connect: Connect, filled: EmulatorThread, layers: list[Layer], row: Row, tmp_path: Path
) -> None:
    tk = connect(filled)
    content = await tk.layers.content(layers[0].id)
    assert len(content) == SIZE

    async def download() -> Any:
        report = await tk.layers.download_all(layers[:1], to=tmp_path, verify=True)
        on_disk = [tmp_path / name for name in finished_in(tmp_path)]
        if report.failures:
            assert on_disk == []
            raise report.failures[0].error
        assert [path.read_bytes() for path in on_disk] == [content]
        on_disk[0].unlink()
        return RIGHT

    rule = {"effect": row.effect, "path": "/content$", **row.fields}
    asked = lambda entry: entry.path.endswith("/content")  # noqa: E731
    await assert_ends(row.file, download, filled, rule, asked)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_file_that_fails_leaves_the_others_alone(
    connect: Connect, filled: EmulatorThread, layers: list[Layer], row: Row, tmp_path: Path
) -> None:
    tk = connect(filled)
    path = f"/api/files/{layers[4].file_id}/content$"
    filled.faults.add(effect=row.effect, path=path, **row.fields)
    report = await tk.layers.download_all(layers[:10], to=tmp_path, verify=True)
    failed = row.file.always[0] != RIGHT
    assert (report.downloaded, report.failed) == (10 - failed, int(failed))
    assert [result.id for result in report.failures] == [layers[4].id] * failed
    assert len(finished_in(tmp_path)) == 10 - failed
