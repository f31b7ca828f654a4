"""Where redirects lead, and what is told to whom."""

from __future__ import annotations

import pickle
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from threekit_async import TransportError
from threekit_async.session.auth import CookieAuth, PrivateToken, PublicToken, signed_names
from threekit_async.session.identity.origins import Origin
from threekit_async.session.identity.redirects import Hop, next_hop

TOKEN = "tok-7f3a9c-recognisable"
HOME = "https://admin.threekit.com"
ABROAD = "https://files.example"
FORMS = [
    PrivateToken(TOKEN),
    PublicToken(TOKEN, origin="https://shop.example.com"),
    CookieAuth(f"sid={TOKEN}"),
]


def hop(location: str | None, form: Any = FORMS[1], **changes: Any) -> Hop | None:
    """Follow an answer to a signed GET of `/api/files/f/content?x=1`."""
    query = "".join(f"&{name}={value}" for name, value in form.query().items())
    settings: dict[str, Any] = {
        "asked": "GET /api/files/f/content",
        "url": f"{HOME}/api/files/f/content?x=1{query}",
        "headers": {"Accept": "*/*", **form.headers()},
        "verb": "GET",
        "status": 302,
        "origin": HOME,
        "signed": signed_names(form),
        **changes,
    }
    return next_hop(location=location, **settings)


def followed(location: str, form: Any = FORMS[1], **changes: Any) -> Hop:
    found = hop(location, form, **changes)
    assert found is not None
    return found


def tried(location: str, form: Any, **changes: Any) -> Hop | str:
    try:
        return followed(location, form, **changes)
    except TransportError as refused:
        return str(refused)


def refusal(location: str | None, **changes: Any) -> str:
    with pytest.raises(TransportError) as refused:
        hop(location, **changes)
    assert refused.value.sent is True
    assert TOKEN not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_reads_are_sent_on(status: int, verb: str) -> None:
    assert followed(f"{ABROAD}/a", status=status, verb=verb).url == f"{ABROAD}/a"


@pytest.mark.parametrize("status", [200, 201, 206, 300, 304, 305, 306, 309, 400, 404, 500])
def test_an_answer_that_is_no_redirect_leads_nowhere(status: int) -> None:
    assert hop(f"{ABROAD}/a", status=status) is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("location", ["/other", f"{ABROAD}/a", None])
def test_a_write_is_never_sent_on(status: int, verb: str, location: str | None) -> None:
    assert hop(location, status=status, verb=verb) is None


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", f"{HOME}/b"),
        ("b", f"{HOME}/api/files/f/b"),
        ("./b/", f"{HOME}/api/files/f/b/"),
        ("../b", f"{HOME}/api/files/b"),
        ("../../../../../b", f"{HOME}/b"),
        ("..", f"{HOME}/api/files/"),
        (".", f"{HOME}/api/files/f/"),
        ("/a/./b/../c", f"{HOME}/a/c"),
        ("/%2e%2e/b", f"{HOME}/%2e%2e/b"),
        ("?y=2", f"{HOME}/api/files/f/content?y=2"),
        ("?", f"{HOME}/api/files/f/content?"),
        ("#part", f"{HOME}/api/files/f/content?x=1"),
        ("/b#part", f"{HOME}/b"),
        ("/b?y=1#part?z", f"{HOME}/b?y=1"),
        (" /b ", f"{HOME}/b"),
        ("/a b?c d", f"{HOME}/a%20b?c%20d"),
        ("/caf\u00e9?\u00fc=\u20ac", f"{HOME}/caf%C3%A9?%C3%BC=%E2%82%AC"),
        ("/caf\udce9", f"{HOME}/caf%E9"),
        ("/a%20b?c=%2B+d", f"{HOME}/a%20b?c=%2B+d"),
        ("/a\\b", f"{HOME}/a%5Cb"),
        ("/\\evil.example/a", f"{HOME}/%5Cevil.example/a"),
        ("/a:b@c", f"{HOME}/a:b@c"),
        ("HTTPS://ADMIN.THREEKIT.COM:443/b", f"{HOME}/b"),
        ("//admin.threekit.com/b", f"{HOME}/b"),
        (HOME, f"{HOME}/"),
        (f"{HOME}?y=1", f"{HOME}/?y=1"),
        ("//files.example/b?c=1", f"{ABROAD}/b?c=1"),
        ("//files.example", f"{ABROAD}/"),
        ("https://files.example:8443/b", f"{ABROAD}:8443/b"),
        ("https://[::1]:8443/b", "https://[::1]:8443/b"),
        (f"{ABROAD}/a?X-Sig=a%2Fb%3D&t={HOME}/b", f"{ABROAD}/a?X-Sig=a%2Fb%3D&t={HOME}/b"),
    ],
)
def test_a_location_is_resolved_as_the_standard_says(location: str, url: str) -> None:
    assert followed(location, PrivateToken(TOKEN)).url == url


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("location", ["/b", "//admin.threekit.com:443/b", f"{HOME}/b"])
def test_inside_the_origin_everything_goes_along(location: str, form: Any) -> None:
    found = followed(location, form, headers={"X-Own": "1", **form.headers()})
    assert found.headers == {"X-Own": "1", **form.headers()}
    assert dict(parse_qsl(urlsplit(found.url).query)) == form.query()


