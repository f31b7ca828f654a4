"""Whether the API holds some bytes already: read from the answer of their hash address."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, evolve, field, frozen

from ..errors import AuthenticationError, StatusError
from ..options import Options, Retry
from ..session.reply import Reply
from ..session.request import Request
from ..session.session import Session
from .fingerprint import Fingerprint

__all__ = ("Look", "Looking", "promised_length")

# A body as small as this costs less to read than a new connection.
_SMALL = 64 * 1024
_PART = re.compile(r"bytes\s+0-0/([0-9]{1,18})")


_ONCE: Final = Retry(attempts=1)
_FAULT: Final = 500
_IN_VAIN: Final = 3


@define(kw_only=True)
class Looking:
    """Asks the API for bytes by their hash, until it has failed three times on end.

    :param look: the request for the bytes of a sha256, of which only the length is read.
    """

    session: Session
    look: Callable[[str], Request[bytes]]
    _failed: int = field(default=0, init=False)

    async def finds(self, found: Fingerprint, options: Options) -> bool:
        """Tell whether it has them, as far as it says so.

        :raises AuthenticationError: when the token is refused.
        :raises TransportError: when no answer came.
        """
        if not found.size or self._failed >= _IN_VAIN:
            return False
        # Once: sending what it has costs less than waiting for a server that cannot tell.
        options = evolve(options.uncached(), retry=_ONCE)
        try:
            held = await self.session.stream(self.look(found.sha256), Look(found.size), options)
        except AuthenticationError:
            raise
        except StatusError as error:  # with which status what is not there is answered, nobody says
            self._failed = self._failed + 1 if error.status >= _FAULT else 0
            return False
        self._failed = 0
        return held


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
