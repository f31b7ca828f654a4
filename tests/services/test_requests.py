"""Every request in the source of the services: written out, and as safe to repeat as its verb."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import threekit_async

SERVICES = Path(threekit_async.__file__).parent / "services"
# What its verb does not say: a question that is asked with POST, and one answered once.
KNOWN = {"/api/layers/groups/{group_by}": "safe", "/api/asset-jobs/downloads": "idempotent"}
SAFETY = {"GET": "safe", "POST": "unsafe", "PUT": "idempotent", "DELETE": "idempotent"}


def _requests() -> Iterator[tuple[str, dict[str, ast.expr]]]:
    for path in sorted(SERVICES.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Request":
                keywords = {each.arg: each.value for each in node.keywords if each.arg}
                yield f"{path.name}:{node.lineno}", keywords


REQUESTS = dict(_requests())
given = pytest.mark.parametrize("keywords", REQUESTS.values(), ids=REQUESTS.keys())


def _text(value: ast.expr | None) -> str | None:
    assert value is None or isinstance(value, ast.Constant), "is not written out"
    return None if value is None else str(value.value)


def test_there_are_requests() -> None:
    assert len(REQUESTS) > 60


@given
def test_verb_and_path_are_written_out(keywords: dict[str, ast.expr]) -> None:
    assert _text(keywords["verb"]) in SAFETY
    assert str(_text(keywords["path"])).startswith("/api/")


@given
def test_the_path_is_filled_with_what_is_in_it(keywords: dict[str, ast.expr]) -> None:
    params = keywords.get("params", ast.Dict([], []))
    assert isinstance(params, ast.Dict)
    named = {_text(key) for key in params.keys}
    assert named == set(re.findall(r"\{(\w+)\}", str(_text(keywords["path"]))))


@given
def test_what_changes_something_is_repeated_with_care(keywords: dict[str, ast.expr]) -> None:
    verb, path = str(_text(keywords["verb"])), str(_text(keywords["path"]))
    assert (_text(keywords.get("safety")) or "safe") == KNOWN.get(path, SAFETY[verb])
