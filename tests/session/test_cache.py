"""The store of kept answers: what serves again, what never does, and what becomes of trouble."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.session.stories import untold
from threekit_async import PrivateToken, PublicToken, Retry, Timeout
from threekit_async.session.decode import Plain
from threekit_async.session.keeping import cache_file
from threekit_async.session.keeping.cache import Cache, through_cache
from threekit_async.session.keeping.caching import KeptAnswer
from threekit_async.session.reply import Call, Reply
from threekit_async.session.request import Request

TOKEN = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
CALL = Call(
    request=Request(verb="GET", path="/api/orders", returns=Plain()),
    url="https://admin.threekit.com/api/orders?orgId=o",
    headers={},
    timeout=Timeout(),
    retry=Retry(),
    started=0.0,
    deadline=None,
    buffered=True,
    story=untold(),
).signed(PrivateToken(TOKEN))
KEPT = KeptAnswer(headers={"ETag": '"1"', "Content-Type": "application/json"}, body=b'{"a": 1}')


@define
class Server:
    """Answer with one body and its tag, or 304 to whoever has it."""

    body: bytes = b'{"a": 1}'
    headers: dict[str, str] = field(factory=dict[str, str])
    status: int = 200
    named: str | None = None
    asked: list[Call] = field(factory=list[Call])

    async def __call__(self, call: Call) -> Reply:
        self.asked.append(call)
        tag = f'"{blake2b(self.body, digest_size=4).hexdigest()}"'
        if call.headers.get("If-None-Match") == tag or (
            self.named and "If-None-Match" in call.headers
        ):
            return Reply(status=304, headers={"ETag": self.named or tag, "Date": "today"})
        length = str(len(self.body))
        kind = {"Content-Type": "application/json", "Content-Length": length, "ETag": tag}
        return Reply(status=self.status, headers={**kind, **self.headers}, body=self.body)

    @property
    def conditional(self) -> list[bool]:
        """Which of the calls asked for news only."""
        return ["If-None-Match" in call.headers for call in self.asked]


class Clock:
    """A clock that moves when it is told to, in seconds."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = Cache(tmp_path / "cache")
    yield cache
    cache.close()


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_file, "_REST", 0.0)


def said(caplog: pytest.LogCaptureFixture) -> str:
    (message,) = caplog.messages
    return message


def name(number: int) -> bytes:
    return number.to_bytes(32, "big")


def bytes_on_disk(cache: Cache) -> bytes:
    return b"".join(path.read_bytes() for path in cache.folder.iterdir() if path.is_file())


async def test_the_second_answer_is_the_kept_one_once_the_server_said_so(cache: Cache) -> None:
    server = Server()
    first = await through_cache(cache, CALL, server)
    second = await through_cache(cache, CALL, server)
    assert server.conditional == [False, True]
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body == server.body
    assert second.content_type == "application/json"
    assert second.headers["date"] == "today"


async def test_every_use_asks_the_server(cache: Cache) -> None:
    server = Server()
    for _ in range(5):
        await through_cache(cache, CALL, server)
    assert server.conditional == [False, True, True, True, True]


async def test_a_changed_answer_takes_the_place_of_the_kept_one(cache: Cache) -> None:
    server = Server()
    await through_cache(cache, CALL, server)
    server.body = b'{"a": 2}'
    assert (await through_cache(cache, CALL, server)).body == b'{"a": 2}'
    assert (await through_cache(cache, CALL, server)).body == b'{"a": 2}'
    assert server.conditional == [False, True, True]
    assert server.asked[1].headers["If-None-Match"] != server.asked[2].headers["If-None-Match"]


async def test_a_date_is_asked_about_where_there_is_no_tag(cache: Cache) -> None:
    dates = {
        "Last-Modified": "Thu, 01 May 2025 12:00:00 GMT",
        "Date": "Thu, 01 May 2025 12:01:00 GMT",
        "ETag": "",
    }
    server = Server(headers=dates)
    await through_cache(cache, CALL, server)
    await through_cache(cache, CALL, server)
    assert server.asked[1].headers["If-Modified-Since"] == dates["Last-Modified"]