@pytest.mark.parametrize(
    ("location", "query"),
    [
        ("/b", f"bearer_token={TOKEN}"),
        ("/b?", f"bearer_token={TOKEN}"),
        ("/b?y=1", f"y=1&bearer_token={TOKEN}"),
        ("?y=1", f"y=1&bearer_token={TOKEN}"),
        ("#part", f"x=1&bearer_token={TOKEN}"),
        (f"/b?bearer_token={TOKEN}&y=1", f"bearer_token={TOKEN}&y=1"),
        ("/b?bearer%5Ftoken=theirs", "bearer%5Ftoken=theirs"),
    ],
)
def test_inside_the_origin_a_public_token_stands_in_the_query_once(
    location: str, query: str
) -> None:
    assert urlsplit(followed(location).url).query == query


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "location",
    [
        "https://files.example/b",
        "//files.example/b",
        "https://admin.threekit.com:444/b",
        "https://admin.threekit.com.evil.example/b",
        "https://eu.admin.threekit.com/b",
        "https://threekit.com/b",
        "https://admin.threekit.com./b",
    ],
)
def test_another_origin_is_not_told_who_asks(location: str, form: Any) -> None:
    found = followed(location, form)
    assert found.headers == {"Accept": "*/*"}
    assert urlsplit(found.url).query == ""


def test_the_same_host_over_another_scheme_is_another_origin() -> None:
    found = followed("https://h.example/b", origin="http://h.example", url="http://h.example/a")
    assert found == Hop(url="https://h.example/b", headers={"Accept": "*/*"})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Accept", True),
        ("accept-encoding", True),
        ("User-Agent", True),
        ("Range", True),
        ("If-Range", True),
        ("IF-NONE-MATCH", True),
        ("Authorization", False),
        ("authorization", False),
        ("Cookie", False),
        ("Proxy-Authorization", False),
        ("X-Api-Key", False),
        ("X-Anything", False),
        ("Origin", False),
        ("Referer", False),
        ("Host", False),
        ("Content-Type", False),
        ("traceparent", False),
    ],
)
def test_another_origin_is_told_what_is_known_to_be_harmless(name: str, told: bool) -> None:
    found = followed(f"{ABROAD}/b", headers={name: "value"}, signed=())
    assert found.headers == ({name: "value"} if told else {})


def test_what_credentials_added_is_never_told_by_whatever_name() -> None:
    found = followed(f"{ABROAD}/b", headers={"user-agent": TOKEN}, signed={"User-Agent"})
    assert found.headers == {}


