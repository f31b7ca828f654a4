"""``/api/configurations``: saved states of configurators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from threekit_async.emulator.apis.assets import items_with_sku
from threekit_async.emulator.apis.attachments import Assigned, assign
from threekit_async.emulator.apis.form_bodies import body_of
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.short_names import find_by_name
from threekit_async.emulator.data.tables import CONFIGURATIONS, FILES
from threekit_async.emulator.records.configurations import TEXTS, new_configuration
from threekit_async.emulator.records.short_ids import ShortId
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.content import send_content
from threekit_async.emulator.web.contract import BAD_QUERY, Body, Content, Form, Refusal, Route
from threekit_async.emulator.web.envelopes import answer_page
from threekit_async.emulator.web.forms import add_files, read_form
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.query import PAGING
from threekit_async.emulator.web.schemas import NonEmpty, sorted_by
from threekit_async.models.configurations import SavedConfiguration

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask
    from threekit_async.emulator.web.forms import FormFile

HELP = "the vendor's reference and help centre, Configurations API"
CLIENT = "the vendor's own client"
# The codes are assumptions.
UNKNOWN = Refusal(status=404, code="configuration_not_found", message="Configuration not found")
NO_FILE = Refusal(status=404, code="file_not_found", message="Configuration has no such file")
TAKEN = Refusal(status=409, code="short_id_taken", message="A configuration has this short id")
BAD_CONFIGURATION = Refusal(
    status=422, code="configuration_error", message="One or more fields are missing or invalid"
)

EXACT = ("productId", "productVersion", "shortId")
OBJECTS = ("variant", "metadata", "attachments")
SORTABLE = ("createdAt", "updatedAt", "productId", "productVersion", "shortId")
ORG = {"orgId": str}
CHANGES: Mapping[str, Any] = {
    "productVersion": NonEmpty,
    "variant": Mapping,
    "metadata": Mapping,
    "customerId": str,
}
FIELDS: Mapping[str, Any] = {
    "productId": NonEmpty,
    "productVersion": NonEmpty,
    "orgId": str,
    **dict.fromkeys(OBJECTS, Mapping),
    **dict.fromkeys(TEXTS, str),
    "shortId": ShortId,
}
REQUIRED = ("productId", "productVersion")


def routes() -> list[Route]:
    """List the routes."""
    return [
        healthcheck("configurations", source=CLIENT),
        Route(
            verb="POST",
            path="/api/configurations",
            handler=create_configuration,
            confidence="documented",
            source=HELP,
            query=ORG,
            body=Body(fields=FIELDS, required=REQUIRED),
            form=Form(files=("files",), fields=FIELDS, required=REQUIRED),
            refusal=BAD_CONFIGURATION,
            refusals=(TAKEN,),
            returns=SavedConfiguration,
        ),
        Route(
            verb="GET",
            path="/api/configurations",
            handler=list_configurations,
            confidence="seen in client",
            source=CLIENT,
            query={
                **ORG,
                **dict.fromkeys((*EXACT, "sku"), str),
                "metadata": Mapping,
                "fullConfiguration": bool,
                **PAGING,
                "sort": sorted_by(*SORTABLE),
            },
            refusal=BAD_QUERY,
            returns={
                "page": int,
                "perPage": int,
                "count": int,
                "sort": str,
                "configurations": list[SavedConfiguration],
            },
        ),
        *_readings(),
        *_changes(),
    ]


def _readings() -> list[Route]:
    root = "/api/configurations/{id}"
    return [
        Route(
            verb="GET",
            path=root,
            handler=get_configuration,
            confidence="seen in client",
            source=CLIENT,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=SavedConfiguration,
        ),
        Route(
            verb="GET",
            path=f"{root}/files/{{key}}",
            handler=attachment,
            confidence="seen in client",
            source=CLIENT,
            access="none",
            query=ORG,
            refusals=(UNKNOWN, NO_FILE),
            returns=Content,
        ),
        Route(
            verb="GET",
            path=f"{root}/thumbnail",
            handler=thumbnail,
            confidence="seen in client",
            source=CLIENT,
            query=ORG,
            refusals=(UNKNOWN, NO_FILE),
            returns=Content,
        ),
    ]


def _changes() -> list[Route]:
    given: dict[str, Any] = {
        "path": "/api/configurations/{id}",
        "confidence": "inferred",
        "source": "by analogy; no source describes it",
        "access": "private",
        "query": ORG,
        "refusals": (UNKNOWN,),
    }
    return [
        Route(
            verb="PUT",
            handler=update_configuration,
            body=Body(fields=CHANGES),
            refusal=BAD_CONFIGURATION,
            returns=SavedConfiguration,
            **given,
        ),
        Route(verb="DELETE", handler=delete_configuration, returns={"message": str}, **given),
    ]


async def create_configuration(ask: Ask) -> web.Response:
    """Save a configuration from JSON or, with files, from a form; answer its record.

    Neither the product nor the customer must exist here. In JSON, where no files are,
    ``attachments`` is ignored (assumption).
    """
    body, files = (ask.body, []) if ask.body is not None else await _from_form(ask)
    if body.get("orgId") not in (None, "", ask.org_id):
        raise forbidden()
    try:
        assigned = assign(files, (ask.body is None and body.get("attachments")) or {})
    except ValueError:
        raise BAD_CONFIGURATION.error() from None
    configuration = new_configuration(ask.state, body, org_id=ask.org_id)
    if find_by_name(ask.store, CONFIGURATIONS, "", configuration["shortId"]) is not None:
        raise TAKEN.error()
    with ask.store.together():
        configuration |= _kept(ask, assigned)
        ask.store.add(CONFIGURATIONS, configuration)
    return json_answer(configuration)


async def _from_form(ask: Ask) -> tuple[dict[str, Any], list[FormFile]]:
    form = await read_form(ask)
    return body_of(ask, form, objects=OBJECTS), form.files


def _kept(ask: Ask, assigned: Assigned) -> Record:
    """Add the files; attachments are kept by the id of their file, the thumbnail by its hash."""
    attachments = {
        key: add_files(ask, [file])[0]["id"] for key, file in assigned.attachments.items()
    }
    if assigned.thumbnail is None:
        return {"attachments": attachments}
    file = add_files(ask, [assigned.thumbnail])[0]
    return {"attachments": attachments, "thumbnail": file["hash"]}


async def list_configurations(ask: Ask) -> web.Response:
    """Answer one page of saved configurations, always whole.

    ``metadata`` matches by the given keys, ``sku`` by the ``SKU`` of the product's own metadata
    (assumptions).
    """
    filters = Filters()
    filters.equals("orgId", ask.org_id)
    filters.equals("deletedAt", None)
    for name, value in ask.given(*EXACT).items():
        filters.equals(name, value)
    if "sku" in ask.query:
        filters.among("productId", items_with_sku(ask.store, ask.org_id, ask.query["sku"]))
    filters.has_entries("metadata", ask.query.get("metadata") or {})
    return answer_page(ask, CONFIGURATIONS, filters, key="configurations", sortable=SORTABLE)


async def get_configuration(ask: Ask) -> web.Response:
    """Answer one saved configuration by its id or short id."""
    return json_answer(find_configuration(ask))


async def update_configuration(ask: Ask) -> web.Response:
    """Replace each field that is given; null empties it (all of it is an assumption)."""
    given = {name: ask.body[name] for name in CHANGES if name in ask.body}
    given |= {name: given[name] or {} for name in ("variant", "metadata") if name in given}
    changed = {**find_configuration(ask), **given, "updatedAt": ask.state.clock.now()}
    ask.store.replace(CONFIGURATIONS, changed)
    return json_answer(changed)


async def delete_configuration(ask: Ask) -> web.Response:
    """Delete a saved configuration; then it is neither listed nor found (an assumption)."""
    gone = {**find_configuration(ask), "deletedAt": ask.state.clock.now()}
    ask.store.replace(CONFIGURATIONS, gone)
    return json_answer({"message": "ok"})


async def attachment(ask: Ask) -> web.StreamResponse:
    """Answer the bytes of an attachment; pages show them without a token."""
    file_id = find_configuration(ask)["attachments"].get(ask.part("key"))
    return await _send(ask, ask.store.get(FILES, file_id) if file_id else None)


async def thumbnail(ask: Ask) -> web.StreamResponse:
    """Answer the picture that was saved; 404 when there is none (assumption)."""
    filters = Filters()
    filters.equals("hash", find_configuration(ask)["thumbnail"] or "")
    return await _send(ask, ask.store.first(FILES, filters))


def find_configuration(ask: Ask) -> Record:
    """Return the live configuration the path names, or refuse with 404."""
    found = find_by_name(ask.store, CONFIGURATIONS, ask.org_id, ask.part("id"))
    if found is None or found["deletedAt"] is not None:
        raise UNKNOWN.error()
    return found


async def _send(ask: Ask, file: Record | None) -> web.StreamResponse:
    path = ask.state.blobs.path(file["hash"]) if file else None
    if file is None or path is None:
        raise NO_FILE.error()
    return await send_content(ask.request, file, path)