@pytest.mark.parametrize(
    "answer",
    [
        {"headers": {"Cache-Control": "no-store"}},
        {"headers": {"Vary": "*"}},
        {"headers": {"Content-Type": "text/html"}},
        {"headers": {"ETag": ""}},
        {"status": 203},
        {"status": 404},
        {"body": b'{"a": "' + b"a" * 5_000_000 + b'"}'},
        {"body": f'{{"token": "{TOKEN}"}}'.encode()},
    ],
)
async def test_what_must_not_be_kept_is_not(cache: Cache, answer: dict[str, Any]) -> None:
    server = Server(**answer)
    await through_cache(cache, CALL, server)
    await through_cache(cache, CALL, server)
    assert server.conditional == [False, False]


@pytest.mark.parametrize(
    ("answer", "asked_about"),
    [
        ({"headers": {"Cache-Control": "no-store"}}, False),
        ({"status": 404}, False),
        ({"status": 410}, False),
        ({"status": 503}, True),
        ({"status": 401}, True),
    ],
)
async def test_a_kept_answer_is_dropped_when_the_server_withdraws_it(
    cache: Cache, answer: dict[str, Any], asked_about: bool
) -> None:
    await through_cache(cache, CALL, Server(body=b'{"old": 1}'))
    await through_cache(cache, CALL, Server(**answer))
    server = Server()
    await through_cache(cache, CALL, server)
    assert server.conditional == [asked_about]


async def test_errors_pass_as_they_are(cache: Cache) -> None:
    await through_cache(cache, CALL, Server())
    reply = await through_cache(cache, CALL, Server(status=503, body=b'{"error": 1}'))
    assert (reply.status, reply.body) == (503, b'{"error": 1}')


async def test_a_304_of_another_answer_is_asked_again_without_condition(cache: Cache) -> None:
    await through_cache(cache, CALL, Server(body=b'{"old": 1}'))
    server = Server(named='"another"')
    assert (await through_cache(cache, CALL, server)).body == server.body
    assert server.conditional == [True, False]


async def test_a_caller_with_a_condition_of_its_own_gets_the_servers_304(cache: Cache) -> None:
    server = Server()
    tag = (await through_cache(cache, CALL, server)).headers["ETag"]
    call = evolve(CALL, headers={**CALL.headers, "If-None-Match": tag})
    assert (await through_cache(cache, call, server)).status == 304


@pytest.mark.parametrize("times", [1, 2])
async def test_who_cannot_read_an_answer_can_have_it_forgotten(cache: Cache, times: int) -> None:
    server = Server()
    reply = [await through_cache(cache, CALL, server) for _ in range(times)][-1]
    assert reply.forget is not None
    reply.forget()
    await through_cache(cache, CALL, server)
    assert server.conditional == [False, *[True] * (times - 1), False]


@pytest.mark.parametrize(
    "other",
    [
        evolve(CALL, headers={"Authorization": "Bearer another-users-token"}),
        evolve(CALL, url=CALL.url.replace("orgId=o", "orgId=p")),
        evolve(CALL, url=CALL.url.replace("admin", "preview")),
        evolve(CALL, headers={**CALL.headers, "Accept-Language": "de"}),
        evolve(CALL, headers={}).signed(PublicToken(TOKEN)),
    ],
)
async def test_nobody_is_answered_with_what_was_kept_for_somebody_else(
    cache: Cache, other: Call
) -> None:
    await through_cache(cache, CALL, Server())
    server = Server()
    await through_cache(cache, other, server)
    assert server.conditional == [False]


@hypothesis_settings(max_examples=25)
@given(token=st.text(alphabet="0123456789abcdefXYZ-_.", min_size=12, max_size=80))
async def test_no_token_is_ever_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, token: str
) -> None:
    cache = Cache(tmp_path_factory.mktemp("cache"))
    plain = evolve(CALL, headers={})
    echo = f'{{"you": "{token}"}}'.encode()
    try:
        for signed in (plain.signed(PrivateToken(token)), plain.signed(PublicToken(token))):
            await through_cache(cache, signed, Server(headers={"Set-Cookie": token}))
            await through_cache(cache, signed, Server(body=echo))
            await through_cache(cache, signed, Server(body=b'{"a": 3}', headers={"X-You": token}))
            assert (cache.folder / "cache.db-wal").stat().st_size > 0
            assert token.encode() not in bytes_on_disk(cache)
            assert b'{"a": 3}' in bytes_on_disk(cache)
    finally:
        cache.close()
    assert token.encode() not in bytes_on_disk(cache)


