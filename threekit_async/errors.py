"""Everything this package raises, as one tree.

    ThreekitError
    ├── ConfigError             the client cannot be built from what it was given
    ├── UsageError              the call itself is wrong; nothing was sent
    ├── TransportError          no complete answer came back; `.sent` says whether the request left
    │   ├── ConnectError            no connection could be made (never sent)
    │   ├── RequestTimeoutError     one attempt took too long (also a TimeoutError)
    │   ├── DeadlineError           the deadline over all attempts has passed (also a TimeoutError)
    │   └── RedirectError           the answer leads where it must not be followed, or in circles
    ├── StatusError             the server answered with an error status
    │   ├── BadRequestError         400
    │   ├── AuthenticationError     401
    │   ├── ForbiddenError          403
    │   ├── NotFoundError           404
    │   ├── ConflictError           409
    │   ├── UnprocessableError      422
    │   ├── RateLimitError          429; `.retry_after` in seconds when the server gave one
    │   └── ServerError             500 and above
    ├── DecodeError             the answer is not what the API promises; `.path` says where
    ├── JobFailedError          a job ended with failures; `.job` and `.runs` say which
    ├── DownloadError           a file could not be brought to its final name
    │   ├── IntegrityError          length or sha256 is not what was promised
    │   ├── UnsafeNameError         the name would leave the folder, or is taken
    │   └── DiskFullError           no space left
    └── BulkError               the failures of one bulk run (also an ExceptionGroup)

Every message is a sentence: what was asked, what happened, what to do next. Every error pickles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models.jobs import Job, Run

__all__ = (
    "AuthenticationError",
    "BadRequestError",
    "BulkError",
    "ConfigError",
    "ConflictError",
    "ConnectError",
    "DeadlineError",
    "DecodeError",
    "DiskFullError",
    "DownloadError",
    "ForbiddenError",
    "IntegrityError",
    "JobFailedError",
    "NotFoundError",
    "RateLimitError",
    "RedirectError",
    "RequestTimeoutError",
    "ServerError",
    "StatusError",
    "ThreekitError",
    "TransportError",
    "UnprocessableError",
    "UnsafeNameError",
    "UsageError",
    "status_error_class",
)


def _restore(
    cls: type[ThreekitError], args: tuple[Any, ...], state: dict[str, Any]
) -> ThreekitError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ThreekitError(Exception):
    """Root of every error this package raises on purpose."""

    # Keyword-only constructors do not survive Exception's own reduction, which replays `args`.
    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, dict(self.__dict__))


class ConfigError(ThreekitError):
    """Raised when the client cannot be built: no token, an impossible host, a wrong setting."""


class UsageError(ThreekitError):
    """Raised when a call is wrong before anything is sent: an empty id, a closed client."""


class TransportError(ThreekitError):
    """Raised when no complete answer came back.

    `sent` is False only when it is certain that the server never saw the request.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class ConnectError(TransportError):
    """Raised when no connection could be made: unknown host, refused, TLS not accepted.

    `lasting` is True when the next attempt would fail the same way, as with a certificate that did
    not pass; it is not made then.
    """

    def __init__(self, message: str, *, sent: bool = False, lasting: bool = False) -> None:
        super().__init__(message, sent=sent)
        self.lasting = lasting


class RequestTimeoutError(TransportError, TimeoutError):
    """Raised when connecting, or waiting for bytes, took longer than `Timeout` allows."""


class DeadlineError(TransportError, TimeoutError):
    """Raised when `deadline` has passed, counted over all attempts and waits of the call."""


class RedirectError(TransportError):
    """Raised when an answer leads where it must not be followed, or never to an end.

    From https to plain http, to an address that cannot be read, more than five times in a row. It
    is not repeated: the server would say the same again.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message, sent=sent)


class StatusError(ThreekitError):
    """Raised when the server answered with status 400 or above.

    `code` and `message` are the vendor's own (`{"error": {"code", "message"}}`), or None and a
    short description when the answer was not in that form. `headers` and `body` are the answer's
    as it came, for what a log or a ticket needs; names of headers are compared without regard to
    case. The body is cut after 1 MB.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int,
        code: str | None,
        message: str,
        attempts: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(text)
        self.status: int = status
        self.code: str | None = code
        self.message: str = message
        self.attempts: int = attempts
        self.headers: Mapping[str, str] = headers if headers is not None else {}
        self.body: bytes = body


class BadRequestError(StatusError):
    """Status 400, for instance `orgid_required`."""


class AuthenticationError(StatusError):
    """Status 401: the token is unknown on this host, or was revoked."""


class ForbiddenError(StatusError):
    """Status 403: no token, or one that may not do this."""


class NotFoundError(StatusError):
    """Status 404."""


class ConflictError(StatusError):
    """Status 409."""


class UnprocessableError(StatusError):
    """Status 422: malformed ids, unknown sort fields, pages out of range, invalid bodies."""


class RateLimitError(StatusError):
    """Status 429; `retry_after` is the server's wait in seconds, or None."""

    retry_after: float | None = None


class ServerError(StatusError):
    """Status 500 and above."""


class DecodeError(ThreekitError):
    """Raised when an answer cannot be read; `path` names the place, as `layers[3].createdAt`."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class JobFailedError(ThreekitError):
    """Raised when a job has ended and at least one of its tasks failed.

    `job` is the job as it was last read; `runs` are its failed runs, as far as they could be read.
    """

    def __init__(self, message: str, *, job: Job, runs: Sequence[Run] = ()) -> None:
        super().__init__(message)
        self.job = job
        self.runs: tuple[Run, ...] = tuple(runs)


class DownloadError(ThreekitError):
    """Raised when a file could not be brought to its final name; nothing is left under it."""


class IntegrityError(DownloadError):
    """Raised when the bytes received differ in length or sha256 from what was promised."""


class UnsafeNameError(DownloadError):
    """Raised when a file name would leave the target folder, is impossible, or is taken."""


class DiskFullError(DownloadError):
    """Raised when the target has no space left."""


class BulkError(ExceptionGroup[Exception], ThreekitError):
    """Holds the failures of one bulk run; everything that succeeded is on disk."""


_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableError,
    429: RateLimitError,
}


def status_error_class(status: int) -> type[StatusError]:
    """Choose the error class for a status of 400 or above."""
    if status >= 500:
        return ServerError
    return _BY_STATUS.get(status, StatusError)
