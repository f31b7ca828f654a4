"""Puts a client's session together from what the client was given."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from attrs import evolve

from ._version import __version__
from .checks import require
from .config import Settings, environment
from .errors import ConfigError
from .hooks import Hooks
from .network import Network
from .options import Limits, Options
from .place import place_of_caller
from .session.auth import Ask, Token
from .session.session import Session
from .session.telling.log_lines import log_as_asked

if TYPE_CHECKING:
    from .session.keeping.cache import Cache
    from .session.keeping.file_store import FileStore

__all__ = ("assembled", "found", "given")


def given(
    *, token: Token | Ask | None, org_id: str | None, host: str | None, network: Network | None
) -> Settings:
    """Take what was passed, and look nowhere else."""
    return Settings.resolve(token=token, org_id=org_id, host=host, **_reached(network))


def found(
    *,
    profile: str | None,
    token: Token | Ask | None,
    org_id: str | None,
    host: str | None,
    network: Network | None,
) -> Settings:
    """Take what was passed, and look for the rest in the environment and the user's profiles."""
    return Settings.found(
        profile=profile, token=token, org_id=org_id, host=host, **_reached(network)
    )


def assembled(
    settings: Settings,
    *,
    options: Options,
    limits: Limits | None,
    network: Network | None,
    hooks: Hooks | None,
    cache: str | PathLike[str] | None,
) -> Session:
    """Make the session of a client that is made outside this package just now.

    :raises ConfigError: when one of these is of another kind, or the cache cannot be used.
    """
    _check(limits, "limits", Limits, "a Limits, as Limits(concurrency=8)")
    _check(hooks, "hooks", Hooks, "a Hooks, as Hooks(request_ended=count)")
    _check(cache, "cache", (str, PathLike), "the path of a folder")
    log_as_asked(environment())
    return Session(
        settings=settings,
        options=options,
        limits=limits,
        network=_completed(network or Network(), settings),
        hooks=hooks,
        **_stores(cache),
        user_agent=f"threekit-async/{__version__}",
        made_at=place_of_caller(),
    )


def _check(value: object, name: str, kinds: type | tuple[type, ...], wanted: str) -> None:
    if value is not None:
        require(name, value, kinds, wanted)


class _Reached(TypedDict, total=False):
    proxy: str | None
    ca_file: str | Path | None


def _reached(network: Network | None) -> _Reached:
    """Name what else may be set by the environment or a profile."""
    _check(network, "network", Network, 'a Network, as Network(proxy="http://host:port")')
    return {"proxy": network.proxy, "ca_file": network.ca_file} if network else {}


def _completed(network: Network, settings: Settings) -> Network:
    if network.http_session is not None:
        return network
    ca_file = None if network.ssl_context is not None else settings.ca_file
    try:
        return evolve(network, proxy=settings.proxy, ca_file=ca_file)
    except ConfigError as error:
        # A traceback may show a frame's values: below here, the proxy and its password.
        raise error.with_traceback(None) from None


class _Stores(TypedDict, total=False):
    cache: Cache
    files: FileStore


def _stores(folder: str | PathLike[str] | None) -> _Stores:
    if folder is None or folder == "":  # blank is not set, and never the working directory
        return {}
    from .session.keeping.cache import Cache
    from .transfer.kept import Kept

    cache = Cache(folder)
    return {"cache": cache, "files": Kept(folder=cache.folder / "files")}