def test_folder_and_files_are_their_owners_only(cache: Cache) -> None:
    old = os.umask(0)
    try:
        cache.keep(name(1), KEPT)
    finally:
        os.umask(old)
    files = {path.name: path.stat().st_mode & 0o777 for path in cache.folder.iterdir()}
    assert files == {"cache.db": 0o600, "cache.db-wal": 0o600, "cache.db-shm": 0o600}
    assert cache.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "cache.db").touch(0o644)
    cache = Cache(tmp_path)
    cache.keep(name(1), KEPT)
    cache.close()
    assert (tmp_path / "cache.db").stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_before_it_is_needed(cache: Cache) -> None:
    cache.close()
    assert not cache.folder.exists()


def test_answers_outlive_the_client(tmp_path: Path) -> None:
    first, second = Cache(tmp_path), Cache(tmp_path)
    key = first.key(CALL)
    assert key is not None
    first.keep(key, KEPT)
    first.close()
    assert second.key(CALL) == key
    found = second.find(key)
    second.close()
    assert found is not None
    assert (found.headers, found.body) == (KEPT.headers, KEPT.body)


def test_a_closed_cache_stays_closed(cache: Cache) -> None:
    cache.keep(name(1), KEPT)
    cache.close()
    cache.close()
    assert cache.key(CALL) is None
    assert cache.find(name(1)) is None
    assert not (cache.folder / "cache.db-wal").exists()


