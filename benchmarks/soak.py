"""Does the session layer hold for 50,000 calls from 200 tasks against a server that often fails?

The emulator answers 5 % of the requests with 503 and 2 % with 429, resets 1 % of the connections
and cuts 1 % of the bodies. Afterwards its journal and its database are the judge: every read must
have succeeded, every write must have been carried out at most once and its caller told how it
ended.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from attrs import define, field, frozen

from threekit_async import (
    AsyncThreekit,
    Limits,
    Retry,
    ServerError,
    ThreekitError,
    TransportError,
)

# One call in twenty writes; the others read a record or a page.
WRITES_EVERY = 20
PAGES_EVERY = 5
LAYERS = 2000
PAYBACK = 0.2
BUDGET = 500


@frozen(kw_only=True)
class Server:
    """A running emulator."""

    url: str
    org_id: str
    private_token: str

    def control(self, path: str, *, method: str = "GET", body: object = None) -> dict[str, object]:
        """Ask the control surface."""
        request = urllib.request.Request(  # noqa: S310  # loopback
            f"{self.url}/__emulator__/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            found: dict[str, object] = json.load(answer)
        return found


@contextmanager
def emulator() -> Iterator[Server]:
    """Run an emulator in a process of its own, so that its memory is not counted."""
    command = [sys.executable, "-m", "threekit_async.emulator", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  # our own server
        [*command, "--ready-json", "--exit-with-parent", "--real-clock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            yield Server(**{name: ready[name] for name in ("url", "org_id", "private_token")})
        finally:
            process.terminate()


@define(kw_only=True)
class Reading:
    """What the process holds at one moment."""

    megabytes: float
    descriptors: int
    tasks: int

    @classmethod
    def now(cls) -> Reading:
        """Look, after collecting garbage."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return cls(
            megabytes=pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            tasks=len(asyncio.all_tasks()),
        )


