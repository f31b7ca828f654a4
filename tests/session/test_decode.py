"""Status and bytes into records, pages and errors."""

from __future__ import annotations

import gc
import json
from contextlib import suppress
from typing import Any

import pytest

from threekit_async import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecodeError,
    ForbiddenError,
    Layer,
    NotFoundError,
    Page,
    RateLimitError,
    ServerError,
    StatusError,
    UnprocessableError,
)
from threekit_async.session.decode import (
    Answer,
    Done,
    Items,
    Object,
    One,
    Plain,
    Rows,
    Text,
    decode,
    status_error,
)

ASKED = "GET /api/layers"
CLASSES = [
    (400, BadRequestError),
    (401, AuthenticationError),
    (402, StatusError),
    (403, ForbiddenError),
    (404, NotFoundError),
    (405, StatusError),
    (409, ConflictError),
    (418, StatusError),
    (422, UnprocessableError),
    (429, RateLimitError),
    (500, ServerError),
    (502, ServerError),
    (503, ServerError),
    (599, ServerError),
]
VENDOR = json.dumps({"error": {"code": "some_code", "message": "Some message"}}).encode()
HTML = b"\n <!doctype html><title>Bad gateway</title>"


def failure(status: int, body: bytes, content_type: str = "application/json") -> StatusError:
    return status_error(
        asked=ASKED, status=status, body=body, content_type=content_type, attempts=2, seconds=1.26
    )


def page(body: Any, content_type: str = "application/json") -> Page[Layer]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(raw, Rows(Layer, "layers"), asked=ASKED, content_type=content_type)


@pytest.mark.parametrize(("status", "kind"), CLASSES)
def test_each_status_has_its_class_and_the_vendors_words(
    status: int, kind: type[StatusError]
) -> None:
    error = failure(status, VENDOR)
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, "some_code", "Some message")
    assert error.attempts == 2
    assert str(error).startswith(
        f"GET /api/layers was answered {status} some_code: Some message (2 attempts, 1.3 s). "
    )


@pytest.mark.parametrize(("status", "kind"), CLASSES)
@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (HTML, "text/html", "an HTML page instead of the API's error"),
        (HTML, "", "an HTML page instead of the API's error"),
        (b"", "", "without an explanation"),
        (b" \n", "text/plain", "without an explanation"),
        (b"overloaded", "text/plain", "an answer in no known form"),
        (b"[1]", "application/json", "an answer in no known form"),
        (b"null", "application/json", "an answer in no known form"),
        (b'{"error": "text"}', "application/json", "an answer in no known form"),
        (b'{"error": null}', "application/json", "an answer in no known form"),
        (b"\xff\xfe\x00", "application/octet-stream", "an answer in no known form"),
    ],
)
def test_a_failure_in_another_form_is_described_instead(
    status: int, kind: type[StatusError], body: bytes, content_type: str, message: str
) -> None:
    error = failure(status, body, content_type)
    assert type(error) is kind
    assert (error.code, error.message) == (None, message)
    assert f"was answered {status}: {message} (" in str(error)


@pytest.mark.parametrize(("status", "kind"), CLASSES)
def test_every_failure_ends_with_a_next_step(status: int, kind: type[StatusError]) -> None:
    step = str(failure(status, VENDOR)).rpartition("s). ")[2]
    assert step.startswith(("Check ", "Read ", "Wait", "Try "))
    assert step.endswith(".")


def test_a_missing_organisation_is_told_how_to_give_one() -> None:
    error = failure(400, b'{"error": {"code": "orgid_required", "message": "orgId required"}}')
    assert "org_id=" in str(error)


def test_an_error_without_a_message_repeats_its_code() -> None:
    assert failure(400, b'{"error": {"code": "x_failed"}}').message == "x_failed"


@pytest.mark.parametrize("code", [{}, {"code": None}])
def test_an_error_without_a_code_keeps_its_message(code: dict[str, None]) -> None:
    error = failure(400, json.dumps({"error": {**code, "message": "Too many rows"}}).encode())
    assert (error.code, error.message) == (None, "Too many rows")


def test_a_very_long_message_is_cut() -> None:
    error = failure(400, json.dumps({"error": {"code": "x", "message": "m" * 9000}}).encode())
    assert len(str(error)) < 1000


def test_a_page_is_its_rows_and_its_envelope() -> None:
    read = page({"layers": [{"id": "a"}], "page": 2, "perPage": 1, "count": 9, "sort": "+id"})
    assert read == Page(items=[Layer(id="a")], page=2, per_page=1, count=9, sort="+id")


def test_a_page_without_an_envelope_is_its_rows() -> None:
    assert page({"layers": []}) == Page(items=[])


@pytest.mark.parametrize("count", [None, "9", 9.5, [9], {"total": 9}, True])
def test_a_count_that_is_no_integer_counts_nothing(count: object) -> None:
    read = page({"layers": [{"id": "a"}], "count": count, "page": count, "perPage": count})
    assert read == Page(items=[Layer(id="a")])


def test_a_sort_that_is_no_text_sorts_nothing() -> None:
    assert page({"layers": [], "sort": [["createdAt", 1]]}).sort is None


