"""Rules that spoil answers on purpose: which requests, how often, and how."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from attrs import asdict, evolve, field, fields_dict, frozen
from attrs.validators import and_, ge, in_, instance_of, le, optional

if TYPE_CHECKING:
    from collections.abc import Mapping

Effect = Literal[
    "delay",
    "status",
    "html",
    "malformed_json",
    "reset_before",
    "truncate",
    "wrong_length",
    "repeat_page",
    "body",
]
EFFECTS: tuple[str, ...] = get_args(Effect)
_status = and_(instance_of(int), ge(200), le(599))


def _is_pattern(_rule: object, _attribute: object, value: str) -> None:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}") from None


@frozen(kw_only=True)
class FaultRule:
    """Spoil some answers.

    :param effect: ``delay`` (only wait ``seconds``), ``status`` (a vendor error with ``status``,
        ``code``, ``message`` and perhaps ``retry_after``), ``html`` (an HTML page with
        ``status``), ``malformed_json`` (a broken body with ``status``), ``reset_before`` (close
        the connection without any header), ``truncate`` (announce the whole length, send only
        ``bytes`` of it and close), ``wrong_length`` (send only ``bytes`` of the body and announce
        just these: HTTP cannot notice, only a known size or hash can), ``repeat_page`` (serve the
        page before the one asked for), ``body`` (a fixed JSON ``body`` with ``status``).
    :param method: HTTP method, or ``None`` for all.
    :param path: regular expression searched in the path.
    :param times: how many matching requests are spoiled; ``None`` means all.
    :param after: how many matching requests pass first.
    :param probability: chance of each matching request, drawn from a seeded generator.
    :param seconds: wait before the effect, whatever it is.
    :param status: status of the answer; by default 200 for ``body`` and ``malformed_json``,
        503 otherwise.
    """

    effect: Effect = field(validator=in_(EFFECTS))
    method: str | None = field(default=None, validator=optional(instance_of(str)))
    path: str = field(default="", validator=and_(instance_of(str), _is_pattern))
    times: int | None = field(default=None, validator=optional(and_(instance_of(int), ge(0))))
    after: int = field(default=0, validator=and_(instance_of(int), ge(0)))
    probability: float = field(default=1.0, converter=float, validator=and_(ge(0), le(1)))
    seconds: float = field(default=0.0, converter=float, validator=ge(0))
    status: int | None = field(default=None, validator=optional(_status))
    code: str = field(default="emulated_fault", validator=instance_of(str))
    message: str = field(default="Emulated fault", validator=instance_of(str))
    retry_after: str | None = field(default=None, validator=optional(instance_of(str)))
    bytes: int = field(default=0, validator=and_(instance_of(int), ge(0)))
    body: object = None
    id: int = field(default=0, validator=instance_of(int))

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule speaks of this request."""
        same_method = self.method is None or self.method.upper() == method
        return same_method and re.search(self.path, path) is not None

    @property
    def answer_status(self) -> int:
        """The status to answer with."""
        if self.status is not None:
            return self.status
        return 200 if self.effect in ("body", "malformed_json") else 503


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


class Faults:
    """Keep the rules in force and choose among them; the first one that matches is applied."""

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed
        self._rules: list[FaultRule] = []
        self.clear()

    def add(self, rule: FaultRule) -> FaultRule:
        """Put a rule in force and return it with its id."""
        self._last += 1
        self._rules.append(evolve(rule, id=self._last))
        return self._rules[-1]

    def rules(self) -> list[FaultRule]:
        """Return the rules; ``times`` and ``after`` say what is left of them."""
        return list(self._rules)

    def clear(self) -> None:
        """Drop all rules and begin the sequence of chances again."""
        self._rules.clear()
        self._last = 0
        self._chance = random.Random(self._seed)  # noqa: S311

    def choose(self, method: str, path: str) -> FaultRule | None:
        """Return the rule to apply to a request and count it as used."""
        for index, rule in enumerate(self._rules):
            if rule.times == 0 or not rule.matches(method, path):
                continue
            if rule.after:
                self._rules[index] = evolve(rule, after=rule.after - 1)
            elif self._chance.random() < rule.probability:
                self._rules[index] = evolve(rule, times=rule.times and rule.times - 1)
                return rule
        return None


def as_wire(rule: FaultRule) -> dict[str, object]:
    """Return a rule in the form the control surface answers."""
    return asdict(rule)
