"""Proxies, certificates and sessions of the caller's own, over real connections."""

from __future__ import annotations

import asyncio
import gc
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme

from tests.conftest import Connect
from tests.hazards.proxy_server import proxying
from tests.session.attempts import (
    answer,
    answering_with,
    asked,
    call_to,
    talking,
    transport,
)
from tests.session.raw_server import RawServer, answering, json_handler
from threekit_async import ConfigError, ConnectError, Retry, StatusError, UsageError
from threekit_async.network import Network, tls_context
from threekit_async.session.transport import Transport

LAYER = {"id": "5b0f3f8e"}
PAIR = "Basic dXNlcjpzM2NyZXQ="
VARIABLES = [f"{name}_PROXY" for name in ("HTTP", "HTTPS", "ALL", "NO")]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment without proxies."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def identity(authority: trustme.CA, tmp_path: Path) -> Path:
    """A client's certificate and its key, in one file."""
    path = tmp_path / "client.pem"
    authority.issue_cert("client@example.com").private_key_and_cert_chain_pem.write_to_path(path)
    return path


def server_context(
    authority: trustme.CA, *, name: str = "127.0.0.1", asks: bool = False
) -> ssl.SSLContext:
    """The server's side; `asks` wants to know who the client is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if asks:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@asynccontextmanager
async def secured(context: ssl.SSLContext) -> AsyncIterator[RawServer]:
    """A server that speaks TLS, for `connect`."""
    raw = RawServer()
    async with talking(answering_with(answer(b'{"id": "5b0f3f8e"}')), tls=context) as url:
        raw.url = url
        yield raw


async def test_an_authority_of_ones_own_is_trusted(
    connect: Connect, authority: trustme.CA, ca_file: Path
) -> None:
    async with secured(server_context(authority)) as server:
        tk = connect(server, network=Network(ca_file=ca_file))
        assert (await tk.layers.get("a")).id == LAYER["id"]


async def test_an_authority_nobody_knows_is_a_connect_error(
    connect: Connect, authority: trustme.CA
) -> None:
    async with secured(server_context(authority)) as server:
        tk = connect(server)
        with pytest.raises(
            ConnectError, match=r"did not pass the TLS check \(.*certificate.*\).*Network\(ca_file="
        ) as failed:
            await tk.layers.get("a")
        assert failed.value.sent is False


async def test_a_certificate_for_another_host_is_a_connect_error(
    connect: Connect, authority: trustme.CA, ca_file: Path
) -> None:
    async with secured(server_context(authority, name="10.0.0.1")) as server:
        tk = connect(server, network=Network(ca_file=ca_file))
        with pytest.raises(ConnectError, match=r"did not pass the TLS check \(.*127\.0\.0\.1.*\)"):
            await tk.layers.get("a")


@pytest.mark.parametrize("tunnelled", [False, True])
async def test_a_certificate_that_did_not_pass_is_not_looked_at_again(
    connect: Connect, authority: trustme.CA, tunnelled: bool
) -> None:
    async with secured(server_context(authority)) as server, proxying() as proxy:
        network = Network(proxy=proxy.url) if tunnelled else Network()
        tk = connect(server, network=network, retry=Retry(attempts=5, base=0, cap=0))
        for call in (tk.layers.get("a"), tk.layers.create(asset_id="a")):
            with pytest.raises(
                ConnectError, match="Not repeated: the next attempt would end the same way"
            ) as failed:
                await call
            assert failed.value.lasting is True
            assert failed.value.sent is False
        assert (tk.stats.requests, tk.stats.retries) == (2, 0)


async def test_a_certificate_that_does_not_pass_any_more_ends_the_attempts(
    connect: Connect, authority: trustme.CA, ca_file: Path
) -> None:
    """The first two are cut off, and the third meets another server."""
    raw = RawServer()
    seen: list[bytes] = []

    async def cut(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        seen.append(await asked(reader))
        if len(seen) == 2:
            trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    context = server_context(authority)
    async with talking(cut, tls=context) as raw.url:
        tk = connect(raw, network=Network(ca_file=ca_file), retry=Retry(attempts=9, base=0, cap=0))
        with pytest.raises(ConnectError, match=r"TLS check .* Given up after 3 attempts"):
            await tk.layers.get("a")
    assert tk.stats.requests == 3


async def test_a_client_shows_its_certificate(
    connect: Connect, authority: trustme.CA, ca_file: Path, identity: Path
) -> None:
    async with secured(server_context(authority, asks=True)) as server:
        tk = connect(server, network=Network(ca_file=ca_file, client_certificate=identity))
        assert (await tk.layers.get("a")).id == LAYER["id"]


@contextmanager
def insisting(context: ssl.SSLContext) -> Iterator[str]:
    """A server that refuses handshakes as OpenSSL does: asyncio's own hangs up without a word."""

    def refuse() -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                plain, _ = listener.accept()
                with context.wrap_socket(
                    plain, server_side=True, do_handshake_on_connect=False
                ) as one:
                    with suppress(ssl.SSLError):
                        one.do_handshake()
                    socket.socket.shutdown(one, socket.SHUT_WR)
                    while socket.socket.recv(one, 65536):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def test_a_server_that_hangs_up_in_the_handshake_says_so(
    connect: Connect, authority: trustme.CA, ca_file: Path
) -> None:
    context = server_context(authority, asks=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with secured(context) as server:
        tk = connect(server, network=Network(ca_file=ca_file))
        with pytest.raises(ConnectError, match=r"TLS check \(it hung up\)") as failed:
            await tk.layers.get("a")
    # What it did not like may pass, unlike a certificate.
    assert failed.value.lasting is False
    assert tk.stats.requests == 3


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_wants_a_certificate_says_so(
    connect: Connect, authority: trustme.CA, ca_file: Path, version: ssl.TLSVersion
) -> None:
    context = server_context(authority, asks=True)
    context.minimum_version = context.maximum_version = version
    server = RawServer()
    with insisting(context) as server.url:
        tk = connect(server, network=Network(ca_file=ca_file))
        with pytest.raises(ConnectError, match=r"Network\(client_certificate=") as failed:
            await tk.layers.get("a")
        assert failed.value.sent is False


async def test_a_context_takes_the_place_of_files(
    connect: Connect, authority: trustme.CA, ca_file: Path
) -> None:
    context = ssl.create_default_context(cafile=ca_file)
    async with secured(server_context(authority)) as server:
        tk = connect(server, network=Network(ssl_context=context))
        assert (await tk.layers.get("a")).id == LAYER["id"]


def test_an_authority_of_ones_own_is_trusted_besides_the_usual_ones(
    authority: trustme.CA, ca_file: Path
) -> None:
    usual = ssl.create_default_context().cert_store_stats()["x509_ca"]
    found = tls_context(Network(ca_file=ca_file)).cert_store_stats()["x509_ca"]
    assert found == usual + 1


async def test_certificates_are_read_once_and_beside_the_loop(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, ca_file: Path
) -> None:
    threads: list[threading.Thread] = []

    def noted(network: Network) -> ssl.SSLContext:
        threads.append(threading.current_thread())
        return tls_context(network)

    monkeypatch.setattr("threekit_async.session.wire.pool.tls_context", noted)
    network = Network(ca_file=ca_file)
    async with secured(server_context(authority)) as server, transport(network) as line:
        calls = [line.exchange(call_to(server.url)) for _ in range(20)]
        assert len(await asyncio.gather(*calls)) == 20
    [thread] = threads
    assert thread is not threading.main_thread()


async def test_a_call_cancelled_while_certificates_are_read_leaves_the_others_alone(
    authority: trustme.CA, ca_file: Path
) -> None:
    network = Network(ca_file=ca_file)
    async with secured(server_context(authority)) as server, transport(network) as line:
        first, second = (asyncio.create_task(line.exchange(call_to(server.url))) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).status == 200
        assert first.cancelled()


async def test_a_transport_closed_while_certificates_are_read_opens_nothing(ca_file: Path) -> None:
    async with transport(Network(ca_file=ca_file)) as line:
        task = asyncio.create_task(line.exchange(call_to("https://127.0.0.1:1")))
        await asyncio.sleep(0)
        await line.aclose()
        with pytest.raises(UsageError, match="client is closed"):
            await task


async def test_a_plain_request_goes_through_the_proxy(connect: Connect) -> None:
    async with answering(json_handler(LAYER)) as raw, proxying() as proxy:
        tk = connect(raw, network=Network(proxy=proxy.url))
        assert (await tk.layers.get("a")).id == LAYER["id"]
        await tk.layers.create(asset_id="a")
    assert [head.split(" ")[:2] for head in proxy.heads] == [
        ["GET", f"{raw.url}/api/layers/a?orgId={raw.org_id}"],
        ["POST", f"{raw.url}/api/layers?orgId={raw.org_id}"],
    ]
    assert [request.method for request in raw.seen] == ["GET", "POST"]


async def test_tls_goes_through_a_tunnel_and_the_proxy_sees_nothing_of_it(
    connect: Connect, authority: trustme.CA, ca_file: Path
) -> None:
    async with secured(server_context(authority)) as server, proxying() as proxy:
        tk = connect(server, network=Network(proxy=proxy.url, ca_file=ca_file))
        for _ in range(2):
            assert (await tk.layers.get("a")).id == LAYER["id"]
    [head] = proxy.heads  # one tunnel for both
    assert head.startswith(f"CONNECT {server.url.removeprefix('https://')} ")
    assert server.private_token not in head
    assert "orgId" not in head


@pytest.mark.parametrize("tls", [False, True])
async def test_user_and_password_go_to_the_proxy_only(
    connect: Connect,
    authority: trustme.CA,
    ca_file: Path,
    tls: bool,
) -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await asked(reader))
            writer.write(answer(b'{"id": "5b0f3f8e"}'))

    server = RawServer()
    async with (
        talking(talk, tls=server_context(authority) if tls else None) as server.url,
        proxying(wanted=PAIR) as proxy,
    ):
        address = proxy.url.replace("//", "//user:s3cret@")
        tk = connect(server, network=Network(proxy=address, ca_file=ca_file))
        for _ in range(2):
            assert (await tk.layers.get("a")).id == LAYER["id"]
    assert proxy.verbs == (["CONNECT"] if tls else ["GET", "GET"])
    assert len(heads) == 2
    assert not [head for head in heads if b"proxy-authorization" in head.lower()]


