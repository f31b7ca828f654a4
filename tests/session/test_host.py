"""Which hosts are hosts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import ConfigError
from threekit_async.config.host import DEFAULT_HOST, origin_of


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("admin.threekit.com", "https://admin.threekit.com"),
        (" admin.threekit.com\n", "https://admin.threekit.com"),
        ("https://admin.threekit.com/", "https://admin.threekit.com"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("localhost:8787", "https://localhost:8787"),
        ("localhost:", "https://localhost"),
        ("http://[::1]:8787", "http://[::1]:8787"),
        ("HTTP://LocalHost", "http://localhost"),
        ("https://admin.threekit.com:443", "https://admin.threekit.com"),
        ("localhost:80", "https://localhost:80"),
        ("http://localhost:080", "http://localhost"),
        ("http://[0:0:0:0:0:0:0:1]:8787", "http://[::1]:8787"),
        ("admin.threekit.com.", "https://admin.threekit.com."),
        ("a" * 63, f"https://{'a' * 63}"),
        ("my_host.internal", "https://my_host.internal"),
    ],
)
def test_a_host_becomes_an_origin(host: str, origin: str) -> None:
    assert origin_of(host) == origin


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("", "not a host name"),
        ("   ", "not a host name"),
        ("https://", "not a host name"),
        ("http://a..invalid", "empty or too long"),
        ("a" * 64, "empty or too long"),
        (".", "empty or too long"),
        ("://admin.threekit.com", "only http and https"),
        ("https://admin.threekit.com/a://b", "path or a query"),
        ("admin.threekit.com:0", "port"),
        ("ad\tmin.threekit.com", "not a host name"),
        ("a%2eb", "not a host name"),
        ("ftp://admin.threekit.com", "only http and https"),
        ("file:///folder", "only http and https"),
        ("admin.threekit.com/api", "path or a query"),
        ("admin.threekit.com?x=1", "path or a query"),
        ("admin.threekit.com#x", "path or a query"),
        ("admin threekit.com", "not a host name"),
        ("ex\u00e4mple.com", "not a host name"),
        ("admin.threekit.com:99999", "port"),
        ("admin.threekit.com:abc", "port"),
        ("a\\b", "not a host name"),
    ],
)
def test_what_is_no_host_is_refused_with_a_way_out(host: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refusal:
        origin_of(host)
    assert DEFAULT_HOST in str(refusal.value)


@pytest.mark.parametrize("host", ["http://[::1", "http://[not-an-address]", "exa\u2100mple.com"])
def test_hosts_that_cannot_even_be_split_are_refused_alike(host: str) -> None:
    with pytest.raises(ConfigError):
        origin_of(host)


@pytest.mark.parametrize(
    "host",
    [
        "https://someone:pass-phrase@admin.threekit.com",
        "https://someone:pass#pass-phrase@admin.threekit.com",
        "https://someone:pass?pass-phrase@admin.threekit.com",
        "https://admin.threekit.com/api/layers?bearer_token=pass-phrase",
        "https://admin.threekit.com#pass-phrase",
        "https://admin.threekit.com?a=someone@pass-phrase",
    ],
)
def test_what_may_be_secret_in_a_host_is_refused_and_not_repeated(host: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        origin_of(host)
    assert "pass" not in str(refusal.value)
    assert "someone" not in str(refusal.value)


@given(st.text())
def test_any_text_is_refused_or_becomes_an_origin_that_is_its_own(host: str) -> None:
    try:
        origin = origin_of(host)
    except ConfigError:
        return
    assert origin_of(origin) == origin
    assert origin.startswith(("http://", "https://"))
