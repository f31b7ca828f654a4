"""The work of type ``download``: put result files, or textures' images, into one zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from threekit_async.emulator.data.tables import FILES
from threekit_async.emulator.engine.inputs import bytes_of
from threekit_async.emulator.engine.results import keep_file, results_of
from threekit_async.emulator.engine.subjects import find_live
from threekit_async.emulator.engine.works import WorkFailed

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.state import State

STEADY_DATE = (1980, 1, 1, 0, 0, 0)


async def pack(state: State, task: Record) -> list[Record]:
    """Zip what the vendor's page on downloads names; the names begin with a number."""
    given = task["parameters"]
    files = _textures(state, task) if given["type"] == "texture" else _results(state, task)
    if not files:
        raise WorkFailed("There is nothing to download: the job or the assets have no files.")
    contents = [(_plain(file["filename"]), bytes_of(state, file)) for file in files]
    wanted = given.get("format")
    content = await state.engine.on_thread(lambda: _zip(contents, wanted))
    name = f"{given['jobId'] or 'textures'}.zip"
    return [keep_file(state, task, content, filename=name, mime_type="application/zip")]


def _results(state: State, task: Record) -> list[Record]:
    runs = state.engine.books.runs_of(task["parameters"]["jobId"])
    return [file for run in runs for file in results_of(run)]


def _textures(state: State, task: Record) -> list[Record]:
    assets = [find_live(state, task["orgId"], name) for name in task["parameters"]["assetIds"]]
    ids = [asset["importedFileId"] for asset in assets if asset and asset.get("importedFileId")]
    return [file for file_id in ids if (file := state.store.get(FILES, file_id))]


def _plain(filename: str) -> str:
    """Return the last part of a name that a client has chosen: it may be a path."""
    return PurePosixPath(filename.replace("\\", "/")).name or "file"


def _zip(contents: list[tuple[str, bytes]], wanted: str | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, content) in enumerate(contents, 1):
            packed, bytes_ = (name, content)
            if wanted == "jpeg" and name.endswith(".png"):
                packed, bytes_ = f"{name[:-4]}.jpg", _as_jpeg(content)
            archive.writestr(zipfile.ZipInfo(f"{number:04}-{packed}", STEADY_DATE), bytes_)
    return out.getvalue()


def _as_jpeg(content: bytes) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()
