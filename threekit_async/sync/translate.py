"""Carries one class over from the asynchronous client to the synchronous one, as text. Pure.

What `_method` does not know is a `Problem`, never left out.
"""

from __future__ import annotations

import ast
import re
from copy import deepcopy

__all__ = ("RENAMED", "Problem", "original_name", "prose", "translated_class")

RENAMED = {"AsyncPager": "Pager", "AsyncThreekit": "Threekit"}
# What docstrings say in the other world. Longer phrases first.
_PROSE = (
    ("contextlib.aclosing", "contextlib.closing"),
    ("`async with`", "`with`"),
    ("async with ", "with "),
    ("`async for`", "`for`"),
    ("async for ", "for "),
    ("await ", ""),
    ("AsyncThreekit", "Threekit"),
    ("AsyncPager", "Pager"),
    ("aclose", "close"),
    ("The asynchronous client", "The synchronous client"),
    ("for each process and event loop, and share it", "for each process; any thread may share it"),
    (", in the loop that runs then,", ""),
)
_METHODS = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}


class Problem(Exception):  # noqa: N818  # read by people at a terminal
    """A construct that cannot be carried over."""


def original_name(name: str) -> str:
    """Name the asynchronous class inside the generated module."""
    return name if name in RENAMED else f"Async{name}"


def translated_class(node: ast.ClassDef, path: str, base: ast.ClassDef | None = None) -> str:
    """Write the synchronous class; what it inherits from `base` is written into it.

    :param path: of the source, for messages.
    :raises Problem: naming what cannot be carried over.
    """
    bases = [ast.unparse(each) for each in node.bases]
    if node.decorator_list or bases not in ([], [base.name if base else None]):
        raise Problem(f"{path}: class {node.name} has unknown bases, or decorators.")
    is_client = node.name in RENAMED
    lines = [f"class {RENAMED.get(node.name, node.name)}:", *_docstring(node, path, "")]
    for item in [*_inherited(base if bases else None), *node.body]:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            special = is_client and item.name.startswith("__")
            if special or item.name == "__init__" or not item.name.startswith("_"):
                lines += _method(path, node, item, is_client=is_client)
        elif not _is_docstring(item):
            raise Problem(f"{path}: {node.name} holds {ast.unparse(item)!r}.")
    return "\n".join(lines)


def _inherited(base: ast.ClassDef | None) -> list[ast.stmt]:
    return [item for item in base.body if not _is_docstring(item)] if base else []


def _is_docstring(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)


def _method(
    path: str,
    owner: ast.ClassDef,
    method: ast.FunctionDef | ast.AsyncFunctionDef,
    *,
    is_client: bool,
) -> list[str]:
    """Carry one method over: by its name, then by its kind, then by what it returns."""
    decorators = [ast.unparse(decorator) for decorator in method.decorator_list]
    returns = ast.unparse(method.returns) if method.returns else ""
    inner = f"self._async.{method.name}"
    signature = _signature(method)
    if method.name in _CLIENT_METHODS and is_client:
        return [
            signature.replace(method.name, _METHODS.get(method.name, method.name), 1),
            *_docstring(method, path, "    "),
            *_CLIENT_METHODS[method.name],
        ]
    arguments = _arguments(method)
    if method.name == "__init__":
        lines = [signature, *_veil(method)]
        return _initializer(owner, lines, arguments, is_client=is_client)
    if decorators == ["classmethod"] and returns == "Self":
        body = f"return cls._around({original_name(owner.name)}.{method.name}({arguments}))"
    elif decorators == ["staticmethod"] and isinstance(method, ast.FunctionDef):
        # It needs neither a client nor the loop.
        body = f"return {original_name(owner.name)}.{method.name}({arguments})"
    elif decorators == ["cached_property"]:
        body = f"return {returns}(self._bridge, {inner})"
    elif decorators == ["property"]:
        body = f"return {inner}"
    elif decorators or method.name.startswith("_"):
        raise Problem(f"{path}: {owner.name}.{method.name} is of no known kind.")
    elif isinstance(method, ast.FunctionDef):
        call = f"{inner}({arguments})"
        body = _plain(path, owner, method, returns, call, is_client=is_client)
    elif returns.startswith(("AsyncGenerator[", "AsyncIterator[")):
        body = f"return self._bridge.iterate(lambda: {inner}({arguments}))"
    else:
        body = f"return self._bridge.call(lambda: {inner}({arguments}))"
    return [
        *(f"    @{decorator}" for decorator in decorators),
        signature,
        *_docstring(method, path, "    "),
        *_veil(method),
        f"        {body}",
    ]


