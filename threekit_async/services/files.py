"""The Files API: stored files, their records and their bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from os import PathLike
from typing import Any

from ..errors import DecodeError, IntegrityError, UsageError
from ..models.asset_jobs import ImportSettings
from ..models.files import File
from ..options import Options
from ..session.decode import Done, Items, Plain, Render
from ..session.request import FilePart, Multipart, Request
from ..transfer.bulk import reported
from ..transfer.destinations.base import Remote
from ..transfer.names import NameTemplate
from ..transfer.progress import Progress
from ..transfer.report import TransferReport
from ..transfer.results import FileResult, OnError
from ..transfer.target import Target
from ..transfer.upload import Upload, UploadSource
from ..transfer.wanted import Wanted
from .files_uploading import FileUploads
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

    async def upload_folder(
        self,
        folder: str | PathLike[str],
        *,
        pattern: str = "**/*",
        concurrency: int = 8,
        skip_held: bool = True,
        verify: bool = False,
        manifest: str | PathLike[str] | None = None,
        import_assets: bool = False,
        parent_folder_id: str | None = None,
        settings: ImportSettings | Mapping[str, Any] | None = None,
        on_error: OnError = "continue",
        progress: Callable[[Progress], object] | None = None,
        options: Options | None = None,
    ) -> TransferReport:
        """Upload the files of a folder, and report. Needs a private token.

        Files go up in the order of their names, each in a request of its own, under the last part
        of its name. Left out are names that begin with a dot, what downloads leave behind (`.part`,
        `.part.json`, and their manifest), links to folders, and links that lead out of the folder.
        A file that fails is counted in
        the report and does not stop the others. Each file is read before it is sent, and compared
        with its record afterwards. A deadline in `options` is over each file.

        What the API holds already is skipped. The manifest tells that without a request, and by
        which id; what it does not know is looked for at the address of its hash, of which only the
        length is read. That tells no id (`file_id` is None then), and that it shows what may be
        skipped is our assumption. An upload that may have arrived is not repeated by itself: run
        again, and it is looked for first.

        With `import_assets` an import job is started for each file, and not waited for: its id is
        in the manifest, and in the results of `iter_folder_uploads`. As an import needs a file's
        id, only the manifest saves an upload then. An import that may have been started is started
        again by the next run, and updates the asset that the first has made.
        Source: the vendor's help centre (upload), its developer pages (import), and public
        integrations (hash).

        :param folder: in it, and in its folders, files are looked for.
        :param pattern: which, as `*.png` (in the folder itself) or `**/*.png` (anywhere below);
            case matters.
        :param concurrency: files in flight at most; fewer where the process may not open so many.
        :param skip_held: False uploads everything, and imports it if that is asked for.
        :param verify: read also what has the length and the time it had when it was uploaded.
        :param manifest: a file in which runs note what they have uploaded; made when it is
            missing, and of use to one run at a time. Without one, nothing is remembered.
        :param import_assets: import each file as an asset; see `asset_jobs.import_`. Of two files
            that are called the same in different folders, the second fails: it would replace the
            first one's asset.
        :param parent_folder_id: the folder of the new assets on the platform. Without it an asset
            with the file's name is looked for in the whole organisation and updated.
        :param settings: how files are imported; an `ImportSettings`, or a mapping of wire names.
        :param on_error: `stop` begins no more files after the first that failed, and cancels those
            under way: the next run looks whether they have arrived.
        :param progress: called at most ten times a second, and at the end. In the synchronous
            client it runs on the loop's thread: be quick, and do not call the client from it.
        :raises UsageError: when folder, pattern or manifest cannot be used; nothing was sent.
        """
        wish = FileUploads(
            concurrency=concurrency,
            skip_held=skip_held,
            verify=verify,
            manifest=manifest,
            import_assets=import_assets,
            parent_folder_id=parent_folder_id,
            settings=settings,
            on_error=on_error,
            options=options,
        )
        return await reported(await wish.folder(self._session, folder, pattern), progress)

    async def iter_folder_uploads(
        self,
        folder: str | PathLike[str],
        *,
        pattern: str = "**/*",
        concurrency: int = 8,
        skip_held: bool = True,
        verify: bool = False,
        manifest: str | PathLike[str] | None = None,
        import_assets: bool = False,
        parent_folder_id: str | None = None,
        settings: ImportSettings | Mapping[str, Any] | None = None,
        on_error: OnError = "continue",
        options: Options | None = None,
    ) -> AsyncGenerator[FileResult, None]:
        """Upload like `upload_folder`, and yield the result of each file as it ends.

        `folder`, `pattern`, `concurrency`, `skip_held`, `verify`, `manifest`, `import_assets`,
        `parent_folder_id`, `settings` and `on_error` are those of `upload_folder`. Leaving the loop
        early ends the uploads that are under way; close the generator (`contextlib.aclosing`) to
        have that happen at once. Needs a private token. Source: the vendor's help centre.

        :raises UsageError: when folder, pattern or manifest cannot be used; nothing was sent.
        """
        wish = FileUploads(
            concurrency=concurrency,
            skip_held=skip_held,
            verify=verify,
            manifest=manifest,
            import_assets=import_assets,
            parent_folder_id=parent_folder_id,
            settings=settings,
            on_error=on_error,
            options=options,
        )
        run = await wish.folder(self._session, folder, pattern)
        try:
            while (result := await run.next()) is not None:
                yield result
        finally:
            await run.end()

    async def upload_many(
        self,
        sources: Iterable[UploadSource | Upload] | AsyncIterable[UploadSource | Upload],
        *,
        concurrency: int = 8,
        skip_held: bool = True,
        verify: bool = False,
        manifest: str | PathLike[str] | None = None,
        import_assets: bool = False,
        parent_folder_id: str | None = None,
        settings: ImportSettings | Mapping[str, Any] | None = None,
        on_error: OnError = "continue",
        progress: Callable[[Progress], object] | None = None,
        options: Options | None = None,
    ) -> TransferReport:
        """Upload many files, each in a request of its own, and report. Needs a private token.

        `concurrency`, `skip_held`, `verify`, `manifest`, `import_assets`, `parent_folder_id`,
        `settings`, `on_error` and `progress` are those of `upload_folder`. A path's id in results
        and manifest is the path as it was given. What can be read only once (an iterable of bytes,
        a pipe) is always sent: its hash is known only afterwards. A file that cannot be read is
        counted as failed. Source: the vendor's help centre.

        :param sources: any iterable; an `Upload` names what is not a path, and gives a path
            another name there.
        :raises UsageError: when it is a single file, or the manifest cannot be used; nothing was
            sent.
        """
        wish = FileUploads(
            concurrency=concurrency,
            skip_held=skip_held,
            verify=verify,
            manifest=manifest,
            import_assets=import_assets,
            parent_folder_id=parent_folder_id,
            settings=settings,
            on_error=on_error,
            options=options,
        )
        return await reported(await wish.sources(self._session, sources), progress)

    async def iter_uploads(
        self,
        sources: Iterable[UploadSource | Upload] | AsyncIterable[UploadSource | Upload],
        *,
        concurrency: int = 8,
        skip_held: bool = True,
        verify: bool = False,
        manifest: str | PathLike[str] | None = None,
        import_assets: bool = False,
        parent_folder_id: str | None = None,
        settings: ImportSettings | Mapping[str, Any] | None = None,
        on_error: OnError = "continue",
        options: Options | None = None,
    ) -> AsyncGenerator[FileResult, None]:
        """Upload like `upload_many`, and yield the result of each file as it ends.

        `concurrency`, `skip_held`, `verify`, `manifest`, `import_assets`, `parent_folder_id`,
        `settings` and `on_error` are those of `upload_folder`. Leaving the loop early ends the
        uploads that are under way; close the generator (`contextlib.aclosing`) to have that happen
        at once. Needs a private token. Source: the vendor's help centre.

        :param sources: any iterable; an `Upload` names what is not a path, and gives a path
            another name there.
        :raises UsageError: when it is a single file, or the manifest cannot be used; nothing was
            sent.
        """
        wish = FileUploads(
            concurrency=concurrency,
            skip_held=skip_held,
            verify=verify,
            manifest=manifest,
            import_assets=import_assets,
            parent_folder_id=parent_folder_id,
            settings=settings,
            on_error=on_error,
            options=options,
        )
        run = await wish.sources(self._session, sources)
        try:
            while (result := await run.next()) is not None:
                yield result
        finally:
            await run.end()

    async def download(
        self,
        file_id: str,
        *,
        to: str | PathLike[str] | Remote,
        name: str = "{filename}",
        verify: bool = True,
        options: Options | None = None,
    ) -> FileResult:
        """Download one file into a folder, or another destination.

        The bytes go to `<name>.part` first; the final name appears when they are complete, and on
        the disk's surface. What broke off is continued by the next call. A file that is there
        already, with the right length and hash, is kept. Any token may read. A deadline in
        `options` is over the file's bytes. Source: the vendor's own client.

        :param file_id: its id, a UUID.
        :param to: the folder, which is made when it is missing, or another destination; see
            `layers.download_all`.
        :param name: a template of `id`, `filename`, `extension`, `ext`, `hash`, `size`.
        :param verify: compare length and sha256 with the file's record.
        :raises DownloadError: when the file cannot be written, or is not what was promised.
        :raises NotFoundError: when there is no such file.
        """
        template = NameTemplate.parse(name, allowed=_NAME_FIELDS)
        target = await Target.opened(to, template=name, manifest=False, durable=True)
        try:
            record = await self.get(file_id, options=options)
            downloader = target.downloader(
                self._session,
                template=template,
                content=content_request,
                describe=file_request,
                verify=verify,
                options=options,
            )
            fields = {name: getattr(record, name) for name in _NAME_FIELDS - {"ext"}}
            return await downloader.fetch(
                Wanted(id=record.id, file_id=record.id, fields=fields, record=record)
            )
        finally:
            await target.aclose()

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
