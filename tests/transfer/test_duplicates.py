"""Many layers, one file: fetched once, and right under every name; in both worlds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.transfer.folders import files_in, manifest_of
from threekit_async import Layer, NotFoundError
from threekit_async.emulator import EmulatorThread
from threekit_async.transfer.cleaning import MANIFEST_NAME

CHAIR, LAMP = "33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444"
TWIN = "55555555-5555-4555-8555-555555555555"
BYTES = {CHAIR: b"chair" * 20_000, LAMP: b"lamp" * 20_000, TWIN: b"chair" * 20_000}
CONTENT = "/content$"
HOW = pytest.mark.parametrize("duplicates", ["copy", "link"])


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """A chair, a lamp, and another file with the bytes of the chair."""
    server.seed(files=[{"id": id_, "content": content} for id_, content in BYTES.items()])
    return server


def layers_of(file_id: str, *, count: int = 8) -> list[Layer]:
    return [Layer(id=f"{file_id[:2]}-{number}", file_id=file_id) for number in range(count)]


def contents_asked(server: EmulatorThread) -> int:
    return sum(entry.path.endswith("/content") for entry in server.journal())


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


async def download(tk: Any, layers: list[Layer], folder: Path, **how: Any) -> Any:
    return await tk.layers.download_all(layers, to=folder, **{"name": "{id}", **how})


@HOW
@pytest.mark.parametrize("concurrency", [1, 3, 32])
async def test_a_file_that_many_layers_share_is_fetched_once(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, concurrency: int, duplicates: str
) -> None:
    layers = layers_of(CHAIR) + layers_of(LAMP)
    report = await download(
        connect(filled), layers, tmp_path, concurrency=concurrency, duplicates=duplicates
    )
    assert (report.downloaded, report.copied, report.failed) == (2, 14, 0)
    assert contents_asked(filled) == 2
    assert report.size == len(BYTES[CHAIR]) + len(BYTES[LAMP])
    assert bytes_in(tmp_path) == {layer.id: BYTES[layer.file_id or ""] for layer in layers}


async def test_copies_are_files_of_their_own_and_links_are_not(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk, layers = connect(filled), layers_of(CHAIR)
    for duplicates, files in (("copy", 8), ("link", 1)):
        folder = tmp_path / duplicates
        await download(tk, layers, folder, duplicates=duplicates)
        assert len({(folder / layer.id).stat().st_ino for layer in layers}) == files


@HOW
async def test_a_later_run_copies_what_an_earlier_one_has_fetched(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, duplicates: str
) -> None:
    tk, layers = connect(filled), layers_of(CHAIR)
    await download(tk, layers[:1], tmp_path)
    report = await download(tk, layers, tmp_path, duplicates=duplicates)
    assert (report.skipped, report.copied, contents_asked(filled)) == (1, 7, 1)
    filled.clear_journal()
    again = await download(tk, layers, tmp_path, duplicates=duplicates)
    assert (again.skipped, filled.journal()) == (8, [])


@HOW
async def test_other_file_ids_with_the_same_hash_are_fetched_once_when_records_are_read(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, duplicates: str
) -> None:
    layers = [*layers_of(CHAIR, count=2), *layers_of(TWIN, count=2)]
    report = await download(
        connect(filled), layers, tmp_path, verify=True, concurrency=1, duplicates=duplicates
    )
    assert (report.downloaded, report.copied, contents_asked(filled)) == (1, 3, 1)
    assert set(bytes_in(tmp_path).values()) == {BYTES[CHAIR]}


@HOW
@pytest.mark.parametrize("damage", [BYTES[CHAIR][::-1], b"short", None])
async def test_a_source_that_was_changed_since_is_not_spread(
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    duplicates: str,
    damage: bytes | None,
) -> None:
    tk, layers = connect(filled), layers_of(CHAIR, count=3)
    await download(tk, layers[:1], tmp_path)
    source = tmp_path / layers[0].id
    source.unlink() if damage is None else source.write_bytes(damage)
    report = await download(tk, layers[1:], tmp_path, duplicates=duplicates, concurrency=1)
    assert (report.downloaded, report.copied, report.failed) == (1, 1, 0)
    assert {(tmp_path / layer.id).read_bytes() for layer in layers[1:]} == {BYTES[CHAIR]}


async def test_a_damaged_link_costs_one_fetch_and_mends_all(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk, layers = connect(filled), layers_of(CHAIR)
    await download(tk, layers, tmp_path, duplicates="link")
    (tmp_path / layers[3].id).write_bytes(b"painted over")
    filled.clear_journal()
    report = await download(tk, layers, tmp_path, duplicates="link")
    assert (report.downloaded, report.copied, contents_asked(filled)) == (1, 7, 1)
    assert set(bytes_in(tmp_path).values()) == {BYTES[CHAIR]}


async def test_the_others_wait_for_the_first_and_try_themselves_when_it_fails(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    filled.faults.add(effect="status", status=404, path=CONTENT, times=2)
    report = await download(connect(filled), layers_of(CHAIR), tmp_path)
    assert (report.downloaded, report.copied, report.failed) == (1, 5, 2)
    assert all(isinstance(failure.error, NotFoundError) for failure in report.failures)
    assert contents_asked(filled) == 3
    assert set(bytes_in(tmp_path).values()) == {BYTES[CHAIR]}


@HOW
async def test_a_copy_stands_in_the_manifest_as_any_other_file(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, duplicates: str
) -> None:
    layers = layers_of(CHAIR, count=3)
    await download(connect(filled), layers, tmp_path, duplicates=duplicates)
    entries = [line for line in manifest_of(tmp_path) if "id" in line]
    assert {entry["id"] for entry in entries} == {layer.id for layer in layers}
    assert len({(entry["sha256"], entry["size"], entry["file_id"]) for entry in entries}) == 1
    for entry in entries:
        assert entry["modified"] == (tmp_path / entry["name"]).stat().st_mtime_ns


async def test_without_a_manifest_a_file_is_fetched_once_a_run(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk, layers = connect(filled), layers_of(CHAIR)
    first = await download(tk, layers[:4], tmp_path, manifest=False)
    second = await download(tk, layers, tmp_path, manifest=False)
    assert (first.downloaded, first.copied) == (1, 3)
    # What was there is taken for finished, and nobody has read it.
    assert (second.skipped, second.downloaded, second.copied) == (4, 1, 3)
    assert not (tmp_path / MANIFEST_NAME).exists()
    assert set(bytes_in(tmp_path).values()) == {BYTES[CHAIR]}


async def test_layers_of_one_file_may_share_its_name(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    report = await download(connect(filled), layers_of(CHAIR), tmp_path, name="{file_id}")
    assert (report.downloaded, report.skipped, report.failed) == (1, 7, 0)
    assert files_in(tmp_path) == [CHAIR]


@pytest.mark.parametrize("told", ["png", None])
async def test_layers_that_share_a_name_are_all_remembered_by_it(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, told: str | None
) -> None:
    tk = connect(filled)
    layers = [
        Layer(id=layer.id, file_id=layer.file_id, format=told)
        for layer in layers_of(CHAIR) + layers_of(LAMP)
    ]
    first = await download(tk, layers, tmp_path, name="{file_id}.{ext}")
    assert (first.downloaded, first.skipped, contents_asked(filled)) == (2, 14, 2)
    filled.clear_journal()
    again = await download(tk, layers, tmp_path, name="{file_id}.{ext}")
    assert (again.skipped, again.failed, filled.journal()) == (16, 0, [])


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("name", ["{id}.{ext}", "{sku}.{ext}"])
@pytest.mark.parametrize(
    "how", [{}, {"concurrency": 1}, {"verify": True}, {"manifest": False}], ids=str
)
async def test_a_layer_that_is_in_the_list_three_times_is_fetched_once(
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    *,
    name: str,
    hashed: bool,
    how: dict[str, Any],
) -> None:
    if not hashed:
        record = {"id": CHAIR, "size": len(BYTES[CHAIR]), "extension": "png"}
        filled.faults.add(effect="body", body=record, path=f"{CHAIR}$")
    layer = Layer(id="chair", file_id=CHAIR, metadata={"sku": "CH-1"})
    report = await download(connect(filled), [layer] * 3, tmp_path, name=name, **how)
    assert (report.downloaded, report.skipped, report.failed) == (1, 2, 0)
    assert contents_asked(filled) == 1
    assert list(bytes_in(tmp_path).values()) == [BYTES[CHAIR]]


@HOW
async def test_the_results_say_whose_bytes_they_have(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, duplicates: str
) -> None:
    layers = layers_of(CHAIR, count=3)
    results = connect(filled).layers.iter_downloads(
        layers, to=tmp_path, name="{id}", duplicates=duplicates
    )
    found = {result.id: result async for result in results}
    assert sorted(result.status for result in found.values()) == ["copied", "copied", "downloaded"]
    assert {result.size for result in found.values()} == {len(BYTES[CHAIR])}
    assert len({result.sha256 for result in found.values()}) == 1
    for result in found.values():
        assert (result.name, result.path) == (result.id, tmp_path / result.id)
