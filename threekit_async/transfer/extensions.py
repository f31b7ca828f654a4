"""Which extension a file's name gets. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ..models.files import File

__all__ = ("extension_of",)

_UNKNOWN = "bin"
_FIT = re.compile(r"[0-9a-z]{1,16}")

# One table for all systems: what the standard library says depends on the machine it runs on.
_OF_MEDIA_TYPE = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/pdf": "pdf",
    "application/x-fbx": "fbx",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/ktx2": "ktx2",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tiff",
    "image/vnd.adobe.photoshop": "psd",
    "image/vnd.radiance": "hdr",
    "image/webp": "webp",
    "image/x-exr": "exr",
    "image/x-tga": "tga",
    "model/gltf+json": "gltf",
    "model/gltf-binary": "glb",
    "model/mtl": "mtl",
    "model/obj": "obj",
    "model/stl": "stl",
    "model/vnd.pixar.usd": "usd",
    "model/vnd.usd+zip": "usdz",
    "model/vnd.usdz": "usdz",
    "model/vnd.usdz+zip": "usdz",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "html",
    "text/javascript": "js",
    "text/plain": "txt",
    "text/xml": "xml",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
}


def extension_of(record: File | None, content_type: str | None, *, told: str | None = None) -> str:
    """Find a file's extension, without the dot: 1 to 16 lower-case letters and digits.

    The first that fits counts: what is told, the record's extension, the end of its file name, its
    media type, the answer's content type; else `bin`.

    :param told: what is known already, as a layer's format; a media type will do.
    """
    sources = _sources(record, content_type, told)
    return next((found for found in sources if _FIT.fullmatch(found)), _UNKNOWN)


def _sources(record: File | None, content_type: str | None, told: str | None) -> Iterator[str]:
    yield _of_media_type(told) if told and "/" in told else _end(told)
    if record is not None:
        yield _end(record.extension)
        yield _end(posixpath.splitext(record.filename or "")[1])
        yield _of_media_type(record.mime_type)
    yield _of_media_type(content_type)


def _end(text: str | None) -> str:
    return (text or "").rpartition(".")[2].strip().lower()


def _of_media_type(text: str | None) -> str:
    return _OF_MEDIA_TYPE.get((text or "").partition(";")[0].strip().lower(), "")
