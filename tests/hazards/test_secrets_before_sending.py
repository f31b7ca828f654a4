"""A token that is passed or found, and refused or kept: nothing shows it before a call is made."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hazards.recognisable import (
    CORE,
    FORMS,
    PASSWORD,
    SITE,
    TOKEN,
    Witness,
    profile_of,
    shows,
    told_by,
)
from threekit_async import (
    AsyncThreekit,
    ConfigError,
    ConfigWarning,
    CookieAuth,
    Network,
    Options,
    PrivateToken,
    PublicToken,
    Secret,
    Threekit,
)

WORLDS: list[Any] = [AsyncThreekit, Threekit]

# Functions, so that no frame of the test holds what is refused.
MALFORMED: dict[str, Callable[[], Any]] = {
    "a blank inside": lambda: f"tok {CORE}",
    "two lines": lambda: f"tok{CORE}\n\n{CORE}",
    "other letters": lambda: f"tök{CORE}",
    "bytes": CORE.encode,
    "an array of bytes": lambda: bytearray(CORE.encode()),
    "a list": lambda: [CORE],
    "a mapping": lambda: {"token": CORE},
    "a cookie that is none": lambda: Secret(f"Cookie: {CORE}", fault=lambda _: None),
}
HOLDERS: list[Any] = [PrivateToken, PublicToken, CookieAuth, Secret]
PROXIES: dict[str, Callable[[], str]] = {
    "another kind": lambda: f"socks5://user:{PASSWORD}@127.0.0.1:1",
    "a port that is none": lambda: f"http://user:{PASSWORD}@127.0.0.1:x",
    "no host": lambda: f"http://user:{PASSWORD}@",
    "a line break": lambda: f"http://user:{PASSWORD}\n@127.0.0.1:1",
    "a bracket": lambda: f"http://user:{PASSWORD}@[::1",
}


def assert_refused_unseen(make: Callable[[], Any]) -> None:
    with pytest.raises((ConfigError, TypeError)) as refused:
        make()
    for channel, text in told_by(refused.value):
        assert not shows(text), f"The {channel} shows the token: {text[:3000]}"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", MALFORMED)
def test_no_refusal_of_a_token_shows_it_in_any_frame(world: Any, name: str) -> None:
    for make in (world, world.from_env):
        assert_refused_unseen(lambda: make(token=MALFORMED[name]()))  # noqa: B023


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("name", MALFORMED)
def test_no_refusal_of_what_holds_a_token_shows_it_in_any_frame(holder: Any, name: str) -> None:
    if holder is Secret:
        if name != "a cookie that is none":  # that one is a secret already
            assert_refused_unseen(lambda: Secret(MALFORMED[name]()))
    elif holder is not CookieAuth or name != "a blank inside":
        assert_refused_unseen(lambda: holder(MALFORMED[name]()))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "http://["},
        {"host": "a/b"},
        {"org_id": " "},
        {"org_id": 7},
        {"deadline": -1},
        {"network": 7},
        {"profile": "missing"},
        {"no_setting": 7},
    ],
    ids=str,
)
def test_no_refusal_of_another_setting_shows_the_token(
    world: Any, form: str, wrong: dict[str, Any]
) -> None:
    make = world.from_env if "profile" in wrong else world
    with pytest.raises((ConfigError, TypeError, AttributeError)) as refused:
        make(token=FORMS[form](), **wrong)
    for channel, text in told_by(refused.value):
        assert not shows(text), f"The {channel} shows the token: {text[:3000]}"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("ending", ["?bearer_token=%s", "/?a=1#%s", "@%s.example/x?%s"])
def test_no_refusal_of_a_host_shows_what_was_pasted_with_it(world: Any, ending: str) -> None:
    with pytest.raises(ConfigError) as pasted:
        world(token="another", host=f"https://admin.threekit.com{ending}".replace("%s", CORE))
    shown = str(pasted.value)
    assert not shows(shown), shown


@pytest.mark.parametrize("name", PROXIES)
def test_no_refusal_of_a_proxy_shows_its_password_in_any_frame(name: str) -> None:
    assert_refused_unseen(lambda: Network(proxy=PROXIES[name]()))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", PROXIES)
def test_no_refusal_of_a_proxy_of_the_environment_shows_its_password_in_any_frame(
    world: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREEKIT_PROXY", PROXIES[name]())
    monkeypatch.setenv("THREEKIT_TOKEN", TOKEN)
    assert_refused_unseen(world.from_env)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", ["THREEKIT_CA_FILE", "THREEKIT_HOST"])
def test_no_refusal_of_another_variable_shows_a_proxys_password_in_any_frame(
    world: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", TOKEN)
    monkeypatch.setenv("THREEKIT_PROXY", f"http://user:{PASSWORD}@127.0.0.1:1")
    monkeypatch.setenv(name, "/missing/ca.pem")
    assert_refused_unseen(world.from_env)


@pytest.mark.parametrize(
    "wrong",
    [
        {"largest_json": 0},
        {"client_key": "key.pem"},
        {"ca_file": "missing.pem"},
        {"http_session": 7},
    ],
    ids=str,
)
def test_no_refusal_beside_a_proxy_shows_its_password_in_any_frame(wrong: dict[str, Any]) -> None:
    assert_refused_unseen(lambda: Network(proxy=f"http://user:{PASSWORD}@127.0.0.1:1", **wrong))


BROKEN = {
    "no TOML": "[profiles.default]\ntoken = %s oops\n",
    "not closed": "[profiles.default]\ntoken = '%s\n",
    "no text": "[profiles.default]\ntoken = ['%s']\n",
    "two kinds": "[profiles.default]\ntoken = '%s'\npublic_token = '%s'\n",
    "twice": "[profiles.default]\ntoken = '%s'\ntoken = '%s'\n",
    "an unknown name": "[profiles.default]\ntoken = '%s'\ntokn = '%s'\n",
    "at the top": "token = '%s'\n",
    "a table": "[profiles.default.token]\nvalue = '%s'\n",
    "no token": "[profiles.default]\ntoken = 'a %s'\n",
    "a host that is none": "[profiles.default]\ntoken = '%s'\nhost = 'https://u:%s@h/?%s'\n",
    "a proxy that is none": "[profiles.default]\ntoken = '%s'\nproxy = 'x://u:%s@h'\n",
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", BROKEN)
def test_no_refusal_of_a_profile_shows_what_is_in_its_file(
    world: Any, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(BROKEN[name].replace("%s", CORE), encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("THREEKIT_CONFIG", str(file))
    assert_refused_unseen(world.from_env)


@pytest.mark.parametrize("world", WORLDS)
def test_no_warning_of_an_exposed_file_shows_what_is_in_it(
    world: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(profile_of(TOKEN, org_id="o", host="http://127.0.0.1:1"), encoding="utf-8")
    file.chmod(0o644)
    monkeypatch.setenv("THREEKIT_CONFIG", str(file))
    with pytest.warns(ConfigWarning) as warned:
        tk = world.from_env()
    told = [f"{one.message!r} {one} {vars(one)}" for one in warned]
    assert not shows("".join(told)), told
    assert "***" in tk.settings.explain()
    assert not shows(f"{tk!r} {tk.settings!r} {tk.settings.explain()}")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("form", FORMS)
def test_no_part_of_a_client_that_has_sent_nothing_shows_the_token(world: Any, form: str) -> None:
    witness = Witness()
    witness.client(world(token=FORMS[form](), org_id="o", hooks=witness.hooks))
    witness.assert_unseen()


@pytest.mark.parametrize("world", WORLDS)
def test_no_part_of_a_client_shows_the_password_of_its_proxy(world: Any) -> None:
    network = Network(proxy=f"http://user:{PASSWORD}@127.0.0.1:1")
    tk = world(token="another", network=network)
    shown = [tk, tk.settings, network, tk.settings.explain(), tk.settings.explained()]
    shown += [f"{one}" for one in shown]
    shown.append(vars(tk))
    assert "127.0.0.1:1" in tk.settings.explain()
    assert not shows(repr(shown)), shown


@pytest.mark.parametrize(
    "hold",
    [
        lambda: Secret(TOKEN),
        lambda: PrivateToken(TOKEN),
        lambda: PublicToken(TOKEN, origin=SITE),
        lambda: CookieAuth(f"a={TOKEN}"),
        lambda: Threekit(token=TOKEN).settings,
        lambda: AsyncThreekit(token=TOKEN).settings,
        lambda: AsyncThreekit(token=TOKEN),
        lambda: Threekit(token=TOKEN),
    ],
)
def test_what_holds_a_token_neither_pickles_nor_shows_it(hold: Callable[[], Any]) -> None:
    held = hold()
    assert not shows(f"{held} {held!r} {held!s:>99} %s" % (held,))
    with pytest.raises(TypeError) as refused:
        pickle.dumps(held)
    assert not any(shows(text) for _, text in told_by(refused.value))
    with pytest.raises(TypeError):
        copy.deepcopy(held)


def test_no_options_show_the_headers_that_may_be_secret() -> None:
    options = Options(headers={"X-Gateway-Key": CORE, "Accept-Language": "de"})
    assert not shows(f"{options} {options.over(Options())!r}")
    assert "'Accept-Language': 'de'" in repr(options)
