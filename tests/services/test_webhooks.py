"""The webhooks service against the emulator, in both worlds: register, and be told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from tests.conftest import Connect
from threekit_async import (
    UNSET,
    AuthenticationError,
    DecodeError,
    ForbiddenError,
    NotFoundError,
    Product,
    ProductEntry,
    PublicToken,
    ServerError,
    UnprocessableError,
    UsageError,
    WebhookFilter,
    evolve,
    parse_webhook,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.engine.failures import FailureRule
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID, NEIGHBOUR_PRIVATE_TOKEN

Call = Callable[..., Any]

NOBODY = "11111111-1111-4111-8111-111111111111"
ADDRESS = "https://shop.example/hook?shop=1"
CHAIR = [ProductEntry(product=Product(name="Oak chair"))]


class Receiver:
    """A shop's address: keeps the bodies that are posted to it."""

    def __init__(self) -> None:
        self._bodies: asyncio.Queue[bytes] = asyncio.Queue()
        self.address = ""

    async def take(self, request: web.BaseRequest) -> web.Response:
        self._bodies.put_nowait(await request.read())
        return web.Response()

    async def next(self) -> bytes:
        return await asyncio.wait_for(self._bodies.get(), timeout=20)

    @property
    def waiting(self) -> int:
        return self._bodies.qsize()


@pytest.fixture
async def shop() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    async with RawTestServer(receiver.take) as listening:
        receiver.address = str(listening.make_url("/hook"))
        yield receiver


