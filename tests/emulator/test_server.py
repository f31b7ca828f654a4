from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from threekit_async.emulator import Emulator, EmulatorSettings, EmulatorThread
from threekit_async.emulator.data.home import open_home
from threekit_async.emulator.errors import EmulatorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def test_an_emulator_runs_on_the_running_loop() -> None:
    async with Emulator() as server, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {server.private_token}"}
        async with session.get(f"{server.url}/api/layers", headers=headers) as answer:
            assert await answer.json() == {"layers": []}
        assert repr(server) == f"<Emulator {server.url} seed=empty>"
        assert [entry.status for entry in server.journal()] == [200]
    assert repr(server) == "<Emulator not started seed=empty>"


def test_a_thread_shows_its_state_and_can_be_closed_twice() -> None:
    server = EmulatorThread()
    assert repr(server) == "<EmulatorThread not started seed=empty>"
    server.start()
    assert repr(server) == f"<EmulatorThread {server.url} seed=empty>"
    server.close()
    server.close()
    with pytest.raises(EmulatorError, match="start it first"):
        server.journal()


def test_a_thread_can_start_again() -> None:
    server = EmulatorThread()
    for _ in range(2):
        with server:
            assert server.journal() == []


def test_a_running_thread_does_not_start_again() -> None:
    with EmulatorThread() as server:
        before = set(threading.enumerate())
        with pytest.raises(EmulatorError, match="running already: close it first"):
            server.start()
        assert set(threading.enumerate()) <= before
        assert server.journal() == []


async def test_a_running_emulator_does_not_start_again() -> None:
    async with Emulator() as server:
        url = server.url
        with pytest.raises(EmulatorError, match="running already: close it first"):
            await server.start()
        assert server.url == url


def test_a_folder_belongs_to_one_emulator_at_a_time(tmp_path: Path) -> None:
    with EmulatorThread(EmulatorSettings(data=tmp_path)) as first:
        with pytest.raises(EmulatorError) as refused:
            EmulatorThread(EmulatorSettings(data=tmp_path)).start()
        assert str(refused.value) == (
            f"Another emulator uses {tmp_path}: stop it or choose another folder."
        )
        assert first.journal() == []
    with EmulatorThread(EmulatorSettings(data=tmp_path)):
        pass


def test_a_folder_that_was_refused_is_free_again(tmp_path: Path) -> None:
    with EmulatorThread(EmulatorSettings(data=tmp_path)):
        pass
    with pytest.raises(EmulatorError, match="holds the seed"):
        EmulatorThread(EmulatorSettings(data=tmp_path, seed="demo")).start()
    with EmulatorThread(EmulatorSettings(data=tmp_path)):
        pass


def test_a_taken_port_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmulatorError, match=f"Port {port} on 127.0.0.1 is taken"):
            EmulatorThread(port=port).start()


def test_a_folder_keeps_what_was_written(start: Any, tmp_path: Path) -> None:
    with EmulatorThread(EmulatorSettings(data=tmp_path)) as server:
        server.fill(layers=2, file_bytes=10)
    again = start(data=tmp_path)
    layers = again.layers()
    assert len(layers) == 2
    assert again.get(f"/api/files/{layers[0]['fileId']}/content").status == 200
    assert again.create()["id"] not in {layer["id"] for layer in layers}
    again.server.reset()
    assert again.layers() == []


def test_a_folder_with_another_seed_is_refused(tmp_path: Path) -> None:
    with EmulatorThread(EmulatorSettings(data=tmp_path)):
        pass
    with pytest.raises(EmulatorError, match="holds the seed empty-3"):
        EmulatorThread(EmulatorSettings(data=tmp_path, seed="demo")).start()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("occupied")
    with pytest.raises(EmulatorError, match="cannot be written"):
        EmulatorThread(EmulatorSettings(data=place)).start()


def test_a_temporary_folder_disappears_at_the_end() -> None:
    with EmulatorThread() as server:
        server.fill(layers=1, file_bytes=10)
        blobs = server.call(lambda emulator: emulator.state.blobs)
        (name,) = blobs.names()
        path = blobs.path(name)
    assert path is not None
    assert not path.parent.exists()


def test_the_temporary_folder_of_a_home_that_nobody_closes_disappears() -> None:
    home = open_home(EmulatorSettings())
    folder = home.blobs.path(home.blobs.add(b"left"))
    assert folder is not None
    home.store.close()
    home.snapshot.close()
    del home
    gc.collect()
    assert not folder.parent.exists()


def test_new_records_have_steady_ids_and_instants(start: Any) -> None:
    one, two = start(), start()
    made = [one.create(), one.create()]
    assert made == [two.create(), two.create()]
    instants = [layer["createdAt"] for layer in made]
    assert instants == ["2024-06-01T00:00:00.001Z", "2024-06-01T00:00:00.002Z"]


def test_the_real_clock_gives_the_real_time_and_random_ids(start: Any) -> None:
    one, two = start(real_clock=True), start(real_clock=True)
    before = datetime.now(UTC).replace(microsecond=0)
    first, second = one.create(), two.create()
    assert first["id"] != second["id"]
    assert before <= datetime.fromisoformat(first["createdAt"]) <= datetime.now(UTC)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        EmulatorSettings(seed="other")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="missing_layer_status"):
        EmulatorSettings(missing_layer_status=500)  # type: ignore[arg-type]


def test_many_emulators_live_side_by_side(start: Any) -> None:
    one, two = start(), start()
    one.create()
    assert (len(one.layers()), len(two.layers())) == (1, 0)
    assert one.server.url != two.server.url


def test_importing_the_package_loads_no_server() -> None:
    code = (
        "import sys, threekit_async.emulator; "
        "sys.exit('threekit_async.emulator.server' in sys.modules or 'PIL' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_has_only_its_public_names() -> None:
    import threekit_async.emulator as package

    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = package.nothing


async def until(happened: Callable[[], bool]) -> None:
    """Let the loop turn; the test's own timeout ends it when nothing happens."""
    while not happened():
        await asyncio.sleep(0)


async def test_a_client_that_leaves_in_the_middle_is_journalled_with_status_0() -> None:
    async with Emulator() as server:
        server.fill(layers=1, file_bytes=30_000_000)
        (name,) = server.state.store.rows("SELECT id FROM files")[0]
        host, port = server.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/files/{name}/content HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await writer.drain()
        await until(lambda: server.peak_in_flight() == 1)
        writer.transport.abort()
        await until(lambda: server.journal() != [])
        (entry,) = server.journal()
        assert entry.status == 0
        assert 0 < entry.bytes < 30_000_000


async def test_what_is_still_being_answered_is_forgotten_with_the_journal() -> None:
    async with Emulator() as server, aiohttp.ClientSession(server.url) as session:
        server.fill(layers=1, file_bytes=30_000_000)
        (name,) = server.state.store.rows("SELECT id FROM files")[0]
        async with session.get(f"/api/files/{name}/content") as large:
            server.clear_journal()
            assert len(await large.read()) == 30_000_000
        async with session.get("/api/layers"):
            assert [entry.path for entry in server.journal()] == ["/api/layers"]
