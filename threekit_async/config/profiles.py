"""Profiles: settings under a name, in the user's configuration file.

profile = "staging"              # the one that is used when nobody names another

[profiles.default]               # used when there is no such line
token = "..."
org_id = "..."

[profiles.staging]
host = "preview.threekit.com"
"""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from ..errors import ConfigError
from .config_file import ConfigFile, config_path, read_config

__all__ = ("SETTINGS", "ConfigWarning", "Profile", "Profiles", "shown")

SETTINGS: Final = ("token", "public_token", "origin", "org_id", "host", "proxy", "ca_file")
"""What a profile may hold, each a text."""

_PACKAGE: Final = str(Path(__file__).parent.parent) + os.sep
_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


class ConfigWarning(UserWarning):
    """Says that the configuration works, but is not safe."""


@frozen(kw_only=True)
class Profile:
    """The settings of one profile; `chosen_by` says who chose it. Its values stay unseen."""

    name: str
    path: Path
    chosen_by: str
    values: Mapping[str, str] = field(repr=False)

    @property
    def source(self) -> str:
        """Where its values come from, for people."""
        return f"profile {shown(self.name)} in {self.path}"


@frozen(kw_only=True)
class Profiles:
    """The profiles of a file; there may be no file, and then there are none."""

    path: Path | None
    file: ConfigFile | None

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Profiles:
        """Read the file that `THREEKIT_CONFIG` names, or the one in the user's config folder.

        :raises ConfigError: when it cannot be read or understood, or a named one is not there.
        """
        path = config_path(variables)
        expected = "THREEKIT_CONFIG" in variables
        file = None if path is None else read_config(path, expected=expected)
        if file is not None:
            _refuse(_problem_of(file.tree), file.path)
        return cls(path=path, file=file)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all profiles, sorted."""
        return tuple(sorted(self._tables()))

    def choose(self, name: str | None, variables: Mapping[str, str]) -> Profile | None:
        """Return the profile of that name, or the one of `THREEKIT_PROFILE`, or the default one.

        None when nobody names a profile and there is no default one.

        :raises ConfigError: when there is no profile of the name, or it holds what it may not.
        """
        _check_name(name)
        chosen, by = self._choice(name, variables)
        if chosen is None:
            return None
        found = self._tables().get(chosen)
        if found is None or self.file is None:
            raise ConfigError(f"There is no profile {shown(chosen)} ({by}). {self._those()}")
        _refuse(_problem_in(chosen, found), self.file.path)
        values = {key: value.strip() for key, value in found.items() if value.strip()}
        return Profile(name=chosen, path=self.file.path, chosen_by=by, values=values)

    def warn(self) -> None:
        """Warn when others may read a secret in the file; the warning names the caller's line."""
        if self.file is not None and self.file.exposed and _holds_secrets(self._tables().values()):
            from shlex import quote

            path = str(self.file.path)
            warnings.warn(
                f"Others can read the secrets in {path}. Close it to them: chmod 600 {quote(path)}",
                ConfigWarning,
                stacklevel=_frames_inside(),
            )

    def _tables(self) -> Mapping[str, Mapping[str, Any]]:
        return {} if self.file is None else self.file.tree.get("profiles", {})

    def _choice(self, name: str | None, variables: Mapping[str, str]) -> tuple[str | None, str]:
        if name is not None:
            return name, "argument"
        if "THREEKIT_PROFILE" in variables:
            return variables["THREEKIT_PROFILE"].strip(), "THREEKIT_PROFILE"
        if self.file is not None and "profile" in self.file.tree:
            return self.file.tree["profile"], f"profile = in {self.file.path}"
        return ("default", "default") if "default" in self._tables() else (None, "not set")

    def _those(self) -> str:
        if self.file is None:
            return f"There is no file {self.path or 'for them in the config folder'}."
        if not self.names:
            return f"{self.path} has no profiles; one begins with [profiles.NAME]."
        return f"{self.path} has {_listed(self.names)}."


def shown(name: str) -> str:
    """Return a text that stays on its line."""
    return name if name.isprintable() and name.strip() else repr(name)


def _check_name(name: object) -> None:
    if name is not None and not isinstance(name, str):
        raise ConfigError(f"profile must be the name of a profile, not {type(name).__name__}.")


def _refuse(problem: str | None, path: Path) -> None:
    if problem is not None:
        raise ConfigError(f"{path}: {problem}")


def _problem_of(tree: Mapping[str, Any]) -> str | None:
    """Say what is wrong outside of the single profiles."""
    for key, value in tree.items():
        if key in SETTINGS:
            return f"{key} belongs to a profile. Put it below a line [profiles.default]."
        if key == "profile" and not isinstance(value, str):
            return f"profile must be the name of a profile, not {_kind(value)}."
        if key == "profiles" and not isinstance(value, dict):
            return f"profiles must be tables [profiles.NAME], not {_kind(value)}."
        if key not in {"profile", "profiles"}:
            return f"{shown(key)} is not known.{_near(key, ('profile', 'profiles'))}"
    for name, value in tree.get("profiles", {}).items():
        if not isinstance(value, dict):
            return f"{shown(name)} stands below [profiles]. Put it below a line [profiles.NAME]."
    return None


def _problem_in(name: str, table: Mapping[str, Any]) -> str | None:
    """Say what is wrong with a profile; its values are not told."""
    for key, value in table.items():
        if key not in SETTINGS:
            return (
                f"profile {shown(name)} has {shown(key)}, which is not known."
                f"{_near(key, SETTINGS)} A profile may hold {_listed(SETTINGS)}."
            )
        if not isinstance(value, str):
            return f"{key} of profile {shown(name)} must be text in quotes, not {_kind(value)}."
    return None


def _near(key: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key.lower(), known, n=1)
    return f" Do you mean {near[0]}?" if near else ""


def _kind(value: object) -> str:
    return _KINDS.get(value.__class__, "text" if isinstance(value, str) else "a date or time")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(shown(name) for name in names)


def _holds_secrets(tables: Iterable[Mapping[str, Any]]) -> bool:
    return any("token" in table or "@" in str(table.get("proxy", "")) for table in tables)


def _frames_inside() -> int:
    """Count the frames from the caller of this function out to the first one of other code."""
    frame = inspect.currentframe()
    count = 0
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, count = frame.f_back, count + 1
    return count
