"""The organisation every seed has, with one private and one public token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threekit_async.emulator.identity import steady_id
from threekit_async.emulator.tables import TOKENS

if TYPE_CHECKING:
    from threekit_async.emulator.store import Store

ORG_ID = steady_id("organisation", "demo")
USER_ID = steady_id("user", "demo")
PRIVATE_TOKEN = steady_id("token", "private")
PUBLIC_TOKEN = steady_id("token", "public")
DOMAINS = ("localhost", "127.0.0.1")


def plant_tenant(store: Store) -> None:
    """Add the organisation's tokens."""
    store.mark("org_id", ORG_ID)
    for token, kind in ((PRIVATE_TOKEN, "private"), (PUBLIC_TOKEN, "public")):
        store.add(
            TOKENS,
            {
                "id": token,
                "kind": kind,
                "orgId": ORG_ID,
                "userId": USER_ID,
                "domains": list(DOMAINS) if kind == "public" else [],
            },
        )
