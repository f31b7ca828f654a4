"""Answers in the vendor's shape: JSON, and ``{"error": {"code", "message"}}`` for failures."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping


class VendorError(Exception):
    """Stop answering and send this failure instead."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def answer(self, headers: Mapping[str, str] | None = None) -> web.Response:
        """Return the failure as a response."""
        error = {"code": self.code, "message": self.message}
        return json_answer({"error": error}, status=self.status, headers=headers)


def unauthorized() -> VendorError:
    """Refuse a token that is not known (documented: 401 ``unauthorized``)."""
    return VendorError(401, "unauthorized", "Unauthorized")


def forbidden() -> VendorError:
    """Refuse a request without token, or one its token does not allow (documented: 403)."""
    return VendorError(403, "forbidden", "forbidden")


def not_found(code: str = "not_found", message: str = "Not found") -> VendorError:
    """Refuse what does not exist; the code is an assumption except for assets."""
    return VendorError(404, code, message)


def text_answer(body: bytes) -> web.Response:
    """Send JSON text that is ready."""
    return web.Response(body=body, content_type="application/json", charset="utf-8")


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Send a value as JSON."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return web.Response(
        body=body, status=status, headers=headers, content_type="application/json", charset="utf-8"
    )


def disposition(filename: str) -> str:
    """Write a ``Content-Disposition`` that survives quotes, line breaks and any alphabet."""
    plain = re.sub(r'[^ -~]|["\\]', "_", filename)
    if plain == filename:
        return f'inline; filename="{plain}"'
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def json_body(answer: web.StreamResponse) -> bytes | None:
    """Return the body of a JSON answer; ``None`` for a file's content, which may be JSON, too."""
    is_json = answer.content_type == "application/json"
    if not is_json or "Content-Disposition" in answer.headers:
        return None
    body = answer.body if isinstance(answer, web.Response) else None
    return body if isinstance(body, bytes) else None
