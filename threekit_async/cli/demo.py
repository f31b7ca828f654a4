"""`threekit demo`: the main job, end to end, against a local emulator."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from attrs import define, frozen
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from .. import AsyncThreekit, Layer, Threekit, TransferReport
from .. import Progress as Step
from ..events import Stats
from ..transfer.disk import prepare_folder
from .emulated import Emulated, emulated

__all__ = ("run",)

NAME = "{asset_id}/{id}.{ext}"


@frozen(kw_only=True)
class Outcome:
    """What one client saw and did."""

    client: str
    layers: Sequence[Layer]
    report: TransferReport
    stats: Stats
    seconds: float


@define
class Complaints:
    """What is missing or differs."""

    found: list[str]

    def unless(self, fact: object, complaint: str) -> None:
        """Note a complaint when something does not hold."""
        if not fact:
            self.found.append(complaint)


def run(*, to: Path, concurrency: int) -> int:
    """Run the demo and return its exit status: 0 when nothing is missing and nothing differs."""
    prepare_folder(to)
    console = Console(highlight=False, soft_wrap=True)
    starting = console.status("Starting the emulator, which draws 1,000 renders ...")
    starting.start()
    with ExitStack() as stack:
        stack.callback(starting.stop)
        server = stack.enter_context(emulated(seed="demo"))
        starting.stop()
        console.print(f"The emulator listens on {server.url}, organisation {server.org_id}.")
        first = asyncio.run(_asynchronously(server, to, concurrency, console))
        console.print(f"AsyncThreekit: {first.report}.")
        second = _synchronously(server, to, concurrency)
        console.print(f"Threekit, the same again: {second.report}.")
        complaints = _compared(first, second, to)
    console.print(_table(first, second))
    _farewell(console, first, to, complaints)
    return 1 if complaints else 0


async def _asynchronously(
    server: Emulated, to: Path, concurrency: int, console: Console
) -> Outcome:
    began = time.perf_counter()
    async with AsyncThreekit(
        token=server.private_token, org_id=server.org_id, host=server.url
    ) as tk:
        layers = await tk.layers.list().all()
        with _bar(console) as bar:
            report = await tk.layers.download_all(
                layers,
                to=to,
                name=NAME,
                concurrency=concurrency,
                verify=True,
                progress=_shown(bar, len(layers)),
            )
        return Outcome(
            client="AsyncThreekit",
            layers=layers,
            report=report,
            stats=tk.stats,
            seconds=time.perf_counter() - began,
        )


def _synchronously(server: Emulated, to: Path, concurrency: int) -> Outcome:
    began = time.perf_counter()
    with Threekit(token=server.private_token, org_id=server.org_id, host=server.url) as tk:
        layers = list(tk.layers.list())
        report = tk.layers.download_all(
            layers, to=to, name=NAME, concurrency=concurrency, verify=True
        )
        return Outcome(
            client="Threekit",
            layers=layers,
            report=report,
            stats=tk.stats,
            seconds=time.perf_counter() - began,
        )


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[size]}"),
        console=console,
    )


def _shown(bar: Progress, total: int) -> Callable[[Step], None]:
    task = bar.add_task("Downloading", total=total, size="")

    def show(step: Step) -> None:
        size = f"{step.received / 1e6:,.1f} MB, {step.skipped:,} were there, {step.failed:,} failed"
        bar.update(task, completed=step.files, size=size)

    return show


def _compared(first: Outcome, second: Outcome, to: Path) -> list[str]:
    """List what is missing or differs between the two clients and the disk."""
    complaints = Complaints([])
    complaints.unless(first.layers, "The listing is empty.")
    complaints.unless(first.layers == second.layers, "The two clients list different layers.")
    for failure in [*first.report.failures, *second.report.failures]:
        complaints.unless(None, f"{failure.id}: {failure.error}")
    complaints.unless(
        second.report.skipped == len(second.layers),
        "The second client did not find every file of the first one, with its sha256, on disk.",
    )
    missing = [layer.id for layer in first.layers if not (to / _name(layer)).is_file()]
    complaints.unless(not missing, f"{len(missing)} files are missing, the first is {missing[:1]}.")
    parts = list(to.rglob("*.part"))
    complaints.unless(not parts, f"{len(parts)} unfinished files are left, as {parts[:1]}.")
    return complaints.found


def _name(layer: Layer) -> str:
    return NAME.format(asset_id=layer.asset_id, id=layer.id, ext=layer.format)


def _table(*outcomes: Outcome) -> Table:
    table = Table(title="threekit demo", title_justify="left")
    table.add_column("")
    for outcome in outcomes:
        table.add_column(outcome.client, justify="right")
    rows: dict[str, Callable[[Outcome], str]] = {
        "layers": lambda o: f"{len(o.layers):,}",
        "files": lambda o: f"{o.report.files:,}",
        "  downloaded": lambda o: f"{o.report.downloaded:,}",
        "  skipped, there already": lambda o: f"{o.report.skipped:,}",
        "  failed": lambda o: f"{o.report.failed:,}",
        "bytes downloaded": lambda o: f"{o.report.size:,}",
        "seconds": lambda o: f"{o.seconds:.1f}",
        "files/s": lambda o: f"{o.report.files / max(o.report.seconds, 1e-9):,.0f}",
        "requests": lambda o: f"{o.stats.requests:,}",
        "retries": lambda o: f"{o.stats.retries:,}",
    }
    for name, cell in rows.items():
        table.add_row(name, *(cell(outcome) for outcome in outcomes))
    return table


def _farewell(console: Console, first: Outcome, to: Path, complaints: list[str]) -> None:
    if complaints:
        console.print("[bold red]Something is missing or differs:[/]")
        for complaint in complaints[:10]:
            console.print(f"  {complaint}", markup=False)
        console.print(f"  ({len(complaints)} complaints in all)")
        return
    if first.report.skipped == first.report.files:
        console.print("Every file was there already, with the right sha256: 0 were downloaded.")
    else:
        console.print("Every file is there, with the right sha256; both clients agree.")
    example = to / _name(first.layers[len(first.layers) // 2])
    console.print(f"Look at them in {to.resolve()}, for instance:")
    console.print(f"  {example}")
