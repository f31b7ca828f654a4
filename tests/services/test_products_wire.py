"""Products: the exact request of each method, both ways to import, both answers."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.exchanges import Answer, Exchanging, Part, Sent, Slow
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    DecodeError,
    Options,
    Timeout,
    UnprocessableError,
    UsageError,
)
from threekit_async.errors import JobFailedError
from threekit_async.models.assets import Asset
from threekit_async.models.base import converter
from threekit_async.models.jobs import Job, Run
from threekit_async.models.products import Product, ProductEntry, ProductImport, ProductQuery
from threekit_async.services.products_results import result_files
from threekit_async.session.session import Session
from threekit_async.transfer.upload import Upload

Call = Callable[[AsyncThreekit], Awaitable[Any]]

ENTRIES = [ProductEntry(query=ProductQuery(id="a"), product=Product(name="Chair"))]
WRITTEN = [{"query": {"id": "a"}, "product": {"name": "Chair"}}]
TEXT = json.dumps(WRITTEN, separators=(",", ":")).encode()
FILE = Part("file", TEXT, "products.json", "application/json")
STARTED = {"jobId": "j", "job": {"id": "j", "status": "pending"}}
MADE = {"products": [{"id": "a", "name": "Chair", "metadata": {"SKU": "1"}}]}


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.products.export(),
            Sent("GET", "/api/products/export/json", {}),
            WRITTEN,
            ENTRIES,
        ),
        (
            lambda tk: tk.products.export(tags="t", keywords="k"),
            Sent("GET", "/api/products/export/json", {"tags": "t", "keywords": "k"}),
            [],
            [],
        ),
        (
            lambda tk: tk.products.translations(),
            Sent("GET", "/api/products/translations", {}),
            Answer(b'"Canonical Name","de"\r\n', content_type="text/csv"),
            '"Canonical Name","de"\r\n',
        ),
        (
            lambda tk: tk.products.import_translations(b"a,b"),
            Sent(
                "POST",
                "/api/products/translations",
                {},
                [Part("file", b"a,b", "translations.csv", "text/csv")],
            ),
            {},
            None,
        ),
        (
            lambda tk: tk.products.healthcheck(),
            Sent("GET", "/api/products/healthcheck", {}),
            True,
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


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({}, [FILE]),
        ({"sync": False}, [Part("sync", b"false"), FILE]),
        ({"sync": True}, [Part("sync", b"true"), FILE]),
        ({"send_as": "json"}, WRITTEN),
        ({"send_as": "json", "sync": False}, {"sync": "false", "files": WRITTEN}),
    ],
)
async def test_entries_are_sent_as_a_file_or_as_the_body(
    exchanging: Exchanging, given: dict[str, Any], body: Any
) -> None:
    async with exchanging(STARTED) as (tk, seen):
        await tk.products.import_(ENTRIES, **given)
        await tk.products.import_(WRITTEN, **given)
    assert seen == [Sent("POST", "/api/products/import", {}, body)] * 2


@pytest.mark.parametrize(
    ("source", "filename", "mime_type"),
    [
        (lambda _: TEXT, "products.json", "application/json"),
        (lambda path: path, "chairs.json", "application/json"),
        (str, "chairs.json", "application/json"),
        (lambda _: io.BytesIO(TEXT), "products.json", "application/json"),
        (lambda _: Upload(TEXT), "products.json", "application/json"),
        (Upload, "chairs.json", "application/json"),
        (lambda path: Upload(path, filename="b.txt"), "b.txt", "application/json"),
        (lambda _: Upload(TEXT, mime_type="text/plain"), "products.json", "text/plain"),
        (lambda _: [TEXT[:5], TEXT[5:]], "products.json", "application/json"),
        (lambda _: iter([TEXT[:5], TEXT[5:]]), "products.json", "application/json"),
    ],
)
async def test_a_file_of_entries_is_sent_as_it_is(
    exchanging: Exchanging,
    tmp_path: Path,
    source: Callable[[Path], Any],
    filename: str,
    mime_type: str,
) -> None:
    path = tmp_path / "chairs.json"
    path.write_bytes(TEXT)
    async with exchanging(STARTED) as (tk, seen):
        await tk.products.import_(source(path))
    assert [request.body for request in seen] == [[Part("file", TEXT, filename, mime_type)]]


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (STARTED, ProductImport(job_id="j", job=Job(id="j", status="pending"))),
        ({"jobId": "j"}, ProductImport(job_id="j")),
        (
            MADE,
            ProductImport(products=[Asset(id="a", name="Chair", metadata={"SKU": "1"})]),
        ),
        ({"new": 7}, ProductImport(extra={"new": 7})),
    ],
)
async def test_both_answers_of_an_import_are_read(
    exchanging: Exchanging, answer: Any, read: ProductImport
) -> None:
    async with exchanging(answer) as (tk, _):
        assert await tk.products.import_(ENTRIES) == read


@pytest.mark.parametrize(
    ("products", "given", "says"),
    [
        ([], {}, "nothing to import"),
        (b"[]", {"send_as": "json"}, "Only entries can be sent as 'json'"),
        (ENTRIES, {"send_as": "csv"}, "must be 'file' or 'json', not 'csv'"),
        ("missing.json", {}, "missing.json is not a file"),
    ],
)
async def test_what_cannot_be_imported_is_not_sent(
    exchanging: Exchanging, products: Any, given: dict[str, Any], says: str
) -> None:
    async with exchanging(STARTED) as (tk, seen):
        with pytest.raises(UsageError, match=says):
            await tk.products.import_(products, **given)
    assert seen == []


async def test_entries_that_cannot_be_read_are_refused(exchanging: Exchanging) -> None:
    async with exchanging(Answer({"error": {"message": "No"}}, status=422)) as (tk, _):
        with pytest.raises(UnprocessableError):
            await tk.products.import_(ENTRIES)


STOPPED = {"id": "j", "status": "stopped", "taskResultFailures": 0}
RUNS = {
    "runs": [
        {
            "id": "r",
            "results": {
                "files": [
                    {"id": "log", "filename": "stdout"},
                    {"id": "f", "filename": "assets.json"},
                ]
            },
        }
    ]
}


async def test_an_import_is_waited_for_and_its_assets_are_read(exchanging: Exchanging) -> None:
    seen_jobs: list[Job] = []
    running = {"id": "j", "status": "running"}
    async with exchanging(STARTED, running, STOPPED, RUNS, MADE["products"]) as (tk, seen):
        assets = await tk.products.import_and_wait(ENTRIES, interval=0, progress=seen_jobs.append)
    assert assets == [Asset(id="a", name="Chair", metadata={"SKU": "1"})]
    assert [(sent.verb, sent.path) for sent in seen] == [
        ("POST", "/api/products/import"),
        ("GET", "/api/jobs/j"),
        ("GET", "/api/jobs/j"),
        ("GET", "/api/jobs/runs"),
        ("GET", "/api/files/f/content"),
    ]
    assert seen[0].body == [Part("sync", b"false"), FILE]
    assert seen[3].query["jobId"] == "j"
    assert [job.status for job in seen_jobs] == ["running", "stopped"]


async def test_an_import_that_fails_raises_with_its_job(exchanging: Exchanging) -> None:
    failed = {**STOPPED, "taskResultFailures": 1}
    async with exchanging(STARTED, failed, {"runs": []}) as (tk, _):
        with pytest.raises(JobFailedError) as failure:
            await tk.products.import_and_wait(ENTRIES, interval=0)
    assert failure.value.job.id == "j"


async def test_an_import_that_is_done_at_once_is_not_waited_for(exchanging: Exchanging) -> None:
    async with exchanging(MADE) as (tk, seen):
        assets = await tk.products.import_and_wait(ENTRIES, send_as="json")
    assert [asset.id for asset in assets] == ["a"]
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([{}], "neither jobId nor products"),
        ([STARTED, STOPPED, {"runs": []}], "without a file that lists the assets"),
        ([STARTED, STOPPED, RUNS, {"not": "a list"}], "GET /api/files/f/content succeeded, but"),
    ],
)
async def test_an_import_without_a_list_of_assets_says_so(
    exchanging: Exchanging, answers: list[Any], says: str
) -> None:
    async with exchanging(*answers) as (tk, _):
        with pytest.raises(DecodeError, match=says):
            await tk.products.import_and_wait(ENTRIES, interval=0)


@pytest.mark.parametrize("slow", range(3))
async def test_a_deadline_is_over_all_steps_of_an_import(exchanging: Exchanging, slow: int) -> None:
    answers: list[Any] = [STARTED, STOPPED, RUNS, MADE["products"]]
    # Neither of two steps takes longer than the deadline, both do.
    answers[slow : slow + 2] = [Slow(answer, 0.3) for answer in answers[slow : slow + 2]]
    async with exchanging(*answers) as (tk, _):
        with pytest.raises(DeadlineError):
            await tk.products.import_and_wait(ENTRIES, options=Options(deadline=0.45))


@pytest.mark.parametrize(
    ("given", "silence"),
    [
        ({"sync": False}, None),
        ({"sync": True}, 300),
        ({}, 300),
        ({"options": Options(timeout=Timeout(read=5))}, 5),
    ],
)
async def test_the_server_is_given_time_where_it_waits_for_the_items(
    exchanging: Exchanging,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    silence: float | None,
) -> None:
    seen = sending(monkeypatch)
    async with exchanging({}) as (tk, _):
        await tk.products.import_(ENTRIES, **given)
    assert [options and options.timeout and options.timeout.read for options in seen] == [silence]


def sending(monkeypatch: pytest.MonkeyPatch) -> list[Options | None]:
    """Send nothing; collect the options of what would be sent."""
    seen: list[Options | None] = []

    async def send(_session: Session, _request: object, options: Options | None = None) -> None:
        seen.append(options)

    monkeypatch.setattr(Session, "send", send)
    return seen


def run(*files: dict[str, Any]) -> Run:
    return converter().structure({"id": "r", "results": {"files": list(files)}}, Run)


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ([{"id": "a", "filename": "x.json"}, {"id": "b", "filename": "x.txt"}], ["a"]),
        ([{"id": "a", "mimeType": "application/json"}, {"id": "b"}], ["a"]),
        ([{"id": "a", "extension": "json"}], ["a"]),
        ([{"id": "a"}, {"id": "log", "filename": "stderr"}], ["a"]),
        ([{"id": "log", "filename": "stdout.log"}], []),
        ([], []),
    ],
)
def test_the_files_that_list_assets_are_chosen(
    files: list[dict[str, Any]], chosen: list[str]
) -> None:
    assert [file.id for file in result_files([run(*files)])] == chosen
