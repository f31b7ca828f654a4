"""What the Assets API does when asked to change something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.apis.assets import find_asset, taken
from threekit_async.emulator.apis.products import copy_product
from threekit_async.emulator.data.tables import ASSETS
from threekit_async.emulator.records.assets import changed_asset, copied_asset, new_asset
from threekit_async.emulator.web.answers import forbidden, json_answer
from threekit_async.emulator.web.contract import Refusal

if TYPE_CHECKING:
    from aiohttp import web

    from threekit_async.emulator.web.asking import Ask

BAD_UPDATE = Refusal(
    status=422, code="update_asset_error", message="One or more fields are missing or invalid"
)
BAD_RESTORE = Refusal(status=422, code="restore_asset_error", message="Cannot restore active asset")
# The codes of these two are assumptions.
BAD_ASSET = Refusal(
    status=422, code="create_asset_error", message="One or more fields are missing or invalid"
)
TAKEN = Refusal(status=409, code="asset_exists", message="An asset with this id exists")


async def create_asset(ask: Ask) -> web.Response:
    """Create an asset; every field may be missing."""
    if ask.body.get("orgId") not in (None, ask.org_id):
        raise forbidden()
    asset = new_asset(ask.state, ask.body, org_id=ask.org_id, user_id=ask.caller.user_id)
    if taken(ask.store, asset):
        raise TAKEN.error()
    ask.store.add(ASSETS, asset)
    return json_answer(asset)


async def update_asset(ask: Ask) -> web.Response:
    """Change the fields that are given and answer the asset."""
    asset = changed_asset(ask.state, find_asset(ask, live=True), ask.body)
    ask.store.replace(ASSETS, asset)
    return json_answer(asset)


async def delete_asset(ask: Ask) -> web.Response:
    """Delete an asset so that it can be restored; once more changes nothing.

    An unknown one is 404 (assumption: the vendor's page lists no such answer).
    """
    asset = find_asset(ask)
    if asset["deletedAt"] is None:
        now = ask.state.clock.now()
        gone = {**asset, "deletedAt": now, "deletedBy": ask.caller.user_id}
        ask.store.replace(ASSETS, gone)
    return json_answer({"message": "ok"})


async def clone_asset(ask: Ask) -> web.Response:
    """Copy an asset with its attributes and rules, and answer the copy."""
    original = find_asset(ask, live=True)
    copy = copied_asset(ask.state, original, user_id=ask.caller.user_id)
    with ask.store.together():
        ask.store.add(ASSETS, copy)
        copy_product(ask.store, original, copy)
    return json_answer(copy)


async def restore_asset(ask: Ask) -> web.Response:
    """Bring a deleted asset back, changed as in an update where fields are given."""
    asset = find_asset(ask)
    if asset["deletedAt"] is None:
        raise BAD_RESTORE.error()
    back = {**changed_asset(ask.state, asset, ask.body or {}), "deletedAt": None, "deletedBy": None}
    ask.store.replace(ASSETS, back)
    return json_answer(back)
