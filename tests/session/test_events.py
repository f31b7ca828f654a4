"""Events as values and as records of the log; what a client has counted."""

from __future__ import annotations

import logging
from typing import get_args

import attrs
import pytest

from tests.session.happenings import ATTEMPT, ONE_OF_EACH, RETRY
from threekit_async.events import LEVELS, NAMES, Event, Stats, facts, log

EACH = pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: NAMES[type(event)])


def test_every_event_has_a_name_and_a_level_and_is_tried_here() -> None:
    kinds = set(get_args(Event))
    assert kinds == set(NAMES) == set(LEVELS) == set(map(type, ONE_OF_EACH))
    assert len(set(NAMES.values())) == len(kinds)


@EACH
def test_an_event_is_one_record_with_its_facts_as_fields(
    event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="threekit_async")
    log(event)
    [record] = caplog.records
    assert (record.name, record.getMessage()) == ("threekit_async", NAMES[type(event)])
    seen = {name: value for name, value in vars(record).items() if name.startswith("threekit_")}
    assert seen == {f"threekit_{name}": value for name, value in attrs.asdict(event).items()}


def test_only_what_is_worth_a_look_is_louder_than_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="threekit_async")
    for event in ONE_OF_EACH:
        log(event)
    assert [record.getMessage() for record in caplog.records] == ["retry planned", "token renewed"]


@EACH
def test_an_event_cannot_be_changed(event: Event) -> None:
    name = next(iter(facts(event)))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(event, name, "other")


def test_facts_are_named_as_asked() -> None:
    assert facts(RETRY, prefix="x.") == {
        "x.verb": "GET",
        "x.path": "/api/layers/{layer_id}",
        "x.attempt": 1,
        "x.wait": 0.25,
        "x.reason": "503",
    }
    assert facts(ATTEMPT)["error"] is None


def test_counters_show_what_has_happened_in_one_line() -> None:
    stats = Stats()
    assert repr(stats) == "<Stats nothing yet>"
    stats.calls, stats.requests, stats.waited, stats.bytes_received = 2, 5, 0.12345, 123_456_789
    assert repr(stats) == "<Stats calls=2 requests=5 waited=0.123 bytes_received=123456789>"
