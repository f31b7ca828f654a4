"""Tokens: how they are sent, and that they are never shown."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import AsyncThreekit, ConfigError, PrivateToken, PublicToken, Secret, Threekit
from threekit_async.session.auth import (
    CookieAuth,
    Credentials,
    Provider,
    credentials,
    require_org_id,
    signed_names,
    veiled,
)

TOKEN = "b7c1f0aa-recognisable"
HERE = Path(__file__).name


def shown_by_logging(secret: Secret) -> str:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s %r", (secret, secret), None)
    return record.getMessage()


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        ascii,
        "{}".format,
        "{!r}".format,
        "{0:>50}".format,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:s}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: str([secret]),
        lambda secret: str({"token": PrivateToken(secret), "other": PublicToken(secret)}),
        lambda secret: f"{CookieAuth(secret)} {PublicToken(secret, origin='https://s.example')}",
        shown_by_logging,
    ],
)
def test_no_way_of_showing_a_secret_shows_it(show: Callable[[Secret], str]) -> None:
    try:
        text = show(Secret(TOKEN))
    except TypeError as error:  # a format that is not for this type
        text = str(error)
    assert TOKEN not in text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("holder", [Secret, PrivateToken, PublicToken, CookieAuth])
def test_a_secret_does_not_pickle(holder: type[Any], protocol: int) -> None:
    with pytest.raises(TypeError, match="does not pickle") as refusal:
        pickle.dumps(holder(TOKEN), protocol)
    assert TOKEN not in str(refusal.value)


def test_a_secret_is_not_copied_by_copy() -> None:
    with pytest.raises(TypeError, match="does not pickle"):
        copy.deepcopy(Secret(TOKEN))


def test_a_secret_has_no_dictionary_to_look_into() -> None:
    assert not hasattr(Secret(TOKEN), "__dict__")


def test_secrets_compare_by_what_they_hold() -> None:
    assert Secret(TOKEN) == Secret(f" {TOKEN}\n")
    assert hash(Secret(TOKEN)) == hash(Secret(TOKEN))
    assert Secret(TOKEN) != Secret("other")
    assert Secret(TOKEN) != TOKEN


def test_a_private_token_is_a_bearer_header_and_stays_out_of_urls() -> None:
    assert PrivateToken(TOKEN).headers() == {"Authorization": f"Bearer {TOKEN}"}
    assert PrivateToken(TOKEN).query() == {}


def test_a_public_token_is_a_query_parameter_and_no_header() -> None:
    assert PublicToken(TOKEN).headers() == {}
    assert PublicToken(TOKEN).query() == {"bearer_token": TOKEN}


@pytest.mark.parametrize("token", [TOKEN, Secret(TOKEN), PrivateToken(TOKEN)])
def test_text_and_secrets_mean_a_private_token(token: object) -> None:
    assert credentials(token) == PrivateToken(TOKEN)


@pytest.mark.parametrize("client", [AsyncThreekit, Threekit])
@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (f"{TOKEN} {TOKEN}", "blanks or letters"),
        (f"{TOKEN}\r\nX-Other: 1", "blanks or letters"),
        (f"{TOKEN}é", "blanks or letters"),
        (f"{TOKEN}\x00", "blanks or letters"),
        (TOKEN.encode(), "not bytes"),
        ([TOKEN], "not list"),
        (None, "Pass token="),
    ],
)
def test_a_bad_token_is_refused_without_being_repeated(
    client: type[Any], token: object, says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as refusal:
        client(token=token, org_id="org")
    assert TOKEN not in str(refusal.value)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1))
def test_every_visible_ascii_text_is_a_token(text: str) -> None:
    assert Secret(text).reveal() == text


@given(st.text(min_size=1))
def test_no_token_can_break_out_of_its_header(text: str) -> None:
    try:
        sent = PrivateToken(text).headers()["Authorization"]
    except ConfigError:
        return
    assert sent.isascii()
    assert sent.isprintable()
    assert sent.count(" ") == 1


def locals_shown(make: Callable[[], object]) -> str:
    """What a traceback with locals shows of the package's frames."""
    with pytest.raises(ConfigError) as refusal:
        make()
    shown: list[str] = []
    error: BaseException | None = refusal.value
    while error is not None:
        found = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += [str(frame.locals) for frame in found.stack if not frame.filename.endswith(HERE)]
        error = error.__cause__ or error.__context__
    return f"{shown}{refusal.value!r}"


