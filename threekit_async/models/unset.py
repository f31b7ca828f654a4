"""UNSET: a value that was not given, where None has a meaning of its own."""

from __future__ import annotations

import enum
from typing import Final, Literal, TypeAlias, TypeVar, Union

__all__ = ("UNSET", "Maybe")

T = TypeVar("T")


class _Unset(enum.Enum):
    """One value that is no other, which a type checker can tell apart."""

    UNSET = enum.auto()

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Final = _Unset.UNSET
"""Stands for "not given" where None has a meaning: None is sent as null, UNSET is not sent."""

Maybe: TypeAlias = Union[T, Literal[_Unset.UNSET]]  # noqa: UP007  # generic in T
