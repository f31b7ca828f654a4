"""The client itself, and single answers that no server gives on purpose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aioresponses import aioresponses

from tests.conftest import Connect
from tests.services.exchanges import at
from threekit_async import Layer, UnprocessableError, UsageError
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.testing.aioresponses_shim import mend

HOST = "http://h.invalid"


@pytest.fixture
def mocked() -> Iterator[aioresponses]:
    mend()
    with aioresponses() as made:
        yield made


@pytest.fixture
def tk(connect: Connect) -> Any:
    """A client of a server that is mocked."""
    return connect(at(HOST), org_id=None)


async def test_the_client_shows_where_it_goes_and_what_is_in_flight(
    connect: Connect, demo_server: EmulatorThread
) -> None:
    tk = connect(demo_server)
    text = repr(tk).removeprefix("<Async").removeprefix("<")
    assert text == (
        f"Threekit {demo_server.url} org_id='{demo_server.org_id}' <Gate 0 of 32 in flight>>"
    )


async def test_a_client_is_made_from_the_environment(
    connect: Connect, server: EmulatorThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", server.private_token)
    monkeypatch.setenv("THREEKIT_ORG_ID", server.org_id)
    monkeypatch.setenv("THREEKIT_HOST", server.url)
    tk = connect.from_env(deadline=20)
    assert await tk.layers.list().all() == []
    assert (tk.settings.org_id, tk.settings.origin) == (server.org_id, server.url)
    [entry] = server.journal()
    assert entry.query.startswith(f"orgId={server.org_id}")


async def test_requests_retries_and_bytes_are_counted(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    server.faults.add(effect="status", status=503, times=1)
    await tk.layers.list().first()
    assert (tk.stats.requests, tk.stats.retries) == (2, 1)
    assert tk.stats.bytes_received == len(b'{"layers":[]}')


@pytest.mark.parametrize("status", [404, 422])
async def test_nothing_found_is_none_whichever_status_the_server_prefers(
    connect: Connect, status: int
) -> None:
    settings = EmulatorSettings(missing_layer_status=404 if status == 404 else 422)
    with EmulatorThread(settings) as server:
        assert await connect(server).layers.find(asset_id="nothing") is None
        assert [entry.status for entry in server.journal()] == [status]


async def test_another_refusal_of_a_search_is_not_taken_for_nothing_found(
    tk: Any,
    mocked: aioresponses,
) -> None:
    refusal = {"error": {"code": "invalid_query_fields", "message": "One or more"}}
    mocked.get(f"{HOST}/api/layers/layer?assetId=a", payload=refusal, status=422)
    with pytest.raises(UnprocessableError, match="invalid_query_fields"):
        await tk.layers.find(asset_id="a")


async def test_fields_nobody_knows_yet_are_kept(tk: Any, mocked: aioresponses) -> None:
    body = {"id": "a", "branch": "archived", "newThing": {"deep": [1]}}
    mocked.get(f"{HOST}/api/layers/a", payload=body)
    layer = await tk.layers.get("a")
    assert layer == Layer(id="a", branch="archived", extra={"newThing": {"deep": [1]}})


async def test_what_was_not_given_is_not_in_the_body(tk: Any, mocked: aioresponses) -> None:
    mocked.post(f"{HOST}/api/layers", payload={"id": "a"})
    await tk.layers.create(asset_id="x", metadata={})
    [[call]] = mocked.requests.values()
    assert json.loads(call.kwargs["data"]._value) == {"assetId": "x", "metadata": {}}


async def test_a_large_answer_is_read_whole(tk: Any, mocked: aioresponses) -> None:
    mocked.get(f"{HOST}/api/files/f/content", body=b"x" * 1_000_000)
    assert len(await tk.files.content("f")) == 1_000_000


async def test_an_unknown_grouping_says_that_nothing_was_sent(
    tk: Any, mocked: aioresponses
) -> None:
    with pytest.raises(UsageError, match=r"[Nn]othing was sent"):
        tk.layers.groups("colour")


def test_the_docstring_of_download_says_that_nothing_is_left() -> None:
    from threekit_async.services.layers import Layers

    assert "Nothing is left under the final name" in (Layers.download.__doc__ or "")