@pytest.mark.parametrize("make", [Secret, PrivateToken, PublicToken, CookieAuth, credentials])
@pytest.mark.parametrize("given", [f"{TOKEN}\r\nX: 1", f"{TOKEN}é", f"{TOKEN}\x00"])
def test_no_traceback_with_locals_shows_a_refused_text(
    make: Callable[[Any], object], given: str
) -> None:
    assert TOKEN not in locals_shown(lambda: make(given))


@pytest.mark.parametrize("given", [TOKEN.encode(), [TOKEN], {TOKEN: 1}])
@pytest.mark.parametrize("make", [Secret, PrivateToken, PublicToken, CookieAuth, credentials])
def test_no_traceback_with_locals_shows_what_is_no_text(
    make: Callable[[Any], object], given: Any
) -> None:
    assert TOKEN not in locals_shown(lambda: make(given))


def test_no_traceback_with_locals_of_a_refused_origin_shows_the_token() -> None:
    assert TOKEN not in locals_shown(lambda: PublicToken(TOKEN, origin="nowhere"))


def test_a_public_token_with_an_origin_looks_like_a_browser_on_that_site() -> None:
    token = PublicToken(TOKEN, origin="https://shop.example.com")
    assert token.headers() == {
        "Origin": "https://shop.example.com",
        "Referer": "https://shop.example.com/",
    }
    assert token.query() == {"bearer_token": TOKEN}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://shop.example.com/", "https://shop.example.com"),
        (" HTTPS://Shop.Example.com ", "https://shop.example.com"),
        ("https://shop.example.com:443", "https://shop.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_an_origin_is_sent_as_a_browser_writes_it(given: str, sent: str) -> None:
    assert PublicToken(TOKEN, origin=given).headers()["Origin"] == sent


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "shop.example.com",
        "null",
        "ftp://shop.example.com",
        "https://",
        "https://shop.example.com/path",
        "https://shop.example.com//",
        "https://shop.example.com?q=1",
        "https://user@shop.example.com",
        "https://*.example.com",
        "https://shop.example.com:0",
        "https://shop.example.com:99999",
        "https://shop.example.com:x",
        "https://shöp.example.com",
        "https://shop.example.com\r\nX-Other: 1",
        "https://shop..example.com",
        b"https://shop.example.com",
    ],
)
def test_what_is_no_origin_is_refused_with_an_example(origin: Any) -> None:
    with pytest.raises(ConfigError, match=r"as https://shop\.example\.com"):
        PublicToken(TOKEN, origin=origin)


def test_public_tokens_of_two_sites_differ() -> None:
    assert PublicToken(TOKEN, origin="https://a.example") == PublicToken(
        TOKEN, origin="https://A.example/"
    )
    assert PublicToken(TOKEN, origin="https://a.example") != PublicToken(TOKEN)


def test_a_cookie_is_a_header_and_stays_out_of_urls() -> None:
    assert CookieAuth(" sid=1; lang=en ").headers() == {"Cookie": "sid=1; lang=en"}
    assert CookieAuth("sid=1").query() == {}


