"""A request as a value, and how it becomes a URL. Pure: nothing here waits or sends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast
from urllib.parse import quote

from attrs import field, frozen

from ..errors import UsageError
from ..models.base import UNSET, converter
from ..models.fields import is_record

if TYPE_CHECKING:
    from .decode import Answer

__all__ = (
    "FilePart",
    "Json",
    "Multipart",
    "Request",
    "Safety",
    "json_text",
    "path_of",
    "query_of",
)

T = TypeVar("T")

Safety = Literal["safe", "idempotent", "unsafe"]
"""`safe` changes nothing, `idempotent` twice is as once, `unsafe` must not be repeated blindly."""


@frozen
class Json:
    """A JSON body; records and dates may stand anywhere in it."""

    value: Any

    def encoded(self) -> bytes:
        """Return the body's bytes.

        :raises UsageError: when it has no form in JSON, or holds half a character.
        """
        try:
            return json_text(self.value, "The body").encode()
        except UnicodeEncodeError as error:
            odd = error.object[error.start : error.end]
            raise UsageError(
                f"The body has {odd!r}, which cannot be sent; nothing was sent."
            ) from None


@frozen(kw_only=True)
class FilePart:
    """One file of a multipart body.

    A path is opened anew for each attempt and streamed; an open file is wound back to `start`,
    or can be sent once when that is None. What an iterable yields can be sent once.
    """

    name: str
    source: Path | bytes | IO[bytes] | Iterable[bytes] | AsyncIterable[bytes]
    filename: str
    mime_type: str
    start: int | None = None


@frozen(kw_only=True)
class Multipart:
    """A multipart/form-data body."""

    files: tuple[FilePart, ...]
    fields: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def repeatable(self) -> bool:
        """It can be sent again from its beginning."""
        return all(
            isinstance(part.source, (Path, bytes)) or part.start is not None for part in self.files
        )


@frozen(kw_only=True)
class Request(Generic[T]):
    """One call of the API, as pure data.

    :param path: a template, as `/api/layers/{id}`; `params` fill it, percent-encoded.
    :param query: values by wire name; None and UNSET are left out.
    :param returns: what the answer holds.
    """

    verb: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    returns: Answer[T]
    params: Mapping[str, str] = field(factory=dict[str, str])
    query: Mapping[str, object] = field(factory=dict[str, object])
    body: Json | Multipart | None = None
    safety: Safety = "safe"

    def __str__(self) -> str:
        return f"{self.verb} {path_of(self.path, self.params)}"


def path_of(template: str, params: Mapping[str, str]) -> str:
    """Fill a path template: `("/api/layers/{id}", {"id": "a b"})` -> `/api/layers/a%20b`.

    :raises UsageError: when a value is not a string, is empty, or is a dot segment.
    """
    return template.format_map({name: _segment(name, value) for name, value in params.items()})


def _segment(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a string, not {type(value).__name__}; nothing was sent.")
    # A dot segment would be resolved away on the road and address something else.
    if not value.strip() or value in {".", ".."}:
        raise UsageError(f"{name} cannot be {value!r}: give the id of a record; nothing was sent.")
    return _quoted(value)


def query_of(pairs: Iterable[tuple[str, object]]) -> str:
    """Encode a query as the vendor asks for: objects as JSON, `+` as `%2B`, None left out.

    `{"sort": "+createdAt", "metadata": {"a": 1}}` -> `sort=%2BcreatedAt&metadata=%7B%22a%22%3A1%7D`
    """
    return "&".join(
        f"{_quoted_name(name)}={_quoted(_text(name, value))}"
        for name, value in pairs
        if value is not None and value is not UNSET
    )


@lru_cache(maxsize=256)
def _quoted_name(name: str) -> str:
    return quote(name, safe="")


def _text(name: str, value: object) -> str:
    if isinstance(value, datetime):
        return str(_wire_form(value))
    return value if isinstance(value, str) else json_text(value, f"The filter {name}")


def _quoted(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise UsageError(f"{text!r} has characters that cannot be sent; nothing was.") from None


def json_text(value: object, what: str) -> str:
    """Write JSON, compactly; records and dates may stand anywhere in it.

    :param what: begins the sentence of the error, as `The body`.
    :raises UsageError: when it has no form in JSON.
    """
    try:
        return json.dumps(
            value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_wire_form
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{what} cannot be written as JSON: {error}. Nothing was sent.") from None


def _wire_form(value: object) -> object:
    """Write what `json` does not know: records, dates, and mappings that are no dictionaries."""
    if is_record(type(value)) or isinstance(value, datetime):
        return cast("object", converter().unstructure(value))
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise TypeError(f"{type(value).__name__} has no form in JSON")
