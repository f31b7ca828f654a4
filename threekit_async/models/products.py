"""Records of the Products API: items as JSON, with their attributes and rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from .assets import Asset
from .attributes import ProductAttribute, read_attributes
from .base import converter, field, record
from .fields import FieldProblem, described
from .jobs import Job
from .values import AssetReference, read_names

__all__ = (
    "Product",
    "ProductEntries",
    "ProductEntry",
    "ProductImport",
    "ProductQuery",
    "Rule",
    "RuleAction",
    "RuleCondition",
)


def _metadata_query(raw: Any) -> Any:
    if raw.__class__ is dict or raw.__class__ is list:
        return raw
    raise FieldProblem("", f"is {described(raw)}, not an object or array")


def _rules(raw: Any) -> Sequence[Rule]:
    # One of the vendor's examples has the rules in an array of their own.
    nested = raw.__class__ is list and any(rule.__class__ is list for rule in raw)
    return converter().structure(_unnested(raw) if nested else raw, list[Rule])


def _unnested(raw: list[Any]) -> list[Any]:
    return [rule for part in raw for rule in (part if part.__class__ is list else [part])]


@record
class RuleCondition:
    """What must hold for a rule to act. Source: the vendor's page on importing assets."""

    #: The vendor asks for it; `attribute`, a name, may stand in its place.
    attribute_id: str | None = None
    attribute: str | None = None
    operator: str | None = None
    #: A string on the vendor's page.
    value: Any = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class RuleAction:
    """What a rule does. Source: the vendor's page on importing assets; public integrations."""

    type: str
    name: str | None = None
    label: str | None = None
    #: The vendor asks for it; `attribute`, a name, may stand in its place.
    attribute_id: str | None = None
    attribute: str | None = None
    visible: bool | None = None
    #: JavaScript; with `enabled` and `error` for the type `custom-script`.
    content: str | None = None
    enabled: bool | None = None
    error: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Rule:
    """Actions of an item, done where all conditions hold."""

    name: str | None = None
    conditions: Sequence[RuleCondition] = field(factory=list[RuleCondition])
    actions: Sequence[RuleAction] = field(factory=list[RuleAction])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ProductQuery:
    """Which items an entry changes: those that match everything given here."""

    id: str | None = None
    name: str | None = None
    #: Three forms are met: `{"SKU": "OC-1"}` (public integrations), an attribute `{"name": "SKU",
    #: "defaultValue": "OC-1", "type": "String"}` (the vendor's page) and an array of such (the
    #: help centre). They are kept as they came; `metadata_values` reads all three.
    metadata: Mapping[str, Any] | Sequence[Any] | None = field(
        default=None, metadata={"read": _metadata_query}
    )
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def metadata_values(self) -> Mapping[str, Any]:
        """The metadata asked for by name, whichever form it came in."""
        given = self.metadata or {}
        parts = [given] if isinstance(given, Mapping) else given
        return {name: value for part in parts for name, value in _named(part)}


def _named(part: Any) -> Iterable[tuple[str, Any]]:
    """Read an attribute's form, or a plain mapping; anything else names nothing."""
    if not isinstance(part, Mapping):
        return ()
    found = cast("Mapping[str, Any]", part)
    if "name" in found and "defaultValue" in found:
        return [(str(found["name"]), found["defaultValue"])]
    return found.items()


@record
class Product:
    """An item as export gives it and import takes it.

    Source: the vendor's page on importing and exporting assets; the last block is met in public
    integrations and the help centre.
    """

    name: str | None = None
    #: An asset type; items are products.
    type: str | None = None
    description: str | None = None
    #: The asset behind the item; `asset` says more.
    asset_id: str | None = None
    asset: AssetReference | None = None
    tags: Sequence[str] | None = field(default=None, metadata={"read": read_names})
    keywords: Sequence[str] | None = field(default=None, metadata={"read": read_names})
    #: Each an attribute whose `default_value` is the value.
    metadata: Sequence[ProductAttribute] | None = field(
        default=None, metadata={"read": read_attributes}
    )
    attributes: Sequence[ProductAttribute] | None = field(
        default=None, metadata={"read": read_attributes}
    )
    rules: Sequence[Rule] | None = field(default=None, metadata={"read": _rules})

    id: str | None = None
    org_id: str | None = None
    #: A folder's id, or `catalog`.
    parent_folder_id: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def metadata_values(self) -> Mapping[str, Any]:
        """The metadata by name."""
        return {each.name: each.default_value for each in self.metadata or () if each.name}


@record
class ProductEntry:
    """One entry of an export or import.

    With a `query` it changes the items that match, which may be several; without one, or when
    none matches, it makes a new item.
    """

    query: ProductQuery | None = None
    product: Product | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


ProductEntries: TypeAlias = Sequence[ProductEntry | Mapping[str, Any]]
"""What can be imported: entries, as records or as JSON objects."""


@record
class ProductImport:
    """What an import answers: a job to wait for, or the items at once.

    Which of the two comes is not documented: a job was seen for `sync=False`, the items where
    `sync` was not given.
    """

    job_id: str | None = None
    job: Job | None = None
    products: Sequence[Asset] | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])
