"""Read paging, sorting and JSON filters from a query string, or refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isinf
from typing import TYPE_CHECKING, Any, cast

from attrs import frozen

from threekit_async.emulator.data.identity import canonical
from threekit_async.emulator.web.exchange import current
from threekit_async.emulator.web.schemas import EXACT

if TYPE_CHECKING:
    from collections.abc import Collection

    from threekit_async.emulator.web.contract import Refusal

DEFAULT_PER_PAGE = 30
MOST_PER_PAGE = 100


@frozen(kw_only=True)
class Page:
    """One page of a listing; pages are numbered from 1.

    :param earlier: how many rows earlier than it should it starts, because of a fault.
    """

    number: int
    size: int
    earlier: int = 0

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return max(0, (self.number - 1) * self.size - self.earlier)


@frozen(kw_only=True)
class Sort:
    """A field and its direction."""

    column: str
    descending: bool

    @property
    def text(self) -> str:
        """The wire's form, ``+createdAt``."""
        return f"{'-' if self.descending else '+'}{self.column}"

    @property
    def order(self) -> str:
        """The SQL order. Equal values stay in the order of insertion, so that pages are stable."""
        return f'"{self.column}" {"DESC" if self.descending else "ASC"}, seq ASC'


PAGING: Mapping[str, Any] = {"page": int, "perPage": int, "sort": str}
"""The query fields of every paged listing."""


def read_page(query: Mapping[str, Any], refusal: Refusal) -> Page:
    """Read ``page`` (from 1, default 1) and ``perPage`` (1 to 100, default 30)."""
    number, size = query.get("page", 1), query.get("perPage", DEFAULT_PER_PAGE)
    page = Page(number=number, size=size, earlier=current().earlier)
    if page.number < 1 or not 1 <= page.size <= MOST_PER_PAGE:
        raise refusal.error()
    return page


def read_number(query: Mapping[str, str], name: str, refusal: Refusal) -> int:
    """Read a whole number."""
    text = query[name]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= EXACT):
        raise refusal.error()
    return int(text)


def read_flag(query: Mapping[str, str], name: str, refusal: Refusal) -> bool:
    """Read ``true`` or ``false``."""
    if query[name] not in ("true", "false"):
        raise refusal.error()
    return query[name] == "true"


def read_sort(query: Mapping[str, Any], columns: Collection[str], refusal: Refusal) -> Sort:
    """Read ``sort``: ``+field`` or ``-field``, default ``+createdAt``.

    A ``+`` that was not percent-encoded arrives as a space and is refused like any other bad
    direction, so that the mistake is noticed.
    """
    text = query.get("sort", "+createdAt")
    if text[:1] not in ("+", "-") or text[1:] not in columns:
        raise refusal.error()
    return Sort(column=text[1:], descending=text[0] == "-")


def as_object(value: object) -> dict[str, Any]:
    """Return a JSON value that is an object, or raise :exc:`ValueError`."""
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004
    return cast("dict[str, Any]", value)


def read_json(text: str) -> object:
    """Read JSON so that equal numbers are equal values.

    :raises ValueError: for what is no JSON, is nested too deeply, or holds half a character.
    """
    try:
        value = json.loads(text, parse_float=_number, parse_int=_integer, parse_constant=_not_json)
        canonical(value).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _number(text: str) -> float | int:
    """Read 2.0 as 2: JSON has one kind of number, and an exact match must not depend on it."""
    value = float(text)
    if isinf(value):
        raise ValueError("a number beyond all bounds")
    return int(value) if value.is_integer() else value


def _integer(text: str) -> int:
    """Refuse an integer no reader of JSON could take back as a number."""
    _number(text)
    return int(text)


def _not_json(word: str) -> object:
    raise ValueError(f"{word} is not JSON")
