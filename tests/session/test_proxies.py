"""Which proxy for which address."""

from __future__ import annotations

import pytest

from threekit_async import ConfigError
from threekit_async.session.wire.proxies import Proxies, Proxy

SITE = "https://admin.threekit.com/api/layers?orgId=o"
PLAIN = "http://admin.threekit.com/api/layers"


@pytest.mark.parametrize(
    ("environment", "url", "through"),
    [
        ({}, SITE, None),
        ({"https": "http://p:1"}, SITE, "http://p:1"),
        ({"https": "http://p:1"}, PLAIN, None),
        ({"http": "http://p:1"}, PLAIN, "http://p:1"),
        ({"http": "http://p:1"}, SITE, None),
        ({"all": "http://p:1"}, SITE, "http://p:1"),
        ({"all": "http://p:1", "https": "http://q:2"}, SITE, "http://q:2"),
        ({"all": "http://p:1", "https": ""}, SITE, "http://p:1"),
        ({"https": "p:3128"}, SITE, "http://p:3128"),
        ({"https": "https://p"}, SITE, "https://p"),
        ({"https": "http://p:1/"}, SITE, "http://p:1"),
        ({"https": "http://[::1]:1"}, SITE, "http://[::1]:1"),
        ({"all": "http://p:1", "no": "threekit.com"}, SITE, None),
        ({"all": "http://p:1", "no": ".threekit.com"}, SITE, None),
        ({"all": "http://p:1", "no": "other.com, admin.threekit.com"}, SITE, None),
        ({"all": "http://p:1", "no": "*"}, SITE, None),
        ({"all": "http://p:1", "no": "kit.com"}, SITE, "http://p:1"),
        ({"all": "http://p:1", "no": "preview.threekit.com"}, SITE, "http://p:1"),
        ({"all": "http://p:1", "no": "threekit.com:8443"}, SITE, "http://p:1"),
        ({"all": "http://p:1", "no": "threekit.com:8443"}, "https://threekit.com:8443/a", None),
        ({"all": "http://p:1"}, "http://127.0.0.1:8787/api", None),
        ({"all": "http://p:1"}, "http://127.8.8.8/api", None),
        ({"all": "http://p:1"}, "http://localhost:8787/api", None),
        ({"all": "http://p:1"}, "http://emulator.localhost:8787/api", None),
        ({"all": "http://p:1"}, "http://[::1]:8787/api", None),
        ({"all": "http://p:1"}, "http://10.0.0.1/api", "http://p:1"),
        ({"all": "http://p:1"}, "http://localhost.threekit.com/api", "http://p:1"),
    ],
)
def test_the_environment_says_which_proxy(
    environment: dict[str, str], url: str, through: str | None
) -> None:
    proxies = Proxies(environment=environment)
    for _ in range(2):
        found = proxies.of(url)
        assert (found and found.url) == through


def test_a_proxy_that_was_chosen_takes_everything() -> None:
    chosen = Proxy.parse("http://p:1", source="proxy")
    proxies = Proxies(chosen=chosen, environment={"no": "*", "all": "http://q:1"})
    assert proxies.of("http://127.0.0.1:8787/api") is proxies.of(SITE) is chosen


def test_many_origins_are_not_all_remembered() -> None:
    proxies = Proxies(environment={"all": "http://p:1"})
    for number in range(1000):
        assert proxies.of(f"https://storage-{number}.example/file") is not None
    assert len(proxies._found) <= 64


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("http://user:password@p:1", "Basic dXNlcjpwYXNzd29yZA=="),
        ("user:password@p:1", "Basic dXNlcjpwYXNzd29yZA=="),
        ("http://us%40er:p%3A%2F@p:1", "Basic dXNAZXI6cDov"),
        ("http://user@p:1", "Basic dXNlcjo="),
        ("http://%D0%B6:%C3%A9@p:1", "Basic 0LY6w6k="),
        ("http://p:1", None),
    ],
)
def test_user_and_password_leave_the_address(text: str, header: str | None) -> None:
    proxy = Proxy.parse(text, source="proxy")
    assert proxy == Proxy(url="http://p:1", authorization=header)
    if header is not None:
        assert header not in repr(proxy)


@pytest.mark.parametrize(
    "text",
    ["", "http://", "http://:80", "http://secret@:80", "http://p:0", "http://p:99999", "http://p:x",
     "http://se cret@p:1", "http://secret\n@p:1", "http://[secret:1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ConfigError, match="proxy is not the address of a proxy") as refused:
        Proxy.parse(text, source="proxy")
    assert "secret" not in str(refused.value)


def test_another_kind_of_proxy_is_named() -> None:
    proxies = Proxies(environment={"all": "socks5://user:secret@p:1080"})
    with pytest.raises(
        ConfigError, match="variable ALL_PROXY names a proxy of the kind socks5"
    ) as e:
        proxies.of(SITE)
    assert "secret" not in str(e.value)
    assert proxies.of("http://127.0.0.1:1/") is None
