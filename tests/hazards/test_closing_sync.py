"""A synchronous client that is closed by one thread while another waits for its call."""

from __future__ import annotations

import threading

import pytest

from threekit_async import Hooks, Threekit, UsageError
from threekit_async.emulator import EmulatorThread


def test_a_call_in_another_thread_ends_with_an_error_that_can_be_caught(
    server: EmulatorThread,
) -> None:
    server.faults.add(effect="delay", seconds=20)
    begun = threading.Event()
    ended: list[Exception] = []
    tk = Threekit(
        token=server.private_token,
        org_id=server.org_id,
        host=server.url,
        hooks=Hooks(request_started=lambda _event: begun.set()),
    )

    def call() -> None:
        try:
            tk.layers.list().all()
        except Exception as error:  # noqa: BLE001  # which one is what is asked
            ended.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert begun.wait(10)
    tk.close()
    thread.join(10)
    assert not thread.is_alive()
    assert [type(error) for error in ended] == [UsageError]
    assert "closed" in str(ended[0])


def test_a_hook_cannot_close_the_client_whose_thread_it_runs_on(server: EmulatorThread) -> None:
    refused: list[Exception] = []
    held: list[Threekit] = []

    def close(_event: object) -> None:
        with pytest.raises(UsageError, match="its own event loop") as error:
            held[0].close()
        refused.append(error.value)

    with Threekit(
        token=server.private_token,
        org_id=server.org_id,
        host=server.url,
        hooks=Hooks(request_ended=close),
    ) as tk:
        held.append(tk)
        assert tk.layers.list().first().items == []
        assert tk.layers.list().first().items == []
    assert len(refused) == 2
