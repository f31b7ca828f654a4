"""Attributes of items as the Products API writes them, one record for each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, Union

from .base import converter, field, record
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

    One of an unknown type, or with values its type does not promise, is an `OtherAttribute`:
    the vendor's page has strings for all values, its exports do not.

    :raises FieldProblem: for what is no array of objects.
    """
    if raw.__class__ is not list:
        raise FieldProblem("", f"is {described(raw)}, not an array")
    return [_attribute(each, index) for index, each in enumerate(raw)]


def _attribute(raw: Any, index: int) -> ProductAttribute:
    kind = raw.get("type") if raw.__class__ is dict else None
    try:
        known = _KINDS.get(kind, OtherAttribute) if isinstance(kind, str) else OtherAttribute
        return _structured(raw, known)
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
    values: Sequence[str] = field(factory=list[str])
    blacklist: Sequence[Any] = field(factory=list[Any])
    default_value: str | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class NumberAttribute:
    """A number between `min` and `max`, in steps of `step` when `lock_to_step`."""

    name: str
    type: str = "Number"
    default_value: int | float | None = None
    min: int | float | None = None
    max: int | float | None = None
    step: int | float | None = None
    lock_to_step: bool | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class BooleanAttribute:
    """Yes or no. That its default is a boolean is our assumption."""

    name: str
    type: str = "Boolean"
    default_value: bool | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ColourAttribute:
    """A colour; the vendor's word for the type is `Color`."""

    name: str
    type: str = "Color"
    default_value: Colour | None = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class AssetAttribute:
    """An asset out of those in `values`."""

    name: str
    type: str = "Asset"
    #: `item`, `material` and so on.
    asset_type: str | None = None
    #: `"#tag"` for every asset with a tag, or a reference; `{"tagId": ...}` on newer
    #: organisations.
    values: Sequence[str | AssetReference | Mapping[str, Any]] = field(
        factory=list[Any], metadata={"read": _choices}
    )
    blacklist: Sequence[Any] = field(factory=list[Any])
    #: A reference with the `asset_id` "" when nothing is chosen.
    default_value: AssetReference | str | None = field(default=None, metadata={"read": _chosen})
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class ArrayAttribute:
    """A list; what its values are is not documented."""

    name: str
    type: str = "Array"
    values: Sequence[Any] | None = None
    default_value: Any = None
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class Price:
    """What something costs in one pricebook."""

    pricebook: str
    #: By currency code: `{"USD": 12.5}`.
    currencies: Mapping[str, float] = field(factory=dict[str, float])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class PricingAttribute:
    """The prices of an item, one for each pricebook."""

    name: str = "Pricing"
    type: str = "Pricing"
    values: Sequence[Price] = field(factory=list[Price])
    default_value: Mapping[str, Any] = field(factory=dict[str, Any])
    extra: Mapping[str, Any] = field(factory=dict[str, Any])


@record
class OtherAttribute:
    """An attribute of another type, or in the vendor's basic form of three strings."""

    name: str | None = None
    type: str | None = None
    default_value: Any = None
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
