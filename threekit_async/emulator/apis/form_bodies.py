"""Multipart forms that stand in for a JSON body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from threekit_async.emulator.web.query import read_json

if TYPE_CHECKING:
    from collections.abc import Collection

    from threekit_async.emulator.web.asking import Ask
    from threekit_async.emulator.web.forms import FormData


def body_of(ask: Ask, form: FormData, *, objects: Collection[str]) -> dict[str, Any]:
    """Return a form's text fields as the route's JSON body would have them, or refuse.

    :param objects: fields whose text is JSON.
    """
    try:
        body = {
            name: read_json(text) if name in objects else text for name, text in form.fields.items()
        }
    except ValueError:
        raise ask.route.refusal.error() from None
    if not ask.route.checks_body(body):
        raise ask.route.refusal.error()
    return body
