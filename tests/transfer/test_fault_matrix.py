"""Every fault the emulator knows, met fresh and in the middle: right bytes, or a named error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.conftest import Connect
from tests.transfer.folders import finished_in, unfinished_in
from tests.transfer.shelf import CONTENT, MIXED, Shelf, planted
from threekit_async import (
    IntegrityError,
    Layer,
    Limits,
    RedirectError,
    ServerError,
    ThreekitError,
    TransferReport,
    TransportError,
)
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.emulator.faults.effects import SPOILERS

PAGES = ("repeat_page", "shift_page", "empty_page")
FILES = [effect for effect in SPOILERS if effect not in PAGES]
# How a fault is set up; `{self}` is the address it meets.
RULES: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 0.01},
    "drip": {"bytes": 150_000, "interval": 0.001},
    "redirect": {"location": "{self}"},
    "body": {"body": {"error": "not today"}},
    "truncate": {"bytes": 50},
    "wrong_length": {"bytes": 900},
    "wrong_range": {"bytes": 7},
}
# What becomes of files that meet the fault each time; of the others, every byte is right.
LASTING: dict[str, type[ThreekitError]] = {
    "status": ServerError,
    "html": ServerError,
    "redirect": RedirectError,
    "malformed_json": IntegrityError,
    "not_utf8": IntegrityError,
    "empty": IntegrityError,
    "body": IntegrityError,
    "reset_before": TransportError,
    "reset_after": TransportError,
    "truncate": TransportError,
    "wrong_length": IntegrityError,
}
# These cannot be seen without the file's record: the answer announces what it brings.
UNSEEN = frozenset({"wrong_length"})
# After these an earlier run's bytes are of no use; the others let them be continued.
FROM_ZERO = frozenset({"new_etag", "ignore_range", "wrong_range", "gzip", "wrong_length"})


@pytest.fixture(scope="module")
def stage() -> Iterator[EmulatorThread]:
    """Serve files in part and with etags."""
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        yield server


@pytest.fixture(scope="module")
def shelf(stage: EmulatorThread) -> Shelf:
    """Files of all sizes; nothing ever changes them."""
    return planted(stage, MIXED)


@pytest.fixture
def server(stage: EmulatorThread) -> Iterator[EmulatorThread]:
    """The server, with no faults yet."""
    stage.faults.clear()
    stage.clear_journal()
    yield stage
    stage.faults.clear()


@frozen(kw_only=True)
class Scene:
    """A client of a server with files, and a folder for them."""

    tk: Any
    server: EmulatorThread
    shelf: Shelf
    folder: Path

    async def run(self, *, verify: bool = False) -> TransferReport:
        """Download every file."""
        report: TransferReport = await self.tk.layers.download_all(
            self.shelf.layers, to=self.folder, verify=verify
        )
        return report

    def spoil(self, effect: str, *, times: int | None, of: str = "/content") -> None:
        """Have the contents, or the record, of each file meet the fault so many times."""
        for layer in self.shelf.layers:
            self.spoil_one(layer, effect, times=times, of=of)

    def spoil_one(self, layer: Layer, effect: str, *, times: int | None, of: str) -> None:
        path = f"/api/files/{layer.file_id}{of}"
        rule = {
            key: value.replace("{self}", self.server.url + path) if key == "location" else value
            for key, value in RULES.get(effect, {}).items()
        }
        self.server.faults.add(effect=effect, path=f"{path}$", times=times, **rule)

    async def break_off(self) -> None:
        """Have a run that loses each file's connection in the middle, and leaves parts."""
        for layer, size in zip(self.shelf.layers, MIXED, strict=True):
            path = f"{layer.file_id}{CONTENT}"
            self.server.faults.add(effect="truncate", bytes=size * 2 // 3, path=path, times=1)
        self.server.faults.add(effect="reset_before", path=CONTENT)
        report = await self.run()
        assert (report.failed, finished_in(self.folder)) == (3, [])
        self.shelf.tidy_in(self.folder)
        self.server.faults.clear()
        self.server.clear_journal()


def patient(connect: Connect, server: EmulatorThread) -> Any:
    """Connect a client that does not wait for a server of which nothing comes."""
    return connect(server, limits=Limits(adaptive=False))


@pytest.fixture
def scene(connect: Connect, server: EmulatorThread, shelf: Shelf, tmp_path: Path) -> Scene:
    """Nothing was fetched yet."""
    return Scene(tk=patient(connect, server), server=server, shelf=shelf, folder=tmp_path)


@pytest.fixture(params=["fresh", "resumed"])
async def begun(request: pytest.FixtureRequest, scene: Scene) -> bool:
    """Say whether an earlier run has left the beginning of each file."""
    if request.param == "resumed":
        await scene.break_off()
        assert len(unfinished_in(scene.folder)) == 6
    return bool(request.param == "resumed")


@pytest.mark.parametrize("effect", FILES)
async def test_a_fault_that_comes_once_costs_no_byte(
    scene: Scene, begun: bool, effect: str
) -> None:
    scene.spoil(effect, times=1)
    report = await scene.run(verify=effect in UNSEEN)
    assert report.failures == []
    continued = begun and effect not in FROM_ZERO
    assert (report.resumed, report.downloaded) == ((3, 0) if continued else (0, 3))
    scene.shelf.complete_in(scene.folder)
    assert all(rule.times == 0 for rule in scene.server.faults.rules())


@pytest.mark.parametrize("effect", FILES)
async def test_a_fault_that_stays_leaves_right_bytes_or_a_named_error(
    scene: Scene, begun: bool, effect: str
) -> None:
    error = LASTING.get(effect)
    scene.spoil(effect, times=None)
    report = await scene.run(verify=effect in UNSEEN)
    finished = scene.shelf.tidy_in(scene.folder)
    assert len(finished) == (0 if error else 3)
    assert report.failed == 3 - len(finished)
    assert all(isinstance(failure.error, error or ()) for failure in report.failures)
    scene.server.faults.clear()
    again = await scene.run()
    assert (again.failed, again.skipped) == (0, len(finished))
    scene.shelf.complete_in(scene.folder)


@pytest.mark.parametrize("effect", FILES)
async def test_one_file_meets_a_fault_as_many_do(scene: Scene, begun: bool, effect: str) -> None:
    layer, verify = scene.shelf.layers[1], effect in UNSEEN
    scene.spoil_one(layer, effect, times=None, of="/content")
    if effect in LASTING:
        with pytest.raises(LASTING[effect]):
            await scene.tk.layers.download(layer, to=scene.folder, verify=verify)
        assert scene.shelf.tidy_in(scene.folder) == set()
        scene.server.faults.clear()
    result = await scene.tk.layers.download(layer, to=scene.folder, verify=verify)
    assert scene.shelf.tidy_in(scene.folder) == {result.path.name}
    assert result.sha256 == scene.shelf.promised[result.path.name]


@pytest.mark.parametrize("verify", [True, False])
async def test_a_page_that_says_it_is_the_file_costs_nothing_of_what_is_there(
    scene: Scene, verify: bool
) -> None:
    await scene.break_off()
    scene.server.faults.add(effect="html", status=200, path=CONTENT)
    report = await scene.run(verify=verify)
    assert all(isinstance(failure.error, IntegrityError) for failure in report.failures)
    assert report.failed == 3
    scene.server.faults.clear()
    again = await scene.run(verify=verify)
    assert again.resumed == 3
    scene.shelf.complete_in(scene.folder)


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("effect", FILES)
async def test_a_fault_of_the_files_records_leaves_no_wrong_file(
    scene: Scene, effect: str, times: int | None
) -> None:
    scene.spoil(effect, times=times, of="")
    report = await scene.run(verify=True)
    finished = scene.shelf.tidy_in(scene.folder)
    assert report.failed == 3 - len(finished)
    assert all(isinstance(failure.error, ThreekitError) for failure in report.failures)
    scene.server.faults.clear()
    again = await scene.run(verify=True)
    assert (again.failed, again.skipped) == (0, len(finished))
    scene.shelf.complete_in(scene.folder)


async def listed(tk: Any, shelf: Shelf, folder: Path) -> TransferReport | ThreekitError:
    try:
        report: TransferReport = await tk.layers.download_all(
            tk.layers.list(per_page=10), to=folder
        )
    except ThreekitError as error:
        return error
    return report


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize(
    ("effect", "rule"),
    [
        ("repeat_page", {}),
        ("shift_page", {"rows": 3}),
        ("shift_page", {"rows": -3}),
        ("empty_page", {}),
        *((effect, RULES.get(effect, {})) for effect in FILES if effect != "redirect"),
        ("redirect", {"location": "/api/layers"}),
    ],
)
async def test_a_fault_of_the_pages_hides_no_layer_without_a_word(
    connect: Connect, tmp_path: Path, effect: str, rule: dict[str, Any], times: int | None
) -> None:
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        shelf = planted(server, [100] * 45)
        server.faults.add(effect=effect, path="^/api/layers$", after=1, times=times, **rule)
        tk = patient(connect, server)
        ended = await listed(tk, shelf, tmp_path)
        finished = shelf.tidy_in(tmp_path)
        # A server that always shows the same end of a listing shows none of the rest.
        if isinstance(ended, TransferReport) and (effect, times) != ("empty_page", None):
            assert ended.failed == 0
            sure = ended.walked is not None and ended.walked.confirmed
            assert finished == set(shelf.promised) or not sure
        server.faults.clear()
        again = await listed(tk, shelf, tmp_path)
        assert isinstance(again, TransferReport)
        assert again.skipped == len(finished)
        shelf.complete_in(tmp_path)


@pytest.mark.parametrize(("ranges", "etags"), [(False, True), (True, False), (False, False)])
async def test_a_server_without_ranges_or_etags_is_asked_from_zero(
    connect: Connect, tmp_path: Path, ranges: bool, etags: bool
) -> None:
    with EmulatorThread(EmulatorSettings(ranges=ranges, etags=etags)) as server:
        shelf, tk = planted(server, MIXED), patient(connect, server)
        for layer, size in zip(shelf.layers, MIXED, strict=True):
            path = f"{layer.file_id}{CONTENT}"
            server.faults.add(effect="truncate", bytes=size * 2 // 3, path=path, times=1)
        server.faults.add(effect="reset_before", path=CONTENT)
        report = await tk.layers.download_all(shelf.layers, to=tmp_path)
        assert report.failed == 3
        assert shelf.tidy_in(tmp_path) == set()
        server.faults.clear()
        server.clear_journal()
        again = await tk.layers.download_all(shelf.layers, to=tmp_path)
        assert (again.downloaded, again.resumed) == (3, 0)
        shelf.complete_in(tmp_path)
        asked = [entry for entry in server.journal() if entry.path.endswith("/content")]
        assert sorted((entry.status, entry.bytes) for entry in asked) == [
            (200, size) for size in MIXED
        ]


async def test_a_length_that_is_too_short_is_believed_until_a_run_verifies(scene: Scene) -> None:
    """What the guide says of it: without the record nothing shows it, and the file is kept."""
    scene.spoil("wrong_length", times=None)
    assert (await scene.run()).downloaded == 3
    scene.server.faults.clear()
    assert (await scene.run()).skipped == 3
    repaired = await scene.run(verify=True)
    assert (repaired.downloaded, repaired.failed) == (3, 0)
    scene.shelf.complete_in(scene.folder)
