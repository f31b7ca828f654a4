"""What to do after a refusal, in one sentence: by the vendor's code, the status and the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ("ELSEWHERE", "look_first", "next_step", "once_more")

_BY_CODE: Final[Mapping[str, str]] = {
    "orgid_required": "Pass org_id= to the client, or set THREEKIT_ORG_ID.",
}
_BY_STATUS: Final[Mapping[int, str]] = {
    400: "Check the arguments of the call.",
    401: "Check the token: it is unknown on this host or was revoked, and tokens of one "
    "environment do not work on another.",
    403: "Check that a token is sent and may do this: writes need a private token, and a public "
    "one works from its allowed domains only; the organisation must be the token's.",
    404: "Check the id, the organisation and the host.",
    409: "Read the record again before changing it.",
    429: "Wait, or lower Limits(rate=..., concurrency=...).",
}
ELSEWHERE: Final = (
    "It was another server that refused, to which the API had sent the call on, as it does to a "
    "file storage: such addresses hold for a short time. Try again."
)
_READ = "the names of filters, ids (UUIDs), and page limits (1 to 100 rows)."
# The longest beginning of `VERB /api/...` that fits tells what its body must hold.
_WRITTEN: Final[Mapping[str, str]] = {
    "POST /api/analytics/events": "the event type (one of EventType), the session, and a metric "
    "that is a number.",
    "POST /api/asset-jobs": "ids (UUIDs), the format, and the configurations.",
    "POST /api/asset-jobs/import": "the ids of uploaded files (UUIDs), and the settings.",
    "POST /api/assets": "the names and types of the fields; restoring takes a deleted asset only.",
    "PUT /api/assets": "the names and types of the fields.",
    "POST /api/catalog": "the files, and what is asked to be made of them.",
    "POST /api/configurations": "a product id and a variant are needed.",
    "POST /api/customers": "the names and types of the fields.",
    "POST /api/layers": "ids (UUIDs), the configurations, and the names of the fields.",
    "POST /api/layers/groups": _READ,
    "POST /api/orders": "the cart needs at least one line, each with the id of a saved "
    "configuration (a UUID) and a count of 1 or more; the status is one of OrderStatus.",
    "PUT /api/orders": "the status is one of OrderStatus, a name has at most 255 characters, and "
    "each line of a cart has the id of a saved configuration (a UUID) and a count of 1 or more.",
    "POST /api/products/import": "the JSON must be an array of entries, as an export gives them.",
    "POST /api/products/translations": 'the CSV must begin with the column "Canonical Name".',
    "POST /api/webhooks": "an address, which is a URL, is needed, with a topic and a filter.",
    "PUT /api/webhooks": "the address must be a URL, the filter an object with lists.",
}


def next_step(*, asked: str, status: int, code: str | None) -> str:
    """Say what to do next.

    :param asked: verb and path, as `GET /api/layers`.
    """
    found = _BY_CODE.get(code or "") or _BY_STATUS.get(status)
    if found is not None:
        return found
    if status == 422:
        return f"Check the values that were sent: {_values(asked)}"
    if status >= 500:
        return once_more(asked).replace("Try again.", "Try again later.")
    return "Check the call, the host and any proxy."


def once_more(asked: str) -> str:
    """Say how to go on where it is not known how far a call got: a job must not be started twice.

    :param asked: verb and path, as `GET /api/layers`.
    """
    return look_first(asked) or "Try again."


def look_first(asked: str) -> str:
    """Say what to look for before a write is sent again; "" for what may be sent any time.

    :param asked: verb and path, as `GET /api/layers`.
    """
    if asked.startswith("POST ") and not asked.startswith("POST /api/layers/groups/"):
        return "It may have been carried out: look before you send it again."
    return ""


def _values(asked: str) -> str:
    if asked.startswith("GET "):
        return _READ
    fitting = [beginning for beginning in _WRITTEN if asked.startswith(beginning)]
    return _WRITTEN[max(fitting, key=len)] if fitting else "ids (UUIDs) and the fields' names."
