"""A folder, or many sources, go up: what the API holds then, and what the report says."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Connect
from tests.gone import gone
from threekit_async import (
    DownloadError,
    FileResult,
    Hooks,
    ImportSettings,
    IntegrityError,
    Limits,
    Progress,
    RequestStarted,
    ServerError,
    TransportError,
    UnsafeNameError,
    Upload,
    UsageError,
)
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.session.request import FilePart
from threekit_async.transfer.cleaning import MANIFEST_NAME
from threekit_async.transfer.fingerprint import Fingerprint, fingerprint_of

UPLOAD = {"method": "POST", "path": "^/api/files$"}
IMPORT = {"method": "POST", "path": "^/api/asset-jobs/import$"}
NAMES = ("a.txt", "chairs/oak.txt", "chairs/old/ash.txt", "z.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four files, in three folders."""
    made = tmp_path / "up"
    for name in NAMES:
        write(made, name, f"content of {name}".encode())
    return made


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def asked(server: EmulatorThread, verb: str, path: str) -> int:
    return sum(entry.method == verb and entry.path.startswith(path) for entry in server.journal())


async def results_of(tk: Any, folder: Path, **given: Any) -> dict[str, FileResult]:
    return {result.id: result async for result in tk.files.iter_folder_uploads(folder, **given)}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_a_pattern_chooses_what_goes_up(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    results = [result async for result in tk.files.iter_folder_uploads(folder, pattern="*.txt")]
    assert sorted(result.id for result in results) == ["a.txt", "z.txt"]


async def test_every_file_of_a_folder_goes_up_under_its_own_name(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    results = await results_of(tk, folder)
    assert sorted(results) == sorted(NAMES)
    for name, result in results.items():
        content = (folder / name).read_bytes()
        assert (result.status, result.name) == ("uploaded", name.rpartition("/")[2])
        assert (result.path, result.size) == (folder / name, len(content))
        assert (result.sha256, result.job_id) == (sha256(content), None)
        record = await tk.files.get(result.file_id)
        assert (record.filename, record.hash) == (result.name, f"sha256-{sha256(content)}")
        assert await tk.files.content(result.file_id) == content


async def test_the_report_counts_what_was_uploaded(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    report = await connect(server).files.upload_folder(folder)
    assert (report.uploaded, report.skipped, report.failed, report.files) == (4, 0, 0, 4)
    assert report.size == sum((folder / name).stat().st_size for name in NAMES)


async def test_progress_counts_the_bytes_that_have_arrived(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    seen: list[Progress] = []
    report = await connect(server).files.upload_folder(folder, progress=seen.append)
    last = seen[-1]
    assert (last.uploaded, last.received, last.ended) == (4, report.size, True)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*", ["a.txt", "z.txt"]),
        ("**", sorted(NAMES)),
        ("**/*", sorted(NAMES)),
        ("chairs/*", ["chairs/oak.txt"]),
        ("chairs/**", ["chairs/oak.txt", "chairs/old/ash.txt"]),
        ("**/a*.txt", ["a.txt", "chairs/old/ash.txt"]),
        ("**/old/?sh.*", ["chairs/old/ash.txt"]),
        ("**/*.png", []),
        ("*.TXT", []),
    ],
)
async def test_a_pattern_says_which_files_are_meant(
    connect: Connect, server: EmulatorThread, folder: Path, pattern: str, names: list[str]
) -> None:
    assert sorted(await results_of(connect(server), folder, pattern=pattern)) == names


async def test_hidden_files_and_unfinished_downloads_stay_here(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    for name in (
        ".hidden",
        ".git/config",
        "b.png.part",
        "b.png.part.json",
        "c.PART",
        MANIFEST_NAME,
    ):
        write(folder, name, b"not for others")
    os.mkfifo(folder / "pipe")
    assert sorted(await results_of(connect(server), folder)) == sorted(NAMES)


async def test_links_are_followed_within_the_folder_only(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    secret = write(folder.parent, "secret/key.txt", b"secret")
    (folder / "out.txt").symlink_to(secret)
    (folder / "outside").symlink_to(secret.parent)
    (folder / "round").symlink_to(folder)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "broken").symlink_to(folder / "nothing")
    (folder / "y.txt").symlink_to(folder / "z.txt")
    results = await results_of(connect(server), folder)
    assert sorted(results) == sorted([*NAMES, "y.txt"])
    assert results["y.txt"].sha256 == results["z.txt"].sha256


async def test_files_go_up_in_the_order_of_their_names(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    assert list(await results_of(connect(server), folder, concurrency=1)) == list(NAMES)


async def test_what_the_api_holds_is_not_sent_again(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    await tk.files.upload_folder(folder)
    write(folder, "new.txt", b"new")
    server.clear_journal()
    results = await results_of(tk, folder)
    assert {name for name, each in results.items() if each.status == "uploaded"} == {"new.txt"}
    assert asked(server, "POST", "/api/files") == 1
    # Its bytes are known to be there; of which record, nobody says.
    old = results["a.txt"]
    assert (old.status, old.file_id, old.sha256) == ("skipped", None, sha256(b"content of a.txt"))


@pytest.mark.parametrize(("ranges", "most"), [(True, 2), (False, 25_000_000)])
async def test_looking_whether_bytes_are_held_does_not_fetch_them(
    connect: Connect, tmp_path: Path, ranges: bool, most: int
) -> None:
    write(tmp_path / "up", "large.bin", bytes(30_000_000))
    write(tmp_path / "up", "small.bin", b"small")
    with EmulatorThread(EmulatorSettings(ranges=ranges)) as server:
        tk = connect(server)
        await tk.files.upload_folder(tmp_path / "up")
        server.clear_journal()
        assert (await tk.files.upload_folder(tmp_path / "up")).skipped == 2
        assert asked(server, "POST", "/api/files") == 0
        assert sum(entry.bytes for entry in server.journal()) <= most


@pytest.mark.parametrize(
    "answer",
    [
        {"effect": "html", "status": 200},
        {"effect": "body", "body": {"found": False}},
        {"effect": "status", "status": 403},
        {"effect": "status", "status": 500},
        {"effect": "empty"},
    ],
)
async def test_only_an_answer_of_the_right_length_shows_that_bytes_are_held(
    connect: Connect, server: EmulatorThread, folder: Path, answer: dict[str, Any]
) -> None:
    tk = connect(server)
    await tk.files.upload_folder(folder)
    server.faults.add(**answer, path="/api/files/hash/")
    assert (await tk.files.upload_folder(folder)).uploaded == 4


async def test_a_server_that_cannot_tell_what_it_holds_is_asked_three_times(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    for number in range(12):
        write(tmp_path / "up", f"{number}.txt", str(number).encode())
    server.faults.add(effect="status", status=500, path="/api/files/hash/")
    tk = connect(server, limits=Limits(adaptive=False))
    assert (await tk.files.upload_folder(tmp_path / "up", concurrency=1)).uploaded == 12
    assert asked(server, "GET", "/api/files/hash") == 3


@pytest.mark.parametrize("changed", [True, False])
async def test_one_manifest_for_two_folders_mixes_nothing_up(
    connect: Connect, server: EmulatorThread, tmp_path: Path, changed: bool
) -> None:
    """Their files have one name, one length and one time."""
    tk, manifest = connect(server), tmp_path / "uploads.jsonl"
    texts = {"spring": b"spring oak", "autumn": b"autumn oak" if changed else b"spring oak"}
    found: dict[str, FileResult] = {}
    for folder, text in texts.items():
        path = write(tmp_path / folder, "oak.txt", text)
        os.utime(path, ns=(7, 7))
        found |= {folder: (await results_of(tk, path.parent, manifest=manifest))["oak.txt"]}
    assert [each.sha256 for each in found.values()] == [sha256(text) for text in texts.values()]
    assert found["autumn"].status == ("uploaded" if changed else "skipped")
    size = manifest.stat().st_size
    server.clear_journal()
    for folder in texts:
        again = await results_of(tk, tmp_path / folder, manifest=manifest)
        assert (again["oak.txt"].status, again["oak.txt"].file_id) == (
            "skipped",
            found[folder].file_id,
        )
    assert server.journal() == []
    # It does not grow by what is known.
    assert manifest.stat().st_size - size < 400


@pytest.mark.parametrize("small", [True, False])
async def test_a_file_open_for_text_says_so(
    connect: Connect, server: EmulatorThread, tmp_path: Path, small: bool
) -> None:
    path = write(tmp_path, "a.txt", b"text" * (1 if small else 200_000))
    with path.open(encoding="utf-8") as file:
        given: Any = file
        report = await connect(server).files.upload_many([Upload(given, filename="a.txt")])
    assert "Open files with mode" in str(report.failures[0].error)
    assert asked(server, "GET", "/api/files") == 0


async def test_a_file_that_is_open_for_writing_only_says_so(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    with (tmp_path / "a.bin").open("wb") as file:
        report = await connect(server).files.upload_many([Upload(file, filename="a.bin")])
    assert "The source cannot be read: read. Open files with mode 'rb'" in str(
        report.failures[0].error
    )
    assert server.journal() == []


async def test_everything_is_sent_when_nothing_is_to_be_skipped(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    write(folder, "twin.txt", (folder / "a.txt").read_bytes())
    for _ in range(2):
        report = await tk.files.upload_folder(folder, skip_held=False)
        assert report.uploaded == 5
    assert asked(server, "GET", "/api/files/hash") == 0


async def test_equal_bytes_are_sent_once_and_share_a_record(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    for number in range(6):
        write(folder, f"same-{number}.txt", b"the same")
    results = await results_of(connect(server), folder, pattern="same*")
    assert sorted(each.status for each in results.values()) == ["skipped"] * 5 + ["uploaded"]
    assert len({each.file_id for each in results.values()}) == 1
    assert asked(server, "POST", "/api/files") == 1


async def test_empty_files_go_up_and_are_known_by_the_manifest(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    tk = connect(server)
    write(tmp_path / "up", "empty.txt", b"")
    manifest = tmp_path / "uploads.jsonl"
    first = await results_of(tk, tmp_path / "up", manifest=manifest)
    again = await results_of(tk, tmp_path / "up", manifest=manifest)
    assert [first["empty.txt"].status, again["empty.txt"].status] == ["uploaded", "skipped"]
    assert first["empty.txt"].size == 0
    assert again["empty.txt"].file_id == first["empty.txt"].file_id


async def test_with_a_manifest_a_rerun_asks_nothing_and_knows_the_ids(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    manifest = folder / "uploads.jsonl"  # in the folder, and not uploaded
    first = await results_of(tk, folder, manifest=manifest)
    server.clear_journal()
    again = await results_of(tk, folder, manifest=manifest)
    assert server.journal() == []
    assert {each.status for each in again.values()} == {"skipped"}
    ids = {name: each.file_id for name, each in first.items()}
    assert {name: each.file_id for name, each in again.items()} == ids
    assert {name: each.sha256 for name, each in again.items()} == {
        name: each.sha256 for name, each in first.items()
    }


async def test_a_changed_file_is_sent_again_and_a_touched_one_is_not(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    manifest = tmp_path / "uploads.jsonl"
    await tk.files.upload_folder(folder, manifest=manifest)
    write(folder, "a.txt", b"Content of a.txt")
    os.utime(folder / "a.txt", ns=(1, 1))
    os.utime(folder / "z.txt", ns=(1, 1))
    server.clear_journal()
    results = await results_of(tk, folder, manifest=manifest)
    assert {name for name, each in results.items() if each.status == "uploaded"} == {"a.txt"}
    assert asked(server, "GET", "/api/files/hash") == 1


@pytest.mark.parametrize(("verify", "uploaded"), [(False, 0), (True, 1)])
async def test_bytes_changed_behind_an_equal_time_are_found_with_verify(
    connect: Connect, server: EmulatorThread, folder: Path, verify: bool, uploaded: int
) -> None:
    tk = connect(server)
    manifest = folder.parent / "uploads.jsonl"
    await tk.files.upload_folder(folder, manifest=manifest)
    before = (folder / "a.txt").stat()
    write(folder, "a.txt", b"Content of a.txt")
    os.utime(folder / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    report = await tk.files.upload_folder(folder, manifest=manifest, verify=verify)
    assert report.uploaded == uploaded


async def test_a_manifest_of_another_organisation_tells_nothing(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "uploads.jsonl"
    await connect(server).files.upload_folder(folder, manifest=manifest)
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(str(server.org_id), "another"), encoding="utf-8")
    server.clear_journal()
    report = await connect(server).files.upload_folder(folder, manifest=manifest)
    assert (report.skipped, asked(server, "GET", "/api/files/hash")) == (4, 4)


async def test_a_manifest_survives_torn_lines_and_unknown_ones(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    manifest = tmp_path / "uploads.jsonl"
    await tk.files.upload_folder(folder, manifest=manifest, concurrency=1)
    lines = manifest.read_bytes().splitlines(keepends=True)
    odd = [b"\xff\xfe\n", b"[]\n", b'{"id": 1}\n', b'"threekit_uploads"\n']
    torn = b"".join([lines[0], *odd, *lines[1:-1], lines[-1][:-20]])
    manifest.write_bytes(torn)
    server.clear_journal()
    results = await results_of(tk, folder, manifest=manifest)
    assert results["z.txt"].file_id is None  # found by its hash
    assert all(results[name].file_id for name in NAMES[:3])
    assert asked(server, "GET", "/api/files/hash") == 1
    server.clear_journal()
    assert (await tk.files.upload_folder(folder, manifest=manifest)).skipped == 4
    assert server.journal() == []
    begun = [line for line in manifest.read_bytes().splitlines() if b'"origin"' in line[:60]]
    assert len(begun) == 3  # no run's first line was swallowed by a torn one


async def test_a_manifest_that_cannot_be_used_is_refused_before_the_first_request(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    newer = tmp_path / "newer.jsonl"
    newer.write_text(json.dumps({"threekit_uploads": 2}) + "\n", encoding="utf-8")
    (tmp_path / "file").write_bytes(b"")
    for manifest, says in [
        (newer, "written by a newer version"),
        (tmp_path, "cannot be written"),
        (tmp_path / "file" / "below", "cannot be written"),
    ]:
        with pytest.raises(UsageError, match=says):
            await tk.files.upload_folder(folder, manifest=manifest)
    assert server.journal() == []


async def test_a_missing_or_unreadable_file_is_a_failure_that_says_so(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    sources = [folder / "a.txt", folder / "gone.txt", str(folder), b"no name"]
    report = await connect(server).files.upload_many(sources)
    assert (report.uploaded, report.failed) == (1, 3)
    errors = {each.id: str(each.error) for each in report.failures}
    assert "is not a file that can be read" in errors[str(folder / "gone.txt")]
    assert "is not a file that can be read" in errors[str(folder)]
    assert "Pass filename=" in errors["<bytes>"]
    assert all(isinstance(each.error, UsageError) for each in report.failures)


async def test_a_folder_that_cannot_be_listed_is_a_failure_and_the_rest_goes_up(
    connect: Connect, server: EmulatorThread, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir

    def refused(path: Any) -> Any:
        if Path(path).name == "chairs":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr("threekit_async.transfer.walking.os.scandir", refused)
    report = await connect(server).files.upload_folder(folder)
    assert (report.uploaded, [each.id for each in report.failures]) == (2, ["chairs"])
    assert "cannot be read: Permission denied" in str(report.failures[0].error)


async def test_one_that_fails_does_not_stop_the_others_and_is_sent_by_the_next_run(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    server.faults.add(effect="status", status=500, times=1, **UPLOAD)
    report = await tk.files.upload_folder(folder)
    assert (report.uploaded, report.failed) == (3, 1)
    assert isinstance(report.failures[0].error, ServerError)
    again = await tk.files.upload_folder(folder)
    assert (again.uploaded, again.skipped, again.failed) == (1, 3, 0)


async def test_with_on_error_stop_no_file_is_begun_after_a_failure(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    server.faults.add(effect="status", status=422, **UPLOAD)
    tk = connect(server)
    report = await tk.files.upload_folder(folder, on_error="stop", concurrency=1)
    assert (report.uploaded, report.failed) == (0, 1)
    assert asked(server, "POST", "/api/files") == 1


async def test_an_upload_that_may_have_arrived_is_looked_for_by_the_next_run(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    server.faults.add(effect="reset_after", times=1, **UPLOAD)
    report = await tk.files.upload_folder(folder)
    [failure] = report.failures
    assert isinstance(failure.error, TransportError)
    assert failure.error.sent
    assert asked(server, "POST", "/api/files") == 4  # nothing was repeated by itself
    again = await tk.files.upload_folder(folder)
    assert (again.uploaded, again.skipped, again.failed) == (0, 4, 0)
    assert asked(server, "POST", "/api/files") == 4


async def test_a_file_that_is_refused_for_its_rate_is_sent_again_from_its_beginning(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    server.faults.add(effect="status", status=429, retry_after="0", times=2, **UPLOAD)
    results = await results_of(tk, folder)
    assert {each.status for each in results.values()} == {"uploaded"}
    for name, result in results.items():
        assert await tk.files.content(result.file_id) == (folder / name).read_bytes()


@pytest.mark.parametrize("wrong", [{"size": 5}, {"hash": f"sha256-{'0' * 64}"}])
async def test_a_record_that_says_something_else_is_an_integrity_error(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    tk = connect(server)
    manifest = tmp_path / "uploads.jsonl"
    answer = {"files": [{"id": "odd", "filename": "a.txt", **wrong}]}
    server.faults.add(effect="body", body=answer, status=201, **UPLOAD)
    report = await tk.files.upload_folder(folder, pattern="a.txt", manifest=manifest)
    [failure] = report.failures
    assert isinstance(failure.error, IntegrityError)
    assert "do not use that record" in str(failure.error)
    assert (failure.id, failure.file_id) == ("a.txt", None)
    server.faults.clear()
    assert (await tk.files.upload_folder(folder, manifest=manifest)).uploaded == 4


@pytest.mark.parametrize("told", [{}, {"size": 9}, {"size": 9, "hash": f"sha256-{'0' * 64}"}])
async def test_a_file_that_changes_after_it_was_read_is_an_integrity_error(
    connect: Connect, server: EmulatorThread, folder: Path, told: dict[str, Any]
) -> None:
    def change(_event: RequestStarted) -> None:
        (folder / "a.txt").write_bytes(b"different")

    tk = connect(server, hooks=Hooks(request_started=change))
    answer = {"files": [{"id": "odd", "filename": "a.txt", **told}]}
    server.faults.add(effect="body", body=answer, status=201, **UPLOAD)
    report = await tk.files.upload_folder(folder, pattern="a.txt", skip_held=False)
    assert isinstance(report.failures[0].error, IntegrityError)
    assert "while it was uploaded" in str(report.failures[0].error)


@pytest.mark.parametrize("change", [b"", b"z" * 400_000])
async def test_a_file_that_changes_on_its_way_is_an_integrity_error(
    connect: Connect,
    server: EmulatorThread,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: bytes,
) -> None:
    path = write(folder, "large.bin", b"y" * 300_000)

    def read(file: Any) -> Iterator[bytes]:
        yield file.read(1000)
        path.write_bytes(change)
        yield file.read()

    monkeypatch.setattr("threekit_async.session.wire.sending._read_to_end", read)
    report = await connect(server).files.upload_folder(folder, pattern="large.bin")
    assert isinstance(report.failures[0].error, IntegrityError)
    assert "large.bin changed while it was uploaded" in str(report.failures[0].error)


async def once(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def stepped(pieces: list[bytes]) -> Iterator[bytes]:
    yield from pieces


async def test_sources_of_every_kind_go_up(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    opened = io.BytesIO(b"--kept back--opened")
    opened.seek(13)
    sources = [
        str(folder / "a.txt"),
        Upload(folder / "z.txt", filename="other.txt", mime_type="text/css"),
        Upload(b"bytes", filename="bytes.bin"),
        Upload(opened, filename="opened.bin"),
        Upload(stepped([b"ste", b"pped"]), filename="stepped.bin"),
        Upload(once([b"awa", b"ited"]), filename="awaited.bin"),
    ]
    results = [result async for result in tk.files.iter_uploads(sources, concurrency=2)]
    by_name = {result.name: result for result in results}
    wanted = {
        "a.txt": b"content of a.txt",
        "other.txt": b"content of z.txt",
        "bytes.bin": b"bytes",
        "opened.bin": b"opened",
        "stepped.bin": b"stepped",
        "awaited.bin": b"awaited",
    }
    assert by_name.keys() == wanted.keys()
    for name, content in wanted.items():
        result = by_name[name]
        assert (result.status, result.size, result.sha256) == (
            "uploaded",
            len(content),
            sha256(content),
        )
        assert await tk.files.content(result.file_id) == content
    assert (await tk.files.get(by_name["other.txt"].file_id)).mime_type == "text/css"
    assert not opened.closed


async def test_bytes_lost_on_the_way_of_an_iterable_are_noticed(
    connect: Connect, server: EmulatorThread
) -> None:
    answer = {"files": [{"id": "odd", "filename": "s.bin", "size": 3}]}
    server.faults.add(effect="body", body=answer, status=201, **UPLOAD)
    source = Upload(stepped([b"ste", b"pped"]), filename="s.bin")
    report = await connect(server).files.upload_many([source])
    assert isinstance(report.failures[0].error, IntegrityError)


async def test_sources_may_come_from_any_iterable_and_its_error_is_raised_after_the_rest(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    def paths() -> Iterator[Path]:
        yield from (folder / name for name in NAMES)
        raise LookupError("the list ended badly")

    with pytest.raises(LookupError, match="ended badly"):
        await connect(server).files.upload_many(paths())
    assert asked(server, "POST", "/api/files") == 4


async def test_leaving_the_results_early_closes_the_manifest(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    manifest = tmp_path / "uploads.jsonl"
    paths = [folder / name for name in NAMES]
    results = tk.files.iter_uploads(paths, manifest=manifest, concurrency=1)
    await anext(results)
    await results.aclose()
    # It would be used by another run otherwise.
    report = await tk.files.upload_many(paths, manifest=manifest)
    assert (report.files, report.failed) == (4, 0)


async def test_a_second_run_with_the_same_manifest_is_refused(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    manifest = tmp_path / "uploads.jsonl"
    results = tk.files.iter_uploads([folder / "a.txt"], manifest=manifest)
    await anext(results)
    with pytest.raises(UsageError, match="is used by another run"):
        await tk.files.upload_folder(folder, manifest=manifest)
    await results.aclose()


async def test_each_file_is_imported_and_the_result_names_the_job(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    for name in ("oak.png", "ash.png"):
        write(folder, f"textures/{name}", f"picture of {name}".encode())
    results = await results_of(
        tk,
        folder,
        pattern="**/*.png",
        import_assets=True,
        settings=ImportSettings(import_as="texture"),
    )
    for name in ("oak", "ash"):
        result = results[f"textures/{name}.png"]
        job = await tk.jobs.wait(result.job_id, interval=0)
        assert job.title == f"{name}.png"
        [made] = (await tk.catalog.job(result.job_id)).assets
        assert (made.name, made.type) == (name, "texture")
        assert (await tk.assets.get(made.asset_id)).imported_file_id == result.file_id


async def test_what_was_imported_is_not_imported_again_unless_it_is_asked_for_otherwise(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    given: dict[str, Any] = {"manifest": tmp_path / "uploads.jsonl", "pattern": "*.txt"}
    first = await results_of(tk, folder, import_assets=True, **given)
    server.clear_journal()
    again = await results_of(tk, folder, import_assets=True, **given)
    assert server.journal() == []
    assert {name: each.job_id for name, each in again.items()} == {
        name: each.job_id for name, each in first.items()
    }
    settings = {"importAs": "texture"}
    other = await results_of(tk, folder, import_assets=True, settings=settings, **given)
    assert asked(server, "POST", "/api/files") == 0
    assert {each.status for each in other.values()} == {"skipped"}
    assert {each.job_id for each in other.values()}.isdisjoint(
        each.job_id for each in first.values()
    )


async def test_a_file_held_without_a_known_id_is_uploaded_to_be_imported(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    await tk.files.upload_folder(folder)
    results = await results_of(tk, folder, import_assets=True)
    assert {each.status for each in results.values()} == {"uploaded"}
    assert all(each.job_id for each in results.values())


async def test_an_import_that_fails_to_start_is_started_by_the_next_run_without_an_upload(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path
) -> None:
    tk = connect(server)
    manifest = tmp_path / "uploads.jsonl"
    server.faults.add(effect="status", status=422, times=1, **IMPORT)
    first = await results_of(tk, folder, import_assets=True, manifest=manifest, concurrency=1)
    assert (first["a.txt"].status, first["a.txt"].job_id) == ("failed", None)
    assert first["a.txt"].file_id is not None
    server.clear_journal()
    again = await results_of(tk, folder, import_assets=True, manifest=manifest)
    assert again["a.txt"].status == "skipped"
    assert again["a.txt"].file_id == first["a.txt"].file_id
    assert again["a.txt"].job_id is not None
    assert [entry.path for entry in server.journal()] == ["/api/asset-jobs/import"]


async def test_two_files_that_would_become_one_asset_are_not_both_imported(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    write(folder, "tables/OAK.txt", b"another oak")
    write(folder, "walls/oak.txt", (folder / "chairs/oak.txt").read_bytes())
    results = await results_of(connect(server), folder, import_assets=True)
    assert results["chairs/oak.txt"].status == "uploaded"
    refused = results["tables/OAK.txt"]
    assert isinstance(refused.error, UnsafeNameError)
    assert "and so is chairs/oak.txt" in str(refused.error)
    # The same bytes under the same name: one asset is what was meant.
    assert results["walls/oak.txt"].status == "skipped"
    assert results["walls/oak.txt"].job_id == results["chairs/oak.txt"].job_id
    # Without an import both are welcome.
    assert (await connect(server).files.upload_folder(folder)).failed == 0


async def test_of_two_files_of_one_name_the_second_waits_for_the_first(
    connect: Connect, server: EmulatorThread, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "walls/oak.txt", (folder / "chairs/oak.txt").read_bytes())
    imports: dict[str, int] = {}

    def noted(part: FilePart) -> Fingerprint | None:
        imports[str(part.source)] = asked(server, "POST", "/api/asset-jobs/import")
        return fingerprint_of(part)

    monkeypatch.setattr("threekit_async.transfer.uploading.fingerprint_of", noted)
    tk = connect(server)
    await tk.files.upload_folder(folder, pattern="**/oak.txt", import_assets=True)
    assert imports == {str(folder / "chairs/oak.txt"): 0, str(folder / "walls/oak.txt"): 1}


async def test_equal_bytes_under_two_names_become_two_assets(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    write(folder, "twin.txt", (folder / "a.txt").read_bytes())
    results = await results_of(connect(server), folder, import_assets=True)
    one, other = results["a.txt"], results["twin.txt"]
    assert {one.status, other.status} == {"uploaded"}
    assert one.job_id != other.job_id


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"pattern": ""}, "is no pattern"),
        ({"pattern": "../*"}, "is no pattern"),
        ({"pattern": "/etc/*"}, "is no pattern"),
        ({"pattern": 5}, "pattern must be a text"),
        ({"pattern": None}, "pattern must be a text"),
        ({"concurrency": 0}, "concurrency must be a whole number of at least 1"),
        ({"concurrency": 2.5}, "concurrency must be a whole number"),
        ({"concurrency": True}, "concurrency must be a whole number"),
        ({"concurrency": "8"}, "concurrency must be a whole number"),
        ({"on_error": "Stop"}, "on_error must be 'continue' or 'stop', not 'Stop'"),
        ({"on_error": None}, "on_error must be"),
        ({"manifest": 5}, "manifest must be a path, not 5"),
        ({"manifest": True}, "manifest must be a path, not True"),
        ({"manifest": b"m"}, "manifest must be a path"),
        ({"manifest": ""}, "manifest must be a path"),
        ({"manifest": "a\0b"}, "manifest must be a path"),
        ({"manifest": "\ud800"}, "manifest must be a path"),
        ({"parent_folder_id": "f"}, "pass import_assets=True"),
        ({"settings": {"import_as": "model"}, "import_assets": True}, "uses the API's names"),
    ],
)
async def test_a_wrong_call_is_refused_before_the_first_request(
    connect: Connect, server: EmulatorThread, folder: Path, wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        await connect(server).files.upload_folder(folder, **wrong)
    assert server.journal() == []


async def test_what_is_no_folder_is_refused_before_the_first_request(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    for given in (folder / "nothing", folder / "a.txt"):
        with pytest.raises(UsageError, match="cannot be read"):
            await tk.files.upload_folder(given)
    for odd in (None, 5, "", "a\0b", "\ud800"):
        with pytest.raises(UsageError, match="folder must be a path"):
            await tk.files.upload_folder(odd)
    assert server.journal() == []


@pytest.mark.parametrize("sources", [None, 5, "a.txt", Path("a"), b"a", Upload(b"a")])
async def test_what_is_not_many_sources_is_refused_before_anything_is_opened(
    connect: Connect, server: EmulatorThread, tmp_path: Path, sources: Any
) -> None:
    manifest = tmp_path / "uploads.jsonl"
    with pytest.raises(UsageError, match="Pass many files"):
        await connect(server).files.upload_many(sources, manifest=manifest)
    assert not manifest.exists()
    assert server.journal() == []


async def test_a_manifest_that_names_another_file_is_refused_and_leaves_it_as_it_is(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    tk = connect(server)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(folder / "z.txt")
    for name in ("a.txt", "pipe", "link"):
        with pytest.raises(UsageError, match="is no manifest of uploads"):
            await tk.files.upload_folder(folder, manifest=folder / name)
    for name in NAMES:
        assert (folder / name).read_bytes() == f"content of {name}".encode()
    assert server.journal() == []


async def test_a_record_that_has_no_room_fails_its_file_with_a_sentence(
    connect: Connect, server: EmulatorThread, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "threekit_async.transfer.uploads_record._READ", "SELECT nothing FROM nowhere"
    )
    report = await connect(server).files.upload_folder(folder)
    assert report.failed == 4
    assert all(isinstance(each.error, DownloadError) for each in report.failures)


async def test_a_folder_as_deep_as_the_system_allows_goes_up(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    down = 1200
    names = deep(tmp_path, down)
    try:
        results = await results_of(connect(server), tmp_path)
        assert {name: each.status for name, each in results.items()} == {
            "/".join(["a"] * down + ["x.txt"]): "uploaded"
        }
    finally:
        undeep(tmp_path, names)


async def test_a_folder_deeper_than_the_system_reads_is_a_failure_and_the_rest_goes_up(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    (tmp_path / "z.txt").write_bytes(b"z")
    names = deep(tmp_path, 2100)
    try:
        report = await connect(server).files.upload_folder(tmp_path)
        [failure] = report.failures
        assert report.uploaded == 1
        assert "cannot be read: File name too long" in str(failure.error)
    finally:
        undeep(tmp_path, names)


def deep(top: Path, down: int) -> int:
    """Make folders in folders, with a file in the last: deeper than a path can say."""
    at = os.open(top, os.O_RDONLY)
    for _ in range(down):
        os.mkdir("a", dir_fd=at)
        below = os.open("a", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open("x.txt", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)
    return down


def undeep(top: Path, down: int) -> None:
    """Take them away again: pytest's own way to do so calls itself for each."""
    found = [os.open(top, os.O_RDONLY)]
    for _ in range(down):
        found.append(os.open("a", os.O_RDONLY, dir_fd=found[-1]))
        if len(found) > 2:
            # The grandparent is reached again from below.
            os.close(found.pop(0))
    at = found.pop()
    for left in found:
        os.close(left)
    os.unlink("x.txt", dir_fd=at)
    for _ in range(down):
        above = os.open("..", os.O_RDONLY, dir_fd=at)
        os.close(at)
        os.rmdir("a", dir_fd=above)
        at = above
    os.close(at)


async def test_a_long_pattern_is_compared_without_end_of_patience_or_stack(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    write(folder, "/".join("a" * 30) + "/x.txt", b"deep")
    tk = connect(server)
    for pattern, count in [
        ("**/a/" * 12 + "x.png", 0),
        ("**/" * 2000 + "x.txt", 1),
        ("a/" * 30 + "x.txt", 1),
        ("a/" * 29 + "x.txt", 0),
    ]:
        assert len(await results_of(tk, folder, pattern=pattern)) == count


@pytest.mark.parametrize("modified", [-(10**18), 2**63 + 5])
async def test_a_file_of_an_odd_time_goes_up_and_is_known_again(
    connect: Connect, server: EmulatorThread, folder: Path, tmp_path: Path, modified: int
) -> None:
    os.utime(folder / "a.txt", ns=(modified, modified))
    tk = connect(server)
    given: dict[str, Any] = {"pattern": "a.txt", "manifest": tmp_path / "uploads.jsonl"}
    assert (await tk.files.upload_folder(folder, **given)).uploaded == 1
    server.clear_journal()
    assert (await tk.files.upload_folder(folder, **given)).skipped == 1
    assert server.journal() == []


class Piped(io.BytesIO):
    """An open file that cannot be wound back."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(
    "made",
    [
        lambda: io.BytesIO(b"opened"),
        lambda: Piped(b"piped"),
        lambda: iter([b"it", b"er"]),
        lambda: stepped([b"ste", b"pped"]),
        lambda: once([b"awa", b"ited"]),
    ],
    ids=["opened", "piped", "iterator", "generator", "awaited"],
)
@pytest.mark.parametrize(("concurrency", "skip_held"), [(1, True), (4, False)])
async def test_an_open_file_or_iterator_given_twice_is_uploaded_once(
    connect: Connect, server: EmulatorThread, made: Any, concurrency: int, skip_held: bool
) -> None:
    source = made()
    sources = [Upload(source, filename=f"{number}.bin") for number in range(3)]
    report = await connect(server).files.upload_many(
        sources, concurrency=concurrency, skip_held=skip_held
    )
    assert (report.uploaded, report.failed) == (1, 2)
    assert [each.id for each in report.failures] == ["1.bin", "2.bin"]
    for each in report.failures:
        assert isinstance(each.error, UsageError)
        assert "was used for another file of this run" in str(each.error)
    assert asked(server, "POST", "/api/files") == 1


async def test_paths_bytes_and_lists_may_come_again(
    connect: Connect, server: EmulatorThread, folder: Path
) -> None:
    pieces = [b"pie", b"ces"]
    sources = [
        *[folder / "a.txt"] * 2,
        *[Upload(b"bytes", filename="b.bin")] * 2,
        *[Upload(pieces, filename="l.bin")] * 2,
    ]
    report = await connect(server).files.upload_many(sources)
    assert (report.failed, report.uploaded, report.skipped) == (0, 4, 2)


def ended(source: Any) -> Any:
    for _ in source:
        pass
    return source


@pytest.mark.parametrize(
    "made",
    [
        lambda: ended(io.BytesIO(b"opened")),
        lambda: ended(Piped(b"piped")),
        lambda: ended(iter([b"it", b"er"])),
        lambda: ended(stepped([b"ste", b"pped"])),
        lambda: once([]),
    ],
    ids=["opened", "piped", "iterator", "generator", "awaited"],
)
async def test_a_source_that_was_read_to_its_end_before_makes_no_empty_file(
    connect: Connect, server: EmulatorThread, made: Any
) -> None:
    report = await connect(server).files.upload_many([Upload(made(), filename="s.bin")])
    [failure] = report.failures
    assert isinstance(failure.error, UsageError)
    assert "it was read to its end before" in str(failure.error)
    assert failure.file_id is None


async def test_an_empty_file_that_is_open_goes_up(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    path = write(tmp_path, "empty.bin", b"")
    with path.open("rb") as file:
        report = await connect(server).files.upload_many([Upload(file, filename="empty.bin")])
    assert (report.uploaded, report.size) == (1, 0)


async def test_results_of_failures_hold_none_of_the_bytes(
    connect: Connect, server: EmulatorThread
) -> None:
    server.faults.add(effect="status", status=500, **UPLOAD)
    held: list[weakref.ref[io.BytesIO]] = []

    def opened() -> Iterator[Upload]:
        for number in range(10):
            file = io.BytesIO(str(number).encode() * 1000)
            held.append(weakref.ref(file))
            yield Upload(file, filename=f"{number}.bin")

    report = await connect(server).files.upload_many(opened(), skip_held=False)
    assert report.failed == 10
    assert await gone(held)


async def test_no_more_files_are_in_flight_than_allowed(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    for number in range(20):
        write(tmp_path / "up", f"{number}.bin", str(number).encode())
    server.faults.add(effect="delay", seconds=0.02, path="^/api/files$")
    tk = connect(server)
    await tk.files.upload_folder(tmp_path / "up", concurrency=3)
    assert server.peak_in_flight() <= 3


async def test_a_large_file_is_never_held_in_memory(
    connect: Connect, server: EmulatorThread, tmp_path: Path
) -> None:
    path = tmp_path / "up" / "large.bin"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(200_000_000)
    tk = connect(server)
    tracemalloc.start()
    try:
        report = await tk.files.upload_folder(path.parent)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert (report.uploaded, report.size) == (1, 200_000_000)
