"""Makes aioresponses 0.7.9 work on aiohttp 3.14.

aiohttp 3.14 asks for one more argument when a response is made, so every mocked answer of
aioresponses fails; and its stand-in for a connection has no parser, so bodies over 128 KiB fail
when they are read in pieces. `mend()` repairs both, and does nothing where neither is broken.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any
from unittest.mock import Mock

import aiohttp
from aiohttp import StreamReader
from aiohttp.client_proto import ResponseHandler

__all__ = ("mend",)

# A limit that is never reached: there is no connection to hold back.
_NO_LIMIT = 2**31


def mend() -> None:
    """Repair aioresponses in this process; harmless when done before or not needed."""
    # The two names are aioresponses' own affair; there is no public place to change them.
    core: Any = import_module("aioresponses.core")
    if _needs_stream_writer(core.ClientResponse):
        core.ClientResponse = _MendedResponse
        core.stream_reader_factory = _unlimited_stream


def _needs_stream_writer(response: type[Any]) -> bool:
    parameter = inspect.signature(response).parameters.get("stream_writer")
    return parameter is not None and parameter.default is inspect.Parameter.empty


class _MendedResponse(aiohttp.ClientResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


def _unlimited_stream(loop: Any = None) -> StreamReader:
    return StreamReader(ResponseHandler(loop=loop), limit=_NO_LIMIT, loop=loop)
