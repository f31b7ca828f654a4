"""The generator's command: what it notices, what it writes, and what it leaves alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from threekit_async.sync import generate
from threekit_async.sync.generate import PACKAGE, generated, main
from threekit_async.sync.generator.comparing import HAND_WRITTEN


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the generator reads, and of what it writes."""
    root = tmp_path / "threekit_async"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE / "services", root / "services", ignore=ignore)
    shutil.copytree(PACKAGE / "sync", root / "sync", ignore=ignore)
    shutil.copy(PACKAGE / "client.py", root / "client.py")
    return root


def checked(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """What `--check` returns, and its lines."""
    status = main(["--check"], root=root)
    return status, capsys.readouterr().err.splitlines()


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_repository_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(PACKAGE, capsys) == (0, [])


def test_a_copy_is_up_to_date(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(copy, capsys) == (0, [])


def appended(root: Path) -> None:
    with (root / "sync/services/layers.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef added() -> None:\n    pass\n")


def appended_to_a_source(root: Path) -> None:
    with (root / "services/webhooks.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef added() -> None:\n    pass\n")


def orphaned(root: Path) -> None:
    shutil.copy(root / "sync/services/jobs.py", root / "sync/services/shops.py")


def deleted(root: Path) -> None:
    (root / "sync/services/jobs.py").unlink()


def described_anew(root: Path) -> None:
    changed(root / "services/files.py", '"""Read and upload files.', '"""Read, and upload, files.')


def inherited_anew(root: Path) -> None:
    changed(root / "services/service.py", "with other defaults", "with new defaults")


def broken(root: Path) -> None:
    changed(root / "services/orders.py", "class Orders(Service):", "class Orders(Service:")


def emptied(root: Path) -> None:
    for path in (root / "services").glob("*.py"):
        path.unlink()


def emptied_but_for_its_door(root: Path) -> None:
    for path in (root / "services").glob("[a-z]*.py"):
        path.unlink()


def removed(root: Path) -> None:
    shutil.rmtree(root / "services")


def without_client(root: Path) -> None:
    (root / "client.py").unlink()


DIFFERS = "sync/{}: run `make generate`"


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (appended, DIFFERS.format("services/layers.py differs")),
        (appended_to_a_source, DIFFERS.format("services/webhooks.py differs")),
        (orphaned, DIFFERS.format("services/shops.py has no source")),
        (deleted, DIFFERS.format("services/jobs.py is missing")),
        (described_anew, DIFFERS.format("services/files.py differs")),
        (broken, "services/orders.py, line 22: this is no Python: "),
        (emptied, "There is no client or no service in "),
        (emptied_but_for_its_door, "There is no client or no service in "),
        (removed, "There is no client or no service in "),
        (without_client, "client.py: there is no such file below "),
    ],
)
def test_each_breakage_fails_the_check_with_one_sentence(
    copy: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None], line: str
) -> None:
    damage(copy)
    status, lines = checked(copy, capsys)
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(line)


