"""Mistakes that are told before anything is sent, in place of a refusal or of finding nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.services.exchanges import Exchanging
from threekit_async import AsyncThreekit, UsageError
from threekit_async.models.orders import CartItem, Platform
from threekit_async.models.products import Product, ProductEntry
from threekit_async.models.webhooks import WebhookFilter

Call = Callable[[AsyncThreekit], Awaitable[Any]]

LINE = CartItem(configuration_id="c")
SNAKE = {"store_name": "demo"}
ODD: Any = ["a", "b"]

NOTHING_TO_DO: list[tuple[Call, str]] = [
    (lambda tk: tk.assets.update("a"), "nothing to change"),
    (lambda tk: tk.customers.update("c"), "nothing to change"),
    (lambda tk: tk.orders.update("o"), "nothing to change: pass at least one of status="),
    (lambda tk: tk.webhooks.update("w"), "nothing to change"),
    (lambda tk: tk.catalog.upload([]), "no file to upload"),
    (lambda tk: tk.catalog.upload(iter(())), "no file to upload"),
    (lambda tk: tk.products.import_([]), "nothing to import"),
    (lambda tk: tk.orders.create(cart=[]), "cart is empty"),
    (lambda tk: tk.orders.add_to_cart("o", []), "cart is empty"),
    (lambda tk: tk.orders.replace_cart("o", ()), "cart is empty"),
    (lambda tk: tk.orders.add_items("o", []), "cart is empty"),
]

FILTERS: list[tuple[Call, str]] = [
    (lambda tk: tk.assets.list(tags=ODD).all(), r"tags must be one text, not \['a', 'b'\]"),
    (lambda tk: tk.assets.list(keywords=ODD).all(), "keywords must be one text"),
    (lambda tk: tk.assets.list(name=ODD).all(), "name must be one text"),
    (lambda tk: tk.assets.tags(keywords=ODD), "keywords must be one text"),
    (lambda tk: tk.assets.keywords(tags=ODD), "tags must be one text"),
    (lambda tk: tk.catalog.list(tags=ODD), "tags must be one text"),
    (lambda tk: tk.products.export(tags=ODD), "tags must be one text"),
    (lambda tk: tk.assets.list(metadata=ODD).all(), "metadata must be a mapping"),
    (lambda tk: tk.catalog.list(metadata=ODD), "metadata must be a mapping"),
    (lambda tk: tk.analytics.list(metadata=ODD), "metadata must be a mapping"),
    (lambda tk: tk.analytics.views(metadata=ODD), "metadata must be a mapping"),
    (lambda tk: tk.orders.list(platform=ODD).all(), "platform must be a mapping"),
    (lambda tk: tk.customers.list(platform=ODD), "platform must be a mapping"),
    (lambda tk: tk.layers.list(metadata=ODD).all(), "metadata must be a mapping"),
    (lambda tk: tk.layers.find(asset_layer_configuration=ODD), "must be a mapping"),
    (lambda tk: tk.layers.find(stage_configuration=ODD), "must be a mapping"),
    (lambda tk: tk.assets.thumbnail("a", size=0), "size must be a whole number of at least 1"),
    (lambda tk: tk.assets.thumbnail("a", size=True), "not True"),
    (lambda tk: tk.assets.thumbnail("a", size=ODD), "size must be a whole number"),
]

CARTS: list[tuple[Any, str]] = [
    (LINE, r"also for a single one: \[line\]"),
    ({"configurationId": "c", "count": 1}, r"also for a single one: \[line\]"),
    ("c", "A cart is a list of lines, not str"),
    (7, "A cart is a list of lines, not int"),
    (["c"], "A line is a CartItem or a mapping .* not str"),
    ([LINE, CartItem(configuration_id="c", count=0)], "count must be a whole number of at least 1"),
    ([{"configurationId": "c", "count": -1}], "count must be .* not -1"),
    ([{"configurationId": "c", "count": True}], "count must be .* not True"),
    ([{"configurationId": "c", "count": "2"}], "count must be .* not '2'"),
    ([{"configuration_id": "c", "count": 1}], "'configurationId', not 'configuration_id'"),
]

NAMES: list[tuple[Call, str]] = [
    (lambda tk: tk.orders.create(cart=[LINE], platform=SNAKE), "'storeName', not 'store_name'"),
    (lambda tk: tk.orders.list(platform=SNAKE).all(), "'storeName', not 'store_name'"),
    (lambda tk: tk.customers.list(platform=SNAKE), "'storeName', not 'store_name'"),
    (lambda tk: tk.customers.create(platform=SNAKE), "'storeName', not 'store_name'"),
    (lambda tk: tk.customers.update("c", platform=SNAKE), "'storeName', not 'store_name'"),
    (
        lambda tk: tk.products.import_([{"product": {"parent_folder_id": "catalog"}}]),
        "'parentFolderId', not 'parent_folder_id'",
    ),
    (
        lambda tk: tk.assets.import_file(b"x", filename="x.glb", settings={"import_as": "model"}),
        "'importAs', not 'import_as'",
    ),
    (lambda tk: tk.orders.create(cart=[LINE], name="x" * 256), "name has 256 characters"),
    (lambda tk: tk.orders.update("o", name="x" * 256), "name has 256 characters"),
    (
        lambda tk: tk.webhooks.create(topic="t", address="a", filter={"status": "failed"}),
        r"The status of a filter is a list, as \['failed'\]",
    ),
    (
        lambda tk: tk.webhooks.update("w", filter=WebhookFilter(type="import")),
        r"The type of a filter is a list, as \['import'\]",
    ),
]


@pytest.mark.parametrize(("call", "says"), [*NOTHING_TO_DO, *FILTERS, *NAMES])
async def test_a_call_that_cannot_do_what_is_meant_is_not_made(
    exchanging: Exchanging, call: Call, says: str
) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=says) as refused:
            await call(tk)
    assert "othing was sent" in str(refused.value)
    assert seen == []


@pytest.mark.parametrize(("cart", "says"), CARTS)
@pytest.mark.parametrize(
    "send",
    [
        lambda tk, cart: tk.orders.create(cart=cart),
        lambda tk, cart: tk.orders.add_to_cart("o", cart),
        lambda tk, cart: tk.orders.replace_cart("o", cart),
        lambda tk, cart: tk.orders.add_items("o", cart),
    ],
)
async def test_a_cart_that_could_not_be_taken_is_not_sent(
    exchanging: Exchanging,
    send: Callable[[AsyncThreekit, Any], Awaitable[Any]],
    cart: Any,
    says: str,
) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=says):
            await send(tk, cart)
    assert seen == []


async def test_what_is_right_at_the_edge_is_sent(exchanging: Exchanging) -> None:
    order = {"id": "o"}
    async with exchanging(order, order, {"webhook": {"id": "w"}}, [], {}) as (tk, seen):
        await tk.orders.create(
            cart=({"configurationId": "c", "count": 1, "mine": 1},),
            platform=Platform(store_name="demo"),
            name="x" * 255,
        )
        await tk.orders.update("o", name=None)
        await tk.webhooks.update("w", filter={"status": ["failed"], "type": None})
        await tk.catalog.list(metadata={}, tags="")
        await tk.products.import_([ProductEntry(product=Product(parent_folder_id="catalog"))])
    assert len(seen) == 5
