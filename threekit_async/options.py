"""How a call is made: frozen values, for a client or for one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
from attrs import evolve, field, frozen

from .errors import ConfigError
from .session.redact import shown_headers

__all__ = ("Limits", "Options", "Retry", "Timeout")

T = TypeVar("T")


def _positive(_owner: object, setting: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ConfigError(f"{setting.name} must be more than 0 seconds, not {value}.")


def _positive_rate(_owner: object, setting: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not value > 0:
        raise ConfigError(f"{setting.name} must be more than 0 a second, not {value}.")


def _at_least(least: float) -> Callable[[object, attrs.Attribute[Any], float], None]:
    def check(_owner: object, setting: attrs.Attribute[Any], value: float) -> None:
        if not value >= least:
            raise ConfigError(f"{setting.name} must be at least {least:g}, not {value}.")

    return check


@frozen(kw_only=True)
class Timeout:
    """Bound one attempt, in seconds; None waits for ever.

    `connect` covers name lookup, connection and TLS; `read` the silence between two pieces of an
    answer; `total` the whole attempt, its body included. Without a timeout of yours, calls that
    have the server wait for a job (`sync=True`) allow for 300 seconds of silence.

    `floor` is in bytes per second: an answer whose body comes slower than that, averaged over
    `read` seconds spent waiting for it (60 without `read`), counts as dead. A server that sends
    a byte now and then is never silent for `read` seconds. None takes any pace.
    """

    connect: float | None = field(default=10.0, validator=_positive)
    read: float | None = field(default=60.0, validator=_positive)
    total: float | None = field(default=None, validator=_positive)
    floor: float | None = field(default=1000.0, validator=_positive_rate)


@frozen(kw_only=True)
class Retry:
    """Say how often, and how patiently, a failed attempt is repeated.

    `attempts` counts the first one, so 1 never repeats. The wait before attempt n + 1 is random
    between 0 and `base * 2**(n - 1)` seconds, at most `cap` ("full jitter"). A `Retry-After`
    of the server wins when it is longer, up to `retry_after_cap`; beyond that the call gives up.
    """

    attempts: int = field(default=4, validator=_at_least(1))
    base: float = field(default=0.5, validator=_at_least(0))
    cap: float = field(default=30.0, validator=_at_least(0))
    retry_after_cap: float = field(default=120.0, validator=_at_least(0))


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
        more when all is calm, never more than `concurrency`.
    :param retry_budget: how many repeated attempts are allowed on credit. Each one costs 1, each
        success pays 0.2 back; when nothing is left, failures are final, so that a dead server is
        not asked again and again.
    """

    concurrency: int = field(default=32, validator=_at_least(1))
    rate: float | None = field(default=None, validator=_positive_rate)
    burst: int | None = field(default=None, validator=attrs.validators.optional(_at_least(1)))
    adaptive: bool = True
    retry_budget: int = field(default=100, validator=_at_least(0))


@frozen(kw_only=True)
class Options:
    """Change how one call, or one client, behaves; None leaves what is set further out.

    `deadline` is in seconds over everything the call does: attempts, waits and body; of a method
    that takes several steps, as `layers.find_or_render` or `jobs.wait`, over all of them. Pagers
    and bulk downloads hold each page and each file to it.
    `headers` are added to every request.

    `cache_max_age` (seconds) and `cache_scope` (any text, as `thumbnail`) ask the platform's
    delivery network to keep the answers of this call's GET requests under that scope: whoever asks
    the same within the time may be answered from there. Both are seen in the vendor's client and
    in public integrations; which limits hold is not documented.
    """

    timeout: Timeout | None = None
    retry: Retry | None = None
    deadline: float | None = field(default=None, validator=_positive)
    headers: Mapping[str, str] = field(
        factory=dict[str, str], repr=lambda headers: str(shown_headers(headers))
    )
    cache_scope: str | None = None
    cache_max_age: int | None = field(
        default=None, validator=attrs.validators.optional(_at_least(0))
    )

    def over(self, other: Options) -> Options:
        """Lay these options over others: what is set here wins, headers are merged."""
        return Options(
            timeout=self.timeout or other.timeout,
            retry=self.retry or other.retry,
            deadline=_first(self.deadline, other.deadline),
            headers={**other.headers, **self.headers},
            cache_scope=_first(self.cache_scope, other.cache_scope),
            cache_max_age=_first(self.cache_max_age, other.cache_max_age),
        )

    def uncached(self) -> Options:
        """Return the same options for a read that must not come from a cache."""
        return evolve(self, cache_scope=None, cache_max_age=None)


def _first(inner: T | None, outer: T | None) -> T | None:
    return outer if inner is None else inner