def _veil(method: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Take a token out of sight first: a traceback may show the frame's values."""
    named = any(arg.arg == "token" for arg in method.args.kwonlyargs)
    return ["        token = veiled(token)"] if named else []


def _plain(
    path: str,
    owner: ast.ClassDef,
    method: ast.FunctionDef,
    returns: str,
    call: str,
    *,
    is_client: bool,
) -> str:
    """Carry over a method that waits for nothing by itself."""
    if returns.startswith("AsyncPager["):
        return f"return Pager(self._bridge, {call})"
    if returns == "Self" and is_client:
        return f"return self._around({call}, bridge=self._bridge)"
    if returns == "Self":
        return f"return type(self)(self._bridge, {call})"
    raise Problem(f"{path}: {owner.name}.{method.name} returns {returns or 'nothing known'}.")


_CLIENT_METHODS = {
    "aclose": ["        if self._owns_bridge:", "            self._bridge.close()"],
    "__aenter__": ["        return self"],
    "__aexit__": ["        self.close()"],
    "raw": [
        "        with recording() as replies:",
        "            value = method(*args, **kwargs)",
        "        return raw_of(value, replies)",
    ],
    "__repr__": [
        "        # A traceback may show one that is not made yet.",
        "        made = getattr(self, '_async', None)",
        "        shown = repr(made) if made else '<AsyncThreekit not made yet>'",
        "        return shown.replace('<Async', '<', 1)",
    ],
}


def _initializer(
    owner: ast.ClassDef, beginning: list[str], arguments: str, *, is_client: bool
) -> list[str]:
    name = original_name(owner.name)
    if not is_client:
        return [
            f"    def __init__(self, bridge: Bridge, service: {name}) -> None:",
            "        self._bridge = bridge",
            "        self._async = service",
        ]
    return [
        *beginning,
        f"        self._async = {name}({arguments})",
        "        self._bridge = Bridge(self._async.aclose)",
        "        self._owns_bridge = True",
        "    @classmethod",
        f"    def _around(cls, client: {name}, *, bridge: Bridge | None = None) -> Self:",
        "        made = object.__new__(cls)",
        "        made._async = client",
        "        made._bridge = bridge or Bridge(client.aclose)",
        "        made._owns_bridge = bridge is None",
        "        return made",
    ]


def _signature(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Write the `def` line with the annotations of the other world."""
    returns = f" -> {_translated(method.returns)}" if method.returns else ""
    return f"    def {method.name}({_translated(method.args)}){returns}:"


def _translated(node: ast.AST) -> str:
    return ast.unparse(_Annotations().visit(deepcopy(node)))


class _Annotations(ast.NodeTransformer):
    """Turn annotations of asynchronous things into those of their synchronous twins."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(RENAMED.get(node.id, node.id))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        kind = ast.unparse(node.value)
        if kind in {"AsyncGenerator", "AsyncIterator"}:
            item = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            return ast.Subscript(ast.Name("Iterator"), self.visit(item))
        if kind == "Awaitable":
            # What a callback of the other world returns at once.
            awaited: ast.AST = self.visit(node.slice)
            return awaited
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        # `Iterable[X] | AsyncIterable[X]`: the second is nothing a synchronous caller has.
        if ast.unparse(node.right).startswith("AsyncIterable["):
            visited: ast.AST = self.visit(node.left)
            return visited
        return self.generic_visit(node)


def _arguments(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Write the arguments of the inner call: the same, by position or by keyword."""
    args = method.args
    if args.vararg or args.kwarg or args.posonlyargs:
        raise Problem(f"{method.name} has *args, **kwargs or positional-only parameters.")
    static = any(ast.unparse(each) == "staticmethod" for each in method.decorator_list)
    passed = [_passed(arg) for arg in args.args[0 if static else 1 :]]
    passed += [f"{arg.arg}={_passed(arg)}" for arg in args.kwonlyargs]
    return ", ".join(passed)


def _passed(arg: ast.arg) -> str:
    annotation = ast.unparse(arg.annotation) if arg.annotation else ""
    return f"asynchronous({arg.arg})" if "AsyncIterable[" in annotation else arg.arg


def _docstring(
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, path: str, indent: str
) -> list[str]:
    text = ast.get_docstring(node)
    if text is None:
        return []
    pad = indent + "    "
    lines = prose(text, f"{path}: {node.name}").splitlines()
    closing = f"\n{pad}" if len(lines) > 1 else ""
    quoted = "\n".join(f"{pad}{line}".rstrip() for line in lines).lstrip()
    return [f'{pad}"""{quoted}{closing}"""']


def prose(text: str, where: str) -> str:
    """Say in the other world what a docstring says.

    :raises Problem: when the result still speaks of awaiting, or of an event loop.
    """
    for phrase, other in _PROSE:
        text = text.replace(phrase, other)
    if left := re.search(r"\b(await|async|asynchronous|event loop)\b", text):
        raise Problem(f"{where}: the docstring still says {left.group()!r}.")
    return text
