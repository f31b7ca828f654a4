"""Does memory stay flat while 100,000 layers are walked and 20,000 small files fetched in one run?

The listing is read twice, as every download of a listing does; a fifth of the layers have a file of
2 kB. The server fails now and then, as `flaky` does. Then the same run is made again: it must ask
for no file at all.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from attrs import define, field

from benchmarks.soak import Reading, Server, emulator
from threekit_async import AsyncThorough, AsyncThreekit, Layer, Limits, Retry, TransferReport

SIZE = 2_000
#: Megabytes that a run may grow by after its first tenth.
FLAT = 16.0


@define(kw_only=True)
class Findings:
    """What came of it; `problems` is empty when all is as it must be."""

    layers: int
    files: int
    seconds: float = 0.0
    again: float = 0.0
    before: Reading | None = None
    early: Reading | None = None
    peak: float = 0.0
    late: Reading | None = None
    report: TransferReport | None = None
    walked: str = ""
    problems: list[str] = field(factory=list[str])

    def __str__(self) -> str:
        assert self.early is not None
        assert self.report is not None
        growth = self.peak - self.early.megabytes
        lines = [
            f"{self.layers:,} layers walked, {self.files:,} files fetched in {self.seconds:.1f} s",
            f"  {self.report}",
            f"  {self.walked}",
            f"  before         {self.before}",
            f"  after a tenth  {self.early}",
            f"  at the end     {self.late}",
            f"  peak           {self.peak:.1f} MB, {growth:+.1f} MB after the first tenth",
            f"  again: nothing fetched, in {self.again:.1f} s",
            *(f"PROBLEM: {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)


class Peak:
    """Watches the process from a thread of its own."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.megabytes = max(self.megabytes, resident())


def resident() -> float:
    """Return the process's memory, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def with_files(walk: AsyncThorough[Layer], findings: Findings) -> AsyncIterator[Layer]:
    """Hand on the layers that have a file, looking at memory after a tenth of them."""
    found = 0
    async for layer in walk:
        if layer.file_id is not None:
            found += 1
            if found == findings.files // 10:
                findings.early = Reading.now()
            yield layer
    findings.walked = str(walk.walked)


async def bulk(server: Server, folder: Path, *, layers: int, files: int) -> Findings:
    """Run and judge."""
    server.control("fill", method="POST", body={"layers": files, "file_bytes": SIZE})
    server.control("fill", method="POST", body={"layers": layers - files})
    server.control("faults", method="POST", body={"preset": "flaky"})
    findings = Findings(layers=layers, files=files, before=Reading.now())
    async with AsyncThreekit(
        token=server.private_token,
        org_id=server.org_id,
        host=server.url,
        retry=Retry(attempts=10, base=0.01, cap=0.5),
        limits=Limits(concurrency=40, retry_budget=10_000),
    ) as tk:
        await _run(tk, folder, findings)
        server.control("faults", method="DELETE")
        server.control("journal", method="DELETE")
        began = time.perf_counter()
        walk = tk.layers.list().thorough()
        again = await tk.layers.download_all(with_files(walk, findings), to=folder)
        findings.again = time.perf_counter() - began
    _judge(findings, again, folder, server)
    return findings


async def _run(tk: AsyncThreekit, folder: Path, findings: Findings) -> None:
    began = time.perf_counter()
    with Peak() as peak:
        walk = tk.layers.list().thorough()
        findings.report = await tk.layers.download_all(with_files(walk, findings), to=folder)
        findings.peak = peak.megabytes
    findings.seconds = time.perf_counter() - began
    findings.late = Reading.now()
    if not walk.walked.confirmed or walk.walked.rows != findings.layers:
        findings.problems.append(f"the listing was not read completely: {walk.walked}")


def _judge(findings: Findings, again: TransferReport, folder: Path, server: Server) -> None:
    problems, report, early = findings.problems, findings.report, findings.early
    assert report is not None
    assert early is not None
    if report.downloaded + report.copied != findings.files:
        problems.append(f"not every file came: {report}")
    if again.skipped != findings.files:
        problems.append(f"the second run did something: {again}")
    entries = server.control("journal")["journal"]
    assert isinstance(entries, list)
    if any(entry["path"].endswith("/content") for entry in entries):
        problems.append("the second run asked for files")
    if findings.peak > early.megabytes + FLAT:
        problems.append("memory grew")
    wrong = [file.name for file in folder.glob("*.bin") if file.stat().st_size != SIZE]
    if wrong:
        problems.append(f"{len(wrong)} files have a wrong length, as {wrong[0]}")


def main() -> int:
    """Print what was found; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk_soak", description=__doc__)
    parser.add_argument("--layers", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=20_000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        with emulator() as server:
            findings = asyncio.run(bulk(server, folder, layers=given.layers, files=given.files))
    finally:
        shutil.rmtree(folder)
    print(findings)
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main())
