"""The Files API: stored files, their records and their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from os import PathLike
from pathlib import Path

from ..errors import DecodeError, IntegrityError, UsageError
from ..models.files import File
from ..options import Options
from ..session.decode import Done, Items, Plain, Render
from ..session.request import FilePart, Multipart, Request
from ..transfer.download import Downloader, Wanted
from ..transfer.names import NameTemplate
from ..transfer.partial import prepare_folder
from ..transfer.results import FileResult
from ..transfer.upload import Upload, UploadSource
from .service import Service
from .uploads import file_part, file_parts
from .wire import content_request, file_request

__all__ = ("Files",)

_NAME_FIELDS = frozenset({"id", "filename", "extension", "ext", "hash", "size"})


class Files(Service):
    """Read and upload files.

    Files are kept by the sha256 of their bytes; each upload gets a record of its own. There is no
    call to list, change or delete files. Any token may read; uploads need a private one.
    Source: the vendor's help centre (upload) and its own client (the rest).
    """

    async def get(self, file_id: str, *, options: Options | None = None) -> File:
        """Read a file's record: name, media type, length in bytes, hash. Any token may.

        Source: the vendor's own client.

        :param file_id: its id, a UUID.
        :raises NotFoundError: when there is no such file.
        """
        return await self._session.send(file_request(file_id), options)

    async def content(self, file_id: str, *, options: Options | None = None) -> bytes:
        """Read a file's bytes into memory; use `download` for large ones.

        An HTML page is refused, as the answer of something else than the API; read a file that is
        one with `by_hash`. Any token may read. Source: the vendor's own client.

        :param file_id: its id, a UUID.
        :raises NotFoundError: when there is no such file.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/files/{file_id}/content",
                params={"file_id": file_id},
                returns=Render(),
            ),
            options,
        )

    async def by_hash(self, hash: str, *, options: Options | None = None) -> bytes:  # noqa: A002
        """Read the bytes with a given hash into memory. Any token may.

        Source: public integrations.

        :param hash: as in a record, `sha256-` and 64 hexadecimal digits. What has this address
            never changes: it may be kept for ever.
        :raises StatusError: when there is none (the vendor does not say with which status).
        :raises IntegrityError: when the bytes have another hash.
        """
        content = await self._session.send(
            Request(
                verb="GET",
                path="/api/files/hash/{hash}",
                params={"hash": hash},
                returns=Plain(),
            ),
            options,
        )
        found = f"sha256-{sha256(content).hexdigest()}"
        if hash.startswith("sha256-") and len(hash) == len(found) and hash.lower() != found:
            raise IntegrityError(
                f"GET /api/files/hash/{hash} succeeded, but its bytes have the hash {found}. "
                "Something else than the API may have answered: check the host and any proxy."
            )
        return content

    async def upload(
        self,
        source: UploadSource | Upload,
        *,
        filename: str | None = None,
        mime_type: str | None = None,
        options: Options | None = None,
    ) -> File:
        """Upload one file and return its record. Needs a private token.

        The bytes are streamed, whatever their source: a path, bytes, a file open for reading
        bytes, or an iterable that yields bytes. An upload that may have reached the server is not
        repeated by itself. What a source raises while it is read is raised as it is.
        Source: the vendor's help centre.

        :param source: an `Upload` brings its own name and media type.
        :param filename: its name there; a path's own name by default, needed for anything else.
        :param mime_type: its media type; guessed from the name by default.
        :raises UsageError: when the source cannot be read, is closed, has no name, or gives no
            bytes.
        :raises ForbiddenError: with a token that may not upload.
        """
        part = file_part(source, filename=filename, mime_type=mime_type)
        return (await self._uploaded((part,), options))[0]

    async def upload_all(
        self, sources: Iterable[UploadSource | Upload], *, options: Options | None = None
    ) -> list[File]:
        """Upload several files in one request, and return their records in the same order.

        One request is one attempt: when it fails, none of the files counts as uploaded.
        Needs a private token. Source: the vendor's help centre.

        :param sources: an `Upload` names what is not a path.
        :raises UsageError: when there are none, or one cannot be read, is closed, has no name, or
            gives no bytes.
        :raises ForbiddenError: with a token that may not upload.
        """
        if isinstance(sources, (str, bytes, PathLike)):
            raise UsageError("Pass several files, or use upload() for one; nothing was sent.")
        parts = file_parts(sources)
        if not parts:
            raise UsageError("There is no file to upload; nothing was sent.")
        return await self._uploaded(parts, options)

    async def download(
        self,
        file_id: str,
        *,
        to: str | PathLike[str],
        name: str = "{filename}",
        verify: bool = True,
        options: Options | None = None,
    ) -> FileResult:
        """Download one file into a folder.

        The bytes go to `<name>.part` first; the final name appears when they are complete. A file
        that is there already, with the right length and hash, is kept. Any token may read. A
        deadline in `options` is over the file's bytes. Source: the vendor's own client.

        :param file_id: its id, a UUID.
        :param to: the folder; made when it is missing.
        :param name: a template of `id`, `filename`, `extension`, `ext`, `hash`, `size`.
        :param verify: compare length and sha256 with the file's record.
        :raises DownloadError: when the file cannot be written, or is not what was promised.
        :raises NotFoundError: when there is no such file.
        """
        template = NameTemplate.parse(name, allowed=_NAME_FIELDS)
        folder = Path(to)
        prepare_folder(folder)
        record = await self.get(file_id, options=options)
        downloader = Downloader(
            session=self._session,
            folder=str(folder),
            template=template,
            content=content_request,
            describe=file_request,
            verify=verify,
            options=options,
        )
        fields = {
            "id": record.id,
            "filename": record.filename,
            "extension": record.extension,
            "hash": record.hash,
            "size": record.size,
        }
        return await downloader.fetch(
            Wanted(id=record.id, file_id=record.id, fields=fields, record=record)
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/files/healthcheck", returns=Done()), options
        )

    async def _uploaded(self, parts: Sequence[FilePart], options: Options | None) -> list[File]:
        org_id = self._session.settings.org_id
        files = await self._session.send(
            Request(
                verb="POST",
                path="/api/files",
                body=Multipart(files=tuple(parts), fields={"orgId": org_id} if org_id else {}),
                returns=Items(File, key="files"),
                safety="unsafe",
            ),
            options,
        )
        if len(files) != len(parts):
            raise DecodeError(
                f"POST /api/files succeeded, but its answer names {len(files)} files where "
                f"{len(parts)} were sent. Upload again what is missing.",
                path="files",
            )
        return files
