"""One call over a real connection: repeated, refused, or explained; in both worlds."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import (
    AuthenticationError,
    BadRequestError,
    ConnectError,
    DecodeError,
    ForbiddenError,
    Options,
    PublicToken,
    RateLimitError,
    Retry,
    ServerError,
    TransportError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

ASSET = "5b0f3f8e-1f0a-4d56-8d2e-3a1f6c7d8e02"
LAYERS = "^/api/layers$"


def asked(server: EmulatorThread) -> list[tuple[str, int]]:
    return [(entry.method, entry.status) for entry in server.journal()]


async def test_a_read_is_repeated_until_it_succeeds(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    server.faults.add(effect="status", status=503, path=LAYERS, times=2)
    assert (await tk.layers.list().first()).items == []
    assert asked(server) == [("GET", 503), ("GET", 503), ("GET", 200)]
    assert (tk.stats.requests, tk.stats.retries) == (3, 2)


async def test_attempts_end_with_the_last_answer(connect: Connect, server: EmulatorThread) -> None:
    server.faults.add(effect="status", status=503, code="down", message="Down", path=LAYERS)
    with pytest.raises(ServerError, match="GET /api/layers was answered 503 down: Down") as failed:
        await connect(server).layers.list().first()
    assert failed.value.attempts == len(server.journal()) == 3
    assert "Try again later" in str(failed.value)


async def test_one_attempt_is_never_repeated(connect: Connect, server: EmulatorThread) -> None:
    server.faults.add(effect="status", status=503, path=LAYERS)
    with pytest.raises(ServerError):
        await connect(server, retry=Retry(attempts=1)).layers.list().first()
    assert asked(server) == [("GET", 503)]


async def test_options_of_a_call_win_over_those_of_the_client(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=503, path="/api/layers/")
    tk = connect(server)
    with pytest.raises(ServerError):
        await tk.layers.get(ASSET, options=Options(retry=Retry(attempts=2, base=0)))
    assert len(server.journal()) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"effect": "status", "status": 503}, ServerError),
        ({"effect": "status", "status": 500}, ServerError),
        ({"effect": "reset_before"}, TransportError),
    ],
)
async def test_a_write_that_was_sent_is_not_repeated(
    connect: Connect, server: EmulatorThread, fault: dict[str, Any], kind: type[Exception]
) -> None:
    server.faults.add(method="POST", **fault)
    with pytest.raises(kind) as failed:
        await connect(server).layers.create(asset_id=ASSET)
    assert getattr(failed.value, "sent", True) is True
    assert len(server.journal()) == 1


async def test_a_write_that_was_refused_for_its_rate_is_repeated(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=429, retry_after="0", method="POST", times=1)
    layer = await connect(server).layers.create(asset_id=ASSET)
    assert layer.asset_id == ASSET
    assert asked(server) == [("POST", 429), ("POST", 200)]


async def test_a_rate_limit_that_lasts_comes_out_with_its_wait(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=429, retry_after="0", path=LAYERS)
    with pytest.raises(RateLimitError, match="429") as limited:
        await connect(server).layers.list().first()
    assert limited.value.retry_after == 0.0
    assert limited.value.attempts == 3


async def test_a_wait_longer_than_the_cap_is_not_waited_for(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=429, retry_after="86400", path=LAYERS)
    with pytest.raises(RateLimitError) as limited:
        await connect(server).layers.list().first()
    assert limited.value.retry_after == 86400.0
    assert len(server.journal()) == 1


async def test_a_gateways_page_is_repeated_and_then_called_a_page(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="html", status=502, path=LAYERS)
    with pytest.raises(ServerError, match="502: an HTML page instead") as failed:
        await connect(server).layers.list().first()
    assert (failed.value.status, failed.value.code) == (502, None)
    assert len(server.journal()) == 3


async def test_a_page_in_place_of_json_points_to_the_host(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="html", status=200, path=LAYERS)
    with pytest.raises(DecodeError, match="check the host setting") as failed:
        await connect(server).layers.list().first()
    assert str(failed.value).startswith("GET /api/layers succeeded, but")


async def test_malformed_json_is_a_decode_error(connect: Connect, server: EmulatorThread) -> None:
    server.faults.add(effect="malformed_json", path=LAYERS)
    with pytest.raises(DecodeError, match="is not JSON"):
        await connect(server).layers.list().all()


@pytest.mark.parametrize("fault", [{"effect": "reset_before"}, {"effect": "truncate", "bytes": 5}])
async def test_a_lost_connection_is_tried_again(
    connect: Connect, server: EmulatorThread, fault: dict[str, Any]
) -> None:
    server.faults.add(path=LAYERS, times=2, **fault)
    tk = connect(server)
    assert await tk.layers.list().all() == []
    assert tk.stats.retries >= 1
    assert len(server.journal()) == 3


async def test_one_attempt_is_one_request_also_when_the_connection_is_lost(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="reset_before", path=LAYERS)
    tk = connect(server, retry=Retry(attempts=1))
    with pytest.raises(TransportError):
        await tk.layers.list().first()
    assert len(server.journal()) == tk.stats.requests == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"effect": "reset_before"}, "the connection was lost"),
        ({"effect": "truncate", "bytes": 5}, "the answer was cut off before its end"),
    ],
)
async def test_a_connection_lost_each_time_says_so(
    connect: Connect, server: EmulatorThread, fault: dict[str, Any], says: str
) -> None:
    server.faults.add(path=LAYERS, **fault)
    with pytest.raises(TransportError, match=f"GET /api/layers: {says}") as failed:
        await connect(server).layers.list().first()
    assert failed.value.sent is True
    assert "Given up after 3 attempts" in str(failed.value)
    assert "Try again" in str(failed.value)


async def test_a_wrong_token_is_told_apart_from_none(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(AuthenticationError, match="GET /api/layers was answered 401") as failed:
        await connect(server, token="recognisable").layers.list().first()
    assert "Check the token" in str(failed.value)
    assert "recognisable" not in str(failed.value)


async def test_a_public_token_may_read_and_may_not_upload(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, token=PublicToken(server.public_token))
    assert await tk.layers.list().all() == []
    with pytest.raises(ForbiddenError, match="writes need a private token"):
        await tk.files.upload(b"bytes", filename="x.bin")
    assert server.journal()[0].token == "public"


async def test_a_missing_organisation_says_how_to_give_one(
    connect: Connect, server: EmulatorThread
) -> None:
    with pytest.raises(BadRequestError, match="Pass org_id=") as failed:
        await connect(server, org_id=None).assets.list().first()
    assert (failed.value.code, failed.value.status) == ("orgid_required", 400)


async def test_the_organisation_goes_with_every_request(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    server.fill(layers=1)
    layer = (await tk.layers.list().first()).items[0]
    await tk.layers.get(layer.id)
    await tk.layers.groups("jobId").all()
    await tk.assets.list().all()
    await tk.layers.create(asset_id=ASSET)
    await tk.files.upload(b"bytes", filename="x.bin")
    assert len(server.journal()) == 6
    assert all(f"orgId={server.org_id}" in entry.query for entry in server.journal())


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a host that nobody knows, without asking a name server."""

    def unknown(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    return "nowhere.invalid"


async def test_an_unknown_host_is_a_connect_error(
    connect: Connect, server: EmulatorThread, nowhere: str
) -> None:
    tk = connect(server, host=nowhere)
    with pytest.raises(ConnectError, match=r"nowhere\.invalid.* is not known") as failed:
        await tk.layers.get(ASSET)
    assert failed.value.sent is False
    assert tk.stats.requests == 3


async def test_a_write_is_repeated_when_no_connection_could_be_made(
    connect: Connect, server: EmulatorThread, nowhere: str
) -> None:
    tk = connect(server, host=nowhere)
    with pytest.raises(ConnectError, match="POST /api/layers"):
        await tk.layers.create(asset_id=ASSET)
    assert tk.stats.requests == 3


async def test_a_refused_port_is_a_connect_error(connect: Connect, server: EmulatorThread) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConnectError, match="Check that the server runs there") as failed:
            await connect(server, host=host).layers.get(ASSET)
    assert failed.value.sent is False


async def test_tls_to_a_plain_port_is_a_connect_error(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server, host=server.url.replace("http://", "https://"))
    with pytest.raises(ConnectError, match=r"TLS check.*Check the scheme and the port"):
        await tk.layers.get(ASSET)


async def test_a_closed_client_sends_nothing(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    await tk.layers.list().first()
    await tk.aclose()
    with pytest.raises(UsageError, match=r"client is closed\. Make a new one; nothing was sent"):
        await tk.layers.list().first()
    with pytest.raises(UsageError, match="client is closed"):
        await tk.layers.get(ASSET)
    assert len(server.journal()) == 1


async def test_a_client_closed_before_its_first_request_stays_closed(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    await tk.aclose()
    await tk.aclose()
    with pytest.raises(UsageError, match="client is closed"):
        await tk.layers.get(ASSET)


async def test_a_client_with_other_options_shares_everything_else(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    twin = tk.with_options(retry=Retry(attempts=1))
    server.faults.add(effect="status", status=503, path=LAYERS)
    with pytest.raises(ServerError):
        await twin.layers.list().first()
    assert tk.stats.requests == twin.stats.requests == 1
    await twin.aclose()
    server.faults.clear()
    assert await tk.layers.list().all() == []
