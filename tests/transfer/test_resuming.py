"""What is asked for when a file is continued, and what is believed of the answers."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import random
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from tests.conftest import Connect
from tests.transfer.folders import files_in, unfinished_in
from tests.transfer.origin import Answer, Origin, serving
from tests.transfer.shelf import planted
from threekit_async import (
    AsyncThreekit,
    DeadlineError,
    DownloadError,
    Layer,
    Limits,
    Options,
    Progress,
    Retry,
    ThreekitError,
    TransportError,
)
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.transfer.destinations.receiving import Receiving
from threekit_async.transfer.partial import PartFile

SIZE, HAD = 1_300_000, 700_000
CONTENT = random.Random(1).randbytes(SIZE)  # noqa: S311
OTHER = random.Random(2).randbytes(SIZE + 7)  # noqa: S311
LAYER = Layer(id="layer", file_id="file", format="png")
ONCE = Retry(attempts=1)
# Fewer bytes than these, and a file that breaks off is not asked for again.
LITTLE = 60_000


@frozen(kw_only=True)
class Scene:
    """A client, and a server of one file."""

    tk: Any
    origin: Origin
    folder: Path

    async def run(self, layer: Layer = LAYER, **options: Any) -> Any:
        """Fetch the file; return how that ended."""
        report = await self.tk.layers.download_all([layer], to=self.folder, **options)
        assert report.files == 1
        [word] = [word for word in ("downloaded", "resumed", "failed") if getattr(report, word)]
        return report.failures[0].error if report.failures else word

    async def break_off(self, had: int = HAD) -> None:
        """Have a run that gets the first bytes only."""
        self.origin.cut(had, 0)
        assert isinstance(await self.run(options=Options(retry=ONCE)), TransportError)
        self.origin.twists.clear()
        self.origin.asked.clear()

    @property
    def part(self) -> Path:
        return self.folder / "layer.png.part"

    @property
    def notes(self) -> Path:
        return self.folder / "layer.png.part.json"

    def is_right(self, content: bytes = CONTENT) -> None:
        """The file is there, and nothing else."""
        assert files_in(self.folder) == ["layer.png"]
        assert (self.folder / "layer.png").read_bytes() == content


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Origin:
    """Serve the file, and know how much of it was taken."""
    origin = Origin(content=CONTENT)
    moved = Receiving._moved

    def counted(receiving: Receiving, size: int) -> None:
        if receiving.final.endswith("layer.png"):
            origin.taken = receiving.size if size > 0 else 0
        moved(receiving, size)

    monkeypatch.setattr(Receiving, "_moved", counted)
    return origin


@pytest.fixture
async def scene(connect: Connect, origin: Origin, tmp_path: Path) -> AsyncIterator[Scene]:
    """Nothing was fetched yet."""
    async with serving(origin) as raw:
        server: Any = raw
        # Nobody waits for a server that breaks off again and again.
        tk = connect(server, limits=Limits(adaptive=False))
        yield Scene(tk=tk, origin=origin, folder=tmp_path)


@pytest.mark.parametrize("had", [1, LITTLE, HAD, SIZE - 1])
async def test_only_the_missing_bytes_are_asked_for(scene: Scene, had: int) -> None:
    await scene.break_off(had)
    assert scene.part.stat().st_size == had
    told: list[Progress] = []
    assert await scene.run(progress=told.append) == "resumed"
    assert scene.origin.ranges == [(f"bytes={had}-", '"one"')]
    assert told[-1].received == SIZE
    scene.is_right()


async def test_a_connection_that_breaks_again_and_again_gets_there(scene: Scene) -> None:
    scene.origin.cut(*[100_000] * 12)
    told: list[Progress] = []
    assert await scene.run(progress=told.append) == "downloaded"
    assert [asked for asked, _ in scene.origin.ranges[1:]] == [
        f"bytes={number}00000-" for number in range(1, 13)
    ]
    assert told[-1].received == SIZE
    scene.is_right()


async def test_all_that_is_missing_is_the_name(scene: Scene) -> None:
    """As after a disk that was full for the last line of the manifest."""
    await scene.break_off()
    scene.part.write_bytes(CONTENT)
    noted = json.loads(scene.notes.read_text())
    noted |= {"written": SIZE, "sha256": hashlib.sha256(CONTENT).hexdigest()}
    scene.notes.write_text(json.dumps(noted))
    assert await scene.run() == "resumed"
    assert scene.origin.asked == []
    scene.is_right()


@pytest.mark.parametrize("etag", ['W/"weak"', None, "bare", '"a\tb"'])
async def test_without_a_strong_etag_nothing_is_asked_for_in_part(
    scene: Scene, etag: str | None
) -> None:
    scene.origin.etag = etag
    await scene.break_off()
    assert unfinished_in(scene.folder) == []
    scene.origin.cut(HAD)
    assert await scene.run() == "downloaded"
    assert scene.origin.ranges == [(None, None)] * 2
    scene.is_right()


@pytest.mark.parametrize("status", [412, 416])
async def test_a_refusal_of_the_range_is_answered_by_asking_for_all(
    scene: Scene, status: int
) -> None:
    await scene.break_off()
    scene.origin.twists = [lambda _: Answer(status=status, headers={}, body=b"")]
    assert await scene.run() == "downloaded"
    assert scene.origin.ranges == [(f"bytes={HAD}-", '"one"'), (None, None)]
    scene.is_right()


async def test_a_file_that_has_changed_meanwhile_is_fetched_anew(scene: Scene) -> None:
    await scene.break_off()
    scene.origin.content, scene.origin.etag = OTHER, '"two"'
    assert await scene.run() == "downloaded"
    assert len(scene.origin.asked) == 1
    scene.is_right(OTHER)


async def test_a_file_that_changes_while_it_is_fetched_is_not_mixed(scene: Scene) -> None:
    def changed(answer: Answer) -> Answer:
        scene.origin.content, scene.origin.etag = OTHER, '"two"'
        answer.cut = answer.until = HAD
        return answer

    scene.origin.twists = [changed]
    assert await scene.run() == "downloaded"
    assert scene.origin.ranges == [(None, None), (f"bytes={HAD}-", '"one"')]
    scene.is_right(OTHER)


async def test_another_file_of_the_same_layer_continues_nothing(scene: Scene) -> None:
    await scene.break_off()
    scene.origin.content, scene.origin.etag = OTHER, '"two"'
    assert await scene.run(Layer(id="layer", file_id="another", format="png")) == "downloaded"
    assert scene.origin.ranges == [(None, None)]
    scene.is_right(OTHER)


def headed(**changed: str | None) -> Callable[[Answer], Answer]:
    """Change headers; None removes one."""

    def twist(answer: Answer) -> Answer:
        for name, value in changed.items():
            answer.headers.pop(name.replace("_", "-"), None)
            if value is not None:
                answer.headers[name.replace("_", "-")] = value
        return answer

    return twist


def shortened(answer: Answer) -> Answer:
    answer.body = answer.body[:-5]
    return answer


def packed(answer: Answer) -> Answer:
    answer.headers["Content-Encoding"] = "gzip"
    answer.body = gzip.compress(answer.body, 1)
    return answer


@pytest.mark.parametrize(
    "twist",
    [
        headed(ETag='"two"'),
        headed(ETag='W/"two"'),
        headed(Content_Range=None),
        headed(Content_Range=f"bytes {HAD - 1}-{SIZE - 2}/{SIZE}"),
        headed(Content_Range=f"bytes {HAD}-{SIZE}/{SIZE + 1}"),
        headed(Content_Range=f"items {HAD}-{SIZE - 1}/{SIZE}"),
        shortened,
        packed,
    ],
)
async def test_a_part_that_does_not_fit_is_not_added(
    scene: Scene, twist: Callable[[Answer], Answer]
) -> None:
    await scene.break_off()
    scene.origin.twists = [twist]
    assert await scene.run() == "downloaded"
    assert scene.origin.ranges == [(f"bytes={HAD}-", '"one"'), (None, None)]
    scene.is_right()


@pytest.mark.parametrize(
    "twist",
    [
        headed(),
        headed(ETag=None),
        headed(ETag='W/"one"'),
        headed(Content_Range=f"bytes {HAD}-{SIZE - 1}/*"),
    ],
)
async def test_a_part_that_fits_is_added(scene: Scene, twist: Callable[[Answer], Answer]) -> None:
    await scene.break_off()
    scene.origin.twists = [twist]
    assert await scene.run() == "resumed"
    scene.is_right()


def in_part(size: int, *, total: int | str = SIZE) -> Callable[[Answer], Answer]:
    """Answer with the first bytes of what was asked for, and say so."""

    def twist(answer: Answer) -> Answer:
        start = int(answer.headers["Content-Range"].removeprefix("bytes ").partition("-")[0])
        answer.body = answer.body[:size]
        answer.headers["Content-Range"] = f"bytes {start}-{start + size - 1}/{total}"
        return answer

    return twist


@pytest.mark.parametrize("total", [SIZE, "*"])
async def test_who_is_sent_a_part_of_the_rest_asks_on(scene: Scene, total: int | str) -> None:
    await scene.break_off()
    scene.origin.twists = [in_part(200_000, total=total), in_part(1, total=total)]
    told: list[Progress] = []
    assert await scene.run(progress=told.append) == "resumed"
    assert [asked for asked, _ in scene.origin.ranges] == [
        f"bytes={had}-" for had in (HAD, HAD + 200_000, HAD + 200_001)
    ]
    assert told[-1].received == SIZE
    scene.is_right()


async def test_a_part_of_the_rest_that_breaks_off_keeps_what_came(scene: Scene) -> None:
    await scene.break_off()
    scene.origin.twists = [in_part(200_000)]
    scene.origin.cut(0)
    assert isinstance(await scene.run(options=Options(retry=ONCE)), TransportError)
    assert scene.part.stat().st_size == HAD + 200_000
    assert await scene.run() == "resumed"
    scene.is_right()


@pytest.mark.parametrize("size", [SIZE - 500, SIZE + 500])
async def test_two_lengths_under_one_etag_are_not_believed(scene: Scene, size: int) -> None:
    await scene.break_off()

    def otherwise(answer: Answer) -> Answer:
        answer.body = (answer.body + bytes(500))[: size - HAD]
        answer.headers["Content-Range"] = f"bytes {HAD}-{size - 1}/{size}"
        return answer

    scene.origin.twists = [otherwise]
    assert await scene.run() == "downloaded"
    assert scene.origin.ranges == [(f"bytes={HAD}-", '"one"'), (None, None)]
    scene.is_right()


async def test_a_part_without_a_total_is_measured_by_what_was_said_before(scene: Scene) -> None:
    await scene.break_off()
    scene.origin.twists = [
        lambda answer: shortened(headed(Content_Range=f"bytes {HAD}-{SIZE - 1}/*")(answer))
    ]
    assert await scene.run() == "downloaded"
    scene.is_right()


async def test_the_length_of_an_answer_before_does_not_end_another_one(scene: Scene) -> None:
    """The first says a length that the second, packed, has reached before its end."""
    scene.origin.content = CONTENT[:HAD]

    def longer(answer: Answer) -> Answer:
        scene.origin.content = CONTENT
        answer.cut = 0
        return answer

    def cut_in_its_middle(answer: Answer) -> Answer:
        answer.headers["Content-Encoding"] = "gzip"
        answer.body = gzip.compress(CONTENT, 0)
        answer.cut, answer.until = packed_length(answer.body, HAD), HAD
        return answer

    scene.origin.etag = None
    scene.origin.twists = [
        longer,
        cut_in_its_middle,
        lambda _: Answer(status=0, headers={}, body=b""),
    ]
    assert isinstance(await scene.run(), TransportError)
    assert len(scene.origin.asked) == 3
    assert await scene.run() == "downloaded"
    scene.is_right()


def packed_length(body: bytes, size: int) -> int:
    """Say after how many bytes of a body so many have been unpacked."""
    fewest, most = 0, len(body)
    while fewest < most:
        middle = (fewest + most) // 2
        if len(zlib.decompressobj(31).decompress(body[:middle])) < size:
            fewest = middle + 1
        else:
            most = middle
    return fewest


@pytest.mark.parametrize("status", [200, 206])
@pytest.mark.parametrize("encoding", ["x-gzip", "compress", "gzip, br"])
async def test_bytes_that_nobody_unpacks_get_no_name(
    scene: Scene, encoding: str, status: int
) -> None:
    if status == 206:
        await scene.break_off()
    scene.origin.twists = [headed(Content_Encoding=encoding)] * 9
    error = await scene.run()
    assert isinstance(error, DownloadError)
    assert repr(encoding) in str(error)
    assert not (scene.folder / "layer.png").exists()


async def test_what_an_object_store_says_of_an_upload_changes_nothing(scene: Scene) -> None:
    await scene.break_off()
    scene.origin.twists = [headed(Content_Encoding="aws-chunked")]
    assert await scene.run() == "resumed"
    scene.is_right()


def changed_byte(scene: Scene) -> None:
    begun = bytearray(scene.part.read_bytes())
    begun[1234] ^= 1
    scene.part.write_bytes(begun)


@pytest.mark.parametrize(
    "damage",
    [
        changed_byte,
        lambda scene: os.truncate(scene.part, HAD - 1),
        lambda scene: scene.part.unlink(),
        lambda scene: scene.part.write_bytes(b""),
        lambda scene: scene.notes.write_text('{"etag": "'),
        lambda scene: scene.notes.write_text("[]"),
        lambda scene: scene.notes.write_bytes(b"\xff"),
        lambda scene: scene.notes.unlink(),
    ],
)
async def test_what_was_damaged_meanwhile_is_fetched_anew(
    scene: Scene, damage: Callable[[Scene], object]
) -> None:
    await scene.break_off()
    damage(scene)
    assert await scene.run() == "downloaded"
    assert scene.origin.ranges == [(None, None)]
    scene.is_right()


async def test_what_was_written_behind_the_notes_is_cut_off(scene: Scene) -> None:
    await scene.break_off()
    with scene.part.open("ab") as part:
        part.write(b"x" * SIZE)
    assert await scene.run() == "resumed"
    scene.is_right()


async def test_a_part_that_is_another_name_of_a_finished_file_is_not_written_to(
    scene: Scene,
) -> None:
    finished = scene.folder / "finished.png"
    finished.write_bytes(OTHER)
    os.link(finished, scene.part)
    assert await scene.run() == "downloaded"
    assert finished.read_bytes() == OTHER
    finished.unlink()
    scene.is_right()


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A disk that begins to write only when the event is set."""
    awake, begun = threading.Event(), PartFile.begun

    def late(final: str) -> PartFile:
        assert awake.wait(30)
        return begun(final)

    monkeypatch.setattr(PartFile, "begun", late)
    yield awake
    awake.set()


