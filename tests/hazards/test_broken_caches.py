"""A cache whose folder is full, closed, taken away or shared, and what calls notice of it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async.emulator import EmulatorThread
from threekit_async.session.keeping import cache_file
from threekit_async.transfer import kept

pytestmark = pytest.mark.threekit(etags=True)

SECONDS = 20


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_file, "_REST", 0.0)


def statuses(server: EmulatorThread) -> list[int]:
    """What the reads of records were answered with."""
    return [entry.status for entry in server.journal() if entry.path.startswith("/api/layers/")]


async def read(tk: Any, server: EmulatorThread, times: int = 3) -> list[int]:
    """Read one layer again and again, and return what came over the wire."""
    [layer] = server.seed(layers=[{"assetId": "a chair"}])["layers"]
    server.clear_journal()
    for _ in range(times):
        assert (await tk.layers.get(layer["id"])).asset_id == "a chair"
    return statuses(server)


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a folder that is useless, in a way that stops root as well."""
    folder, how = tmp_path / "cache", request.param
    if how == "the folder is a file":
        folder.write_bytes(b"")
    elif how == "its file is a folder":
        (folder / "cache.db").mkdir(parents=True)
    elif how == "a link to nowhere":
        folder.symlink_to(folder.parent / "nowhere" / "at all")
    else:

        def refused(*_: object, **__: object) -> None:
            raise OSError(getattr(errno, how), os.strerror(getattr(errno, how)))

        monkeypatch.setattr(cache_file, "_prepare", refused)
        monkeypatch.setattr(kept, "copy_bytes", refused)
    return folder


HOW = [
    "the folder is a file",
    "its file is a folder",
    "a link to nowhere",
    "ENOSPC",
    "EROFS",
    "EACCES",
    "EMFILE",
]


@pytest.mark.parametrize("folder", HOW, indirect=True)
async def test_a_folder_that_cannot_be_used_fails_no_call_and_is_said_once(
    connect: Connect, server: EmulatorThread, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tk = connect(server, cache=folder)
    assert await read(tk, server) == [200, 200, 200]
    [record] = caplog.records
    assert (record.name, record.levelname) == ("threekit_async", "WARNING")
    assert record.getMessage().startswith(f"The cache {folder / 'cache.db'} cannot")
    assert tk.stats.failures == tk.stats.cache_hits == 0


async def test_a_folder_that_another_program_holds_fails_no_call_and_is_used_when_it_is_free(
    connect: Connect, server: EmulatorThread, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tk = connect(server, cache=tmp_path)
    assert await read(tk, server) == [200, 304, 304]
    with closing(sqlite3.connect(tmp_path / "cache.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert await read(tk, server) == [200, 200, 200]
    assert await read(tk, server) == [200, 304, 304]
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("folder", ["ENOSPC", "EROFS"], indirect=True)
async def test_a_full_or_read_only_disk_fails_no_download_and_is_said_once_by_each_store(
    connect: Connect, server: EmulatorThread, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.fill(layers=5, file_bytes=1000)
    tk = connect(server, cache=folder)
    for target in (folder.parent / "a", folder.parent / "b"):
        report = await tk.layers.download_all(tk.layers.list(), to=target, verify=True)
        assert (report.downloaded, report.failed) == (5, 0)
    assert sorted(message.split()[1] for message in caplog.messages) == ["cache", "file"]


@pytest.mark.skipif(os.name == "nt", reason="open files cannot be removed there")
async def test_a_folder_that_is_taken_away_in_between_fails_no_call(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path / "cache")
    assert await read(tk, server, times=2) == [200, 304]
    shutil.rmtree(tmp_path / "cache")
    await read(tk, server)
    assert tk.stats.failures == 0
    assert await read(connect(server, cache=tmp_path / "cache"), server) == [200, 304, 304]


async def test_a_folder_emptied_of_its_entries_is_filled_again(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    [layer] = server.seed(layers=[{"assetId": "a chair"}])["layers"]
    for _ in range(3):
        await tk.layers.get(layer["id"])
        await tk.layers.get(layer["id"])
        with closing(sqlite3.connect(tmp_path / "cache.db")) as database, database:
            database.execute("DELETE FROM kept")
    assert statuses(server) == [200, 304] * 3


async def test_closing_the_client_closes_the_file_and_a_derived_one_does_not(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server, cache=tmp_path)
    twin = tk.with_options(headers={"X-Twin": "1"})
    assert await read(twin, server) == [200, 304, 304]
    await twin.aclose()
    assert await read(tk, server) == [200, 304, 304]
    assert (tmp_path / "cache.db-wal").exists()
    await tk.aclose()
    assert [path.name for path in tmp_path.iterdir()] == ["cache.db"]


async def test_one_client_that_closes_leaves_the_folder_to_the_other(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    first, second = connect(server, cache=tmp_path), connect(server, cache=tmp_path)
    assert await read(first, server) == [200, 304, 304]
    assert await read(second, server) == [200, 304, 304]
    await first.aclose()
    assert await read(second, server) == [200, 304, 304]


# With its checks on, asyncio also tells of steps that take long, which is the machine's doing.
FORKED = """
import logging, os, sys
logging.getLogger("asyncio").addFilter(lambda told: not told.msg.startswith("Executing"))
from threekit_async import Threekit
def client():
    return Threekit(token=sys.argv[1], org_id=sys.argv[2], host=sys.argv[3], cache=sys.argv[4])
tk = client()
for _ in range(2):
    tk.customers.list()
child = os.fork()
if not child:
    with client() as own:
        own.customers.list()
        print("child", own.stats.cache_hits, flush=True)
        os._exit(0)
assert os.waitpid(child, 0)[1] == 0
tk.customers.list()
print("parent", tk.stats.cache_hits)
tk.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_and_its_parent_go_on_with_the_same_folder(
    server: EmulatorThread, tmp_path: Path
) -> None:
    given = [server.private_token, server.org_id, server.url, str(tmp_path)]
    done = subprocess.run(  # our own interpreter and script
        [sys.executable, "-X", "dev", "-W", "error", "-c", FORKED, *given],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "child 1\nparent 2\n"
    assert [entry.status for entry in server.journal()] == [200, 304, 304, 304]
