"""How long a walk over many pages may take."""

from __future__ import annotations

import pytest

from tests.conftest import Connect
from threekit_async import DeadlineError, Options
from threekit_async.emulator import EmulatorThread

# Ten pages, one after the other, each 0.3 s: longer together than the deadline, shorter alone.
WALK = {"per_page": 95, "concurrency": 1}
SECONDS = 2.4


@pytest.fixture
def slow(filled: EmulatorThread) -> EmulatorThread:
    filled.faults.add(effect="delay", seconds=0.3, path="^/api/layers$")
    return filled


@pytest.mark.parametrize("way", ["items", "pages", "all"])
async def test_a_deadline_given_with_a_listing_bounds_the_whole_walk(
    connect: Connect, slow: EmulatorThread, way: str
) -> None:
    listing = connect(slow).layers.list(**WALK, options=Options(deadline=SECONDS))
    with pytest.raises(DeadlineError, match="deadline"):
        await walked(listing, way)
    assert 1 < len(slow.journal()) < 10


@pytest.mark.parametrize("way", ["items", "pages"])
async def test_a_clients_deadline_bounds_each_page_of_a_walk(
    connect: Connect, slow: EmulatorThread, way: str
) -> None:
    assert await walked(connect(slow, deadline=SECONDS).layers.list(**WALK), way) == 950


async def test_a_clients_deadline_bounds_the_whole_of_all(
    connect: Connect, slow: EmulatorThread
) -> None:
    with pytest.raises(DeadlineError, match="deadline"):
        await connect(slow, deadline=SECONDS).layers.list(**WALK).all()


async def walked(listing: object, way: str) -> int:
    """Count the rows, walked item by item, page by page, or at once."""
    rows = 0
    match way:
        case "items":
            async for _ in listing:  # type: ignore[attr-defined]
                rows += 1
        case "pages":
            async for page in listing.pages():  # type: ignore[attr-defined]
                rows += len(page.items)
        case _:
            rows = len(await listing.all())  # type: ignore[attr-defined]
    return rows
