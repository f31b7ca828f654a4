"""How a synchronous method calls the asynchronous one: by its kind and what it returns. Pure."""

from __future__ import annotations

import ast
from functools import cached_property

from attrs import frozen

from .annotations import Annotations, Returned
from .problem import Place
from .signatures import AnyFunction, Signature

__all__ = ("CLIENT", "Call", "decorators", "name_of", "original_name")

CLIENT: str = "AsyncThreekit"
# What decorates the members that are known, and where it comes from.
_DECORATORS = {
    "property": None,
    "classmethod": None,
    "staticmethod": None,
    "cached_property": "functools",
    "overload": "typing",
    "asynccontextmanager": "contextlib",
}
_READ = frozenset({"property", "cached_property"})


def name_of(name: str) -> str:
    """Name the synchronous class."""
    return name.removeprefix("Async") if name == CLIENT else name


def original_name(name: str) -> str:
    """Name the asynchronous class inside the generated module."""
    return name if name == CLIENT else f"Async{name}"


def decorators(method: AnyFunction) -> list[str]:
    """Write its decorators as they stand in the source."""
    return [ast.unparse(decorator) for decorator in method.decorator_list]


@frozen(kw_only=True)
class Call:
    """How a synchronous method calls the asynchronous one.

    :param owner: the asynchronous class.
    """

    method: AnyFunction
    annotations: Annotations
    place: Place
    passed: Signature
    owner: str
    is_overloaded: bool

    @property
    def kind(self) -> str:
        """Its decorator, if it has one.

        :raises Problem: when it has another than the known ones, or two.
        """
        found = decorators(self.method)
        for each in found:
            imported = self.annotations.module.imports.get(each)
            origin = imported.module if imported and imported.name == each else None
            if each not in _DECORATORS or _DECORATORS[each] != origin:
                raise self.place.problem(f"has the decorator @{each}, which is not known.")
        if len(found) > 1:
            raise self.place.problem(f"has two decorators: {', '.join(found)}.")
        return found[0] if found else ""

    @cached_property
    def is_awaited(self) -> bool:
        """Tell whether calling it makes a coroutine."""
        return isinstance(self.method, ast.AsyncFunctionDef) and not _yields(self.method)

    @cached_property
    def returned(self) -> Returned:
        """What it returns there.

        :raises Problem: when that does not go with what kind of function it is.
        """
        method, place = self.method, self.place
        returned = self.annotations.returned(method.returns, place)
        is_async = isinstance(method, ast.AsyncFunctionDef)
        if is_async and _yields(method) != (returned.shape == "iterator"):
            raise place.problem(
                "has to be an async generator and annotated as one, or neither of both."
            )
        if self.kind == "asynccontextmanager":
            if not is_async or returned.shape != "iterator":
                raise place.problem("is no async generator, which @asynccontextmanager needs.")
            text = f"AbstractContextManager[{returned.inner}]"
            return Returned("manager", returned.inner, text)
        if self.is_awaited and returned.shape == "manager":
            raise place.problem("is awaited for a context manager; let it return that at once.")
        return returned

    def body(self) -> list[str]:
        """Write the body.

        :raises Problem: when it is of no known kind.
        """
        name, passed = self.method.name, self.passed.passed
        original = original_name(self.owner)
        if self.kind in {"classmethod", "staticmethod"}:
            return [self._without_client(f"{original}.{name}({passed})")]
        if self.kind in _READ:
            return [self._read(f"self._async.{name}")]
        if self.returned.shape == "value" and not self.is_awaited:
            raise self.place.problem(
                f"returns {self.returned.text} from a plain function; make it a property, "
                "a static method, or a coroutine."
            )
        if self.is_overloaded:
            return [self._cast(), self._crossed(f"overloaded({passed})")]
        return [self._crossed(f"self._async.{name}({passed})")]

    def _without_client(self, call: str) -> str:
        """Call what needs neither a client nor the loop."""
        returned, place = self.returned, self.place
        if isinstance(self.method, ast.AsyncFunctionDef) or self.is_overloaded:
            raise place.problem(f"is a {self.kind} that awaits, or has overloads.")
        if returned.shape == "self" and self.kind == "classmethod" and self.owner == CLIENT:
            return f"return cls._around({call})"
        if returned.shape == "value":
            return f"return {call}"
        raise place.problem(f"is a {self.kind} and returns {returned.text}, without a client.")

    def _read(self, value: str) -> str:
        if isinstance(self.method, ast.AsyncFunctionDef) or self.passed.names != ("self",):
            raise self.place.problem("is a property that awaits, or takes parameters.")
        return self._crossed(value)

    def _cast(self) -> str:
        """Give the asynchronous method one type: checkers would look for its overload."""
        returned, returns = self.returned, self.method.returns
        text = ast.unparse(returns) if returns else ""
        if returned.shape in {"self", "service"}:
            raise self.place.problem(f"has overloads that return {returned.text}.")
        if self.kind == "asynccontextmanager":
            text = f"AbstractAsyncContextManager[{returned.inner}]"
        if self.is_awaited:
            text = f"Awaitable[{text}]"
        return f"overloaded = cast({f'Callable[..., {text}]'!r}, self._async.{self.method.name})"

    def _crossed(self, call: str) -> str:
        """Cross to the loop as what is returned needs it, and put it into its twin."""
        shape = self.returned.shape
        if shape in {"iterator", "manager"}:
            verb = "iterate" if shape == "iterator" else "enter"
            return f"return self._bridge.{verb}(lambda: {call})"
        value = f"self._bridge.call(lambda: {call})" if self.is_awaited else call
        if shape == "self" and self.owner == CLIENT:
            return f"return self._around({value}, bridge=self._bridge)"
        if shape == "value":
            return f"return {value}"
        itself = "self.__class__" if "type" in self.passed.names else "type(self)"
        twins = {"pager": "Pager", "thorough": "Thorough", "self": itself}
        return f"return {twins.get(shape, self.returned.inner)}(self._bridge, {value})"


def _yields(method: AnyFunction) -> bool:
    """Tell whether it is a generator; what functions inside it yield does not count."""
    left: list[ast.AST] = list(method.body)
    while left:
        node = left.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            left += ast.iter_child_nodes(node)
    return False
