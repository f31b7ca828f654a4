"""Buckets: what S3 is asked, and what is said when it does not go well."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.transfer.destinations.buckets import Bucket
from tests.transfer.destinations.bytes_of import (
    LARGE,
    BrokenDownloadError,
    Chunks,
    digest_of,
    given,
)
from tests.transfer.destinations.stub_store import Misbehaviour, StubStore, refusal
from threekit_async.errors import ConfigError, DiskFullError, DownloadError
from threekit_async.transfer.destinations import objects
from threekit_async.transfer.destinations.base import PART_SIZE
from threekit_async.transfer.destinations.objects import BucketRemote

MIB = 1024 * 1024


@pytest.fixture
def remote(bucket: Bucket) -> BucketRemote:
    return BucketRemote.at(f"s3://{bucket.name}/renders")


@pytest.fixture
async def stub(no_cloud: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StubStore]:
    store = StubStore()
    # Some of its answers never end, and obstore drops what it has given up at its leisure.
    await store.server.start_server(shutdown_timeout=0.1)
    monkeypatch.setenv("AWS_ENDPOINT", str(store.server.make_url("")).rstrip("/"))
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHEKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the/secret+key")
    yield store
    await store.server.close()


@pytest.mark.parametrize("size", [5, LARGE])
async def test_the_prefix_and_the_kind_of_content_are_kept(
    remote: BucketRemote, bucket: Bucket, size: int
) -> None:
    await remote.store("chair/one.png", Chunks(size), replace=False)
    await remote.copy("chair/one.png", "two.png")
    assert bucket.keys() == ["renders/chair/one.png", "renders/two.png"]
    assert bucket.kind("renders/chair/one.png") == "image/png"
    assert bucket.kind("renders/two.png") == "image/png"


async def test_proving_leaves_nothing(remote: BucketRemote, bucket: Bucket) -> None:
    await remote.prepare()
    assert bucket.keys() == []


async def test_proving_leaves_what_is_called_like_its_probe(
    remote: BucketRemote, bucket: Bucket
) -> None:
    bucket.put("renders/.threekit-writable", b"somebody's")
    await remote.prepare()
    assert bucket.get("renders/.threekit-writable") == b"somebody's"


async def test_a_bucket_without_prefix_is_written_at_its_top(bucket: Bucket) -> None:
    await BucketRemote.at(f"s3://{bucket.name}").store("one.png", given(b"x"), replace=False)
    assert bucket.keys() == ["one.png"]


async def test_a_missing_bucket_is_named(bucket: Bucket) -> None:
    with pytest.raises(DownloadError, match="there is no such bucket") as raised:
        await BucketRemote.at("s3://nobodys-bucket/renders").prepare()
    assert "s3://nobodys-bucket/renders" in str(raised.value)


async def test_a_failed_download_leaves_no_hidden_parts(
    remote: BucketRemote, bucket: Bucket
) -> None:
    with pytest.raises(BrokenDownloadError):
        await remote.store("a", Chunks(LARGE, error=BrokenDownloadError()), replace=False)
    assert bucket.uploads() == []
    assert bucket.keys() == []


async def test_a_cancelled_download_leaves_no_hidden_parts(
    remote: BucketRemote, bucket: Bucket
) -> None:
    class Stopped(Chunks):
        async def __anext__(self) -> bytes:
            if self.drawn > 20 * MIB:
                reached.set()
                await asyncio.Event().wait()
            return await super().__anext__()

    reached = asyncio.Event()
    storing = asyncio.ensure_future(remote.store("a", Stopped(LARGE), replace=False))
    await reached.wait()
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing
    assert bucket.uploads() == []
    assert bucket.keys() == []


async def test_what_another_writes_meanwhile_is_kept(remote: BucketRemote, bucket: Bucket) -> None:
    class Overtaken(Chunks):
        async def __anext__(self) -> bytes:
            if self.drawn == 20 * MIB:
                await asyncio.to_thread(bucket.put, "renders/a", b"theirs")
            return await super().__anext__()

    with pytest.raises(FileExistsError):
        await remote.store("a", Overtaken(LARGE), replace=False)
    assert bucket.get("renders/a") == b"theirs"
    assert bucket.uploads() == []


async def test_the_same_bytes_are_no_conflict(remote: BucketRemote, bucket: Bucket) -> None:
    bucket.put("renders/a", b"xxx")
    await remote.store("a", given(b"xxx"), replace=False)
    assert bucket.get("renders/a") == b"xxx"


async def test_a_store_that_knows_no_conditions_is_asked_before(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    remote = BucketRemote.at(f"s3://{bucket.name}")
    await remote.prepare()
    await remote.store("a", given(b"x"), replace=False)
    with pytest.raises(FileExistsError):
        await remote.store("a", given(b"y"), replace=False)
    assert bucket.get("a") == b"x"


def refusing(step: str, status: int, code: str, message: str = "") -> Misbehaviour:
    async def misbehave(request: web.Request, asked: str) -> web.Response | None:
        return refusal(status, code, message) if asked == step else None

    return misbehave


REFUSALS = [
    (403, "AccessDenied", "access was denied"),
    (403, "InvalidAccessKeyId", "the credentials were not accepted"),
    (403, "SignatureDoesNotMatch", "the credentials were not accepted"),
    (400, "ExpiredToken", "the credentials were not accepted"),
    (401, "Unauthorized", "the credentials were not accepted"),
    (404, "NoSuchBucket", "there is no such bucket"),
    (400, "AuthorizationHeaderMalformed", "in another region"),
    (501, "NotImplemented", "AWS_CONDITIONAL_PUT=disabled"),
    (400, "Whatever", r"the store refused.*\(400 Bad Request, Whatever, No, not that\)"),
]


@pytest.mark.parametrize(("status", "code", "said"), REFUSALS)
async def test_a_refusal_says_what_to_do(
    stub: StubStore, status: int, code: str, said: str
) -> None:
    stub.misbehave = refusing("put", status, code, "No, not that.")
    remote = BucketRemote.at("s3://bucket/renders")
    with pytest.raises(DownloadError, match=said) as raised:
        await remote.prepare()
    assert str(raised.value).startswith("s3://bucket/renders/")
    assert code in str(raised.value)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_a_bucket_that_may_not_be_listed_is_found_before_the_first_file(
    stub: StubStore,
) -> None:
    stub.misbehave = refusing("read", 403, "")
    with pytest.raises(DownloadError, match="access was denied"):
        await BucketRemote.at("s3://bucket").prepare()


async def test_who_may_not_delete_may_still_write(stub: StubStore) -> None:
    stub.misbehave = refusing("delete", 403, "AccessDenied")
    remote = BucketRemote.at("s3://bucket")
    await remote.prepare()
    await remote.prepare()
    assert stub.objects == {".threekit-writable": b""}


@pytest.mark.parametrize("size", [5, LARGE])
@pytest.mark.parametrize(
    ("status", "code"),
    [(507, "InsufficientStorage"), (403, "QuotaExceeded"), (400, "XMinioStorageFull")],
)
async def test_a_full_store_is_a_full_disk(
    stub: StubStore, size: int, status: int, code: str
) -> None:
    step = "part" if size > PART_SIZE else "put"
    stub.misbehave = refusing(step, status, code)
    with pytest.raises(DiskFullError, match="takes no more"):
        await BucketRemote.at("s3://bucket").store("a", Chunks(size), replace=False)
    assert stub.objects == {}


@pytest.mark.parametrize("step", ["start", "part", "complete"])
async def test_a_store_that_refuses_in_the_middle_shows_nothing(stub: StubStore, step: str) -> None:
    stub.misbehave = refusing(step, 403, "AccessDenied")
    chunks = Chunks(LARGE)
    with pytest.raises(DownloadError, match="access was denied"):
        await BucketRemote.at("s3://bucket").store("a", chunks, replace=False)
    assert stub.objects == {}
    assert stub.steps["abort"] == (step != "start")
    # Not drawn to the end for a store that takes nothing.
    assert chunks.drawn < LARGE or step == "complete"


@pytest.mark.parametrize("step", ["start", "part"])
async def test_a_store_that_dies_in_the_middle_shows_nothing(stub: StubStore, step: str) -> None:
    async def misbehave(request: web.Request, asked: str) -> None:
        if asked == step:
            assert request.transport is not None
            request.transport.close()

    stub.misbehave = misbehave
    with pytest.raises(DownloadError, match="the store did not answer"):
        await BucketRemote.at("s3://bucket").store("a", Chunks(LARGE), replace=False)
    assert stub.objects == {}


@pytest.mark.parametrize("step", ["put", "start", "part", "complete"])
async def test_one_bad_moment_of_the_store_is_not_seen(stub: StubStore, step: str) -> None:
    async def misbehave(request: web.Request, asked: str) -> web.Response | None:
        return refusal(503, "SlowDown") if asked == step and stub.steps[step] == 1 else None

    stub.misbehave = misbehave
    chunks = Chunks(5 if step == "put" else LARGE)
    await BucketRemote.at("s3://bucket").store("a", chunks, replace=False)
    assert digest_of(stub.objects["a"]) == chunks.digest
    assert stub.steps[step] >= 2


async def test_a_write_whose_answer_was_lost_is_done(stub: StubStore) -> None:
    async def misbehave(request: web.Request, step: str) -> web.Response | None:
        if step == "put" and stub.steps["put"] == 1:
            stub.objects["a"] = await request.read()
            return refusal(500, "InternalError")
        return None

    stub.misbehave = misbehave
    await BucketRemote.at("s3://bucket").store("a", given(b"xxxxx"), replace=False)
    assert stub.steps["put"] == 2
    assert stub.objects == {"a": b"xxxxx"}


async def test_a_store_that_stalls_holds_the_download_back(stub: StubStore) -> None:
    go_on = asyncio.Event()
    stalled = asyncio.Event()

    async def misbehave(request: web.Request, step: str) -> None:
        if step == "part":
            stalled.set()
            await go_on.wait()

    stub.misbehave = misbehave
    chunks = Chunks(100 * MIB)
    storing = asyncio.ensure_future(
        BucketRemote.at("s3://bucket").store("a", chunks, replace=False)
    )
    await stalled.wait()
    await no_more_drawn(chunks)
    # Two parts on their way, one being filled, and what is handed over.
    assert chunks.drawn <= 3 * PART_SIZE + 3 * MIB
    go_on.set()
    await storing
    assert len(stub.objects["a"]) == 100 * MIB


async def no_more_drawn(chunks: Chunks) -> None:
    """Wait until nothing has been drawn for a while."""
    drawn = -1
    while drawn != chunks.drawn:
        drawn = chunks.drawn
        await asyncio.sleep(0.3)


async def test_a_store_that_never_answers_is_given_up(
    stub: StubStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def misbehave(request: web.Request, step: str) -> None:
        await asyncio.Event().wait()

    stub.misbehave = misbehave
    monkeypatch.setattr(objects, "REACHED_WITHIN", 0.2)
    with pytest.raises(DownloadError, match="did not answer within"):
        await BucketRemote.at("s3://bucket").prepare()


async def test_an_upload_that_cannot_be_aborted_holds_nobody_long(
    stub: StubStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def misbehave(request: web.Request, step: str) -> None:
        if step in {"part", "abort"}:
            await asyncio.Event().wait()

    stub.misbehave = misbehave
    monkeypatch.setattr("threekit_async.transfer.destinations.handover._SETTLES_WITHIN", 0.2)
    error = BrokenDownloadError()
    with pytest.raises(BrokenDownloadError):
        await BucketRemote.at("s3://bucket").store("a", Chunks(9 * MIB, error=error), replace=False)


async def test_nobody_listening_is_said_soon(
    no_cloud: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHEKEY")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the/secret+key")
        with pytest.raises(DownloadError, match="the store did not answer"):
            await BucketRemote.at("s3://bucket").prepare()


async def test_an_endpoint_that_is_not_encrypted_must_be_allowed(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(DownloadError, match="AWS_ALLOW_HTTP=true"):
        await BucketRemote.at(f"s3://{bucket.name}").prepare()


async def test_missing_credentials_are_said(
    stub: StubStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def misbehave(request: web.Request, step: str) -> web.Response:
        return refusal(404)

    stub.misbehave = misbehave
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", str(stub.server.make_url("")).rstrip("/"))
    with pytest.raises(DownloadError, match="no credentials were found"):
        await BucketRemote.at("s3://bucket").prepare()


def test_an_azure_account_must_be_named(no_cloud: None) -> None:
    with pytest.raises(ConfigError, match="Account must be specified"):
        BucketRemote.at("az://container/renders")


def test_azure_and_google_are_made_from_the_environment(
    no_cloud: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "shop")
    monkeypatch.setenv("AZURE_TIMEOUT", "7s")
    azure = BucketRemote.at("az://container//renders/")
    google = BucketRemote.at("gs://bucket")
    assert (azure.address, azure.prefix) == ("az://container/renders", "renders")
    assert (google.address, google.prefix) == ("gs://bucket", "")
    assert "'timeout': '7s'" in str(azure.connection.client_options)  # type: ignore[union-attr]
