"""The levels settings come from, strongest first, and how a value found at one is checked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypedDict, TypeVar

from attrs import field, frozen

from ..errors import ConfigError
from .profiles import SETTINGS, Profile

__all__ = (
    "ARGUMENT",
    "NOT_USED",
    "Found",
    "Given",
    "Level",
    "checked",
    "level_of_arguments",
    "level_of_profile",
    "level_of_variables",
    "strongest",
)

T = TypeVar("T")

ARGUMENT: Final = "argument"
NOT_USED: Final = "not used"


class Given(TypedDict, total=False):
    """Settings as arguments; None is the same as none."""

    token: object
    public_token: object
    origin: str | None
    org_id: str | None
    host: str | None
    proxy: str | None
    ca_file: str | Path | None


@frozen(kw_only=True)
class Found:
    """A value at one level, not yet checked. It may be a secret: it is not shown."""

    value: Any = field(repr=False)
    source: str


Level: TypeAlias = Mapping[str, Found]


def level_of_arguments(given: Given) -> Level:
    """Return what was passed.

    :raises TypeError: when it is no setting.
    """
    for name in given:
        if name not in SETTINGS:
            raise TypeError(f"{name} is not a setting; there are {', '.join(SETTINGS)}.")
    return {
        name: Found(value=value, source=ARGUMENT)
        for name, value in given.items()
        if value is not None
    }


def level_of_variables(variables: Mapping[str, str]) -> Level:
    """Return what the environment says, `org_id` as `THREEKIT_ORG_ID`; blank is unset."""
    names = {name: f"THREEKIT_{name.upper()}" for name in SETTINGS}
    return {
        name: Found(value=variables[variable].strip(), source=variable)
        for name, variable in names.items()
        if variables.get(variable, "").strip()
    }


def level_of_profile(profile: Profile | None) -> Level:
    """Return what a profile says."""
    if profile is None:
        return {}
    return {
        name: Found(value=value, source=profile.source) for name, value in profile.values.items()
    }


def strongest(levels: Sequence[Level], name: str) -> Found | None:
    """Return the value of the first level that has one."""
    return next((level[name] for level in levels if name in level), None)


def checked(found: Found, check: Callable[[Any], T]) -> T:
    """Return what a check makes of a value.

    :raises ConfigError: as the check says, with the value's source.
    """
    try:
        return check(found.value)
    except ConfigError as error:
        problem = str(error)
    # Raised out here, it does not carry the frames of the check, which hold the value.
    source = "" if found.source == ARGUMENT else f" It came from {found.source}."
    raise ConfigError(problem + source)