async def test_a_webhook_lives_from_its_creation_to_its_return(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    made = await tk.webhooks.create(
        topic="orders",
        address=ADDRESS,
        filter=WebhookFilter(status=["success"], type=["import"], extra={"newer": True}),
    )
    assert (made.topic, made.address, made.org_id) == ("orders", ADDRESS, server.org_id)
    assert made.filter == WebhookFilter(status=["success"], type=["import"], extra={"newer": True})
    assert await tk.webhooks.get(made.id) == made
    assert await tk.webhooks.list() == [made]

    changed = await tk.webhooks.update(made.id, address="https://shop.example/new")
    assert evolve(changed, address=ADDRESS, updated_at=None) == made
    assert changed.updated_at > made.created_at

    gone = await tk.webhooks.delete(made.id)
    assert evolve(gone, deleted_at=None) == changed
    assert gone.deleted_at > changed.updated_at
    assert await tk.webhooks.list() == []
    assert await tk.webhooks.delete(made.id) == gone

    assert await tk.webhooks.restore(made.id) == changed
    assert await tk.webhooks.list() == [changed]


async def test_an_update_sends_only_what_is_given_and_replaces_a_filter_whole(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    given = {"status": ["success", "failed"], "type": ["import"]}
    made = await tk.webhooks.create(topic="orders", address=ADDRESS, filter=given)
    renamed = await tk.webhooks.update(made.id, topic="jobs", filter=UNSET)
    assert (renamed.topic, renamed.address, renamed.filter) == ("jobs", ADDRESS, made.filter)
    narrowed = await tk.webhooks.update(made.id, filter={"status": ["failed"]})
    assert (narrowed.topic, narrowed.filter) == ("jobs", WebhookFilter(status=["failed"]))


async def test_webhooks_are_found_by_topic_and_address(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    first = await tk.webhooks.create(topic="orders", address=ADDRESS)
    second = await tk.webhooks.create(topic="jobs", address="http://127.0.0.1:8080/b?c=d&e=+")
    assert await tk.webhooks.list() == [first, second]
    assert await tk.webhooks.list(topic="jobs") == [second]
    assert await tk.webhooks.list(address=ADDRESS) == [first]
    assert await tk.webhooks.list(address="http://127.0.0.1:8080/b?c=d&e=+") == [second]
    assert await tk.webhooks.list(topic="jobs", address=ADDRESS) == []
    assert await tk.webhooks.list(topic="job") == []


@pytest.mark.threekit(job_seconds=0)
async def test_what_is_delivered_is_read_and_leads_to_the_job(
    connect: Connect, server: EmulatorThread, shop: Receiver
) -> None:
    tk = connect(server)
    await tk.webhooks.create(topic="imports", address=shop.address, filter={"status": ["success"]})
    await tk.products.import_and_wait(CHAIR, interval=0.01)
    body = await shop.next()
    event = tk.webhooks.parse(body)
    assert event == parse_webhook(body) == parse_webhook(json.loads(body))
    job = await tk.jobs.get(event.id)
    assert job.stopped
    assert event.data["status"] == "stopped"
    assert event.topic == "imports"


@pytest.mark.threekit(job_seconds=0)
async def test_a_filter_lets_through_what_it_names_only(
    connect: Connect, server: EmulatorThread, shop: Receiver
) -> None:
    tk = connect(server)
    for status, type_ in (("failed", None), ("success", ["render"])):
        await tk.webhooks.create(
            topic=f"{status} {type_}",
            address=shop.address,
            filter=WebhookFilter(status=[status], type=type_),
        )
    await tk.products.import_and_wait(CHAIR, interval=0.01)  # passes neither
    server.call(lambda emulator: emulator.state.engine.failures.add(FailureRule()))
    started = await tk.products.import_(CHAIR, sync=False)
    event = tk.webhooks.parse(await shop.next())
    assert (event.id, event.topic) == (started.job_id, "failed None")
    assert shop.waiting == 0


@pytest.mark.threekit(job_seconds=0)
async def test_a_deleted_webhook_is_not_called_until_it_is_restored(
    connect: Connect, server: EmulatorThread, shop: Receiver
) -> None:
    tk = connect(server)
    hook = await tk.webhooks.create(topic="imports", address=shop.address)
    await tk.webhooks.delete(hook.id)
    await tk.products.import_and_wait(CHAIR, interval=0.01)
    await tk.webhooks.restore(hook.id)
    started = await tk.products.import_(CHAIR, sync=False)
    assert tk.webhooks.parse(await shop.next()).id == started.job_id
    assert shop.waiting == 0


async def test_an_order_is_delivered_as_it_is(
    connect: Connect, server: EmulatorThread, shop: Receiver
) -> None:
    tk = connect(server)
    await tk.webhooks.create(topic="orders", address=shop.address, filter={"status": ["New"]})
    saved = await tk.configurations.create(
        product_id="item-1", product_version="v1", variant={"Size": "L"}
    )
    cart = [{"configurationId": saved.id, "count": 2}]
    order = await tk.orders.create(cart=cart, status="New", name="Spring")
    event = tk.webhooks.parse(await shop.next())
    assert event.id == order.id
    assert await tk.orders.get(event.id) == order


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", r"is not JSON \(0 bytes\)"),
        (b"data=1", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, r"is not JSON \(100000 bytes\)"),
        ("null", "is null"),
        (b"[]", "is an array"),
        (b'"data"', "is a string"),
        (b'{"data": []}', "data is an array"),
        ({"data": "job-1"}, "data is a string"),
    ],
)
async def test_a_request_that_is_no_event_is_to_be_ignored(
    connect: Connect, server: EmulatorThread, body: Any, says: str
) -> None:
    parse = connect(server).webhooks.parse
    for read in (parse, parse_webhook):
        with pytest.raises(DecodeError, match=rf"{says}.*Ignore the request"):
            read(body)
    assert server.journal() == []


@pytest.mark.parametrize("body", [b"{}", b'{"data": null}', {"data": {"id": 7}}])
async def test_an_event_without_an_id_leads_nowhere(
    connect: Connect, server: EmulatorThread, body: Any
) -> None:
    assert connect(server).webhooks.parse(body).id is None


WRITINGS: list[Call] = [
    lambda tk, hook_id: tk.webhooks.update(hook_id, topic="new"),
    lambda tk, hook_id: tk.webhooks.delete(hook_id),
    lambda tk, hook_id: tk.webhooks.restore(hook_id),
]
CALLS_OF_ONE: list[Call] = [lambda tk, hook_id: tk.webhooks.get(hook_id), *WRITINGS]
CREATE: Call = lambda tk, _=None: tk.webhooks.create(topic="t", address=ADDRESS)  # noqa: E731
LIST: Call = lambda tk, _=None: tk.webhooks.list()  # noqa: E731


async def test_a_public_token_reads_and_does_not_write(
    connect: Connect, server: EmulatorThread
) -> None:
    tk, public = connect(server), connect(server, token=PublicToken(server.public_token))
    hook = await CREATE(tk)
    for call in (*WRITINGS, CREATE):
        with pytest.raises(ForbiddenError, match="writes need a private token"):
            await call(public, hook.id)
    assert await public.webhooks.list() == [hook] == [await public.webhooks.get(hook.id)]


async def test_nobody_else_sees_or_changes_a_webhook(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    hook = await CREATE(tk)
    neighbour = connect(server, token=NEIGHBOUR_PRIVATE_TOKEN, org_id=NEIGHBOUR_ORG_ID)
    assert await neighbour.webhooks.list() == []
    for call in CALLS_OF_ONE:
        with pytest.raises(NotFoundError, match="Webhook not found"):
            await call(neighbour, hook.id)
    assert await tk.webhooks.list() == [hook]


async def test_the_token_and_the_organisation_must_fit(
    connect: Connect, server: EmulatorThread
) -> None:
    for call in (*CALLS_OF_ONE, CREATE, LIST):
        with pytest.raises(AuthenticationError, match="unknown on this host"):
            await call(connect(server, token="no-such-token"), NOBODY)
        with pytest.raises(ForbiddenError, match="organisation must be the token's"):
            await call(connect(server, org_id=NOBODY), NOBODY)
    hook = await CREATE(connect(server, org_id=None))
    assert hook.org_id == server.org_id


@pytest.mark.parametrize("call", CALLS_OF_ONE)
async def test_unknown_and_impossible_ids_are_told_apart(
    connect: Connect, server: EmulatorThread, call: Call
) -> None:
    tk = connect(server)
    for odd in (NOBODY, "a/b?c=d", "Größe", "x\0y", "%2e%2e"):
        with pytest.raises(NotFoundError, match="Check the id") as missing:
            await call(tk, odd)
        assert missing.value.code == "webhook_not_found"
    server.clear_journal()
    impossible: list[Any] = ["", "..", None, 7]
    for odd in impossible:
        with pytest.raises(UsageError, match="nothing was sent"):
            await call(tk, odd)
    assert server.journal() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"address": ""},
        {"address": "shop.example/hook"},
        {"address": "ftp://shop.example"},
        {"address": "javascript:alert(1)"},
        {"address": "http://shop.example/a b"},
        {"address": "http://shop.example/\n"},
        {"topic": 7},
        {"filter": ["success"]},
        {"filter": {"status": [None]}},
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    connect: Connect, server: EmulatorThread, changes: dict[str, Any]
) -> None:
    tk = connect(server)
    hook = await CREATE(tk)
    create = partial(tk.webhooks.create, topic="t", address=ADDRESS)
    for call in (partial(tk.webhooks.update, hook.id), create):
        with pytest.raises(UnprocessableError, match="Check the values that were sent") as refused:
            await call(**changes)
        assert refused.value.code == "webhook_error"
    assert await tk.webhooks.list() == [hook]


async def test_any_topic_is_kept_and_found_as_it_is(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    for topic in ("Größe 🪑", "'; DROP TABLE webhooks; --", "a\0b", "%", "+&=?#"):
        hook = await tk.webhooks.create(topic=topic, address=ADDRESS)
        assert hook.topic == topic
        assert await tk.webhooks.list(topic=topic) == [hook]


async def test_only_what_may_be_done_twice_is_repeated(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    hook = await CREATE(tk)
    for call, statuses in (
        (WRITINGS[0], [503, 200]),
        (WRITINGS[1], [503, 200]),
        (WRITINGS[2], [503]),
        (CREATE, [503]),
    ):
        server.clear_journal()
        server.faults.add(effect="status", status=503, times=1)
        if statuses == [503]:
            with pytest.raises(ServerError):
                await call(tk, hook.id)
        else:
            await call(tk, hook.id)
        assert [entry.status for entry in server.journal()] == statuses


async def test_the_healthcheck_returns_when_all_is_well_and_raises_otherwise(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    assert await tk.webhooks.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/webhooks/healthcheck")
    with pytest.raises(ServerError):
        await tk.webhooks.healthcheck()
