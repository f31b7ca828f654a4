"""The files service against the emulator, in both worlds."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aioresponses import aioresponses

from tests.conftest import Connect
from tests.services.exchanges import at
from threekit_async import (
    DecodeError,
    IntegrityError,
    NotFoundError,
    ServerError,
    Threekit,
    TransportError,
    Upload,
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
async def test_an_upload_that_is_answered_with_no_file_is_a_decode_error(
    connect: Connect,
) -> None:
    tk = connect(at("http://h.invalid"), org_id=None)
    with aioresponses() as mocked:
        mocked.post("http://h.invalid/api/files", payload={"files": []}, status=201)
        with pytest.raises(DecodeError):
            await tk.files.upload(b"x", filename="x.bin")


def pieces(count: int, size: int = 1024) -> Iterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * size


async def slowly(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def test_several_files_go_up_in_one_request_and_come_back_in_order(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"from a path")
    tk = connect(server)
    files = await tk.files.upload_all(
        [
            tmp_path / "a.png",
            Upload(b"bytes", filename="b.glb"),
            Upload(io.BytesIO(b"an open file"), filename="c", mime_type="model/vnd.usdz+zip"),
            Upload(pieces(3), filename="d.bin"),
            Upload(tmp_path / "a.png", filename="e.jpg"),
        ]
    )
    assert [(file.filename, file.mime_type) for file in files] == [
        ("a.png", "image/png"),
        ("b.glb", "model/gltf-binary"),
        ("c", "model/vnd.usdz+zip"),
        ("d.bin", "application/octet-stream"),
        ("e.jpg", "image/jpeg"),
    ]
    contents = [await tk.files.content(file.id) for file in files]
    assert contents == [
        b"from a path",
        b"bytes",
        b"an open file",
        b"".join(pieces(3)),
        b"from a path",
    ]
    assert uploaded_bytes(server)[0] == ("POST", 201)
    assert [method for method, _ in uploaded_bytes(server)].count("POST") == 1


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ([], "There is no file to upload"),
        ("a.png", "Pass several files, or use upload"),
        (b"bytes", "Pass several files, or use upload"),
        ([b"bytes"], "Pass filename="),
        ([Upload(b"x", filename="x"), "no-such-file"], "is not a file that can be read"),
        ([3], "Upload a path, bytes, a file open for reading bytes, or an iterable"),
    ],
)
async def test_several_files_of_which_one_cannot_be_uploaded_are_refused_before_sending(
    connect: Connect, server: EmulatorThread, sources: Any, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        await connect(server).files.upload_all(sources)
    assert server.journal() == []


async def test_one_source_is_named_by_the_call_or_by_its_upload(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    named = Upload(b"x", filename="own.png", mime_type="image/x-own")
    own = await tk.files.upload(named)
    given = await tk.files.upload(named, filename="given.png", mime_type="image/x-given")
    assert (own.filename, own.mime_type) == ("own.png", "image/x-own")
    assert (given.filename, given.mime_type) == ("given.png", "image/x-given")


@pytest.mark.parametrize("kind", ["generator", "list", "tuple of bytearrays", "open file", "empty"])
async def test_any_iterable_of_bytes_is_uploaded(
    connect: Connect, server: EmulatorThread, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "x").write_bytes(b"".join(pieces(200)))
    with (tmp_path / "x").open("rb") as opened:
        sources: dict[str, Any] = {
            "generator": pieces(200),
            "list": list(pieces(200)),
            "tuple of bytearrays": tuple(map(bytearray, pieces(200))),
            "open file": opened,
            "empty": iter(()),
        }
        file = await connect(server).files.upload(sources[kind], filename="x.bin")
        assert not opened.closed
    whole = b"" if kind == "empty" else b"".join(pieces(200))
    assert (file.size, file.hash) == (len(whole), f"sha256-{hashlib.sha256(whole).hexdigest()}")


async def test_an_iterable_that_waits_is_uploaded(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    file = await tk.files.upload(slowly(b"a", b"", b"b" * 100_000), filename="x.bin")
    assert await tk.files.content(file.id) == b"a" + b"b" * 100_000


def test_an_asynchronous_iterable_serves_the_synchronous_client_too(
    server: EmulatorThread,
) -> None:
    # Not through `connect`, which makes a plain iterator of it.
    with Threekit(token=server.private_token, org_id=server.org_id, host=server.url) as tk:
        file = tk.files.upload(slowly(b"a", b"b"), filename="x.bin")
        assert tk.files.content(file.id) == b"ab"


async def test_an_open_file_is_uploaded_from_where_it_stands(
    connect: Connect, server: EmulatorThread
) -> None:
    source = io.BytesIO(b"head, body")
    source.seek(6)
    server.faults.add(effect="status", status=503, method="POST", retry_after="0", times=1)
    tk = connect(server)
    with pytest.raises(ServerError, match="was answered 503"):
        await tk.files.upload(source, filename="x.txt")
    source.seek(6)
    file = await tk.files.upload(source, filename="x.txt")
    assert await tk.files.content(file.id) == b"body"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda: ["text"], "its source gives str, not bytes"),
        (lambda: [b"bytes", 7], "its source gives int, not bytes"),
        (lambda: io.StringIO("text"), "its source gives str, not bytes"),
    ],
)
async def test_a_source_that_gives_no_bytes_is_an_error_and_leaves_no_file(
    connect: Connect, server: EmulatorThread, given: Any, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        await connect(server).files.upload(given(), filename="x.bin")
    assert server.call(lambda emulator: emulator.state.blobs.names()) == []


async def test_what_a_source_raises_is_raised_as_it_is(
    connect: Connect, server: EmulatorThread
) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise RuntimeError("the scanner is out of paper")

    tk = connect(server)
    with pytest.raises(RuntimeError, match="the scanner is out of paper"):
        await tk.files.upload(breaking(), filename="x.bin")
    assert (await tk.files.upload(b"x", filename="x.bin")).size == 1


async def test_an_upload_that_was_cut_off_is_not_repeated_by_itself(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="reset_before", method="POST", times=1)
    tk = connect(server)
    with pytest.raises(TransportError, match="POST /api/files: the connection was lost") as cut:
        await tk.files.upload(CONTENT, filename="x.bin")
    assert cut.value.sent
    assert len(uploaded_bytes(server)) == 1


@pytest.mark.parametrize("kind", ["path", "iterator"])
async def test_a_large_file_is_never_held_in_memory(
    connect: Connect, server: EmulatorThread, tmp_path: Path, kind: str
) -> None:
    size = 96 * 1024 * 1024
    with (tmp_path / "large.bin").open("wb") as sparse:
        sparse.truncate(size)
    piece = bytes(1024 * 1024)
    source: Any = tmp_path / "large.bin" if kind == "path" else iter([piece] * 96)
    tk = connect(server)
    tracemalloc.start()
    try:
        file = await tk.files.upload(source, filename="large.bin")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert file.size == size
    # Both ends together: the emulator runs in this process, too.
    assert peak < 16 * 1024 * 1024


@pytest.mark.parametrize("name", ["x\0.bin", "a\nb.bin", "a\r\nX-Evil: 1", "\u202egnp.exe", ""])
async def test_a_name_no_file_can_have_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    with pytest.raises(UsageError):
        await connect(server).files.upload(b"x", filename=name)
    assert server.journal() == []


@pytest.mark.parametrize(
    "name", ['quo"te.png', "back\\slash.png", "semi;colon.png", "🪑.glb", "a" * 200]
)
async def test_odd_names_arrive_as_they_are(
    connect: Connect, server: EmulatorThread, name: str
) -> None:
    tk = connect(server)
    file = await tk.files.upload(b"x", filename=name)
    assert file.filename == (await tk.files.get(file.id)).filename == name


async def test_a_media_type_cannot_add_headers(connect: Connect, server: EmulatorThread) -> None:
    with pytest.raises(UsageError):
        await connect(server).files.upload(b"x", filename="x", mime_type="a/b\r\nX-Evil: 1")


async def test_the_service_says_whether_it_is_up(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    assert await tk.files.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/files/healthcheck")
    with pytest.raises(ServerError, match="GET /api/files/healthcheck was answered 503"):
        await tk.files.healthcheck()
