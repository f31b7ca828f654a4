"""The emulator's own description: OpenAPI 3.1, from the route table and the client's records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from aiohttp import web

from threekit_async._version import __version__
from threekit_async.emulator.seeds.tenant import ORG_ID
from threekit_async.emulator.state import state_of
from threekit_async.emulator.web.answers import json_answer
from threekit_async.emulator.web.contract import ORG_REQUIRED, Content, Refusal, Route
from threekit_async.emulator.web.known import known_parts
from threekit_async.emulator.web.schemas import NonEmpty, json_schema

if TYPE_CHECKING:
    from threekit_async.emulator.data.store import Store
    from threekit_async.emulator.web.schemas import Schema

_UNAUTHORIZED = Refusal(status=401, code="unauthorized", message="Unauthorized")
_FORBIDDEN = Refusal(status=403, code="forbidden", message="forbidden")
_FRAMEWORK = Refusal(status=400, code="bad_request", message="Not HTTP as it should be")
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


def routes() -> list[web.RouteDef]:
    """List the routes."""
    return [web.get("/__emulator__/openapi.json", describe)]


async def describe(request: web.Request) -> web.Response:
    """Answer the document."""
    from threekit_async.emulator.app import all_routes

    return json_answer(document(all_routes(), state_of(request).store))


def document(table: Iterable[Route], store: Store) -> dict[str, Any]:
    """Write the document of these routes; its examples name records of the store."""
    named: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        paths.setdefault(route.path, {})[route.verb.lower()] = _operation(
            route, named, known_parts(store, route)
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Threekit, as emulated by threekit_async",
            "version": __version__,
            "description": "What the vendor documents, what was seen in clients, and what is "
            "assumed; `x-confidence` and `x-source` of an operation say which.",
        },
        "security": [{"header": []}, {"query": []}],
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "bearer_token"},
            },
        },
    }


def _operation(route: Route, named: dict[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.verb.lower()} {route.path}",
        "tags": [route.service],
        "summary": route.summary,
        "x-confidence": route.confidence,
        "x-source": route.source,
        "x-access": route.access,
        "parameters": [*_path_parameters(route, known), *_query_parameters(route, named)],
        "responses": _responses(route, named),
    }
    if route.access == "none":
        operation["security"] = [{}]
    if content := _body_content(route, named):
        optional = route.body is not None and route.body.optional
        operation["requestBody"] = {"required": not optional, "content": content}
    return operation


def _path_parameters(route: Route, known: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": json_schema(route.parts.get(name, NonEmpty), {}),
            **({"example": known[name]} if name in known else {}),
        }
        for name in re.findall(r"\{(\w+)", route.path)
    ]


def _query_parameters(route: Route, named: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": route.org_required and name == "orgId",
            **(_organisation(route) if name == "orgId" else _parameter(name, kind, named)),
        }
        for name, kind in route.query.items()
    ]


def _organisation(route: Route) -> dict[str, Any]:
    """Name the organisation there is: any other is forbidden, and "" is as not given."""
    if route.any_org:
        return {"schema": {"type": "string"}}
    return {"schema": {"enum": [ORG_ID] if route.org_required else [ORG_ID, ""]}}


def _parameter(name: str, kind: Any, named: dict[str, Any]) -> dict[str, Any]:
    """Describe a query parameter; an object travels as JSON text."""
    schema = json_schema(kind, named)
    if schema == {"type": "object"}:
        return {"content": {"application/json": {"schema": schema}}}
    if kind is int:
        schema = {**schema, "minimum": 0, **_BOUNDS.get(name, {})}
    return {"schema": schema}


_BOUNDS: Mapping[str, Schema] = {
    "page": {"minimum": 1},
    "perPage": {"minimum": 1, "maximum": 100},
}


def _body_content(route: Route, named: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if route.body is not None:
        content["application/json"] = {"schema": route.body.schema(named)}
    if route.form is not None:
        # An octet stream stands for a file; several may be sent under one name.
        binary = {"type": "string", "contentMediaType": "application/octet-stream"}
        fields = {name: json_schema(kind, named) for name, kind in route.form.fields.items()}
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {**dict.fromkeys(route.form.files, binary), **fields},
        }
        if route.form.required:
            schema["required"] = list(route.form.required)
        content["multipart/form-data"] = {"schema": schema}
    return content


def _responses(route: Route, named: dict[str, Any]) -> dict[str, Any]:
    responses = {str(route.status): _success(route, named)}
    refusals = [*route.refusals, route.refusal, _UNAUTHORIZED, _FORBIDDEN, _FRAMEWORK]
    if route.org_required:
        refusals.append(ORG_REQUIRED)
    for refusal in refusals:
        known = responses.setdefault(str(refusal.status), _failure())
        codes = known.setdefault("x-codes", [])
        if refusal.code not in codes:
            codes.append(refusal.code)
    return dict(sorted(responses.items()))


def _success(route: Route, named: dict[str, Any]) -> dict[str, Any]:
    union = get_origin(route.returns) in {Union, UnionType}
    kinds = get_args(route.returns) if union else (route.returns,)
    schemas = [json_schema(kind, named) for kind in kinds if kind is not Content]
    content: dict[str, Any] = {}
    if schemas:
        schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
        content["application/json"] = {"schema": schema}
    if Content in kinds:
        content["*/*"] = {}
    return {"description": route.summary or "Success", "content": content}


def _failure() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {"description": "Refused", "content": {"application/json": {"schema": schema}}}
