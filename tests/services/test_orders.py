"""The orders service against the emulator, in both worlds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Connect
from tests.services.planted import chair
from tests.services.receiving import receiving
from threekit_async import (
    AssetReference,
    CartItem,
    Colour,
    ForbiddenError,
    NotFoundError,
    Platform,
    ServerError,
    UnprocessableError,
    parse_webhook,
)
from threekit_async.emulator import EmulatorThread

SHOP = Platform(id="1001", platform="shopify", store_name="Alder & Sons")
ONE = CartItem(configuration_id="a0b1c2d3-e4f5-4061-9273-849506a7b812")
TWO = CartItem(
    configuration_id="b0b1c2d3-e4f5-4061-9273-849506a7b812", count=2, metadata={"gift": True}
)
NO_LINES: list[Any] = [[{}], [{"configurationId": "", "count": 1}]]


def lines(order: Any) -> list[tuple[str, int]]:
    return [(line.configuration_id, line.count) for line in order.cart]


async def test_a_saved_configuration_is_ordered_and_its_order_moves_on(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    variant = {"Colour": Colour(r=1, g=0, b=0), "Wood": AssetReference(asset_id="oak")}
    saved = await tk.configurations.create(chair(server), variant=variant)
    order = await tk.orders.create(
        cart=[CartItem(configuration_id=saved.id, count=2, metadata={"note": "hall"})],
        platform=SHOP,
        status="New",
        name="Order 1001",
        metadata={"vat": 19},
        customer_id="7",
        origin_org_id=server.org_id,
        derivative={"language": "de"},
    )
    assert (order.status, order.name, order.platform) == ("New", "Order 1001", SHOP)
    assert (order.metadata, order.customer_id, order.derivative) == (
        {"vat": 19},
        "7",
        {"language": "de"},
    )
    for status in ("In Progress", "Complete"):
        moved = await tk.orders.update(order.id, status=status)
        assert moved.status == status
        assert await tk.orders.get(order.short_id) == moved
    (line,) = moved.cart
    assert (line.count, line.metadata) == (2, {"note": "hall"})
    assert (await tk.configurations.get(line.configuration_id)).variant == variant
    assert moved.updated_at > order.created_at


async def test_a_public_token_fills_a_cart_and_is_refused_once_the_order_is_new(
    connect: Connect, server: EmulatorThread
) -> None:
    private, public = connect(server), connect(server, token=server.public_token)
    order = await public.orders.create(cart=[ONE], status="In Cart")
    assert len((await public.orders.add_to_cart(order.id, [TWO])).cart) == 2
    assert (await public.orders.update(order.id, status="List", name="Wishes")).status == "List"
    with pytest.raises(ForbiddenError, match=r"PUT /api/orders/.* was answered 403"):
        await public.orders.update(order.id, status="New")
    assert (await public.orders.get(order.id)).status == "List"
    await private.orders.update(order.id, status="New")
    for refused in (
        public.orders.update(order.id, status="In Cart"),
        public.orders.update(order.id, name="mine"),
        public.orders.add_to_cart(order.id, [ONE]),
        public.orders.replace_cart(order.id, [ONE]),
        public.orders.add_items(order.id, [ONE]),
        public.orders.create(cart=[ONE], status="New"),
    ):
        with pytest.raises(ForbiddenError):
            await refused
    unchanged = await private.orders.get(order.id)
    assert (unchanged.status, unchanged.name, len(unchanged.cart)) == ("New", "Wishes", 2)


async def test_lines_are_added_and_replaced(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    order = await tk.orders.create(cart=[ONE])
    added = await tk.orders.add_to_cart(order.short_id, [TWO])
    assert lines(added) == [(ONE.configuration_id, 1), (TWO.configuration_id, 2)]
    assert added.cart[1].metadata == {"gift": True}
    again = await tk.orders.add_items(order.id, [ONE])
    assert lines(again) == [*lines(added), (ONE.configuration_id, 1)]
    replaced = await tk.orders.replace_cart(
        order.id, [{"configurationId": TWO.configuration_id, "count": 9}]
    )
    assert lines(replaced) == [(TWO.configuration_id, 9)]
    assert await tk.orders.get(order.id) == replaced


async def test_what_came_back_can_be_sent_again(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    order = await tk.orders.create(cart=[ONE, TWO], platform=SHOP)
    copy = await tk.orders.create(cart=order.cart, platform=order.platform)
    assert copy.id != order.id
    assert (copy.cart, copy.platform) == (order.cart, SHOP)


async def test_only_what_is_given_changes(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    order = await tk.orders.create(cart=[ONE], name="a", metadata={"x": 1}, platform=SHOP)
    changed = await tk.orders.update(order.id, metadata={"y": 2}, derivative={"k": "v"})
    assert (changed.name, changed.metadata, changed.derivative) == ("a", {"y": 2}, {"k": "v"})
    assert (changed.status, changed.platform, changed.cart) == (
        order.status,
        SHOP,
        order.cart,
    )


async def test_orders_are_found_by_short_id_shop_and_origin(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    first = await tk.orders.create(cart=[ONE], platform=SHOP)
    second = await tk.orders.create(cart=[ONE], platform={"id": "1002", "platform": "shopify"})
    third = await tk.orders.create(cart=[ONE], origin_org_id="another shop")

    async def listed(**filters: Any) -> list[str]:
        return [order.id async for order in tk.orders.list(per_page=1, **filters)]

    assert await listed() == [first.id, second.id, third.id]
    assert await listed(sort="-created_at") == [third.id, second.id, first.id]
    assert await listed(short_id=second.short_id) == [second.id]
    assert await listed(platform={"platform": "shopify"}) == [first.id, second.id]
    assert await listed(platform=Platform(id="1001")) == [first.id]
    assert await listed(origin_org_id="another shop") == [third.id]
    assert await listed(platform={"id": "9"}) == []


async def test_an_order_can_be_read_with_its_saved_configurations(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    saved = await tk.configurations.create("p", variant={"Colour": "red"})
    order = await tk.orders.create(cart=[CartItem(configuration_id=saved.id)])
    (plain,) = (await tk.orders.get(order.id)).cart
    (whole,) = (await tk.orders.get(order.id, full_configuration=True)).cart
    assert plain.extra == {}
    assert whole.extra["configuration"]["variant"] == {"Colour": "red"}


async def test_each_change_of_status_is_delivered_to_a_webhook(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    async with receiving() as receiver:
        await tk.webhooks.create(
            topic="orders", address=receiver.address, filter={"status": ["New", "Complete"]}
        )
        order = await tk.orders.create(cart=[TWO], status="In Cart", platform=SHOP)
        await tk.orders.update(order.id, status="New")
        new = parse_webhook(await receiver.next())
        await tk.orders.update(order.id, name="no news")
        await tk.orders.update(order.id, status="In Progress")
        await tk.orders.update(order.id, status="Complete")
        complete = tk.webhooks.parse(await receiver.next())
    assert new.id == complete.id == order.id
    assert (new.data["status"], complete.data["status"]) == ("New", "Complete")
    assert new.data["cart"][0]["configurationId"] == TWO.configuration_id
    assert (await tk.orders.get(complete.id)).status == "Complete"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cart": [{"configurationId": "", "count": 1}]},
        {"cart": [CartItem(configuration_id="x", count=2**70)]},
        {"cart": [ONE], "status": "Lost"},
        {"cart": [ONE], "platform": {"id": 7}},
    ],
)
async def test_an_order_that_is_not_complete_is_refused_and_not_kept(
    connect: Connect, server: EmulatorThread, wrong: dict[str, Any]
) -> None:
    tk = connect(server)
    with pytest.raises(UnprocessableError, match=r"POST /api/orders was answered 422 order_error"):
        await tk.orders.create(**wrong)
    assert await tk.orders.list().all() == []


async def test_wrong_lines_leave_an_order_as_it_was(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    order = await tk.orders.create(cart=[ONE])
    for call in (tk.orders.add_to_cart, tk.orders.replace_cart, tk.orders.add_items):
        for wrong in NO_LINES:
            with pytest.raises(UnprocessableError, match="was answered 422 order_error"):
                await call(order.id, wrong)
    assert await tk.orders.get(order.id) == order


@pytest.mark.parametrize("name", ["nope", "a/b", "../configurations", "%00", "'--", "ü" * 500])
async def test_an_order_that_was_never_placed_is_not_found_whatever_it_is_called(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    for call in (
        tk.orders.get(name),
        tk.orders.update(name, status="New"),
        tk.orders.add_to_cart(name, [ONE]),
        tk.orders.replace_cart(name, [ONE]),
        tk.orders.add_items(name, [ONE]),
    ):
        with pytest.raises(NotFoundError, match="was answered 404 order_not_found"):
            await call


@pytest.mark.parametrize(
    "metadata", [{"": ""}, {"a\0b": "c\0"}, {"n": 10**15, "l": [[{"x": None}]]}, {"🪑": "ü"}]
)
async def test_odd_metadata_comes_back_as_it_was(
    connect: Connect, server: EmulatorThread, metadata: Any
) -> None:
    tk = connect(server)
    line = CartItem(configuration_id="x", metadata=metadata)
    order = await tk.orders.create(cart=[line], metadata=metadata)
    read = await tk.orders.get(order.id)
    assert read.metadata == read.cart[0].metadata == metadata


async def test_the_service_says_whether_it_is_up(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    assert await tk.orders.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/orders/healthcheck")
    with pytest.raises(ServerError, match="GET /api/orders/healthcheck was answered 503"):
        await tk.orders.healthcheck()
