"""Files: the exact request of each method, and what is made of its answer."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

import pytest

from tests.services.exchanges import ORG_ID, Answer, Exchanging, Part, Sent
from threekit_async import AsyncThreekit, DecodeError, UsageError
from threekit_async.models.files import File
from threekit_async.transfer.upload import Upload

Call = Callable[[AsyncThreekit], Awaitable[Any]]

ORG = Part("orgId", ORG_ID.encode())


@pytest.mark.parametrize(
    ("call", "sent", "answer", "read"),
    [
        (
            lambda tk: tk.files.get("f"),
            Sent("GET", "/api/files/f", {}),
            {"id": "f", "size": 3, "hash": "sha256-1", "encodings": {"gzip": {"a": "b"}}},
            File(id="f", size=3, hash="sha256-1", encodings={"gzip": {"a": "b"}}),
        ),
        (
            lambda tk: tk.files.content("f"),
            Sent("GET", "/api/files/f/content", {}),
            Answer(b"glb", content_type="model/gltf-binary"),
            b"glb",
        ),
        (
            lambda tk: tk.files.by_hash("sha256-1-gz"),
            Sent("GET", "/api/files/hash/sha256-1-gz", {}),
            Answer(b"glb", content_type="model/gltf-binary"),
            b"glb",
        ),
        (
            lambda tk: tk.files.healthcheck(),
            Sent("GET", "/api/files/healthcheck", {}),
            True,
            None,
        ),
        (
            lambda tk: tk.files.upload(b"glb", filename="chair.glb"),
            Sent(
                "POST",
                "/api/files",
                {},
                [ORG, Part("files", b"glb", "chair.glb", "model/gltf-binary")],
            ),
            Answer({"files": [{"id": "f"}]}, status=201),
            File(id="f"),
        ),
        (
            lambda tk: tk.files.upload_all(
                Upload(name.encode(), filename=name, mime_type="x/y") for name in ("a", "b")
            ),
            Sent(
                "POST",
                "/api/files",
                {},
                [ORG, Part("files", b"a", "a", "x/y"), Part("files", b"b", "b", "x/y")],
            ),
            Answer({"files": [{"id": "1"}, {"id": "2"}]}, status=201),
            [File(id="1"), File(id="2")],
        ),
    ],
)
async def test_each_method_asks_exactly_this_and_reads_the_answer(
    exchanging: Exchanging, call: Call, sent: Sent, answer: Any, read: Any
) -> None:
    async with exchanging(answer) as (tk, seen):
        assert await call(tk) == read
    assert seen == [sent]


async def test_what_a_call_says_wins_over_what_an_upload_says(
    exchanging: Exchanging, tmp_path: Path
) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(b"x")
    own = Upload(path, filename="b.glb", mime_type="model/b")
    async with exchanging({"files": [{"id": "f"}]}) as (tk, seen):
        await tk.files.upload(own)
        await tk.files.upload(own, filename="c.glb", mime_type="model/c")
        await tk.files.upload(Upload(path))
    assert [sent.body[1] for sent in seen] == [
        Part("files", b"x", "b.glb", "model/b"),
        Part("files", b"x", "c.glb", "model/c"),
        Part("files", b"x", "a.glb", "model/gltf-binary"),
    ]


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ([], "There is no file to upload"),
        ("a.glb", "use upload\\(\\) for one"),
        (Path("a.glb"), "use upload\\(\\) for one"),
        (b"bytes", "use upload\\(\\) for one"),
        ([b"bytes"], "Pass filename="),
        ([7], "Upload a path, bytes, .* not int"),
        (["no-such-file"], "is not a file that can be read"),
        ([Upload(b"", filename="a\nb")], "characters a file name cannot have"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused_before_sending(
    exchanging: Exchanging, sources: Any, says: str
) -> None:
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=says):
            await tk.files.upload_all(sources)
        assert seen == []


@pytest.mark.parametrize("files", [[], [{"id": "1"}, {"id": "2"}, {"id": "3"}]])
async def test_an_answer_that_names_other_files_than_were_sent_is_an_error(
    exchanging: Exchanging, files: Any
) -> None:
    async with exchanging({"files": files}) as (tk, _):
        with pytest.raises(DecodeError, match=f"names {len(files)} files where 2 were sent"):
            await tk.files.upload_all([Upload(b"", filename="a"), Upload(b"", filename="b")])


@pytest.mark.parametrize("kind", [io.BytesIO, Path])
async def test_a_file_that_is_closed_already_is_refused_before_sending(
    exchanging: Exchanging, kind: Any, tmp_path: Path
) -> None:
    path = tmp_path / "chair.glb"
    path.write_bytes(b"glTF")
    source: IO[bytes] = path.open("rb") if kind is Path else io.BytesIO(b"glTF")
    source.close()
    async with exchanging({}) as (tk, seen):
        with pytest.raises(UsageError, match=r"The file is closed: open it again.* Nothing was"):
            await tk.files.upload(source, filename="chair.glb")
        assert seen == []