async def test_a_file_asked_for_anew_while_the_disk_is_slow_is_not_mixed(
    scene: Scene, slow_disk: threading.Event
) -> None:
    def again(answer: Answer) -> Answer:
        answer.then = slow_disk.set
        return answer

    scene.origin.etag = None
    scene.origin.cut(HAD)
    scene.origin.twists.append(again)
    assert await scene.run() == "downloaded"
    scene.is_right()


async def test_a_run_that_fails_while_the_disk_is_slow_keeps_what_came(
    scene: Scene, slow_disk: threading.Event
) -> None:
    def refused(_answer: Answer) -> Answer:
        return Answer(status=404, headers={}, body=b"", then=slow_disk.set)

    scene.origin.cut(HAD)
    scene.origin.twists.append(refused)
    assert isinstance(await scene.run(), ThreekitError)
    assert scene.part.stat().st_size == HAD
    assert await scene.run() == "resumed"
    scene.is_right()


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0)


async def test_a_deadline_keeps_what_came(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: list[asyncio.Timeout] = []
    bounded, moved = asyncio.timeout, Receiving._moved

    def timeout(delay: float | None) -> asyncio.Timeout:
        bounds.append(bounded(delay))
        return bounds[-1]

    def passing(receiving: Receiving, size: int) -> None:
        moved(receiving, size)
        if size > 0 and receiving.size == HAD:  # the clock jumps
            now = asyncio.get_running_loop().time()
            [bound] = [each for each in bounds if (each.when() or now) > now + 500]
            bound.reschedule(now)

    scene.origin.stall(HAD)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "timeout", timeout)
        patch.setattr(Receiving, "_moved", passing)
        error = await scene.run(options=Options(deadline=1000))
    assert isinstance(error, DeadlineError)
    assert scene.part.stat().st_size == HAD
    assert await scene.run() == "resumed"
    scene.is_right()


