"""Records of the Products API: items as JSON, with their attributes and rules.

What is exported can be imported again, so these records tell null (None) from an absent key
(UNSET): an entry is written as it was read, except that tags, keywords and rules in an odd form
get the documented one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from .assets import Asset
from .attributes import ProductAttribute, read_attributes
from .base import UNSET, Maybe, converter, field, record
from .fields import FieldProblem, described
from .jobs import Job
from .values import AssetReference, read_names, read_value

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


def _asset(raw: Any) -> AssetReference | Mapping[str, Any]:
    if raw.__class__ is not dict:
        raise FieldProblem("", f"is {described(raw)}, not an object")
    read = read_value(raw)
    return read if isinstance(read, AssetReference) else cast("Mapping[str, Any]", raw)


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
    attribute_id: Maybe[str | None] = UNSET
    attribute: Maybe[str | None] = UNSET
    operator: Maybe[str | None] = UNSET
    #: A string on the vendor's page.
    value: Any = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class RuleAction:
    """What a rule does. Source: the vendor's page on importing assets; public integrations."""

    #: The vendor asks for it, and yet it may be missing.
    type: Maybe[str | None]
    name: Maybe[str | None] = UNSET
    label: Maybe[str | None] = UNSET
    #: The vendor asks for it; `attribute`, a name, may stand in its place.
    attribute_id: Maybe[str | None] = UNSET
    attribute: Maybe[str | None] = UNSET
    visible: Maybe[bool | None] = UNSET
    #: JavaScript; with `enabled` and `error` for the type `custom-script`.
    content: Maybe[str | None] = UNSET
    enabled: Maybe[bool | None] = UNSET
    error: Maybe[str | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Rule:
    """Actions of an item, done where all conditions hold."""

    name: Maybe[str | None] = UNSET
    conditions: Maybe[Sequence[RuleCondition] | None] = UNSET
    actions: Maybe[Sequence[RuleAction] | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ProductQuery:
    """Which items an entry changes: those that match everything given here."""

    id: Maybe[str | None] = UNSET
    name: Maybe[str | None] = UNSET
    #: Three forms are met: `{"SKU": "OC-1"}` (public integrations), an attribute `{"name": "SKU",
    #: "defaultValue": "OC-1", "type": "String"}` (the vendor's page) and an array of such (the
    #: help centre). They are kept as they came; `metadata_values` reads all three.
    metadata: Maybe[Mapping[str, Any] | Sequence[Any] | None] = field(
        default=UNSET, metadata={"read": _metadata_query}
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

    A field that is UNSET was absent and is not sent; None is sent as null, which empties it.

    Source: the vendor's page on importing and exporting assets; the last block is met in public
    integrations and the help centre.
    """

    name: Maybe[str | None] = UNSET
    #: An asset type; items are products.
    type: Maybe[str | None] = UNSET
    description: Maybe[str | None] = UNSET
    #: The asset behind the item; `asset` says more, and stays as it came when it names none.
    asset_id: Maybe[str | None] = UNSET
    asset: Maybe[AssetReference | Mapping[str, Any] | None] = field(
        default=UNSET, metadata={"read": _asset}
    )
    tags: Maybe[Sequence[str] | None] = field(default=UNSET, metadata={"read": read_names})
    keywords: Maybe[Sequence[str] | None] = field(default=UNSET, metadata={"read": read_names})
    #: Each an attribute whose `default_value` is the value.
    metadata: Maybe[Sequence[ProductAttribute] | None] = field(
        default=UNSET, metadata={"read": read_attributes}
    )
    attributes: Maybe[Sequence[ProductAttribute] | None] = field(
        default=UNSET, metadata={"read": read_attributes}
    )
    rules: Maybe[Sequence[Rule] | None] = field(default=UNSET, metadata={"read": _rules})

    id: Maybe[str | None] = UNSET
    org_id: Maybe[str | None] = UNSET
    #: A folder's id, or `catalog`.
    parent_folder_id: Maybe[str | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])

    @property
    def metadata_values(self) -> Mapping[str, Any]:
        """The metadata by name."""
        return {each.name: _value(each) for each in self.metadata or () if each.name}


def _value(attribute: ProductAttribute) -> Any:
    return None if attribute.default_value is UNSET else attribute.default_value


@record
class ProductEntry:
    """One entry of an export or import.

    With a `query` it changes the items that match, which may be several; without one, or when
    none matches, it makes a new item.
    """

    query: Maybe[ProductQuery | None] = UNSET
    product: Maybe[Product | None] = UNSET
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
