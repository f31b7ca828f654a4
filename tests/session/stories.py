"""The story of a call nobody observes."""

from __future__ import annotations

from threekit_async.events import Stats
from threekit_async.session.telling.narrator import Narrator
from threekit_async.session.telling.story import Story
from threekit_async.session.telling.tracing import UNTRACED


def untold(verb: str = "GET", path: str = "/api/orders") -> Story:
    return Story(
        verb=verb,
        path=path,
        stats=Stats(),
        narrator=Narrator(),
        operation=UNTRACED,
        clock=lambda: 0.0,
    )