def test_a_forgotten_cache_closes_its_file_without_a_word(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep(name(1), KEPT)
    del cache
    gc.collect()
    assert not (tmp_path / "cache.db-wal").exists()


def held(cache: Cache) -> set[int]:
    return {number for number in range(100) if cache.find(name(number))}


def test_those_longest_unused_go_first_when_there_are_too_many(tmp_path: Path) -> None:
    clock = Clock()
    cache = Cache(tmp_path, most_entries=3, clock=clock)
    for number in range(3):
        clock.now += 1
        cache.keep(name(number), KEPT)
    clock.now += 4000
    oldest = cache.find(name(0))
    assert oldest is not None
    cache.note(name(0), oldest)
    for number in (7, 8):
        clock.now += 1
        cache.keep(name(number), KEPT)
    assert held(cache) == {0, 7, 8}
    cache.close()


def test_the_sizes_of_all_stay_within_the_bound(tmp_path: Path) -> None:
    clock = Clock()
    cache = Cache(tmp_path, most_bytes=10_000, clock=clock)
    for number in range(50):
        clock.now += 1
        cache.keep(name(number), evolve(KEPT, body=b"x" * 900))
    assert held(cache) == set(range(40, 50))
    clock.now += 1
    cache.keep(name(60), evolve(KEPT, body=b"x" * 5000))
    assert held(cache) == {45, 46, 47, 48, 49, 60}
    with sqlite3.connect(tmp_path / "cache.db") as database:
        counted = database.execute("SELECT count(*), sum(size) FROM kept").fetchone()
        assert database.execute("SELECT entries, bytes FROM held").fetchone() == counted
    database.close()
    cache.close()


def test_a_use_is_written_down_once_an_hour_at_most(tmp_path: Path) -> None:
    clock = Clock()
    cache = Cache(tmp_path, clock=clock)
    cache.keep(name(1), KEPT)
    began = int(clock.now * 1000)
    for seconds, expected in [(3599, began), (1, began + 3_600_000), (60, began + 3_600_000)]:
        clock.now += seconds
        found = cache.find(name(1))
        assert found is not None
        cache.note(name(1), found)
        noted = cache.find(name(1))
        assert noted is not None
        assert noted.used == expected
    cache.close()


@pytest.mark.parametrize("column", ["body", "headers", "digest", "key"])
def test_what_was_torn_is_dropped(cache: Cache, column: str) -> None:
    cache.keep(name(1), KEPT)
    with sqlite3.connect(cache.folder / "cache.db") as database:
        database.execute(f"UPDATE kept SET {column} = ?", (name(2)[:32],))  # noqa: S608
    database.close()
    key = name(2) if column == "key" else name(1)
    assert cache.find(key) is None
    cache.keep(key, KEPT)
    assert cache.find(key) is not None


@pytest.mark.parametrize("value", [None, 7, "text"])
def test_a_body_that_is_none_is_dropped(cache: Cache, value: object) -> None:
    cache.keep(name(1), KEPT)
    with sqlite3.connect(cache.folder / "cache.db") as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("UPDATE kept SET headers = coalesce(?, 1.5)", (value,))
    database.close()
    assert cache.find(name(1)) is None


async def served(cache: Cache) -> list[bool]:
    server = Server()
    for _ in range(3):
        assert (await through_cache(cache, CALL, server)).body == server.body
    return server.conditional


async def test_a_file_of_rubbish_is_set_aside_and_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache.db").write_bytes(b"rubbish" * 1000)
    cache = Cache(tmp_path)
    assert await served(cache) == [False, False, True]
    cache.close()
    assert (tmp_path / "cache.db.broken").read_bytes() == b"rubbish" * 1000
    assert "not a database. It is begun anew." in said(caplog)


async def test_pages_of_rubbish_are_found_while_it_is_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(tmp_path)
    for number in range(50):
        cache.keep(name(number), evolve(KEPT, body=b"x" * 5000))
    cache.close()
    size = (tmp_path / "cache.db").stat().st_size
    with (tmp_path / "cache.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    cache = Cache(tmp_path)
    assert sum(await served(cache)) >= 1
    cache.close()
    assert "begun anew" in said(caplog)


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE kept",
        "DELETE FROM held",
        "ALTER TABLE kept DROP COLUMN digest",
        "UPDATE held SET salt = x''",
        "UPDATE held SET salt = zeroblob(65)",
    ],
)
async def test_tables_that_are_not_what_they_should_be_are_made_anew(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(tmp_path)
    await served(cache)
    cache.close()
    with sqlite3.connect(tmp_path / "cache.db") as database:
        database.execute(damage)
    database.close()
    cache = Cache(tmp_path)
    assert sum(await served(cache)) >= 1
    cache.close()
    assert "begun anew" in said(caplog)


async def test_the_tables_of_another_version_are_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(tmp_path)
    await served(cache)
    cache.close()
    with sqlite3.connect(tmp_path / "cache.db") as database:
        database.execute("PRAGMA user_version = 99")
        database.execute("DROP TABLE kept")
    database.close()
    cache = Cache(tmp_path)
    assert await served(cache) == [False, True, True]
    cache.close()
    assert not caplog.messages


async def test_another_programs_database_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(tmp_path / "cache.db") as database:
        database.execute("CREATE TABLE kept (mine)")
        database.execute("INSERT INTO kept VALUES (1)")
    cache = Cache(tmp_path)
    assert await served(cache) == [False, False, False]
    cache.close()
    assert database.execute("SELECT mine FROM kept").fetchall() == [(1,)]
    database.close()
    assert "another program's database. Calls go on without it." in said(caplog)


async def test_a_locked_file_fails_no_call_and_is_used_again_when_it_is_free(
    cache: Cache, caplog: pytest.LogCaptureFixture
) -> None:
    cache.keep(name(1), KEPT)
    holder = sqlite3.connect(cache.folder / "cache.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert await served(cache) == [False, False, False]
    holder.execute("COMMIT")
    holder.close()
    assert await served(cache) == [False, True, True]
    assert "database is locked. Calls go on without it." in said(caplog)


async def test_a_file_that_cannot_be_used_is_left_alone_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_file, "_REST", 1000.0)
    (tmp_path / "cache.db").mkdir()
    cache = Cache(tmp_path)
    await served(cache)
    (tmp_path / "cache.db").rmdir()
    assert await served(cache) == [False, False, False]
    assert not (tmp_path / "cache.db").exists()


@pytest.mark.parametrize("place", ["folder is a file", "file is a folder", "parent is a file"])
async def test_a_place_that_cannot_be_used_fails_no_call(
    tmp_path: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "cache"
    if place == "file is a folder":
        (folder / "cache.db").mkdir(parents=True)
        (folder / "cache.db").chmod(0o755)
    else:
        folder.touch()
    cache = Cache(folder / "deeper" if place == "parent is a file" else folder)
    assert await served(cache) == [False, False, False]
    cache.close()
    assert "Calls go on without it." in said(caplog)
    if place == "file is a folder":
        assert (folder / "cache.db").stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_fails_no_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o500)
    cache = Cache(tmp_path)
    assert await served(cache) == [False, False, False]
    cache.close()
    tmp_path.chmod(0o700)
    assert "Calls go on without it." in said(caplog)


async def test_a_file_that_cannot_be_written_fails_no_call(
    cache: Cache, caplog: pytest.LogCaptureFixture
) -> None:
    cache.keep(name(1), KEPT)
    cache._file.tried(lambda database: database.execute("PRAGMA query_only = ON"))
    server = Server()
    assert (await through_cache(cache, CALL, server)).body == server.body
    assert "readonly database. Calls go on without it." in said(caplog)


async def test_a_full_disk_fails_no_call(cache: Cache, caplog: pytest.LogCaptureFixture) -> None:
    cache.keep(name(1), KEPT)
    cache._file.tried(lambda database: database.execute("PRAGMA max_page_count = 1"))
    big = Server(body=b'{"a": "' + b"a" * 1_000_000 + b'"}')
    assert (await through_cache(cache, CALL, big)).body == big.body
    assert "full. Calls go on without it." in said(caplog)
    assert cache.find(name(1)) is not None


def test_threads_share_a_cache(cache: Cache, caplog: pytest.LogCaptureFixture) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 25):
            cache.keep(name(number), KEPT)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 25, 50, 75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(cache) == set(range(100))
    assert not caplog.messages


