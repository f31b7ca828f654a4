"""Attributes of items as the Products API writes them, one record for each kind.

They travel back with an import: None is written as null, UNSET, for an absent key, is not written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, Union

from .base import UNSET, Maybe, converter, field, record
from .fields import FieldProblem, described
from .values import AssetReference, Colour, read_value

__all__ = (
    "ArrayAttribute",
    "AssetAttribute",
    "BooleanAttribute",
    "ColourAttribute",
    "NumberAttribute",
    "OtherAttribute",
    "Price",
    "PricingAttribute",
    "ProductAttribute",
    "StringAttribute",
    "read_attributes",
)


def read_attributes(raw: Any) -> Sequence[ProductAttribute]:
    """Read an array of attributes, each by its `type`.

    One of an unknown type, without a name, or with values its type does not promise, is an
    `OtherAttribute`: the vendor's page has strings for all values, its exports do not.

    :raises FieldProblem: for what is no array of objects.
    """
    if raw.__class__ is not list:
        raise FieldProblem("", f"is {described(raw)}, not an array")
    return [_attribute(each, index) for index, each in enumerate(raw)]


def _attribute(raw: Any, index: int) -> ProductAttribute:
    kind = raw.get("type") if raw.__class__ is dict else None
    try:
        known = _KINDS.get(kind) if isinstance(kind, str) and "name" in raw else None
        return _structured(raw, known or OtherAttribute)
    except FieldProblem:
        try:
            return _structured(raw, OtherAttribute)
        except FieldProblem as problem:
            raise problem.under(f"[{index}]") from None


def _structured(raw: Any, kind: type[Any]) -> ProductAttribute:
    read: ProductAttribute = converter().structure(raw, kind)
    return read


def _choices(raw: Any) -> Sequence[Any]:
    if raw.__class__ is not list:
        raise FieldProblem("", f"is {described(raw)}, not an array")
    return [read_value(each) for each in raw]


def _chosen(raw: Any) -> AssetReference | str:
    if isinstance(raw, str):
        return raw
    return converter().structure(raw, AssetReference)


@record
class StringAttribute:
    """A text, or one of `values`."""

    name: str
    type: str = "String"
    values: Maybe[Sequence[str] | None] = UNSET
    blacklist: Maybe[Sequence[Any] | None] = UNSET
    default_value: Maybe[str | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class NumberAttribute:
    """A number between `min` and `max`, in steps of `step` when `lock_to_step`."""

    name: str
    type: str = "Number"
    #: What may be chosen; an empty list, in the samples that are known.
    values: Maybe[Sequence[int | float] | None] = UNSET
    blacklist: Maybe[Sequence[Any] | None] = UNSET
    default_value: Maybe[int | float | None] = UNSET
    min: Maybe[int | float | None] = UNSET
    max: Maybe[int | float | None] = UNSET
    step: Maybe[int | float | None] = UNSET
    lock_to_step: Maybe[bool | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class BooleanAttribute:
    """Yes or no. That its default is a boolean is our assumption."""

    name: str
    type: str = "Boolean"
    default_value: Maybe[bool | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ColourAttribute:
    """A colour; the vendor's word for the type is `Color`."""

    name: str
    type: str = "Color"
    default_value: Maybe[Colour | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class AssetAttribute:
    """An asset out of those in `values`."""

    name: str
    type: str = "Asset"
    #: `item`, `material` and so on.
    asset_type: Maybe[str | None] = UNSET
    #: `"#tag"` for every asset with a tag, or a reference; `{"tagId": ...}` on newer
    #: organisations.
    values: Maybe[Sequence[str | AssetReference | Mapping[str, Any]] | None] = field(
        default=UNSET, metadata={"read": _choices}
    )
    blacklist: Maybe[Sequence[Any] | None] = UNSET
    #: A reference with the `asset_id` "" when nothing is chosen.
    default_value: Maybe[AssetReference | str | None] = field(
        default=UNSET, metadata={"read": _chosen}
    )
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ArrayAttribute:
    """A list; what its values are is not documented."""

    name: str
    type: str = "Array"
    values: Maybe[Sequence[Any] | None] = UNSET
    default_value: Any = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Price:
    """What something costs in one pricebook."""

    pricebook: str
    #: By currency code: `{"USD": 12.5}`.
    currencies: Maybe[Mapping[str, float] | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class PricingAttribute:
    """The prices of an item, one for each pricebook."""

    name: str = "Pricing"
    type: str = "Pricing"
    values: Maybe[Sequence[Price] | None] = UNSET
    default_value: Maybe[Mapping[str, Any] | None] = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class OtherAttribute:
    """An attribute of another type, or in the vendor's basic form of three strings."""

    name: Maybe[str | None] = UNSET
    type: Maybe[str | None] = UNSET
    default_value: Any = UNSET
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


ProductAttribute: TypeAlias = Union[  # noqa: UP007  # reads better over several lines
    StringAttribute,
    NumberAttribute,
    BooleanAttribute,
    ColourAttribute,
    AssetAttribute,
    ArrayAttribute,
    PricingAttribute,
    OtherAttribute,
]
"""An attribute or a metadata entry of an item; `isinstance` tells the kinds apart."""

_KINDS: Mapping[str, type[Any]] = {
    "String": StringAttribute,
    "Number": NumberAttribute,
    "Boolean": BooleanAttribute,
    "Color": ColourAttribute,
    "Asset": AssetAttribute,
    "Array": ArrayAttribute,
    "Pricing": PricingAttribute,
}
