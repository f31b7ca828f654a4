"""Sets of fault rules with a name, for people: ``--faults flaky``."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen


@frozen(kw_only=True)
class Preset:
    """Some rules that belong together.

    :param says: what they do, in a sentence without its full stop.
    :param rules: the fields of :class:`~.rule.FaultRule`, in the order they are tried.
    """

    says: str
    rules: tuple[Mapping[str, object], ...]


PRESETS: Mapping[str, Preset] = {
    "flaky": Preset(
        says=(
            "of all answers, 5 % are 503, 2 % are 429 with Retry-After: 0, 1 % break off before "
            "their headers and 1 % in their body"
        ),
        rules=(
            {"effect": "status", "probability": 0.05},
            {"effect": "status", "status": 429, "retry_after": "0", "probability": 0.02},
            {"effect": "reset_before", "probability": 0.01},
            {"effect": "truncate", "bytes": 20, "probability": 0.01},
        ),
    ),
    "down": Preset(says="every answer is 503", rules=({"effect": "status"},)),
    "slow": Preset(
        says="every answer comes after a second", rules=({"effect": "delay", "seconds": 1},)
    ),
    "limited": Preset(
        says="a quarter of all answers is 429 with Retry-After: 1",
        rules=({"effect": "status", "status": 429, "retry_after": "1", "probability": 0.25},),
    ),
    "broken": Preset(
        says=(
            "of all answers, 5 % are HTML with 502, 5 % are JSON that breaks off, 5 % are no "
            "UTF-8 and 5 % are empty"
        ),
        rules=(
            {"effect": "html", "status": 502, "probability": 0.05},
            {"effect": "malformed_json", "probability": 0.05},
            {"effect": "not_utf8", "probability": 0.05},
            {"effect": "empty", "probability": 0.05},
        ),
    ),
    "shifting": Preset(
        says=(
            "of all pages, 20 % are read as if a row had just been added in front, 10 % as if one "
            "had been removed there"
        ),
        rules=(
            {"effect": "shift_page", "rows": 1, "probability": 0.2},
            {"effect": "shift_page", "rows": -1, "probability": 0.1},
        ),
    ),
}


def preset(name: str) -> Preset:
    """Return the preset of this name.

    :raises ValueError: when there is none.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}: choose among {', '.join(PRESETS)}")
    return PRESETS[name]
