"""What THREEKIT_LOG shows on standard error."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.session.happenings import ATTEMPT, FILE, PAGE, RETRY
from threekit_async.events import log, logger
from threekit_async.session.telling.log_lines import EventLine, log_as_asked


@pytest.fixture(autouse=True)
def unasked() -> Iterator[None]:
    """Leave the package's logger as it was."""
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was written to standard error, without the moments."""
    return [line.partition(" ")[2] for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_a_line_for_humans() -> None:
    record = logging.makeLogRecord({"msg": "attempt ended", "threekit_verb": "GET"})
    record.created, record.msecs = 0.123, 123.0
    shown = EventLine().format(record)
    assert shown.endswith(":00.123 threekit attempt ended GET")
    assert len(shown.split()[0]) == len("12:00:01.123")


def test_debug_shows_everything(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_asked({"THREEKIT_LOG": "debug"})
    for event in (ATTEMPT, RETRY, PAGE, FILE):
        log(event)
    path = "GET /api/layers/{layer_id}"
    assert lines(capsys) == [
        f"threekit attempt ended {path} attempt=1 status=200 seconds=0.012",
        f"threekit retry planned {path} attempt=1 wait=0.250 reason=503",
        "threekit page read /api/layers number=3 rows=100 dropped=2 seconds=0.000",
        "threekit file ended id=a status=downloaded size=20 seconds=0.200",
    ]


@pytest.mark.parametrize(
    ("asked", "shown"), [("info", 1), (" INFO ", 1), ("warning", 0), ("", 0), (" ", 0)]
)
def test_a_level_is_a_word_in_any_case(
    asked: str, shown: int, capsys: pytest.CaptureFixture[str]
) -> None:
    log_as_asked({"THREEKIT_LOG": asked})
    log(ATTEMPT)
    log(RETRY)
    assert len(lines(capsys)) == shown


def test_nothing_changes_when_nothing_is_asked() -> None:
    before = (list(logger.handlers), logger.level)
    log_as_asked({})
    assert (logger.handlers, logger.level) == before


def test_a_second_client_adds_no_second_handler(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ("debug", "debug", "warning"):
        log_as_asked({"THREEKIT_LOG": asked})
    log(ATTEMPT)
    assert len(lines(capsys)) == 1


def test_what_the_application_set_later_holds(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_asked({"THREEKIT_LOG": "debug"})
    logger.setLevel(logging.ERROR)
    log_as_asked({"THREEKIT_LOG": "debug"})
    log(RETRY)
    assert lines(capsys) == []


def test_the_applications_own_handlers_and_level_are_left_alone(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="threekit_async")
    log_as_asked({"THREEKIT_LOG": "info"})
    log(ATTEMPT)
    log(RETRY)
    assert [record.getMessage() for record in caplog.records] == ["attempt ended", "retry planned"]
    assert len(lines(capsys)) == 1


def test_an_unknown_word_is_a_warning_and_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_asked({"THREEKIT_LOG": "loud"})
    log(RETRY)
    assert lines(capsys) == ["threekit THREEKIT_LOG is 'loud'; it can be debug, info or warning."]


def test_odd_text_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_asked({"THREEKIT_LOG": "info"})
    logger.info("file ended", extra={"threekit_id": "a b\nc", "threekit_error": None})
    assert lines(capsys) == [r"threekit file ended id='a b\nc'"]


def test_a_traceback_follows_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_asked({"THREEKIT_LOG": "info"})
    try:
        dict[str, str]()["gone"]
    except KeyError:
        logger.exception("The hook raised.")
    shown = capsys.readouterr().err
    assert "threekit The hook raised.\nTraceback" in shown
    assert shown.endswith("KeyError: 'gone'\n")


def test_an_application_that_logs_nothing_sees_the_lines_and_only_those() -> None:
    code = (
        "from threekit_async.events import RetryPlanned, log, logger\n"
        "from threekit_async.session.telling.log_lines import log_as_asked\n"
        "event = RetryPlanned(verb='GET', path='/api/x', attempt=1, wait=0, reason='503')\n"
        "log(event)\n"
        "logger.error('unheard')\n"
        "log_as_asked({'THREEKIT_LOG': 'info'})\n"
        "log(event)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    [line] = done.stderr.splitlines()
    assert "threekit retry planned GET /api/x attempt=1 wait=0 reason=503" in line
    assert done.stdout == ""
