"""From arguments to the wire's names."""

from __future__ import annotations

import pytest

from threekit_async import UNSET, UsageError
from threekit_async.services.wire import body_of, changes_of, filters, names_of


def test_an_update_drops_what_is_unset_and_keeps_none() -> None:
    changes = changes_of(name=UNSET, parent_folder_id=None, public_share=False, tags="")
    assert changes == {"parentFolderId": None, "publicShare": False, "tags": ""}


def test_a_body_drops_none_only() -> None:
    assert body_of(name=None, cart=[], count=0) == {"cart": [], "count": 0}


def test_filters_keep_everything_for_the_session_to_drop() -> None:
    assert filters(asset_id=None) == {"assetId": None}


@pytest.mark.parametrize(
    ("names", "wire"),
    [("a,b", "a,b"), (["a", "b"], "a,b"), (("a",), "a"), ([], ""), (None, None), (UNSET, UNSET)],
)
def test_names_are_one_string(names: object, wire: object) -> None:
    assert names_of(names) == wire  # type: ignore[arg-type]


def test_a_name_with_a_comma_cannot_stand_in_a_list() -> None:
    with pytest.raises(UsageError, match="has a comma"):
        names_of(["c", "a,b"])
