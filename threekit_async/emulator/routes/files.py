"""``/api/files``: upload, record, content, content by hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.records.files import owner_of
from threekit_async.emulator.web.answers import json_answer
from threekit_async.emulator.web.content import send_content
from threekit_async.emulator.web.contract import Content, Form, Refusal, Route
from threekit_async.emulator.web.forms import add_files, read_form
from threekit_async.emulator.web.health import healthcheck
from threekit_async.models.files import File

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

CLIENT = "the vendor's own client"
# The code of neither is documented.
BAD_UPLOAD = Refusal(status=400, code="bad_request", message="Badly formed request")
UNKNOWN = Refusal(status=404, code="file_not_found", message="File not found")


def routes() -> list[Route]:
    """List the routes."""
    return [
        Route(
            verb="POST",
            path="/api/files",
            handler=upload,
            confidence="documented",
            source="the vendor's help centre, Files API",
            access="private",
            query={"orgId": str},
            form=Form(files=("files",), fields={"orgId": str}, required=("files",)),
            refusal=BAD_UPLOAD,
            returns={"files": list[File]},
            status=201,
        ),
        healthcheck("files", source=CLIENT),
        Route(
            verb="GET",
            path="/api/files/hash/{hash}",
            handler=content_by_hash,
            confidence="seen in client",
            source="public integrations",
            access="none",
            refusals=(UNKNOWN,),
            returns=Content,
        ),
        Route(
            verb="GET",
            path="/api/files/{id}",
            handler=get_file,
            confidence="seen in client",
            source=CLIENT,
            query={"orgId": str},
            refusals=(UNKNOWN,),
            returns=File,
        ),
        Route(
            verb="GET",
            path="/api/files/{id}/content",
            handler=content,
            confidence="seen in client",
            source=CLIENT,
            access="none",
            refusals=(UNKNOWN,),
            returns=Content,
        ),
    ]


async def upload(ask: Ask) -> web.Response:
    """Store the posted files, whatever their field is called, and answer 201 with records."""
    form = await read_form(ask)
    if not form.files:
        raise BAD_UPLOAD.error()
    return json_answer({"files": add_files(ask, form.files)}, status=201)


async def get_file(ask: Ask) -> web.Response:
    """Answer a file's record; for an unknown id, or another organisation's, 404 (assumption)."""
    file = find_file(ask)
    if owner_of(ask.store, file["id"]) != ask.org_id:
        raise UNKNOWN.error()
    return json_answer(file)


async def content(ask: Ask) -> web.StreamResponse:
    """Answer a file's bytes; public pages read them without a token."""
    file = find_file(ask)
    blob = ask.state.blobs.path(file["hash"])
    if blob is None:
        raise UNKNOWN.error()
    return await send_content(ask.request, file, blob)


def find_file(ask: Ask) -> Record:
    """Return the record the path names, or refuse with 404."""
    file = ask.store.get(FILES, ask.part("id"))
    if file is None:
        raise UNKNOWN.error()
    return file


async def content_by_hash(ask: Ask) -> web.StreamResponse:
    """Answer bytes by their hash.

    The ``-gz`` form is 404 here: the vendor's client says that it may not exist.
    """
    name = ask.part("hash")
    filters = Filters()
    filters.equals("hash", name)
    blob, file = ask.state.blobs.path(name), ask.store.first(FILES, filters)
    if blob is None or file is None:
        raise UNKNOWN.error()
    return await send_content(ask.request, file, blob)
