"""How a call is made: frozen values, for a client or for one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import evolve, field, frozen

from .checks import headers as sendable
from .checks import kind, number, or_none
from .errors import UsageError
from .session.redact import shown_headers

__all__ = ("Limits", "Options", "Retry", "Timeout", "accepted", "laid")

T = TypeVar("T")

_FOR_EVER = " None waits for ever."
_SECONDS = or_none(number(above=0, unit=" seconds"))
_BOUND = or_none(number(above=0, unit=" seconds", otherwise=_FOR_EVER))
_RATE = or_none(number(above=0, unit=" a second", otherwise=" None sets no bound."))
_AT_LEAST_0 = number(least=0)


@frozen(kw_only=True)
class Timeout:
    """Bound one attempt, in seconds; None waits for ever.

    `connect` covers name lookup, connection and TLS; `read` the silence between two pieces of an
    answer; `total` the whole attempt, its body included. Without a timeout of yours, calls that
    have the server wait for a job (`sync=True`) allow for 300 seconds of silence.

    `floor` is in bytes per second: an answer whose body comes slower than that, averaged over
    `read` seconds spent waiting for it (60 without `read`), counts as dead. A server that sends
    a byte now and then is never silent for `read` seconds. None takes any pace. With `read=None`
    a silence inside a body still ends after those 60 seconds, unless `floor` is None as well.

    A `Timeout` is taken whole: what is not named has the default written here, not what the client
    was given. `evolve(timeout, connect=1)` changes one bound of another and keeps the rest.

    :raises ConfigError: when a bound is no number above 0, or has no end.
    """

    connect: float | None = field(default=10.0, validator=_BOUND)
    read: float | None = field(default=60.0, validator=_BOUND)
    total: float | None = field(default=None, validator=_BOUND)
    floor: float | None = field(default=1000.0, validator=_RATE)


@frozen(kw_only=True)
class Retry:
    """Say how often, and how patiently, a failed attempt is repeated.

    `attempts` counts the first one, so 1 never repeats. The wait before attempt n + 1 is random
    between 0 and `base * 2**(n - 1)` seconds, at most `cap` ("full jitter"). A `Retry-After`
    of the server wins when it is longer, up to `retry_after_cap`; beyond that the call gives up.

    A `Retry`, as a `Timeout`, is taken whole.

    :raises ConfigError: when `attempts` is no whole number from 1 on, or another is negative or has
        no end.
    """

    attempts: int = field(default=4, validator=number(least=1, whole=True))
    base: float = field(default=0.5, validator=_AT_LEAST_0)
    cap: float = field(default=30.0, validator=_AT_LEAST_0)
    retry_after_cap: float = field(default=120.0, validator=_AT_LEAST_0)


@frozen(kw_only=True)
class Limits:
    """Bound what one client, and all clients derived from it, ask of the server.

    :param concurrency: requests in flight, downloads included.
    :param rate: requests a second, on average; None sets no rate. A 429 halves it, and it recovers
        within half a minute of calm. With a rate or without, a 429 pauses every call for as long
        as the server asks, or for a short while when it does not say.
    :param burst: how many requests may start at once after a calm time; by default as many as
        `rate` allows in one second.
    :param adaptive: let bulk work (listings walked ahead, downloads) find out how much the server
        bears: fewer in flight when answers get slower, are refused with 429 or 503, or get lost,
        more when all is calm, never more than `concurrency`. While everything fails, as in an
        outage, one at a time is tried after growing pauses, up to 8 seconds, until one succeeds.
    :param retry_budget: how many repeated attempts are allowed on credit. Each one costs 1, each
        success pays 0.2 back; when nothing is left, failures are final, so that a dead server is
        not asked again and again.
    :raises ConfigError: when one of them is something else, or too small.
    """

    concurrency: int = field(default=32, validator=number(least=1, whole=True))
    rate: float | None = field(default=None, validator=_RATE)
    burst: int | None = field(default=None, validator=or_none(number(least=1, whole=True)))
    adaptive: bool = field(default=True, validator=kind(bool, "True or False"))
    retry_budget: int = field(default=100, validator=number(least=0, whole=True))


@frozen(kw_only=True)
class Options:
    """Change how one call, or one client, behaves; None leaves what is set further out.

    `timeout` and `retry` take the place of those further out; nothing of these is kept.

    `deadline` is in seconds over everything the call does: attempts, waits and body; of a method
    that takes several steps, as `layers.find_or_render` or `jobs.wait`, over all of them. Pagers
    and bulk downloads hold each page and each file to it.
    `headers` are added to every request.

    `cache_max_age` (seconds) and `cache_scope` (any text, as `thumbnail`) ask the platform's
    delivery network to keep the answers of this call's GET requests under that scope: whoever asks
    the same within the time may be answered from there. An empty `cache_scope` asks for nothing of
    the kind, whatever is set further out. Both are seen in the vendor's client and
    in public integrations; which limits hold is not documented.

    :raises ConfigError: when one of them is of another kind, or a header cannot be sent.
    """

    timeout: Timeout | None = field(
        default=None, validator=or_none(kind(Timeout, "a Timeout, as Timeout(total=5)"))
    )
    retry: Retry | None = field(
        default=None, validator=or_none(kind(Retry, "a Retry, as Retry(attempts=2)"))
    )
    deadline: float | None = field(default=None, validator=_SECONDS)
    headers: Mapping[str, str] = field(
        factory=dict[str, str],
        validator=sendable,
        repr=lambda headers: str(shown_headers(headers)),
    )
    cache_scope: str | None = field(default=None, validator=or_none(kind(str, "text")))
    cache_max_age: int | None = field(
        default=None, validator=or_none(number(least=0, unit=" seconds", whole=True))
    )

    def over(self, other: Options) -> Options:
        """Lay these options over others: what is set here wins, headers are merged."""
        cached = self.cache_scope != ""
        return Options(
            timeout=self.timeout or other.timeout,
            retry=self.retry or other.retry,
            deadline=_first(self.deadline, other.deadline),
            headers={**other.headers, **self.headers},
            cache_scope=_first(self.cache_scope, other.cache_scope) if cached else None,
            cache_max_age=_first(self.cache_max_age, other.cache_max_age) if cached else None,
        )

    def uncached(self) -> Options:
        """Return the same options for a read that must not come from a cache."""
        return evolve(self, cache_scope="", cache_max_age=None)


def accepted(given: object) -> Options:
    """Return the options that a call was given; None is none of its own.

    :raises UsageError: when they are something else.
    """
    if given is None:
        return Options()
    if not isinstance(given, Options):
        raise UsageError(
            f"options must be an Options, as Options(deadline=5), not {type(given).__name__}; "
            "nothing was sent."
        )
    return given


def laid(given: object, under: Options) -> Options:
    """Lay the options that a call was given over others.

    :raises UsageError: when they are something else.
    """
    return under if given is None else accepted(given).over(under)


def _first(inner: T | None, outer: T | None) -> T | None:
    return outer if inner is None else inner
