"""Write docs/reference/coverage.md from the code: `python -m tests.docs.coverage [--check]`.

Endpoints and how sure we are come from the emulator's route table, methods from the requests that
the services' sources build, tests from the calls that the tests' sources make.
"""

from __future__ import annotations

import argparse
import re
import sys

from attrs import frozen

from tests.docs.sources import ROOT, Method, Test, methods, public, tests, workflows
from threekit_async.emulator.app import all_routes
from threekit_async.emulator.web.contract import Route

TARGET = ROOT / "docs" / "reference" / "coverage.md"


@frozen(kw_only=True)
class Row:
    """One line of the table."""

    route: Route
    methods: tuple[str, ...]
    test: str | None


def rows() -> list[Row]:
    """Join the three."""
    known, tested = methods(), tests()
    routes = sorted(all_routes(), key=lambda route: route.service)
    asked = [
        tuple(dict.fromkeys(m.shown for m in known if _asks(m, route, known))) for route in routes
    ]
    return [
        Row(route=route, methods=names, test=_test_of(route, names, routes, asked, tested))
        for route, names in zip(routes, asked, strict=True)
    ]


def _test_of(
    route: Route,
    names: tuple[str, ...],
    routes: list[Route],
    asked: list[tuple[str, ...]],
    tested: dict[str, list[Test]],
) -> str | None:
    """Choose a test; where a method asks one of several routes, one that asks for this."""
    others = [r for r, n in zip(routes, asked, strict=True) if n == names and r is not route]
    candidates = [test for name in names for test in tested.get(name, ())]
    own = set(route.path.split("/"))
    theirs = {word for other in others for word in set(other.path.split("/")) - own}
    asking = {word for other in others for word in own - set(other.path.split("/"))}
    chosen = [t for t in candidates if asking & t.words] if asking else candidates
    # The one that is asked by default is not named in its tests.
    chosen = chosen or [t for t in candidates if not theirs & t.words]
    return chosen[0].place if chosen else None


def _asks(method: Method, route: Route, known: list[Method]) -> bool:
    if method.verb != route.verb:
        return False
    if _bare(method.path) == _bare(route.path):
        return True
    exact = any(m.verb == route.verb and _bare(m.path) == _bare(route.path) for m in known)
    # A part the SDK fills in may be spelt out in the emulator, as a renderer's name.
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(method.path))
    return not exact and re.fullmatch(pattern, route.path) is not None


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def text(table: list[Row]) -> str:
    """Write the page."""
    lines = [_HEAD]
    service = ""
    for row in table:
        if row.route.service != service:
            service = row.route.service
            lines += ["", f"## {service}", "", *_COLUMNS]
        lines.append(_line(row))
    return "\n".join([*lines, "", _foot(table)])


def _line(row: Row) -> str:
    route = row.route
    method = ", ".join(f"`{name}`" for name in row.methods) or _WITHOUT.get(route.path, "**none**")
    handler = f"`routes/{route.handler.__module__.rpartition('.')[2]}.py` `{_handler(route)}`"
    test = f"`{row.test}`" if row.test else ("" if not row.methods else "**none**")
    cells = (f"`{route.verb} {route.path}`", method, handler, route.confidence, route.source, test)
    return f"| {' | '.join(cells)} |"


def _handler(route: Route) -> str:
    return route.handler.__name__


_WITHOUT = {
    "/products/import": "by its other path, `/api/products/import`",
    "/products/export/{format}": "by its other path, `/api/products/export/{format}`",
}
_LINE_BREAK = "\n"
_COLUMNS = (
    "| endpoint | SDK method | emulator route | confidence | source | test |",
    "| --- | --- | --- | --- | --- | --- |",
)
_HEAD = """# Coverage

Every endpoint of the twelve APIs that is known: the method that asks it, the route of the
emulator that answers it, how sure we are that it exists like this, and a test.

- **documented**: on a page of the vendor.
- **seen in client**: in the vendor's own client or in public integrations.
- **inferred**: our assumption. The method says so; do not build on it before you have tried it.

This page is written by `make generate` from the services' sources, the emulator's route table and
the tests; `make check` fails when it is stale, or when an endpoint has no method or no test."""


def _foot(table: list[Row]) -> str:
    services = len({row.route.service for row in table})
    tested = tests()
    lines = [
        f"| `{name}` | {text} | `{tested[name][0].place}` |"
        for name, text in workflows().items()
        if name in tested
    ]
    return f"""{len(table)} routes of {services} services.

## Workflows

Methods that ask through other services, or ask nothing.

| SDK method | what it does | test |
| --- | --- | --- |
{_LINE_BREAK.join(lines)}

## Not offered

- `all=true` of `GET /api/assets`, seen in public integrations: the pager's `.all()` reads the
  same in pages of bounded size.
- `order` of `GET /api/assets`, which the vendor's client has beside `sort`, and `groupBy`,
  `groupPage` and `groupPerpage` of `GET /api/layers`, which its types name and nothing sends.
- `cacheScope` and `cacheMaxAge` are no parameters of methods but of `Options`, for any GET.
- `orgId` is the client's: it is sent with every request, and in the body of what is created.
- The services beyond the twelve (tags, datatables, users and others), and `GET /api/files/report`,
  which times out.

## A thirteenth service

One module of each kind, with the same name: `services/<api>.py` (its methods), `models/<api>.py`
(its records) and `emulator/routes/<api>.py` (its routes); then a property in `client.py`.
`make generate` writes the synchronous side and the new section of this page, and `make check`
names what is missing.
"""


def gaps(table: list[Row]) -> list[str]:
    """Say what is missing: endpoints without a method or test, methods without a route."""
    found = [f"{r.route.verb} {r.route.path} has no SDK method." for r in table if _unasked(r)]
    tested = tests()
    found += [f"{m.shown} has no test." for m in methods() if m.shown not in tested]
    found += [f"{name} has no test." for name in workflows() if name not in tested]
    routed = {name for row in table for name in row.methods}
    found += [f"{m.shown} has no route." for m in methods() if m.shown not in routed]
    return [*found, *_unmarked(table)]


def _unmarked(table: list[Row]) -> list[str]:
    """A method that asks an inferred endpoint says "Experimental"."""
    docs = public()
    inferred = [row for row in table if row.route.confidence == "inferred"]
    return [
        f"{name} asks {row.route.path}, which is inferred, and does not say Experimental."
        for row in inferred
        for name in row.methods
        if "Experimental" not in docs[name][1]
    ]


def _unasked(row: Row) -> bool:
    return not row.methods and row.route.path not in _WITHOUT


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or compare it with what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare, and name gaps")
    chosen = parser.parse_args(arguments)
    table = rows()
    page = text(table)
    if not chosen.check:
        TARGET.write_text(page)
        return 0
    problems = gaps(table)
    if TARGET.read_text() != page:
        problems.append("docs/reference/coverage.md is stale: run `make generate`.")
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
