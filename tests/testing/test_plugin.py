"""The fixtures as their users meet them: in test runs of all kinds."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.testing.conftest import Run
from threekit_async import Threekit
from threekit_async.testing import EmulatorThread

PLAIN = """
    import threading

    def test_a_layer_that_was_planted_is_listed(threekit_emulator, threekit_client):
        threekit_emulator.seed(layers=[{"assetId": "chair"}])
        assert [layer.asset_id for layer in threekit_client.layers.list()] == ["chair"]
        (asked,) = threekit_emulator.requests
        assert (asked.method, asked.path, asked.status) == ("GET", "/api/layers", 200)


    def test_every_test_has_an_emulator_of_its_own(threekit_client):
        assert threekit_client.layers.list().all() == []
        assert [thread.name for thread in threading.enumerate()].count("threekit-emulator") == 1
"""

# One client is closed by the test, one with a connection is left open, one was never used.
ASYNCHRONOUS = """
    left = []

    async def test_clients_may_be_left_open(threekit_async_client, threekit_emulator):
        threekit_emulator.seed(layers=[{"assetId": "chair"}])
        async with threekit_async_client() as tk:
            assert [layer.asset_id async for layer in tk.layers.list()] == ["chair"]
        left.extend([threekit_async_client(), threekit_async_client()])
        assert await left[0].layers.list().all()

    async def test_the_next_test_finds_them_closed():
        assert len(left) == 2
        assert all("<Transport closed>" in repr(client._session) for client in left)
