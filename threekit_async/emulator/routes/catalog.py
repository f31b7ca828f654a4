"""``/api/catalog``: items as shops see them, and imports in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from threekit_async.emulator.apis.catalog import find_item, visible_items
from threekit_async.emulator.data.filters import Filters
from threekit_async.emulator.data.tables import JOBS, TASKS
from threekit_async.emulator.engine.outputs import output_of
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.contract import Form, Refusal, Route
from threekit_async.emulator.web.forms import add_files, read_form
from threekit_async.emulator.web.health import healthcheck
from threekit_async.emulator.web.query import read_flag
from threekit_async.models.catalog import CatalogJob, CatalogProduct, CatalogUpload

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.data.store import Record
    from threekit_async.emulator.web.asking import Ask

HELP = "the vendor's help centre, Catalog API"
CLIENT = "the vendor's own client"
INTEGRATIONS = "public integrations"
# The codes are assumptions.
UNKNOWN = Refusal(status=404, code="product_not_found", message="Product not found")
NO_JOB = Refusal(status=404, code="job_not_found", message="Job not found")
BAD_UPLOAD = Refusal(status=422, code="upload_error", message="The form holds no file")
ORG = {"orgId": str}


def routes() -> list[Route]:
    """List the routes."""
    return [
        healthcheck("catalog", source=CLIENT),
        healthcheck("catalog/products", source=CLIENT),
        Route(
            verb="GET",
            path="/api/catalog/products",
            handler=list_products,
            confidence="documented",
            source=HELP,
            any_org=True,
            query={
                **ORG,
                "metadata": Mapping,
                "publicShare": bool,
                **dict.fromkeys(("name", "nameLike", "tags", "keywords"), str),
            },
            returns={"products": list[CatalogProduct]},
        ),
        Route(
            verb="GET",
            path="/api/catalog/products/{id}",
            handler=get_product,
            confidence="seen in client",
            source=CLIENT,
            any_org=True,
            query=ORG,
            refusals=(UNKNOWN,),
            returns=CatalogProduct,
        ),
        Route(
            verb="POST",
            path="/api/catalog/assets/upload",
            handler=upload,
            confidence="seen in client",
            source=INTEGRATIONS,
            query=ORG,
            form=Form(
                files=("files",),
                fields={"orgId": str, "sync": Literal["true", "false"]},
                required=("files",),
            ),
            refusal=BAD_UPLOAD,
            returns=list[CatalogUpload],
        ),
        Route(
            verb="GET",
            path="/api/catalog/jobs/{jobId}",
            handler=get_job,
            confidence="seen in client",
            source=INTEGRATIONS,
            query=ORG,
            refusals=(NO_JOB,),
            returns=CatalogJob,
        ),
    ]


async def list_products(ask: Ask) -> web.Response:
    """Answer all items that match, own ones first."""
    return json_answer({"products": visible_items(ask.store, ask.org_id, ask.query)})


async def get_product(ask: Ask) -> web.Response:
    """Answer one item, an own one or a shared one of a public organisation."""
    item = find_item(ask.store, ask.org_id, ask.part("id"))
    if item is None:
        raise UNKNOWN.error()
    return json_answer(item)


async def upload(ask: Ask) -> web.Response:
    """Keep each file and start a job that imports it; ``sync`` waits for the jobs."""
    form = await read_form(ask)
    if not form.files:
        raise BAD_UPLOAD.error()
    if form.fields.get("orgId") not in (None, "", ask.org_id):
        raise forbidden()
    wait = "sync" in form.fields and read_flag(form.fields, "sync", BAD_UPLOAD)
    jobs = [_start(ask, file) for file in add_files(ask, form.files)]
    if wait:
        jobs = [await ask.state.engine.wait(job["id"]) or job for job in jobs]
    return json_answer([{"jobId": job["id"], "job": job, "msg": _said(job)} for job in jobs])


def _start(ask: Ask, file: Record) -> Record:
    parameters: dict[str, Any] = {"fileId": file["id"], "settings": {}}
    return ask.state.engine.start(
        org_id=ask.org_id,
        user_id=ask.caller.user_id,
        type="import",
        title=f"Import {file['filename']}",
        parameters={"files": [{"fileId": file["id"]}]},
        tasks=[{"type": "import", "title": file["filename"], "parameters": parameters}],
    )


def _said(job: Record) -> str:
    return f"Job {job['status']}"


async def get_job(ask: Ask) -> web.Response:
    """Answer an import and, once it has stopped, what it made by asset type.

    That the parameters name the imported files was seen, the rest of the job is an assumption.
    """
    job = ask.store.get(JOBS, ask.part("jobId"))
    if job is None or job["orgId"] != ask.org_id:
        raise NO_JOB.error()
    file_ids = _files_of(ask, job)
    files = [{"fileId": file_id} for file_id in file_ids]
    answer: Record = {"job": {**job, "parameters": {**job["parameters"], "files": files}}}
    if job["status"] == "stopped":
        answer["output"] = output_of(ask.state, job["id"])
    return json_answer(answer)


def _files_of(ask: Ask, job: Record) -> list[str]:
    """Return the ids of the files that a job's tasks import."""
    filters = Filters()
    filters.equals("jobId", job["id"])
    tasks = ask.store.records(TASKS, filters)
    ids = [task["parameters"].get("fileId") for task in tasks if task["type"] == "import"]
    return [file_id for file_id in ids if isinstance(file_id, str)]
