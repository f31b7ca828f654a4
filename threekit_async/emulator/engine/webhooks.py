"""Tell the addresses of webhooks what happened, and try again when they do not listen."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import aiohttp
from attrs import asdict, define, field

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import WEBHOOKS
from threekit_async.emulator.loopback import is_loopback_url

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

NOT_CALLED = (
    "The address is not on this machine: the emulator calls loopback addresses only, "
    "unless its setting webhooks_anywhere says otherwise."
)
LONGEST = 1000


@define(kw_only=True)
class Delivery:
    """One event for one webhook.

    :param outcome: ``pending``, ``delivered``, ``failed`` or ``not called``.
    :param statuses: HTTP status of each attempt; 0 when there was no answer.
    :param message: why it failed or was not called.
    """

    webhook_id: str
    address: str
    topic: str
    event: str
    record_id: str
    outcome: str = "pending"
    statuses: list[int] = field(factory=list[int])
    message: str | None = None


class Webhooks:
    """Deliver events by HTTP POST, each for itself and without order.

    The body is ``{"topic": ..., "data": record}``; ``data`` is what receivers read (seen in
    public integrations), the topic beside it is an assumption. Topics are names of the
    customer's choice here: an event goes to every webhook whose filter lets it pass. Nothing is
    signed. A delivery has arrived when the receiver answers 2xx; redirects are not followed.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._deliveries: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def job_ended(self, job: Record) -> None:
        """Tell that a job has ended: status ``success`` or ``failed``, type the job's.

        The job is sent with its tasks and runs inside.
        """
        status = "failed" if job["taskResultFailures"] else "success"
        if hooks := self._hooks(job["orgId"], status=status, type=job["type"]):
            whole = self._state.engine.books.whole(job)
            for hook in hooks:
                self._send(hook, f"{job['type']} {status}", whole)

    def order_changed(self, order: Record) -> None:
        """Tell that an order was created or has changed its status: status the order's."""
        for hook in self._hooks(order["orgId"], status=order["status"], type="order"):
            self._send(hook, f"order {order['status']}", order)

    def _hooks(self, org_id: str, *, status: str, type: str) -> list[Record]:  # noqa: A002
        """Return the live webhooks of the organisation whose filter lets an event pass."""
        live = Filters()
        live.equals("orgId", org_id)
        live.equals("deletedAt", None)
        hooks = self._state.store.records(WEBHOOKS, live)
        return [hook for hook in hooks if passes(hook.get("filter"), status=status, type=type)]

    def _send(self, hook: Record, event: str, record: Record) -> None:
        delivery = Delivery(
            webhook_id=hook["id"],
            address=hook["address"],
            topic=hook.get("topic") or "",
            event=event,
            record_id=record["id"],
        )
        self._deliveries = [*self._deliveries[-LONGEST + 1 :], delivery]
        if not self._state.settings.webhooks_anywhere and not is_loopback_url(delivery.address):
            delivery.outcome, delivery.message = "not called", NOT_CALLED
            return
        body = json.dumps({"topic": hook.get("topic"), "data": record}).encode()
        task = asyncio.get_running_loop().create_task(self._deliver(delivery, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery, body: bytes) -> None:
        for wait in (0.0, *self._state.settings.webhook_waits):
            await asyncio.sleep(wait)
            status, delivery.message = await self._post(delivery.address, body)
            delivery.statuses.append(status)
            if 200 <= status < 300:
                delivery.outcome = "delivered"
                return
        delivery.outcome = "failed"

    async def _post(self, address: str, body: bytes) -> tuple[int, str | None]:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._state.settings.webhook_timeout)
            self._session = aiohttp.ClientSession(timeout=timeout)
        headers = {"Content-Type": "application/json"}
        try:
            async with self._session.post(
                address, data=body, headers=headers, allow_redirects=False
            ) as answer:
                arrived = 200 <= answer.status < 300
                return answer.status, None if arrived else f"It answered {answer.status}."
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return 0, f"No answer ({type(error).__name__}: {error})."

    def deliveries(self) -> list[dict[str, object]]:
        """Return the latest 1,000 deliveries, oldest first."""
        return [as_wire(delivery) for delivery in self._deliveries]

    def forget(self) -> None:
        """Drop all deliveries, those under way included."""
        for task in self._tasks:
            task.cancel()
        self._deliveries = []

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        self._session = None


def passes(wanted: Record | None, *, status: str, type: str) -> bool:  # noqa: A002
    """Tell whether a webhook's filter lets an event pass; what it leaves out allows everything."""
    statuses, types = (wanted or {}).get("status"), (wanted or {}).get("type")
    return (not statuses or status in statuses) and (not types or type in types)


def as_wire(delivery: Delivery) -> dict[str, object]:
    """Return a delivery in the form the control surface answers."""
    values = asdict(delivery)
    values["webhookId"] = values.pop("webhook_id")
    values["recordId"] = values.pop("record_id")
    return values
