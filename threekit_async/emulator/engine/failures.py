"""Runs that fail on purpose."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast

from attrs import asdict, evolve, field, fields_dict, frozen
from attrs.validators import and_, ge, instance_of, optional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from threekit_async.emulator.settings import EmulatorSettings

ONCE: int | None = 1
BY_CHANCE = "This run failed by chance, as the emulator's settings ask."


@frozen(kw_only=True)
class FailureRule:
    """Fail some runs.

    :param type: type of the task, ``"render"``; ``None`` means any.
    :param times: how many runs fail; ``None`` means all.
    :param after: how many matching runs pass first.
    :param message: the run's ``resultMessage``.
    """

    type: str | None = field(default=None, validator=optional(instance_of(str)))
    times: int | None = field(default=ONCE, validator=optional(and_(instance_of(int), ge(0))))
    after: int = field(default=0, validator=and_(instance_of(int), ge(0)))
    message: str = field(
        default="The emulator was told to fail this run.", validator=instance_of(str)
    )


def read_failure(values: Mapping[str, object]) -> FailureRule:
    """Build a rule from JSON, or raise :exc:`ValueError` with a sentence."""
    unknown = sorted(set(values) - set(fields_dict(FailureRule)))
    if unknown:
        raise ValueError(f"a failure rule has no field {unknown[0]!r}")
    try:
        return FailureRule(**cast("dict[str, Any]", dict(values)))
    except (TypeError, ValueError) as error:
        raise ValueError(str(error.args[0])) from None


class Failures:
    """Keep the rules in force, and the chance the settings name."""

    def __init__(self, settings: EmulatorSettings) -> None:
        self._share = settings.job_failures
        self._rules: list[FailureRule] = []
        self._chance = random.Random(0)  # noqa: S311

    def add(self, rule: FailureRule) -> FailureRule:
        """Put a rule in force."""
        self._rules.append(rule)
        return rule

    def rules(self) -> list[dict[str, object]]:
        """Return the rules; ``times`` and ``after`` say what is left of them."""
        return [asdict(rule) for rule in self._rules]

    def clear(self) -> None:
        """Drop all rules and begin the sequence of chances again."""
        self._rules.clear()
        self._chance = random.Random(0)  # noqa: S311

    def choose(self, task_type: str) -> str | None:
        """Return the sentence a run of this type fails with, or ``None`` when it may go on."""
        for index, rule in enumerate(self._rules):
            if rule.times == 0 or rule.type not in (None, task_type):
                continue
            if rule.after:
                self._rules[index] = evolve(rule, after=rule.after - 1)
            else:
                self._rules[index] = evolve(rule, times=rule.times and rule.times - 1)
                return rule.message
        return BY_CHANCE if self._share and self._chance.random() < self._share else None
