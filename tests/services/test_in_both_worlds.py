"""Everything a synchronous client has is shown to work by a test that drives both clients."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pytest

from tests.services.shown import used_in_both_worlds
from tests.services.test_with_options import SERVICES
from tests.two_worlds import twins
from threekit_async import Pager, Threekit
from threekit_async.sync.pager import Thorough

RENAMED = {"close": "aclose"}
# Of no use to a caller: what is behind the object, and how far a walk has been handed on.
INSIDE = {"source", "begun"}


def public(owner: type[Any]) -> set[str]:
    """Return the public names of a class's own, as the asynchronous world has them."""
    names = {name for name in vars(owner) if not name.startswith("_")} - INSIDE
    return {RENAMED.get(name, name) for name in names}


def expected() -> list[str]:
    found = sorted(public(Threekit) | public(Pager) | public(Thorough))
    for name in SERVICES:
        [service] = [one for one in twins() if one.__module__.endswith(f".services.{name}")]
        # `with_options`, which all have, is tried with each of them in test_with_options.py.
        found += [f"{name}.{method}" for method in sorted(public(service) - {"with_options"})]
    return found


@pytest.fixture(scope="module")
def used() -> set[str]:
    return used_in_both_worlds()


@pytest.mark.parametrize("name", expected())
def test_each_method_is_used_by_a_test_of_both_worlds(name: str, used: set[str]) -> None:
    assert name in used


def test_all_services_are_looked_at() -> None:
    services = {name for name, part in vars(Threekit).items() if isinstance(part, cached_property)}
    assert set(SERVICES) == services
    assert len(expected()) > 90
