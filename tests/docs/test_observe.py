"""The page on observing names every event, with the facts it has, and every hook."""

from __future__ import annotations

import re
from pathlib import Path

from attrs import fields

from threekit_async.events import NAMES
from threekit_async.hooks import Hooks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "observe.md"


def rows() -> dict[str, list[str]]:
    """Return the facts of each event in the page's table."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"^\| ([a-z ]+) \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    return {name: re.findall(r"`(\w+)`", facts) for name, facts in found if name != "event"}


def test_the_table_has_every_event_with_its_facts_in_their_order() -> None:
    wanted = {name: [field.name for field in fields(kind)] for kind, name in NAMES.items()}
    assert rows() == wanted
    assert list(rows()) == list(wanted)


def test_each_event_of_the_table_has_a_hook_of_its_name() -> None:
    assert [name.replace(" ", "_") for name in rows()] == [hook.name for hook in fields(Hooks)]
