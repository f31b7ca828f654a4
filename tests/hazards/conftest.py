"""Servers that more than one hazard needs."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.session.raw_server import RawServer


@pytest.fixture
def unanswering() -> Iterator[RawServer]:
    """A port whose line of waiting connections is full: connecting to it takes for ever."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        raw = RawServer()
        raw.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        waiting: list[socket.socket] = []
        try:
            for _ in range(20):
                waiting.append(socket.socket())
                waiting[-1].settimeout(0.2)
                waiting[-1].connect(listener.getsockname())
        except TimeoutError:
            yield raw
        else:
            pytest.skip("this system takes every connection")
        finally:
            for connection in waiting:
                connection.close()
