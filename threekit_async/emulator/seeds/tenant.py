"""The organisations every seed has: the demo's own, and a public one beside it.

Each has one private and one public token.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from threekit_async.emulator.apis.catalog import PUBLIC_ORGS
from threekit_async.emulator.data.identity import steady_id
from threekit_async.emulator.data.tables import TOKENS

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Store

ORG_ID = steady_id("organisation", "demo")
USER_ID = steady_id("user", "demo")
PRIVATE_TOKEN = steady_id("token", "private")
PUBLIC_TOKEN = steady_id("token", "public")
NEIGHBOUR_ORG_ID = steady_id("organisation", "neighbour")
NEIGHBOUR_USER_ID = steady_id("user", "neighbour")
NEIGHBOUR_PRIVATE_TOKEN = steady_id("token", "neighbour", "private")
NEIGHBOUR_PUBLIC_TOKEN = steady_id("token", "neighbour", "public")
DOMAINS = ("localhost", "127.0.0.1")


def plant_tenant(store: Store) -> None:
    """Add the organisations' tokens. Only the neighbour is public: others see what it shares."""
    store.mark("org_id", ORG_ID)
    store.mark(PUBLIC_ORGS, json.dumps([NEIGHBOUR_ORG_ID]))
    _add_tokens(store, ORG_ID, USER_ID, private=PRIVATE_TOKEN, public=PUBLIC_TOKEN)
    _add_tokens(
        store,
        NEIGHBOUR_ORG_ID,
        NEIGHBOUR_USER_ID,
        private=NEIGHBOUR_PRIVATE_TOKEN,
        public=NEIGHBOUR_PUBLIC_TOKEN,
    )


def _add_tokens(store: Store, org_id: str, user_id: str, *, private: str, public: str) -> None:
    for token, kind in ((private, "private"), (public, "public")):
        store.add(
            TOKENS,
            {
                "id": token,
                "kind": kind,
                "orgId": org_id,
                "userId": user_id,
                "domains": list(DOMAINS) if kind == "public" else [],
            },
        )
