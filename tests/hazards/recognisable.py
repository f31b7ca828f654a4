"""A recognisable token: the forms it is given in, and everybody who could see it."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from types import CellType, FunctionType, MappingProxyType, MethodType
from typing import Any

from attrs import fields
from opentelemetry.instrumentation.aiohttp_client import create_trace_config
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from yarl import URL

from threekit_async import (
    CookieAuth,
    Hooks,
    Network,
    PrivateToken,
    PublicToken,
    Secret,
)

# Letters and digits look the same quoted, in JSON, in a URL and in a repr.
CORE = "7f3a9cRecognisable"
TOKEN = f'tok+/&%="{CORE}'
RENEWED = f"new-{CORE}"
PASSWORD = f"pw-{CORE}"
SITE = "https://shop.example.com"


def _in_base64() -> Iterator[str]:
    for before in range(3):
        coded = b64encode(b"x" * before + CORE.encode()).decode()
        yield coded[4:-4]


_NEEDLES = (CORE, *_in_base64())


def shows(text: str) -> bool:
    """Tell whether the token can be read in a text."""
    return any(needle in text for needle in _NEEDLES)


def given_at_once() -> str:
    return TOKEN


async def given_later() -> PrivateToken:
    await asyncio.sleep(0)
    return PrivateToken(TOKEN)


FORMS: Mapping[str, Callable[[], Any]] = {
    "text": given_at_once,
    "secret": lambda: Secret(TOKEN),
    "private": lambda: PrivateToken(TOKEN),
    "public": lambda: PublicToken(TOKEN),
    "public of a site": lambda: PublicToken(TOKEN, origin=SITE),
    "cookie": lambda: CookieAuth(f"session={TOKEN}; theme=dark"),
    "function": lambda: given_at_once,
    "async function": lambda: given_later,
}
"""How a token is passed; two more, `variable` and `profile`, are not passed at all."""

FOUND = ("variable", "profile")


def profile_of(token: str, *, org_id: str, host: str) -> str:
    """Write a config file with everything in it."""
    return f'[profiles.default]\ntoken = \'{token}\'\norg_id = "{org_id}"\nhost = "{host}"\n'


def told_by(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Everything an error says, and all errors behind it, with the values of all frames."""
    for one in _behind(error):
        yield "text", f"{one} {one!r} {one.args} {getattr(one, '__notes__', '')}"
        yield "attributes", repr(vars(one))
        told = traceback.TracebackException.from_exception(one, capture_locals=True)
        yield "traceback", "".join(told.format())
        if type(one).__module__.startswith("threekit_async"):
            yield "pickle", pickle.dumps(one).decode("latin-1")


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    left, seen = [error], set[int]()
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]


_CONTAINERS = (dict, list, tuple, set, frozenset, MappingProxyType)


def parts_of(client: Any) -> list[Any]:
    """Every object of this package, and every text, that can be reached from a client.

    Secrets are not opened, nor the functions of the application.
    """
    left, seen, found = [client], set[int](), list[Any]()
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        found.append(one)
        left += _inside(one)
    return found


def _inside(one: Any) -> list[Any]:
    if isinstance(one, FunctionType):
        ours = one.__module__.startswith("threekit_async")
        return list(one.__closure__ or ()) if ours else []
    if isinstance(one, CellType):
        return [one.cell_contents]
    if isinstance(one, (*_CONTAINERS, MethodType, partial)):
        return gc.get_referents(one)
    ours = type(one).__module__.startswith("threekit_async")
    return gc.get_referents(one) if ours and not isinstance(one, Secret) else []


class Witness:
    """Sees all that can be observed of clients: in the log, by hooks, as spans."""

    def __init__(self) -> None:
        self.seen: dict[str, list[str]] = {}
        names = [one.name for one in fields(Hooks)]
        self.hooks = Hooks(**{name: partial(self.note, "hook") for name in names})
        self.spans = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.spans))

    def note(self, channel: str, *what: object) -> None:
        self.seen.setdefault(channel, []).append(" ".join(f"{one} {one!r}" for one in what))

    def network(self, **changes: Any) -> Network:
        """What the how-to on observing recommends for OpenTelemetry."""
        attempts = create_trace_config(url_filter=_without_query, tracer_provider=self.provider)
        return Network(trace_configs=[attempts], **changes)

    def error(self, error: BaseException) -> None:
        for channel, text in told_by(error):
            self.note(channel, text)

    def client(self, tk: Any) -> None:
        """Note how a client and all parts of it show themselves."""
        inner = getattr(tk, "inner", tk)
        parts = parts_of(inner)
        assert len(parts) > 100, "the client's parts were not found"
        for part in parts:
            self.note("part", part, f"{part}")
        for name in ("settings", "stats"):
            self.note(name, getattr(inner, name))
        self.note("explained", inner.settings.explain(), inner.settings.explained())
        self.note("variables", vars(inner))
        self.note("listing", tk.layers.list(), tk.layers, tk.with_options(deadline=5))
        with suppress(RuntimeError):  # no loop runs
            self.note("tasks", *asyncio.all_tasks())

    @contextmanager
    def watching(self) -> Iterator[None]:
        handler = _Handler(self)
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.setLevel(level)

    def assert_unseen(self) -> None:
        for span in self.spans.get_finished_spans():
            self.note("span", span.to_json())
        for channel, texts in self.seen.items():
            for text in texts:
                assert not shows(text), f"The {channel} shows the token: {text[:2000]}"


def _without_query(url: URL) -> str:
    return str(url.with_query(None))


class _Handler(logging.Handler):
    # The server of the test is in the same process.
    _THEIRS = ("aiohttp.access", "aiohttp.server", "aiohttp.web")

    def __init__(self, witness: Witness) -> None:
        super().__init__(logging.DEBUG)
        self._witness = witness

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(self._THEIRS):
            self._witness.note(f"log {record.name}", self.format(record), vars(record))
            record.exc_info = None
            pickled = io.BytesIO()
            pickle.Pickler(pickled).dump({k: str(v) for k, v in vars(record).items()})
            self._witness.note("record", pickled.getvalue())
