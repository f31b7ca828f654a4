"""What a route promises: who may call it, what it reads, what it answers, and how sure we are.

One table of routes serves three purposes: requests are checked against it, the OpenAPI document is
written from it, and so is the table of what is covered.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from attrs import define, field, frozen

from threekit_async.emulator.web.answers import VendorError
from threekit_async.emulator.web.schemas import fits, json_schema

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web

    from threekit_async.emulator.web.asking import Ask

Access = Literal["none", "any", "private"]
"""``none``: no token is needed; ``any``: public or private; ``private``: private only."""

Confidence = Literal["documented", "seen in client", "inferred"]
"""``documented`` on a page of the vendor, ``seen in client``: its own or a public one, or ours."""


@frozen(kw_only=True)
class Refusal:
    """One failure a route may answer."""

    status: int
    code: str
    message: str

    def error(self) -> VendorError:
        """Return it as something to raise."""
        return VendorError(self.status, self.code, self.message)


UNPROCESSABLE = Refusal(
    status=422, code="unprocessable", message="One or more fields are missing or invalid"
)
BAD_QUERY = Refusal(
    status=422, code="invalid_query_fields", message="One or more query parameters are invalid"
)
"""In the words of the Assets API; the code for other listings is an assumption."""

NOT_FOUND = Refusal(status=404, code="not_found", message="Not found")
ORG_REQUIRED = Refusal(status=400, code="orgid_required", message="orgId is required")
"""Documented for every endpoint of the Assets API.

Import and export of items require ``orgId``, too (the vendor's page on importing and exporting
assets); that they refuse with this code is an assumption.
"""


class Content:
    """Stands for an answer of bytes, not JSON."""


@frozen(kw_only=True)
class Body:
    """The JSON object a route reads. Fields outside it are ignored, as unknown query fields are.

    :param fields: wire name -> Python type, as :func:`~.schemas.json_schema` reads them; a field
        that is not required may also be null.
    :param shape: stands in for ``fields`` when the body is no object, as ``list[CartItem]``.
    :param rules: what JSON Schema shall say beyond the fields, as ``{"anyOf": ...}``.
    :param optional: the body may be missing altogether.
    """

    fields: Mapping[str, Any] = field(factory=dict[str, Any])
    required: tuple[str, ...] = ()
    shape: Any = None
    rules: Mapping[str, Any] = field(factory=dict[str, Any])
    optional: bool = False

    def schema(self, named: dict[str, Any]) -> dict[str, Any]:
        """Write the JSON Schema; records it names are added to ``named``."""
        if self.shape is not None:
            return json_schema(self.shape, named)
        kinds = {
            name: kind if name in self.required else kind | None
            for name, kind in self.fields.items()
        }
        described = {name: json_schema(kind, named) for name, kind in kinds.items()}
        schema: dict[str, Any] = {"type": "object", "properties": described, **self.rules}
        return {**schema, "required": list(self.required)} if self.required else schema


@frozen(kw_only=True)
class Form:
    """The multipart form a route reads.

    :param files: names of file fields.
    :param fields: names of text fields -> Python type of what the text holds.
    """

    files: tuple[str, ...]
    fields: Mapping[str, Any] = field(factory=dict[str, Any])
    required: tuple[str, ...] = ()


@define(kw_only=True, slots=False, eq=False)
class Route:
    """One endpoint.

    :param source: the page of the vendor, or where it was seen.
    :param query: wire name -> ``str``, ``int``, ``bool``, ``Mapping`` (JSON text) or
        :class:`~.schemas.OneOf`. Unknown names are ignored.
    :param parts: the same for parts of the path that are not just any text: ``Uuid``, ``OneOf``.
    :param org_required: refuse without ``orgId``, unless the settings are lenient.
    :param refusal: answered when path, query or body do not fit.
    :param returns: what a success holds: a record's class, ``list[...]``, a mapping of keys
        (``"count?"`` may be missing), :class:`Content`, or a union of these.
    :param refusals: further failures, for the document.
    """

    verb: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    handler: Callable[[Ask], Awaitable[web.StreamResponse]]
    confidence: Confidence
    source: str
    access: Access = "any"
    query: Mapping[str, Any] = field(factory=dict[str, Any])
    parts: Mapping[str, Any] = field(factory=dict[str, Any])
    org_required: bool = False
    body: Body | None = None
    form: Form | None = None
    refusal: Refusal = UNPROCESSABLE
    refusals: tuple[Refusal, ...] = ()
    returns: Any = None
    status: int = 200
    #: Another organisation than the token's may be asked for.
    any_org: bool = False

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").partition("\n")[0]

    @property
    def service(self) -> str:
        """The API it belongs to, as the client calls it: ``asset_jobs``."""
        return self.path.removeprefix("/api").split("/")[1].replace("-", "_")

    @cached_property
    def checks_body(self) -> Callable[[object], bool]:
        """Tells whether a JSON value fits the body."""
        return fits(self.body.schema) if self.body else lambda _value: True
