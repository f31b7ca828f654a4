"""What a fault rule says, and how it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from attrs import Attribute, asdict, field, fields_dict, frozen
from attrs.validators import and_, ge, in_, instance_of, le, optional

if TYPE_CHECKING:
    from collections.abc import Mapping

Effect = Literal[
    "delay",
    "drip",
    "status",
    "redirect",
    "html",
    "malformed_json",
    "not_utf8",
    "empty",
    "body",
    "reset_before",
    "reset_after",
    "truncate",
    "wrong_length",
    "gzip",
    "repeat_page",
    "shift_page",
    "empty_page",
    "ignore_range",
    "wrong_range",
    "new_etag",
]
EFFECTS: tuple[str, ...] = get_args(Effect)

STATUS = {"body": 200, "malformed_json": 200, "not_utf8": 200, "empty": 200, "redirect": 302}
"""The status an effect answers with unless the rule names one; 503 for the others."""

_status = and_(instance_of(int), ge(200), le(599))


def _is_pattern(_rule: object, attribute: Attribute[str], value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{attribute.name} is no regular expression: {error}") from None


_pattern = and_(instance_of(str), _is_pattern)


@frozen(kw_only=True)
class FaultRule:
    """Spoil some answers.

    An effect comes either instead of what was asked for, which is then not done, or after it:
    ``carried_out`` in the journal tells which.

    Instead of it: ``status`` (a vendor error with ``status``, ``code``, ``message`` and perhaps
    ``retry_after``), ``redirect`` (to ``location``), ``html`` (an HTML page), ``malformed_json``
    (JSON that breaks off), ``not_utf8`` (JSON with bytes that are no UTF-8), ``empty`` (no body,
    though it is said to be JSON), ``body`` (a fixed JSON ``body``), ``reset_before`` (close the
    connection without any header).

    Before it: ``delay`` (only wait ``seconds``, as every effect does first).

    After it, the answer is damaged: ``drip`` (send ``bytes`` of the body every ``interval``
    seconds), ``reset_after`` (send the headers, then
    close), ``truncate`` (announce the whole length, send ``bytes`` of it at most, then close),
    ``wrong_length`` (send only ``bytes`` of the body and announce just these: HTTP cannot notice,
    only a known size or hash can), ``gzip`` (compress a body though nobody asked for it).

    Pages: ``repeat_page`` (serve the page before the one asked for), ``shift_page`` (serve the
    page as if ``rows`` rows had just been added in front of the listing, or removed there when
    ``rows`` is negative), ``empty_page`` (serve a page beyond the last one).

    Files, with the settings ``ranges`` and ``etags``: ``ignore_range`` (the whole with 200),
    ``wrong_range`` (a part that starts ``bytes`` earlier, and says so), ``new_etag`` (as if the
    file had been replaced: another ``ETag``, and conditions about the old one fail).

    :param effect: one of the above.
    :param method: HTTP method, or ``None`` for all.
    :param path: regular expression searched in the path.
    :param query: regular expression searched in the decoded query, as ``sort=+createdAt&page=2``.
    :param times: how many matching requests are spoiled; ``None`` means all.
    :param after: how many matching requests pass first.
    :param probability: chance of each matching request, drawn from a seeded generator.
    :param seconds: wait before the effect, whatever it is.
    :param status: status of the answer; by default 302 for ``redirect``, 200 for ``body``,
        ``malformed_json``, ``not_utf8`` and ``empty``, 503 otherwise.
    :param bytes: see the effects; 0 stands for 1 in ``drip`` and ``wrong_range``.
    :param hard: close with a TCP reset instead of an end of stream.
    """

    effect: Effect = field(validator=in_(EFFECTS))
    method: str | None = field(default=None, validator=optional(instance_of(str)))
    path: str = field(default="", validator=_pattern)
    query: str = field(default="", validator=_pattern)
    times: int | None = field(default=None, validator=optional(and_(instance_of(int), ge(0))))
    after: int = field(default=0, validator=and_(instance_of(int), ge(0)))
    probability: float = field(default=1.0, converter=float, validator=and_(ge(0), le(1)))
    seconds: float = field(default=0.0, converter=float, validator=ge(0))
    status: int | None = field(default=None, validator=optional(_status))
    code: str = field(default="emulated_fault", validator=instance_of(str))
    message: str = field(default="Emulated fault", validator=instance_of(str))
    retry_after: str | None = field(default=None, validator=optional(instance_of(str)))
    location: str = field(default="", validator=instance_of(str))
    bytes: int = field(default=0, validator=and_(instance_of(int), ge(0)))
    interval: float = field(default=0.1, converter=float, validator=ge(0))
    rows: int = field(default=1, validator=instance_of(int))
    hard: bool = field(default=False, validator=instance_of(bool))
    body: object = None
    id: int = field(default=0, validator=instance_of(int))

    def __attrs_post_init__(self) -> None:
        if self.effect == "redirect" and not self.location:
            raise ValueError("the effect redirect needs a location")

    def matches(self, method: str, path: str, query: str) -> bool:
        """Tell whether the rule speaks of this request."""
        same_method = self.method is None or self.method.upper() == method
        return same_method and bool(re.search(self.path, path) and re.search(self.query, query))

    @property
    def answer_status(self) -> int:
        """The status to answer with."""
        return STATUS.get(self.effect, 503) if self.status is None else self.status


def read_rule(values: Mapping[str, object]) -> FaultRule:
    """Build a rule from JSON, or raise :exc:`ValueError` with a sentence."""
    unknown = sorted(set(values) - set(fields_dict(FaultRule)) | set(values) & {"id"})
    if unknown:
        raise ValueError(f"a fault rule has no field {unknown[0]!r}")
    if "effect" not in values:
        raise ValueError(f"a fault rule needs an effect: {', '.join(EFFECTS)}")
    try:
        return FaultRule(**cast("dict[str, Any]", dict(values)))
    except (TypeError, ValueError) as error:
        raise ValueError(str(error.args[0])) from None


def as_wire(rule: FaultRule) -> dict[str, object]:
    """Return a rule in the form the control surface answers."""
    return asdict(rule)
