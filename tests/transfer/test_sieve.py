"""What was never added is known without a look."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from threekit_async.transfer.sieve import Sieve

hashes = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(st.lists(hashes, max_size=50))
def test_whatever_was_added_may_be_there(keys: list[int]) -> None:
    sieve = Sieve()
    sieve.add(*keys)
    assert all(sieve.may_hold(key) for key in keys)


@given(hashes)
def test_an_empty_one_holds_nothing(key: int) -> None:
    assert not Sieve().may_hold(key)


def test_among_100_000_files_it_is_seldom_wrong() -> None:
    sieve = Sieve()
    for number in range(100_000):
        sieve.add(hash(f"layer {number}"), hash(f"file {number}"), hash(f"sha {number}"))
    wrong = sum(sieve.may_hold(hash(f"other {number}")) for number in range(10_000))
    assert wrong < 200
