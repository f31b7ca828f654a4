"""What went wrong on the wire, in our words: aiohttp's errors go no further than this."""

from __future__ import annotations

import errno
import os
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError

from ...errors import ConnectError, DecodeError, RequestTimeoutError, TransportError, UsageError
from ..next_step import look_first, once_more
from ..redact import shown_url
from ..reply import Call
from .proxies import Proxy
from .throughput import Throughput

__all__ = ("TROUBLE", "explained", "too_large", "too_slow", "unanswered", "unreadable")

TROUBLE: Final = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


def explained(  # noqa: C901, PLR0911  # one sentence for each cause
    call: Call, error: Exception, proxy: Proxy | None = None, *, begun: bool = True
) -> TransportError | UsageError | DecodeError:
    """Turn what aiohttp raised into what the caller sees.

    `error` may hold the URL with its token, and a proxy's password: only its parts are shown.

    :param proxy: what the request went through.
    :param begun: whether there was a connection; without one nothing was sent.
    """
    where = shown_url(call.url)
    match error:
        case TransportError():
            return error
        case aiohttp.ConnectionTimeoutError():
            through = f" through the proxy {proxy.url}" if proxy else ""
            return RequestTimeoutError(
                f"{call}: no connection to {where}{through} within {call.timeout.connect} s. "
                "Check the host and the network, or allow more with Timeout(connect=...).",
                sent=False,
            )
        case aiohttp.ClientConnectorError() if proxy and _is_at(error, proxy):
            return _proxy_away(call, error, proxy)
        case aiohttp.ClientHttpProxyError() if proxy:
            return ConnectError(
                f"{call}: the proxy {proxy.url} refused to connect to {where} ({error.status}). "
                "Check what it allows, and the user and password in its address."
            )
        case aiohttp.ClientConnectorDNSError():
            return ConnectError(
                f"{call}: the host name in {where} is not known. "
                "Check the host setting and the network."
            )
        case aiohttp.ClientConnectorError() if _is_of_tls(call, error):
            return ConnectError(f"{call}: {where} {_tls_check(error)}", lasting=_is_lasting(error))
        case aiohttp.ClientConnectorError():
            return ConnectError(
                f"{call}: no connection to {where} ({_said(error)}). "
                "Check that the server runs there, and the host setting."
            )
        case TimeoutError() if not begun:
            return RequestTimeoutError(
                f"{call}: no connection to {where} before its time was over; nothing was sent. "
                "Check the host and the network, or allow more with Timeout(total=...).",
                sent=False,
            )
        case TimeoutError():
            return RequestTimeoutError(
                f"{call}: {where} was silent for too long. Timeout(read=..., total=...) allows "
                f"more. {once_more(str(call))}",
                sent=True,
            )
        case ValueError():
            return UsageError(
                f"{call}: aiohttp refused to send it ({type(error).__name__}). Look for line "
                "breaks or other odd characters in headers, media types and the host; nothing was "
                "sent."
            )
        case _:
            return _lost(call, error, where, begun=begun)


def _is_at(error: aiohttp.ClientConnectorError, proxy: Proxy) -> bool:
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return True
    at = urlsplit(proxy.url)
    return error.host == at.hostname and error.port in {at.port, None, 80, 443}


def _proxy_away(call: Call, error: aiohttp.ClientConnectorError, proxy: Proxy) -> ConnectError:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = "its host name is not known"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError):
        reason = _reason(error)
    else:
        reason = _said(error)
    return ConnectError(
        f"{call}: no connection to the proxy {proxy.url} ({reason}). Check Network(proxy=...), or "
        "the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
        lasting=_is_lasting(error),
    )


def _said(error: aiohttp.ClientConnectorError) -> str:
    """Say in the system's words why there is no connection; asyncio puts the address for it."""
    number = error.os_error.errno
    if number is None or number not in errno.errorcode:
        return "failed"
    return os.strerror(number)


def _is_of_tls(call: Call, error: aiohttp.ClientConnectorError) -> bool:
    if isinstance(
        error, (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)
    ):
        return True
    return call.url.startswith("https:") and isinstance(error.os_error, ConnectionResetError)


