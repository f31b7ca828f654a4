"""Whether the API holds some bytes already: read from the answer of their hash address."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import frozen

from ..session.reply import Reply

__all__ = ("Look", "promised_length")

# A body as small as this costs less to read than a new connection.
_SMALL = 64 * 1024
_PART = re.compile(r"bytes\s+0-0/([0-9]{1,18})")


@frozen
class Look:
    """Tells whether an answer is for a file of some length; a large body is left unread.

    A page of a proxy answers with success as well: only the right length is believed. A server
    that sends parts is asked for one byte, as the API documents no HEAD.
    """

    size: int

    def headers(self) -> Mapping[str, str]:
        """Ask for the first byte; the whole length comes with it."""
        return {"Range": "bytes=0-0"}

    async def take(self, reply: Reply) -> bool:
        """Compare the length, and read what is small, so that the connection can be kept."""
        length = promised_length(reply.status, reply.headers)
        sent = 1 if reply.status == 206 else length
        if reply.open_body is not None and sent is not None and sent <= _SMALL:
            async for _ in reply.open_body.chunks():
                pass
        return length == self.size


def promised_length(status: int, headers: Mapping[str, str]) -> int | None:
    """Return the length of the whole file an answer speaks of; None when it does not tell.

    A part tells it in `Content-Range`; a server that sends no parts answers the whole file.
    """
    if headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        return None
    if status == 206:
        part = _PART.fullmatch(headers.get("Content-Range", "").strip().lower())
        return int(part[1]) if part else None
    length = headers.get("Content-Length", "").strip()
    return int(length) if status == 200 and re.fullmatch("[0-9]{1,18}", length) else None
