"""Exchanges with a bare server, in both worlds."""

from __future__ import annotations

from functools import partial

import pytest

from tests.conftest import Connect
from tests.services.exchanges import Exchanging, exchanges


@pytest.fixture
def exchanging(connect: Connect) -> Exchanging:
    """Serve answers: `async with exchanging(answer, ...) as (tk, seen)`."""
    return partial(exchanges, connect)