def _is_lasting(error: aiohttp.ClientConnectorError) -> bool:
    """Tell whether it is the certificate that did not pass: the next attempt would see the same."""
    return isinstance(error, aiohttp.ClientConnectorCertificateError)


def _tls_check(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            f"did not pass the TLS check ({_reason(error)}). Check the host; an authority that "
            "this machine does not know is trusted with Network(ca_file=...)."
        )
    return (
        f"did not pass the TLS check ({_reason(error)}). Check the scheme and the port; a server "
        "that wants to know who asks needs Network(client_certificate=...)."
    )


def _reason(error: aiohttp.ClientConnectorError) -> str:
    """Say in OpenSSL's words what it did not like; they hold neither addresses nor secrets."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        said: object = getattr(error.certificate_error, "verify_message", None)
    else:
        hung_up = isinstance(error.os_error, ConnectionResetError)
        said = "it hung up" if hung_up else getattr(error.os_error, "reason", None)
    return said if isinstance(said, str) else "it failed"


def _lost(call: Call, error: Exception, where: str, *, begun: bool) -> TransportError | DecodeError:
    if _is_packed_oddly(error):
        return _not_unpacked(call, error)
    if isinstance(error, aiohttp.ClientOSError) and "ALERT" in str(error):
        # TLS 1.3 asks for the certificate when the client believes the connection to be made.
        return ConnectError(
            f"{call}: {where} ended the TLS connection before it read the request. A server that "
            "wants to know who asks needs Network(client_certificate=...)."
        )
    match error:
        case aiohttp.ClientPayloadError():
            reason = "the answer was cut off before its end"
        case aiohttp.ServerDisconnectedError() | OSError():
            reason = "the connection was lost"
        case _:
            reason = "the answer is not valid HTTP"
    then = once_more(str(call)) if begun else "Nothing was sent. Try again."
    return TransportError(f"{call}: {reason} ({where}). {then}", sent=begun)


def _is_packed_oddly(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ContentEncodingError):
        error = error.__cause__
    return error is not None


def _not_unpacked(call: Call, error: Exception) -> TransportError | DecodeError:
    if isinstance(error, aiohttp.ClientResponseError):  # before any byte of the body was looked at
        return DecodeError(
            f"{call} was answered in a compression that is not installed here. Check any proxy "
            f"between, or install threekit-async[speed]. {look_first(str(call))}".rstrip()
        )
    return TransportError(
        f"{call}: the answer is compressed and cannot be decompressed. It may be damaged: check "
        f"any proxy between. {once_more(str(call))}",
        sent=True,
    )


def too_slow(call: Call, throughput: Throughput) -> RequestTimeoutError:
    """Make the error for a body that drips."""
    return RequestTimeoutError(
        f"{call}: {shown_url(call.url)} sent less than {throughput.floor:g} bytes a second for "
        f"{throughput.window:g} s. Timeout(floor=...) accepts a slower pace. "
        f"{once_more(str(call))}",
        sent=True,
    )


def unanswered(call: Call, *, uploading: bool) -> RequestTimeoutError:
    """Make the error for a server that takes, or answers, nothing to the purpose.

    :param uploading: it does not even read the whole request.
    """
    failed = "took nothing more of the upload" if uploading else "sent no whole head of an answer"
    return RequestTimeoutError(
        f"{call}: {shown_url(call.url)} {failed} for {call.timeout.read:g} s. Timeout(read=...) "
        f"allows more. {once_more(str(call))}",
        sent=True,
    )


def too_large(call: Call, most: int) -> DecodeError:
    """Make the error for a body that is larger than anything expected."""
    return DecodeError(
        f"{call} succeeded, but its answer is larger than {most:,} bytes. Ask for less at once; "
        f"Network(largest_json=...) allows more. {look_first(str(call))}".rstrip()
    )


def unreadable(call: Call, encoding: str) -> DecodeError:
    """Make the error for a body in a compression nobody asked for."""
    return DecodeError(
        f"{call} succeeded, but its answer is in the encoding {encoding[:40]!r}, which was not "
        "asked for. Something between changes answers: check any proxy. "
        f"{look_first(str(call))}".rstrip()
    )