@pytest.mark.parametrize("tls", [False, True])
async def test_a_proxy_that_refuses_says_so_without_the_password(
    connect: Connect,
    authority: trustme.CA,
    ca_file: Path,
    tls: bool,
) -> None:
    server = RawServer()
    talk = answering_with(answer())
    async with (
        talking(talk, tls=server_context(authority) if tls else None) as server.url,
        proxying(wanted=PAIR) as proxy,
    ):
        address = proxy.url.replace("//", "//user:wr0ng@")
        tk = connect(server, network=Network(proxy=address, ca_file=ca_file))
        with pytest.raises((ConnectError, StatusError), match="407") as failed:
            await tk.layers.get("a")
    assert "proxy" in str(failed.value)
    assert "wr0ng" not in str(failed.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_named(connect: Connect, scheme: str) -> None:
    raw = RawServer()
    raw.url = f"{scheme}://admin.threekit.invalid"
    async with talking(answering_with(b"")) as url:
        gone = url  # nobody listens there any more
    tk = connect(raw, network=Network(proxy=gone.replace("//", "//user:s3cret@")))
    with pytest.raises(
        ConnectError, match=re.escape(f"no connection to the proxy {gone}")
    ) as failed:
        await tk.layers.get("a")
    assert "s3cret" not in str(failed.value)
    assert failed.value.sent is False


async def test_a_proxy_whose_name_is_not_known_is_named(connect: Connect) -> None:
    raw = RawServer()
    raw.url = "http://admin.threekit.invalid"
    tk = connect(raw, network=Network(proxy="http://proxy.invalid:3128"))
    with pytest.raises(ConnectError, match=r"proxy http://proxy\.invalid:3128 \(its host name"):
        await tk.layers.get("a")


def elsewhere(url: str) -> str:
    """Make a loopback address one that the environment's proxies are used for."""
    return url.replace("127.0.0.1", "emulator.threekit.invalid")


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the proxy of a test find the host that only has a name in it."""
    opened = asyncio.open_connection

    async def found(host: str, port: int) -> Any:
        return await opened(host.replace("emulator.threekit.invalid", "127.0.0.1"), port)

    monkeypatch.setattr(asyncio, "open_connection", found)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_the_environment_names_a_proxy(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, resolving: None, name: str
) -> None:
    async with answering(json_handler(LAYER)) as raw, proxying(wanted=PAIR) as proxy:
        monkeypatch.setenv(name, proxy.url.replace("//", "//user:s3cret@"))
        raw.url = elsewhere(raw.url)
        assert (await connect(raw).layers.get("a")).id == LAYER["id"]
    assert proxy.verbs == ["GET"]


@pytest.mark.parametrize(
    ("variables", "network"),
    [
        ({"NO_PROXY": "threekit.invalid"}, Network()),
        ({"NO_PROXY": "*"}, Network()),
        ({}, Network(trust_env=False)),
    ],
)
async def test_the_environment_can_be_told_otherwise(
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    network: Network,
) -> None:
    raw = RawServer()
    raw.url = "http://emulator.threekit.invalid"
    async with proxying() as proxy:
        for key, value in {"ALL_PROXY": proxy.url, **variables}.items():
            monkeypatch.setenv(key, value)
        with pytest.raises(ConnectError, match=r"host name in .* is not known"):
            await connect(raw, network=network).layers.get("a")
    assert proxy.heads == []


async def test_loopback_is_asked_directly_whatever_the_environment_says(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with answering(json_handler(LAYER)) as raw:
        assert (await connect(raw).layers.get("a")).id == LAYER["id"]


async def test_a_netrc_is_not_looked_at(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw).layers.get("a")
        assert raw.seen[0].headers["Authorization"] == f"Bearer {raw.private_token}"


async def test_a_call_cancelled_while_a_tunnel_opens_gives_its_connection_back() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        reached.set()
        await reader.read()
        left.set()

    reached, left = asyncio.Event(), asyncio.Event()
    async with talking(silent) as url, transport(Network(proxy=url)) as line:
        task = asyncio.create_task(line.exchange(call_to("https://admin.threekit.invalid")))
        await reached.wait()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        await left.wait()


async def test_a_session_of_the_callers_own_is_used_and_stays_open() -> None:
    async with (
        answering(json_handler(LAYER)) as raw,
        aiohttp.ClientSession(
            headers={"User-Agent": "shop/1", "X-Shop": "7"}, raise_for_status=True
        ) as http,
    ):
        async with transport(Network(http_session=http)) as line:
            assert (await line.exchange(call_to(raw.url))).status == 200
            assert http._retry_connection is False
            assert line.abandon() is False
        assert not http.closed
        assert http._retry_connection is True
        async with http.get(raw.url) as response:
            assert response.status == 200
    headers = raw.seen[0].headers
    assert (headers["User-Agent"], headers["X-Shop"]) == ("shop/1", "7")
    assert headers["Accept"].startswith("application/json")


async def test_statuses_are_ours_to_judge_whatever_the_callers_session_does() -> None:
    async with (
        answering(json_handler({}, status=503)) as raw,
        aiohttp.ClientSession(raise_for_status=True, auto_decompress=False) as http,
        transport(Network(http_session=http)) as line,
    ):
        assert (await line.exchange(call_to(raw.url))).status == 503


async def test_a_session_is_as_it_was_when_the_last_of_its_clients_is_closed() -> None:
    async with answering(json_handler(LAYER)) as raw, aiohttp.ClientSession() as http:
        network = Network(http_session=http)
        async with transport(network) as first:
            await first.exchange(call_to(raw.url))
            async with transport(network) as second:
                await second.exchange(call_to(raw.url))
            assert http._retry_connection is False
        assert http._retry_connection is True


async def test_a_session_is_as_it_was_when_its_client_is_forgotten() -> None:
    async with answering(json_handler(LAYER)) as raw, aiohttp.ClientSession() as http:
        line = Transport(user_agent="tests", network=Network(http_session=http))
        await line.exchange(call_to(raw.url))
        del line
        gc.collect()
        assert http._retry_connection is True
        assert not http.closed


async def test_a_session_of_the_callers_own_that_is_closed_says_so() -> None:
    async with answering(json_handler(LAYER)) as raw:
        async with aiohttp.ClientSession() as http, transport(Network(http_session=http)) as line:
            await line.exchange(call_to(raw.url))
            await http.close()
            with pytest.raises(UsageError, match="http_session of this client is closed"):
                await line.exchange(call_to(raw.url))
        async with transport(Network(http_session=http)) as line:
            with pytest.raises(UsageError, match="http_session of this client is closed"):
                await line.exchange(call_to(raw.url))


async def test_a_session_of_another_loop_says_so() -> None:
    async with aiohttp.ClientSession() as http:

        async def elsewhere() -> None:
            async with transport(Network(http_session=http)) as line:
                await line.exchange(call_to("http://127.0.0.1:1"))

        with pytest.raises(UsageError, match="made in another event loop"):
            await asyncio.to_thread(asyncio.run, elsewhere())


async def test_trace_configs_are_called(connect: Connect) -> None:
    traced: list[str] = []

    async def noted(_session: Any, _context: Any, params: Any) -> None:
        traced.append(type(params).__name__)

    config = aiohttp.TraceConfig()
    config.on_request_start.append(noted)
    config.on_request_end.append(noted)
    async with answering(json_handler(LAYER)) as raw:
        await connect(raw, network=Network(trace_configs=[config])).layers.get("a")
    assert traced == ["TraceRequestStartParams", "TraceRequestEndParams"]


def refusals(folder: Path) -> list[tuple[Callable[[], Network], str]]:
    """Settings that cannot work, and what is said about them."""
    there = folder / "there.pem"
    there.write_text("no certificate")
    gone = folder / "gone.pem"
    context = ssl.create_default_context()
    http: Any = object()
    trace: Any = object()
    return [
        (lambda: Network(ssl_context=context, ca_file=there), "ca_file has no effect beside ssl"),
        (
            lambda: Network(ssl_context=context, client_certificate=there),
            "client_certificate has no effect beside ssl_context",
        ),
        (lambda: Network(client_key=there), "client_key needs the client_certificate"),
        (lambda: Network(http_session=http, proxy="p:1"), "proxy has no effect beside http_ses"),
        (lambda: Network(http_session=http, ca_file=there), "ca_file has no effect beside http"),
        (lambda: Network(http_session=http, ssl_context=context), "ssl_context has no effect"),
        (lambda: Network(http_session=http, trace_configs=[trace]), "trace_configs has no eff"),
        (lambda: Network(ca_file=gone), "ca_file: .*gone.pem cannot be read: No such file"),
        (lambda: Network(ca_file=folder), "ca_file: .* cannot be read: Is a directory"),
        (lambda: Network(ca_file=there), "there.pem holds no certificate in PEM form"),
        (lambda: Network(client_certificate=gone), "client_certificate: .*cannot be read"),
        (lambda: Network(client_certificate=there), "client_certificate: .*not in PEM form"),
        (lambda: Network(largest_json=0), "largest_json must be more than 0 bytes"),
        (lambda: Network(proxy="socks5://p:1"), "proxy names a proxy of the kind socks5"),
        (lambda: Network(proxy=""), "proxy is not the address of a proxy"),
    ]


def test_what_cannot_work_is_refused_at_once(tmp_path: Path) -> None:
    for make, said in refusals(tmp_path):
        with pytest.raises(ConfigError, match=said):
            make()


def test_a_key_that_belongs_to_another_certificate_is_refused(
    authority: trustme.CA, identity: Path, tmp_path: Path
) -> None:
    key = tmp_path / "other.key"
    authority.issue_cert("other@example.com").private_key_pem.write_to_path(key)
    with pytest.raises(ConfigError, match="and its key do not fit together"):
        Network(client_certificate=identity, client_key=key)


def test_a_key_with_a_password_is_not_asked_about_at_the_terminal(
    authority: trustme.CA, identity: Path, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(identity.read_bytes(), None)
    path = tmp_path / "locked.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"locked"),
        )
    )
    with pytest.raises(ConfigError, match="need a password"):
        Network(client_certificate=identity, client_key=path)


async def test_a_session_with_credentials_of_its_own_is_refused() -> None:
    with pytest.warns(DeprecationWarning, match="auth"):
        http = aiohttp.ClientSession(auth=aiohttp.BasicAuth("a", "b"))
    async with http:
        with pytest.raises(ConfigError, match="http_session has an auth= of its own"):
            Network(http_session=http)


@pytest.mark.parametrize(
    "address", ["http://user:s3cret@p:1", "user:s3cret@p:1", "https://s3cret@p"]
)
def test_the_password_of_a_proxy_is_not_shown(address: str) -> None:
    shown = repr(Network(proxy=address))
    assert "s3cret" not in shown
    assert "***@p" in shown
    assert repr(Network(proxy="http://p:1")).count("'http://p:1'") == 1


def test_importing_it_costs_nothing() -> None:
    code = (
        "import sys, threekit_async.network; sys.exit(bool({'aiohttp', 'ssl'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_request_cancelled_while_hooks_hear_of_its_connection_leaves_none() -> None:
    heard = asyncio.Event()

    async def slow_hook(*_: object) -> None:
        heard.set()
        await asyncio.sleep(60)

    hook = aiohttp.TraceConfig()
    hook.on_connection_create_end.append(slow_hook)
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""
        ended.set()

    async with talking(talk) as url, transport(Network(trace_configs=[hook])) as line:
        task = asyncio.create_task(line.exchange(call_to(url)))
        await heard.wait()
        task.cancel()
        await asyncio.wait({task})
        async with asyncio.timeout(5):
            await ended.wait()
