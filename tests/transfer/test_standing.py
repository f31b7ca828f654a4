"""What is there already: kept when it is right, replaced when it is ours, refused when not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.transfer.folders import files_in
from threekit_async import Layer, UnsafeNameError
from threekit_async.emulator import EmulatorThread
from threekit_async.transfer.cleaning import MANIFEST_NAME
from threekit_async.transfer.destinations.place import Arrived
from threekit_async.transfer.destinations.receiving import Receiving
from threekit_async.transfer.manifest import Manifest

CHAIR, LAMP = "33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444"
BYTES = {CHAIR: b"chair" * 20_000, LAMP: b"lamp!" * 20_000}
Damage = Callable[[Path], object]
FOREIGN = pytest.mark.parametrize("foreign", [b"short", BYTES[CHAIR][::-1], b""])


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    """A chair and a lamp, of the same length."""
    server.seed(
        files=[
            {"id": id_, "filename": "picture.png", "content": content}
            for id_, content in BYTES.items()
        ]
    )
    return server


def of_sku(file_id: str = CHAIR, *, id: str = "layer", sku: str = "CH-1") -> Layer:  # noqa: A002
    """A layer whose name does not tell its id."""
    return Layer(id=id, file_id=file_id, format="png", metadata={"sku": sku})


async def download(tk: Any, *layers: Layer, to: Path, **how: Any) -> Any:
    return await tk.layers.download_all(layers, **{"to": to, "name": "{sku}.{ext}", **how})


def asked(server: EmulatorThread) -> dict[str, int]:
    """How many records and contents were asked for since the last look."""
    paths = [entry.path for entry in server.journal()]
    server.clear_journal()
    contents = sum(path.endswith("/content") for path in paths)
    return {"records": len(paths) - contents, "contents": contents}


def cut(path: Path) -> None:
    os.truncate(path, 70_000)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def rewritten(path: Path) -> None:
    path.write_bytes(BYTES[CHAIR][::-1])
    os.utime(path, ns=(7, 7))


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("damage", [cut, emptied, rewritten])
async def test_a_file_of_ours_under_a_name_without_an_id_is_repaired(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, damage: Damage, verify: bool
) -> None:
    tk = connect(filled)
    await download(tk, of_sku(), to=tmp_path)
    damage(tmp_path / "CH-1.png")
    for downloaded in (1, 0):
        report = await download(tk, of_sku(), to=tmp_path, verify=verify)
        assert (report.downloaded, report.failed) == (downloaded, 0)
        assert (tmp_path / "CH-1.png").read_bytes() == BYTES[CHAIR]


async def test_a_layer_that_was_rendered_again_replaces_its_own_file(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    await download(tk, of_sku(CHAIR), to=tmp_path)
    for downloaded in (1, 0):
        report = await download(tk, of_sku(LAMP), to=tmp_path)
        assert (report.downloaded, report.failed) == (downloaded, 0)
        assert files_in(tmp_path) == ["CH-1.png"]
        assert (tmp_path / "CH-1.png").read_bytes() == BYTES[LAMP]


@FOREIGN
@pytest.mark.parametrize("how", [{}, {"verify": True}, {"manifest": False}])
async def test_a_file_of_somebody_else_is_refused_and_left_as_it_is(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, foreign: bytes, how: dict[str, Any]
) -> None:
    (tmp_path / "CH-1.png").write_bytes(foreign)
    report = await download(connect(filled), of_sku(), to=tmp_path, **how)
    [failure] = report.failures
    assert isinstance(failure.error, UnsafeNameError)
    assert "is there and is another file" in str(failure.error)
    assert (tmp_path / "CH-1.png").read_bytes() == foreign
    assert asked(filled)["contents"] == 0


@pytest.mark.parametrize("size", [0, 700_000])
async def test_a_file_that_appears_while_ours_is_fetched_is_left_as_it_is(
    connect: Connect,
    server: EmulatorThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    server.seed(files=[{"id": CHAIR, "filename": "picture.png", "content": b"c" * size}])
    complete = Receiving.complete

    async def late(receiving: Receiving) -> Arrived:
        Path(receiving.final).write_bytes(b"precious")
        return await complete(receiving)

    monkeypatch.setattr(Receiving, "complete", late)
    report = await download(connect(server), of_sku(), to=tmp_path)
    assert isinstance(report.failures[0].error, UnsafeNameError)
    assert (tmp_path / "CH-1.png").read_bytes() == b"precious"
    assert files_in(tmp_path) == ["CH-1.png"]


async def test_the_file_of_another_layer_is_refused_and_left_as_it_is(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(filled)
    await download(tk, of_sku(CHAIR), to=tmp_path)
    report = await download(tk, of_sku(LAMP, id="another"), to=tmp_path)
    assert isinstance(report.failures[0].error, UnsafeNameError)
    assert (tmp_path / "CH-1.png").read_bytes() == BYTES[CHAIR]
    again = await download(tk, of_sku(CHAIR), to=tmp_path)
    assert again.skipped == 1


async def test_a_right_file_that_nobody_remembers_is_kept(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    (tmp_path / "CH-1.png").write_bytes(BYTES[CHAIR])
    tk = connect(filled)
    for records in (1, 0):
        assert (await download(tk, of_sku(), to=tmp_path)).skipped == 1
        assert asked(filled) == {"records": records, "contents": 0}


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Manifest]:
    """Another run has the manifest."""
    manifest = Manifest.opened(tmp_path / MANIFEST_NAME)
    yield manifest
    manifest.close()


@pytest.mark.parametrize("name", ["{id}.{ext}", "{sku}.{ext}"])
@pytest.mark.usefixtures("busy")
async def test_while_another_run_has_the_manifest_what_is_there_is_compared_with_its_record(
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / ("layer.png" if name == "{id}.{ext}" else "CH-1.png")).write_bytes(BYTES[CHAIR])
    report = await download(connect(filled), of_sku(), to=tmp_path, name=name)
    assert (report.skipped, report.failed) == (1, 0)
    assert asked(filled) == {"records": 1, "contents": 0}
    assert "is in use by another run" in caplog.text


@FOREIGN
@pytest.mark.usefixtures("busy")
async def test_while_another_run_has_the_manifest_what_is_wrong_is_not_believed(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, foreign: bytes
) -> None:
    tk = connect(filled)
    (tmp_path / "layer.png").write_bytes(foreign)
    report = await download(tk, of_sku(), to=tmp_path, name="{id}.{ext}")
    assert (report.downloaded, report.failed) == (1, 0)
    assert asked(filled) == {"records": 1, "contents": 1}
    assert (tmp_path / "layer.png").read_bytes() == BYTES[CHAIR]
    (tmp_path / "CH-1.png").write_bytes(foreign)
    report = await download(tk, of_sku(), to=tmp_path)
    assert isinstance(report.failures[0].error, UnsafeNameError)
    assert (tmp_path / "CH-1.png").read_bytes() == foreign
