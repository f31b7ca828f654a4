"""Clients left open are closed without a word, whatever became of their loop."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator

import pytest

from threekit_async import AsyncThreekit, RequestTimeoutError, Retry, Timeout, UsageError
from threekit_async.testing import AsyncClients, EmulatorThread


@pytest.fixture
def clients(threekit_emulator: EmulatorThread) -> AsyncClients:
    return AsyncClients(threekit_emulator)


@pytest.fixture
def silence() -> Iterator[None]:
    """Nothing may be said while the test runs, nor when what it left is collected."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(warning.message) for warning in said] == []


async def used(clients: AsyncClients) -> AsyncThreekit:
    """Leave a client with an open connection behind."""
    client = clients()
    await client.layers.list().all()
    assert is_open(client)
    return client


def is_open(client: AsyncThreekit) -> bool:
    return "<Transport open>" in repr(client._session)


def test_a_loop_that_was_run_closes_them_itself(clients: AsyncClients, silence: None) -> None:
    client = asyncio.run(used(clients))
    assert not is_open(client)
    clients.close()


def test_on_a_loop_at_rest_they_are_closed_afterwards(clients: AsyncClients, silence: None) -> None:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(used(clients))
    clients.close()
    assert not is_open(client)
    loop.close()


def test_on_a_loop_in_another_thread_they_are_closed_there(
    clients: AsyncClients, silence: None
) -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    client = asyncio.run_coroutine_threadsafe(used(clients), loop).result(10)
    clients.close()
    assert not is_open(client)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_on_a_loop_that_was_just_closed_they_are_forgotten(
    clients: AsyncClients, silence: None
) -> None:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(used(clients))
    loop.close()
    clients.close()
    assert not is_open(client)


async def test_one_that_the_test_closed_stays_closed(clients: AsyncClients) -> None:
    async with clients() as client:
        await client.layers.list().all()
    await asyncio.to_thread(clients.close)
    assert not is_open(client)


def test_without_a_loop_there_is_no_client(clients: AsyncClients) -> None:
    with pytest.raises(UsageError, match="none of asyncio's is running here"):
        clients()


async def test_what_is_given_wins(clients: AsyncClients, threekit_emulator: EmulatorThread) -> None:
    threekit_emulator.faults.add(effect="delay", seconds=30)
    client = clients(timeout=Timeout(read=0.05), retry=Retry(attempts=1))
    with pytest.raises(RequestTimeoutError):
        await client.layers.list().all()
    await client.aclose()


async def test_it_shows_how_many_it_made(
    clients: AsyncClients, threekit_emulator: EmulatorThread
) -> None:
    clients()
    assert repr(clients) == f"<AsyncClients 1 made for {threekit_emulator!r}>"
