"""Files that go to a bucket, or where fsspec reaches, by a client of either world."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.conftest import Connect
from tests.transfer.destinations.buckets import Bucket
from threekit_async.emulator import EmulatorThread


async def test_files_fill_a_bucket_once(
    connect: Connect, server: EmulatorThread, bucket: Bucket
) -> None:
    server.fill(layers=30, file_bytes=700)
    tk, to = connect(server), f"s3://{bucket.name}/spring"
    for expected in ((30, 0), (0, 30)):
        report = await tk.layers.download_all(tk.layers.list(), to=to)
        assert (report.downloaded, report.skipped) == expected
    assert len(bucket.keys()) == 30


@pytest.mark.parametrize("kind", ["memory", "file"])
async def test_files_go_where_fsspec_reaches(
    connect: Connect, server: EmulatorThread, tmp_path: Path, kind: str
) -> None:
    server.fill(layers=3, file_bytes=700)
    to = f"memory://{uuid.uuid4()}" if kind == "memory" else f"file://{tmp_path}/renders"
    layers = connect(server).layers
    results = [result async for result in layers.iter_downloads(layers.list(), to=to)]
    assert [result.size for result in results if result.error is None] == [700] * 3
