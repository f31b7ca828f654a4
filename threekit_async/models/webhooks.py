"""Records of the Webhooks API, and what it delivers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast, get_args

from ..errors import DecodeError, UsageError
from .base import converter, field, record
from .fields import FieldProblem, described
from .jobs import Job
from .orders import Order, OrderStatus
from .values import read_names

__all__ = ("Webhook", "WebhookEvent", "WebhookFilter", "parse_webhook")

T = TypeVar("T")

# What only one of the two kinds has; an event does not say which kind its `data` is of.
_OF_ORDERS = frozenset({"cart", "shortId", "originOrgId", "platform", "derivative"})
_OF_JOBS = frozenset(
    {"tasks", "taskCount", "taskResultFailures", "taskResultSuccesses", "schedulerState"}
)
_JOB_STATUSES = ("pending", "running", "stopped")


def _text_or_nothing(raw: Any) -> str | None:
    return raw if isinstance(raw, str) else None


@record
class WebhookFilter:
    """What a webhook is called for."""

    #: `success` and `failed` for jobs; `List`, `In Cart`, `New`, `In Progress` and `Complete` for
    #: orders.
    status: Sequence[str] = field(factory=list[str], metadata={"read": read_names})
    #: Types of jobs, it seems; the vocabulary is not documented.
    type: Sequence[str] | None = field(default=None, metadata={"read": read_names})
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Webhook:
    """An address the platform calls when something happens. Source: the vendor's help centre."""

    id: str
    org_id: str | None = None
    #: What is listened to; the vocabulary is in no readable source.
    topic: str | None = None
    address: str | None = None
    filter: WebhookFilter | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class WebhookEvent:
    """What the platform posts to a webhook's address.

    Only `data` was seen by public integrations: the job or order it is about, which `job` and
    `order` read. Everything else is in `extra`.
    """

    #: What the webhook listens to; that events repeat it is our assumption.
    topic: str | None = field(default=None, metadata={"read": _text_or_nothing})
    #: As it came. For a finished job: the job with its tasks, runs and files.
    data: Mapping[str, Any] = field(factory=dict[str, Any])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def id(self) -> str | None:
        """The id of the job or order the event is about: read it again before acting on it."""
        found = self.data.get("id", self.data.get("_id"))
        return found if isinstance(found, str) else None

    @property
    def job(self) -> Job | None:
        """The job the event is about; None for another kind, or one that cannot be read.

        It is what was sent, by whomever: read it again, with `jobs.get(event.job.id)`.
        """
        is_one = self.data.get("status") in _JOB_STATUSES or not _OF_JOBS.isdisjoint(self.data)
        return _read(self.data, Job) if is_one and self.order is None else None

    @property
    def order(self) -> Order | None:
        """The order the event is about; None for another kind, or one that cannot be read.

        It is what was sent, by whomever: read it again, with `orders.get(event.order.id)`.
        """
        statuses = get_args(OrderStatus)
        is_one = self.data.get("status") in statuses or not _OF_ORDERS.isdisjoint(self.data)
        return _read(self.data, Order) if is_one else None


def _read(data: Mapping[str, Any], kind: type[T]) -> T | None:
    try:
        return converter().structure(dict(data), kind)
    except FieldProblem:
        return None


def parse_webhook(body: bytes | bytearray | str | Mapping[str, Any]) -> WebhookEvent:
    """Read the body of a request that came to a webhook's address.

    No signature, secret or order of delivery is documented: anybody who knows the address can
    send such a request. Take the event as a hint and read the record again, as with
    `jobs.get(event.id)`, before acting on it.

    :param body: the request's bytes or text, or its JSON already parsed.
    :raises DecodeError: when it is no JSON object, or its `data` is none.
    :raises UsageError: when it is no body at all, such as None.
    """
    try:
        return converter().structure(_parsed(body), WebhookEvent)
    except FieldProblem as problem:
        path = problem.path.lstrip(".")
        raise DecodeError(
            f"The body of the webhook request cannot be read: {path or 'it'} {problem.reason}. "
            "Ignore the request: it may not be the platform's.",
            path=path,
        ) from None


def _parsed(body: bytes | bytearray | str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return dict(body)
    if not isinstance(body, (bytes, bytearray, str)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _no_text(body)
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        raise FieldProblem("", f"is not JSON ({len(body)} bytes)") from None
    if not isinstance(parsed, dict):
        raise FieldProblem("", f"is {described(parsed)}, not an object")
    return cast("dict[str, Any]", parsed)


def _no_text(body: object) -> Exception:
    # What a server's own JSON parser makes of a stranger's body is the stranger's mistake.
    if isinstance(body, (list, bool, int, float)):
        return FieldProblem("", f"is {described(body)}, not an object")
    return UsageError(
        "Pass the body of the request as bytes, text or a parsed JSON object, not "
        f"{type(body).__name__}."
    )
