"""Put the emulator's application together."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from aiohttp import web

from . import control, openapi, routes
from .asking import answering
from .observe import observe, speak_vendor
from .state import STATE, State

if TYPE_CHECKING:
    from .contract import Route

LARGEST_BODY = 1024**3


def build_app(state: State) -> web.Application:
    """Return the application: rings from the outside in, then the routes of every API."""
    app = web.Application(middlewares=[observe, speak_vendor], client_max_size=LARGEST_BODY)
    app[STATE] = state
    app.router.add_routes(_served(route) for route in all_routes())
    app.router.add_routes([*control.routes(), *openapi.routes()])
    return app


def _served(route: Route) -> web.RouteDef:
    if route.verb == "GET":
        # Also answers HEAD.
        return web.get(route.path, answering(route))
    return web.route(route.verb, route.path, answering(route))


def all_routes() -> list[Route]:
    """Collect the routes of every API: one module of ``routes/`` each, found by being there."""
    names = sorted(module.name for module in iter_modules(routes.__path__))
    modules = [import_module(f"{routes.__name__}.{name}") for name in names]
    return [route for module in modules for route in module.routes()]
