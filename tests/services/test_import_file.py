"""A file that becomes assets: upload, import, wait, and what was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Exchanging, Part, Sent, Slow
from threekit_async import DeadlineError, DecodeError, Options
from threekit_async.errors import JobFailedError
from threekit_async.models.asset_jobs import ImportSettings
from threekit_async.models.catalog import ImportedAsset
from threekit_async.models.jobs import Job

UPLOADED = {"files": [{"id": "f"}]}
STARTED = {"jobId": "j"}
ENDED = {"id": "j", "status": "stopped", "taskResultFailures": 0}
OUTPUT = {
    "job": ENDED,
    "output": {"model": [], "texture": [{"name": "photo", "assetId": "t"}]},
}


async def test_a_file_is_uploaded_imported_and_its_assets_are_returned(
    exchanging: Exchanging, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"png")
    told: list[Job] = []
    answers = (UPLOADED, STARTED, {"id": "j"}, ENDED, OUTPUT)
    async with exchanging(*answers) as (tk, seen):
        made = await tk.assets.import_file(
            path,
            title="Import",
            parent_folder_id="p",
            target_asset_id="a",
            settings=ImportSettings(import_as="texture"),
            interval=0,
            progress=told.append,
        )
    assert made == [ImportedAsset(asset_id="t", name="photo", type="texture")]
    assert [job.stopped for job in told] == [False, True]
    assert seen == [
        Sent(
            "POST",
            "/api/files",
            {},
            [Part("orgId", ORG_ID.encode()), Part("files", b"png", "photo.png", "image/png")],
        ),
        Sent(
            "POST",
            "/api/asset-jobs/import",
            {},
            {
                "fileId": "f",
                "orgId": ORG_ID,
                "sync": False,
                "title": "Import",
                "parentFolderId": "p",
                "targetAssetId": "a",
                "settings": {"importAs": "texture"},
            },
        ),
        Sent("GET", "/api/jobs/j", {}),
        Sent("GET", "/api/jobs/j", {}),
        Sent("GET", "/api/catalog/jobs/j", {}),
    ]


async def test_an_import_that_failed_is_an_error(exchanging: Exchanging) -> None:
    failed = {"id": "j", "status": "stopped", "taskResultFailures": 1}
    run = {"id": "r", "taskId": "t", "resultCode": "Failed", "error": "No mesh."}
    async with exchanging(UPLOADED, STARTED, failed, {"runs": [run]}) as (tk, _):
        with pytest.raises(JobFailedError, match=r"The first failure says: No mesh\."):
            await tk.assets.import_file(b"x", filename="chair.glb")


async def test_an_import_that_does_not_tell_what_it_made_is_an_error(
    exchanging: Exchanging,
) -> None:
    async with exchanging(UPLOADED, STARTED, ENDED, {"job": ENDED}) as (tk, _):
        with pytest.raises(DecodeError, match=r"Look again with catalog\.job\('j'\)"):
            await tk.assets.import_file(b"x", filename="chair.glb")


@pytest.mark.parametrize("slow", range(4))
async def test_a_deadline_is_over_all_steps(exchanging: Exchanging, slow: int) -> None:
    answers: list[Any] = [UPLOADED, STARTED, ENDED, OUTPUT]
    # No step takes longer than the deadline, all that came before the slow one and it do.
    answers[slow] = Slow(answers[slow], 0.3)
    answers[slow - 1] = Slow(answers[slow - 1], 0.3)
    async with exchanging(*answers) as (tk, _):
        with pytest.raises(DeadlineError):
            await tk.assets.import_file(b"x", filename="chair.glb", options=Options(deadline=0.45))


async def test_a_deadline_ends_the_rest_between_two_looks(exchanging: Exchanging) -> None:
    async with exchanging(UPLOADED, STARTED, {"id": "j", "status": "running"}) as (tk, _):
        with pytest.raises(DeadlineError, match="Job j has not ended before the deadline"):
            await tk.assets.import_file(
                b"x", filename="chair.glb", interval=30, options=Options(deadline=1.5)
            )
