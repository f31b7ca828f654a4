"""The customers service against the emulator, in both worlds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import (
    UNSET,
    AuthenticationError,
    ForbiddenError,
    NotFoundError,
    Platform,
    PublicToken,
    ServerError,
    UnprocessableError,
    UsageError,
    evolve,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID, NEIGHBOUR_PRIVATE_TOKEN

Call = Callable[..., Any]

NOBODY = "11111111-1111-4111-8111-111111111111"
ADA = {
    "name": "Ada Example",
    "position": "Buyer",
    "company": "Bauer & Söhne",
    "email": "ada@example.com",
    "phone": "+49 30 1234",
    "address": "Am Markt 1",
    "city": "Anytown",
    "country": "DE",
    "ip": "192.0.2.7",
    "metadata": {"tier": 2, "since": {"year": 2019}},
    "platform": Platform(
        id="77", platform="shopify", store_name="demo-store", extra={"locale": "de"}
    ),
}


async def test_a_customer_is_added_with_all_that_is_given_and_can_be_read(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    made = await tk.customers.create(**ADA)
    assert {name: getattr(made, name) for name in ADA} == ADA
    assert made.org_id == server.org_id
    assert await tk.customers.get(made.id) == made
    assert await tk.customers.list() == [made]


async def test_a_customer_needs_no_field_at_all(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    made = await tk.customers.create()
    assert (made.name, made.email, made.metadata) == (None, None, {})
    assert await tk.customers.list() == [made]


async def test_customers_are_found_by_their_platform(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    ada = await tk.customers.create(name="Ada", platform={"id": "77", "platform": "shopify"})
    ben = await tk.customers.create(name="Ben", platform={"id": "78", "platform": "shopify"})
    assert await tk.customers.list(platform={"id": "77"}) == [ada]
    assert await tk.customers.list(platform=Platform(platform="shopify")) == [ada, ben]
    assert await tk.customers.list(platform={"id": "77", "platform": "magento"}) == []
    assert await tk.customers.list(platform={"id": 77}) == []


async def test_an_update_sends_only_what_is_given_and_empties_what_is_none(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    made = await tk.customers.create(**ADA)
    moved = await tk.customers.update(made.id, city="Bonn", name=UNSET)
    assert moved == evolve(made, city="Bonn")
    emptied = await tk.customers.update(made.id, phone=None, metadata=None, platform=None)
    assert emptied == evolve(moved, phone=None, metadata={}, platform=Platform())
    assert await tk.customers.get(made.id) == emptied


@pytest.mark.parametrize("name", list(ADA))
async def test_each_field_is_changed_alone(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    made = await tk.customers.create()
    changed = await tk.customers.update(made.id, **{name: ADA[name]})
    assert changed == evolve(made, **{name: ADA[name]})


WRITINGS: list[Call] = [
    lambda tk, customer_id: tk.customers.update(customer_id, name="New"),
    lambda tk, _: tk.customers.create(name="New"),
]
READINGS: list[Call] = [
    lambda tk, customer_id: tk.customers.get(customer_id),
    lambda tk, _: tk.customers.list(platform={"id": "77"}),
]


async def test_a_public_token_reads_and_does_not_write(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, public = connect(server), connect(server, token=PublicToken(server.public_token))
    ada = await tk.customers.create(**ADA)
    for call in READINGS:
        assert await call(public, ada.id) == await call(tk, ada.id)
    for call in WRITINGS:
        with pytest.raises(ForbiddenError, match="writes need a private token"):
            await call(public, ada.id)
    assert await tk.customers.list() == [ada]


async def test_nobody_else_sees_or_changes_a_customer(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    ada = await tk.customers.create(**ADA)
    neighbour = connect(server, token=NEIGHBOUR_PRIVATE_TOKEN, org_id=NEIGHBOUR_ORG_ID)
    assert await neighbour.customers.list() == []
    for call in (READINGS[0], WRITINGS[0]):
        with pytest.raises(NotFoundError, match="Customer not found"):
            await call(neighbour, ada.id)
    assert await tk.customers.list() == [ada]


async def test_the_token_and_the_organisation_must_fit(
    connect: Connect, server: EmulatorThread
) -> None:
    for call in (*READINGS, *WRITINGS):
        with pytest.raises(AuthenticationError, match="unknown on this host"):
            await call(connect(server, token="no-such-token"), NOBODY)
        with pytest.raises(ForbiddenError, match="organisation must be the token's"):
            await call(connect(server, org_id=NOBODY), NOBODY)
    ada = await connect(server, org_id=None).customers.create(name="Ada")
    assert ada.org_id == server.org_id


@pytest.mark.parametrize("call", [READINGS[0], WRITINGS[0]])
async def test_unknown_and_impossible_ids_are_told_apart(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    tk = connect(server)
    for odd in (NOBODY, "a/b?c=d", "Größe", "x\0y", "%2e%2e"):
        with pytest.raises(NotFoundError, match="Check the id") as missing:
            await call(tk, odd)
        assert missing.value.code == "customer_not_found"
    server.clear_journal()
    impossible: list[Any] = ["", "..", None, 7]
    for odd in impossible:
        with pytest.raises(UsageError, match="nothing was sent"):
            await call(tk, odd)
    assert server.journal() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 7},
        {"email": ["ada@example.com"]},
        {"metadata": "tier 2"},
        {"platform": "shopify"},
        {"platform": {"id": 77}},
        {"metadata": {"tier": 10**400}},
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    connect: Connect, server: EmulatorThread, changes: dict[str, Any]
) -> None:
    tk = connect(server)
    ada = await tk.customers.create(**ADA)
    for call in (partial(tk.customers.update, ada.id), tk.customers.create):
        with pytest.raises(UnprocessableError, match="Check the values that were sent"):
            await call(**changes)
    assert await tk.customers.list() == [ada]


async def test_odd_texts_are_kept_as_they_are(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    for name in ("", "Größe 🪑", "'; DROP TABLE customers; --", "a\0b", "\u202eadA", "x" * 100_000):
        made = await tk.customers.create(name=name, metadata={"": {name[:9]: [None, 1.5, True]}})
        read = await tk.customers.get(made.id)
        assert (read.name, read.metadata) == (name, {"": {name[:9]: [None, 1.5, True]}})


async def test_a_creation_is_not_repeated_by_itself_and_an_update_is(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    ada = await tk.customers.create(**ADA)
    server.clear_journal()
    server.faults.add(effect="status", status=503, times=1)
    with pytest.raises(ServerError):
        await tk.customers.create(name="Ben")
    server.faults.add(effect="status", status=503, times=1)
    assert (await tk.customers.update(ada.id, name="Ben")).name == "Ben"
    statuses = [(entry.method, entry.status) for entry in server.journal()]
    assert statuses == [("POST", 503), ("PUT", 503), ("PUT", 200)]