@define(kw_only=True)
class Findings:
    """What came of a run; `problems` is empty when all is as it must be."""

    calls: int
    seconds: float = 0.0
    ended: Counter[str] = field(factory=Counter[str])
    requests: int = 0
    retries: int = 0
    early: Reading | None = None
    late: Reading | None = None
    problems: list[str] = field(factory=list[str])

    def __str__(self) -> str:
        lines = [
            (
                f"{self.calls} calls in {self.seconds:.1f} s: {self.requests} requests, "
                f"{self.retries} of them repeated"
            ),
            *(f"  {how:32} {count:6}" for how, count in self.ended.most_common()),
            f"  after a tenth  {self.early}",
            f"  at the end     {self.late}",
            *(f"PROBLEM: {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)


@define(kw_only=True)
class Soak:
    """Many tasks that share one client."""

    tk: AsyncThreekit
    ids: list[str]
    findings: Findings
    _next: int = 0
    #: The asset each write named, and how its call ended.
    written: dict[str, str] = field(factory=dict[str, str])

    async def run(self, *, tasks: int) -> None:
        """Make all calls, from so many tasks."""
        await asyncio.gather(*(self._worker() for _ in range(tasks)))

    async def _worker(self) -> None:
        while self._next < self.findings.calls:
            number = self._next
            self._next += 1
            if number == self.findings.calls // 10:
                self.findings.early = Reading.now()
            self.findings.ended[await self._called(number)] += 1

    async def _called(self, number: int) -> str:
        if number % WRITES_EVERY == 0:
            asset = str(UUID(int=number + 1, version=4))
            self.written[asset] = "?"
            self.written[asset] = await _outcome(self._write(asset))
            return f"write: {self.written[asset]}"
        if number % PAGES_EVERY == 0:
            return f"page: {await _outcome(self._page(number))}"
        return f"read: {await _outcome(self._read(number))}"

    async def _write(self, asset: str) -> None:
        layer = await self.tk.layers.create(asset_id=asset)
        assert layer.asset_id == asset

    async def _page(self, number: int) -> None:
        page = await self.tk.layers.list(per_page=50).first()
        assert len(page.items) == 50, number

    async def _read(self, number: int) -> None:
        wanted = self.ids[number % len(self.ids)]
        assert (await self.tk.layers.get(wanted)).id == wanted


async def _outcome(call: object) -> str:
    try:
        await call  # type: ignore[misc]
    except (TransportError, ServerError) as error:
        return type(error).__name__
    except ThreekitError as error:
        return f"unexpected {type(error).__name__}: {error}"
    return "done"


async def soak(server: Server, *, calls: int, tasks: int) -> Findings:
    """Run and judge."""
    server.control("fill", method="POST", body={"layers": LAYERS})
    findings = Findings(calls=calls)
    async with AsyncThreekit(
        token=server.private_token,
        org_id=server.org_id,
        host=server.url,
        retry=Retry(attempts=10, base=0.01, cap=0.5),
        limits=Limits(concurrency=64, retry_budget=BUDGET),
    ) as tk:
        ids = [layer.id for layer in await tk.layers.list().all()]
        server.control("journal", method="DELETE")
        before = tk.stats.requests
        server.control("faults", method="POST", body={"preset": "flaky"})
        run = Soak(tk=tk, ids=ids, findings=findings)
        began = time.perf_counter()
        await run.run(tasks=tasks)
        findings.seconds = time.perf_counter() - began
        server.control("faults", method="DELETE")
        findings.late = Reading.now()
        findings.requests = tk.stats.requests - before
        findings.retries = tk.stats.retries
        await _judge(run, server)
    return findings


async def _judge(run: Soak, server: Server) -> None:
    findings, problems = run.findings, run.findings.problems
    _judge_calls(findings)
    _judge_journal(run, server)
    stored = Counter([layer.asset_id async for layer in run.tk.layers.list()])
    twice = [asset for asset in run.written if stored[asset] > 1]
    lost = [asset for asset, how in run.written.items() if how == "done" and stored[asset] != 1]
    if twice:
        problems.append(f"{len(twice)} writes were carried out twice, as {twice[0]}")
    if lost:
        problems.append(f"{len(lost)} writes are said to be done and are not, as {lost[0]}")
    _judge_memory(findings)


def _judge_calls(findings: Findings) -> None:
    done = sum(findings.ended.values())
    if done != findings.calls:
        findings.problems.append(f"{findings.calls - done} calls never ended")
    for how, count in findings.ended.items():
        if how.startswith(("read", "page")) and not how.endswith("done"):
            findings.problems.append(f"{count} reads failed: {how}")
        if "unexpected" in how:
            findings.problems.append(f"{count} calls ended oddly: {how}")
    allowed = findings.calls + BUDGET + PAYBACK * findings.calls
    if findings.requests > allowed:
        findings.problems.append(f"{findings.requests} requests, and {allowed:.0f} are allowed")


def _judge_journal(run: Soak, server: Server) -> None:
    entries = server.control("journal")["journal"]
    assert isinstance(entries, list)
    posts = [entry for entry in entries if entry["method"] == "POST"]
    refused = sum(entry["status"] == 429 for entry in posts)
    if len(posts) - refused != len(run.written):
        run.findings.problems.append(
            f"{len(run.written)} writes were asked for; the server saw {len(posts)}, "
            f"and refused {refused} of them for their rate"
        )
    seen = sum(entry["path"].startswith("/api/") for entry in entries)
    if seen != run.findings.requests:
        run.findings.problems.append(f"the server saw {seen} of {run.findings.requests} requests")


def _judge_memory(findings: Findings) -> None:
    early, late = findings.early, findings.late
    assert early is not None
    assert late is not None
    if late.megabytes > early.megabytes * 1.1 + 5:
        findings.problems.append("memory grew")
    if late.descriptors > early.descriptors + 20:
        findings.problems.append("descriptors grew")
    if late.tasks > early.tasks:
        findings.problems.append("tasks are left over")


def main() -> int:
    """Print what was found; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--tasks", type=int, default=200)
    given = parser.parse_args()
    with emulator() as server:
        findings = asyncio.run(soak(server, calls=given.calls, tasks=given.tasks))
    print(findings)
    return 1 if findings.problems else 0


if __name__ == "__main__":
    sys.exit(main())
