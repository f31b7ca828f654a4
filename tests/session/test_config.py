"""Where settings come from, and which hosts are hosts."""

from __future__ import annotations

import pytest

from threekit_async import AsyncThreekit, ConfigError, PrivateToken
from threekit_async.config import DEFAULT_HOST, Settings, origin_of

VARIABLES = {
    "THREEKIT_TOKEN": "token-of-the-environment",
    "THREEKIT_ORG_ID": "org-of-the-environment",
    "THREEKIT_HOST": "preview.threekit.com",
}


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("admin.threekit.com", "https://admin.threekit.com"),
        (" admin.threekit.com\n", "https://admin.threekit.com"),
        ("https://admin.threekit.com/", "https://admin.threekit.com"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("localhost:8787", "https://localhost:8787"),
        ("http://[::1]:8787", "http://[::1]:8787"),
        ("HTTP://localhost", "http://localhost"),
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
        ("ftp://admin.threekit.com", "only http and https"),
        ("file:///folder", "only http and https"),
        ("admin.threekit.com/api", "path or a query"),
        ("admin.threekit.com?x=1", "path or a query"),
        ("admin.threekit.com#x", "path or a query"),
        ("admin threekit.com", "not a host name"),
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


def test_credentials_in_a_host_are_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="credentials") as refusal:
        origin_of("https://someone:pass-phrase@admin.threekit.com")
    assert "pass-phrase" not in str(refusal.value)
    assert "someone" not in str(refusal.value)


def test_an_argument_wins_over_the_environment_and_that_over_the_default() -> None:
    settings = Settings.resolve(
        token="token-of-the-call",
        environment={"THREEKIT_ORG_ID": "org-of-the-environment", **VARIABLES},
        host="http://localhost:1",
    )
    assert settings.token == PrivateToken("token-of-the-call")
    assert settings.org_id == "org-of-the-environment"
    assert settings.origin == "http://localhost:1"
    assert settings.sources == {
        "token": "argument",
        "org_id": "THREEKIT_ORG_ID",
        "host": "argument",
    }


def test_what_nobody_gives_is_the_default_or_unset() -> None:
    settings = Settings.resolve(token="t")
    assert settings.origin == f"https://{DEFAULT_HOST}"
    assert settings.org_id is None
    assert settings.sources == {"token": "argument", "org_id": "unset", "host": "default"}


def test_from_env_reads_the_three_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    text = repr(AsyncThreekit.from_env())
    assert "https://preview.threekit.com" in text
    assert "org-of-the-environment" in text


def test_the_constructor_does_not_look_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="from_env"):
        AsyncThreekit()
    assert "preview" not in repr(AsyncThreekit(token="t"))


def test_blank_variables_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", "t")
    monkeypatch.setenv("THREEKIT_ORG_ID", "  ")
    monkeypatch.setenv("THREEKIT_HOST", "")
    text = repr(AsyncThreekit.from_env())
    assert "org_id=None" in text
    assert f"https://{DEFAULT_HOST}" in text


def test_a_blank_token_variable_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", " ")
    with pytest.raises(ConfigError, match="THREEKIT_TOKEN"):
        AsyncThreekit.from_env()


def test_a_client_from_the_environment_remembers_where_its_settings_came_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    sources = AsyncThreekit.from_env()._session.settings.sources
    assert sources == {
        "token": "THREEKIT_TOKEN",
        "org_id": "THREEKIT_ORG_ID",
        "host": "THREEKIT_HOST",
    }


def test_an_organisation_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="org_id must be a string, not int"):
        Settings.resolve(token="t", org_id=7)  # type: ignore[arg-type]


def test_settings_do_not_show_the_token() -> None:
    assert "recognisable" not in repr(Settings.resolve(token="recognisable"))
