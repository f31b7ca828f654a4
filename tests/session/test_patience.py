"""When a request gets nowhere, decided from what leaves and when; the clock jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import aiohttp
import pytest

from tests.session.idle_clock import in_no_time
from threekit_async.session.wire.patience import Patience, watched


class Line:
    """A transport that keeps what the server does not take."""

    def __init__(self) -> None:
        self.kept = 0
        self.cut_at: float | None = None

    def get_write_buffer_size(self) -> int:
        return self.kept

    def abort(self) -> None:
        self.cut_at = self.cut_at or asyncio.get_running_loop().time() - 1000.0


def waited(
    seconds: float | None,
    *,
    sent: Callable[[float], int | None] = lambda _now: 0,
    kept: Callable[[float], int] = lambda _now: 0,
    until: float = 1000.0,
) -> tuple[float | None, Patience]:
    """Say when the connection is cut, while body and buffer are as told for each second."""

    async def main() -> tuple[float | None, Patience]:
        loop, line = asyncio.get_running_loop(), Line()
        patience = Patience(seconds, lambda: sent(loop.time() - 1000.0))
        with patience:
            given: Any = line
            patience.begin(given)
            while line.cut_at is None and loop.time() - 1000.0 < until:
                line.kept = kept(loop.time() - 1000.0)
                await asyncio.sleep(1.0)
        return line.cut_at, patience

    return in_no_time(main())


def test_a_request_that_gets_nowhere_is_cut_after_the_time() -> None:
    cut_at, patience = waited(60.0)
    assert cut_at is not None
    assert 60.0 < cut_at < 65.0
    assert patience.ended
    assert not patience.uploading


def test_without_a_time_nothing_is_cut() -> None:
    cut_at, patience = waited(None)
    assert cut_at is None
    assert patience.begun
    assert not patience.ended


def pieces_are_taken(now: float) -> int:
    return int(min(now, 500.0) / 40)


def a_source_is_slow(now: float) -> int | None:
    return None if now < 500 else 1


def everything_was_handed_over(_now: float) -> int:
    return 1


def the_buffer_shrinks(now: float) -> int:
    return int(max(500 - now, 1))


def the_buffer_is_full(_now: float) -> int:
    return 7


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (pieces_are_taken, the_buffer_is_full),
        (everything_was_handed_over, the_buffer_shrinks),
        (a_source_is_slow, the_buffer_is_full),
    ],
)
def test_the_time_begins_anew_as_long_as_the_upload_goes_on(
    sent: Callable[[float], int | None], kept: Callable[[float], int]
) -> None:
    cut_at, patience = waited(60.0, sent=sent, kept=kept)
    assert cut_at is not None
    assert 540.0 < cut_at < 590.0
    assert patience.uploading


def test_nothing_is_cut_before_there_is_a_connection_or_after_the_headers() -> None:
    async def main() -> float | None:
        line: Any = Line()
        patience = Patience(1.0, lambda: 0)
        with patience:
            await asyncio.sleep(100)
            assert not patience.begun
            patience.begin(line)
        await asyncio.sleep(100)
        return cast("Line", line).cut_at

    assert in_no_time(main()) is None


def test_a_request_that_fails_leaves_no_connection() -> None:
    async def main() -> float | None:
        line: Any = Line()
        patience = Patience(None, lambda: 0)
        with suppress(ValueError), patience:
            patience.begin(line)
            raise ValueError
        return cast("Line", line).cut_at

    assert in_no_time(main()) is not None


def test_a_class_of_requests_of_ones_own_stays_what_it_is() -> None:
    class Own(aiohttp.ClientRequest):
        pass

    assert issubclass(watched(Own), Own)
    assert watched(Own).__name__ == "Own"
    assert watched(aiohttp.ClientRequest) is watched(aiohttp.ClientRequest)
