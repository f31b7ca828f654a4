"""Destinations of every kind, empty, for each test."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from obstore.store import MemoryStore

from tests.transfer.destinations.buckets import Bucket
from threekit_async.transfer.destinations.base import Remote
from threekit_async.transfer.destinations.chosen import remote_of
from threekit_async.transfer.destinations.objects import BucketRemote

KINDS = ["s3", "obstore memory", "memory://", "file://", "dir::file://"]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Serve S3 in this process; returns the endpoint."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the accounts and proxies of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def bucket(s3_server: str, no_cloud: None, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Make an empty bucket, and an environment that leads there."""
    found = Bucket(endpoint=s3_server, name=f"renders-{uuid.uuid4()}")
    monkeypatch.setenv("AWS_ENDPOINT", s3_server)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHEKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the/secret+key")
    found.make()
    return found


@pytest.fixture(params=KINDS)
async def remote(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Remote]:
    """Make an empty destination of each kind."""
    made: dict[str, Callable[[], Remote]] = {
        "s3": lambda: remote_of(f"s3://{request.getfixturevalue('bucket').name}/some/prefix"),
        "obstore memory": lambda: in_store(MemoryStore()),
        "memory://": lambda: remote_of(f"memory://{uuid.uuid4()}"),
        "file://": lambda: remote_of(f"file://{tmp_path}/renders"),
        "dir::file://": lambda: remote_of(f"dir::file://{tmp_path}/renders"),
    }
    remote = made[request.param]()
    yield remote
    await remote.aclose()


def in_store(store: MemoryStore) -> BucketRemote:
    return BucketRemote(address="s3://somewhere/prefix", prefix="prefix", connection=store)
