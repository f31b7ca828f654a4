"""A server's own process for one of Django's examples: `child.py NAME PORT...`.

Each PORT is the number of a listening socket that was handed down. Under WSGI the process forks a
worker for each, after the application was loaded, as servers do that fork early.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        pass


class Threaded(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    def __init__(self, port: socket.socket, application: Any) -> None:
        super().__init__(port.getsockname(), Quiet, bind_and_activate=False)
        self.socket.close()
        self.socket = port
        self.server_name, self.server_port = port.getsockname()
        self.setup_environ()
        self.set_app(application)


def serve_wsgi(application: Any, ports: list[socket.socket]) -> None:
    workers: list[int] = []
    for port in ports:
        worker = os.fork()
        if worker == 0:
            # The other workers' affair.
            for other in ports:
                if other is not port:
                    other.close()
            with Threaded(port, application) as server:
                server.serve_forever()
        workers.append(worker)
    try:
        signal.pause()
    finally:
        for port in ports:
            port.close()
        for worker in workers:
            os.kill(worker, signal.SIGTERM)
        codes = [os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) for worker in workers]
        sys.exit(max(codes, key=abs))


def serve_asgi(application: Any, ports: list[socket.socket]) -> None:
    import uvicorn

    config: dict[str, Any] = {"lifespan": "on", "log_config": None, "ws": "none"}
    uvicorn.Server(uvicorn.Config(application, **config)).run(sockets=ports)


def leave(number: int, frame: object) -> None:
    sys.exit(0)


def main(name: str, *numbers: str) -> None:
    logging.getLogger().addHandler(logging.NullHandler())
    signal.signal(signal.SIGTERM, leave)
    sys.path.insert(0, str(Path(__file__).parents[3] / "docs" / "frameworks"))
    application = importlib.import_module(name).application
    ports = [socket.socket(fileno=int(number)) for number in numbers]
    (serve_asgi if name.endswith("asgi") else serve_wsgi)(application, ports)


if __name__ == "__main__":
    main(*sys.argv[1:])
