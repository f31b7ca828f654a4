"""Where a client's settings come from: argument, then environment, then profile, then default."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

from attrs import field, frozen

from ..errors import ConfigError
from .chosen_token import chosen_token
from .config_file import absolute_path, expanded
from .host import DEFAULT_HOST, origin_of
from .levels import (
    ARGUMENT,
    NOT_USED,
    Given,
    Level,
    checked,
    level_of_arguments,
    level_of_profile,
    level_of_variables,
    strongest,
)
from .profiles import SETTINGS, ConfigWarning, Profile, Profiles, shown

if TYPE_CHECKING:
    from ..session.auth import Credentials, Provider

__all__ = ("DEFAULT_HOST", "ConfigWarning", "Setting", "Settings", "environment", "origin_of")

_MASK: Final = "***"
_NOT_SET: Final = "not set"


@frozen(kw_only=True)
class Setting:
    """One setting, for people: `value` is masked where it is secret, and None when there is none.

    `source` is `argument`, the name of an environment variable, a profile and its file, `default`,
    or `not set`; a value that has no effect beside another says so.
    """

    name: str
    value: str | None
    source: str


def _proxy_url(address: str) -> str:
    """Return where a proxy is, without user and password."""
    from ..session.wire.proxies import Proxy

    return Proxy.parse(address, source="proxy").url


@frozen(kw_only=True)
class Settings:
    """What a client needs before it can send anything.

    `origin` is the API's, as `https://admin.threekit.com`. `proxy` is an address that may hold a
    password. `profile` is the name of the profile that was looked in. `sources` says for each
    setting where its value came from, in the words of `Setting.source`.
    """

    token: Credentials | Provider = field(repr=lambda _: _MASK)
    org_id: str | None
    origin: str
    proxy: str | None = field(default=None, repr=lambda value: repr(value and _proxy_url(value)))
    ca_file: Path | None = None
    profile: str | None = None
    sources: Mapping[str, str]

    @classmethod
    def resolve(
        cls,
        *,
        environment: Mapping[str, str] | None = None,
        profile: Profile | None = None,
        **given: Unpack[Given],
    ) -> Settings:
        """Put settings together from what is passed, and from nothing else.

        :param environment: variables to look in when an argument is None; None looks nowhere.
        :param profile: a profile to look in after that.
        :raises ConfigError: when there is no token, or two, or a value is impossible.
        """
        levels = (
            level_of_arguments(given),
            level_of_variables(environment or {}),
            level_of_profile(profile),
        )
        del given, environment  # a traceback may show its frames' values
        return _settled(
            levels,
            profile=profile,
            otherwise="Pass token=..., or set THREEKIT_TOKEN and use from_env().",
        )

    @classmethod
    def found(cls, *, profile: str | None = None, **given: Unpack[Given]) -> Settings:
        """Put settings together from arguments, the process's variables, and a profile.

        The profile is the named one, or that of `THREEKIT_PROFILE`, or the file's default one; the
        file is `threekit/config.toml` in the user's config folder, or what `THREEKIT_CONFIG` names.
        A file with secrets that others may read causes a `ConfigWarning`.

        :raises ConfigError: when there is no token, or two, a value is impossible, the file cannot
            be read or understood, or there is no such profile.
        """
        arguments = level_of_arguments(given)
        del given  # a traceback may show its frames' values
        try:
            settings, profiles = _found(arguments, environment(), profile)
        except ConfigError as error:
            # The frames below hold the file's values, and the variables.
            raise error.with_traceback(None) from None
        profiles.warn()
        return settings

    def explained(self) -> tuple[Setting, ...]:
        """Return every setting with its value, masked where it is secret, and its source."""
        from ..session.auth import PublicToken

        values = {
            "profile": self.profile,
            "token": self._masked("token"),
            "public_token": self._masked("public_token"),
            "origin": self.token.origin if isinstance(self.token, PublicToken) else None,
            "org_id": self.org_id,
            "host": self.origin,
            "proxy": None if self.proxy is None else _proxy_url(self.proxy),
            "ca_file": None if self.ca_file is None else str(self.ca_file),
        }
        return tuple(
            Setting(name=name, value=value, source=self.sources[name])
            for name, value in values.items()
        )

    def explain(self) -> str:
        """Say where each setting came from, a line each: name, value (secrets as `***`), source."""
        rows = [
            (row.name, "-" if row.value is None else shown(row.value), shown(row.source))
            for row in self.explained()
        ]
        name, value = (max(len(row[column]) for row in rows) for column in (0, 1))
        return "\n".join(f"{row[0]:<{name}}  {row[1]:<{value}}  {row[2]}" for row in rows)

    def _masked(self, name: str) -> str | None:
        return None if self.sources[name].startswith((_NOT_SET, NOT_USED)) else _MASK


def environment() -> Mapping[str, str]:
    """Return the process's variables; blank ones count as unset."""
    return {name: value for name, value in os.environ.items() if value.strip()}


