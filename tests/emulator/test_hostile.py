"""Requests nobody should send: each is refused in the vendor's shape, and none breaks a handler."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from threekit_async.emulator.web import forms
from threekit_async.emulator.web.journal import hide_tokens

if TYPE_CHECKING:
    from threekit_async.emulator import EmulatorThread

LAYERS = "/api/layers"
FORM = b"Content-Type: multipart/form-data; boundary=XX\r\n"
JSON = b"Content-Type: application/json"
FILE = b'Content-Disposition: form-data; name="files"; filename="a.png"'
TEXT = b'Content-Disposition: form-data; name="productId"'


def ask(
    server: EmulatorThread,
    verb: str,
    path: str,
    *,
    headers: bytes = b"",
    token: bytes | None = None,
    body: bytes = b"",
) -> tuple[int, str]:
    """Send exactly these bytes; return the status and the error's code."""
    token = server.private_token.encode() if token is None else token
    place = urlsplit(server.url)
    head = b"%b %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" % (verb.encode(), path.encode())
    head += b"Authorization: Bearer %b\r\nContent-Length: %d\r\n" % (token, len(body))
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(head + headers + b"\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    line, _, content = answer.partition(b"\r\n\r\n")
    value: Any = json.loads(content)
    return int(line.split()[1]), value["error"]["code"] if "error" in value else ""


def part(head: bytes, content: bytes = b"hello!") -> bytes:
    return b"--XX\r\n" + head + b"\r\n\r\n" + content + b"\r\n--XX--\r\n"


def test_a_token_that_is_no_text_is_unknown(api: Any) -> None:
    assert ask(api.server, "GET", LAYERS, token=b"\xff\xfe") == (401, "unauthorized")


@pytest.mark.parametrize("name", ["Origin", "Referer"])
def test_a_site_that_cannot_be_read_is_not_allowed(api: Any, name: str) -> None:
    token = api.server.public_token.encode()
    headers = f"{name}: http://[::1\r\n".encode()
    assert ask(api.server, "GET", LAYERS, token=token, headers=headers) == (403, "forbidden")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (JSON + b"; charset=nonsense", b'{"assetId":"a"}'),
        (JSON + b"; charset=utf-16", b'{"assetId":"a"'),
        (JSON + b"\r\nContent-Encoding: gzip", b"no gzip"),
        (JSON, b'{"a":' * 50_000),
        (JSON, b'{"assetId": "\\ud800"}'),
        (JSON, b"\xff"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(api: Any, headers: bytes, body: bytes) -> None:
    refused = (422, "create_layer_error")
    assert ask(api.server, "POST", LAYERS, headers=headers + b"\r\n", body=body) == refused
    control = ask(
        api.server, "POST", "/__emulator__/faults", headers=headers + b"\r\n", body=body[:-1]
    )
    assert control == (422, "control_error")


@pytest.mark.parametrize(
    "head",
    [
        FILE.replace(b"a.png", b"\xff\xfe.png"),
        FILE + b"\r\nContent-Type: text/\xffhtml",
        FILE.replace(b'"files"', b'"\xff"'),
        FILE + b"\r\nContent-Type: text/\x01html",
        b"Content-Type: multipart/mixed; boundary=YY",
        b"X: y",
    ],
)
def test_a_part_that_cannot_be_read_is_refused_and_keeps_no_bytes(api: Any, head: bytes) -> None:
    answer = ask(api.server, "POST", "/api/files", headers=FORM, body=part(head))
    assert answer == (400, "bad_request")
    assert api.get("/__emulator__/info").json["blobs"] == 0


def test_a_form_with_a_broken_compression_is_refused(api: Any) -> None:
    headers = FORM + b"Content-Encoding: gzip\r\n"
    answer = ask(api.server, "POST", "/api/files", headers=headers, body=part(FILE))
    assert answer == (400, "bad_request")


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Transfer-Encoding: weird",
        b"Content-Transfer-Encoding: base64",
        b"Content-Encoding: gzip",
        b"Content-Encoding: weird",
    ],
)
def test_a_text_field_that_cannot_be_decoded_is_refused(api: Any, header: bytes) -> None:
    body = part(TEXT + b"\r\n" + header, b"!!!")
    answer = ask(api.server, "POST", "/api/configurations", headers=FORM, body=body)
    assert answer == (422, "configuration_error")


def test_a_text_field_is_read_up_to_its_limit(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "LARGEST_TEXT", 1000)
    monkeypatch.setattr(forms, "CHUNK", 100)
    for size, status in ((1000, 200), (1001, 422)):
        fields = {"productId": "p" * size, "productVersion": "v"}
        assert api.form("/api/configurations", fields=fields).status == status


def test_a_handler_that_breaks_is_logged_and_answers_in_the_vendors_shape(
    api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_state: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("threekit_async.emulator.control.describe", broken)
    answer = api.get("/__emulator__/info")
    assert (answer.status, answer.code) == (500, "internal_error")
    (record,) = caplog.records
    assert "GET /__emulator__/info could not be answered" in record.message
    assert record.exc_info


@pytest.mark.parametrize("page", ["²", "9" * 5000, "-1"])
def test_a_page_before_no_page_is_refused(api: Any, page: str) -> None:
    api.server.faults.add(effect="repeat_page")
    assert api.get("/api/assets", orgId=api.server.org_id, page=page).status == 422


@pytest.mark.parametrize("name", ["bearer_token", "bearer%5Ftoken", "%62earer_token"])
def test_the_journal_hides_a_token_however_its_name_is_spelt(api: Any, name: str) -> None:
    query = f"page=1&{name}={api.server.private_token}&a=b%26c"
    assert api.get(LAYERS, token=None, raw_query=query).status == 200
    (entry,) = api.server.journal()
    assert entry.token == "private"
    assert api.server.private_token not in entry.query
    assert entry.query.startswith("page=1&")
    assert entry.query.endswith("=***&a=b%26c")


@pytest.mark.parametrize("query", ["", "a", "a=1&&b=2", "not_bearer_token=1", "bearer_token"])
def test_other_queries_are_kept_as_they_are(query: str) -> None:
    assert hide_tokens(query) == query
