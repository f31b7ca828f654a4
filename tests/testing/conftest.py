"""Runs of pytest inside the tests, each in a process and a folder of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

SECONDS = 150
# Plugins that come slowly, or change the order, are left out; all others come as for a user.
OTHERS = ("cacheprovider", "randomly", "hypothesispytest", "schemathesis")
ALWAYS = ("-W", "error", "--strict-markers", *(f"-pno:{name}" for name in OTHERS))
# pytest-asyncio warns while this is unset.
QUIET = ("-o", "asyncio_default_fixture_loop_scope=function")
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Write a test module and run it; every warning is an error, and nothing is kept."""

    def ran(source: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(source)
        more = () if "no:asyncio" in arguments else QUIET
        return pytester.runpytest_subprocess(*ALWAYS, *more, *arguments, timeout=SECONDS)

    return ran
