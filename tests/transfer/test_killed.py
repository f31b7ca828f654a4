"""A process that is killed at any moment, and started again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define, field

from tests.transfer.folders import finished_in, unfinished_in
from tests.transfer.shelf import Shelf, planted
from threekit_async.emulator import EmulatorSettings, EmulatorThread
from threekit_async.transfer.cleaning import NOTES_SUFFIX, PART_SUFFIX
from threekit_async.transfer.resume import Notes

SCRIPT = Path(__file__).parent / "killed_run.py"
KILLS = 20
SIZES = (*[400] * 250, *[20_000] * 220, *[600_000] * 26, *[9_500_000] * 4)
BIG, SMALLER = 20_000_000, 6_000_000
MIB = 1024 * 1024


@pytest.fixture
def server() -> Iterator[EmulatorThread]:
    """Serve files in part and with etags."""
    with EmulatorThread(EmulatorSettings(ranges=True, etags=True)) as server:
        yield server


@define(kw_only=True)
class Victim:
    """Starts the run again and again."""

    server: EmulatorThread
    folder: Path
    #: How each file ended that a run has told of.
    told: list[str] = field(factory=list[str])

    def start(
        self, *, at: int = 0, of: str = "changes", how: str = "before", link: bool = False
    ) -> subprocess.Popen[str]:
        """Start a run that kills itself at one of its changes of files, or never."""
        words = ["link" if link else "copy", str(at), of, how]
        return subprocess.Popen(
            [
                sys.executable,
                SCRIPT,
                self.server.url,
                self.server.private_token,
                self.folder,
                *words,
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=SCRIPT.parents[2],
        )

    def killed_itself(
        self, *, at: int, of: str = "changes", how: str = "before", link: bool = False
    ) -> bool:
        """Let it run until it does; False when it came to its end before."""
        with self.start(at=at, of=of, how=how, link=link) as process:
            self.told += process.communicate()[0].splitlines()
        return process.returncode == -signal.SIGKILL

    def killed_after(self, files: int, *, link: bool) -> bool:
        """Kill it as soon as it has told of so many files it has fetched or copied."""
        with self.start(link=link) as process:
            assert process.stdout is not None
            while files and (line := process.stdout.readline()):
                self.told.append(line.strip())
                files -= not line.startswith("skipped")
            process.kill()
            self.told += process.stdout.read().splitlines()
        return process.returncode == -signal.SIGKILL

    def complete(self) -> list[str]:
        """Let it run to its end; return how the files ended."""
        with self.start() as process:
            told = process.communicate()[0].splitlines()
        assert process.returncode == 0
        return told


def test_a_run_that_is_killed_twenty_times_loses_nothing_and_fetches_nothing_twice(
    server: EmulatorThread, tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311
    sizes = list(SIZES)
    chance.shuffle(sizes)
    shelf = planted(server, sizes)
    victim = Victim(server=server, folder=tmp_path)
    known: dict[str, float] = {}
    kills = 0
    for _ in range(2 * KILLS):
        link, finished = chance.random() < 0.3, len(known)
        if chance.random() < 0.4:
            kills += victim.killed_after(chance.randint(0, 25), link=link)
        else:
            # What was finished before is read again first, which is a change each.
            at = chance.randint(1, 70) + (finished if chance.random() < 0.8 else 0)
            how = "half" if chance.random() < 0.5 else "before"
            kills += victim.killed_itself(at=at, how=how, link=link)
        moment = time.monotonic()
        for name in shelf.right_in(tmp_path):
            known.setdefault(name, moment)
        if kills == KILLS:
            break
    assert kills == KILLS
    assert 50 < len(known) < len(SIZES)
    last = victim.complete()
    assert len(last) == len(SIZES)
    assert not [line for line in victim.told + last if line.startswith("failed")]
    shelf.complete_in(tmp_path)
    assert fetched_again(server, shelf, known) == []


def fetched_again(server: EmulatorThread, shelf: Shelf, known: dict[str, float]) -> list[str]:
    """Name the files whose contents were asked for although they were finished."""
    ended = {layer.file_id: known.get(f"{layer.id}.png") for layer in shelf.layers}
    asked = [entry for entry in server.journal() if entry.path.endswith("/content")]
    assert len(asked) >= len(ended)
    found: list[str] = []
    for entry in asked:
        file_id = entry.path.split("/")[-2]
        moment = ended[file_id]
        if moment is not None and entry.started_at > moment:
            found.append(file_id)
    return found


@pytest.mark.parametrize("how", ["before", "half"])
@pytest.mark.parametrize("at", [10_000_000, 14_000_000])
def test_a_large_file_is_continued_from_its_last_notes(
    server: EmulatorThread, tmp_path: Path, at: int, how: str
) -> None:
    shelf = planted(server, [BIG])
    victim = Victim(server=server, folder=tmp_path)
    assert victim.killed_itself(at=at, of="bytes", how=how)
    # More was written than was noted, at most what comes between two notes, and half of a piece.
    noted, written = left_of(shelf, tmp_path)
    assert at <= written < BIG
    assert noted <= written < noted + (4 if how == "before" else 5) * MIB
    goes_on(victim, shelf, missing=BIG - noted)


@pytest.mark.parametrize("at", [1, 1_000_000])
def test_a_file_that_was_killed_early_is_continued_as_well(
    server: EmulatorThread, tmp_path: Path, at: int
) -> None:
    shelf = planted(server, [SMALLER])
    victim = Victim(server=server, folder=tmp_path)
    assert victim.killed_itself(at=at, of="bytes")
    # The first piece, however much came together, was noted, and no later one.
    noted, written = left_of(shelf, tmp_path)
    assert MIB / 2 <= noted <= written < noted + 4 * MIB
    assert at <= written < SMALLER
    goes_on(victim, shelf, missing=SMALLER - noted)


def left_of(shelf: Shelf, folder: Path) -> tuple[int, int]:
    """Say how many bytes a killed run has noted and written of its only file."""
    [name] = shelf.promised
    assert finished_in(folder) == []
    assert unfinished_in(folder) == [name + PART_SUFFIX, name + NOTES_SUFFIX]
    notes = Notes.read((folder / (name + NOTES_SUFFIX)).read_bytes())
    assert notes is not None
    return notes.written, (folder / (name + PART_SUFFIX)).stat().st_size


def goes_on(victim: Victim, shelf: Shelf, *, missing: int) -> None:
    """Run again: only so many bytes are asked for."""
    victim.server.clear_journal()
    assert victim.complete()[0].startswith("resumed")
    shelf.complete_in(victim.folder)
    [asked] = [entry for entry in victim.server.journal() if entry.path.endswith("/content")]
    assert (asked.status, asked.bytes) == (206, missing)


@pytest.mark.parametrize(
    ("link", "then"),
    [(True, True), (True, False), (False, True)],
    ids=["link", "link, then copy", "copy, then link"],
)
def test_a_kill_while_a_file_gets_one_more_name_harms_neither(
    server: EmulatorThread, tmp_path: Path, link: bool, then: bool
) -> None:
    shelf = planted(server, [50_000], copies=2)
    # From the first file's name on; the run has some changes more.
    for at in range(4, 10):
        victim = Victim(server=server, folder=tmp_path / str(at))
        assert victim.killed_itself(at=at, link=link)
        shelf.right_in(victim.folder)
        # What the killed run has left must not be written through.
        with victim.start(link=then) as process:
            process.communicate()
        assert shelf.right_in(victim.folder) == set(shelf.promised)
        assert link != then or not unfinished_in(victim.folder)