async def test_leaving_the_results_early_keeps_what_came(scene: Scene) -> None:
    layers = [LAYER, Layer(id="quick", file_id="quick", format="png")]
    scene.origin.stall(HAD)
    scene.origin.twisted = "/file/content"
    results = scene.tk.layers.iter_downloads(layers, to=scene.folder)
    async with aclosing(results):
        assert (await anext(results)).id == "quick"
        await until(lambda: scene.origin.taken == HAD)
    assert scene.part.stat().st_size == HAD
    scene.origin.asked.clear()
    assert await scene.run() == "resumed"
    assert scene.origin.ranges == [(f"bytes={HAD}-", '"one"')]
    (scene.folder / "quick.png").unlink()
    scene.is_right()


@pytest.fixture
async def own_scene(origin: Origin, tmp_path: Path) -> AsyncIterator[Scene]:
    """The same in the asynchronous world alone, where tasks are cancelled."""
    async with (
        serving(origin) as raw,
        AsyncThreekit(token=raw.private_token, org_id=raw.org_id, host=raw.url) as tk,
    ):
        yield Scene(tk=tk, origin=origin, folder=tmp_path)


async def cancelled(run: asyncio.Task[Any], *, times: int = 1) -> None:
    for _ in range(times):
        run.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await run


@pytest.mark.parametrize("single", [True, False])
async def test_who_is_cancelled_keeps_what_came(own_scene: Scene, single: bool) -> None:
    scene = own_scene
    scene.origin.stall(HAD)
    one = scene.tk.layers.download(LAYER, to=scene.folder)
    run = asyncio.create_task(one if single else scene.run())
    if not single:
        one.close()
    await until(lambda: scene.origin.taken == HAD)
    await cancelled(run)
    assert scene.part.stat().st_size == HAD
    assert await scene.run() == "resumed"
    scene.is_right()


