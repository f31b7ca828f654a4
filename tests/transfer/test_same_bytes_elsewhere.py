"""Bytes that are there under another name: what is in the way, and what became of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.transfer.folders import files_in
from threekit_async import Layer, UnsafeNameError
from threekit_async.emulator import EmulatorThread
from threekit_async.transfer.destinations.folder import Folder

CHAIR = "33333333-3333-4333-8333-333333333333"
BYTES = b"chair" * 20_000
ONE = Layer(id="one", file_id=CHAIR, format="png", asset_id="a", metadata={"sku": "CH-1"})
TWO = Layer(id="two", file_id=CHAIR, format="png", asset_id="b", metadata={"sku": "CH-2"})
HOW = pytest.mark.parametrize("duplicates", ["copy", "link"])


@pytest.fixture
def filled(server: EmulatorThread) -> EmulatorThread:
    server.seed(files=[{"id": CHAIR, "filename": "picture.png", "content": BYTES}])
    return server


def contents_asked(server: EmulatorThread) -> int:
    asked = sum(entry.path.endswith("/content") for entry in server.journal())
    server.clear_journal()
    return asked


def appearing(path: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have somebody put a file there just before ours gets its name in some way."""
    real = getattr(Folder, way)

    async def late(*given: Any, **how: Any) -> Any:
        path.write_bytes(b"precious")
        return await real(*given, **how)

    monkeypatch.setattr(Folder, way, late)


@HOW
@pytest.mark.parametrize("way", ["copied", "lent"])
async def test_a_file_that_appears_meanwhile_is_left_as_it_is(  # noqa: PLR0917
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    duplicates: str,
) -> None:
    tk = connect(filled, cache=tmp_path / "cache")
    folder = tmp_path / "renders"
    first = folder if way == "copied" else tmp_path / "elsewhere"
    how = {"name": "{sku}.png", "verify": True, "duplicates": duplicates}
    await tk.layers.download_all([ONE], to=first, **how)
    appearing(folder / "CH-2.png", way, monkeypatch)
    for _ in range(2):
        report = await tk.layers.download_all([TWO], to=folder, **how)
        assert isinstance(report.failures[0].error, UnsafeNameError)
        assert (folder / "CH-2.png").read_bytes() == b"precious"
    assert [name for name in files_in(folder) if name.endswith(".part")] == []


@pytest.mark.parametrize("verify", [True, False])
async def test_a_symbolic_link_is_followed_and_never_given_another_name(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, verify: bool
) -> None:
    tk = connect(filled)
    how: dict[str, Any] = {"to": tmp_path, "name": "{asset_id}/{id}.png", "duplicates": "link"}
    await tk.layers.download_all([ONE], **how)
    mine = tmp_path / "a" / "one.png"
    mine.rename(tmp_path / "a" / "front.png")
    mine.symlink_to("front.png")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "front.png").write_bytes(b"something else")
    report = await tk.layers.download_all([TWO], verify=verify, **how)
    assert (report.copied, report.failed) == (1, 0)
    assert (tmp_path / "b" / "two.png").read_bytes() == BYTES
    assert not (tmp_path / "b" / "two.png").is_symlink()


def damaged(path: Path) -> None:
    """Change bytes of a file, and nothing that a look at it would show."""
    before = path.stat()
    path.write_bytes(BYTES[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@HOW
async def test_what_is_verified_is_read_before_it_gets_one_more_name(
    connect: Connect, filled: EmulatorThread, tmp_path: Path, duplicates: str
) -> None:
    tk = connect(filled)
    await tk.layers.download_all([ONE], to=tmp_path)
    damaged(tmp_path / "one.png")
    contents_asked(filled)
    report = await tk.layers.download_all([TWO], to=tmp_path, verify=True, duplicates=duplicates)
    assert (report.downloaded, report.copied, report.failed) == (1, 0, 0)
    assert (tmp_path / "two.png").read_bytes() == BYTES
    assert contents_asked(filled) == 1


async def test_what_is_verified_is_read_before_an_object_is_copied(
    connect: Connect, filled: EmulatorThread, tmp_path: Path
) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    root = f"/{tmp_path.name}"
    tk = connect(filled)
    how: dict[str, Any] = {"to": f"memory:/{root}", "manifest": tmp_path / "manifest"}
    await tk.layers.download_all([ONE], **how)
    memory.pipe_file(f"{root}/one.png", BYTES[::-1])
    report = await tk.layers.download_all([TWO], verify=True, **how)
    assert (report.downloaded, report.copied, report.failed) == (1, 0, 0)
    assert memory.cat_file(f"{root}/two.png") == BYTES


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_loop(path: Path) -> None:
    path.symlink_to(path.name)


@HOW
@pytest.mark.parametrize("in_its_place", [a_folder, a_pipe, a_loop])
async def test_what_became_of_another_file_is_no_reason_to_fail_with_this_one(
    connect: Connect,
    filled: EmulatorThread,
    tmp_path: Path,
    in_its_place: Callable[[Path], None],
    duplicates: str,
) -> None:
    tk = connect(filled)
    await tk.layers.download_all([ONE], to=tmp_path)
    (tmp_path / "one.png").unlink()
    in_its_place(tmp_path / "one.png")
    report = await tk.layers.download_all([TWO], to=tmp_path, duplicates=duplicates)
    assert (report.downloaded, report.failed) == (1, 0)
    assert (tmp_path / "two.png").read_bytes() == BYTES
