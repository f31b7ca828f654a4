"""Multipart forms: text fields in memory, files straight to where bytes are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import BodyPartReader
from aiohttp.http_exceptions import HttpProcessingError
from attrs import define, field, frozen

from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.records.files import new_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from threekit_async.emulator.data.blobs import BlobWriter
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

CHUNK = 256 * 1024
LARGEST_TEXT = 16 * 1024 * 1024


@frozen(kw_only=True)
class FormFile:
    """One file of a form, its bytes kept already."""

    field: str
    filename: str
    mime_type: str | None
    blob: BlobWriter


@define
class FormData:
    """What a form held: text fields by name, the last one of a name winning, and files."""

    fields: dict[str, str] = field(factory=dict[str, str])
    files: list[FormFile] = field(factory=list[FormFile])


async def read_form(ask: Ask) -> FormData:
    """Read a multipart form whatever its file fields are called; else answer the route's refusal.

    A part that bears a file name is a file.
    """
    if not ask.request.content_type.startswith("multipart/"):
        raise ask.route.refusal.error()
    form = FormData()
    try:
        parts = await ask.request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, BodyPartReader):
                await _take(ask, part, form)
    except (ValueError, HttpProcessingError):
        raise ask.route.refusal.error() from None
    return form


async def _take(ask: Ask, part: BodyPartReader, form: FormData) -> None:
    if part.filename:
        form.files.append(await _kept(ask, part, part.filename))
    elif part.name:
        form.fields[part.name] = bytes(await part.read(decode=True)).decode()


async def _kept(ask: Ask, part: BodyPartReader, filename: str) -> FormFile:
    with ask.state.blobs.writer() as writer:
        while chunk := await part.read_chunk(CHUNK):
            writer.write(chunk)
    return FormFile(
        field=part.name or "",
        filename=filename,
        mime_type=part.headers.get("Content-Type"),
        blob=writer,
    )


def add_files(ask: Ask, files: Iterable[FormFile]) -> list[Record]:
    """Add a record for each file."""
    records = [
        new_file(
            ask.state,
            file.blob,
            filename=file.filename,
            mime_type=file.mime_type,
            user_id=ask.caller.user_id,
        )
        for file in files
    ]
    ask.store.add(FILES, *records)
    return records
