from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from threekit_async.emulator.__main__ import build_parser, read_settings
from threekit_async.emulator.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "threekit_async.emulator", "--port", "0")


@pytest.fixture
def launch() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def begin(*more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_cleanly_on_a_signal(
    launch: Any, number: signal.Signals
) -> None:
    process = launch("--ready-json")
    told = ready(process)
    request = Request(  # noqa: S310
        told["url"] + "/api/layers", headers={"Authorization": f"Bearer {told['private_token']}"}
    )
    with urlopen(request) as answer:  # noqa: S310
        assert json.load(answer) == {"layers": []}
    assert told.keys() == {"url", "org_id", "private_token", "public_token"}
    process.send_signal(number)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_when_its_parent_has_gone(launch: Any) -> None:
    process = launch("--ready-json", "--exit-with-parent")
    ready(process)
    process.communicate(timeout=100)
    assert process.returncode == 0


def test_it_tells_a_person_the_address_and_the_tokens(launch: Any) -> None:
    process = launch("--exit-with-parent")
    out, err = process.communicate(timeout=100)
    assert "http://127.0.0.1:" in out
    assert "private token" in out
    assert err == ""


def test_a_taken_port_ends_it_with_status_2_and_one_sentence(launch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = launch("--port", str(taken.getsockname()[1]), "--ready-json")
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert "is taken" in err


def test_a_folder_that_cannot_be_written_ends_it_with_status_2(launch: Any, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("occupied")
    process = launch("--data", str(place))
    _, err = process.communicate(timeout=100)
    assert process.returncode == 2
    assert "cannot be written" in err
    assert err.count("\n") == 1


def test_another_host_than_loopback_is_warned_about(launch: Any) -> None:
    process = launch("--host", "0.0.0.0", "--exit-with-parent")  # noqa: S104
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0
    assert err.startswith("Warning: anybody who can reach 0.0.0.0")
    assert "Warning" not in out


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_an_impossible_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        build_parser().parse_args([f"--port={port}"])
    assert "is no port" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("x", False)],
)
def test_loopback_is_recognised(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_every_switch_reaches_the_settings(tmp_path: Path) -> None:
    switches = "--lenient-org --layer-counts --missing-layer-404 --ranges --etags --real-clock"
    given = [*switches.split(), "--seed", "demo", "--data", str(tmp_path)]
    settings = read_settings(build_parser().parse_args(given))
    assert (settings.seed, settings.data, settings.missing_layer_status) == ("demo", tmp_path, 404)
    assert (settings.strict_org, settings.layer_counts, settings.ranges) == (False, True, True)
    assert settings.etags
    assert settings.real_clock


def test_the_speed_and_the_luck_of_jobs_can_be_chosen() -> None:
    switches = "--job-seconds 2.5 --job-failures 0.25 --job-logs --webhooks-anywhere"
    settings = read_settings(build_parser().parse_args(switches.split()))
    assert (settings.job_seconds, settings.job_failures) == (2.5, 0.25)
    assert settings.job_logs
    assert settings.webhooks_anywhere
    more = read_settings(build_parser().parse_args(["--job-workers", "9", "--job-attempts", "3"]))
    assert (more.job_workers, more.job_attempts) == (9, 3)
    usual = read_settings(build_parser().parse_args([]))
    assert (usual.job_workers, usual.job_attempts) == (4, 1)
    assert (usual.job_seconds, usual.job_logs, usual.webhooks_anywhere) == (0.05, False, False)


def test_the_limits_of_the_server_can_be_chosen() -> None:
    switches = "--rate-limit 2.5 --capacity 8 --overload refuse --latency 0.05 --compress"
    settings = read_settings(build_parser().parse_args(switches.split()))
    assert (settings.rate_limit, settings.capacity, settings.overload) == (2.5, 8, "refuse")
    assert (settings.latency, settings.compress) == (0.05, True)
    usual = read_settings(build_parser().parse_args([]))
    assert (usual.rate_limit, usual.capacity, usual.overload) == (None, None, "queue")
    assert (usual.latency, usual.compress) == (0, False)


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "fast"])
def test_an_impossible_rate_is_refused(rate: str, capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        build_parser().parse_args([f"--rate-limit={rate}"])
    assert "--rate-limit" in capsys.readouterr().err


def test_faults_are_chosen_by_name_and_said_to_a_person(launch: Any) -> None:
    process = launch("--faults", "down", "--exit-with-parent")
    out, err = process.communicate(timeout=100)
    assert "faults               down: every answer is 503\n" in out
    assert err == ""


def test_faults_are_in_force_from_the_first_request(launch: Any) -> None:
    url = ready(launch("--faults", "down", "--ready-json"))["url"]
    with pytest.raises(HTTPError, match="503"):
        urlopen(url + "/api/layers")  # noqa: S310


@pytest.mark.parametrize("share", ["-0.1", "1.1", "nan", "often"])
def test_an_impossible_share_of_failures_is_refused(share: str, capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        build_parser().parse_args([f"--job-failures={share}"])
    assert "is no number from 0 to 1" in capsys.readouterr().err


@pytest.mark.parametrize("switch", ["--job-workers", "--job-attempts"])
@pytest.mark.parametrize("number", ["0", "-1", "1001", "1.5", "²", "9" * 5000])
def test_an_impossible_number_of_runs_is_refused(switch: str, number: str, capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        build_parser().parse_args([f"{switch}={number}"])
    assert "is no whole number from 1 to 1000" in capsys.readouterr().err
