"""What may be shown of headers and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.session.redact import MASK, shown_headers, shown_url


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Authorization", False),
        ("authorization", False),
        ("Cookie", False),
        ("Set-Cookie", False),
        ("X-Api-Key", False),
        ("Location", False),
        ("Proxy-Authorization", False),
        ("Content-Type", True),
        ("content-length", True),
        ("RETRY-AFTER", True),
        ("User-Agent", True),
        ("X-Amz-Security-Token", False),
        ("Origin", False),
        ("Referer", False),
        ("WWW-Authenticate", False),
        ("ETag", True),
        ("Range", True),
        ("Content-Encoding", True),
        ("Last-Modified", True),
    ],
)
def test_only_headers_known_to_be_harmless_are_shown(name: str, shown: bool) -> None:
    assert shown_headers({name: "value"}) == {name: "value" if shown else MASK}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/api/layers?bearer_token=t", "https://h/api/layers"),
        ("https://u:p@h:1/api#bearer_token=t", "https://h:1/api"),
        ("https://h/a%2Fb?x=1", "https://h/a%2Fb"),
        ("https://[::1]:8/a", "https://[::1]:8/a"),
    ],
)
def test_an_address_is_shown_without_user_query_and_fragment(url: str, shown: str) -> None:
    assert shown_url(url) == shown


_SECRET = st.text(st.characters(categories=("L", "N")), min_size=1).map(lambda text: f"tok{text}en")


@given(_SECRET)
def test_no_token_of_a_query_or_a_user_is_shown(secret: str) -> None:
    url = f"https://{secret}:{secret}@h.example/api/layers?a=1&bearer_token={secret}#{secret}"
    assert secret not in shown_url(url)


@pytest.mark.parametrize("url", ["https://[t", "https://u:p@[::1", "http://[tok]/?x=1"])
def test_what_is_no_address_is_masked(url: str) -> None:
    assert shown_url(url) == MASK


@given(st.text())
def test_showing_an_address_never_fails(url: str) -> None:
    assert "?" not in shown_url(url)
