"""What may be kept, under which name, and how it is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from tests.session.stories import untold
from threekit_async import Retry, Timeout
from threekit_async.session.decode import Plain
from threekit_async.session.keeping.caching import (
    KeptAnswer,
    asks_plainly,
    conditional_headers,
    confirmed,
    echoes,
    fresh_headers,
    key_of,
    remembered,
    storable,
)
from threekit_async.session.reply import Call, OpenBody, Reply
from threekit_async.session.request import Request

TOKEN = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
URL = "https://admin.threekit.com/api/orders?orgId=o"
SALT = b"s" * 32
JSON = {"Content-Type": "application/json; charset=utf-8", "Content-Length": "12", "ETag": '"1"'}
NAMES = st.sampled_from(["Accept", "Authorization", "Cookie", "Accept-Language", "X-Kind", "Host"])
HEADERS = st.dictionaries(NAMES, st.text(max_size=20))


def call(
    *,
    verb: str = "GET",
    url: str = URL,
    buffered: bool = True,
    headers: dict[str, str] | None = None,
) -> Call:
    return Call(
        request=Request(verb=verb, path="/api/orders", returns=Plain()),  # type: ignore[arg-type]
        url=url,
        headers=headers or {},
        timeout=Timeout(),
        retry=Retry(),
        started=0.0,
        deadline=None,
        buffered=buffered,
        story=untold(),
    )


def reply(
    *,
    status: int = 200,
    body: bytes = b'{"a": "b"}',
    open_body: OpenBody | None = None,
    **more: str,
) -> Reply:
    headers = {**JSON, **{name.replace("_", "-"): value for name, value in more.items()}}
    present = {name: value for name, value in headers.items() if value}
    return Reply(status=status, headers=CIMultiDict(present), body=body, open_body=open_body)


@pytest.mark.parametrize(
    ("asked", "plain"),
    [
        (call(), True),
        (call(headers={"Cache-Control": "no-cache"}), True),
        (call(verb="POST"), False),
        (call(verb="PUT"), False),
        (call(verb="DELETE"), False),
        (call(buffered=False), False),
        (call(headers={"if-none-match": '"1"'}), False),
        (call(headers={"If-Modified-Since": "x"}), False),
        (call(headers={"Range": "bytes=1-"}), False),
        (call(headers={"cache-control": "max-age=0, No-Store"}), False),
    ],
)
def test_only_plain_reads_are_kept(asked: Call, plain: bool) -> None:
    assert asks_plainly(asked) is plain


@given(HEADERS, HEADERS)
def test_answers_have_the_same_name_only_if_the_same_was_asked(
    one: dict[str, str], other: dict[str, str]
) -> None:
    same = key_of(salt=SALT, url=URL, headers=one) == key_of(salt=SALT, url=URL, headers=other)
    assert same is (one == other)


@given(HEADERS)
def test_neither_case_nor_order_of_header_names_changes_a_name(
    headers: dict[str, str],
) -> None:
    turned = {name.upper(): value for name, value in reversed(headers.items())}
    assert key_of(salt=SALT, url=URL, headers=headers) == key_of(salt=SALT, url=URL, headers=turned)


@given(st.text(min_size=1), st.text(min_size=1))
def test_url_and_headers_do_not_run_into_one_another(url: str, value: str) -> None:
    names = {
        key_of(salt=SALT, url=url + value, headers={}),
        key_of(salt=SALT, url=url, headers={"Cookie": value}),
        key_of(salt=SALT, url=url, headers={"Authorization": value}),
    }
    assert len(names) == 3


@given(st.text(alphabet="0123456789abcdef-", min_size=8))
def test_a_name_does_not_hold_the_token(token: str) -> None:
    name = key_of(salt=SALT, url=URL, headers={"Authorization": f"Bearer {token}"})
    assert token.encode() not in name
    assert token not in name.hex()
    assert len(name) == 32


@pytest.mark.parametrize(
    "other",
    [
        {"url": URL.replace("orgId=o", "orgId=p")},
        {"url": URL.replace("admin.", "preview.")},
        {"url": f"{URL}&bearer_token={TOKEN}"},
        {"url": f"{URL}&cacheScope=thumbnail"},
        {"headers": {"Authorization": "Bearer another-token"}},
        {"headers": {"Authorization": f"Bearer {TOKEN}", "Accept": "text/csv"}},
        {"headers": {"Authorization": f"Bearer {TOKEN}", "Accept-Language": "de"}},
        {"headers": {"Authorization": f"Bearer {TOKEN}", "X-Own-Key": "1"}},
        {"salt": b"t" * 32},
    ],
)
def test_another_caller_organisation_form_or_store_has_another_name(
    other: dict[str, object],
) -> None:
    asked = {"salt": SALT, "url": URL, "headers": {"Authorization": f"Bearer {TOKEN}"}}
    assert key_of(**asked) != key_of(**{**asked, **other})  # type: ignore[arg-type]


def test_what_only_traces_a_call_is_not_part_of_its_name() -> None:
    traced = {"traceparent": "00-1-2-01", "X-Request-Id": "7"}
    assert key_of(salt=SALT, url=URL, headers=traced) == key_of(salt=SALT, url=URL, headers={})


class _Body:
    def chunks(self) -> object: ...
    def close(self) -> None: ...


DATE = "Thu, 01 May 2025 12:00:30 GMT"
BEFORE = "Thu, 01 May 2025 12:00:28 GMT"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (reply(), True),
        (reply(ETag='W/"1"'), True),
        (reply(body=b" [1] \n"), True),
        (reply(Content_Type="application/problem+json"), True),
        (reply(Content_Length="", Transfer_Encoding="chunked"), True),
        (reply(Cache_Control="private, max-age=0"), True),
        (reply(Vary="Accept, Authorization"), True),
        (reply(ETag="", Last_Modified=BEFORE, Date=DATE), True),
        (reply(ETag="", Last_Modified=BEFORE, Date="Thu, 01 May 2025 12:00:29 GMT"), False),
        (reply(ETag="", Last_Modified=BEFORE, Date=BEFORE), False),
        (reply(ETag="", Last_Modified=BEFORE), False),
        (reply(ETag="", Last_Modified="yesterday", Date=DATE), False),
        (reply(ETag=""), False),
        (reply(ETag="W/"), False),
        (reply(ETag='"é"'), False),
        (reply(ETag='"' + "1" * 2000 + '"'), False),
        (reply(Cache_Control="No-Store"), False),
        (reply(Cache_Control="private,no-store, max-age=9"), False),
        (reply(Vary="*"), False),
        (reply(Vary="Accept, *"), False),
        (reply(Content_Type="text/html"), False),
        (reply(Content_Type=""), False),
        (reply(Content_Length=""), False),
        (reply(body=b""), False),
        (reply(body=b'{"a": [1, 2'), False),
        (reply(body=b"[1}"), False),
        (reply(body=b'{"' + b"a" * 95 + b'":1}'), True),
        (reply(body=b'{"' + b"a" * 96 + b'":1}'), False),
        (reply(open_body=_Body()), False),  # type: ignore[arg-type]
        *((reply(status=status), False) for status in (201, 203, 204, 206, 301, 304, 404, 500)),
    ],
)
def test_what_is_kept_is_whole_small_json_that_can_be_asked_about(
    answer: Reply, kept: bool
) -> None:
    assert bool(storable(answer, largest=101)) is kept


def test_no_store_counts_in_the_second_line_too() -> None:
    answer = reply(Cache_Control="private")
    assert isinstance(answer.headers, CIMultiDict)
    answer.headers.add("cache-control", "no-store")
    assert not storable(answer, largest=100)


@given(st.text(), st.text())
def test_no_date_is_too_odd(changed: str, made: str) -> None:
    assert storable(reply(ETag="", Last_Modified=changed, Date=made), largest=100) in {True, False}


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"ETag": '"1"'}, {"If-None-Match": '"1"'}),
        ({"ETag": 'W/"1"', "Last-Modified": DATE}, {"If-None-Match": 'W/"1"'}),
        ({"Last-Modified": DATE}, {"If-Modified-Since": DATE}),
    ],
)
def test_the_tag_is_asked_about_before_the_date(
    headers: dict[str, str], asked: dict[str, str]
) -> None:
    assert conditional_headers(KeptAnswer(headers=headers, body=b"")) == asked


@pytest.mark.parametrize(
    ("mine", "named", "same"),
    [
        ('"1"', '"1"', True),
        ('W/"1"', '"1"', True),
        ('"1"', 'W/"1"', True),
        ('"1"', "", True),
        ("", '"1"', True),
        ('"1"', '"2"', False),
    ],
)
def test_a_304_that_names_another_tag_confirms_nothing(mine: str, named: str, same: bool) -> None:
    kept = KeptAnswer(headers={"ETag": mine} if mine else {}, body=b"")
    assert confirmed(kept, {"etag": named} if named else {}) is same


def test_only_harmless_headers_are_remembered() -> None:
    given_ = CIMultiDict(
        {**JSON, "set-cookie": "sid=1", "X-Echo": TOKEN, "last-modified": DATE, "Date": DATE}
    )
    assert remembered(given_) == {
        "Content-Type": "application/json; charset=utf-8",
        "ETag": '"1"',
        "Last-Modified": DATE,
    }


def test_a_tag_that_cannot_be_sent_is_not_remembered() -> None:
    assert remembered({"etag": '"é"', "last-modified": DATE}) == {"Last-Modified": DATE}


def test_the_headers_of_a_304_win_but_for_those_of_its_empty_body() -> None:
    kept = KeptAnswer(headers={"Content-Type": "application/json", "ETag": '"1"'}, body=b"{}")
    headers = {"etag": 'W/"1"', "Date": DATE, "Content-Length": "0", "content-type": "text/plain"}
    assert fresh_headers(kept, headers) == CIMultiDict(
        {"Content-Type": "application/json", "etag": 'W/"1"', "Date": DATE}
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (call(headers={"Authorization": f"Bearer {TOKEN}"}), True),
        (call(headers={"Cookie": f"a=1; session={TOKEN}"}), True),
        (call(headers={"X-Own-Key": TOKEN}), True),
        (call(url=f"{URL}&bearer_token={TOKEN}"), True),
        (call(headers={"Authorization": "Bearer something-else"}), False),
        (call(headers={"Accept": TOKEN, "Origin": TOKEN}), False),
        (call(headers={"X-Kind": "tok"}), False),
        (call(), False),
    ],
)
def test_an_answer_that_repeats_its_callers_credentials_is_seen(asked: Call, told: bool) -> None:
    assert echoes(asked, f'{{"tokens": ["{TOKEN}"]}}'.encode()) is told
