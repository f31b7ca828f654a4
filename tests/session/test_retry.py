"""What follows a failed attempt: the whole table, and the waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import Retry
from threekit_async.session.request import Safety
from threekit_async.session.retry import GiveUp, Outcome, Wait, decide, retry_after

NOW = datetime(2025, 5, 1, 12, 0, 0, tzinfo=UTC)
PASSING = {408, 425, 429, 500, 502, 503, 504}
STATUSES = [*range(400, 432), 451, *range(500, 512), 599]
YEAR = 365 * 86400.0
TOO_LATE = "the deadline would pass while waiting for the next attempt"
SAFETIES: list[Safety] = ["safe", "idempotent", "unsafe"]


def verdict(
    *,
    safety: Safety = "safe",
    attempt: int = 1,
    outcome: Outcome | None = None,
    retry: Retry | None = None,
    remaining: float | None = None,
    chance: float = 0.5,
    budget: float = 100.0,
) -> Wait | GiveUp:
    return decide(
        safety=safety,
        attempt=attempt,
        outcome=outcome or Outcome(status=503),
        retry=retry or Retry(),
        remaining=remaining,
        chance=chance,
        budget=budget,
    )


# What may be repeated at all, by how the attempt ended: safe, idempotent, unsafe.
TABLE = {
    "not sent": (True, True, True),
    "lost": (True, True, False),
    "refused": (True, True, True),
    "passing": (True, True, False),
    "final": (False, False, False),
}
ENDINGS = [
    ("not sent", Outcome(sent=False)),
    ("lost", Outcome(sent=True)),
    ("final", Outcome(sent=False, lasting=True)),
    ("refused", Outcome(status=429)),
    *(("passing", Outcome(status=status)) for status in sorted(PASSING - {429})),
    *(
        ("final", Outcome(status=status))
        for status in [100, 101, *range(300, 309), *STATUSES]
        if status not in PASSING
    ),
]
ATTEMPTS = {1: True, 2: True, 3: False}
DEADLINES = {None: True, 100.0: True, 0.01: False}
BUDGETS = {0.0: False, 0.9: False, 1.0: True, 40.0: True}


@pytest.mark.parametrize("safety", SAFETIES)
@pytest.mark.parametrize(("ending", "outcome"), ENDINGS)
def test_every_combination_is_decided_as_the_table_says(
    safety: Safety, ending: str, outcome: Outcome
) -> None:
    allowed = TABLE[ending][SAFETIES.index(safety)]
    retry = Retry(attempts=3, base=0.5)
    for attempt, remaining, budget in product(ATTEMPTS, DEADLINES, BUDGETS):
        answer = verdict(
            safety=safety,
            attempt=attempt,
            outcome=outcome,
            retry=retry,
            remaining=remaining,
            budget=budget,
        )
        repeated = allowed and ATTEMPTS[attempt] and DEADLINES[remaining] and BUDGETS[budget]
        case = (attempt, remaining, budget, answer)
        assert isinstance(answer, Wait) is repeated, case
        if isinstance(answer, Wait):
            assert answer.seconds == 0.25 * attempt, case


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"attempt": 4}, "no attempts are left"),
        ({"budget": 0.8}, "the client's retry budget is spent"),
        (
            {"remaining": 0.1},
            "the deadline would pass while waiting for the next attempt",
        ),
        (
            {"outcome": Outcome(status=503, retry_after=300.0)},
            "the server asks for a wait of 300 s, more than Retry(retry_after_cap=120) allows",
        ),
        (
            {"outcome": Outcome(sent=True), "safety": "unsafe"},
            "the server may have acted on it, and a second time could do harm",
        ),
        ({"outcome": Outcome(status=404), "attempt": 4, "budget": 0.0}, ""),
        (
            {"outcome": Outcome(sent=False, lasting=True), "attempt": 4},
            "the next attempt would end the same way",
        ),
    ],
)
def test_giving_up_is_explained_to_the_user(given: dict[str, Any], reason: str) -> None:
    assert verdict(**given) == GiveUp(reason)


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
        (0.25, GiveUp(TOO_LATE)),
        (0.0, GiveUp(TOO_LATE)),
        (-1.0, GiveUp(TOO_LATE)),
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
        (7.0, Wait(7.35)),
        (60.0, Wait(63.0)),
        (60.1, None),
    ],
)
def test_the_servers_wait_wins_when_it_is_longer_up_to_a_cap(
    asked: float | None, answer: Wait | None
) -> None:
    outcome = Outcome(status=429, retry_after=asked)
    retry = Retry(base=0.5, cap=1.0, retry_after_cap=60.0)
    decided = verdict(outcome=outcome, retry=retry, chance=0.5)
    assert (decided if isinstance(decided, Wait) else None) == answer


def test_those_who_were_told_the_same_time_come_back_within_a_tenth_of_it() -> None:
    outcome = Outcome(status=429, retry_after=10.0)
    waits = [verdict(outcome=outcome, chance=chance) for chance in (0.0, 0.25, 0.5, 0.99)]
    assert waits == [Wait(10.0), Wait(10.25), Wait(10.5), Wait(10.99)]


@pytest.mark.parametrize(
    ("remaining", "answer"),
    [(10.4, Wait(10.2)), (10.0, GiveUp(TOO_LATE)), (9.0, GiveUp(TOO_LATE)), (20.0, Wait(10.5))],
)
def test_the_spread_does_not_carry_a_wait_over_the_deadline(
    remaining: float, answer: Wait | GiveUp
) -> None:
    outcome = Outcome(status=429, retry_after=10.0)
    assert verdict(outcome=outcome, remaining=remaining, chance=0.5) == answer


outcomes = st.builds(
    Outcome,
    status=st.none() | st.integers(100, 599),
    sent=st.booleans(),
    retry_after=st.none() | st.floats(0, 1e9),
)


@given(
    safety=st.sampled_from(SAFETIES),
    attempt=st.integers(1, 8),
    outcome=outcomes,
    retry=st.builds(
        Retry,
        attempts=st.integers(1, 8),
        base=st.floats(0, 1e3),
        cap=st.floats(0, 1e3),
        retry_after_cap=st.floats(0, 1e3),
    ),
    remaining=st.none() | st.floats(-10, 2e3),
    chance=st.floats(0, 1, exclude_max=True),
    budget=st.floats(0, 200),
)
def test_whatever_is_asked_no_repetition_breaks_a_promise(
    *,
    safety: Safety,
    attempt: int,
    outcome: Outcome,
    retry: Retry,
    remaining: float | None,
    chance: float,
    budget: float,
) -> None:
    answer = verdict(
        safety=safety,
        attempt=attempt,
        outcome=outcome,
        retry=retry,
        remaining=remaining,
        chance=chance,
        budget=budget,
    )
    if isinstance(answer, GiveUp):
        return
    asked = outcome.retry_after or 0.0
    assert safety != "unsafe" or not outcome.sent or outcome.status == 429
    assert attempt < retry.attempts
    assert budget >= 1
    assert remaining is None or answer.seconds < remaining
    assert asked <= answer.seconds <= max(1.1 * asked, retry.cap)
    assert asked <= retry.retry_after_cap


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
        ("Thursday, 01-May-25 12:00:30 GMT", 30.0),
        ("Thu May  1 12:00:30 2025", 30.0),
        ("Thu, 01 May 2025 12:00:30", 30.0),
        ("Thu, 01 May 2025 14:00:30 +0200", 30.0),
        ("Sat, 01 Jan 0001 00:00:00 +1200", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 -1200", YEAR),
        ("Thu, 01 May 99999 12:00:30 GMT", None),
        ("Thu, 01 May 2025 12:00:30 +9999", None),
        (f"Thu, 01 May 2025 {'9' * 5000}:00:00 GMT", None),
        ("2025-05-01T12:00:30Z", None),
        ("9" * 5000, YEAR),
        ("+5", None),
        ("5, 5", None),
        ("5;delta=1", None),
        ("1e3", None),
        ("0x10", None),
        ("inf", None),
        ("nan", None),
        (" , , ", None),
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


@given(
    st.text(alphabet="0123456789 :,-+GMTThuMay", max_size=40)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{1,5} \d{2}:\d{2}:\d{2} .{0,6}")
)
def test_nothing_that_resembles_a_date_asks_for_more_than_a_year(text: str) -> None:
    seconds = retry_after({"Retry-After": text}, NOW)
    assert seconds is None or 0 <= seconds <= YEAR
