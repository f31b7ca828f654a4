"""Those who observe a call may fail: the call does not, and nothing it held is lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.conftest import Connect
from threekit_async import Hooks, Limits
from threekit_async.emulator import EmulatorThread
from threekit_async.events import logger

# With one slot and a slow rate, each call waits, and a lost slot stops everything.
ONE_BY_ONE = Limits(concurrency=1, rate=5, burst=1)


class Raising(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError(record.getMessage())


@pytest.fixture
def raising_handler() -> Iterator[None]:
    handler, level = Raising(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.usefixtures("raising_handler")
async def test_a_log_handler_that_raises_costs_no_call_and_no_slot(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, limits=ONE_BY_ONE)
    for _ in range(5):
        assert (await tk.layers.list().first()).items == []
    assert "<Gate 0 of 1" in repr(tk)
    assert tk.stats.waited > 0


async def test_hooks_that_raise_cost_no_call_and_no_slot(
    connect: Connect, server: EmulatorThread
) -> None:
    def fail(event: object) -> None:
        raise RuntimeError(type(event).__name__)

    hooks = Hooks(request_started=fail, waited=fail, attempt_ended=fail, request_ended=fail)
    tk = connect(server, limits=ONE_BY_ONE, hooks=hooks)
    for _ in range(5):
        assert (await tk.layers.list().first()).items == []
    assert "<Gate 0 of 1" in repr(tk)
