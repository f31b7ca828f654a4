"""The configuration file: which one is read, which profile is taken, and what is wrong with it."""

from __future__ import annotations

import itertools
import os
import re
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from threekit_async import AsyncThreekit, ConfigError, PrivateToken, PublicToken, Threekit
from threekit_async.config import ConfigWarning, Settings
from threekit_async.config.profiles import Profiles

SECRET = "tok-5d1c-recognisable"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "configure.md"
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")

TWO = """
[profiles.default]
token = "of-default"
org_id = "org-of-default"

[profiles.staging]
token = "of-staging"
host = "preview.threekit.com"
"""


@pytest.fixture(autouse=True)
def config_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the user an empty config folder and no variables."""
    for variable in [name for name in os.environ if name.startswith("THREEKIT_")]:
        monkeypatch.delenv(variable)
    folder = tmp_path / "config"
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: folder / "threekit")
    return folder


@pytest.fixture
def file(config_folder: Path) -> Path:
    return written(config_folder / "threekit" / "config.toml", "")


def written(path: Path, text: str | bytes, *, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def refusal(**arguments: Any) -> str:
    with pytest.raises(ConfigError) as refused:
        Settings.found(**arguments)
    return str(refused.value)


# Which file


def test_without_a_file_the_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEKIT_TOKEN", "t")
    settings = Settings.found()
    assert settings.token == PrivateToken("t")
    assert settings.profile is None
    assert settings.sources["profile"] == "not set"


def test_the_file_lies_in_the_users_config_folder(file: Path) -> None:
    written(file, TWO)
    settings = Settings.found()
    assert settings.token == PrivateToken("of-default")
    assert settings.sources["token"] == f"profile default in {file}"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's folder")
@pytest.mark.parametrize("by", ["XDG_CONFIG_HOME", "HOME"])
def test_on_linux_the_config_folder_is_that_of_the_desktops(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str
) -> None:
    monkeypatch.undo()
    for variable in ("THREEKIT_TOKEN", "THREEKIT_CONFIG", "THREEKIT_PROFILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(by, str(tmp_path))
    folder = tmp_path if by == "XDG_CONFIG_HOME" else tmp_path / ".config"
    written(folder / "threekit" / "config.toml", TWO)
    assert Settings.found().token == PrivateToken("of-default")


def test_the_variable_names_another_file(
    monkeypatch: pytest.MonkeyPatch, file: Path, tmp_path: Path
) -> None:
    written(file, TWO)
    other = written(tmp_path / "other.toml", '[profiles.default]\ntoken = "of-another"')
    monkeypatch.setenv("THREEKIT_CONFIG", str(other))
    assert Settings.found().token == PrivateToken("of-another")


def test_a_file_that_is_named_must_be_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("THREEKIT_CONFIG", str(tmp_path / "missing.toml"))
    assert refusal(token="t") == (
        f"The configuration file {tmp_path / 'missing.toml'} cannot be read: it does not exist."
    )


@posix
def test_the_empty_device_is_a_file_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREEKIT_CONFIG", os.devnull)
    assert Settings.found(token="t").profile is None


def test_the_working_directory_is_never_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    evil = 'profile = "default"\n[profiles.default]\nhost = "evil.example"\ntoken = "evil"\n'
    for name in (
        *("config.toml", "threekit.toml", ".threekit.toml", "threekit/config.toml"),
        *(".threekit/config.toml", ".config/threekit/config.toml", "pyproject.toml"),
    ):
        written(hostile / name, evil)
    written(hostile / ".env", "THREEKIT_HOST=evil.example\nTHREEKIT_TOKEN=evil\n")
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("THREEKIT_TOKEN", "t")
    settings = Settings.found()
    assert settings.token == PrivateToken("t")
    assert settings.origin == "https://admin.threekit.com"
    assert "evil" not in repr(settings)


@pytest.mark.parametrize("named", ["config.toml", "./config.toml", "../hostile/config.toml"])
def test_a_relative_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    written(tmp_path / "hostile" / "config.toml", TWO)
    monkeypatch.chdir(tmp_path / "hostile")
    monkeypatch.setenv("THREEKIT_CONFIG", named)
    assert refusal() == f"THREEKIT_CONFIG must be an absolute path, not {named!r}."


@pytest.mark.parametrize("folder", ["", ".", "config", "~"])
def test_a_config_folder_that_is_relative_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: Path(folder))
    written(tmp_path / folder / "config.toml", TWO)
    assert "There is no token" in refusal()
    assert "There is no file for them in the config folder" in refusal(profile="default")


def test_a_path_below_a_file_is_no_file(config_folder: Path) -> None:
    written(config_folder, "a file, not a folder")
    assert Settings.found(token="t").profile is None


def test_a_folder_that_is_closed_to_us_holds_no_file(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    written(file, TWO)
    monkeypatch.setattr(Path, "open", closed)
    assert f"{file} cannot be read: Permission denied." in refusal(token="t")
    monkeypatch.setattr(Path, "stat", closed)
    assert Settings.found(token="t").profile is None
    monkeypatch.setenv("THREEKIT_CONFIG", str(file))
    assert f"{file} cannot be read: Permission denied." in refusal(token="t")


def test_a_folder_in_its_place_cannot_be_read(config_folder: Path) -> None:
    (config_folder / "threekit" / "config.toml").mkdir(parents=True)
    assert re.search(r"config\.toml cannot be read: \w", refusal(token="t"))


# Which profile


CHOSEN_BY = {
    "by-argument": "argument",
    "by-variable": "THREEKIT_PROFILE",
    "by-line": "profile = in {file}",
    "default": "default",
}


@pytest.mark.parametrize(
    "named",
    [named for n in range(5) for named in itertools.combinations(CHOSEN_BY, n)],
    ids=" ".join,
)
def test_the_profile_is_that_of_the_argument_the_variable_the_file_or_default(
    monkeypatch: pytest.MonkeyPatch, file: Path, named: tuple[str, ...]
) -> None:
    names = [name for name in CHOSEN_BY if name != "default" or name in named]
    text = "".join(f'[profiles.{name}]\ntoken = "of-{name}"\n' for name in names)
    written(file, ('profile = "by-line"\n' if "by-line" in named else "") + text)
    if "by-variable" in named:
        monkeypatch.setenv("THREEKIT_PROFILE", "by-variable")
    argument = "by-argument" if "by-argument" in named else None
    if not named:
        assert "name one of the profiles in" in refusal()
        return
    settings = Settings.found(profile=argument)
    assert settings.profile == named[0]
    assert settings.token == PrivateToken(f"of-{named[0]}")
    assert settings.sources["profile"] == CHOSEN_BY[named[0]].format(file=file)


def test_a_profile_fills_what_argument_and_environment_leave_open(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    written(
        file,
        """
        [profiles.default]
        public_token = "of-the-file"
        origin = "https://shop.example"
        org_id = "org-of-the-file"
        host = "preview.threekit.com"
        proxy = "http://proxy.example:3128"
        """,
    )
    monkeypatch.setenv("THREEKIT_ORG_ID", "org-of-the-environment")
    settings = Settings.found(host="http://localhost:1")
    assert settings.token == PublicToken("of-the-file", origin="https://shop.example")
    assert settings.org_id == "org-of-the-environment"
    assert settings.origin == "http://localhost:1"
    assert settings.proxy == "http://proxy.example:3128"


def test_blank_values_and_blanks_around_them_do_not_count(file: Path) -> None:
    written(file, '[profiles.default]\ntoken = " t "\norg_id = ""\nhost = "  "')
    settings = Settings.found()
    assert settings.token == PrivateToken("t")
    assert settings.org_id is None
    assert settings.sources["host"] == "default"


@pytest.mark.parametrize("by", ["argument", "THREEKIT_PROFILE", "line"])
def test_a_profile_that_does_not_exist_is_refused_with_those_that_do(
    monkeypatch: pytest.MonkeyPatch, file: Path, by: str
) -> None:
    written(file, ('profile = "prod"' if by == "line" else "") + TWO)
    if by == "THREEKIT_PROFILE":
        monkeypatch.setenv(by, "prod")
    place = f"profile = in {file}" if by == "line" else by
    assert refusal(token="t", profile="prod" if by == "argument" else None) == (
        f"There is no profile prod ({place}). {file} has default, staging."
    )


def test_a_named_profile_needs_a_file_and_profiles_in_it(config_folder: Path) -> None:
    file = config_folder / "threekit" / "config.toml"
    assert refusal(token="t", profile="x").endswith(f"There is no file {file}.")
    written(file, "[profiles]")
    assert refusal(token="t", profile="x").endswith("one begins with [profiles.NAME].")


def test_the_name_of_a_profile_is_text() -> None:
    assert refusal(token="t", profile=7) == ("profile must be the name of a profile, not int.")


def test_without_a_token_it_is_said_where_one_can_be_put(file: Path) -> None:
    place = f"[profiles.default] into {file}."
    assert refusal().endswith(f'set THREEKIT_TOKEN, or write token = "..." below {place}')
    written(file, '[profiles.default]\norg_id = "x"')
    assert refusal().endswith(f'write token = "..." into profile default in {file}.')
    written(file, '[profiles.a]\ntoken = "x"\n[profiles.b]')
    assert refusal().endswith(f"name one of the profiles in {file}: a, b.")


# What is wrong with a file


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[profiles.default]\ntoken = "x', r"line 2, .*is not TOML"),
        ("[profiles.default]\ntoken = x", r"line 2, column 9, is not TOML \(Invalid value\)"),
        ('[profiles.default]\n\ntoken "x"\n', r"line 3, column 7, is not TOML \(Expected '='"),
        ('[profiles.default]\ntoken = "x"\ntoken = "y"\n', r"line 3, .*is not TOML"),
        (f"[{SECRET}]\n[{SECRET}]", r"line 2, .*is not TOML"),
        (b"[profiles.default]\ntoken = '\xff'", "line 2 is not UTF-8"),
        ("a = " + "[" * 100_000, "is nested too deeply"),
        ("a = " + "9" * 5_000, "is not TOML"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_named_with_the_line(
    file: Path, text: str | bytes, says: str
) -> None:
    written(file, text)
    said = refusal(token="t")
    assert said.startswith(f"The configuration file {file} cannot be used: ")
    assert re.search(says, said)
    assert SECRET not in said


def test_a_file_may_begin_with_a_byte_order_mark(file: Path) -> None:
    written(file, TWO.encode("utf-8-sig"))
    assert Settings.found().token == PrivateToken("of-default")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('token = "t"', r"token belongs to a profile. Put it below a line \[profiles.default\]\."),
        ('profil = "x"', "profil is not known. Do you mean profile?"),
        ("[profile.x]", "profile must be the name of a profile, not a table."),
        ("profile = 1", "profile must be the name of a profile, not a number."),
        ("profiles = true", "profiles must be tables .*, not true or false."),
        ('profiles = "x"', "profiles must be tables .*, not text."),
        ('[profiles]\ntoken = "t"', r"token stands below \[profiles\]"),
        ("[other]", "other is not known.$"),
        ("[profiles.default]\ntoken = 7", "token of profile default must be text in quotes, not a"),
        ("[profiles.default]\nhost = ['x']", "must be text in quotes, not a list."),
        ("[profiles.default]\nhost = 2020-01-01", "must be text in quotes, not a date or time."),
        ("[profiles.default.host]", "must be text in quotes, not a table."),
        ("[profiles.default]\nhost = 1.5", "must be text in quotes, not a number."),
    ],
)
def test_what_a_file_may_not_hold_is_refused(file: Path, text: str, says: str) -> None:
    written(file, text)
    said = refusal(token="t")
    assert said.startswith(f"{file}: ")
    assert re.search(says, said)


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("orgId", "org_id"),
        ("org-id", "org_id"),
        ("tokn", "token"),
        ("publicToken", "public_token"),
        ("cafile", "ca_file"),
        ("hosts", "host"),
        ("Proxy", "proxy"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_near_one(file: Path, key: str, near: str) -> None:
    written(file, f'[profiles.default]\n{key} = "{SECRET}"')
    said = refusal(token="t")
    assert f"{key}, which is not known. Do you mean {near}?" in said
    assert SECRET not in said


def test_a_key_that_is_near_nothing_is_refused_with_all_there_are(file: Path) -> None:
    written(file, "[profiles.default]\nzzz = 1")
    assert refusal(token="t").endswith(
        "zzz, which is not known. A profile may hold "
        "token, public_token, origin, org_id, host, proxy, ca_file."
    )


def test_a_profile_that_is_not_used_may_hold_what_a_later_version_knows(file: Path) -> None:
    written(file, f"{TWO}\n[profiles.new]\nzzz = 1")
    assert Settings.found().token == PrivateToken("of-default")
    assert "zzz" in refusal(profile="new")


# Secrets


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o777])
@pytest.mark.parametrize(
    "secret", [f'token = "{SECRET}"', f'public_token = "p"\nproxy = "http://u:{SECRET}@h:1"']
)
def test_a_file_with_secrets_that_others_may_read_warns_and_says_the_remedy(
    file: Path, mode: int, secret: str
) -> None:
    written(file, f"[profiles.default]\n{secret}", mode=mode)
    with pytest.warns(ConfigWarning) as warned:
        Settings.found()
    [warning] = warned
    assert str(warning.message) == (
        f"Others can read the secrets in {file}. Close it to them: chmod 600 {file}"
    )
    assert warning.filename == __file__


@posix
@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (f'[profiles.default]\ntoken = "{SECRET}"', 0o600),
        (f'[profiles.default]\ntoken = "{SECRET}"', 0o400),
        ('[profiles.default]\npublic_token = "p"\nproxy = "http://h:1"', 0o644),
    ],
)
def test_a_file_that_is_closed_or_has_no_secrets_does_not_warn(
    file: Path, text: str, mode: int
) -> None:
    written(file, text, mode=mode)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Settings.found()


@posix
def test_each_client_that_is_made_warns_once_more(file: Path) -> None:
    written(file, f'[profiles.default]\ntoken = "{SECRET}"', mode=0o644)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(3):
            Settings.found()
    assert [warning.category for warning in warned] == [ConfigWarning] * 3


@posix
@pytest.mark.parametrize("client", [AsyncThreekit, Threekit])
def test_the_warning_names_the_line_that_made_the_client(file: Path, client: Any) -> None:
    written(file, f'[profiles.default]\ntoken = "{SECRET}"', mode=0o644)
    with pytest.warns(ConfigWarning) as warned:
        client.from_env()
    assert [warning.filename for warning in warned] == [__file__]


BROKEN = [
    f'[profiles.default]\ntoken = "{SECRET}"\nhost = ',
    f'[profiles.default]\ntoken = "{SECRET}',
    f'[profiles.default]\ntoken = "{SECRET}"\nhost = 7',
    f'[profiles.default]\ntoken = "{SECRET}"\nhosts = "x"',
    f'[profiles.default]\ntoken = "{SECRET}"\npublic_token = "{SECRET}"',
    f'[profiles.default]\ntoken = ["{SECRET}"]',
    f'[profiles.default]\ntoken = "{SECRET} {SECRET}"',
    f'[profiles.default]\ntoken = "{SECRET}"\nca_file = "x"',
    f'[profiles.default]\ntoken = "{SECRET}"\nproxy = "socks5://u:{SECRET}@h"',
    f'[profiles.other]\ntoken = "{SECRET}"',
    f'token = "{SECRET}"',
    f'profile = "missing"\n[profiles.other]\ntoken = "{SECRET}"',
    f'[profiles]\ntoken = "{SECRET}"',
]


@pytest.mark.parametrize("text", BROKEN)
def test_no_refusal_shows_a_secret_not_even_with_the_values_of_frames(
    monkeypatch: pytest.MonkeyPatch, file: Path, text: str
) -> None:
    written(file, text)
    monkeypatch.setenv("THREEKIT_UNKNOWN", SECRET)
    with pytest.raises(ConfigError) as refused:
        Settings.found()
    seen = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    inner = [frame for frame in seen.stack if frame.filename != __file__]
    assert inner
    assert SECRET not in "".join(str(frame.locals) for frame in inner)
    assert SECRET not in str(refused.value)
    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None


def test_profiles_do_not_show_their_values(file: Path) -> None:
    written(file, f'[profiles.default]\ntoken = "{SECRET}"')
    profiles = Profiles.read({})
    chosen = profiles.choose(None, {})
    assert "default" in repr(chosen)
    assert SECRET not in repr(profiles) + repr(chosen)


# Hostile text

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def quoted(text: str) -> str:
    """Write a text as a TOML string."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(profile=texts, key=texts, value=texts)
