"""Functions of the application that hear of events."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from attrs import fields

from tests.session.happenings import ATTEMPT, ENDED, ONE_OF_EACH, RETRY
from threekit_async import ConfigError
from threekit_async.events import NAMES, AttemptEnded, Event, FileEnded, RequestEnded, RetryPlanned
from threekit_async.hooks import Hooks
from threekit_async.session.telling.narrator import Narrator

EACH = pytest.mark.parametrize("event", ONE_OF_EACH, ids=lambda event: NAMES[type(event)])


def hook_name(event: Event) -> str:
    return NAMES[type(event)].replace(" ", "_")


def hooked(event: Event, hook: Callable[[Any], object]) -> Narrator:
    """Tell one hook: the one for such events."""
    named: dict[str, Any] = {hook_name(event): hook}
    return Narrator(Hooks(**named))


def test_there_is_a_hook_for_each_event_and_it_takes_that_event() -> None:
    wanted: dict[str, Any] = {
        hook_name(event): f"Callable[[{type(event).__name__}], object] | None"
        for event in ONE_OF_EACH
    }
    assert {field.name: field.type for field in fields(Hooks)} == wanted


@EACH
def test_a_hook_hears_of_its_events_and_of_no_others(event: Event) -> None:
    heard: list[Event] = []
    narrator = hooked(event, heard.append)
    for one in ONE_OF_EACH:
        if narrator.hears(type(one)):
            narrator.tell(one)
    assert heard == [event]


@EACH
def test_without_hooks_and_log_nobody_hears(event: Event) -> None:
    assert not Narrator().hears(type(event))
    assert not Narrator(Hooks()).hears(type(event))


def test_the_log_hears_what_its_level_lets_through(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="threekit_async")
    assert Narrator().hears(RetryPlanned)
    assert not Narrator().hears(AttemptEnded)
    caplog.set_level(logging.DEBUG, logger="threekit_async")
    assert Narrator().hears(AttemptEnded)


def test_what_a_hook_hears_is_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="threekit_async")
    heard: list[Event] = []
    narrator = Narrator(Hooks(retry_planned=heard.append, attempt_ended=heard.append))
    narrator.tell(RETRY)
    narrator.tell(ATTEMPT)
    assert heard == [RETRY, ATTEMPT]
    assert [record.getMessage() for record in caplog.records] == ["retry planned"]


def test_a_hook_that_raises_is_logged_once_and_called_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[Event] = []

    def broken(event: Event) -> None:
        heard.append(event)
        raise LookupError("no such counter")

    narrator = Narrator(Hooks(request_ended=broken, retry_planned=broken))
    for event in (ENDED, RETRY, ENDED, RETRY, ENDED):
        narrator.tell(event)
    assert heard == [ENDED, RETRY, ENDED, RETRY, ENDED]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("The hook for 'request ended' raised, and the call went on.")
    assert second.startswith("The hook for 'retry planned' raised")
    assert "no such counter" in caplog.text


def test_a_hook_may_end_the_program() -> None:
    def stop(_event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Narrator(Hooks(request_ended=stop)).tell(ENDED)


async def waiting(_event: Event) -> None:
    raise AssertionError("never awaited")


class Waiting:
    async def __call__(self, _event: Event) -> None:
        raise AssertionError("never awaited")


@pytest.mark.parametrize(
    "hook", [waiting, Waiting(), functools.partial(waiting), Waiting().__call__]
)
def test_a_hook_nobody_would_await_is_refused(hook: Any) -> None:
    with pytest.raises(ConfigError, match="The hook file_ended is an async function"):
        Hooks(file_ended=hook)


@pytest.mark.parametrize("hook", ["print", 1, False])
def test_a_hook_that_is_no_function_is_refused(hook: Any) -> None:
    with pytest.raises(ConfigError, match="must be a function that takes the event, not"):
        Hooks(page_read=hook)


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _event: FileEnded | RequestEnded) -> None:
        self.count += 1


def test_whatever_can_be_called_is_a_hook() -> None:
    counter = Counter()
    narrator = Narrator(
        Hooks(request_ended=counter, attempt_ended=functools.partial(print, end=""))
    )
    narrator.tell(ENDED)
    assert counter.count == 1


def test_hooks_and_narrator_show_who_hears_what() -> None:
    hooks = Hooks(retry_planned=print, request_ended=print)
    assert repr(hooks) == "<Hooks request_ended retry_planned>"
    assert repr(Hooks()) == "<Hooks none>"
    shown = "<Narrator tells the log, a hook for 'request ended', a hook for 'retry planned'>"
    assert repr(Narrator(hooks)) == shown
    assert repr(Narrator()) == "<Narrator tells the log>"
