"""Threads for what would block the loop: name lookups, and the files of a transfer's books."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ("Workers",)

P = ParamSpec("P")
T = TypeVar("T")


class Workers(ThreadPoolExecutor):
    """Give each piece of work a daemon thread of its own.

    The standard library's pools take no more work once the main thread has ended, although other
    threads go on, and calls of theirs need some. And nobody waits for a name lookup at the exit.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Begin the work at once.

        :raises RuntimeError: when the process may start no more threads.
        """
        future: Future[T] = Future()

        def work() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:  # noqa: BLE001  # for whoever waits
                    future.set_exception(error)

        threading.Thread(target=work, name="threekit-worker", daemon=True).start()
        return future
