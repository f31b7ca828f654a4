"""The rules in force, and which of them a request meets."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from attrs import evolve

from threekit_async.emulator.faults.presets import preset
from threekit_async.emulator.faults.rule import read_rule

if TYPE_CHECKING:
    from threekit_async.emulator.faults.rule import FaultRule


class Faults:
    """Keep the rules in force and choose among them; the first one that matches is applied.

    A rule whose chance did not come up lets the request pass on to the next one.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed
        self._rules: list[FaultRule] = []
        self.clear()

    @property
    def in_force(self) -> bool:
        """Whether there is any rule at all."""
        return bool(self._rules)

    def add(self, rule: FaultRule) -> FaultRule:
        """Put a rule in force and return it with its id."""
        self._last += 1
        self._rules.append(evolve(rule, id=self._last))
        return self._rules[-1]

    def add_preset(self, name: str) -> list[FaultRule]:
        """Put the rules of a preset in force and return them.

        :raises ValueError: when there is no such preset.
        """
        return [self.add(read_rule(rule)) for rule in preset(name).rules]

    def rules(self) -> list[FaultRule]:
        """Return the rules; ``times`` and ``after`` say what is left of them."""
        return list(self._rules)

    def clear(self) -> None:
        """Drop all rules and begin the sequence of chances again."""
        self._rules.clear()
        self._last = 0
        self._chance = random.Random(self._seed)  # noqa: S311

    def choose(self, method: str, path: str, query: str = "") -> FaultRule | None:
        """Return the rule to apply to a request and count it as used."""
        for index, rule in enumerate(self._rules):
            if rule.times == 0 or not rule.matches(method, path, query):
                continue
            if rule.after:
                self._rules[index] = evolve(rule, after=rule.after - 1)
            elif self._chance.random() < rule.probability:
                if rule.times is not None:
                    self._rules[index] = evolve(rule, times=rule.times - 1)
                return rule
        return None
