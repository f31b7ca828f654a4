"""JSON sent compressed to clients that take it, as gateways do."""

from __future__ import annotations

import gzip
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator.web.answers import json_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.typedefs import Handler

_MODULES = {"zstd": ("compression.zstd", "backports.zstd"), "br": ("brotli", "brotlicffi")}


@cache
def codings() -> Mapping[str, Callable[[bytes], bytes]]:
    """Return the codings that can be made here, the best one first; ``gzip`` is always there."""
    made: dict[str, Callable[[bytes], bytes]] = {}
    for coding, names in _MODULES.items():
        for name in names:
            try:
                made.setdefault(coding, import_module(name).compress)
            except ImportError:
                continue
    return {**made, "gzip": gzip.compress}


def choose_coding(accepted: str) -> str | None:
    """Return the best coding that ``Accept-Encoding`` names, or ``None``; weights but 0 are alike.

    A wildcard is no name: a client that says no more than ``*`` is sent the plain body.
    """
    taken: set[str] = set()
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if weight.replace(" ", "").rstrip(".0") != "q=":
            taken.add(name.strip())
    return next((coding for coding in codings() if coding in taken), None)


@web.middleware
async def compressed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress a JSON answer in the best way the client takes."""
    answer = await handler(request)
    body = json_body(answer)
    if not body or not isinstance(answer, web.Response):
        return answer
    answer.headers["Vary"] = "Accept-Encoding"
    coding = choose_coding(request.headers.get("Accept-Encoding", ""))
    if coding is not None:
        answer.body = codings()[coding](body)
        answer.headers["Content-Encoding"] = coding
    return answer