"""


def test_plain_functions_use_the_synchronous_client(run: Run) -> None:
    run(PLAIN).assert_outcomes(passed=2)


def test_pytest_asyncio_serves_it_in_auto_mode(run: Run) -> None:
    run(ASYNCHRONOUS, "-o", "asyncio_mode=auto").assert_outcomes(passed=2)


@pytest.mark.parametrize("scope", ["function", "session"])
def test_pytest_asyncio_serves_it_in_strict_mode_on_any_loop(run: Run, scope: str) -> None:
    source = f"""
    import pytest

    pytestmark = pytest.mark.asyncio(loop_scope={scope!r})
{ASYNCHRONOUS}"""
    run(source, "-o", "asyncio_mode=strict").assert_outcomes(passed=2)


def test_anyio_serves_it(run: Run) -> None:
    source = f"""
    import pytest

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend():
        return "asyncio"
{ASYNCHRONOUS}"""
    run(source, "-p", "no:asyncio").assert_outcomes(passed=2)


def test_workers_of_xdist_share_nothing_but_the_seed(run: Run, pytester: pytest.Pytester) -> None:
    source = f"""
    import pytest
    from pathlib import Path

    @pytest.mark.parametrize("number", range(4))
    def test_the_seeds_are_kept_in_one_place(threekit_seeds, number):
        with Path("places").open("a") as file:
            file.write(f"{{threekit_seeds}}\\n")
{PLAIN}"""
    run(source, "-n", "2").assert_outcomes(passed=6)
    places = (pytester.path / "places").read_text(encoding="utf-8").splitlines()
    assert len(places) == 4
    assert len(set(places)) == 1


@pytest.mark.threekit(layer_counts=True, missing_layer_status=404)
class TestMarkers:
    def test_one_of_the_class_sets_the_emulator_up(self, threekit_emulator: EmulatorThread) -> None:
        settings = threekit_emulator.settings
        assert (settings.layer_counts, settings.missing_layer_status) == (True, 404)

    @pytest.mark.threekit(missing_layer_status=422)
    def test_the_nearest_wins(self, threekit_emulator: EmulatorThread) -> None:
        settings = threekit_emulator.settings
        assert (settings.layer_counts, settings.missing_layer_status) == (True, 422)


def test_an_impossible_marker_is_refused_with_a_sentence(run: Run) -> None:
    done = run("""
    import pytest

    @pytest.mark.threekit(sed="demo")
    def test_unknown(threekit_emulator): ...

    @pytest.mark.threekit("demo")
    def test_without_a_name(threekit_emulator): ...

    @pytest.mark.threekit(seed="dmeo")
    def test_misspelt(threekit_emulator): ...
    """)
    done.assert_outcomes(errors=3)
    done.stdout.fnmatch_lines(
        [
            "*has no setting 'sed': choose among data, seed, *",
            "*takes settings by name only: *",
            "*pytest.mark.threekit: 'seed' must be in *",
        ]
    )
    done.stdout.no_fnmatch_line("*During handling*")


def test_the_marker_is_explained(pytestconfig: pytest.Config) -> None:
    explained = [line for line in pytestconfig.getini("markers") if line.startswith("threekit(")]
    assert len(explained) == 1
    assert "settings of the emulator" in explained[0]


def test_the_demo_is_drawn_once_for_all_tests(run: Run, threekit_seeds: Path) -> None:
    # Kept where the tests around this one keep it: drawing takes seconds.
    source = f"""
    import pytest
    from pathlib import Path

    @pytest.fixture(scope="session")
    def threekit_seeds():
        return Path({str(threekit_seeds)!r})

    @pytest.mark.threekit(seed="demo")
    @pytest.mark.parametrize("number", range(3))
    def test_it_is_whole_every_time(threekit_emulator, threekit_client, number, tmp_path):
        assert threekit_client.layers.list().all(limit=None)[999]
        layer = threekit_client.layers.list(sort="-created_at").first().items[0]
        assert threekit_client.layers.download(layer, to=tmp_path).path.stat().st_size > 1000
        threekit_emulator.seed(layers=[{{"id": "mine"}}])
        assert len(threekit_client.layers.list().all(limit=None)) == 1001
        threekit_emulator.reset()
        assert len(threekit_client.layers.list().all(limit=None)) == 1000
    """
    run(source).assert_outcomes(passed=3)


def test_the_environment_leads_to_the_emulator(threekit_environment: EmulatorThread) -> None:
    with Threekit.from_env() as tk:
        assert tk.layers.list().all() == []
    assert [entry.token for entry in threekit_environment.requests] == ["private"]


def test_faults_are_met_without_waiting(
    threekit_emulator: EmulatorThread, threekit_client: Threekit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="threekit_async")
    threekit_emulator.faults.add(effect="status", status=503, times=3)
    assert threekit_client.layers.list().all() == []
    assert [entry.status for entry in threekit_emulator.requests] == [503, 503, 503, 200]
    planned: list[Any] = [one for one in caplog.records if one.message == "retry planned"]
    assert [record.threekit_wait for record in planned] == [0.0] * 3


def test_without_the_extra_the_demo_is_refused_with_a_sentence(run: Run) -> None:
    done = run("""
    import pytest, sys

    sys.modules["PIL"] = None

    @pytest.mark.threekit(seed="demo")
    def test_the_demo_cannot_be_drawn(threekit_emulator): ...

    def test_an_empty_one_needs_nothing(threekit_client):
        assert threekit_client.layers.list().all() == []
    """)
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(
        ["The demo seed draws pictures with Pillow: install threekit-async?emulator?."]
    )


def test_the_plugin_loads_nothing_heavy() -> None:
    code = (
        "import sys, threekit_async.testing.plugin\n"
        "heavy = {'aiohttp', 'anyio', 'attrs', 'cattrs', 'asyncio', 'PIL'} & set(sys.modules)\n"
        "ours = {name for name in sys.modules if name.startswith('threekit_async.')}\n"
        "ours -= {f'threekit_async.{name}' for name in ('_version', 'testing', 'testing.plugin')}\n"
        "sys.exit(' '.join(sorted(heavy | ours)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_run_that_uses_no_fixture_loads_no_client(run: Run) -> None:
    run("""
    import sys

    def test_it():
        assert "threekit_async.testing.plugin" in sys.modules
        heavy = {"aiohttp", "threekit_async.client", "threekit_async.emulator"}
        assert not heavy & set(sys.modules)
    """).assert_outcomes(passed=1)
