"""What follows a failed attempt: the whole table, and the waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import Retry
from threekit_async.session.request import Safety
from threekit_async.session.retry import GiveUp, Outcome, Wait, decide, retry_after

NOW = datetime(2025, 5, 1, 12, 0, 0, tzinfo=UTC)
PASSING = {408, 425, 429, 500, 502, 503, 504}
STATUSES = [*range(400, 432), 451, *range(500, 512), 599]
SAFETIES: list[Safety] = ["safe", "idempotent", "unsafe"]


def verdict(
    *,
    safety: Safety = "safe",
    attempt: int = 1,
    outcome: Outcome | None = None,
    retry: Retry | None = None,
    remaining: float | None = None,
    chance: float = 0.5,
) -> Wait | GiveUp:
    return decide(
        safety=safety,
        attempt=attempt,
        outcome=outcome or Outcome(status=503),
        retry=retry or Retry(),
        remaining=remaining,
        chance=chance,
    )


@pytest.mark.parametrize(("safety", "status"), list(product(SAFETIES, STATUSES)))
def test_which_statuses_are_repeated_for_which_verbs(safety: Safety, status: int) -> None:
    repeated = status in ({429} if safety == "unsafe" else PASSING)
    assert isinstance(verdict(safety=safety, outcome=Outcome(status=status)), Wait) is repeated


@pytest.mark.parametrize(
    ("safety", "sent", "repeated"),
    [
        ("safe", True, True),
        ("safe", False, True),
        ("idempotent", True, True),
        ("idempotent", False, True),
        ("unsafe", True, False),
        ("unsafe", False, True),
    ],
)
def test_without_an_answer_an_unsafe_verb_is_repeated_only_if_it_never_left(
    safety: Safety, sent: bool, repeated: bool
) -> None:
    assert isinstance(verdict(safety=safety, outcome=Outcome(sent=sent)), Wait) is repeated


@pytest.mark.parametrize(
    ("attempts", "attempt", "repeated"),
    [(1, 1, False), (2, 1, True), (2, 2, False), (4, 3, True), (4, 4, False), (4, 9, False)],
)
def test_attempts_are_counted_with_the_first(attempts: int, attempt: int, repeated: bool) -> None:
    answer = verdict(attempt=attempt, retry=Retry(attempts=attempts))
    assert isinstance(answer, Wait) is repeated


@pytest.mark.parametrize(
    ("remaining", "answer"),
    [
        (None, Wait(0.25)),
        (10.0, Wait(0.25)),
        (0.26, Wait(0.25)),
        (0.25, GiveUp("the deadline would pass while waiting")),
        (0.0, GiveUp("the deadline would pass while waiting")),
        (-1.0, GiveUp("the deadline would pass while waiting")),
    ],
)
def test_no_wait_begins_that_the_deadline_would_cut(
    remaining: float | None, answer: Wait | GiveUp
) -> None:
    assert verdict(retry=Retry(base=0.5), chance=0.5, remaining=remaining) == answer


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (None, Wait(0.25)),
        (0.0, Wait(0.25)),
        (0.1, Wait(0.25)),
        (7.0, Wait(7.0)),
        (60.0, Wait(60.0)),
        (60.1, GiveUp("the server asks for a longer wait than Retry.retry_after_cap")),
    ],
)
def test_the_servers_wait_wins_when_it_is_longer_up_to_a_cap(
    asked: float | None, answer: Wait | GiveUp
) -> None:
    outcome = Outcome(status=429, retry_after=asked)
    retry = Retry(base=0.5, cap=1.0, retry_after_cap=60.0)
    assert verdict(outcome=outcome, retry=retry, chance=0.5) == answer


@given(
    attempt=st.integers(1, 10_000),
    base=st.floats(0, 1e6),
    cap=st.floats(0, 1e6),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_jitter_stays_below_the_doubled_base_and_the_cap(
    attempt: int, base: float, cap: float, chance: float
) -> None:
    retry = Retry(attempts=20_000, base=base, cap=cap)
    answer = verdict(attempt=attempt, retry=retry, chance=chance)
    assert isinstance(answer, Wait)
    assert 0 <= answer.seconds <= cap
    assert answer.seconds <= base * 2.0 ** min(attempt - 1, 60)


def test_waits_double_until_the_cap() -> None:
    retry = Retry(attempts=10, base=1.0, cap=8.0)
    waits = [verdict(attempt=attempt, retry=retry, chance=0.5) for attempt in range(1, 7)]
    assert waits == [Wait(0.5), Wait(1.0), Wait(2.0), Wait(4.0), Wait(4.0), Wait(4.0)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 5 ", 5.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Thu, 01 May 2025 12:00:30 -0000", 30.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Thu, 99 May 2025 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds


def test_without_the_header_the_server_asks_for_nothing() -> None:
    assert retry_after({}, NOW) is None


@given(st.text())
def test_no_text_of_a_server_breaks_the_reading_of_retry_after(text: str) -> None:
    seconds = retry_after({"Retry-After": text}, NOW)
    assert seconds is None or seconds >= 0
