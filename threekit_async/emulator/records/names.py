"""Tags and keywords, in the forms they arrive in."""

from __future__ import annotations

from typing import Any


def read_names(given: Any) -> list[str]:
    """Read names from an array, or from one string where commas separate them (assumption).

    The vendor's Assets API page documents a string for updates without saying how names are
    separated in it. Empty names and repetitions are dropped; null means none.
    """
    names = given.split(",") if isinstance(given, str) else given or []
    return list(dict.fromkeys(stripped for name in names if (stripped := name.strip())))