def test_the_hash_covers_what_services_inherit(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (copy / "services/service.py").open("a", encoding="utf-8") as file:
        file.write("# nothing that is carried over\n")
    status, lines = checked(copy, capsys)
    assert status == 1
    assert len(lines) == 12
    inherited_anew(copy)
    assert main([], root=copy) == 0
    text = (copy / "sync/services/layers.py").read_text(encoding="utf-8")
    assert "Return this service with new defaults" in text
    assert "threekit_async/services/layers.py and threekit_async/services/service.py." in text


def test_every_difference_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for damage in (appended, orphaned, deleted, described_anew):
        damage(copy)
    shutil.copy(copy / "client.py", copy / "sync" / "client.pyi")
    (copy / "sync" / "py.typed").touch()
    (copy / "sync" / "bridges.py").touch()
    (copy / "sync" / "services" / "bridge.py").touch()
    (copy / "sync" / "services" / "old" / "deep").mkdir(parents=True)
    (copy / "sync" / "services" / "old" / "old.py").touch()
    (copy / "sync" / "empty" / "__pycache__").mkdir(parents=True)
    status, lines = checked(copy, capsys)
    assert status == 1
    assert [line.partition(":")[0] for line in lines] == [
        "sync/bridges.py has no source",
        "sync/client.pyi has no source",
        "sync/empty/ has no source",
        "sync/py.typed has no source",
        "sync/services/bridge.py has no source",
        "sync/services/files.py differs",
        "sync/services/jobs.py is missing",
        "sync/services/layers.py differs",
        "sync/services/old/ has no source",
        "sync/services/old/deep/ has no source",
        "sync/services/old/old.py has no source",
        "sync/services/shops.py has no source",
    ]


def test_what_has_no_source_is_removed_when_the_generator_wrote_it(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orphaned(copy)
    (copy / "sync" / "services" / "old" / "__pycache__").mkdir(parents=True)
    assert main([], root=copy) == 0
    assert checked(copy, capsys) == (0, [])
    assert not (copy / "sync" / "services" / "old").exists()


def test_what_somebody_else_wrote_is_told_of_and_left_alone(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "sync" / "bridges.py").write_text("# by hand, and new\n", encoding="utf-8")
    (copy / "sync" / "notes").mkdir()
    (copy / "sync" / "notes" / "plan.md").write_text("# by hand", encoding="utf-8")
    assert main([], root=copy) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"sync/{name} has no source: run `make generate`, or name it in generator/comparing.py"
        for name in ("bridges.py", "notes/", "notes/plan.md")
    ]
    assert (copy / "sync" / "bridges.py").exists()
    assert (copy / "sync" / "notes" / "plan.md").exists()


@pytest.mark.parametrize("spoil", [b"\r\n", b"\n\n", b" \n"])
def test_files_are_compared_byte_by_byte(
    copy: Path, capsys: pytest.CaptureFixture[str], spoil: bytes
) -> None:
    path = copy / "sync" / "services" / "__init__.py"
    path.write_bytes(path.read_bytes().replace(b"\n", spoil, 1))
    assert checked(copy, capsys) == (1, [DIFFERS.format("services/__init__.py differs")])
    assert main([], root=copy) == 0
    assert b"\r" not in path.read_bytes()


def test_caches_are_none_of_its_business(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("__pycache__", "services/__pycache__", ".ruff_cache/0.1"):
        (copy / "sync" / folder).mkdir(parents=True, exist_ok=True)
        (copy / "sync" / folder / "client.cpython-311.pyc").touch()
    assert checked(copy, capsys) == (0, [])


def test_what_is_written_by_hand_may_be_missing_and_is_left_alone(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "sync" / "bridge.py").unlink()
    (copy / "sync" / "pager.py").write_text("# by hand\n", encoding="utf-8")
    assert checked(copy, capsys) == (0, [])
    assert main([], root=copy) == 0
    assert (copy / "sync" / "pager.py").read_text(encoding="utf-8") == "# by hand\n"
    assert not (copy / "sync" / "bridge.py").exists()


def test_the_hand_written_modules_are_named_and_all_are_there() -> None:
    there = {path.name for path in (PACKAGE / "sync").iterdir() if path.suffix == ".py"}
    assert there - {"__init__.py", "client.py"} == HAND_WRITTEN


def test_what_is_right_already_is_not_touched(copy: Path) -> None:
    described_anew(copy)
    paths = [path for path in (copy / "sync").rglob("*.py") if path.name not in HAND_WRITTEN]
    before = {path: path.stat().st_mtime_ns for path in paths}
    assert main([], root=copy) == 0
    after = {path: path.stat().st_mtime_ns for path in paths}
    assert {path.name for path in paths if before[path] != after[path]} == {"files.py"}


@pytest.mark.parametrize("damage", [broken, emptied])
def test_nothing_is_written_when_there_is_a_problem(
    copy: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    orphaned(copy)
    deleted(copy)
    described_anew(copy)
    damage(copy)
    before = {path: path.stat().st_mtime_ns for path in (copy / "sync").rglob("*")}
    assert main([], root=copy) == 1
    assert capsys.readouterr().err.endswith("Nothing was written.\n")
    assert {path: path.stat().st_mtime_ns for path in (copy / "sync").rglob("*")} == before


def test_everything_is_written_where_nothing_was(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in (copy / "sync" / "services").rglob("*.py")}
    shutil.rmtree(copy / "sync")
    status, lines = checked(copy, capsys)
    assert (status, len(lines)) == (1, 15)
    assert all(line.endswith("is missing: run `make generate`") for line in lines)
    assert main([], root=copy) == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_in_the_place_of_a_file_gives_way(copy: Path) -> None:
    (copy / "sync" / "client.py").unlink()
    (copy / "sync" / "client.py" / "inner").mkdir(parents=True)
    assert main([], root=copy) == 0
    assert main(["--check"], root=copy) == 0


def test_a_module_of_a_service_in_a_folder_of_its_own_is_a_problem(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / "services" / "shops").mkdir()
    (copy / "services" / "shops" / "carts.py").touch()
    status, lines = checked(copy, capsys)
    assert status == 1
    assert lines == [
        "services/shops/carts.py: modules of services lie in services/ itself. Nothing was written."
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "this is no Python: 'utf-8' codec"),
        (b"x = '\x00'", "this is no Python: "),
        (b"x = 1\n", "has no `__all__ = (...)`"),
        (b"__all__ = names()\n", "has an `__all__` that is not written out as text."),
        (b"__all__ = (NAME,)\n", "has an `__all__` that is not written out as text."),
    ],
)
def test_a_source_that_cannot_be_read_is_named(
    copy: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    (copy / "services" / "checks.py").write_bytes(content)
    status, lines = checked(copy, capsys)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith("services/checks.py")
    assert says in lines[0]


def test_the_formatter_runs_twice_however_many_files_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands: list[list[str]] = []
    run = subprocess.run

    def counted(command: list[str], **options: Any) -> Any:
        commands.append(command)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    assert main(["--check"]) == 0
    assert [command[3] for command in commands] == ["check", "format"]


def test_a_formatter_that_fails_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "SETTINGS", Path("nowhere.toml"))
    assert main(["--check"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("The formatter (ruff check) failed: ")
    assert err.count("\n") == 1


def test_files_that_cannot_be_written_are_a_sentence(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied", path.name)

    deleted(copy)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    monkeypatch.setattr(generate, "formatted", lambda _: {"services/jobs.py": b""})
    assert main([], root=copy) == 1
    assert capsys.readouterr().err == (
        "The files cannot be read or written: [Errno 13] Permission denied: 'jobs.py'.\n"
    )


def test_every_file_says_where_it_comes_from() -> None:
    for path, text in generated().items():
        source = "client.py" if path == "__init__.py" else path
        assert f"threekit_async/{source}" in text
        assert ". Do not edit.\n" in text
        assert "\n# sha256 of " in text


def test_the_synchronous_client_is_one_for_a_process_and_for_all_its_threads() -> None:
    text = " ".join(generated()["client.py"].split())
    assert "Make one client for each process; any thread may share it." in text
    assert "opened by the first request and closed by `close()` or `with`." in text
