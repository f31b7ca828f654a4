"""The store of kept answers, and the step of a call that uses it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from pathlib import Path

from attrs import evolve, frozen

from ...events import CacheAnswered, Stats
from ..reply import Call, Exchange, Reply
from .cache_file import CacheFile
from .caching import (
    GONE,
    KeptAnswer,
    asks_plainly,
    conditional_headers,
    confirmed,
    echoes,
    fresh_headers,
    key_of,
    remembered,
    storable,
)

__all__ = ("Cache", "Cached", "through_cache")

# In milliseconds. Noting each use would make a write of every read.
_NOTED_EVERY = 3_600_000


@frozen(kw_only=True)
class Cached:
    """Ask whether what was kept still holds; the answer is the kept one then."""

    cache: Cache
    stats: Stats

    async def __call__(self, call: Call, proceed: Exchange) -> Reply:
        """Take the step."""
        reply = await through_cache(self.cache, call, proceed)
        if reply.kept:
            self.stats.cache_hits += 1
            request, size = call.request, len(reply.body)
            # The caller gets an answer, and need not know that the server sent none.
            call.story.status = reply.status
            call.story.happened(CacheAnswered(verb=request.verb, path=request.path, size=size))
        return reply


async def through_cache(cache: Cache, call: Call, proceed: Exchange) -> Reply:
    """Send a signed call; when the server says 304, answer with what was kept.

    It stands inside the step that signs, so that the name of an answer covers who asked for it,
    and so that no other step sees a 304.
    """
    key = cache.key(call)
    if key is None:
        return await proceed(call)
    kept = cache.find(key)
    if kept is None:
        return cache.take(key, call, await proceed(call))
    asking = evolve(call, headers={**call.headers, **conditional_headers(kept)})
    reply = await proceed(asking)
    if reply.status == 304:
        if confirmed(kept, reply.headers):
            cache.note(key, kept)
            headers = fresh_headers(kept, reply.headers)
            forget = partial(cache.forget, key)
            return Reply(status=200, headers=headers, body=kept.body, kept=True, forget=forget)
        reply = await proceed(call)
    return cache.take(key, call, reply, before=kept)


class Cache:
    """Keep JSON answers in `cache.db` in a folder, for clients and processes that share it.

    Every answer is confirmed by the server before it serves again. The file holds answers in
    plain form, and no credentials; it is readable by its owner only. Bodies are stored with a
    digest, so that nothing has to be flushed to the disk's surface: what a power cut tore is
    dropped. Nothing here raises: with a store that cannot be used, calls go on without it, and
    the log says so once.

    :param path: the folder; made when it is missing.
    :param most_bytes: of headers and bodies together; those longest unused go first.
    :param largest: bytes of the largest body that is kept.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        most_bytes: int = 500_000_000,
        most_entries: int = 200_000,
        largest: int = 5_000_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder: Path = Path(path).expanduser().absolute()
        self._file = CacheFile(self.folder / "cache.db")
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._largest = min(largest, most_bytes)
        self._clock = clock

    def key(self, call: Call) -> bytes | None:
        """Return the name of a call's answer; None when it must not be kept, or nothing can be."""
        salt = self._file.tried(lambda _: self._file.salt) if asks_plainly(call) else None
        return salt and key_of(salt=salt, url=call.url, headers=call.headers)

    def find(self, key: bytes) -> KeptAnswer | None:
        """Return what is kept under a name, if it is whole."""
        return self._file.tried(lambda database: self._found(database, key))

    def take(
        self, key: bytes, call: Call, reply: Reply, *, before: KeptAnswer | None = None
    ) -> Reply:
        """Keep an answer, or forget the one `before` that it makes worthless; return it."""
        if storable(reply, largest=self._largest) and not echoes(call, reply.body):
            self.keep(key, KeptAnswer(headers=remembered(reply.headers), body=reply.body))
            reply.forget = partial(self.forget, key)
        elif before and (reply.status in {200, 304} or reply.status in GONE):
            self.forget(key)
        return reply

    def keep(self, key: bytes, kept: KeptAnswer) -> None:
        """Keep an answer in place of the one before."""
        self._file.tried(lambda database: self._kept(database, key, kept))

    def note(self, key: bytes, kept: KeptAnswer) -> None:
        """Note that an answer has served."""
        now = self._now()
        if not 0 <= now - kept.used < _NOTED_EVERY:
            statement = "UPDATE kept SET used = ? WHERE key = ?"
            self._file.tried(lambda database: database.execute(statement, (now, key)))

    def forget(self, key: bytes) -> None:
        """Drop what is kept under a name."""
        statement = "DELETE FROM kept WHERE key = ?"
        self._file.tried(lambda database: database.execute(statement, (key,)))

    def close(self) -> None:
        """Close the file for good; harmless when done before."""
        self._file.close()

    def __repr__(self) -> str:
        return f"<Cache {self.folder}>"

    def _found(self, database: sqlite3.Connection, key: bytes) -> KeptAnswer | None:
        row = database.execute(
            "SELECT used, digest, headers, body FROM kept WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        used, digest, headers, body = row
        if not _are_bytes(headers, body) or digest != self._digest(key, headers, body):
            database.execute("DELETE FROM kept WHERE key = ?", (key,))
            return None
        return KeptAnswer(headers=json.loads(headers), body=body, used=used)

    def _kept(self, database: sqlite3.Connection, key: bytes, kept: KeptAnswer) -> None:
        headers = json.dumps(dict(kept.headers)).encode()
        size, digest = len(headers) + len(kept.body), self._digest(key, headers, kept.body)
        row = (key, self._now(), size, digest, headers, kept.body)
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM kept WHERE key = ?", (key,))
        database.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?)", row)
        self._evict(database)
        database.execute("COMMIT")

    def _evict(self, database: sqlite3.Connection) -> None:
        """Drop what was unused longest, until the rest is within its bounds."""
        entries, held = database.execute("SELECT entries, bytes FROM held").fetchone()
        if entries <= self._most_entries and held <= self._most_bytes:
            return
        oldest: list[tuple[int]] = []
        for row, size in database.execute("SELECT rowid, size FROM kept ORDER BY used, size"):
            if entries <= self._most_entries and held <= self._most_bytes:
                break
            entries, held = entries - 1, held - size
            oldest.append((row,))
        database.executemany("DELETE FROM kept WHERE rowid = ?", oldest)

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _digest(self, key: bytes, headers: bytes, body: bytes) -> bytes:
        digest = blake2b(key, key=self._file.salt, digest_size=16)
        digest.update(len(headers).to_bytes(8, "big"))
        digest.update(headers)
        digest.update(body)
        return digest.digest()


def _are_bytes(*values: object) -> bool:
    return all(isinstance(value, bytes) for value in values)
