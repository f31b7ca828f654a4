"""What can be chosen about an emulator: where it keeps its data and which rules it follows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from attrs import field, frozen
from attrs.validators import and_, ge, gt, in_, instance_of, le, optional

FIRST_INSTANT = datetime(2024, 6, 1, tzinfo=UTC)
SEEDS = ("empty", "demo")
OVERLOADS = ("queue", "refuse")


def _as_path(value: Path | str | None) -> Path | None:
    return None if value is None else Path(value)


@frozen(kw_only=True)
class EmulatorSettings:
    """Choose the emulator's data and its behaviour where the vendor leaves room.

    Every default is the vendor's documented rule or, where nothing is documented, the weaker
    promise, so that a client which works with the defaults asks for nothing more.

    :param data: folder for the database and the file bytes; ``None`` keeps records in memory
        and bytes in a temporary folder that disappears at the end.
    :param seed: ``"empty"`` (one organisation and its tokens) or ``"demo"`` (three products and
        1,000 rendered layers).
    :param strict_org: answer ``400 orgid_required`` without ``orgId`` on ``/api/assets`` (vendor's
        Assets API page) and on import and export of items (its page on these requires ``orgId``;
        the answer is an assumption); ``False`` derives it from the token.
    :param layer_counts: also answer ``page``, ``perPage``, ``count`` and ``sort`` in
        ``GET /api/layers``; the vendor's Layers API page shows only ``layers``.
    :param ranges: honour ``Range`` on file contents (undocumented, so off).
    :param etags: send ``ETag`` and ``Last-Modified`` and honour ``If-None-Match``,
        ``If-Modified-Since`` and ``If-Range`` on file contents; on JSON, send a weak ``ETag`` and
        honour ``If-None-Match`` (undocumented, so off).
    :param compress: send JSON compressed (zstd or Brotli where installed, else gzip) to clients
        that take it (undocumented, so off).
    :param rate_limit: requests a second that each organisation may make; beyond a burst of a
        second's worth, the answer is 429 with ``Retry-After``. Requests without a token have a
        limit of their own, together. ``None`` (undocumented, so the default): no limit.
    :param capacity: requests that are answered at once, at most; ``None``: any number.
    :param overload: what becomes of a request beyond the capacity: ``"queue"`` (it waits for its
        turn) or ``"refuse"`` (503).
    :param latency: seconds that each answer takes, besides the work itself; it holds a place of
        the capacity meanwhile, so that ``capacity / latency`` requests a second get through.
    :param missing_layer_status: status of ``GET /api/layers/layer`` when nothing matches. 422 is
        the only failure the vendor documents there; 404 is the other plausible answer.
    :param job_seconds: how long a run of a job's task takes, besides the work itself.
    :param job_workers: how many runs are under way at once, over all jobs.
    :param job_attempts: how many runs a task gets until one succeeds (assumption: 1).
    :param job_failures: share of runs, 0 to 1, that fail by (repeatable) chance; to fail certain
        runs, see ``POST /__emulator__/job-failures``.
    :param job_logs: put the files ``stdout`` and ``stderr`` before a run's results, as happens
        to clients of the vendor.
    :param webhook_waits: seconds before each further attempt to deliver to a webhook (number and
        pace of attempts are undocumented).
    :param webhook_timeout: seconds an attempt may take.
    :param webhooks_anywhere: also call addresses that are not on this machine.
    :param real_clock: stamp new records with the real time and random ids; by default each new
        record is one millisecond after the one before, and its id follows from its number.
    :param started_at: instant of the first new record of the steady clock.
    """

    data: Path | None = field(default=None, converter=_as_path)
    seed: Literal["empty", "demo"] = field(default="empty", validator=in_(SEEDS))
    strict_org: bool = True
    layer_counts: bool = False
    ranges: bool = False
    etags: bool = False
    compress: bool = False
    rate_limit: float | None = field(default=None, validator=optional(gt(0)))
    capacity: int | None = field(default=None, validator=optional(and_(instance_of(int), ge(1))))
    overload: Literal["queue", "refuse"] = field(default="queue", validator=in_(OVERLOADS))
    latency: float = field(default=0.0, validator=ge(0))
    missing_layer_status: Literal[404, 422] = field(default=422, validator=in_((404, 422)))
    job_seconds: float = field(default=0.05, validator=ge(0))
    job_workers: int = field(default=4, validator=ge(1))
    job_attempts: int = field(default=1, validator=ge(1))
    job_failures: float = field(default=0.0, validator=and_(ge(0), le(1)))
    job_logs: bool = False
    webhook_waits: tuple[float, ...] = (0.1, 0.5, 2.0)
    webhook_timeout: float = 5.0
    webhooks_anywhere: bool = False
    real_clock: bool = False
    started_at: datetime = FIRST_INSTANT
