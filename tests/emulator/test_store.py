from __future__ import annotations

import pytest

from threekit_async.emulator.data.store import Store
from threekit_async.emulator.data.tables import PRODUCTS


@pytest.fixture
def store() -> Store:
    return Store(":memory:")


def test_what_is_written_together_is_written_as_a_whole(store: Store) -> None:
    with store.together():
        store.add(PRODUCTS, {"id": "a", "orgId": "o"})
        store.replace(PRODUCTS, {"id": "a", "orgId": "p"})
    found = store.get(PRODUCTS, "a")
    store.close()
    assert found == {"id": "a", "orgId": "p"}


def fail_after_writing(store: Store) -> None:
    with store.together():
        store.add(PRODUCTS, {"id": "a", "orgId": "o"})
        with store.together():
            store.add(PRODUCTS, {"id": "b", "orgId": "o"})
        raise ValueError("stop")


def test_an_error_takes_everything_back_even_an_inner_block(store: Store) -> None:
    with pytest.raises(ValueError, match="stop"):
        fail_after_writing(store)
    count = store.count(PRODUCTS)
    store.close()
    assert count == 0
