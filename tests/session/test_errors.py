"""The error tree: every class, its pickle, and its place."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import threekit_async
from threekit_async import errors
from threekit_async.errors import (
    BulkError,
    DecodeError,
    JobFailedError,
    RateLimitError,
    StatusError,
    ThreekitError,
    TransportError,
)
from threekit_async.models.jobs import Job, Run

CLASSES = [
    value for value in (getattr(errors, name) for name in errors.__all__) if isinstance(value, type)
]


def made(kind: type[Any]) -> ThreekitError:
    """Make an error of a class with a value in every place it has."""
    if issubclass(kind, BulkError):
        error: Any = kind("2 of 3 failed", [made(DecodeError), made(RateLimitError)])
    elif issubclass(kind, StatusError):
        error = kind("text", status=418, code="teapot", message="short", attempts=3)
    elif issubclass(kind, TransportError):
        error = kind("text", sent=False)
    elif issubclass(kind, DecodeError):
        error = kind("text", path="layers[3].createdAt")
    elif issubclass(kind, JobFailedError):
        error = kind("text", job=Job(id="j", status="stopped"), runs=[Run(id="r", task_id="t")])
    else:
        error = kind("text")
    if isinstance(error, RateLimitError):
        error.retry_after = 2.5
    error.add_note("a note")
    assert isinstance(error, ThreekitError)
    return error


def facts(error: BaseException) -> Any:
    """Everything an error says, to compare two of them."""
    inner = [facts(one) for one in getattr(error, "exceptions", ())]
    return type(error), str(error), vars(error), inner


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling_with_all_it_says(kind: type[Any], protocol: int) -> None:
    error = made(kind)
    assert facts(pickle.loads(pickle.dumps(error, protocol))) == facts(error)  # noqa: S301


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_can_be_copied(kind: type[Any]) -> None:
    error = made(kind)
    assert facts(copy.copy(error)) == facts(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_a_threekit_error_with_a_docstring(kind: type[Any]) -> None:
    assert issubclass(kind, ThreekitError)
    assert kind.__doc__
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_can_be_imported_from_the_package(kind: type[Any]) -> None:
    assert getattr(threekit_async, kind.__name__) is kind
    assert kind.__name__ in threekit_async.__all__


@pytest.mark.parametrize("kind", [errors.RequestTimeoutError, errors.DeadlineError])
def test_what_took_too_long_is_also_a_timeout_error(kind: type[Any]) -> None:
    assert isinstance(made(kind), TimeoutError)


def test_a_connection_that_was_never_made_was_never_sent() -> None:
    assert errors.ConnectError("text").sent is False


def test_the_failures_of_a_bulk_run_can_be_caught_one_class_at_a_time() -> None:
    caught: list[BaseException] = []
    rest: list[BaseException] = []
    try:
        raise made(BulkError)
    except* RateLimitError as group:
        caught.extend(group.exceptions)
    except* ThreekitError as group:
        rest.extend(group.exceptions)
    assert [type(error) for error in caught] == [RateLimitError]
    assert [type(error) for error in rest] == [DecodeError]


def test_a_part_of_a_bulk_error_is_an_exception_group() -> None:
    matching, others = made(BulkError).split(RateLimitError)  # type: ignore[attr-defined]
    assert isinstance(matching, ExceptionGroup)
    assert isinstance(others, ExceptionGroup)


def test_the_lazy_names_of_the_package_are_the_declared_ones() -> None:
    listed = {name for names in threekit_async._HOMES.values() for name in names}
    assert listed | {"__version__"} == set(threekit_async.__all__)
    assert all(getattr(threekit_async, name) is not None for name in listed)


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = threekit_async.Nonsense
