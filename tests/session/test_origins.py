"""Which addresses belong to the same server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async.session.identity.origins import Origin


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example", "HTTPS://A.Example"),
        ("https://a.example", "https://a.example:443"),
        ("https://a.example", "https://a.example:"),
        ("http://a.example:80", "http://a.example"),
        ("http://[::1]", "http://[0:0:0:0:0:0:0:1]:80"),
    ],
)
def test_two_ways_to_write_an_origin_are_the_same(one: str, other: str) -> None:
    assert Origin.read(one) == Origin.read(other) is not None


@pytest.mark.parametrize(
    "other",
    [
        "http://a.example",
        "https://a.example:444",
        "https://b.a.example",
        "https://a.example.evil",
        "https://a.example.",
        "https://aa.example",
    ],
)
def test_another_scheme_host_or_port_is_another_origin(other: str) -> None:
    assert Origin.read(other) not in {None, Origin.read("https://a.example")}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example",
        "//a.example",
        "ws://a.example",
        "https://",
        "https://:443",
        "https://a.example/",
        "https://u@a.example",
        "https://a b",
        "https://a.example:65536",
        "https://a.example:0",
        "https://a.example:+1",
        "https://a.example:\u0661",
        "https://\uff41.example",
        "https://a..example",
        "https://.",
        f"https://{'a' * 64}.example",
        "https://[::1",
        "https://[::g]",
        "https://[:::::]",
        "https://[fe80::1%25eth0]",
        "https://a.example\n",
        "https://a%2eexample",
    ],
)
def test_what_is_no_origin_is_none(text: str) -> None:
    assert Origin.read(text) is None


@given(st.from_regex(r"\A(https?)://[a-zA-Z0-9-]{1,20}(\.[a-z]{1,9}){0,3}(:[1-9][0-9]{0,3})?\Z"))
def test_an_origin_reads_back_what_it_writes(text: str) -> None:
    found = Origin.read(text)
    assert found is not None
    assert Origin.read(str(found)) == found
