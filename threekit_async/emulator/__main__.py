"""``python -m threekit_async.emulator``: run the emulator until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from threekit_async.emulator.errors import EmulatorError
from threekit_async.emulator.faults.presets import PRESETS
from threekit_async.emulator.loopback import is_loopback
from threekit_async.emulator.server import Emulator
from threekit_async.emulator.settings import OVERLOADS, SEEDS, EmulatorSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


LAST_PORT = 65535
MOST = 1000


def build_parser() -> argparse.ArgumentParser:
    """Return the command line's description."""
    parser = argparse.ArgumentParser(
        prog="python -m threekit_async.emulator",
        description="Run a local server that speaks part of Threekit's REST API.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=port_number, default=8787, help="0 takes a free one (default: %(default)s)")
    add("--data", type=Path, help="folder to keep data in; without it they vanish at the end")
    add("--seed", choices=SEEDS, default="empty", help="what to start from (default: %(default)s)")
    add("--lenient-org", action="store_true", help="ask nowhere for orgId")
    add("--layer-counts", action="store_true", help="send page and count with layer lists, too")
    add("--missing-layer-404", action="store_true", help="answer 404 when no layer matches")
    add("--ranges", action="store_true", help="honour Range on file contents")
    add("--etags", action="store_true", help="send ETag on file contents and JSON")
    add("--compress", action="store_true", help="send JSON compressed to those who take it")
    add("--rate-limit", type=rate, help="requests a second for each organisation, then 429")
    add("--capacity", type=number_from_1, help="requests answered at once, at most")
    add("--overload", choices=OVERLOADS, default="queue", help="beyond it (default: %(default)s)")
    add("--latency", type=number_to(3600), default=0.0, help="seconds that each answer takes")
    add("--faults", choices=tuple(PRESETS), help="spoil answers by a set of rules")
    add("--job-seconds", type=number_to(86_400), default=0.05, help="how long a job's run takes")
    add("--job-workers", type=number_from_1, default=4, help="how many runs go on at once")
    add("--job-attempts", type=number_from_1, default=1, help="how many runs a task may take")
    add("--job-failures", type=number_to(1), default=0.0, help="share of runs that fail, 0 to 1")
    add("--job-logs", action="store_true", help="put stdout and stderr before a run's results")
    add("--webhooks-anywhere", action="store_true", help="call webhooks on other machines, too")
    add("--real-clock", action="store_true", help="real instants and random ids for new records")
    add("--ready-json", action="store_true", help="print one JSON line when ready, and no more")
    add("--exit-with-parent", action="store_true", help="stop when standard input ends")
    return parser


def port_number(text: str) -> int:
    """Read a port, or refuse with a sentence."""
    if not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 to {LAST_PORT}")
    return int(text)


def number_from_1(text: str) -> int:
    """Read a whole number from 1 to 1,000, or refuse with a sentence."""
    if not (text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {MOST}")
    return int(text)


def rate(text: str) -> float:
    """Read a number above 0, or refuse with a sentence."""
    number = number_to(1_000_000)(text)
    if not number:
        raise argparse.ArgumentTypeError("0 requests a second would never be answered")
    return number


def number_to(most: float) -> Callable[[str], float]:
    """Return what reads a number from 0 up to this one, or refuses with a sentence."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to {most:g}")
        return number

    return read


def read_settings(given: argparse.Namespace) -> EmulatorSettings:
    """Turn the command line into settings."""
    return EmulatorSettings(
        data=given.data,
        seed=given.seed,
        strict_org=not given.lenient_org,
        layer_counts=given.layer_counts,
        missing_layer_status=404 if given.missing_layer_404 else 422,
        ranges=given.ranges,
        etags=given.etags,
        compress=given.compress,
        rate_limit=given.rate_limit,
        capacity=given.capacity,
        overload=given.overload,
        latency=given.latency,
        job_seconds=given.job_seconds,
        job_workers=given.job_workers,
        job_attempts=given.job_attempts,
        job_failures=given.job_failures,
        job_logs=given.job_logs,
        webhooks_anywhere=given.webhooks_anywhere,
        real_clock=given.real_clock,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes; return 0, or 2 when the emulator cannot start."""
    given = build_parser().parse_args(arguments)
    if not is_loopback(given.host):
        _say(f"Warning: anybody who can reach {given.host} can read and change this emulator.")
    try:
        asyncio.run(serve(given))
    except EmulatorError as error:
        _say(str(error))
        return 2
    return 0


async def serve(given: argparse.Namespace) -> None:
    """Start, say so, wait for the end, stop."""
    stop = asyncio.Event()
    _stop_on_signals(stop)
    if given.exit_with_parent:
        _stop_with_parent(stop)
    async with Emulator(read_settings(given), host=given.host, port=given.port) as server:
        if given.faults:
            server.add_fault_preset(given.faults)
        told = ready_line(server) if given.ready_json else ready_text(server, given.faults)
        print(told, flush=True)  # noqa: T201
        await stop.wait()


def ready_line(server: Emulator) -> str:
    """Return one line of JSON for a program that started the emulator."""
    names = ("url", "org_id", "private_token", "public_token")
    return json.dumps({name: getattr(server, name) for name in names})


def ready_text(server: Emulator, faults: str | None = None) -> str:
    """Return some lines for a person."""
    spoiled = f"faults               {faults}: {PRESETS[faults].says}\n" if faults else ""
    return (
        f"Threekit emulator    {server.url}\n"
        f"seed                 {server.settings.seed}\n"
        f"organisation         {server.org_id}\n"
        f"private token        {server.private_token}\n"
        f"public token         {server.public_token}\n"
        f"what it holds        {server.url}/__emulator__/info\n"
        f"{spoiled}"
        "Stop it with Ctrl-C."
    )


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            # Windows' loop takes no handlers; its own handler wakes the loop just as well.
            signal.signal(number, lambda _n, _f: wake(loop, stop))


def _stop_with_parent(stop: asyncio.Event) -> None:
    """Watch standard input on a thread: its end means that the parent has gone."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        wake(loop, stop)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def wake(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set the event from outside the loop."""
    loop.call_soon_threadsafe(stop.set)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
