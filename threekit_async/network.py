"""How the server is reached: proxies, certificates, and a session of the caller's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, field, frozen

from .checks import kind, number, or_none, require
from .errors import ConfigError
from .session.redact import MASK
from .session.wire.proxies import Proxy

if TYPE_CHECKING:
    import ssl

    import aiohttp

__all__ = ("Network", "tls_context")


def _shown_proxy(address: str | None) -> str:
    if address is None or "@" not in address:
        return repr(address)
    scheme, _, rest = address.rpartition("://")
    return repr(f"{scheme}://{MASK}@{rest.rpartition('@')[2]}".removeprefix("://"))


_FILE = or_none(kind((str, PathLike), "the path of a file"))


@frozen(kw_only=True)
class Network:
    """Say how the server is reached. With a proxy's password in it, it does not pickle.

    :param trust_env: take the proxy from `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, except for
        the hosts in `NO_PROXY`. Loopback addresses are always asked directly. `~/.netrc` is not
        read: a client has its token from you.
    :param proxy: the proxy for every request, as `http://host:port` or
        `http://user:password@host:port`; the environment is not looked at then.
    :param ca_file: certificates in PEM form to trust besides the machine's own. To trust them
        alone, pass an `ssl_context`.
    :param client_certificate: what shows the server who asks, in PEM form, as some gateways want.
    :param client_key: the key of that certificate, when it is in a file of its own. It must not
        need a password; load such a key into an `ssl_context`.
    :param ssl_context: takes the place of the three files.
    :param http_session: a session of yours to send everything with. It is used as it is, with its
        own proxies, certificates, cookies and tracing, and never closed. While a client uses it,
        aiohttp's own repeating of lost requests is off, because it is neither counted nor bounded.
    :param trace_configs: aiohttp's hooks, as those of the OpenTelemetry instrumentation. Bodies
        are read in pieces, for which aiohttp has no hook. What they are told of errors holds no
        query; hooks of an `http_session` are told all.
    :param largest_json: bytes that an answer in JSON or text may have once it is decompressed;
        files have no bound.
    :raises ConfigError: when one is of another kind, two exclude each other, or a file cannot be
        used.
    """

    trust_env: bool = field(default=True, validator=kind(bool, "True or False"))
    proxy: str | None = field(
        default=None, repr=_shown_proxy, validator=or_none(kind(str, "the address of a proxy"))
    )
    ca_file: str | Path | None = field(default=None, validator=_FILE)
    client_certificate: str | Path | None = field(default=None, validator=_FILE)
    client_key: str | Path | None = field(default=None, validator=_FILE)
    ssl_context: ssl.SSLContext | None = None
    http_session: aiohttp.ClientSession | None = None
    trace_configs: Sequence[aiohttp.TraceConfig] = ()
    largest_json: int = field(
        default=100_000_000, validator=number(above=0, unit=" bytes", whole=True)
    )

    def __init__(
        self,
        *,
        trust_env: bool = True,
        proxy: str | None = None,
        ca_file: str | Path | None = None,
        client_certificate: str | Path | None = None,
        client_key: str | Path | None = None,
        ssl_context: ssl.SSLContext | None = None,
        http_session: aiohttp.ClientSession | None = None,
        trace_configs: Sequence[aiohttp.TraceConfig] = (),
        largest_json: int = 100_000_000,
    ) -> None:
        begun: Any = self  # attrs makes __attrs_init__, unknown to type checkers
        try:
            begun.__attrs_init__(
                trust_env=trust_env,
                proxy=proxy,
                ca_file=ca_file,
                client_certificate=client_certificate,
                client_key=client_key,
                ssl_context=ssl_context,
                http_session=http_session,
                trace_configs=trace_configs,
                largest_json=largest_json,
            )
        except ConfigError as error:
            # A traceback may show a frame's values: here and below, the proxy and its password.
            del proxy
            raise error.with_traceback(None) from None

    def __attrs_post_init__(self) -> None:
        _check_combinations(self)
        _check_borrowed(self)
        if self.proxy is not None:
            Proxy.parse(self.proxy, source="proxy")
        if self.ca_file is not None or self.client_certificate is not None:
            import ssl

            _load_files(self, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def __reduce__(self) -> tuple[Any, ...]:
        if "@" in (self.proxy or ""):
            raise TypeError(
                "A Network with a proxy's password does not pickle: make it anew where it is "
                "needed, for instance from THREEKIT_PROXY."
            )
        return partial(Network, **asdict(self, recurse=False)), ()

    @property
    def has_tls_settings(self) -> bool:
        """The usual TLS context will not do."""
        return any((self.ca_file, self.client_certificate, self.ssl_context))


def _check_combinations(network: Network) -> None:
    if network.client_key is not None and network.client_certificate is None:
        raise ConfigError("client_key needs the client_certificate it belongs to.")
    files = ("ca_file", "client_certificate", "client_key")
    _refuse(network, "ssl_context", files, "Load the files into the context")
    own = (*files, "ssl_context", "proxy", "trace_configs")
    _refuse(network, "http_session", own, "Set your session up with it")
    if network.http_session is not None and not network.trust_env:
        raise ConfigError(
            "trust_env=False has no effect beside http_session, which has a trust_env= of its own. "
            "Leave it out."
        )
    if getattr(network.http_session, "auth", None) is not None:
        raise ConfigError(
            "The http_session has an auth= of its own, which cannot be sent beside the token. "
            "Give a session without it."
        )


def _check_borrowed(network: Network) -> None:
    """Check what is of another library's kind, which is loaded only now that it is there."""
    if network.ssl_context is not None:
        import ssl

        require("ssl_context", network.ssl_context, ssl.SSLContext, "an ssl.SSLContext")
    if network.http_session is not None:
        import aiohttp

        session = network.http_session
        require("http_session", session, aiohttp.ClientSession, "an aiohttp.ClientSession")
    require("trace_configs", network.trace_configs, Sequence, "a list of aiohttp.TraceConfig")
    for hook in network.trace_configs:
        import aiohttp

        require("trace_configs", hook, aiohttp.TraceConfig, "a list of aiohttp.TraceConfig")


