"""A text that must not be seen, and how it is taken out of sight. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar, cast, final

from ...errors import ConfigError

__all__ = ("Misfit", "Secret", "fault_of_cookie", "held", "or_raise", "veiled")

T = TypeVar("T")


def _fault_of_token(text: str) -> str | None:
    """Say what keeps a text from being a token, in a sentence; None when nothing does."""
    if not text:
        return "The token is empty. Copy it again from the platform's token page."
    if not all("!" <= character <= "~" for character in text):
        return (
            "The token has blanks or letters that cannot be sent. "
            "Copy it again from the platform's token page."
        )
    return None


def fault_of_cookie(text: str) -> str | None:
    """Say what keeps a text from being the value of a Cookie header; None when nothing does."""
    ending = "Give the value of the browser's Cookie header, as name=value; name=value."
    if not text:
        return f"The cookie is empty. {ending}"
    if text.lower().startswith("cookie:"):
        return f"The cookie begins with the name of its header. {ending}"
    if not (text.isascii() and text.isprintable()):
        return f"The cookie has line breaks or letters that cannot be sent. {ending}"
    return None


@final
class Secret:
    """Hold a text that must not be seen: `repr`, `str`, formatting and pickling hide it.

    :param fault: says in a sentence what is wrong with a text, or None; by default what is wrong
        with a token: it is empty, or has blanks, line breaks, or letters beyond ASCII.
    :raises ConfigError: with that sentence.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str, *, fault: Callable[[str], str | None] = _fault_of_token) -> None:
        # A traceback may show a frame's values; this object does not show its own.
        given = cast("object", text)
        odd = "" if isinstance(given, str) else type(given).__name__
        self._text = given.strip() if isinstance(given, str) else ""
        del text, given
        sentence = f"A secret is a string, not {odd}." if odd else fault(self._text)
        if sentence is not None:
            raise ConfigError(sentence)

    def reveal(self) -> str:
        """Return the text. Whoever calls this is responsible for where it goes."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret does not pickle: read it again where it is needed.")


def held(given: str | Secret, hold: Callable[[str], Secret]) -> Secret | ConfigError:
    """Hide a text, and return what is wrong with it.

    It is not raised: the callers' frames hold the text, and a traceback may show them.
    """
    try:
        # A Secret may have been checked for something else.
        return hold(given.reveal() if isinstance(given, Secret) else given)
    except ConfigError as error:
        return error.with_traceback(None)


def or_raise(found: Secret | ConfigError) -> Secret:
    """Raise what `held` returned, once no frame holds the text any more."""
    if isinstance(found, ConfigError):
        raise found
    return found


@final
class Misfit:
    """Stand for what is no token, and may hold one: bytes, a list. Only its kind is kept."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind: str = kind

    def __repr__(self) -> str:
        return f"<{self.kind}, which is no token>"


def veiled(token: T | str) -> T | Secret:
    """Hide a text before anything can fail around it; what is wrong with it is said later.

    For the first line of a function that is given a token: `token = veiled(token)`.
    """
    if isinstance(token, str):
        return Secret(token, fault=lambda _: None)
    if token is None or isinstance(token, (Secret, Misfit)):
        return token
    if callable(token) or hasattr(token, "headers"):
        return token
    return cast("T", Misfit(type(token).__name__))
