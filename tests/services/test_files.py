"""The files service against the emulator, in both worlds."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from aioresponses import aioresponses

from tests.conftest import Connect
from threekit_async import (
    AsyncThreekit,
    DecodeError,
    IntegrityError,
    NotFoundError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.testing.aioresponses_shim import mend

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def mended() -> None:
    mend()


def uploaded_bytes(server: EmulatorThread) -> list[tuple[str, int]]:
    return [(entry.method, entry.status) for entry in server.journal()]


async def test_bytes_go_up_and_come_back(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    file = await tk.files.upload(CONTENT, filename="chair.glb")
    assert (file.filename, file.extension, file.size) == ("chair.glb", "glb", len(CONTENT))
    assert file.hash == f"sha256-{hashlib.sha256(CONTENT).hexdigest()}"
    assert await tk.files.get(file.id) == file
    assert await tk.files.content(file.id) == CONTENT
    assert await tk.files.by_hash(file.hash) == CONTENT


async def test_a_path_is_uploaded_under_its_own_name(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    source = tmp_path / "chair-1.png"
    source.write_bytes(CONTENT)
    tk = connect(server)
    for given in (source, str(source)):
        file = await tk.files.upload(given)
        assert (file.filename, file.mime_type) == ("chair-1.png", "image/png")
        assert await tk.files.content(file.id) == CONTENT


@pytest.mark.parametrize("name", ["my chair.png", "Größe.png", "100%.png", "a&b=c.png"])
async def test_a_file_keeps_its_name_whatever_its_letters(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    file = await connect(server).files.upload(b"x", filename=name)
    assert file.filename == name


async def test_an_open_file_is_uploaded(connect: Connect, server: EmulatorThread) -> None:
    file = await connect(server).files.upload(io.BytesIO(CONTENT), filename="x.bin")
    assert file.size == len(CONTENT)


async def test_name_and_media_type_can_be_given(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    source = tmp_path / "a.tmp"
    source.write_bytes(b"x")
    file = await connect(server).files.upload(source, filename="b.x", mime_type="model/vnd.usdz")
    assert (file.filename, file.mime_type) == ("b.x", "model/vnd.usdz")


@pytest.mark.parametrize(
    "kind",
    [
        "path",
        "bytes",
        pytest.param("open file"),
    ],
)
async def test_a_repeated_upload_starts_at_the_first_byte(
    connect: Connect, server: EmulatorThread, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "x.bin").write_bytes(CONTENT)
    sources: dict[str, Any] = {
        "path": tmp_path / "x.bin",
        "bytes": CONTENT,
        "open file": io.BytesIO(CONTENT),
    }
    server.faults.add(effect="status", status=429, retry_after="0", method="POST", times=1)
    file = await connect(server).files.upload(sources[kind], filename="x.bin")
    assert file.size == len(CONTENT)
    assert [status for _, status in uploaded_bytes(server)] == [429, 201]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"bytes", "Pass filename="),
        (io.BytesIO(b"bytes"), "Pass filename="),
        ("no-such-file.bin", "is not a file that can be read"),
        (".", "is not a file that can be read"),
    ],
)
async def test_a_source_that_cannot_be_uploaded_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, source: Any, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        await connect(server).files.upload(source)
    assert server.journal() == []


async def test_an_unknown_file_is_not_found(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    with pytest.raises(NotFoundError, match=r"GET /api/files/nope was answered 404"):
        await tk.files.get("nope")
    with pytest.raises(NotFoundError, match=r"GET /api/files/nope/content was answered 404"):
        await tk.files.content("nope")
    with pytest.raises(NotFoundError, match=r"GET /api/files/hash/sha256-0 "):
        await tk.files.by_hash("sha256-0")


async def test_a_download_is_verified_and_kept(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    file = await tk.files.upload(CONTENT, filename="chair.glb")
    first = await tk.files.download(file.id, to=tmp_path / "new")
    again = await tk.files.download(file.id, to=tmp_path / "new")
    assert (first.status, again.status) == ("downloaded", "skipped")
    assert first.path == again.path == tmp_path / "new" / "chair.glb"
    assert f"sha256-{first.sha256}" == file.hash
    assert first.path.read_bytes() == CONTENT


async def test_a_download_of_the_wrong_length_leaves_nothing(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    file = await tk.files.upload(CONTENT, filename="chair.glb")
    server.faults.add(effect="wrong_length", bytes=7, path="/content$")
    with pytest.raises(IntegrityError, match="7 bytes were received"):
        await tk.files.download(file.id, to=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x.bin", "a/b.bin", "/top/x", "..\\x"])
async def test_a_hostile_file_name_stays_in_the_folder(
    connect: Connect, server: EmulatorThread, tmp_path: Path, name: str
) -> None:
    record = {"id": "f", "filename": name, "size": 3, "hash": None}
    server.faults.add(effect="body", body=record, path="/api/files/f$")
    server.faults.add(effect="body", body=123, path="/api/files/f/content$")
    result = await connect(server).files.download("f", to=tmp_path / "in")
    assert result.path.parent == tmp_path / "in"
    assert result.path.read_bytes() == b"123"


@pytest.mark.usefixtures("mended")
async def test_an_upload_that_is_answered_with_no_file_is_a_decode_error() -> None:
    async with AsyncThreekit(token="t", host="http://h.invalid") as tk:
        with aioresponses() as mocked:
            mocked.post("http://h.invalid/api/files", payload={"files": []}, status=201)
            with pytest.raises(DecodeError):
                await tk.files.upload(b"x", filename="x.bin")
