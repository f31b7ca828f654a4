"""``/api/files``: upload, record, content, content by hash (seen in the vendor's clients)."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from aiohttp import BodyPartReader, MultipartReader, web

from threekit_async.emulator.answers import VendorError, json_answer, not_found
from threekit_async.emulator.content import send_content
from threekit_async.emulator.exchange import current_caller
from threekit_async.emulator.filters import Filters
from threekit_async.emulator.state import State, state_of
from threekit_async.emulator.tables import FILES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from threekit_async.emulator.blobs import BlobWriter
    from threekit_async.emulator.store import Record

CHUNK = 256 * 1024


def routes() -> list[web.RouteDef]:
    """List the routes."""
    return [
        web.post("/api/files", upload),
        web.get("/api/files/healthcheck", healthy),
        web.get("/api/files/hash/{hash}", content_by_hash),
        web.get("/api/files/{id}", get_file),
        web.get("/api/files/{id}/content", content),
    ]


async def healthy(_request: web.Request) -> web.Response:
    """Answer 200; the body is not documented."""
    return json_answer(value=True)


async def upload(request: web.Request) -> web.Response:
    """Store the posted files, whatever their field is called, and answer 201 with records."""
    refusal = VendorError(400, "bad_request", "Badly formed request")
    if not request.content_type.startswith("multipart/"):
        raise refusal
    try:
        parts = _file_parts(await request.multipart())
        records = [await _keep(request, part) async for part in parts]
    except ValueError:
        raise refusal from None
    if not records:
        raise refusal
    state_of(request).store.add(FILES, *records)
    return json_answer({"files": records}, status=201)


async def _file_parts(form: MultipartReader) -> AsyncIterator[BodyPartReader]:
    """Yield the parts that bear a file name; text fields such as orgId pass by."""
    while (part := await form.next()) is not None:
        if isinstance(part, BodyPartReader) and part.filename:
            yield part


async def _keep(request: web.Request, part: BodyPartReader) -> Record:
    state = state_of(request)
    with state.blobs.writer() as writer:
        while chunk := await part.read_chunk(CHUNK):
            writer.write(chunk)
    return new_file(
        state,
        writer,
        filename=cast("str", part.filename),
        mime_type=part.headers.get("Content-Type"),
        user_id=current_caller().user_id,
    )


def new_file(
    state: State, blob: BlobWriter, *, filename: str, mime_type: str | None, user_id: str
) -> Record:
    """Return the record of a blob that was just written."""
    file_id, created_at = state.clock.stamp("file")
    return {
        "id": file_id,
        "userId": user_id,
        "filename": filename,
        "extension": PurePosixPath(filename).suffix[1:].lower(),
        "mimeType": mime_type or mimetypes.guess_type(filename)[0] or "application/octet-stream",
        "size": blob.size,
        "hash": blob.name,
        "encodings": {},
        "createdAt": created_at,
        "createdBy": user_id,
        "updatedAt": None,
        "deletedAt": None,
    }


async def get_file(request: web.Request) -> web.Response:
    """Answer a file's record; an unknown or malformed id is 404 (assumption)."""
    return json_answer(find_file(request))


async def content(request: web.Request) -> web.StreamResponse:
    """Answer a file's bytes."""
    file = find_file(request)
    blob = state_of(request).blobs.path(file["hash"])
    if blob is None:
        raise not_found("file_not_found", "File not found")
    return await send_content(request, file, blob)


def find_file(request: web.Request) -> Record:
    """Return the record the path names, or refuse with 404."""
    file = state_of(request).store.get(FILES, request.match_info["id"])
    if file is None:
        raise not_found("file_not_found", "File not found")
    return file


async def content_by_hash(request: web.Request) -> web.StreamResponse:
    """Answer bytes by their hash.

    The ``-gz`` form is 404 here: the vendor's client says that it may not exist.
    """
    state, name = state_of(request), request.match_info["hash"]
    filters = Filters()
    filters.equals("hash", name)
    blob, file = state.blobs.path(name), state.store.first(FILES, filters)
    if blob is None or file is None:
        raise not_found("file_not_found", "File not found")
    return await send_content(request, file, blob)
