"""Which destination an address means, and which addresses are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from threekit_async.errors import ConfigError, UsageError
from threekit_async.transfer.destinations.chosen import is_remote, remote_of
from threekit_async.transfer.destinations.filesystems import FilesystemRemote
from threekit_async.transfer.destinations.objects import BucketRemote

ADDRESSES = [
    ("s3://bucket", "s3://bucket", ""),
    ("s3://bucket/", "s3://bucket", ""),
    ("s3://bucket/a/b", "s3://bucket/a/b", "a/b"),
    ("s3://bucket//a///b/", "s3://bucket/a/b", "a/b"),
    ("S3://bucket/a b#c%20", "s3://bucket/a b#c%20", "a b#c%20"),
    ("gs://bucket/a", "gs://bucket/a", "a"),
]


@pytest.mark.parametrize(("to", "address", "prefix"), ADDRESSES)
def test_a_bucket_is_read_from_its_address(
    no_cloud: None, to: str, address: str, prefix: str
) -> None:
    remote = remote_of(to)
    assert isinstance(remote, BucketRemote)
    assert (remote.address, remote.prefix) == (address, prefix)


@pytest.mark.parametrize("to", ["memory://renders", "file:///tmp/renders", "dir::memory://x"])
def test_everything_else_is_left_to_fsspec(to: str) -> None:
    remote = remote_of(to)
    assert isinstance(remote, FilesystemRemote)
    assert remote.address == to


@pytest.mark.parametrize(
    ("to", "remote"),
    [
        ("renders", False),
        ("/srv/renders", False),
        ("C:\\renders", False),
        ("C:/renders", False),
        ("a::b", False),
        ("s3:/bucket", False),
        ("s3://bucket", True),
        ("dir::memory://x", True),
    ],
)
def test_a_path_is_no_address(to: str, remote: bool) -> None:
    assert is_remote(to) is remote


@pytest.mark.parametrize(
    "to",
    [
        "s3://AKIA:SECRET@bucket/renders",
        "s3://AKIA:SEC/RET@bucket/renders",
        "s3://SECRET@bucket",
        "s3://bucket/renders?secret_key=SECRET",
        "az://container/renders?sv=1&sig=SECRET",
        "gs://user:SECRET@bucket",
        "sftp://user:SECRET@host/renders",
        "sftp://user:SEC/RET@host/renders",
        "simplecache::sftp://user:SECRET@host/renders",
        "https://host/renders?sig=SECRET",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(to: str) -> None:
    with pytest.raises(UsageError, match="neither credentials nor a query") as raised:
        remote_of(to)
    assert "SEC" not in str(raised.value)
    assert "RET" not in str(raised.value)


@pytest.mark.parametrize(
    "to", ["s3://", "s3:///renders", "s3://bucket/../other", "s3://bucket/./a"]
)
def test_an_address_must_name_a_bucket(to: str) -> None:
    with pytest.raises(UsageError, match="must name a bucket"):
        remote_of(to)


@pytest.mark.parametrize(
    ("to", "package", "extra"),
    [("s3://bucket", "obstore", "cloud"), ("memory://renders", "fsspec", "fsspec")],
)
def test_a_missing_package_is_named_by_its_extra(
    monkeypatch: pytest.MonkeyPatch, to: str, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=rf"Install threekit-async\[{extra}\]"):
        remote_of(to)


def test_choosing_loads_no_package_that_is_not_needed() -> None:
    code = (
        "import sys\n"
        "import threekit_async.transfer.destinations.chosen\n"
        "import threekit_async.transfer.destinations.objects\n"
        "import threekit_async.transfer.destinations.filesystems\n"
        "sys.exit(' '.join({'obstore', 'fsspec'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
