"""New file records."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threekit_async.emulator.data.blobs import BlobWriter
    from threekit_async.emulator.data.store import Record, Store
    from threekit_async.emulator.state import State


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


def owned(file: Record, *, org_id: str) -> Record:
    """Return what is stored of a file: its record and, beside it, the organisation it belongs to.

    The API does not answer the organisation, but only its members may read the record (assumption).
    """
    return {**file, "orgId": org_id}


def owner_of(store: Store, file_id: str) -> str:
    """Return the organisation a file belongs to; ``""`` for an unknown file."""
    rows = store.rows("SELECT orgId FROM files WHERE id = ?", (file_id,))
    return str(rows[0][0]) if rows else ""
