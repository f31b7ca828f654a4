"""Emulators to ask, and a plain HTTP client to ask them with."""

from __future__ import annotations

import json
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from attrs import frozen

from threekit_async.emulator import EmulatorSettings, EmulatorThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


PRIVATE = "private"


@frozen(kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


class Api:
    """Ask one emulator; query values that are no strings travel as JSON."""

    def __init__(self, server: EmulatorThread) -> None:
        self.server = server

    def __call__(
        self,
        method: str,
        path: str,
        *,
        token: str | None = PRIVATE,
        body: Any = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        raw_query: str = "",
        **query: Any,
    ) -> Answer:
        sent = dict(headers or {})
        if token in ("private", "public"):
            token = getattr(self.server, f"{token}_token")
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        pairs = {k: v if isinstance(v, str) else json.dumps(v) for k, v in query.items()}
        target = path + "?" + (raw_query or urlencode(pairs))
        connection = HTTPConnection(urlsplit(self.server.url).netloc, timeout=20)
        try:
            connection.request(method, target, body=data, headers=sent)
            answer = connection.getresponse()
            return Answer(
                status=answer.status, headers=dict(answer.getheaders()), body=answer.read()
            )
        finally:
            connection.close()

    def get(self, path: str, **more: Any) -> Answer:
        return self("GET", path, **more)

    def layers(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.get("/api/layers", **query)
        assert answer.status == 200, answer.body
        return list(answer.json["layers"])

    def create(self, **fields: Any) -> dict[str, Any]:
        answer = self("POST", "/api/layers", body={"assetId": "asset-1"} | fields)
        assert answer.status == 200, answer.body
        return dict(answer.json)

    def upload(
        self, content: bytes, *, name: str = "a.png", kind: str = "image/png", field: str = "files"
    ) -> Answer:
        edge = b"edge-of-part"
        head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        data = b"--" + edge + b"\r\n" + head.encode() + f"Content-Type: {kind}\r\n\r\n".encode()
        data += content + b"\r\n--" + edge + b"--\r\n"
        headers = {"Content-Type": f"multipart/form-data; boundary={edge.decode()}"}
        return self("POST", "/api/files", data=data, headers=headers)

    def form(
        self,
        path: str,
        *,
        files: Sequence[tuple[str, str, bytes]] = (),
        fields: dict[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """Post a multipart form; a file is its field, its name and its bytes."""
        parts = [(f'name="{name}"', text.encode()) for name, text in (fields or {}).items()]
        parts += [(f'name="{field}"; filename="{name}"', content) for field, name, content in files]
        data = b"".join(
            b"--edge\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (head.encode(), content)
            for head, content in parts
        )
        headers = {"Content-Type": "multipart/form-data; boundary=edge"}
        return self("POST", path, data=data + b"--edge--\r\n", headers=headers, **more)


@pytest.fixture
def demo_server(threekit_seeds: Path) -> Iterator[EmulatorThread]:
    """A demo organisation of this test's own: what is added to it is seen by no other."""
    settings = EmulatorSettings(seed="demo")
    with EmulatorThread(settings, kept_seeds=threekit_seeds) as server:
        yield server


@pytest.fixture
def demo(demo_server: EmulatorThread) -> Api:
    """The demo organisation, fresh for this test."""
    return Api(demo_server)


@pytest.fixture
def start(threekit_seeds: Path) -> Iterator[Callable[..., Api]]:
    """Start any number of emulators; the settings are keyword arguments."""
    with ExitStack() as running:

        def begin(**settings: Any) -> Api:
            server = EmulatorThread(EmulatorSettings(**settings), kept_seeds=threekit_seeds)
            return Api(running.enter_context(server))

        yield begin


@pytest.fixture
def api(threekit_emulator: EmulatorThread) -> Api:
    """A fresh, empty emulator."""
    return Api(threekit_emulator)
