"""Says in the synchronous world what a docstring says in the asynchronous one. Pure."""

from __future__ import annotations

import ast
import re

from .problem import Place

__all__ = ("docstring", "prose")

# In code only: in an example, and between backticks.
_CODE = (
    (re.compile(r"\bawait\s+"), ""),
    (re.compile(r"\basync (?=(?:with|for)\b)"), ""),
    (re.compile(r"\baclosing\b"), "closing"),
)
# Everywhere.
_WORDS = (
    (re.compile(r"\bAsync(?=(?:Threekit|Pager|Thorough)\b)"), ""),
    (re.compile(r"\baclose\b"), "close"),
    (re.compile(r"\bThe asynchronous client\b"), "The synchronous client"),
    (
        re.compile(r"\bfor each process and event loop, and share it\b"),
        "for each process; any thread may share it",
    ),
    (re.compile(r", in the loop that runs then,"), ""),
)
_LEFT = re.compile(
    r"\b(?:await\w*|async\w*|coroutines?|aclos\w+|aiter|anext|__a(?:enter|exit|iter|next)__"
    r"|event loops?)\b",
    re.IGNORECASE,
)
# What a file cannot hold, or does not keep as it is; a docstring has it by an escape.
_UNWRITTEN = re.compile("[\x00\r\ud800-\udfff]")
_BACKTICKS = re.compile(r"`[^`]+`")


def prose(text: str, place: Place) -> str:
    """Carry a docstring over.

    :raises Problem: when the result still speaks of awaiting, or of an event loop; or when it holds
        a character that cannot be written.
    """
    if unwritten := _UNWRITTEN.search(text):
        raise place.problem(
            f"has a docstring with the character {unwritten.group()!a}, which cannot be written "
            "into a file as it is."
        )
    for pattern, other in _WORDS:
        text = pattern.sub(other, text)
    lines = text.split("\n")
    examples = _examples(lines)
    said = "\n".join(
        _code(line) if example else _BACKTICKS.sub(lambda found: _code(found.group()), line)
        for line, example in zip(lines, examples, strict=True)
    )
    if left := _LEFT.search(said):
        raise place.problem(f"has a docstring that still says {left.group()!r}.")
    return said


def _code(text: str) -> str:
    for pattern, other in _CODE:
        text = pattern.sub(other, text)
    return text


def _examples(lines: list[str]) -> list[bool]:
    """Tell the lines of examples: indented, after an empty line."""
    found: list[bool] = []
    for number, line in enumerate(lines):
        begins = number > 0 and (not lines[number - 1].strip() or found[-1])
        found.append(begins and line.startswith("    "))
    return found


def docstring(
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, place: Place, indent: str
) -> list[str]:
    """Write the docstring of a class or method as source, if there is one."""
    text = ast.get_docstring(node)
    if text is None:
        return []
    lines = _quoted(prose(text, place)).split("\n")
    closing = f"\n{indent}" if len(lines) > 1 else ""
    inner = "\n".join(f"{indent}{line}".rstrip() for line in lines).lstrip()
    return [f'{indent}"""{inner}{closing}"""']


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'{text[:-1]}\\"' if text.endswith('"') else text
