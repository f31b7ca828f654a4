"""Multipart forms: text fields in memory, files straight to where bytes are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import BodyPartReader
from attrs import define, field, frozen

from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.records.files import new_file, owned
from threekit_async.emulator.web.reading import UNREADABLE, is_text

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

    A part that bears a file name is a file. What a text field holds beyond 16 MiB is refused.
    """
    if not ask.request.content_type.startswith("multipart/"):
        raise ask.route.refusal.error()
    form = FormData()
    try:
        parts = await ask.request.multipart()
        while (part := await parts.next()) is not None:
            if isinstance(part, BodyPartReader):
                await _take(ask, part, form)
    except UNREADABLE:
        raise ask.route.refusal.error() from None
    return form


async def _take(ask: Ask, part: BodyPartReader, form: FormData) -> None:
    if not all(map(is_text, (part.name or "", part.filename or "", _type_of(part) or ""))):
        raise ValueError("a header of a part is no text")
    if part.filename:
        form.files.append(await _kept(ask, part, part.filename))
    elif part.name:
        form.fields[part.name] = _decoded(part, await _text(part)).decode()


def _type_of(part: BodyPartReader) -> str | None:
    return part.headers.get("Content-Type")


async def _text(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        content += chunk
        if len(content) > LARGEST_TEXT:
            raise ValueError("a text field is too long")
    return bytes(content)


def _decoded(part: BodyPartReader, content: bytes) -> bytes:
    """Undo a transfer encoding; compressed fields are refused, as they might hold anything."""
    if "Content-Encoding" in part.headers:
        raise ValueError("a text field is compressed")
    try:
        return bytes(part.decode(content))
    except RuntimeError as error:
        raise ValueError(str(error)) from None


async def _kept(ask: Ask, part: BodyPartReader, filename: str) -> FormFile:
    with ask.state.blobs.writer() as writer:
        while chunk := await part.read_chunk(CHUNK):
            writer.write(chunk)
    return FormFile(
        field=part.name or "",
        filename=filename,
        mime_type=_type_of(part),
        blob=writer,
    )


def add_files(ask: Ask, files: Iterable[FormFile]) -> list[Record]:
    """Add a record for each file of the caller's organisation."""
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
    ask.store.add(FILES, *(owned(record, org_id=ask.org_id) for record in records))
    return records