def _found(
    arguments: Level, variables: Mapping[str, str], name: str | None
) -> tuple[Settings, Profiles]:
    profiles = Profiles.read(variables)
    profile = profiles.choose(name, variables)
    levels = (arguments, level_of_variables(variables), level_of_profile(profile))
    settings = _settled(levels, profile=profile, otherwise=_ways_to_a_token(profiles, profile))
    return settings, profiles


def _ways_to_a_token(profiles: Profiles, profile: Profile | None) -> str:
    ways = ["pass token=...", "set THREEKIT_TOKEN"]
    if profile is not None:
        ways.append(f'write token = "..." into {profile.source}')
    elif profiles.names:
        names = ", ".join(shown(name) for name in profiles.names)
        ways.append(f"name one of the profiles in {profiles.path}: {names}")
    elif profiles.path is not None:
        ways.append(f'write token = "..." below [profiles.default] into {profiles.path}')
    return f"You can {', or '.join(ways)}."


def _settled(levels: Sequence[Level], *, profile: Profile | None, otherwise: str) -> Settings:
    """Check the strongest values and keep them with their sources."""
    from ..session.auth import require_org_id

    token, unused = chosen_token(levels, otherwise)
    org_id, host, proxy, ca_file = (
        strongest(levels, name) for name in ("org_id", "host", "proxy", "ca_file")
    )
    settings = Settings(
        token=token,
        org_id=None if org_id is None else checked(org_id, _organisation),
        origin=origin_of(DEFAULT_HOST) if host is None else checked(host, _host),
        proxy=None if proxy is None else checked(proxy, _proxy),
        ca_file=None if ca_file is None else checked(ca_file, partial(_ca_file, ca_file.source)),
        profile=None if profile is None else profile.name,
        sources=_sources(levels, profile) | unused,
    )
    require_org_id(settings.token, settings.org_id)
    return settings


def _sources(levels: Sequence[Level], profile: Profile | None) -> dict[str, str]:
    found = {name: strongest(levels, name) for name in SETTINGS}
    sources = {name: value.source if value else _NOT_SET for name, value in found.items()}
    if found["host"] is None:
        sources["host"] = "default"
    return sources | {"profile": _NOT_SET if profile is None else profile.chosen_by}


def _organisation(given: object) -> str:
    text = _text("org_id", given)
    if not text or not text.isprintable():
        raise ConfigError(
            "org_id is blank, or has characters that cannot be sent. Copy it again from the "
            "platform, or leave it out."
        )
    return text


def _host(given: object) -> str:
    return origin_of(_text("host", given))


def _proxy(given: object) -> str:
    address = _text("proxy", given)
    _proxy_url(address)  # raises when it is no address
    return address


def _ca_file(source: str, given: object) -> Path:
    if isinstance(given, Path):
        return expanded(given).absolute()
    text = _text("ca_file", given)
    if not text:
        raise ConfigError("ca_file is blank. Name a file with certificates, or leave it out.")
    # Only who writes the program knows where it runs: elsewhere the path must be absolute.
    return (
        expanded(text).absolute() if source == ARGUMENT else absolute_path(text, called="ca_file")
    )


def _text(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise ConfigError(f"{name} must be a string, not {type(given).__name__}.")
    return given.strip()
