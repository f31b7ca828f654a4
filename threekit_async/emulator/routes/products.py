"""``/api/products``: items as JSON, in and out (the vendor's page on importing assets)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, cast

from aiohttp import web

from threekit_async.emulator.apis.assets import live_assets
from threekit_async.emulator.apis.product_schema import FILE_RULES, IMPORT_BODY
from threekit_async.emulator.apis.products import BAD_FILE, exported, import_products
from threekit_async.emulator.apis.translations import (
    keep_table,
    kept_table,
    read_table,
    write_table,
)
from threekit_async.emulator.data.tables import ASSETS, FILES
from threekit_async.emulator.records.files import new_file, owned
from threekit_async.emulator.web.answers import json_answer
from threekit_async.emulator.web.contract import Body, Content, Form, Refusal, Route
from threekit_async.emulator.web.forms import read_form
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.query import read_flag, read_json
from threekit_async.emulator.web.schemas import OneOf
from threekit_async.models.assets import Asset
from threekit_async.models.jobs import Job
from threekit_async.models.products import ProductEntry

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask
    from threekit_async.emulator.web.forms import FormData, FormFile

PAGE = "the vendor's page on importing and exporting assets"
HELP = "the vendor's help centre, Product Import API"
INTEGRATIONS = "public integrations"
ORG = {"orgId": str}
# Both are assumptions.
BAD_TABLE = Refusal(status=422, code="translations_error", message="The file is no table of texts")
BAD_FORMAT = Refusal(status=422, code="export_error", message="Only the format json is supported")


def routes() -> list[Route]:
    """List the routes; the vendor writes import and export both with and without ``/api``.

    All four ask for ``orgId``, as the vendor's page on importing and exporting does.
    """
    return [
        healthcheck("products", source="the vendor's own client"),
        *_exchange("/api/products", HELP),
        *_exchange("/products", PAGE),
        Route(
            verb="GET",
            path="/api/products/translations",
            handler=read_translations,
            confidence="seen in client",
            source=INTEGRATIONS,
            query=ORG,
            returns=Content,
        ),
        Route(
            verb="POST",
            path="/api/products/translations",
            handler=write_translations,
            confidence="seen in client",
            source=INTEGRATIONS,
            access="private",
            query=ORG,
            form=Form(files=("file",), required=("file",)),
            refusal=BAD_TABLE,
            returns={"message": str},
        ),
    ]


def _exchange(root: str, source: str) -> list[Route]:
    return [
        Route(
            verb="POST",
            path=f"{root}/import",
            handler=import_,
            confidence="documented",
            source=source,
            access="private",
            org_required=True,
            query=ORG,
            body=Body(shape=IMPORT_BODY),
            form=Form(
                files=("file",),
                fields={"sync": Literal["true", "false"], "orgId": str},
                required=("file",),
            ),
            refusal=BAD_FILE,
            returns={"jobId?": str, "job?": Job, "products?": list[Asset]},
        ),
        Route(
            verb="GET",
            path=f"{root}/export/{{format}}",
            handler=export,
            confidence="documented",
            source=source,
            org_required=True,
            query={**ORG, "tags": str, "keywords": str},
            parts={"format": OneOf(("json",))},
            refusal=BAD_FORMAT,
            returns=list[ProductEntry],
        ),
    ]


async def import_(ask: Ask) -> web.Response:
    """Import entries: ``sync`` false answers a job, anything else the items at once.

    Which answer comes when was seen in public integrations; that ``sync`` decides is an
    assumption.
    """
    entries, wait = _from_body(ask.body) if ask.body is not None else await _from_form(ask)
    if wait:
        products = import_products(ask.state, ask.org_id, ask.caller.user_id, entries)
        return json_answer({"products": products})
    job = _start(ask, entries)
    return json_answer({"jobId": job["id"], "job": job})


def _from_body(body: Any) -> tuple[object, bool]:
    """Return the entries, and whether the answer waits for them."""
    if isinstance(body, list):
        return cast("object", body), True
    if "files" not in body:
        return [body], True
    files = body["files"]
    entries = cast("object", files if isinstance(files, list) else [files])
    return entries, body.get("sync") not in (False, "false")


async def _from_form(ask: Ask) -> tuple[object, bool]:
    form = await read_form(ask)
    try:
        entries = read_json(_text(ask, form))
    except ValueError:
        raise BAD_FILE.error() from None
    return entries, "sync" not in form.fields or read_flag(form.fields, "sync", BAD_FILE)


def _text(ask: Ask, form: FormData) -> str:
    """Return the JSON of the form's one file, or of a text field in its place."""
    if len(form.files) == 1:
        return _content(ask, form.files[0]).decode()
    texts = [form.fields[name] for name in ("file", "files") if name in form.fields]
    if form.files or len(texts) != 1:
        raise BAD_FILE.error()
    return texts[0]


def _content(ask: Ask, file: FormFile) -> bytes:
    path = ask.state.blobs.path(file.blob.name)
    return path.read_bytes() if path else b""


def _start(ask: Ask, entries: object) -> Record:
    """Keep the entries as a file and start the job that imports it."""
    if not FILE_RULES.hold(entries):
        raise BAD_FILE.error()
    parameters = {"fileId": _kept(ask, entries)["id"]}
    return ask.state.engine.start(
        org_id=ask.org_id,
        user_id=ask.caller.user_id,
        type="productImport",
        title="Product import",
        parameters=parameters,
        tasks=[{"type": "productImport", "title": "Product import", "parameters": parameters}],
    )


def _kept(ask: Ask, entries: object) -> Record:
    with ask.state.blobs.writer() as blob:
        blob.write(json.dumps(entries).encode())
    file = new_file(
        ask.state,
        blob,
        filename="products.json",
        mime_type="application/json",
        user_id=ask.caller.user_id,
    )
    ask.store.add(FILES, owned(file, org_id=ask.org_id))
    return file


async def export(ask: Ask) -> web.Response:
    """Answer the live items, or those that bear the tags and keywords, oldest first."""
    filters = live_assets(ask.org_id, {**ask.given("tags", "keywords"), "type": "item"})
    return json_answer([exported(ask.store, asset) for asset in ask.store.records(ASSETS, filters)])


async def read_translations(ask: Ask) -> web.Response:
    """Answer the organisation's texts as CSV: canonical texts, then a column for each language."""
    text = write_table(kept_table(ask.store, ask.org_id))
    return web.Response(text=text, content_type="text/csv")


async def write_translations(ask: Ask) -> web.Response:
    """Put a CSV file in the place of the texts that were there (assumption)."""
    form = await read_form(ask)
    if len(form.files) != 1:
        raise BAD_TABLE.error()
    try:
        rows = read_table(_content(ask, form.files[0]).decode())
    except ValueError:
        raise BAD_TABLE.error() from None
    keep_table(ask.store, ask.org_id, rows)
    return json_answer({"message": "ok"})
