"""Which level wins for each setting, and that no secret is seen on the way."""

from __future__ import annotations

import itertools
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from threekit_async import (
    AsyncThreekit,
    ConfigError,
    PrivateToken,
    PublicToken,
    Secret,
    Threekit,
)
from threekit_async.config import DEFAULT_HOST, Setting, Settings, environment
from threekit_async.config.profiles import SETTINGS, Profile
from threekit_async.session.auth import CookieAuth

VARIABLES = {
    "THREEKIT_TOKEN": "token-of-the-environment",
    "THREEKIT_ORG_ID": "org-of-the-environment",
    "THREEKIT_HOST": "preview.threekit.com",
}
SECRET = "tok-5d1c-recognisable"
FILE = Path(os.path.abspath(os.sep)) / "a folder with a long name" / "a folder" / "config.toml"  # noqa: PTH100
IN_FILE = f"profile staging in {FILE}"


@pytest.fixture(autouse=True)
def nothing_is_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep away what is set for whoever runs the tests."""
    for variable in [name for name in os.environ if name.startswith("THREEKIT_")]:
        monkeypatch.delenv(variable)
    empty = tmp_path / "empty.toml"
    empty.touch(mode=0o600)
    monkeypatch.setenv("THREEKIT_CONFIG", str(empty))


def profile(**values: str) -> Profile:
    return Profile(name="staging", path=FILE, chosen_by="argument", values=values)


def certificates(name: str) -> str:
    return str(FILE.with_name(name))


# For each setting: a value for every level, and how the settings hold it.
LEVELS: dict[str, tuple[tuple[str, str, str], Callable[[Settings], object]]] = {
    "org_id": (("org-a", "org-e", "org-p"), lambda s: s.org_id),
    "host": (
        ("http://a:1", "http://e:2", "http://p:3"),
        lambda s: s.origin,
    ),
    "proxy": (("http://a:1", "http://me:pw@e:2", "http://p:3"), lambda s: s.proxy),
    "ca_file": (
        (certificates("a.pem"), certificates("e.pem"), certificates("p.pem")),
        lambda s: None if s.ca_file is None else str(s.ca_file),
    ),
    "token": (("tok-a", "tok-e", "tok-p"), lambda s: s.token),
    "public_token": (("tok-a", "tok-e", "tok-p"), lambda s: s.token),
    "origin": (
        ("https://a.example", "https://e.example", "https://p.example"),
        lambda s: getattr(s.token, "origin", None),
    ),
}
HELD: dict[str, Callable[[str], object]] = {"token": PrivateToken, "public_token": PublicToken}
SUBSETS = [subset for n in range(4) for subset in itertools.combinations(range(3), n)]
TABLE = [
    pytest.param(name, given_at, id=f"{name} at {given_at}")
    for name, given_at in itertools.product(SETTINGS, SUBSETS)
]
# What the other settings must be for this one to count.
BESIDE = {"origin": {"public_token": "public"}, "token": {}, "public_token": {}}


def sources(name: str) -> tuple[str, str, str]:
    return "argument", f"THREEKIT_{name.upper()}", IN_FILE


@pytest.mark.parametrize(("name", "given_at"), TABLE)
def test_the_strongest_level_that_has_a_setting_wins(name: str, given_at: tuple[int, ...]) -> None:
    values, held = LEVELS[name]
    levels: list[dict[str, str]] = [{}, {}, {}]
    for level in given_at:
        levels[level][name] = values[level]
    beside: dict[str, Any] = BESIDE.get(name, {"token": "t"})
    if not given_at and name in HELD:
        with pytest.raises(ConfigError, match="There is no token"):
            resolved(levels, beside)
        return
    settings = resolved(levels, beside)
    if given_at:
        strongest = given_at[0]
        assert held(settings) == HELD.get(name, str)(values[strongest])
        assert settings.sources[name] == sources(name)[strongest]
    else:
        assert held(settings) == (f"https://{DEFAULT_HOST}" if name == "host" else None)
        assert settings.sources[name] == ("default" if name == "host" else "not set")


def resolved(levels: list[dict[str, str]], beside: dict[str, Any]) -> Settings:
    arguments, variables, values = levels
    return Settings.resolve(
        **{**beside, **arguments},
        environment={f"THREEKIT_{name.upper()}": value for name, value in variables.items()},
        profile=profile(**values),
    )


KINDS: list[tuple[str, ...]] = [(), ("token",), ("public_token",), ("token", "public_token")]


@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, repeat=3)))
def test_the_strongest_level_with_a_token_of_either_kind_wins_and_must_have_only_one(
    kinds: tuple[tuple[str, ...], ...],
) -> None:
    levels = [
        {kind: f"{kind}-{level}" for kind in kinds_here} for level, kinds_here in enumerate(kinds)
    ]
    strongest = next(((i, here) for i, here in enumerate(kinds) if here), None)
    if strongest is None:
        with pytest.raises(ConfigError, match="There is no token"):
            resolved(levels, {})
    elif len(strongest[1]) == 2:
        with pytest.raises(ConfigError, match="both a token and a public_token") as refusal:
            resolved(levels, {})
        assert sources("token")[strongest[0]] in str(refusal.value)
    else:
        level, [kind] = strongest
        [other] = {"token", "public_token"} - {kind}
        settings = resolved(levels, {})
        assert settings.token == HELD[kind](f"{kind}-{level}")
        assert settings.sources[kind] == sources(kind)[level]
        if any(other in here for here in kinds):
            assert f"({kind} is stronger)" in settings.sources[other]
            assert settings.explained()[1 + (other == "public_token")].value is None


def test_a_token_may_be_anything_that_credentials_may_be() -> None:
    def ask() -> str:
        raise AssertionError("nobody asked yet")

    assert Settings.resolve(token=Secret("t")).token == PrivateToken("t")
    assert Settings.resolve(token=PublicToken("t")).token == PublicToken("t")
    assert Settings.resolve(public_token=PublicToken("t")).token == PublicToken("t")
    assert Settings.resolve(public_token=Secret("t")).token == PublicToken("t")
    assert "ask" in repr(Settings.resolve(token=ask).token)


def test_a_cookie_needs_an_organisation() -> None:
    with pytest.raises(ConfigError, match="THREEKIT_ORG_ID"):
        Settings.resolve(token=CookieAuth("a=b"))
    assert Settings.resolve(token=CookieAuth("a=b"), org_id="an-org").org_id == "an-org"


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"token": 7}, "not int"),
        ({"token": " "}, "The token is empty"),
        ({"public_token": PrivateToken("t")}, "not PrivateToken"),
        ({"public_token": lambda: "t"}, "not function"),
        ({"token": "t", "origin": "https://shop.example"}, "belongs to public_token"),
        (
            {"token": PublicToken("t"), "origin": "https://shop.example"},
            "belongs to public_token=..., given as text",
        ),
        (
            {"public_token": PublicToken("t"), "origin": "https://shop.example"},
            "belongs to public_token",
        ),
        ({"public_token": "t", "origin": "https://shop.example/path"}, "without a path"),
        ({"token": "t", "org_id": 7}, "org_id must be a string, not int"),
        ({"token": "t", "org_id": " "}, "org_id is blank"),
        ({"token": "t", "org_id": "a\x00b"}, "cannot be sent"),
        ({"token": "t", "org_id": "a\udc80"}, "cannot be sent"),
        ({"token": "t", "host": 7}, "host must be a string, not int"),
        ({"token": "t", "host": ""}, "not a host name"),
        ({"token": "t", "proxy": 7}, "proxy must be a string, not int"),
        ({"token": "t", "proxy": "socks5://h:1"}, "socks5"),
        ({"token": "t", "proxy": "http://"}, "proxy is not the address"),
        ({"token": "t", "ca_file": 7}, "ca_file must be a string, not int"),
        ({"token": "t", "ca_file": " "}, "ca_file is blank"),
    ],
)
def test_what_cannot_be_used_is_refused(given_: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Settings.resolve(**given_)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"token": "a b"}, "has blanks"),
        ({"public_token": "a\nb"}, "has blanks"),
        ({"token": "t", "host": "ftp://x"}, "only http and https"),
        ({"token": "t", "org_id": "\x1b[2J"}, "cannot be sent"),
        ({"token": "t", "proxy": "http://"}, "not the address of a proxy"),
        ({"token": "t", "ca_file": "ca.pem"}, "absolute path"),
        ({"public_token": "t", "origin": "shop"}, "origin of a public token"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_place_it_came_from(
    values: dict[str, str], says: str
) -> None:
    [*_, name] = values
    variable = f"THREEKIT_{name.upper()}"
    with pytest.raises(ConfigError, match=says) as refusal:
        resolved([{}, values, {}], {})
    assert str(refusal.value).endswith(f" It came from {variable}.")
    with pytest.raises(ConfigError, match=says) as refusal:
        resolved([{}, {}, values], {})
    assert str(refusal.value).endswith(f" It came from {IN_FILE}.")


def test_a_name_that_is_no_setting_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="organisation is not a setting"):
        Settings.resolve(token="t", organisation="x")  # type: ignore[call-arg]


def test_a_site_without_a_public_token_has_no_effect_and_that_is_said() -> None:
    settings = resolved([{"token": "t"}, {"origin": "https://shop.example"}, {}], {})
    assert settings.token == PrivateToken("t")
    assert settings.sources["origin"].startswith("not used: THREEKIT_ORIGIN")


def test_only_a_program_may_name_certificates_from_where_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for relative in ("ca.pem", Path("ca.pem")):
        assert Settings.resolve(token="t", ca_file=relative).ca_file == tmp_path / "ca.pem"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for levels in ([{}, {"ca_file": "~/ca.pem"}, {}], [{}, {}, {"ca_file": "~/ca.pem"}]):
        assert resolved(levels, {"token": "t"}).ca_file == tmp_path / "ca.pem"


CLIENTS = pytest.mark.parametrize("world", [AsyncThreekit, Threekit])


@CLIENTS
def test_from_env_reads_the_variables(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    client = world.from_env()
    assert "https://preview.threekit.com" in repr(client)
    assert "org-of-the-environment" in repr(client)
    used = client.settings.sources
    assert [used[name] for name in ("token", "org_id", "host")] == [*VARIABLES]


@CLIENTS
def test_the_constructor_does_not_look_at_the_environment(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="from_env"):
        world()
    assert "preview" not in repr(world(token="t"))


def test_blank_variables_are_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", "t")
    monkeypatch.setenv("THREEKIT_ORG_ID", "  ")
    monkeypatch.setenv("THREEKIT_HOST", "")
    assert {"THREEKIT_ORG_ID", "THREEKIT_HOST"}.isdisjoint(environment())
    for settings in (
        Settings.resolve(environment=environment()),
        Settings.resolve(environment=os.environ),
    ):
        assert settings.org_id is None
        assert settings.origin == f"https://{DEFAULT_HOST}"


@CLIENTS
def test_a_blank_token_variable_is_no_token(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", " ")
    with pytest.raises(ConfigError, match="THREEKIT_TOKEN"):
        world.from_env()


FULL = {
    "token": SECRET,
    "org_id": "an-org",
    "host": "http://localhost:1",
    "proxy": f"http://someone:{SECRET}@proxy.example:3128",
    "ca_file": certificates("ca.pem"),
}


def test_an_explanation_has_a_line_for_each_setting_its_value_and_where_it_came_from() -> None:
    settings = Settings.resolve(
        token=SECRET,
        environment={"THREEKIT_PROXY": FULL["proxy"], "THREEKIT_ORG_ID": "an-org"},
        profile=profile(public_token=SECRET, org_id="other", ca_file=FULL["ca_file"]),
    )
    assert settings.explained() == tuple(
        Setting(name=name, value=value, source=source)
        for name, value, source in [
            ("profile", "staging", "argument"),
            ("token", "***", "argument"),
            ("public_token", None, f"not used: {IN_FILE} (token is stronger)"),
            ("origin", None, "not set"),
            ("org_id", "an-org", "THREEKIT_ORG_ID"),
            ("host", "https://admin.threekit.com", "default"),
            ("proxy", "http://proxy.example:3128", "THREEKIT_PROXY"),
            ("ca_file", FULL["ca_file"], IN_FILE),
        ]
    )
    width = max(26, len(FULL["ca_file"]))
    lines = settings.explain().splitlines()
    assert len(lines) == 8
    assert lines[1] == f"token         {'***':<{width}}  argument"
    assert lines[5] == f"host          {'https://admin.threekit.com':<{width}}  default"
    assert lines[7].endswith(f"  {IN_FILE}")
    assert lines[3] == f"origin        {'-':<{width}}  not set"


def test_an_explanation_shows_the_site_of_a_public_token() -> None:
    settings = Settings.resolve(
        environment={"THREEKIT_PUBLIC_TOKEN": SECRET, "THREEKIT_ORIGIN": "https://shop.example"}
    )
    rows = {row.name: (row.value, row.source) for row in settings.explained()}
    assert rows["public_token"] == ("***", "THREEKIT_PUBLIC_TOKEN")
    assert rows["token"] == (None, "not set")
    assert rows["origin"] == ("https://shop.example", "THREEKIT_ORIGIN")


class Loud:
    """Credentials that show what they hold."""

    def headers(self) -> dict[str, str]:
        return {"X-Key": SECRET}

    def query(self) -> dict[str, str]:
        return {}

    def __repr__(self) -> str:
        return f"Loud({SECRET})"


@pytest.mark.parametrize(
    "token", [SECRET, Secret(SECRET), PublicToken(SECRET), Loud(), lambda: SECRET]
)
def test_settings_never_show_a_secret(token: object) -> None:
    settings = Settings.resolve(token=token, proxy=FULL["proxy"])
    for text in (repr(settings), settings.explain(), repr(settings.explained())):
        assert SECRET not in text
        assert "proxy.example:3128" in text
        assert "***" in text


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("level", [1, 2])
def test_no_refusal_shows_the_secrets_of_other_settings_not_even_with_the_values_of_frames(
    name: str, level: int
) -> None:
    bad = {
        "token": f"{SECRET} {SECRET}",
        "public_token": f"{SECRET} {SECRET}",
        "origin": "no site",
        "org_id": "\x00",
        "host": f"http://u:{SECRET}@h?token={SECRET}",
        "proxy": f"socks5://u:{SECRET}@h",
        "ca_file": "relative",
    }
    values = {**FULL, name: bad[name]}
    if name in {"public_token", "origin"}:
        del values["token"]
        values.setdefault("public_token", SECRET)
    levels: list[dict[str, str]] = [{}, {}, {}]
    levels[level] = values
    variables = {f"THREEKIT_{key.upper()}": value for key, value in levels[1].items()}
    with pytest.raises(ConfigError) as refusal:
        Settings.resolve(environment=variables, profile=profile(**levels[2]))
    seen = traceback.TracebackException.from_exception(refusal.value, capture_locals=True)
    # The frame of this test itself holds the values.
    inner = [frame for frame in seen.stack if frame.filename != __file__]
    assert inner
    assert SECRET not in "".join(str(frame.locals) for frame in inner)
    assert SECRET not in str(refusal.value)
    assert refusal.value.__context__ is None


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), name=st.sampled_from(SETTINGS))
def test_any_text_is_a_setting_or_refused_and_never_breaks_a_line(text: str, name: str) -> None:
    try:
        settings = Settings.resolve(
            environment={f"THREEKIT_{name.upper()}": text},
            profile=profile(public_token=SECRET),
        )
    except ConfigError as error:
        refused = str(error)
    else:
        refused = ""
    assert SECRET not in refused
    if refused:
        return
    lines = settings.explain().split("\n")
    assert len(lines) == 8
    assert all(line.isprintable() for line in lines)
    assert SECRET not in settings.explain() + repr(settings)
