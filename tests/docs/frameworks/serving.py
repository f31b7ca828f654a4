"""Serves the example applications over real sockets, and opens and closes them as servers do."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from aiohttp import web

from threekit_async.emulator import EmulatorThread

EXAMPLES = Path(__file__).parents[3] / "docs" / "frameworks"
CHILD = Path(__file__).with_name("child.py")
SECONDS_TO_END = 30


def loaded(name: str) -> Any:
    """Load an example anew, as its server would."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where frameworks look for what annotations name
    spec.loader.exec_module(module)
    return module


@asynccontextmanager
async def served(name: str) -> AsyncGenerator[str]:
    """Serve an example, and give its address. Django's settings need a process of their own."""
    if name.startswith("django"):
        async with child_with(name) as [url]:
            yield url
    elif name == "aiohttp_app":
        async with with_aiohttp(loaded(name).make_app()) as url:
            yield url
    else:
        async with with_uvicorn(loaded(name).app) as url:
            yield url


@asynccontextmanager
async def with_uvicorn(app: Any, *, lifespan: str = "on") -> AsyncGenerator[str]:
    """Serve an ASGI application in the running loop."""
    config: dict[str, Any] = {"lifespan": lifespan, "log_config": None, "ws": "none"}
    server = uvicorn.Server(uvicorn.Config(app, **config))
    with listening() as port:
        # Whoever asks before the server accepts waits in the port's queue.
        serving = asyncio.create_task(server.serve(sockets=[port]))
        try:
            yield address(port)
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, SECONDS_TO_END)


@asynccontextmanager
async def with_aiohttp(app: web.Application) -> AsyncGenerator[str]:
    """Serve an application of aiohttp.web in the running loop."""
    runner = web.AppRunner(app)
    with listening() as port:
        await runner.setup()
        try:
            await web.SockSite(runner, port).start()
            yield address(port)
        finally:
            await runner.cleanup()


@asynccontextmanager
async def child_with(name: str, *, workers: int = 1) -> AsyncGenerator[list[str]]:
    """Serve an example in a process of its own, which forks into workers with a port each.

    Every warning is an error there, and it must end well and without a word.
    """
    if os.name == "nt":
        pytest.skip("ports are handed down, and processes forked, as POSIX does it")
    with ExitStack() as open_ports:
        ports = [open_ports.enter_context(listening()) for _ in range(workers)]
        urls = [address(port) for port in ports]
        child = started(name, ports)
    # The ports are the child's alone now: should it fail, nobody waits for an answer.
    try:
        yield urls
    finally:
        said = await asyncio.to_thread(ended, child)
    assert said == (0, "", ""), said[2]


def started(name: str, ports: list[socket.socket]) -> subprocess.Popen[str]:
    numbers = [port.fileno() for port in ports]
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", str(CHILD), name, *map(str, numbers)],
        pass_fds=numbers,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(child: subprocess.Popen[str]) -> tuple[int, str, str]:
    """End a child as its supervisor would, and return its status and what it said."""
    child.terminate()
    try:
        said, complained = child.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # its workers, too
        said, complained = child.communicate()
    return child.returncode, said, complained


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def address(port: socket.socket) -> str:
    host, number = port.getsockname()
    return f"http://{host}:{number}"


def open_connections(shop: EmulatorThread) -> int:
    """Count the connections clients hold open to the emulator."""

    def count(emulator: Any) -> int:
        return len(emulator._runner.server.connections)

    return shop.call(count)


async def all_closed(shop: EmulatorThread) -> None:
    """Wait until the emulator has seen every connection end."""
    async with asyncio.timeout(SECONDS_TO_END):
        while open_connections(shop):
            await asyncio.sleep(0)
