"""Catalog: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.exchanges import ORG_ID, Exchanging, Part, Sent
from threekit_async import AsyncThreekit, DecodeError, Options
from threekit_async.models.catalog import CatalogJob, CatalogProduct, CatalogUpload, ImportedAsset
from threekit_async.models.jobs import Job
from threekit_async.session.session import Session
from threekit_async.transfer.upload import Upload

Call = Callable[[AsyncThreekit], Awaitable[Any]]

PRODUCT = {
    "id": "p",
    "name": "Oak chair",
    "description": None,
    "proxyId": "x",
    "tags": ["chair"],
    "keywords": [],
    "metadata": {"SKU": "OC-1"},
}
MADE = CatalogProduct(
    id="p", name="Oak chair", proxy_id="x", tags=["chair"], metadata={"SKU": "OC-1"}
)
STOPPED = {
    "job": {"id": "j", "status": "stopped"},
    "output": {
        "font": [],
        "model": [{"name": "chair", "assetId": "m"}],
        "texture": [{"name": "oak", "assetId": "t", "width": 4}],
    },
}
ORG = Part("orgId", ORG_ID.encode())
SYNC = Part("sync", b"true")


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.catalog.list(
                name="n",
                name_like="l",
                metadata={"SKU": "OC-1"},
                tags="t",
                keywords="k",
                public_share=False,
            ),
            Sent(
                "GET",
                "/api/catalog/products",
                {"name": "n", "nameLike": "l", "metadata": '{"SKU":"OC-1"}', "tags": "t"}
                | {"keywords": "k", "publicShare": "false"},
            ),
            {"products": [PRODUCT]},
            [MADE],
        ),
        (
            lambda tk: tk.catalog.get("p"),
            Sent("GET", "/api/catalog/products/p", {}),
            PRODUCT,
            MADE,
        ),
        (
            lambda tk: tk.catalog.job("j"),
            Sent("GET", "/api/catalog/jobs/j", {}),
            {"job": {"id": "j", "status": "pending"}},
            CatalogJob(job=Job(id="j", status="pending")),
        ),
        (
            lambda tk: tk.catalog.healthcheck(),
            Sent("GET", "/api/catalog/healthcheck", {}),
            None,
            None,
        ),
        (
            lambda tk: tk.catalog.products_healthcheck(),
            Sent("GET", "/api/catalog/products/healthcheck", {}),
            None,
            None,
        ),
    ],
)
async def test_each_call_is_sent_and_read_as_the_vendor_has_it(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_the_shared_items_of_another_organisation_can_be_asked_for(
    exchanging: Exchanging,
) -> None:
    async with exchanging({"products": []}) as (tk, seen):
        await tk.catalog.list(org_id="another")
    assert seen == [Sent("GET", "/api/catalog/products", {"orgId": "another"})]


@pytest.mark.parametrize(("sync", "fields"), [(False, [ORG]), (True, [ORG, SYNC])])
async def test_several_files_are_uploaded_with_one_call(
    exchanging: Exchanging, tmp_path: Path, sync: bool, fields: list[Part]
) -> None:
    picture = tmp_path / "oak.png"
    picture.write_bytes(b"png")
    answer = [{"jobId": "j", "job": {"id": "j", "status": "pending"}, "msg": "ok"}, {"jobId": "k"}]
    async with exchanging(answer) as (tk, seen):
        uploads = await tk.catalog.upload(
            [picture, Upload(b"glb", filename="chair.glb", mime_type="model/gltf-binary")],
            sync=sync,
        )
    assert uploads == [
        CatalogUpload(job_id="j", job=Job(id="j", status="pending"), msg="ok"),
        CatalogUpload(job_id="k"),
    ]
    [sent] = seen
    assert (sent.verb, sent.path, sent.query) == ("POST", "/api/catalog/assets/upload", {})
    assert [part for part in sent.body if part.filename is None] == fields
    assert [part for part in sent.body if part.filename is not None] == [
        Part("files", b"png", "oak.png", "image/png"),
        Part("files", b"glb", "chair.glb", "model/gltf-binary"),
    ]


@pytest.mark.parametrize(("sync", "silence"), [(True, 300), (False, None)])
async def test_the_server_is_given_time_where_it_waits_for_the_imports(
    exchanging: Exchanging, monkeypatch: pytest.MonkeyPatch, sync: bool, silence: float | None
) -> None:
    seen: list[Options | None] = []

    async def send(_session: Session, _request: object, options: Options | None = None) -> None:
        seen.append(options)

    monkeypatch.setattr(Session, "send", send)
    async with exchanging({}) as (tk, _):
        await tk.catalog.upload([Upload(b"x", filename="x.png")], sync=sync)
    assert [options and options.timeout and options.timeout.read for options in seen] == [silence]


async def test_what_an_import_made_is_one_list_with_types(exchanging: Exchanging) -> None:
    async with exchanging(STOPPED) as (tk, _):
        job = await tk.catalog.job("j")
    assert job.assets == [
        ImportedAsset(asset_id="m", name="chair", type="model"),
        ImportedAsset(asset_id="t", name="oak", type="texture", extra={"width": 4}),
    ]
    assert job.output is not None
    assert job.output["model"] == [ImportedAsset(asset_id="m", name="chair")]


async def test_a_job_that_runs_has_made_nothing_yet(exchanging: Exchanging) -> None:
    async with exchanging({"job": {"id": "j"}}) as (tk, _):
        assert (await tk.catalog.job("j")).assets == []


async def test_an_output_that_cannot_be_read_is_named(exchanging: Exchanging) -> None:
    async with exchanging({"output": {"model": [{"name": "chair"}]}}) as (tk, _):
        with pytest.raises(DecodeError) as refusal:
            await tk.catalog.job("j")
    assert refusal.value.path == "output.model[0].assetId"


async def test_an_upload_may_be_answered_with_one_job_instead_of_an_array(
    exchanging: Exchanging,
) -> None:
    async with exchanging({"jobId": "j"}) as (tk, _):
        [started] = await tk.catalog.upload([Upload(b"x", filename="x.png")])
        assert started.job_id == "j"