_WRITER = """
import sys
from threekit_async.session.keeping import cache_file
from threekit_async.session.keeping.cache import Cache
from threekit_async.session.keeping.caching import KeptAnswer

def body(number):
    return str(number % 100).encode() * 50

cache_file._REST = 0.0
cache = Cache(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 300):
    number %= 400
    key = number.to_bytes(32, "big")
    while cache.find(key) is None:
        cache.keep(key, KeptAnswer(headers={"ETag": "1"}, body=body(number)))
    cache.keep(key, KeptAnswer(headers={"ETag": "2"}, body=body(number)))
    other = number * 7 % 400
    found = cache.find(other.to_bytes(32, "big"))
    assert found is None or found.body == body(other)
cache.close()
"""


def test_processes_share_a_cache(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, tmp_path, str(first)], stderr=subprocess.PIPE
        )
        for first in (0, 100, 200)
    ]
    errors = [writer.communicate()[1] for writer in writers]
    # One may find the file locked for too long, and says so; no more than that.
    assert [writer.returncode for writer in writers] == [0, 0, 0], errors
    assert b"anew" not in b"".join(errors)
    cache = Cache(tmp_path)
    kept = [cache.find(name(number)) for number in range(400)]
    cache.close()
    assert [found and found.body for found in kept] == [
        str(number % 100).encode() * 50 for number in range(400)
    ]
    with sqlite3.connect(tmp_path / "cache.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT entries FROM held").fetchone() == (400,)
    database.close()


def _in_child(cache: Cache, answers: Any) -> None:
    connected = cache._file._connection is not None
    found = cache.find(name(1))
    cache.keep(name(2), KEPT)
    answers.put((connected, found and found.body))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_takes_no_open_file_along_and_both_sides_go_on(cache: Cache) -> None:
    cache.keep(name(1), KEPT)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(cache, answers))
    child.start()
    assert answers.get() == (False, KEPT.body)
    child.join()
    cache.keep(name(3), KEPT)
    assert held(cache) == {1, 2, 3}
