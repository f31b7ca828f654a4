"""The file settings can come from: where it is, what is in it, and who else may read it.

It lies in the user's config folder. The working directory is never looked at: whoever can put a
file there could send the token elsewhere.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from ..errors import ConfigError

__all__ = ("ConfigFile", "absolute_path", "config_path", "expanded", "read_config")

_LARGEST: Final = 1_000_000
_PLACE: Final = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")
# What the parser quotes at length is the file's own text, and may be anything.
_QUOTES: Final = re.compile(r"""(["']).{5,}?\1|\(""")


@frozen(kw_only=True)
class ConfigFile:
    """What a file holds. `exposed` says that the system lets others than its owner read it."""

    path: Path
    tree: Mapping[str, Any] = field(repr=False)
    exposed: bool


def config_path(variables: Mapping[str, str]) -> Path | None:
    """Name the file: what `THREEKIT_CONFIG` says, or `threekit/config.toml` in the config folder.

    None when this user has no such folder.

    :raises ConfigError: when `THREEKIT_CONFIG` is not an absolute path.
    """
    named = variables.get("THREEKIT_CONFIG")
    if named is not None:
        return absolute_path(named, called="THREEKIT_CONFIG")
    from platformdirs import user_config_path

    path = user_config_path("threekit", appauthor=False) / "config.toml"
    # A relative HOME would make it a file of the working directory.
    return path if path.is_absolute() else None


def absolute_path(text: str, *, called: str) -> Path:
    """Read a path that must not depend on the working directory; `~` is the user's home.

    :param called: what gave it, for the message.
    :raises ConfigError: when it is relative.
    """
    path = expanded(text.strip())
    if path.is_absolute():
        return path
    raise ConfigError(f"{called} must be an absolute path, not {text!r}.")


def expanded(path: str | Path) -> Path:
    """Put the user's home in the place of `~`, if there is one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def read_config(path: Path, *, expected: bool) -> ConfigFile | None:
    """Read a file; None when there is none.

    :param expected: a file that is missing is an error.
    :raises ConfigError: when it cannot be read, or is not TOML.
    """
    try:
        content, exposed = _content(path)
    except (FileNotFoundError, NotADirectoryError):
        content, exposed, problem = None, False, "it does not exist"
    except OSError as error:
        content, exposed, problem = None, False, error.strerror or type(error).__name__
        expected = expected or _is_seen(path)
    else:
        problem = ""
    if content is not None:
        return ConfigFile(path=path, tree=_tree(path, content), exposed=exposed)
    if expected:
        raise ConfigError(f"The configuration file {path} cannot be read: {problem}.")
    return None


def _content(path: Path) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        # Windows has no such mode. What is no regular file, as a pipe, was made for this process.
        exposed = os.name != "nt" and stat.S_ISREG(mode) and bool(mode & 0o077)
        return file.read(_LARGEST + 1), exposed


def _is_seen(path: Path) -> bool:
    """Tell a file that is closed to us from a folder that is, where no file may be at all."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def _tree(path: Path, content: bytes) -> Mapping[str, Any]:
    parsed = _parsed(content)
    if isinstance(parsed, str):
        raise ConfigError(f"The configuration file {path} cannot be used: {parsed}.")
    return parsed


def _parsed(content: bytes) -> dict[str, Any] | str:
    """Parse TOML; a text says why that is impossible. Nothing of the content is in it."""
    import tomllib

    if len(content) > _LARGEST:
        return f"it is larger than {_LARGEST:,} bytes"
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return f"line {_line(error.object[: error.start])} is not UTF-8"
    except RecursionError:
        return "it is nested too deeply"
    except ValueError as error:
        return _not_toml(str(error), content)


def _not_toml(message: str, content: bytes) -> str:
    place = _PLACE.search(message)
    reason = message[: place.start()] if place else ""
    shown = "" if not reason or _QUOTES.search(reason) else f" ({reason})"
    if place and place[1]:
        return f"line {place[1]}, column {place[2]}, is not TOML{shown}"
    where = f"line {_line(content.rstrip())}, the last one," if place else "a value"
    return f"{where} is not TOML{shown}"


def _line(before: bytes) -> int:
    return before.count(b"\n") + 1
