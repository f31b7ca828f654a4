"""Many files at once: what ends up on disk, and what the report says; in both worlds."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from threekit_async import (
    BulkError,
    DecodeError,
    DownloadError,
    IntegrityError,
    Layer,
    NotFoundError,
    Progress,
    TransportError,
    UnsafeNameError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread

CONTENT = "/content$"
SIZE = 20_000


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """12 layers, each with a file of its own."""
    server.fill(layers=12, file_bytes=SIZE)
    return server


async def listed(tk: Any, server: EmulatorThread) -> list[Layer]:
    layers: list[Layer] = await tk.layers.list().all()
    server.clear_journal()
    return layers


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def contents_asked(server: EmulatorThread) -> int:
    return sum(entry.path.endswith("/content") for entry in server.journal())


async def test_every_file_arrives_whole_under_its_name(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    report = await tk.layers.download_all(tk.layers.list(), to=tmp_path, verify=True)
    assert (report.downloaded, report.skipped, report.failed) == (12, 0, 0)
    assert report.size == 12 * SIZE
    layers = await listed(tk, filled)
    assert names(tmp_path) == sorted(f"{layer.id}.bin" for layer in layers)
    for layer in layers:
        record = await tk.files.get(layer.file_id)
        content = (tmp_path / f"{layer.id}.bin").read_bytes()
        assert record.hash == f"sha256-{hashlib.sha256(content).hexdigest()}"


@pytest.mark.parametrize("verify", [True, False])
async def test_running_again_fetches_nothing(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, verify: bool
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    await tk.layers.download_all(layers, to=tmp_path, verify=verify)
    filled.clear_journal()
    again = await tk.layers.download_all(layers, to=tmp_path, verify=verify)
    assert (again.downloaded, again.skipped, again.size) == (0, 12, 0)
    assert contents_asked(filled) == 0


@pytest.mark.parametrize("damage", [b"x" * SIZE, b"short", b""])
async def test_running_again_with_verify_fetches_what_was_damaged(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, damage: bytes
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    await tk.layers.download_all(layers, to=tmp_path, verify=True)
    victim = tmp_path / f"{layers[3].id}.bin"
    right = victim.read_bytes()
    victim.write_bytes(damage)
    again = await tk.layers.download_all(layers, to=tmp_path, verify=True)
    assert (again.downloaded, again.skipped) == (1, 11)
    assert victim.read_bytes() == right


@pytest.mark.parametrize("kept", [0, 7, SIZE - 1])
async def test_a_wrong_length_is_an_integrity_error_and_leaves_nothing(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, kept: int
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:1]
    filled.faults.add(effect="wrong_length", bytes=kept, path=CONTENT)
    report = await tk.layers.download_all(layers, to=tmp_path, verify=True)
    [failure] = report.failures
    assert isinstance(failure.error, IntegrityError)
    assert f"{kept} bytes were received, and the file record says {SIZE}" in str(failure.error)
    assert names(tmp_path) == []


async def test_wrong_bytes_of_the_right_length_are_an_integrity_error(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    one, other = (await listed(tk, filled))[:2]
    # The same bytes under another record: as long, and not what was promised.
    record = {
        "id": one.file_id,
        "size": SIZE,
        "hash": (await tk.files.get(other.file_id)).hash,
        "extension": "bin",
    }
    filled.faults.add(effect="body", body=record, path=f"/api/files/{one.file_id}$")
    report = await tk.layers.download_all([one], to=tmp_path, verify=True)
    assert isinstance(report.failures[0].error, IntegrityError)
    assert "sha256" in str(report.failures[0].error)
    assert names(tmp_path) == []


async def test_an_answer_cut_off_is_fetched_again(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:1]
    filled.faults.add(effect="truncate", bytes=SIZE // 2, path=CONTENT, times=2)
    report = await tk.layers.download_all(layers, to=tmp_path, verify=True)
    assert (report.downloaded, report.failed) == (1, 0)
    assert (tmp_path / f"{layers[0].id}.bin").stat().st_size == SIZE
    assert contents_asked(filled) == 3


async def test_an_answer_cut_off_each_time_fails_and_leaves_nothing(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:1]
    filled.faults.add(effect="truncate", bytes=SIZE // 2, path=CONTENT)
    report = await tk.layers.download_all(layers, to=tmp_path)
    assert isinstance(report.failures[0].error, TransportError)
    assert names(tmp_path) == []
    assert contents_asked(filled) == 3


async def test_a_file_that_fails_does_not_stop_the_others(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    gone = layers[4]
    filled.faults.add(effect="status", status=404, path=f"{gone.file_id}{CONTENT}")
    report = await tk.layers.download_all(layers, to=tmp_path, concurrency=2)
    assert (report.downloaded, report.failed, report.files) == (11, 1, 12)
    [failure] = report.failures
    assert (failure.id, failure.file_id, failure.path) == (gone.id, gone.file_id, None)
    assert isinstance(failure.error, NotFoundError)
    assert f"{gone.id}.bin" not in names(tmp_path)
    filled.faults.clear()
    again = await tk.layers.download_all(layers, to=tmp_path)
    assert (again.downloaded, again.skipped, again.failed) == (1, 11, 0)


async def test_failures_can_be_raised_and_caught_by_class(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    filled.faults.add(effect="status", status=404, path=f"{layers[0].file_id}{CONTENT}")
    report = await tk.layers.download_all([*layers, Layer(id="bare")], to=tmp_path)
    caught: dict[str, int] = {}
    try:
        report.raise_for_failures()
    except* NotFoundError as group:
        caught["not found"] = len(group.exceptions)
    except* DownloadError as group:
        caught["download"] = len(group.exceptions)
    assert caught == {"not found": 1, "download": 1}
    with pytest.raises(BulkError, match="2 of 13 files failed; the others are on disk"):
        report.raise_for_failures()


async def test_a_layer_without_a_file_is_a_failure_that_says_so(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    report = await connect(server).layers.download_all([Layer(id="bare")], to=tmp_path)
    assert "Layer bare has no file" in str(report.failures[0].error)
    assert server.journal() == []


async def test_the_same_layer_twice_is_fetched_once(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:1]
    report = await tk.layers.download_all(layers * 5, to=tmp_path)
    assert (report.downloaded, report.skipped, report.failed) == (1, 4, 0)
    assert contents_asked(filled) == 1


async def test_two_layers_that_would_share_a_name_do_not(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:3]
    report = await tk.layers.download_all(layers, to=tmp_path, name="{branch}.{ext}")
    assert (report.downloaded, report.failed) == (1, 2)
    assert all(isinstance(failure.error, UnsafeNameError) for failure in report.failures)
    assert "Put {id} into the name template" in str(report.failures[0].error)
    assert names(tmp_path) == ["published.bin"]


async def test_ids_that_are_cleaned_to_the_same_name_are_told_apart(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    one, other = (await listed(tk, filled))[:2]
    pair = [Layer(id="a/b", file_id=one.file_id), Layer(id="a_b", file_id=other.file_id)]
    report = await tk.layers.download_all(pair, to=tmp_path, name="{id}")
    assert report.skipped == 0


@pytest.mark.parametrize("verify", [True, False])
async def test_a_folder_under_the_final_name_is_a_download_error(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, verify: bool
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:1]
    (tmp_path / layers[0].id).mkdir()
    report = await tk.layers.download_all(layers, to=tmp_path, name="{id}", verify=verify)
    assert isinstance(report.failures[0].error, DownloadError)


def failing(layers: list[Layer]) -> Iterator[Layer]:
    yield from layers
    raise LookupError("the list ended badly")


async def test_a_listing_that_fails_in_the_middle_keeps_what_was_finished(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=250, file_bytes=10)
    tk = connect(server)
    server.faults.add(effect="malformed_json", path="^/api/layers$", after=1)
    with pytest.raises(DecodeError) as failed:
        await tk.layers.download_all(tk.layers.list(concurrency=1), to=tmp_path, name="{id}")
    assert "Before that: 100 files: 100 downloaded" in failed.value.__notes__[-1]
    assert len(names(tmp_path)) == 100


async def test_an_iterable_that_fails_keeps_what_came_before_it(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:5]
    with pytest.raises(LookupError, match="ended badly"):
        await tk.layers.download_all(failing(layers), to=tmp_path, name="{id}")
    assert names(tmp_path) == sorted(layer.id for layer in layers)


@pytest.mark.parametrize("below", ["", "inside"])
async def test_a_target_that_cannot_be_a_folder_is_refused_before_the_first_request(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_bytes(b"")
    tk = connect(filled)
    filled.clear_journal()
    with pytest.raises(DownloadError, match="Choose another folder"):
        await tk.layers.download_all(tk.layers.list(), to=tmp_path / "file" / below)
    assert filled.journal() == []


@pytest.mark.parametrize("wrong", [{"name": "{colour}"}, {"name": "../{id}"}, {"concurrency": 0}])
async def test_a_wrong_call_is_refused_before_the_first_request(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    tk = connect(filled)
    with pytest.raises(UsageError):
        await tk.layers.download_all(tk.layers.list(), to=tmp_path, **wrong)
    assert filled.journal() == []


async def test_progress_is_told_once_for_each_file(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = [*(await listed(tk, filled)), Layer(id="bare")]
    seen: list[Progress] = []
    report = await tk.layers.download_all(layers, to=tmp_path, progress=seen.append)
    assert [progress.files for progress in seen] == list(range(1, 14))
    assert {progress.result.id for progress in seen} == {layer.id for layer in layers}
    assert (seen[-1].downloaded, seen[-1].failed) == (12, 1)
    assert seen[-1].size == report.size == 12 * SIZE


async def test_no_more_files_are_in_flight_than_allowed(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    filled.faults.add(effect="delay", seconds=0.02, path=CONTENT)
    await tk.layers.download_all(layers, to=tmp_path, name="{id}", concurrency=3)
    assert filled.peak_in_flight() == 3


async def test_the_report_is_one_readable_line(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    (tmp_path / layers[0].id).write_bytes(b"here")
    report = await tk.layers.download_all([*layers, Layer(id="bare")], to=tmp_path, name="{id}")
    counted = "13 files: 11 downloaded (220,000 bytes), 1 skipped, 1 failed, in "
    assert str(report).startswith(counted)
    assert report.seconds > 0


async def test_results_come_as_files_end(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    results = [result async for result in tk.layers.iter_downloads(layers, to=tmp_path)]
    assert {result.id for result in results} == {layer.id for layer in layers}
    assert all(result.path.stat().st_size == result.size == SIZE for result in results)
    assert {result.status for result in results} == {"downloaded"}


async def test_leaving_the_results_early_leaves_no_unfinished_file(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=40, file_bytes=2_000_000)
    tk = connect(server)
    results = tk.layers.iter_downloads(tk.layers.list(), to=tmp_path, name="{id}", concurrency=8)
    async with contextlib.aclosing(results):
        async for _ in results:
            break
    found = names(tmp_path)
    assert 1 <= len(found) < 40
    assert not [name for name in found if name.endswith(".part")]
    assert "<Gate 0 of 32 in flight>" in repr(tk)


async def test_one_layer_can_be_downloaded_by_itself_or_by_its_id(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layer = (await listed(tk, filled))[0]
    by_record = await tk.layers.download(layer, to=tmp_path / "a", verify=True)
    by_id = await tk.layers.download(layer.id, to=tmp_path / "b", name="{asset_id}/{id}.{ext}")
    assert by_record.path.read_bytes() == by_id.path.read_bytes()
    assert by_id.path == tmp_path / "b" / str(layer.asset_id) / f"{layer.id}.bin"
    with pytest.raises(DownloadError, match="has no file"):
        await tk.layers.download(Layer(id="bare"), to=tmp_path)
