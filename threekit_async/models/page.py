"""One page of a listing."""

from __future__ import annotations

from typing import Generic, TypeVar

from attrs import frozen

__all__ = ("Page",)

T = TypeVar("T")


@frozen(kw_only=True)
class Page(Generic[T]):
    """Rows of a listing, in server order, with what the envelope said about itself.

    `page`, `per_page`, `count` and `sort` are None where the server does not send them: the
    layers listing is documented without them. `count` is the total of all pages.
    """

    items: list[T]
    page: int | None = None
    per_page: int | None = None
    count: int | None = None
    sort: str | None = None
