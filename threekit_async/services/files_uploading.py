"""How a folder, or any list of sources, becomes uploads."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from os import PathLike, fsencode, fspath
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import Attribute, field, frozen
from attrs.validators import optional

from ..errors import UsageError
from ..models.asset_jobs import AssetJob, ImportSettings
from ..models.files import File
from ..options import Options
from ..session.decode import Items, Plain
from ..session.request import FilePart, Multipart, Request, json_text
from ..session.session import Session
from ..transfer.bulk import Run
from ..transfer.going import Sending
from ..transfer.held import Looking
from ..transfer.results import OnError
from ..transfer.upload import Upload, UploadSource
from ..transfer.uploading import Uploader, opened_record
from ..transfer.uploads_record import UploadsRecord
from ..transfer.walking import FolderFile, Walk
from .asset_jobs import AssetJobs
from .checks import check_names, check_whole, one_of
from .uploads import file_part

# FileUploads is no service: what is named here is carried over to the synchronous client.
__all__ = ("hash_request", "upload_request")

T = TypeVar("T")


def upload_request(parts: Iterable[FilePart], org_id: str | None) -> Request[list[File]]:
    """Send files, and ask for their records."""
    return Request(
        verb="POST",
        path="/api/files",
        body=Multipart(files=tuple(parts), fields={"orgId": org_id} if org_id else {}),
        returns=Items(File, key="files"),
        safety="unsafe",
    )


def hash_request(hash: str) -> Request[bytes]:  # noqa: A002  # the vendor's word
    """Ask for the bytes with a hash, as `sha256-` and 64 hexadecimal digits."""
    return Request(
        verb="GET", path="/api/files/hash/{hash}", params={"hash": hash}, returns=Plain()
    )


def _is_count(_instance: object, attribute: Attribute[Any], value: object) -> None:
    check_whole(attribute.name, value)


def _is_path(_instance: object, attribute: Attribute[Any], value: object) -> None:
    _path_of(attribute.name, value)


@frozen(kw_only=True)
class FileUploads:
    """How many files are uploaded; the arguments are those of `files.upload_folder`."""

    concurrency: int = field(validator=_is_count)
    skip_held: bool
    verify: bool
    manifest: str | PathLike[str] | None = field(validator=optional(_is_path))
    import_assets: bool
    parent_folder_id: str | None
    settings: ImportSettings | Mapping[str, Any] | None
    on_error: OnError = field(validator=one_of("continue", "stop"))
    options: Options | None

    async def folder(
        self, session: Session, folder: str | PathLike[str], pattern: str
    ) -> Run[FolderFile]:
        """Prepare the upload of a folder's files; nothing is sent yet.

        :raises UsageError: when the folder or the manifest cannot be used.
        """
        _check_pattern(pattern)
        walk = Walk(_path_of("folder", folder), pattern, without=self._manifest())
        return await self._run(session, walk, _of_folder)

    async def sources(
        self,
        session: Session,
        sources: Iterable[UploadSource | Upload] | AsyncIterable[UploadSource | Upload],
    ) -> Run[UploadSource | Upload]:
        """Prepare the upload of many sources; nothing is sent yet.

        :raises UsageError: when it is one source in place of many, or the manifest cannot be used.
        """
        _check_many(sources)
        return await self._run(session, sources, _of_source)

    async def _run(
        self,
        session: Session,
        source: Iterable[T] | AsyncIterable[T],
        sending: Callable[[T], Sending],
    ) -> Run[T]:
        how = self._how()
        place = session.settings
        record = await opened_record(self._manifest(), origin=place.origin, org_id=place.org_id)
        uploader = self._uploader(session, record, how)
        try:
            run = Run(
                session,
                source,
                lambda item: uploader.result(sending(item)),
                concurrency=self.concurrency,
                on_error=self.on_error,
                close=uploader.aclose,
            )
        except BaseException:
            record.close()
            raise
        uploader.moved = run.moved
        return run

    def _manifest(self) -> Path | None:
        return None if self.manifest is None else Path(self.manifest)

    def _how(self) -> str:
        """Say as text how files are imported."""
        given = self.parent_folder_id is not None or self.settings is not None
        if given and not self.import_assets:
            raise UsageError(
                "parent_folder_id= and settings= say how files are imported: pass "
                "import_assets=True as well. Nothing was sent."
            )
        check_names("Settings of an import", self.settings, ImportSettings)
        how = {"parentFolderId": self.parent_folder_id, "settings": self.settings}
        return json_text(how, "The settings")

    def _uploader(self, session: Session, record: UploadsRecord, how: str) -> Uploader:
        jobs = AssetJobs(session)

        async def imported(file_id: str, name: str, options: Options) -> AssetJob:
            return await jobs.import_(
                file_id,
                title=name,
                parent_folder_id=self.parent_folder_id,
                settings=self.settings,
                options=options,
            )

        return Uploader(
            session=session,
            record=record,
            send=lambda part: upload_request((part,), session.settings.org_id),
            looking=Looking(session=session, look=lambda sha256: hash_request(f"sha256-{sha256}")),
            import_=imported if self.import_assets else None,
            imported=how,
            skip_held=self.skip_held,
            verify=self.verify,
            options=self.options,
        )


def _path_of(name: str, value: object) -> Path:
    """Make a path of an argument.

    :raises UsageError: when it is none that a system could have.
    """
    path: object = None
    if isinstance(value, (str, PathLike)):
        path = fspath(cast("str | PathLike[str]", value))
    if not isinstance(path, str) or not path or "\0" in path or not _has_bytes(path):
        raise UsageError(f"{name} must be a path, not {value!r}; nothing was sent.")
    return Path(path)


def _has_bytes(path: str) -> bool:
    try:
        return bool(fsencode(path))
    except UnicodeEncodeError:
        return False


def _check_pattern(pattern: object) -> None:
    if not isinstance(pattern, str):
        raise UsageError(
            f"pattern must be a text as '**/*.png', not {pattern!r}; nothing was sent."
        )


def _check_many(sources: object) -> None:
    one = isinstance(sources, (str, bytes, bytearray, memoryview, PathLike, Upload))
    if one or hasattr(sources, "read") or not isinstance(sources, (Iterable, AsyncIterable)):
        raise UsageError(
            "Pass many files, as a list; use upload_folder() for a folder, and upload() for a "
            "single file. Nothing was sent."
        )


def _of_folder(file: FolderFile) -> Sending:
    def part() -> FilePart:
        if file.trouble is not None:
            raise UsageError(
                f"The folder {file.path} cannot be read: {file.trouble}; nothing in it was sent."
            )
        return file_part(file.path)

    return Sending(id=file.name, part=part)


def _of_source(source: UploadSource | Upload) -> Sending:
    given = source.source if isinstance(source, Upload) else source
    called = source.filename if isinstance(source, Upload) else None
    path = fspath(given) if isinstance(given, (str, PathLike)) else None
    # A name that is no text must end its own file alone.
    shown = path or called or f"<{type(given).__name__}>"
    return Sending(id=str(shown), part=lambda: file_part(source))