@pytest.mark.parametrize(
    ("cookie", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (f"sid={TOKEN}\r\nX-Other: 1", "line breaks"),
        (f"sid={TOKEN}\tb", "line breaks"),
        (f"sid={TOKEN}é", "letters"),
        (f"Cookie: sid={TOKEN}", "name of its header"),
        (TOKEN.encode(), "a string, not bytes"),
    ],
)
def test_a_bad_cookie_is_refused_without_being_repeated(cookie: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refusal:
        CookieAuth(cookie)
    assert TOKEN not in str(refusal.value)


@given(st.text(min_size=1))
def test_no_cookie_can_break_out_of_its_header(text: str) -> None:
    try:
        sent = CookieAuth(text).headers()["Cookie"]
    except ConfigError:
        return
    assert sent.isascii()
    assert sent.isprintable()


def test_a_cookie_needs_an_organisation() -> None:
    with pytest.raises(ConfigError, match=r"CookieAuth works .* Pass org_id="):
        require_org_id(CookieAuth("sid=1"), None)
    require_org_id(CookieAuth("sid=1"), "org")


@pytest.mark.parametrize("client", [AsyncThreekit, Threekit])
@pytest.mark.parametrize("source", [PrivateToken(TOKEN), PublicToken(TOKEN), Provider(lambda: "")])
def test_tokens_work_without_an_organisation(
    client: type[Any], source: Credentials | Provider
) -> None:
    require_org_id(source, None)
    made = client(token=source.ask if isinstance(source, Provider) else source)
    assert made.settings.org_id is None


def test_credentials_name_what_they_add_to_a_request() -> None:
    assert signed_names(PrivateToken(TOKEN)) == {"Authorization"}
    assert signed_names(PublicToken(TOKEN)) == {"bearer_token"}
    assert signed_names(PublicToken(TOKEN, origin="http://s")) == {
        "bearer_token",
        "Origin",
        "Referer",
    }
    assert signed_names(CookieAuth("sid=1")) == {"Cookie"}


@pytest.mark.parametrize(
    "token", [PublicToken(TOKEN), CookieAuth("sid=1"), Provider(lambda: TOKEN)]
)
def test_credentials_and_providers_are_taken_as_they_are(token: object) -> None:
    assert credentials(token) is token


@pytest.mark.parametrize("text", ["", f"{TOKEN} é", f"{TOKEN}\r\nX: 1"])
def test_a_veil_takes_any_text_and_hides_no_fault(text: str) -> None:
    hidden = veiled(text)
    assert isinstance(hidden, Secret)
    assert repr(hidden) == "Secret('***')"
    with pytest.raises(ConfigError):
        credentials(hidden)


def test_a_veil_changes_nothing_but_texts() -> None:
    assert credentials(veiled(TOKEN)) == PrivateToken(TOKEN)
    for other in (None, Secret(TOKEN), CookieAuth("sid=1"), fetch):
        assert veiled(other) is other


@pytest.mark.parametrize("kind", [PrivateToken, PublicToken])
def test_a_secret_that_is_no_token_is_refused(kind: type[Any]) -> None:
    with pytest.raises(ConfigError, match="blanks or letters"):
        kind(CookieAuth("sid=1; lang=en").cookie)


@pytest.mark.parametrize("kind", [PrivateToken, PublicToken, Secret, str])
def test_a_class_is_no_token(kind: type[Any]) -> None:
    with pytest.raises(ConfigError, match=rf"pass {kind.__name__}\(\.\.\.\)"):
        credentials(kind)


def fetch(_key: str = "") -> str:
    return TOKEN


async def fetch_later() -> str:
    return TOKEN


class Vault:
    def __init__(self, key: str) -> None:
        self.key = key

    def __repr__(self) -> str:
        return f"Vault({self.key})"

    async def __call__(self) -> str:
        return self.key

    def read(self) -> str:
        return self.key


@pytest.mark.parametrize(
    ("function", "name", "waits"),
    [
        (fetch, "fetch", False),
        (fetch_later, "fetch_later", True),
        (partial(fetch, TOKEN), "fetch", False),
        (partial(partial(fetch_later)), "fetch_later", True),
        (Vault(TOKEN), "Vault", True),
        (Vault(TOKEN).read, "Vault.read", False),
    ],
)
def test_a_function_is_a_provider_that_shows_its_name_alone(
    function: Any, name: str, waits: bool
) -> None:
    provider = credentials(function)
    assert isinstance(provider, Provider)
    assert (provider.name, provider.waits) == (name, waits)
    assert f"{provider} {provider!r}" == f"<Provider {name}> <Provider {name}>"


def test_a_provider_does_not_pickle() -> None:
    with pytest.raises(TypeError, match="does not pickle") as refusal:
        pickle.dumps(Provider(partial(fetch, TOKEN)))
    assert TOKEN not in str(refusal.value)
