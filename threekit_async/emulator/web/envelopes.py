"""One page of a listing inside the vendor's envelope."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.web.answers import text_answer
from threekit_async.emulator.web.query import read_page, read_sort

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiohttp import web

    from threekit_async.emulator.data.filters import Filters
    from threekit_async.emulator.data.tables import Table
    from threekit_async.emulator.web.asking import Ask


def answer_page(
    ask: Ask, table: Table, filters: Filters, *, key: str, sortable: Collection[str]
) -> web.Response:
    """Answer ``{"page", "perPage", "count", "sort", <key>: [...]}``."""
    page = read_page(ask.query, ask.route.refusal)
    sort = read_sort(ask.query, sortable, ask.route.refusal)
    texts = ask.store.texts(table, filters, order=sort.order, limit=page.size, offset=page.offset)
    envelope: dict[str, Any] = {"page": page.number, "perPage": page.size, "sort": sort.text}
    envelope["count"] = ask.store.count(table, filters)
    head = json.dumps(envelope).encode()[:-1]
    return text_answer(head + f', "{key}":['.encode() + b",".join(texts) + b"]}")


def answer_all(ask: Ask, table: Table, filters: Filters, *, key: str) -> web.Response:
    """Answer ``{<key>: [...]}`` with every match, oldest first.

    A listing whose paging is not documented is answered whole unless ``page`` or ``perPage`` is
    given (assumption).
    """
    if not {"page", "perPage"} & ask.query.keys():
        texts = ask.store.texts(table, filters)
        return text_answer(f'{{"{key}":['.encode() + b",".join(texts) + b"]}")
    return answer_page(ask, table, filters, key=key, sortable=("createdAt",))