@pytest.mark.parametrize("number", [-1, -100])
def test_negative_numbers_of_an_envelope_say_nothing(number: int) -> None:
    read = page({"layers": [], "count": number, "perPage": number})
    assert (read.count, read.per_page) == (None, None)


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        ([], "", "it is not a JSON object"),
        (7, "", "it is not a JSON object"),
        ({}, "layers", "layers is missing"),
        ({"layers": None}, "layers", "layers is null"),
        ({"layers": {"id": "a"}}, "layers", "layers is an object"),
        ({"layers": [7]}, "layers[0]", "not an object"),
        ({"layers": [{"id": "a"}, {}]}, "layers[1].id", "is missing or null"),
        ({"layers": [{"id": 7}]}, "layers[0].id", "is an integer (7), not a string"),
        (
            {"layers": [{"id": "a"}] * 3 + [{"id": "a", "createdAt": "soon"}]},
            "layers[3].createdAt",
            "is a string ('soon'), not a date",
        ),
        (
            {"layers": [{"id": "a", "metadata": [1]}]},
            "layers[0].metadata",
            "is an array ([1]), not an object",
        ),
    ],
)
def test_what_cannot_be_read_is_named_by_its_path(body: object, path: str, says: str) -> None:
    with pytest.raises(DecodeError) as refusal:
        page(body)
    assert refusal.value.path == path
    assert says in str(refusal.value)
    assert str(refusal.value).startswith("GET /api/layers succeeded, but ")


def test_a_single_record_names_its_field_without_a_leading_dot() -> None:
    with pytest.raises(DecodeError, match="cannot be read: width is a string") as refusal:
        decode(b'{"id":"a","width":"w"}', One(Layer), asked=ASKED, content_type="application/json")
    assert refusal.value.path == "width"


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"", "application/json", "its answer is empty"),
        (HTML, "text/html", "HTML page, not JSON"),
        (HTML, "application/json", "HTML page, not JSON"),
        (b'{"layers": [{"id": ', "application/json", "(19 bytes, application/json) is not JSON"),
        (b"hello", "", "(5 bytes, no content type) is not JSON"),
        (b'{"layers": ["\xff"]}', "application/json", "is not JSON"),
    ],
)
def test_an_answer_that_is_not_json_says_what_it_is(
    body: bytes, content_type: str, says: str
) -> None:
    with pytest.raises(DecodeError, match="GET /api/layers succeeded") as refusal:
        page(body, content_type)
    assert says in str(refusal.value)


def answered(body: Any, returns: Answer[Any]) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(raw, returns, asked=ASKED, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "returns", "read"),
    [
        ({"layer": {"id": "a"}}, One(Layer, key="layer"), Layer(id="a")),
        ({"id": "a"}, One(Layer, key="layer"), Layer(id="a")),
        ({"layers": [{"id": "a"}]}, Items(Layer, key="layers"), [Layer(id="a")]),
        ([{"id": "a"}], Items(Layer, key="layers"), [Layer(id="a")]),
        ([{"id": "a"}], Items(Layer), [Layer(id="a")]),
        ({"tags": ["a", "b"]}, Items(str, key="tags"), ["a", "b"]),
        ([], Items(str), []),
        ({"Oak": "Eiche", "n": 1}, Object(), {"Oak": "Eiche", "n": 1}),
        (b"Eiche, roh\r\n", Text(), "Eiche, roh\r\n"),
        (b"\xef\xbb\xbfa,b", Text(), "a,b"),
        (b"", Text(), ""),
        (b"", Done(), None),
        (HTML, Done(), None),
        ({"message": "ok"}, Done(), None),
    ],
)
def test_each_kind_of_answer_reads_its_own(body: Any, returns: Answer[Any], read: Any) -> None:
    assert answered(body, returns) == read


@pytest.mark.parametrize(
    ("body", "returns", "path", "says"),
    [
        ({"layer": None}, One(Layer, key="layer"), "layer", "is null"),
        ({"layer": {}}, One(Layer, key="layer"), "layer.id", "is missing or null"),
        ({}, One(Layer, key="layer"), "id", "is missing or null"),
        ([], One(Layer, key="layer"), "", "it is an array ([]), not an object"),
        ({}, Items(Layer, key="layers"), "layers", "is missing"),
        (7, Items(Layer, key="layers"), "", "it is an integer (7), not an object or array"),
        ({"layers": {}}, Items(Layer, key="layers"), "layers", "is an object ({}), not an array"),
        ({"layers": [{"id": 7}]}, Items(Layer, key="layers"), "layers[0].id", "not a string"),
        ({"layers": []}, Items(Layer), "", "is an object"),
        ({"tags": {}}, Items(str, key="tags"), "tags", "is an object ({}), not an array"),
        ({"tags": ["a", 7]}, Items(str, key="tags"), "tags[1]", "is an integer (7)"),
        ([], Object(), "", "is an array ([]), not an object"),
    ],
)
def test_an_answer_of_another_kind_is_named_by_its_path(
    body: Any, returns: Answer[Any], path: str, says: str
) -> None:
    with pytest.raises(DecodeError, match="GET /api/layers succeeded") as refusal:
        answered(body, returns)
    assert refusal.value.path == path
    assert says in str(refusal.value)


@pytest.mark.parametrize("body", [b"\xff\xfe", HTML])
def test_what_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError, match="not text"):
        answered(body, Text())


def test_plain_bytes_are_not_looked_into() -> None:
    assert decode(HTML, Plain(), asked=ASKED, content_type="text/html") == HTML


@pytest.mark.parametrize("body", [b'{"layers": []}', b'{"layers": 7}', b"{"])
@pytest.mark.parametrize("collecting", [True, False])
def test_reading_a_page_leaves_the_garbage_collector_as_it_was(
    body: bytes, collecting: bool
) -> None:
    was = gc.isenabled()
    (gc.enable if collecting else gc.disable)()
    try:
        with suppress(DecodeError):
            page(body)
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was else gc.disable)()
