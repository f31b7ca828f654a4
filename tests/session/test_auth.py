"""Tokens: how they are sent, and that they are never shown."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threekit_async import AsyncThreekit, ConfigError, PrivateToken, PublicToken, Secret, Threekit
from threekit_async.session.auth import credentials

TOKEN = "b7c1f0aa-recognisable"


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
@pytest.mark.parametrize("holder", [Secret, PrivateToken, PublicToken])
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