def _refuse(network: Network, one: str, others: Sequence[str], instead: str) -> None:
    if getattr(network, one) is None:
        return
    for other in others:
        if getattr(network, other):
            raise ConfigError(f"{other} has no effect beside {one}. {instead}, or pass only one.")


def tls_context(network: Network) -> ssl.SSLContext:
    """Return what its connections are checked with. It reads files: call it in a thread.

    :raises ConfigError: when a file cannot be used.
    """
    if network.ssl_context is not None:
        return network.ssl_context
    import ssl

    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    _load_files(network, context)
    return context


def _load_files(network: Network, context: ssl.SSLContext) -> None:
    for name in ("ca_file", "client_certificate", "client_key"):
        _check_readable(name, getattr(network, name))
    if network.ca_file is not None:
        _load(
            f"ca_file: {network.ca_file} holds no certificate in PEM form.",
            lambda: context.load_verify_locations(cafile=network.ca_file),
        )
    certificate = network.client_certificate
    if certificate is not None:
        _load(
            f"client_certificate: {certificate} and its key do not fit together, are not in PEM "
            "form, or need a password. Load a key with a password into an ssl_context.",
            # Without an answer to the question for a password, it would be asked at the terminal.
            lambda: context.load_cert_chain(certificate, network.client_key, password=lambda: ""),
        )


def _check_readable(name: str, path: str | Path | None) -> None:
    if path is None:
        return
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"{name}: {path} cannot be read: {error.strerror}.") from None


def _load(refusal: str, load: Any) -> None:
    try:
        load()
    except OSError:  # ssl.SSLError is one
        raise ConfigError(refusal) from None
