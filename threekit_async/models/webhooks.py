"""Records of the Webhooks API, and what it delivers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from ..errors import DecodeError
from .base import converter, field, record
from .fields import FieldProblem, described

__all__ = ("Webhook", "WebhookEvent", "WebhookFilter", "parse_webhook")


@record
class WebhookFilter:
    """What a webhook is called for."""

    #: `success` and `failed` for jobs; `List`, `In Cart`, `New`, `In Progress` and `Complete` for
    #: orders.
    status: Sequence[str] = field(factory=list[str])
    #: Types of jobs, it seems; the vocabulary is not documented.
    type: Sequence[str] | None = None
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

    Only `data` was seen by public integrations: the job or order it is about. Everything else is
    in `extra`.
    """

    #: For a finished job: the job with its tasks, runs and files.
    data: Mapping[str, Any] = field(factory=dict[str, Any])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def id(self) -> str | None:
        """The id of the job or order the event is about: read it again before acting on it."""
        found = self.data.get("id", self.data.get("_id"))
        return found if isinstance(found, str) else None


def parse_webhook(body: bytes | str | Mapping[str, Any]) -> WebhookEvent:
    """Read the body of a request that came to a webhook's address.

    No signature, secret or order of delivery is documented: anybody who knows the address can
    send such a request. Take the event as a hint and read the record again, as with
    `jobs.get(event.id)`, before acting on it.

    :param body: the request's bytes or text, or its JSON already parsed.
    :raises DecodeError: when it is no JSON object, or its `data` is none.
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


def _parsed(body: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return dict(body)
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        raise FieldProblem("", f"is not JSON ({len(body)} bytes)") from None
    if not isinstance(parsed, dict):
        raise FieldProblem("", f"is {described(parsed)}, not an object")
    return cast("dict[str, Any]", parsed)
