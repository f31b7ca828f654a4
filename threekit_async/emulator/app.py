"""Put the emulator's application together."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from aiohttp import web

from threekit_async.emulator import control, routes
from threekit_async.emulator.state import STATE, State
from threekit_async.emulator.web.asking import answering
from threekit_async.emulator.web.compression import compressed
from threekit_async.emulator.web.observe import observe, speak_vendor
from threekit_async.emulator.web.openapi import routes as description_routes
from threekit_async.emulator.web.validators import validated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp.typedefs import Middleware

    from threekit_async.emulator.settings import EmulatorSettings
    from threekit_async.emulator.web.contract import Route

LARGEST_BODY = 1024**3


def build_app(state: State) -> web.Application:
    """Return the application: rings from the outside in, then the routes of every API."""
    app = web.Application(middlewares=list(_rings(state.settings)), client_max_size=LARGEST_BODY)
    app[STATE] = state
    app.router.add_routes(_served(route) for route in all_routes())
    app.router.add_routes([*control.routes(), *description_routes()])
    return app


def _rings(settings: EmulatorSettings) -> Iterator[Middleware]:
    yield observe
    if settings.compress:
        yield compressed
    if settings.etags:
        yield validated
    yield speak_vendor


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
