"""What an answer brings of a file, and where its bytes go. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import asdict, frozen

from ..errors import DownloadError, IntegrityError

__all__ = (
    "Arriving",
    "Notes",
    "OtherBytesError",
    "arriving",
    "asked_headers",
    "check_length",
    "check_most",
)

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_STRONG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
# `aws-chunked` is left there by uploads to an object store, and says nothing of the bytes.
_PLAIN = frozenset({"", "identity", "aws-chunked"})
_UNPACKED = frozenset({"gzip", "deflate", "br", "zstd"})


class OtherBytesError(DownloadError):
    """Raised when what came does not continue what is there: it is fetched anew, from zero."""


@frozen(kw_only=True)
class Notes:
    """What is known of an unfinished file; kept beside it, in `<name>.part.json`.

    `sha256` is that of the first `written` bytes. The next run reads them and compares: bytes that
    a power cut took, or that somebody changed, are not believed.

    :param etag: of the content they are a part of; only with it can the rest be asked for.
    :param length: of the whole, in bytes, when the server has said it.
    :param hash: that the file's record promises, when that is known.
    """

    file_id: str
    etag: str
    written: int
    sha256: str
    length: int | None = None
    hash: str | None = None

    def encoded(self) -> bytes:
        """Write them as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, text: bytes) -> Notes | None:
        """Read them; None when they are torn, or not ours."""
        try:
            data: Any = json.loads(text)
            notes = cls(**data)
        except (ValueError, TypeError, RecursionError):
            return None
        return notes if notes._sound() else None

    def _sound(self) -> bool:
        return (
            type(self.file_id) is str
            and type(self.written) is int
            and self.written > 0
            and type(self.length) in {int, type(None)}
            and type(self.hash) in {str, type(None)}
            and _HEXADECIMAL.fullmatch(str(self.sha256)) is not None
            and type(self.etag) is str
            and strong(self.etag) is not None
        )


@frozen(kw_only=True)
class Arriving:
    """What an answer brings.

    :param at: how many bytes of the file come before its first one.
    :param length: of the whole file, in bytes; None when the answer does not say.
    :param etag: by which the rest can be asked for if it breaks off; None when it cannot.
    :param bounded: whether its end is announced in any way: it can be told from a break.
    :param until: how many bytes of the file there are after its last one, when it says that; a
        server may answer with less than was asked for.
    """

    at: int
    length: int | None
    etag: str | None
    bounded: bool = True
    until: int | None = None


def asked_headers(*, have: int, etag: str | None) -> dict[str, str]:
    """Ask for the rest of a file whose first bytes are there, provided it is still the same.

    Without both there is nothing to continue, and the whole is asked for.
    """
    if not have or etag is None:
        return {}
    return {"Range": f"bytes={have}-", "If-Range": etag}


def arriving(
    status: int,
    headers: Mapping[str, str],
    *,
    name: str,
    have: int,
    etag: str | None,
    length: int | None = None,
) -> Arriving:
    """Read what an answer says of the bytes it brings.

    :param name: of the file, for messages.
    :param have: how many bytes are there; 0 when the whole was asked for.
    :param etag: that of the content they belong to, and `length`, that of the whole of it, where
        earlier answers have told.
    :raises OtherBytesError: when these are not the bytes that follow.
    :raises DownloadError: when the answer brings no content, or packed in an unknown way.
    """
    found = strong(headers.get("ETag"))
    plain = _plain(headers.get("Content-Encoding", "").strip().lower(), name=name)
    if status == 200:
        told = _number(headers.get("Content-Length")) if plain else None
        resumable = plain and headers.get("Accept-Ranges", "").strip().lower() != "none"
        etag = found if resumable else None
        return Arriving(at=0, length=told, etag=etag, bounded=plain and _bounded(headers))
    if status != 206:
        raise DownloadError(
            f"The file for {name} was answered with status {status} and no content. "
            "Try again; tell the vendor if it stays."
        )
    rest = _continued(headers, name=name, have=have, etag=etag, plain=plain)
    if None not in {length, rest.length} and length != rest.length:
        raise OtherBytesError(
            f"{name}: {length} bytes were announced at first, and now {rest.length}, as if it were "
            "the same content."
        )
    return rest


def _plain(encoding: str, *, name: str) -> bool:
    """Tell whether bytes are counted as the file's own; those of known packings are unpacked."""
    if encoding not in _PLAIN | _UNPACKED:
        raise DownloadError(
            f"The file for {name} came packed as {encoding!r}, though it was asked for as it is. "
            "Check any proxy between; if there is none, the server is at fault."
        )
    return encoding in _PLAIN


def _continued(
    headers: Mapping[str, str], *, name: str, have: int, etag: str | None, plain: bool
) -> Arriving:
    part = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
    # One that brings nothing would be asked on for ever.
    starts = int(part[1]) if part and int(part[2]) >= have else None
    # A proxy may have made it a weak one: what was asked for only holds under the same etag.
    found = headers.get("ETag", etag or "").strip().removeprefix("W/")
    if not have or starts != have or not plain or found != etag:
        raise OtherBytesError(
            f"{name}: the bytes from {have} on were asked for, and the answer brings others "
            f"({headers.get('Content-Range') or 'without a Content-Range'})."
        )
    length = int(part[3]) if part and part[3] != "*" else None
    bounded = length is not None or _bounded(headers)
    until = int(part[2]) + 1 if part else None
    return Arriving(at=have, length=length, etag=etag, bounded=bounded, until=until)


def _bounded(headers: Mapping[str, str]) -> bool:
    return "Content-Length" in headers or "Transfer-Encoding" in headers


def check_length(name: str, *, size: int, length: int | None) -> None:
    """Compare the bytes received with what the answer announced.

    :raises IntegrityError: when they are more or fewer.
    """
    if length is not None and size != length:
        raise IntegrityError(
            f"{name}: {size} bytes were received, and the answer announced {length}. "
            "Nothing was written under its name. Try again; tell the vendor if it stays."
        )


def check_most(name: str, *, size: int, most: int | None) -> None:
    """End what would go on for ever.

    :raises IntegrityError: when more came than there can be.
    """
    if most is not None and size > most:
        raise IntegrityError(
            f"{name}: more than {most} bytes came, which is all there should be. Nothing was "
            "written under its name. Try again; tell the vendor if it stays."
        )


def strong(etag: str | None) -> str | None:
    """Return an etag that promises equal bytes; None for weak and malformed ones."""
    return etag if etag is not None and _STRONG.fullmatch(etag) else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None