@pytest.mark.parametrize(
    ("location", "url"),
    [
        (f"{ABROAD}/b?x=1&bearer_token={TOKEN}", f"{ABROAD}/b?x=1"),
        (f"{ABROAD}/b?bearer_token={TOKEN}", f"{ABROAD}/b"),
        (f"{ABROAD}/b?bearer%5Ftoken={TOKEN.replace('-', '%2D')}&y", f"{ABROAD}/b?y"),
        (f"{ABROAD}/b?bearer_token=theirs", f"{ABROAD}/b?bearer_token=theirs"),
    ],
)
def test_a_server_that_sends_the_whole_query_on_does_not_give_the_token_away(
    location: str, url: str
) -> None:
    assert followed(location).url == url


def test_credentials_that_were_left_behind_do_not_come_back() -> None:
    away = followed(f"{ABROAD}/b?bearer_token=theirs")
    back = followed(f"{HOME}/c", url=away.url, headers=away.headers)
    assert back == Hop(url=f"{HOME}/c", headers={"Accept": "*/*"})


def test_a_location_without_a_host_stays_where_it_came_from() -> None:
    away = followed(f"{ABROAD}/b")
    assert followed("/c", url=away.url, headers=away.headers).url == f"{ABROAD}/c"


@pytest.mark.parametrize("location", [None, "", "  "])
def test_a_redirect_to_nowhere_is_refused(location: str | None) -> None:
    assert refusal(location).startswith(
        "GET /api/files/f/content: the answer 302 does not say where to go, and was not followed."
    )


@pytest.mark.parametrize(
    "location",
    ["http://files.example/b", "HTTP://admin.threekit.com/b", "http://admin.threekit.com:443/b"],
)
def test_a_redirect_from_https_to_http_is_refused(location: str) -> None:
    assert "leads from https to plain http (http://" in refusal(location)


def test_a_redirect_abroad_does_not_fall_back_to_http_either() -> None:
    assert "plain http" in refusal("http://files.example/b", url=f"{ABROAD}/a")


def test_a_redirect_from_http_to_http_is_followed() -> None:
    found = followed("http://b.example/", url="http://a.example/x", origin="http://a.example")
    assert found.url == "http://b.example/"


@pytest.mark.parametrize(
    "location", ["ftp://files.example/b", "file:///etc/passwd", "javascript:1", "data:,x", "a:b"]
)
def test_a_redirect_to_another_scheme_is_refused(location: str) -> None:
    assert "neither http nor https" in refusal(location)


@pytest.mark.parametrize(
    "location",
    [
        "https://user:pass@files.example/b",
        "//user@files.example/b",
        "https://admin.threekit.com@files.example/b",
        "https://admin.threekit.com\\@files.example/b",
        "https://@files.example/b",
    ],
)
def test_a_redirect_with_a_user_name_is_refused_naming_the_true_host(location: str) -> None:
    said = refusal(location)
    assert f"leads to {ABROAD} with a user name in the address" in said
    assert "pass@" not in said


@pytest.mark.parametrize(
    "location",
    [
        "https://",
        "https:///b",
        "//",
        "///b",
        "https:b",
        "https:/b",
        "https://files.example:x/b",
        "https://files.example:99999/b",
        "https://[::1/b",
        "https://files example/b",
        "https://files.example\\b",
        "https://f\u00efles.example/b",
        "https://\uff41dmin.threekit.com/b",
        "https://%61dmin.threekit.com/b",
        "/a\nb",
        "/a\r\nX-Other: 1",
        "\t//files.example",
        "/a\x00",
        "/a\ud800",
    ],
)
def test_a_location_that_cannot_be_read_is_refused(location: str) -> None:
    assert "leads to an address that cannot be read" in refusal(location)


def test_a_refusal_names_the_targets_origin_and_no_more() -> None:
    said = refusal("http://files.example/path?X-Sig=signature#part")
    assert "(http://files.example)" in said
    assert not any(part in said for part in ("path", "X-Sig", "signature", "part"))


