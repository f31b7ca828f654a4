"""Many files at once: what ends up on disk, and what the report says; in both worlds."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.transfer.folders import files_in, finished_in, unfinished_in
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
from threekit_async.transfer.cleaning import MANIFEST_NAME

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
    assert files_in(tmp_path) == sorted(f"{layer.id}.bin" for layer in layers)
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
    assert files_in(tmp_path) == []


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
    assert files_in(tmp_path) == []


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
    assert files_in(tmp_path) == []
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
    assert f"{gone.id}.bin" not in files_in(tmp_path)
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
    with pytest.raises(BulkError, match="2 of 13 files failed, the others are finished; running"):
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
    assert files_in(tmp_path) == ["published.bin"]


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
    assert len(files_in(tmp_path)) == 100


async def test_an_iterable_that_fails_keeps_what_came_before_it(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:5]
    with pytest.raises(LookupError, match="ended badly"):
        await tk.layers.download_all(failing(layers), to=tmp_path, name="{id}")
    assert files_in(tmp_path) == sorted(layer.id for layer in layers)


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


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "{asset_di}"}, "a slip for {asset_id}"),
        ({"name": "../{id}"}, "must be a relative path"),
        ({"name": 5}, "name must be a template, as '{id}.{ext}', not int"),
        ({"concurrency": 0}, "concurrency must be at least 1"),
        ({"on_error": "give up"}, "on_error must be"),
        ({"duplicates": "forget"}, "duplicates must be"),
        ({"to": 7}, "to= must be a folder"),
        ({"progress": "x"}, "progress= must be a plain function"),
        ({"options": 5}, "options must be an Options"),
        ({"layers": None}, "Pass many layers"),
        ({"layers": Layer(id="one")}, r"use download\(\) for a single one"),
    ],
)
async def test_a_wrong_call_is_refused_before_the_first_request(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, wrong: dict[str, Any], says: str
) -> None:
    tk = connect(filled)
    with pytest.raises(UsageError, match=says):
        await tk.layers.download_all(**{"layers": tk.layers.list(), "to": tmp_path, **wrong})
    assert filled.journal() == []


@pytest.mark.parametrize("wrong", [None, 5, b"id", ["id"]])
async def test_what_is_no_layer_is_refused_before_the_first_request(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, wrong: Any
) -> None:
    tk = connect(filled)
    with pytest.raises(UsageError, match="Pass a layer, or its id, not"):
        await tk.layers.download(wrong, to=tmp_path)
    assert filled.journal() == []


class Unready:
    """An iterable that cannot begin."""

    def __iter__(self) -> Iterator[Layer]:
        raise TypeError("Not yet.")


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"layers": Unready()}])
async def test_after_a_wrong_call_the_folder_can_be_used(
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    wrong: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    with pytest.raises((UsageError, TypeError)) as refused:
        await tk.layers.download_all(**{"layers": layers, "to": tmp_path, **wrong})
    await tk.layers.download_all(layers, to=tmp_path)
    # Or it would be in use by another run, as long as anybody holds the error.
    assert caplog.messages == []
    assert refused.value.__traceback__ is not None


async def test_the_last_progress_tells_what_the_report_tells(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = [*(await listed(tk, filled)), Layer(id="bare")]
    seen: list[Progress] = []
    report = await tk.layers.download_all(layers, to=tmp_path, progress=seen.append)
    assert [progress.ended for progress in seen] == [False] * (len(seen) - 1) + [True]
    last = seen[-1]
    assert (last.downloaded, last.failed, last.files) == (12, 1, 13)
    assert last.received == report.size == 12 * SIZE


async def test_nothing_that_is_there_counts_as_received(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    await tk.layers.download_all(layers, to=tmp_path)
    seen: list[Progress] = []
    await tk.layers.download_all(layers, to=tmp_path, progress=seen.append)
    assert (seen[-1].skipped, seen[-1].received, seen[-1].ended) == (12, 0, True)


async def test_progress_goes_back_when_a_file_is_fetched_anew(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:1]
    filled.faults.add(effect="truncate", bytes=SIZE // 2, path=CONTENT, times=2)
    seen: list[Progress] = []
    await tk.layers.download_all(layers, to=tmp_path, progress=seen.append)
    assert seen[-1].received == SIZE


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
    await tk.layers.download_all(layers[:1], to=tmp_path, name="{id}")
    wanted = [*layers, Layer(id="bare")]
    report = await tk.layers.download_all(wanted, to=tmp_path, name="{id}")
    counted = "13 files: 11 downloaded, 1 skipped, 1 failed (220,000 bytes in "
    assert str(report).startswith(counted)
    assert report.seconds > 0


async def test_a_strangers_file_under_a_final_name_is_replaced(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:2]
    right = (await tk.layers.download(layers[0], to=tmp_path / "other", name="{id}")).path
    filled.clear_journal()
    (tmp_path / layers[0].id).write_bytes(right.read_bytes()[::-1])
    (tmp_path / layers[1].id).write_bytes(b"here")
    report = await tk.layers.download_all(layers, to=tmp_path, name="{id}")
    assert (report.downloaded, report.failed) == (2, 0)
    assert (tmp_path / layers[0].id).read_bytes() == right.read_bytes()


async def test_a_right_file_without_an_entry_costs_its_record_once_and_never_again(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    await tk.layers.download_all(layers, to=tmp_path, name="{id}")
    (tmp_path / MANIFEST_NAME).unlink()
    for asked in (12, 0):
        filled.clear_journal()
        again = await tk.layers.download_all(layers, to=tmp_path, name="{id}")
        assert (again.skipped, again.failed) == (12, 0)
        assert len(filled.journal()) == asked


async def test_without_a_manifest_what_has_its_final_name_is_finished(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    (tmp_path / layers[0].id).write_bytes(b"here")
    report = await tk.layers.download_all(layers, to=tmp_path, name="{id}", manifest=False)
    assert (report.downloaded, report.skipped) == (11, 1)
    assert (tmp_path / layers[0].id).read_bytes() == b"here"
    assert not (tmp_path / MANIFEST_NAME).exists()
    assert len(filled.journal()) == contents_asked(filled) == 11


async def test_a_manifest_elsewhere_is_remembered_there(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    folder, manifest = tmp_path / "files", tmp_path / "records" / "run.jsonl"
    for asked in (12, 0):
        filled.clear_journal()
        await tk.layers.download_all(layers, to=folder, name="{id}", manifest=manifest)
        assert len(filled.journal()) == asked
    assert manifest.stat().st_size > 0
    assert not (folder / MANIFEST_NAME).exists()


@pytest.mark.parametrize("damage", [b"x" * SIZE, b"short", b""])
async def test_running_again_notices_a_file_that_was_changed(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, damage: bytes
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    await tk.layers.download_all(layers, to=tmp_path)
    victim = tmp_path / f"{layers[3].id}.bin"
    right = victim.read_bytes()
    victim.write_bytes(damage)
    again = await tk.layers.download_all(layers, to=tmp_path)
    assert (again.downloaded, again.skipped) == (1, 11)
    assert victim.read_bytes() == right


async def test_a_file_that_was_only_touched_is_read_and_kept(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = (await listed(tk, filled))[:2]
    await tk.layers.download_all(layers, to=tmp_path, name="{id}")
    os.utime(tmp_path / layers[0].id, ns=(0, 0))
    filled.clear_journal()
    again = await tk.layers.download_all(layers, to=tmp_path, name="{id}")
    assert (again.skipped, filled.journal()) == (2, [])


async def test_another_template_gives_the_files_new_names_without_fetching_them(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    await tk.layers.download_all(layers, to=tmp_path, name="{id}")
    filled.clear_journal()
    again = await tk.layers.download_all(layers, to=tmp_path, name="{asset_id}/{id}")
    assert (again.copied, again.failed) == (12, 0)
    assert filled.journal() == []
    assert len(files_in(tmp_path)) == 24


async def test_a_name_from_metadata_and_configuration(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layer = Layer(
        id="chair",
        file_id=(await listed(tk, filled))[0].file_id,
        metadata={"sku": "CH-1"},
        asset_layer_configuration={"Color": "red"},
    )
    bare = Layer(id="bare", file_id=layer.file_id)
    report = await tk.layers.download_all([layer, bare], to=tmp_path, name="{sku}-{Color}")
    assert files_in(tmp_path) == ["CH-1-red"]
    [failure] = report.failures
    assert isinstance(failure.error, UnsafeNameError)
    assert "{sku}" in str(failure.error)
    assert len(filled.journal()) == 1


@pytest.mark.parametrize("confirm", [True, False])
async def test_a_listing_is_read_again_unless_that_is_not_wanted(
    connect: Connect, server: EmulatorThread, tmp_path: Path, confirm: bool
) -> None:
    server.fill(layers=250, file_bytes=10)
    tk = connect(server)
    listing = tk.layers.list(concurrency=1)
    report = await tk.layers.download_all(listing, to=tmp_path, name="{id}", confirm=confirm)
    pages = sum(entry.path == "/api/layers" for entry in server.journal())
    assert (report.downloaded, pages) == (250, 6 if confirm else 3)
    if confirm:
        assert report.walked.confirmed
        assert "no row that was there all the time is missing" in report.table()
    else:
        assert report.walked is None


async def test_stopping_at_the_first_failure_begins_no_more_files(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    filled.faults.add(effect="status", status=404, path=f"{layers[4].file_id}{CONTENT}")
    report = await tk.layers.download_all(
        layers, to=tmp_path, name="{id}", concurrency=1, on_error="stop"
    )
    assert (report.downloaded, report.failed, report.unfinished) == (4, 1, 0)
    assert isinstance(report.stopped, NotFoundError)
    assert contents_asked(filled) == 5
    assert "; stopped early, 0 unfinished: " in str(report)
    filled.faults.clear()
    again = await tk.layers.download_all(layers, to=tmp_path, name="{id}", on_error="stop")
    assert (again.skipped, again.downloaded, again.stopped) == (4, 8, None)


async def test_results_end_where_a_failure_stops_the_run(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = [*(await listed(tk, filled))[:3], Layer(id="bare"), Layer(id="never")]
    results = tk.layers.iter_downloads(layers, to=tmp_path, concurrency=1, on_error="stop")
    statuses = [result.status async for result in results]
    assert statuses == ["downloaded"] * 3 + ["failed"]


async def test_results_come_as_files_end(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    layers = await listed(tk, filled)
    results = [result async for result in tk.layers.iter_downloads(layers, to=tmp_path)]
    assert {result.id for result in results} == {layer.id for layer in layers}
    assert all(result.path.stat().st_size == result.size == SIZE for result in results)
    assert {result.status for result in results} == {"downloaded"}


async def test_leaving_the_results_early_leaves_nothing_that_cannot_be_continued(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    server.fill(layers=40, file_bytes=2_000_000)
    tk = connect(server)
    results = tk.layers.iter_downloads(tk.layers.list(), to=tmp_path, name="{id}", concurrency=8)
    async with contextlib.aclosing(results):
        async for _ in results:
            break
    # This server has no etags: an unfinished file could not be continued.
    assert unfinished_in(tmp_path) == []
    assert 1 <= len(finished_in(tmp_path)) < 40
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
