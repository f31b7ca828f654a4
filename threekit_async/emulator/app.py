"""Put the emulator's application together."""

from __future__ import annotations

from aiohttp import web

from .access import check_access
from .observe import observe, speak_vendor
from .routes import assets, control, files, layer_writes, layers
from .state import STATE, State

LARGEST_BODY = 1024**3


def build_app(state: State) -> web.Application:
    """Return the application: rings from the outside in, then the routes of every API."""
    app = web.Application(
        middlewares=[observe, speak_vendor, check_access], client_max_size=LARGEST_BODY
    )
    app[STATE] = state
    for module in (layers, layer_writes, files, assets, control):
        app.router.add_routes(module.routes())
    return app