@pytest.mark.parametrize("form", FORMS)
def test_no_traceback_with_locals_shows_the_token_or_the_target(form: Any) -> None:
    with pytest.raises(TransportError) as refused:
        hop("http://files.example/b?X-Sig=signature", form)
    error = refused.value
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    here = Path(__file__).name
    shown = [str(frame.locals) for frame in found.stack if not frame.filename.endswith(here)]
    assert shown
    assert TOKEN not in str(shown)
    assert "signature" not in str(shown)
    assert error.__context__ is None
    assert TOKEN.encode() not in pickle.dumps(error)


def test_a_hop_shows_no_secrets() -> None:
    found = followed("/b", PublicToken(TOKEN), headers={"Authorization": TOKEN, "Accept": "*/*"})
    assert TOKEN in found.url
    assert repr(found) == (
        "Hop(url=https://admin.threekit.com/b, headers={'Authorization': '***', 'Accept': '*/*'})"
    )


_HOSTS = st.sampled_from(
    [
        "admin.threekit.com",
        "ADMIN.threekit.com",
        "admin.threekit.com:443",
        "admin.threekit.com.",
        "files.example",
        "files.example:1",
        "[::1]",
        "",
        "a@admin.threekit.com",
        "admin.threekit.com@b",
    ]
)
_PIECES = st.lists(
    st.sampled_from(
        [
            "/",
            "//",
            "\\",
            "?",
            "#",
            "@",
            ":",
            "&",
            "=",
            "..",
            ".",
            "a",
            "%2e",
            "%",
            " ",
            "\u00e9",
            "https:",
            "http:",
            "bearer_token",
            "x=1",
            "files.example",
            "admin.threekit.com",
            "\t",
            f"bearer_token={TOKEN}&",
            "[",
            "]",
            ";",
        ]
    ),
    max_size=8,
).map("".join)
_LOCATIONS = st.one_of(
    st.text(),
    _PIECES,
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "//", "https://", "http://", "HTTPS://"]),
        _HOSTS,
        _PIECES,
    ),
)
_ORIGINS = st.sampled_from([HOME, "http://127.0.0.1:8787", "https://a.example:8443"])


def owner(url: str) -> Origin | None:
    """Whom a URL goes to, as the transport reads it."""
    read = URL(url, encoded=True)
    return Origin.read(str(read.origin()))


@given(location=_LOCATIONS, origin=_ORIGINS, form=st.sampled_from(FORMS))
@example(location=f"//b?bearer_token={TOKEN}", origin=HOME, form=FORMS[1])
@example(location="//b#", origin=HOME, form=FORMS[1])
def test_no_token_ever_goes_to_another_origin(location: str, origin: str, form: Any) -> None:
    query = "".join(f"?{name}={value}" for name, value in form.query().items())
    found = tried(location, form, origin=origin, url=f"{origin}/api/a{query}")
    if isinstance(found, str):
        assert TOKEN not in found
        return
    assert found.url.isascii()
    if owner(found.url) != Origin.read(origin):
        # What stands in another place than the query is the server's own doing.
        assert ("bearer_token", TOKEN) not in parse_qsl(urlsplit(found.url).query)
        if TOKEN not in unquote(location):
            assert TOKEN not in unquote(found.url)
        assert TOKEN not in str(found.headers)
        assert found.headers == {"Accept": "*/*"}
    elif form.query():
        names = [name for name, _ in parse_qsl(urlsplit(found.url).query, keep_blank_values=True)]
        assert "bearer_token" in names


# The standard library drops empty segments, which mean something.
_SEGMENTS = st.lists(st.sampled_from([".", "..", "a", "b"]), min_size=1, max_size=6).map("/".join)


@given(start=st.sampled_from(["", "/"]), path=_SEGMENTS, end=st.sampled_from(["", "/"]))
def test_relative_paths_resolve_as_in_the_standard_library(start: str, path: str, end: str) -> None:
    url, location = f"{HOME}/api/files/f", f"{start}{path}{end}?q=1"
    assert followed(location, PrivateToken(TOKEN), url=url).url == urljoin(url, location)
