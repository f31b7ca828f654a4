"""One event of each kind."""

from __future__ import annotations

from threekit_async.events import (
    AttemptEnded,
    CacheAnswered,
    Event,
    FileEnded,
    PageRead,
    RequestEnded,
    RequestStarted,
    RetryPlanned,
    TokenRenewed,
    Waited,
)

PATH = "/api/layers/{layer_id}"

STARTED = RequestStarted(verb="GET", path=PATH)
ENDED = RequestEnded(verb="GET", path=PATH, status=200, attempts=2, seconds=0.5)
ATTEMPT = AttemptEnded(verb="GET", path=PATH, attempt=1, status=200, seconds=0.0123)
RETRY = RetryPlanned(verb="GET", path=PATH, attempt=1, wait=0.25, reason="503")
WAITED = Waited(verb="GET", path=PATH, seconds=1.5)
RENEWED = TokenRenewed(seconds=0.1, reason="401")
CACHED = CacheAnswered(verb="GET", path=PATH, size=120)
PAGE = PageRead(path="/api/layers", number=3, rows=100, dropped=2, seconds=0.0)
FILE = FileEnded(id="a", status="downloaded", size=20, seconds=0.2)

ONE_OF_EACH: tuple[Event, ...] = (
    STARTED,
    ENDED,
    ATTEMPT,
    RETRY,
    WAITED,
    RENEWED,
    CACHED,
    PAGE,
    FILE,
)
