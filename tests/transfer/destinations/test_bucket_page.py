"""The how-to page about buckets does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_how_to import programs, run
from tests.transfer.destinations.buckets import Bucket
from threekit_async.emulator import EmulatorThread

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "download-into-a-bucket.md"


def test_the_program_fills_the_bucket(
    demo_server: EmulatorThread,
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    [code] = programs(PAGE)
    for shown, tried in {
        "s3://shop-renders/": f"s3://{bucket.name}/",
        'tk.layers.list(branch="published")': "tk.layers.list(per_page=25).first().items",
    }.items():
        assert shown in code
        code = code.replace(shown, tried)
    run(demo_server, code, tmp_path, monkeypatch)
    keys = bucket.keys()
    assert len(keys) == 25
    assert all(key.startswith("spring/") for key in keys)
    run(demo_server, code, tmp_path, monkeypatch)
    assert "25 skipped" in capsys.readouterr().out
    assert bucket.keys() == keys
    assert [entry.path for entry in demo_server.journal()] == ["/api/layers"]
