"""What an import of products has made: read from the files of its job."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import DecodeError
from ..models.assets import Asset
from ..models.files import File
from ..models.jobs import Run
from ..session.decode import Items
from ..session.session import Session
from ..session.span import Span
from .jobs import Jobs
from .wire import content_as

__all__ = ("affected_assets", "result_files")


async def affected_assets(session: Session, job_id: str, span: Span) -> list[Asset]:
    """Read the assets that the job of an import has made or changed.

    :raises DecodeError: when the job left no list of them.
    :raises DeadlineError: when the call's time has passed.
    """
    runs = await Jobs(session).runs(job_id=job_id, options=span.options()).all()
    files = result_files(runs)
    if not files:
        raise DecodeError(
            f"The import job {job_id} has ended without a file that lists the assets. "
            "Look them up with `assets.list`."
        )
    found: list[Asset] = []
    for file in files:
        found += await session.send(content_as(file.id, Items(Asset)), span.options())
    return found


def result_files(runs: Sequence[Run]) -> Sequence[File]:
    """Choose the files that list assets: the JSON files, or all but the logs when none is named so.

    A run that was repeated has a file in its last attempt only.
    """
    files = [file for run in runs for file in run.files]
    return [file for file in files if _is_json(file)] or files


def _is_json(file: File) -> bool:
    named = (file.filename or "").lower().endswith(".json") or file.extension == "json"
    return named or file.mime_type == "application/json"
