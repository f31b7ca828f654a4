"""Work in a thread beside the loop: what arrives, and what nobody waits for."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextvars import ContextVar

import pytest

from threekit_async.session.wire.beside import Beside

NAMED: ContextVar[str] = ContextVar("named", default="nobody")


async def test_functions_are_called_one_after_another_in_one_thread() -> None:
    thread = Beside("beside-test")
    threads = [await thread.run(threading.current_thread) for _ in range(3)]
    thread.end()
    assert len(set(threads)) == 1
    assert threads[0].name == "beside-test"
    assert threads[0].daemon
    threads[0].join(5)
    assert not threads[0].is_alive()


async def test_context_variables_travel_and_do_not_come_back() -> None:
    def read() -> str:
        found = NAMED.get()
        NAMED.set("the thread")
        return found

    thread = Beside("beside-test")
    NAMED.set("the caller")
    assert await thread.run(read) == "the caller"
    assert NAMED.get() == "the caller"
    thread.end()


class OwnError(BaseException):
    pass


@pytest.mark.parametrize("error", [ValueError("odd"), OwnError(), SystemExit(3)])
async def test_what_is_raised_arrives(error: BaseException) -> None:
    def fail() -> None:
        raise error

    thread = Beside("beside-test")
    with pytest.raises(type(error)) as failed:
        await thread.run(fail)
    assert failed.value is error
    assert await thread.run(lambda: 1) == 1
    thread.end()


async def test_a_stop_iteration_arrives_as_a_cause() -> None:
    def fail() -> None:
        raise StopIteration("odd")

    thread = Beside("beside-test")
    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError) as failed:
            await thread.run(fail)
    assert isinstance(failed.value.__cause__, StopIteration)
    thread.end()


async def test_a_cancelled_waiter_is_not_told() -> None:
    free, thread = threading.Event(), Beside("beside-test")
    waiting = asyncio.create_task(thread.run(free.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    free.set()
    assert await thread.run(lambda: "next") == "next"
    thread.end()


def test_a_loop_that_was_closed_is_not_told(recwarn: pytest.WarningsRecorder) -> None:
    free, ended = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        free.wait()
        ended.set()

    async def main() -> None:
        thread = Beside("beside-test")
        thread.begin(work)
        thread.end()

    asyncio.run(main())
    free.set()
    assert ended.wait(5)
    threads[0].join(5)  # an error would have been reported as unhandled
    assert not threads[0].is_alive()
    assert not recwarn.list


async def test_a_thread_ends_with_what_it_belongs_to() -> None:
    thread = Beside("beside-test")
    running = await thread.run(threading.current_thread)
    del thread
    gc.collect()
    running.join(5)
    assert not running.is_alive()


async def test_what_is_on_its_way_is_not_shown() -> None:
    thread = Beside("beside-test")
    future = thread.begin(lambda: "s3cret")
    await asyncio.wait({future})
    assert "s3cret" not in repr(future)
    assert (await future).get() == "s3cret"
    thread.end()
