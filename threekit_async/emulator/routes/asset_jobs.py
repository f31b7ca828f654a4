"""``/api/asset-jobs``: imports, exports, renders and downloads; each starts a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from threekit_async.emulator.data.tables import FILES, JOBS
from threekit_async.emulator.engine.answering import answer_job, earlier_job, start_job
from threekit_async.emulator.engine.batch_bodies import BATCH
from threekit_async.emulator.engine.batches import MOST, TooMany, batch_tasks
from threekit_async.emulator.web.answers import forbidden
from threekit_async.emulator.web.contract import Body, Refusal, Route
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.schemas import NonEmpty
from threekit_async.models.asset_jobs import AssetJob

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

CLIENT = "the vendor's own client"
PUBLIC = "public integrations"
# 422 is documented for imports and assumed for the others; its code is an assumption.
BAD_JOB = Refusal(
    status=422, code="asset_job_error", message="Malformed request, or the job could not start"
)
NO_JOB = Refusal(status=404, code="job_not_found", message="Job not found")
TOO_MANY = Refusal(
    status=422,
    code="asset_job_error",
    message=f"More than {MOST} combinations: ask for a smaller subset",
)
# Clients send these as booleans or as their text.
FLAG = bool | str
WAITED: Mapping[str, object] = {"orgId": str, "sync": FLAG, "wait": FLAG, "cache": FLAG}
RENDER: Mapping[str, object] = {
    **WAITED,
    "configuration": Mapping,
    "stageId": str,
    "stageConfiguration": Mapping,
    "layerId": str,
    "settings": Mapping,
}

# Textures are no results of a job, so that none must be named (assumption).
ABOUT_A_JOB: Mapping[str, Any] = {
    "anyOf": [
        {"required": ["jobId"], "properties": {"jobId": {"type": "string"}}},
        {"required": ["type", "assetIds"], "properties": {"type": {"const": "texture"}}},
    ]
}


def routes() -> list[Route]:
    """List the routes."""
    return [
        healthcheck("asset-jobs", source=CLIENT),
        Route(
            verb="POST",
            path="/api/asset-jobs/import",
            handler=import_file,
            confidence="documented",
            source="the vendor's developer pages, Import Assets",
            access="private",
            query={"orgId": str},
            body=Body(
                fields={
                    "fileId": NonEmpty,
                    **dict.fromkeys(("orgId", "title", "parentFolderId", "targetAssetId"), str),
                    "sync": FLAG,
                    "settings": Mapping,
                },
                required=("fileId",),
            ),
            refusal=BAD_JOB,
            returns=AssetJob,
        ),
        Route(
            verb="POST",
            path="/api/asset-jobs/clara",
            handler=import_clara,
            confidence="documented",
            source="the vendor's help centre, Asset Jobs API",
            access="private",
            query={"orgId": str},
            body=Body(
                fields={"claraURL": NonEmpty, "orgId": str, "sync": FLAG}, required=("claraURL",)
            ),
            refusal=BAD_JOB,
            returns=AssetJob,
        ),
        Route(
            verb="POST",
            path="/api/asset-jobs/renders",
            handler=render_batch,
            confidence="seen in client",
            source=PUBLIC,
            access="private",
            query={"orgId": str},
            body=BATCH,
            refusal=BAD_JOB,
            refusals=(TOO_MANY,),
            returns=AssetJob,
        ),
        Route(
            verb="POST",
            path="/api/asset-jobs/downloads",
            handler=download,
            confidence="inferred",
            source="the vendor's developer pages, Job Results Download, without the path",
            access="private",
            query={"orgId": str},
            body=Body(
                fields={
                    "jobId": NonEmpty,
                    "orgId": str,
                    "format": Literal["png", "jpeg"],
                    "type": Literal["jobResult", "texture"],
                    "assetIds": list[str],
                    "sync": FLAG,
                },
                rules=ABOUT_A_JOB,
            ),
            refusal=BAD_JOB,
            refusals=(NO_JOB,),
            returns={"jobId": str, "job?": object, "files?": list[object]},
        ),
        Route(
            verb="POST",
            path="/api/asset-jobs/{assetId}/export/{format}",
            handler=export,
            confidence="seen in client",
            source=f"{CLIENT}, and {PUBLIC}",
            query={"orgId": str},
            body=Body(
                fields={**WAITED, "assetId": str, "configuration": Mapping, "settings": Mapping},
                optional=True,
            ),
            refusal=BAD_JOB,
            returns=AssetJob,
        ),
        _render_route("webgl", "seen in client", PUBLIC),
        _render_route("vray", "inferred", "by analogy; the vendor's own client has the types only"),
    ]


def _render_route(renderer: str, confidence: Any, source: str) -> Route:
    return Route(
        verb="POST",
        path=f"/api/asset-jobs/{{assetId}}/render/{renderer}/image",
        handler=render_webgl if renderer == "webgl" else render_vray,
        confidence=confidence,
        source=source,
        access="private",
        query={"orgId": str},
        body=Body(fields=RENDER, optional=True),
        refusal=BAD_JOB,
        returns=AssetJob,
    )


async def import_file(ask: Ask) -> web.Response:
    """Import one uploaded file as an asset.

    A file that does not exist fails the task, as whatever is found out later (assumption).
    """
    body = _body(ask)
    file = ask.store.get(FILES, body["fileId"]) or {"filename": body["fileId"]}
    given = ("fileId", "parentFolderId", "targetAssetId", "settings")
    parameters = {name: body[name] for name in given if body.get(name)}
    title = body.get("title") or f"Import {file['filename']}"
    files = {"files": [{"fileId": body["fileId"]}]}
    job = start_job(ask, type="import", title=title, task=parameters, parameters=files)
    return await answer_job(ask, job, wait=_on(body, "sync"))


async def import_clara(ask: Ask) -> web.Response:
    """Start a job that fails: the emulator does not reach clara.io."""
    body = _body(ask)
    task = {"claraURL": body["claraURL"]}
    job = start_job(ask, type="import", title="Import from clara.io", task=task)
    return await answer_job(ask, job, wait=_on(body, "sync"))


async def export(ask: Ask) -> web.Response:
    """Export an asset in a configuration.

    A format that cannot be written fails the task; the answer is still 200, as the vendor's
    clients expect. With ``cache``, an earlier result for the same input is answered.
    """
    body = _body(ask)
    format_ = ask.part("format")
    task: Record = {
        "assetId": ask.part("assetId"),
        "format": format_,
        "configuration": body.get("configuration") or {},
        "settings": body.get("settings") or {},
    }
    job = earlier_job(ask, "export", task) if _on(body, "cache") else None
    job = job or start_job(ask, type="export", title=f"Export {format_}", task=task)
    return await answer_job(ask, job, wait=_on(body, "sync"))


async def render_webgl(ask: Ask) -> web.Response:
    """Render one image with WebGL, and register it as a layer."""
    return await _render(ask, "webgl")


async def render_vray(ask: Ask) -> web.Response:
    """Render one image with V-Ray, and register it as a layer (the path is an assumption)."""
    return await _render(ask, "vray")


async def _render(ask: Ask, renderer: str) -> web.Response:
    body = _body(ask)
    task: Record = {
        "assetId": ask.part("assetId"),
        "configuration": body.get("configuration") or {},
        "stageId": body.get("stageId") or "",
        "stageConfiguration": body.get("stageConfiguration") or {},
        "type": renderer,
        "settings": body.get("settings") or {},
    }
    if body.get("layerId"):
        task["layerId"] = body["layerId"]
    job = earlier_job(ask, "render", task) if _on(body, "cache") else None
    job = job or start_job(ask, type="render", title=f"Render {task['assetId']}", task=task)
    return await answer_job(ask, job, wait=_on(body, "sync"))


async def render_batch(ask: Ask) -> web.Response:
    """Render every combination of the subsets of assets and stages, one task each."""
    body = _body(ask)
    try:
        tasks = batch_tasks(ask.state, ask.org_id, body)
    except TooMany:
        raise TOO_MANY.error() from None
    job = ask.state.engine.start(
        org_id=ask.org_id,
        user_id=ask.caller.user_id,
        type="render",
        title=body.get("jobName") or "Batch render",
        parameters={name: value for name, value in body.items() if name in BATCH.fields},
        tasks=tasks,
    )
    return await answer_job(ask, job, wait=_on(body, "sync"))


async def download(ask: Ask) -> web.Response:
    """Zip the results of a job, or the images of textures; a second call answers the files.

    The path is an assumption, and so are the names inside the zip.
    """
    body = _body(ask)
    source = _source(ask, body)
    task: Record = {
        "jobId": body.get("jobId"),
        "type": body.get("type") or "jobResult",
        "format": body.get("format") or "png",
        "assetIds": body.get("assetIds") or [],
    }
    if (earlier := earlier_job(ask, "download", task)) is not None:
        return await answer_job(ask, earlier, wait=True, files=True)
    title = f"Download {source['title'] if source else 'textures'}"
    job = start_job(ask, type="download", title=title, task=task)
    return await answer_job(ask, job, wait=_on(body, "sync"), files=True)


def _source(ask: Ask, body: Record) -> Record | None:
    """Return the job the body names, if it names one."""
    if body.get("jobId") is None:
        return None
    source = ask.store.get(JOBS, body["jobId"])
    if source is None or source["orgId"] != ask.org_id:
        raise NO_JOB.error()
    return source


def _body(ask: Ask) -> Record:
    """Return the body, if it speaks of the token's own organisation or of none."""
    body: Record = ask.body or {}
    if body.get("orgId") not in (None, "", ask.org_id):
        raise forbidden()
    return body


def _on(body: Record, name: str) -> bool:
    """Read a flag that may be a boolean or its text."""
    return body.get(name) in (True, "true")