async def test_who_is_cancelled_while_a_part_is_read_lets_go_of_it(
    own_scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = own_scene
    await scene.break_off()
    reading, go_on = threading.Event(), threading.Event()
    take_up = PartFile._take_up

    def slowly(part: PartFile, notes: Any) -> None:
        reading.set()
        assert go_on.wait(30)
        take_up(part, notes)

    monkeypatch.setattr(PartFile, "_take_up", slowly)
    run = asyncio.create_task(scene.run())
    await until(reading.is_set)
    run.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await run
    assert await scene.run() == "resumed"
    scene.is_right()


@pytest.mark.parametrize("times", [2, 3])
async def test_who_is_cancelled_more_than_once_is_not_held_up(own_scene: Scene, times: int) -> None:
    scene = own_scene
    scene.origin.stall(HAD)
    run = asyncio.create_task(scene.run())
    await until(lambda: scene.origin.taken == HAD)
    await cancelled(run, times=times)
    await asyncio.wait_for(scene.tk.aclose(), timeout=5)


async def test_a_first_run_without_the_record_is_continued_by_one_that_verifies(
    connect: Connect, tmp_path: Path
) -> None:
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        shelf, tk = planted(server, [SIZE]), connect(server)
        server.faults.add(effect="truncate", bytes=HAD, path="/content$", times=1)
        server.faults.add(effect="reset_before", path="/content$")
        assert (await tk.layers.download_all(shelf.layers, to=tmp_path)).failed == 1
        server.faults.clear()
        again = await tk.layers.download_all(shelf.layers, to=tmp_path, verify=True)
        assert again.resumed == 1
        shelf.complete_in(tmp_path)
