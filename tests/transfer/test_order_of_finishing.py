"""What is on disk at the moment a file gets its final name: a run may be killed right after it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.conftest import Connect
from tests.transfer.folders import files_in, finished_in, manifest_of
from threekit_async import Layer, UnsafeNameError
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.transfer.destinations.place import Arrived
from threekit_async.transfer.destinations.receiving import Receiving
from threekit_async.transfer.partial import PartFile
from threekit_async.transfer.resume import Notes

T = TypeVar("T")

CHAIR = "33333333-3333-4333-8333-333333333333"
LAYER = Layer(id="layer", file_id=CHAIR, format="png", metadata={"sku": "CH-1"})
# One that is written in one go, and one that is noted while it comes.
SIZES = pytest.mark.parametrize("size", [400, 700_000])
# The first is given by renaming, the second by one more name that nobody has.
NAMES = pytest.mark.parametrize("name", ["{id}.{ext}", "{sku}.{ext}"])


@pytest.fixture
def server() -> Iterator[EmulatorThread]:
    """Serve files that can be continued: they are noted."""
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        yield server


def watched(
    folder: Path, patch: pytest.MonkeyPatch, look: Callable[[Path], T]
) -> list[tuple[str, T]]:
    """Look at a folder right before anything in it gets a name: which, and what is seen then."""
    seen: list[tuple[str, T]] = []

    def watch(function: str, real: Callable[..., None]) -> None:
        def looked(source: str, target: str, **how: Any) -> None:
            if Path(target).parent == folder:
                seen.append((Path(target).name, look(folder)))
            real(source, target, **how)

        patch.setattr(os, function, looked)

    watch("link", os.link)
    watch("replace", os.replace)
    return seen


def remembered(folder: Path) -> list[tuple[str, str]]:
    """What the manifest says is finished: names, and hashes of the bytes."""
    return [(line["name"], line["sha256"]) for line in manifest_of(folder) if "id" in line]


@SIZES
@NAMES
async def test_the_manifest_knows_a_file_before_it_has_its_name(
    connect: Connect, server: EmulatorThread, tmp_path: Path, name: str, size: int
) -> None:
    content = b"chair" * (size // 5)
    server.seed(files=[{"id": CHAIR, "filename": "picture.png", "content": content}])
    with pytest.MonkeyPatch.context() as patch:
        seen = watched(tmp_path, patch, lambda folder: (finished_in(folder), remembered(folder)))
        report = await connect(server).layers.download_all([LAYER], to=tmp_path, name=name)
    assert report.downloaded == 1
    [final] = finished_in(tmp_path)
    given, (finished, known) = seen[0]
    assert (given, finished) == (final, [])
    assert known == [(final, hashlib.sha256(content).hexdigest())]


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("earlier", [True, False], ids=["continued", "of this run"])
def test_the_notes_on_an_unfinished_file_are_gone_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool, earlier: bool
) -> None:
    part = PartFile.begun(str(tmp_path / "a.bin"))
    part.write(b"first", noted=noted)
    if earlier:
        part.leave(noted(part.size, part.sha256))
        again = PartFile.continued(str(tmp_path / "a.bin"), file_id="f", hash=None)
        assert again is not None
        part = again
    assert files_in(tmp_path) == ["a.bin.part", "a.bin.part.json"]
    seen = watched(tmp_path, monkeypatch, files_in)
    part.finish(replace=replace)
    assert seen[0] == ("a.bin", ["a.bin.part"])
    assert files_in(tmp_path) == ["a.bin"]


def noted(size: int, digits: str) -> Notes:
    return Notes(file_id="f", etag='"v1"', written=size, sha256=digits, length=None, hash=None)


@pytest.mark.parametrize(
    "foreign", [b"p" * 700_000, b"precious"], ids=["of the same length", "shorter"]
)
async def test_a_file_that_appeared_while_ours_was_fetched_is_left_alone_by_the_next_run_too(
    connect: Connect,
    server: EmulatorThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    foreign: bytes,
) -> None:
    server.seed(files=[{"id": CHAIR, "filename": "picture.png", "content": b"c" * 700_000}])
    complete = Receiving.complete

    async def late(receiving: Receiving) -> Arrived:
        Path(receiving.final).write_bytes(foreign)
        return await complete(receiving)

    tk = connect(server)
    with monkeypatch.context() as patch:
        patch.setattr(Receiving, "complete", late)
        first = await tk.layers.download_all([LAYER], to=tmp_path, name="{sku}.{ext}")
    assert "has appeared meanwhile and is another file" in str(first.failures[0].error)
    report = await tk.layers.download_all([LAYER], to=tmp_path, name="{sku}.{ext}")
    assert (report.downloaded, report.failed) == (0, 1)
    [failure] = report.failures
    assert isinstance(failure.error, UnsafeNameError)
    assert "is there and is another file" in str(failure.error)
    assert finished_in(tmp_path) == ["CH-1.png"]
    assert (tmp_path / "CH-1.png").read_bytes() == foreign
