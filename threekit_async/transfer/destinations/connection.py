"""Connections to object stores, made from the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from ...errors import ConfigError
from .addresses import BUCKETS, Bucket
from .object_errors import gist

if TYPE_CHECKING:
    from obstore.store import BackoffConfig, ClientConfig, ObjectStore, RetryConfig

__all__ = ("connected",)

# Options of the connection itself, which obstore takes from the environment only when it is
# given none.
_CONNECTION = (
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "proxy_ca_certificate",
    "proxy_excludes",
    "proxy_url",
    "read_timeout",
    "root_certificate",
    "timeout",
    "user_agent",
)


def connected(bucket: Bucket) -> ObjectStore:
    """Connect to a bucket with the credentials of the environment; nothing is sent yet.

    A store that does not answer is given up within about 20 seconds: four attempts of four seconds
    to connect. Three minutes are allowed for the request of one part of 8 MiB.

    :raises ConfigError: when obstore is not installed, or the environment is not enough.
    """
    try:
        from obstore import store
        from obstore.exceptions import BaseError
    except ImportError:
        raise ConfigError(
            f"{bucket} needs obstore, which is not installed. "
            "Install threekit-async[cloud] and run again."
        ) from None
    how: Any = {"client_options": _connection(bucket.scheme), "retry_config": _retries()}
    try:
        if bucket.scheme == "s3":
            return store.S3Store(bucket.name, **how)
        if bucket.scheme == "gs":
            return store.GCSStore(bucket.name, **how)
        return store.AzureStore(bucket.name, **how)
    except (BaseError, ValueError) as error:
        raise ConfigError(
            f"{bucket} cannot be reached with what the environment holds: {gist(error)}. "
            "Set the account and credentials there, as obstore reads them."
        ) from None


def _connection(scheme: str) -> ClientConfig:
    begin = BUCKETS[scheme]
    own: dict[str, Any] = {"connect_timeout": "4s", "timeout": "180s"}
    for option in _CONNECTION:
        if value := os.environ.get(f"{begin}_{option.upper()}"):
            own[option] = value
    return cast("ClientConfig", own)


def _retries() -> RetryConfig:
    waits: BackoffConfig = {
        "init_backoff": timedelta(seconds=0.2),
        "max_backoff": timedelta(seconds=2),
    }
    return {"max_retries": 3, "retry_timeout": timedelta(seconds=60), "backoff": waits}
