"""Status and bytes into a record, a page, or an error. Pure."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from attrs import field, frozen

from ..errors import DecodeError, StatusError, status_error_class
from ..models.base import converter
from ..models.fields import FieldProblem, described, is_record
from ..models.page import Page
from .next_step import ELSEWHERE, next_step, once_more

__all__ = (
    "Answer",
    "Done",
    "Items",
    "Object",
    "One",
    "Plain",
    "Render",
    "Rows",
    "Text",
    "decode",
    "status_error",
)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

try:
    from orjson import loads as _orjson_loads
except ImportError:  # the extra `speed` is not installed
    _loads: Callable[[bytes], Any] = json.loads
else:
    _loads = _orjson_loads


class Answer(Protocol[T_co]):
    """What a successful answer holds; `kind` is how a message calls it."""

    kind: ClassVar[str]

    def read(self, body: bytes, /) -> T_co:
        """Read the answer's bytes."""
        ...


class _RestingCollector:
    """Keeps the garbage collector off while at least one thread reads a page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._was_on = False

    def __enter__(self) -> None:
        with self._lock:
            if not self._readers:
                self._was_on = gc.isenabled()
                gc.disable()
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers and self._was_on:
                gc.enable()


_resting_collector = _RestingCollector()


@frozen
class One(Generic[T]):
    """One record: the object under `key` if the answer has it, or else the whole answer."""

    kind: ClassVar[str] = "JSON"

    record: type[T]
    key: str | None = None

    def read(self, body: bytes) -> T:
        """Read the object."""
        data = _loads(body)
        if self.key is not None and data.__class__ is dict and self.key in data:
            return _structured(data[self.key], self.record, self.key)
        return _structured(data, self.record, "")


@frozen
class Rows(Generic[T]):
    """A page of records: the array under `key`, and the envelope around it."""

    kind: ClassVar[str] = "JSON"

    record: type[T]
    key: str

    def read(self, body: bytes) -> Page[T]:
        """Read the page.

        The garbage collector rests meanwhile: it would walk thousands of new objects that are all
        alive, at the cost of parsing them twice.
        """
        with _resting_collector:
            return self._read(_loads(body))

    def _read(self, data: Any) -> Page[T]:
        if data.__class__ is not dict:
            raise FieldProblem("", "is not a JSON object")
        if self.key not in data:
            raise FieldProblem(self.key, "is missing")
        return Page(
            items=_structured(data[self.key], list[self.record], self.key),  # type: ignore[name-defined]
            page=_integer(data, "page"),
            per_page=_integer(data, "perPage"),
            count=_integer(data, "count"),
            sort=_text(data, "sort"),
        )


@frozen
class Items(Generic[T]):
    """An array of records or strings, under `key` or as the whole answer; there are no pages.

    :param alone: one object in place of the whole array is taken for its only item.
    """

    kind: ClassVar[str] = "JSON"

    item: type[T]
    key: str | None = None
    alone: bool = field(default=False, kw_only=True)

    def read(self, body: bytes) -> list[T]:
        """Read the array."""
        with _resting_collector:
            return self._read(_loads(body))

    def _read(self, data: Any) -> list[T]:
        if self.alone and data.__class__ is dict:
            data = [data]
        if self.key is None or data.__class__ is list:
            return _listed(data, self.item, "")
        if data.__class__ is not dict:
            raise FieldProblem("", f"is {described(data)}, not an object or array")
        if self.key not in data:
            raise FieldProblem(self.key, "is missing")
        return _listed(data[self.key], self.item, self.key)


@frozen
class Object:
    """A JSON object with any keys."""

    kind: ClassVar[str] = "JSON"

    def read(self, body: bytes) -> dict[str, Any]:
        """Read the object."""
        data = _loads(body)
        if data.__class__ is not dict:
            raise FieldProblem("", f"is {described(data)}, not an object")
        read: dict[str, Any] = data
        return read


@frozen
class Text:
    """Text, such as CSV, in UTF-8; an HTML page is the answer of something else."""

    kind: ClassVar[str] = "text"

    def read(self, body: bytes) -> str:
        """Read the text."""
        if _is_html(body):
            raise ValueError("an HTML page")
        return body.decode("utf-8-sig")


@frozen
class Done:
    """Success is all there is to know; nobody promises what the body holds."""

    kind: ClassVar[str] = "an answer"

    def read(self, _body: bytes, /) -> None:
        """Look at nothing."""


@frozen
class Plain:
    """The bytes as they are."""

    kind: ClassVar[str] = "a file"

    def read(self, body: bytes) -> bytes:
        """Return the bytes."""
        return body


@frozen
class Render:
    """The bytes of a render or export; an HTML page is the answer of something else."""

    kind: ClassVar[str] = "a file"

    def read(self, body: bytes) -> bytes:
        """Return the bytes."""
        if _is_html(body):
            raise ValueError("an HTML page")
        return body


def _structured(value: Any, kind: type[T], path: str) -> T:
    try:
        return converter().structure(value, kind)
    except FieldProblem as problem:
        raise problem.under(path) from None


def _listed(value: Any, item: type[T], path: str) -> list[T]:
    if is_record(item):
        return _structured(value, list[item], path)  # type: ignore[valid-type]
    if value.__class__ is not list:
        raise FieldProblem(path, f"is {described(value)}, not an array")
    for index, element in enumerate(value):
        if element.__class__ is not item:
            raise FieldProblem(f"{path}[{index}]", f"is {described(element)}")
    read: list[T] = value
    return read


def _integer(envelope: dict[str, Any], key: str) -> int | None:
    value: Any = envelope.get(key)
    return value if value.__class__ is int and value >= 0 else None


def _text(envelope: dict[str, Any], key: str) -> str | None:
    value = envelope.get(key)
    return value if value.__class__ is str else None


def decode(body: bytes, returns: Answer[T], *, asked: str, content_type: str) -> T:
    """Read a successful answer.

    :param asked: verb and path, for the message of an error.
    :raises DecodeError: naming the place that cannot be read.
    """
    try:
        return returns.read(body)
    except FieldProblem as problem:
        path = problem.path.lstrip(".")
        raise DecodeError(
            f"{asked} succeeded, but its answer cannot be read: {path or 'it'} {problem.reason}. "
            "The API may have changed: look for a newer threekit-async.",
            path=path,
        ) from None
    except (ValueError, RecursionError):
        said = _not_what_was_asked(asked, body, returns.kind, content_type)
        raise DecodeError(f"{asked} succeeded, but {said}") from None


def _is_html(body: bytes) -> bool:
    return body[:64].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _is_in_another_encoding(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"  # that one is cut off
    return False


def _not_what_was_asked(asked: str, body: bytes, kind: str, content_type: str) -> str:
    if not body:
        return f"its answer is empty where {kind} was expected. {once_more(asked)}"
    if "html" in content_type or _is_html(body):
        return (
            f"its answer is an HTML page, not {kind}. Something else than the API answers at this "
            "address: check the host setting and any proxy between."
        )
    if _is_in_another_encoding(body):
        return (
            f"its answer ({len(body)} bytes, {content_type or 'no content type'}) is not {kind}, "
            "and not in UTF-8. Something between may have changed it: check any proxy."
        )
    return (
        f"its answer ({len(body)} bytes, {content_type or 'no content type'}) is not {kind}. "
        f"It may be cut off: check any proxy between. {once_more(asked)}"
    )


def status_error(
    *,
    asked: str,
    status: int,
    body: bytes,
    content_type: str,
    attempts: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    abroad: bool = False,
) -> StatusError:
    """Make the error for a status that is no success, from the vendor's error body.

    :param abroad: it comes from another server, to which the API has redirected.
    """
    code, message = _vendor_error(body, content_type)
    hint = ELSEWHERE if abroad else next_step(asked=asked, status=status, code=code)
    tries = f"{attempts} attempt{'s' if attempts > 1 else ''}, {seconds:.1f} s"
    text = f"{asked} was answered {status} {code or ''}".rstrip()
    text = f"{text}: {message} ({tries}). {hint}"
    return status_error_class(status)(
        text,
        status=status,
        code=code,
        message=message,
        attempts=attempts,
        headers=headers,
        body=body,
    )


def _vendor_error(body: bytes, content_type: str) -> tuple[str | None, str]:
    try:
        error = _loads(body)["error"]
        code, message = error.get("code"), error.get("message")
    except (ValueError, TypeError, KeyError, AttributeError):
        if "html" in content_type or _is_html(body):
            return None, "an HTML page instead of the API's error"
        return None, "an answer in no known form" if body.strip() else "without an explanation"
    return (str(code) if code else None), str(message or code or "without an explanation")[:500]
