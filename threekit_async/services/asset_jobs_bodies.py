"""What asset jobs are asked for, and what their answers mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..models.asset_jobs import AssetJob
from .checks import check_whole
from .jobs_waiting import failed_runs, job_failure

__all__ = ("image_settings", "merged", "with_files")


def merged(settings: Mapping[str, Any] | None, **given: object) -> dict[str, Any]:
    """Lay what is given (not None) over settings."""
    return {**(settings or {}), **{key: value for key, value in given.items() if value is not None}}


def image_settings(
    settings: Mapping[str, Any] | None, width: int | None, height: int | None
) -> dict[str, Any]:
    """Write the size of an image into settings; what else is in them stays.

    :raises UsageError: when a size is no whole number of pixels.
    """
    size = {
        name: value for name, value in (("width", width), ("height", height)) if value is not None
    }
    for name, value in size.items():
        check_whole(name, value)
    if not size:
        return dict(settings or {})
    output = cast("Mapping[str, Any]", (settings or {}).get("output") or {})
    resolution = merged(output.get("resolution"), **size)
    return merged(settings, output={**output, "resolution": resolution})


def with_files(answer: AssetJob, *, expected: bool) -> AssetJob:
    """Return an answer, unless it tells of a job that has failed: the server says 200 to both.

    :param expected: a job that has ended well has made at least one file.
    :raises JobFailedError: when it has failed.
    """
    job, runs = answer.job, answer.runs
    if job is None:
        return answer
    failures = failed_runs(runs)
    nothing = expected and runs and not answer.files and answer.file_id is None
    if failures or job.task_result_failures or nothing:
        raise job_failure(job, failures or list(runs))
    return answer