@example(profile="\x1b[2J", key="\n", value="\r\n")
@example(profile="", key="", value="")
def test_hostile_names_keys_and_values_make_settings_or_one_line_of_refusal(
    file: Path, profile: str, key: str, value: str
) -> None:
    written(
        file,
        f"profile = {quoted(profile)}\n[profiles.{quoted(profile)}]\n"
        f"token = {quoted(SECRET)}\n{quoted(key)} = {quoted(value)}\n",
    )
    try:
        settings = Settings.found()
    except ConfigError as error:
        said = str(error)
    else:
        assert settings.profile == profile
        said = settings.explain().replace("\n", "")
    assert SECRET not in said
    assert said.isprintable()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=texts, name=st.sampled_from(["org_id", "host", "proxy", "ca_file"]))
def test_a_hostile_value_is_taken_as_it_is_or_refused(file: Path, value: str, name: str) -> None:
    written(file, f"[profiles.default]\ntoken = {quoted(SECRET)}\n{name} = {quoted(value)}\n")
    try:
        settings = Settings.found()
    except ConfigError as error:
        said = str(error)
    else:
        assert settings.sources[name] in {f"profile default in {file}", "not set", "default"}
        if name == "org_id":
            assert settings.org_id == (value.strip() or None)
        said = settings.explain().replace("\n", "")
    assert SECRET not in said
    assert said.isprintable()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | texts.map(str.encode))
def test_any_bytes_are_a_file_or_refused(file: Path, content: bytes) -> None:
    written(file, content)
    try:
        Settings.found(token="t")
    except ConfigError as error:
        said = str(error)
    else:
        return
    assert str(file) in said
    assert said.isprintable()


# The page


def test_the_file_on_the_page_is_one(file: Path) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    written(file, text)
    profiles = Profiles.read({})
    assert len(profiles.names) > 1
    assert all(Settings.found(profile=name).profile == name for name in profiles.names)
