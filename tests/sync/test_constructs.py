"""What the generator does not know is a problem that names it, never left out."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent, indent

import pytest

from threekit_async.sync.generate import Problem, generated

CLIENT = '''
"""The asynchronous client."""

from functools import cached_property
from typing import Self
from .services.things import Things
from .secret import veiled

__all__ = ("AsyncThreekit",)

class AsyncThreekit:
    """Talk."""

    def __init__(self, *, token: str | None = None) -> None: ...

    @cached_property
    def things(self) -> Things:
        """Things."""
'''

SERVICE = '''
"""Things."""

import asyncio
import collections.abc as abc
import functools
from collections.abc import Iterable, Iterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Optional, Self, TypeAlias, Union, overload
import package.services.others
import package.hooks as given

from .. import hooks
from ..hooks import Handle, PageHook, Source
from ..nowhere import Anything
from ..paging import AsyncPager
from . import others
from .service import Service
from .others import Others
from elsewhere import frozen, property as other_property, AsyncIterator as Rows

__all__ = ("Things",)

LIMIT = 7
_LIMIT = 8
Stream: TypeAlias = "AsyncIterator[int]"
Walk = AsyncIterator[int] | None
Walks = list[Walk]
Twin: TypeAlias = Others
Many = list["Twin"]
Own = Source | None
Owned = Iterable[int] | AsyncIterable[int]

class Told(Protocol):
    async def __call__(self, number: int) -> None: ...

class Held(Handle): ...

class Things:
    """All things."""

    def __init__(self, session: object) -> None: ...
'''

OTHERS = '''
"""Others."""
__all__ = ("Others",)
class Others:
    """Others."""
'''

HOOKS = '''
"""What services take and give."""
from .hooks import Endless
from .services.others import Others as Elsewhere

PageHook: TypeAlias = "Callable[[int], Awaitable[None]]"
Asked = Callable[[AsyncIterator[int]], None]
PageHooks = dict[str, list[PageHook]]
Nested = Sequence[Callable[[int], Awaitable[None]]]
Numbers = AsyncIterator[int] | None
Source = str | Iterable[bytes] | AsyncIterable[bytes]
Either = Callable[[int], Awaitable[None]] | Callable[[int], None]
Mixed = Callable[[int], Awaitable[None] | None] | None
if TYPE_CHECKING:
    Hidden = Callable[[int], Awaitable[None]]
else:
    Hidden = object
try:
    import Fallback
except ImportError:
    Fallback = PageHook

class Handle:
    id: int
    async def cancel(self) -> None: ...
    async def _cancelled(self) -> None: ...

class Numbered(Protocol):
    def __call__(self, number: int) -> Awaitable[None]: ...

class Numbering(Numbered): ...
class Opened:
    async def __aenter__(self) -> int: ...
class Walking(AsyncIterator[int]): ...
class Listing:
    def listed(self) -> "AsyncPager[int]": ...
class Record:
    id: int
    def shown(self) -> str: ...
    async def _sent(self) -> None: ...
'''

BASE = '''
"""Base."""
from .others import LIMIT, Others
__all__ = ("Service",)
class Service:
    """What all have."""
    def __init__(self, session: object) -> None: ...
    async def inherited(self, most: int = LIMIT) -> int:
        """Come along."""
    async def overridden(self) -> int:
        """Be replaced."""
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package."""
    root = tmp_path / "package"
    (root / "services").mkdir(parents=True)
    for path, text in (
        ("client.py", CLIENT),
        ("hooks.py", HOOKS),
        ("services/__init__.py", '"""Services."""\n'),
        ("services/others.py", OTHERS),
        ("services/service.py", BASE),
        ("services/things.py", SERVICE),
    ):
        (root / path).write_text(text.lstrip(), encoding="utf-8")
    return root


def with_members(package: Path, members: str, path: str = "services/things.py") -> str:
    """The module that is generated when its class has these members too."""
    source = package / path
    text = source.read_text(encoding="utf-8")
    source.write_text(text + "\n" + indent(dedent(members), "    "), encoding="utf-8")
    return generated(package)[path]


def method(text: str, name: str) -> str:
    """The source of one generated method, as Python prints it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.unparse(node)
    raise AssertionError(f"{name} was not generated")


@pytest.mark.parametrize(
    ("construct", "says"),
    [
        # Functions of no known kind.
        ("def f(self) -> int: ...", "returns int from a plain function"),
        ("def f(self) -> Iterator[int]:\n    yield 1", "returns Iterator[int] from a plain"),
        ("@frozen\nasync def f(self) -> int: ...", "has the decorator @frozen, which"),
        ("@functools.cache\nasync def f(self) -> int: ...", "has the decorator @functools.cache"),
        ("@other_property\ndef f(self) -> int: ...", "has the decorator @other_property"),
        ("@contextmanager\ndef f(self) -> Iterator[int]: ...", "has the decorator @contextmanager"),
        ("@property\nasync def f(self) -> int: ...", "is a property that awaits"),
        ("@property\ndef f(self, x: int = 1) -> int: ...", "is a property that awaits, or takes"),
        ("@staticmethod\nasync def f() -> int: ...", "is a staticmethod that awaits"),
        ("@classmethod\nasync def f(cls) -> int: ...", "is a classmethod that awaits"),
        ("@classmethod\ndef f(cls) -> Self: ...", "is a classmethod and returns Self, without"),
        ("@staticmethod\ndef f() -> AsyncPager[int]: ...", "is a staticmethod and returns Pager"),
        (
            "@asynccontextmanager\n@cached_property\nasync def f(self) -> int: ...",
            "has two decorators: asynccontextmanager, cached_property.",
        ),
        ("@asynccontextmanager\nasync def f(self) -> int: ...", "is no async generator, which"),
        ("async def __aiter__(self) -> int: ...", "has a name the generator knows no twin of"),
        ("async def aclose(self) -> None: ...", "has a name the generator knows no twin of"),
        ("async def f(self) -> int: ...\nasync def f(self) -> str: ...", "is defined twice"),
        # Overloads.
        ("@overload\nasync def f(self) -> int: ...", "has overloads, and no implementation"),
        (
            "@overload\ndef f(self) -> AsyncPager[int]: ...\nasync def f(self) -> int: ...",
            "has an overload of another kind",
        ),
        (
            "@overload\nasync def f(self) -> Self: ...\nasync def f(self) -> Self: ...",
            "has overloads that return Self",
        ),
        (
            "@overload\n@staticmethod\ndef f() -> int: ...\n@staticmethod\ndef f() -> int: ...",
            "is defined twice",
        ),
        (
            (
                "@overload\nasync def f(self, x: Callable[[int], Awaitable[int]]) -> int: ...\n"
                "@overload\nasync def f(self, x: str) -> int: ...\n"
                "async def f(self, x: object) -> int: ..."
            ),
            "has an overload whose x has to be passed on another way than the implementation's",
        ),
        (
            (
                "@overload\nasync def f(self, x: Iterable[int] | AsyncIterable[int]) -> int: ...\n"
                "async def f(self, x: Any) -> int: ..."
            ),
            "has an overload whose x has to be passed on another way than the implementation's",
        ),
        (
            (
                "@overload\nasync def f(self, *, x: Callable[[], Awaitable[int]]) -> int: ...\n"
                "async def f(self, **x: object) -> int: ..."
            ),
            "has an overload whose x has to be passed on another way than the implementation's",
        ),
        # What is returned.
        ("async def f(self): ...", "has no return annotation"),
        ("async def f(self) -> AsyncIterator[int]: ...", "has to be an async generator"),
        ("async def f(self) -> int:\n    yield 1", "has to be an async generator"),
        ("async def f(self) -> AbstractAsyncContextManager[int]: ...", "is awaited for a context"),
        ("def f(self) -> AsyncIterable[int]: ...", "AsyncIterable is asynchronous, and has no"),
        ("def f(self) -> Awaitable[int]: ...", "Awaitable is asynchronous"),
        ("def f(self) -> Coroutine[None, None, int]: ...", "Coroutine is asynchronous"),
        ("def f(self) -> abc.AsyncGenerator: ...", "AsyncGenerator is asynchronous"),
        ("def f(self) -> asyncio.Task[int]: ...", "asyncio is asynchronous"),
        ("def f(self) -> AsyncClient: ...", "AsyncClient is asynchronous"),
        ("def f(self) -> 'AsyncClient': ...", "AsyncClient is asynchronous"),
        ("def f(self) -> Rows[int]: ...", "Rows is asynchronous"),
        ("def f(self) -> Stream: ...", "Stream is asynchronous"),
        ("async def f(self) -> Walks: ...", "Walks is asynchronous"),
        ("async def f(self) -> AsyncPager[int] | None: ...", "AsyncPager is asynchronous"),
        ("async def f(self) -> list[AsyncPager[int]]: ...", "AsyncPager is asynchronous"),
        ("async def f(self) -> list[Self]: ...", "Self has a twin, but only when it is returned"),
        ("async def f(self) -> Others | None: ...", "Others has a twin, but only when it is"),
        ("def f(self) -> AsyncPager[Things]: ...", "Things has a twin, but only when it is"),
        (
            "async def f(self) -> AsyncGenerator[int, str]:\n    yield 1",
            "is a generator that is sent str",
        ),
        (
            "@asynccontextmanager\nasync def f(self) -> AsyncIterator[Stream]:\n    yield 1",
            "Stream is asynchronous",
        ),
        # Services that are returned by another name.
        ("@property\ndef f(self) -> Twin: ...", "Twin is the service Others: return that, import"),
        ("async def f(self) -> Many: ...", "Many is the service Others: return that, imported"),
        ("def f(self) -> AsyncPager[Twin]: ...", "Twin is the service Others: return that"),
        ("async def f(self, x: Twin) -> int: ...", "Twin is the service Others: return that"),
        ("@property\ndef f(self) -> others.Others: ...", "Others is the service Others: return th"),
        ("async def f(self) -> others.Others: ...", "Others is the service Others: return that"),
        ("async def f(self, x: others.Others) -> int: ...", "Others is the service Others: return"),
        ("@property\ndef f(self) -> hooks.Elsewhere: ...", "Elsewhere is the service Others: ret"),
        ("async def f(self) -> Service: ...", "Service is the service Service: return that, imp"),
        (
            "@property\ndef f(self) -> package.services.service.Service: ...",
            "is the service Service",
        ),
        # Classes and aliases of this module and of others.
        ("async def f(self) -> Handle: ...", "Handle has cancel, which is asynchronous, and no"),
        ("async def f(self) -> Held: ...", "Held has cancel, which is asynchronous, and no twin"),
        ("async def f(self) -> list[given.Handle]: ...", "Handle has cancel, which is asynchro"),
        ("async def f(self) -> hooks.Opened: ...", "Opened has __aenter__, which is asynchronous"),
        ("async def f(self) -> hooks.Listing: ...", "Listing has listed, which is asynchronous"),
        ("def f(self) -> hooks.Walking: ...", "Walking has what AsyncIterator has, which is asy"),
        ("def f(self) -> hooks.Numbers: ...", "Numbers is asynchronous, and has no twin there"),
        ("async def f(self) -> Source: ...", "Source is asynchronous, and has no twin there"),
        ("async def f(self, x: Callable[[Handle], int]) -> int: ...", "Handle has cancel, which"),
        ("async def f(self, x: PageHook) -> int: ...", "PageHook is asynchronous, and has no twi"),
        ("async def f(self, x: PageHook | None) -> int: ...", "PageHook is asynchronous, and has"),
        ("async def f(self, x: hooks.PageHooks) -> int: ...", "PageHooks is asynchronous, and has"),
        ("async def f(self, x: hooks.Nested) -> int: ...", "Nested is asynchronous, and has no t"),
        ("async def f(self, x: hooks.Numbers) -> int: ...", "Numbers is asynchronous, and has no"),
        ("async def f(self, x: hooks.Asked) -> int: ...", "Asked is asynchronous, and has no twin"),
        ("async def f(self, x: hooks.Hidden) -> int: ...", "Hidden is asynchronous, and has no t"),
        (
            "async def f(self, x: hooks.Fallback) -> int: ...",
            "Fallback is asynchronous, and has no",
        ),
        ("async def f(self, x: Owned) -> int: ...", "Owned is asynchronous, and has no twin there"),
        ("async def f(self, x: Told) -> int: ...", "Told is awaited when it is called: write it"),
        ("async def f(self, x: hooks.Numbered) -> int: ...", "Numbered is awaited when it is call"),
        ("async def f(self, *, x: hooks.Numbering) -> int: ...", "Numbering is awaited when it is"),
        # Parameters.
        ("async def f(self, x) -> int: ...", "has a parameter x without annotation"),
        ("async def f(self, *x) -> int: ...", "has a parameter x without annotation"),
        ("async def f(self, x: AsyncIterator[int]) -> int: ...", "x: AsyncIterator[int]: Async"),
        ("async def f(self, x: AsyncIterable[int]) -> int: ...", "AsyncIterable is asynchronous"),
        (
            "async def f(self, x: Iterable[str] | AsyncIterable[int]) -> int: ...",
            "AsyncIterable is asynchronous",
        ),
        ("async def f(self, x: AsyncPager[int]) -> int: ...", "AsyncPager is asynchronous"),
        ("async def f(self, x: Awaitable[int]) -> int: ...", "Awaitable is asynchronous"),
        ("async def f(self, x: Optional[Stream]) -> int: ...", "Stream is asynchronous"),
        ("async def f(self, x: Self) -> int: ...", "Self has a twin, but only"),
        ("async def f(self, x: Others) -> int: ...", "Others has a twin, but only"),
        (
            "async def f(self, x: list[Callable[[], Awaitable[int]]]) -> int: ...",
            "Awaitable is asynchronous",
        ),
        (
            "async def f(self, x: Callable[[AsyncPager[int]], int]) -> int: ...",
            "AsyncPager is asynchronous",
        ),
        (
            "async def f(self, x: Callable[[], AsyncIterator[int]]) -> int: ...",
            "AsyncIterator is asynchronous",
        ),
        (
            "async def f(self, *x: Callable[[], Awaitable[int]]) -> int: ...",
            "has a parameter *x of something asynchronous",
        ),
        (
            "@staticmethod\ndef f(x: Iterable[int] | AsyncIterable[int]) -> int: ...",
            "takes an AsyncIterable, and has no bridge",
        ),
        (
            "@classmethod\ndef f(cls, x: Iterable[int] | AsyncIterable[int]) -> int: ...",
            "takes an AsyncIterable, and has no bridge",
        ),
        (
            "async def f(self, x: Callable[[], Awaitable[int]] | str) -> int: ...",
            "has a parameter x that takes a callback that is awaited, or str, which would be wrap",
        ),
        ("async def f(self, cast: int) -> int: ...", "has a parameter cast: generated methods"),
        ("async def f(self, Others: int) -> Others: ...", "has a parameter Others: generated met"),
        ("@staticmethod\ndef f(AsyncThings: int) -> int: ...", "has a parameter AsyncThings: gen"),
        # Defaults and names.
        ("async def f(self, x: object = object()) -> int: ...", "has the default object()"),
        ("async def f(self, *, x: object = object()) -> int: ...", "has the default object()"),
        (
            "async def f(self, x: object = lambda: 1) -> int: ...",
            "has the default lambda: 1, which",
        ),
        (
            "async def f(self, x: object = []) -> int: ...",
            "has the default [], which would be made",
        ),
        (
            "async def f(self, x: object = {}) -> int: ...",
            "has the default {}, which would be made",
        ),
        ("async def f(self, x: object = {1}) -> int: ...", "has the default {1}, which would be"),
        ("async def f(self, x: object = set()) -> int: ...", "has the default set(), which would"),
        ("async def f(self, *, x: object = (1, [])) -> int: ...", "has the default (1, []), which"),
        (
            "async def f(self, x: object = [y for y in z]) -> int: ...",
            "has the default [y for y in",
        ),
        (
            "@overload\nasync def f(self, x: int = []) -> int: ...\nasync def f(self) -> int: ...",
            "has the default []",
        ),
        # Docstrings.
        ('async def f(self) -> int:\n    """Do it asynchronously."""', "still says 'asynchron"),
        ('async def f(self) -> int:\n    """To be awaited."""', "still says 'awaited'"),
        ('async def f(self) -> int:\n    """Await it."""', "still says 'Await'"),
        ('async def f(self) -> int:\n    """To await it is enough."""', "still says 'await'"),
        (
            'async def f(self) -> int:\n    """Do.\n\n    :param x: to\n        await it."""',
            "still says 'await'",
        ),
        ('async def f(self) -> int:\n    """A coroutine."""', "still says 'coroutine'"),
        ('async def f(self) -> int:\n    """On one event loop."""', "still says 'event loop'"),
        ('async def f(self) -> int:\n    """`asyncio.run`."""', "still says 'asyncio'"),
        ('async def f(self) -> int:\n    """See `AsyncClient`."""', "still says 'AsyncClient'"),
        ('async def f(self) -> int:\n    """A \\ud800."""', r"with the character '\ud800', which"),
        (
            'async def f(self) -> int:\n    """A \\r."""',
            r"with the character '\r', which cannot be",
        ),
        ('async def f(self) -> int:\n    """A \\0."""', r"with the character '\x00', which cannot"),
    ],
)
def test_a_method_that_is_not_known_is_a_problem(package: Path, construct: str, says: str) -> None:
    with pytest.raises(Problem) as problem:
        with_members(package, construct)
    assert says in str(problem.value)
    assert str(problem.value).startswith("services/things.py: Things.")


@pytest.mark.parametrize(
    ("construct", "says"),
    [
        ("LIMIT = 7", "Things holds 'LIMIT = 7'; class attributes are not known"),
        ("limit: int", "Things holds 'limit: int'; class attributes are not known"),
        ("_limit: int = 1", "Things holds '_limit: int = 1'; class attributes are not known"),
        ("class Inner: ...", "Things holds the class Inner; nested classes are not known"),
        ("if TYPE_CHECKING:\n    x = 1", "which is not known"),
        ("async def f(self, x: int = _LIMIT) -> int: ...", "uses _LIMIT in a signature, and it is"),
        ("async def f(self, x: int = MOST) -> int: ...", "uses MOST in a signature, and nothing"),
        ("async def f(self, x: Missing) -> int: ...", "uses Missing in a signature, and nothing"),
        ("async def f(self, *, token: str) -> int: ...", "uses veiled in a signature, and nothing"),
    ],
)
def test_whatever_else_a_class_holds_is_a_problem(package: Path, construct: str, says: str) -> None:
    with pytest.raises(Problem) as problem:
        with_members(package, construct)
    assert says in str(problem.value)
    assert str(problem.value).startswith("services/things.py: ")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("class Things(Base):", "has unknown bases: Base."),
        ("class Things(Service, Base):", "has unknown bases: Service, Base."),
        ("class Things(Others):", "has unknown bases: Others."),
        ("class Things(metaclass=Meta):", "has decorators or parameters"),
        ("@frozen\nclass Things:", "has decorators or parameters"),
    ],
)
def test_a_class_with_unknown_bases_or_decorators_is_a_problem(
    package: Path, header: str, says: str
) -> None:
    text = SERVICE.lstrip().replace("class Things:", header)
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=says):
        generated(package)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from functools import cached_property", "from elsewhere import cached_property"),
        ("from functools import cached_property", "from functools import cache as cached_property"),
        ("from functools import cached_property", "from elsewhere import property"),
    ],
)
def test_another_decorator_of_the_same_name_is_a_problem(package: Path, old: str, new: str) -> None:
    source = package / "services" / "things.py"
    source.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    decorator = new.rsplit(maxsplit=1)[-1]
    with pytest.raises(Problem, match=f"has the decorator @{decorator}, which is not known"):
        with_members(package, f"@{decorator}\ndef f(self) -> int: ...")


def test_another_class_of_the_same_name_is_no_known_base(package: Path) -> None:
    text = SERVICE.lstrip().replace("class Things:", "class Things(Service):")
    text = text.replace("from .service import Service", "from elsewhere import Service")
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match="has unknown bases: Service"):
        generated(package)


def test_a_name_that_means_two_things_is_a_problem(package: Path) -> None:
    text = SERVICE.lstrip().replace("class Things:", "class Things(Service):")
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match="means another LIMIT than what it inherits from"):
        generated(package)


@pytest.mark.parametrize(
    ("exported", "addition", "says"),
    [
        # Exports.
        ("", "class More(Service): ...", ": More is a service, and not in `__all__`."),
        ('"more"', "async def more() -> int: ...", ": exports more, a coroutine outside of any"),
        ('"more"', "def more() -> int: ...", ": exports more, a function outside of any class: o"),
        (
            '"more"',
            "async def _more() -> int: ...\nmore = _more",
            ": exports more, which is there ",
        ),
        ('"more"', "more: int = 1", ": exports more, which is there by `more: int = 1`: only cl"),
        ('"more"', "less, more = 1, 2", ": exports more, which is there by `less, more = (1, 2)`"),
        ('"More"', "from .others import Others as More", ": exports More, which is there by `from"),
        ('"More"', "if TYPE_CHECKING:\n    import More", ": exports More, which is there by `if T"),
        ('"Own"', "", ": names Own twice in `__all__`."),
        ('"More"', "", ": names More in `__all__`, and nothing of that name is there."),
        ("1", "", ": names 1 in `__all__`, and nothing of that name is there."),
        ("", '__all__ += ("More",)\nclass More: ...', ": has `__all__ += ('More',)` besides `__al"),
        ("", '__all__ = ("More",)\nclass More: ...', ": has `__all__ = ('More',)` besides `__all"),
        ("", '__all__.append("More")', ": has `__all__.append('More')` besides `__all__ = ('Own"),
        ("", 'if True:\n    __all__ += ("More",)', ": has `if True:` besides `__all__ = ('Own',)"),
        # What is defined elsewhere than at the top, or changed there.
        ('"More"', "if True:\n    class More: ...", ": holds `if True:` around More, which is not"),
        ("", "if TYPE_CHECKING:\n    class More: ...", ": holds `if TYPE_CHECKING:` around More, "),
        ("", "if True:\n    import More", ": holds `if True:`, which is not known at the top of a"),
        ("", "if TYPE_CHECKING: import More\nelse: More = 1", ": holds `if TYPE_CHECKING:`, which"),
        (
            "",
            "try:\n    def more(): ...\nfinally: pass",
            ": holds `try:` around more, which is not",
        ),
        ("", "with more:\n    class More: ...", ": holds `with more:` around More, which is not k"),
        ("", "Own.more = 1", ": holds `Own.more = 1`, which is not known at the top of a module."),
        ("", "Own.more: int = 1", ": holds `Own.more: int = 1`, which is not known"),
        ("", "more, Own.more = 1, 2", ": holds `more, Own.more = (1, 2)`, which is not known"),
        ("", 'vars(Own)["more"] = 1', ": holds `vars(Own)['more'] = 1`, which is not known"),
        ("", 'setattr(Own, "more", 1)', ": holds `setattr(Own, 'more', 1)`, which is not known"),
        ("", "del Own", ": holds `del Own`, which is not known"),
        # Classes that are there twice.
        ("", "class Own: ...", ": Own is a class, and its name is given more than once: the last"),
        ("", "Own = changed(Own)", ": Own is a class, and its name is given more than once"),
        ("", "more = (Own := 1)", ": Own is a class, and its name is given more than once"),
        ("", "from .others import Others as Own", ": Own is a class, and its name is given more"),
        ("", "class _More: ...\nclass _More: ...", ": _More is a class, and its name is given mor"),
        # What is no Python once it is written.
        (
            '"More"',
            "class More:\n    async def f(self, *x: *Ts) -> int: ...",
            ": becomes no Python",
        ),
    ],
)
def test_what_a_module_leaves_out_or_cannot_write_is_a_problem(
    package: Path, exported: str, addition: str, says: str
) -> None:
    text = f'"""More."""\n__all__ = ("Own", {exported})\nclass Own:\n    """Own."""\n{addition}\n'
    (package / "services" / "more.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as problem:
        generated(package)
    assert str(problem.value).startswith(f"services/more.py{says}")


@pytest.mark.parametrize("source", ["client.py", "services/service.py", "services/things.py"])
def test_each_source_is_looked_at(package: Path, source: str) -> None:
    path = package / source
    path.write_text(path.read_text(encoding="utf-8") + "\nOthers.more = 1\n", encoding="utf-8")
    with pytest.raises(Problem) as problem:
        generated(package)
    assert str(problem.value).startswith(f"{source}: holds `Others.more = 1`, which is not known")


@pytest.mark.parametrize(
    ("addition", "says"),
    [
        ('__all__ = ("More",)\nif True:\n    class More: ...', "holds `if True:` around More"),
        ('__all__ = ("More",)\nfrom .things import Things as More', "exports More, which is there"),
        ("__all__ = ()\nfrom .things import Things\nThings.more = 1", "holds `Things.more = 1`"),
        ('__all__ = ("more",)', "names more in `__all__`, and nothing of that name is there."),
    ],
)
def test_a_module_without_service_can_hide_none(package: Path, addition: str, says: str) -> None:
    (package / "services" / "more.py").write_text(f'"""More."""\n{addition}\n', encoding="utf-8")
    with pytest.raises(Problem) as problem:
        generated(package)
    assert str(problem.value).startswith(f"services/more.py: {says}")


def test_a_module_without_service_may_export_functions_and_constants(package: Path) -> None:
    text = '''
        """More."""
        from typing import TYPE_CHECKING, overload
        if TYPE_CHECKING:
            from .things import Things
        __all__ = ("LESS", "MORE", "List", "less", "more")
        LESS, MORE = 1, 2
        """Two numbers."""
        List: type = list
        @overload
        def less(x: int) -> int: ...
        @overload
        def less(x: str) -> str: ...
        def less(x): ...
        async def more(things: "Things") -> int: ...
    '''
    before = generated(package)
    (package / "services" / "more.py").write_text(dedent(text).lstrip(), encoding="utf-8")
    assert generated(package) == before


@pytest.mark.parametrize("text", ["class More: ...", "from .things import Things", "MORE = 1"])
def test_the_folder_of_the_services_holds_nothing_but_a_docstring(package: Path, text: str) -> None:
    door = package / "services" / "__init__.py"
    door.write_text(f'"""Services."""\n{text}\n', encoding="utf-8")
    with pytest.raises(Problem) as problem:
        generated(package)
    says = f"services/__init__.py: holds `{text.split(' ...', maxsplit=1)[0]}`: only its docstring"
    assert str(problem.value).startswith(says)


def test_what_is_inherited_is_written_into_the_class(package: Path) -> None:
    text = SERVICE.lstrip().replace("class Things:", "class Things(Service):")
    text = text.replace("LIMIT = 7\n", "")
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    written = with_members(package, 'async def overridden(self) -> str:\n    """Replace."""')
    assert "return self._bridge.call(lambda: self._async.inherited(most))" in written
    assert "from ...services.others import LIMIT" in written.splitlines()
    assert written.count("def overridden(self)") == 1
    assert "def overridden(self) -> str:" in written
    assert "services/service.py" not in generated(package)


@pytest.mark.parametrize(
    ("construct", "says"),
    [
        ("async def f(self) -> Service: ...", "service.py: uses Service in a signature; say Self"),
        ("async def f(self) -> list[Others]: ...", "Service.f returns list[Others]: Others has a"),
        ("async def f(self) -> AsyncClient: ...", "Service.f returns AsyncClient: AsyncClient is"),
        ("limit = 1", "Service holds 'limit = 1'; class attributes are not known"),
    ],
)
def test_what_would_be_inherited_and_is_not_known_is_a_problem(
    package: Path, construct: str, says: str
) -> None:
    text = SERVICE.lstrip().replace("class Things:", "class Things(Service):")
    text = text.replace("LIMIT = 7\n", "")
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as problem:
        with_members(package, construct, "services/service.py")
    assert says in str(problem.value)
    assert str(problem.value).startswith("services/service.py: ")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def __init__(self,", "def _init(self,", "has no __init__"),
        ("from .secret import veiled\n", "", "uses veiled in a signature"),
        ("*, token: str | None = None) -> None: ...", "*, token) -> None: ...", "without annot"),
        (
            "*, token: str | None = None) -> None: ...",
            "*, rows: Iterable[int] | AsyncIterable[int]) -> None: ...",
            "AsyncThreekit.__init__ takes an AsyncIterable, and has no bridge",
        ),
    ],
)
def test_a_client_that_cannot_be_made_is_a_problem(
    package: Path, old: str, new: str, says: str
) -> None:
    text = CLIENT.lstrip()
    assert old in text
    (package / "client.py").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Problem, match=says):
        generated(package)


@pytest.mark.parametrize(
    ("construct", "says"),
    [
        ("async def raw(self, method: int, times: int) -> int: ...", "raw has other parameters"),
        (
            "async def aclose(self, *, hard: bool) -> None: ...",
            "aclose has other parameters than self; see sync/generator/client_parts.py.",
        ),
        ("def __reduce__(self) -> str: ...", "__reduce__ has a name the generator knows no twin"),
        ("@classmethod\nasync def made(cls) -> Self: ...", "is a classmethod that awaits"),
    ],
)
def test_a_member_of_the_client_that_is_not_known_is_a_problem(
    package: Path, construct: str, says: str
) -> None:
    with pytest.raises(Problem) as problem:
        with_members(package, construct, "client.py")
    assert says in str(problem.value)
    assert str(problem.value).startswith("client.py: AsyncThreekit.")


@pytest.mark.parametrize(
    ("construct", "lines"),
    [
        (
            "async def f(self, x: Optional[Callable[[int], Coroutine[A, B, str]]]) -> int: ...",
            [
                "def f(self, x: Callable[[int], str] | None) -> int:",
                "self._async.f(None if x is None else awaiting(x))",
            ],
        ),
        (
            "async def f(self, x: Callable[..., Awaitable[int]] | Callable[..., int]) -> int: ...",
            ["def f(self, x: Callable[..., int]) -> int:", "self._async.f(x)"],
        ),
        (
            "async def f(self, x: Callable[[], Awaitable[int] | None]) -> int: ...",
            ["def f(self, x: Callable[[], int | None]) -> int:", "self._async.f(x)"],
        ),
        (
            "async def f(self, *, x: Union[Iterable[int], AsyncIterable[int]]) -> int: ...",
            [
                "def f(self, *, x: Iterable[int]) -> int:",
                "self._async.f(x=asynchronous(x, self._bridge))",
            ],
        ),
        (
            "async def f(self, x: \"Literal['Self']\" = 'Self') -> 'dict[str, int]': ...",
            ["def f(self, x: Literal['Self']='Self') -> dict[str, int]:"],
        ),
        (
            "async def f(self, x: Annotated[int, 'AsyncPager'] = LIMIT) -> int: ...",
            ["def f(self, x: Annotated[int, 'AsyncPager']=LIMIT) -> int:"],
        ),
        (
            "async def f(self, x: Handle, y: Source, z: Own = None) -> hooks.Record: ...",
            [
                "def f(self, x: Handle, y: Source, z: Own=None) -> hooks.Record:",
                "self._async.f(x, y, z)",
            ],
        ),
        (
            "async def f(self, x: hooks.Mixed, y: Anything, z: hooks.Missing) -> Anything: ...",
            ["def f(self, x: hooks.Mixed, y: Anything, z: hooks.Missing) -> Anything:"],
        ),
        (
            "async def f(self, x: hooks.Either) -> int: ...",
            ["def f(self, x: hooks.Either) -> int:", "self._async.f(x)"],
        ),
        (
            "async def f(self, x: '\\ud800' = LIMIT) -> int: ...",
            [r"def f(self, x: '\ud800'=LIMIT) -> int:"],
        ),
        (
            "async def f(self, x: hooks.Endless) -> others.Missing: ...",
            ["def f(self, x: hooks.Endless) -> others.Missing:"],
        ),
        (
            "async def f(self) -> Callable[[hooks.Record], int]: ...",
            ["def f(self) -> Callable[[hooks.Record], int]:"],
        ),
        (
            "def f(self, *, type: str | None = None) -> Self: ...",
            ["return self.__class__(self._bridge, self._async.f(type=type))"],
        ),
        (
            "def f(self, *, kind: str | None = None) -> Self: ...",
            ["return type(self)(self._bridge, self._async.f(kind=kind))"],
        ),
        (
            "async def f(self) -> Others: ...",
            ["return Others(self._bridge, self._bridge.call(lambda: self._async.f()))"],
        ),
        (
            "@asynccontextmanager\nasync def f(self) -> AsyncIterator[int]:\n    yield 1",
            ["def f(self) -> AbstractContextManager[int]:", "self._bridge.enter(lambda: "],
        ),
        (
            "async def f(self) -> int:\n    def inner() -> Iterator[int]:\n        yield 1",
            ["return self._bridge.call(lambda: self._async.f())"],
        ),
        (
            'async def f(self) -> int:\n    """See `await tk.f()` in `async with`."""',
            ["See `tk.f()` in `with`."],
        ),
    ],
)
def test_variants_of_what_is_known_are_known(
    package: Path, construct: str, lines: list[str]
) -> None:
    text = method(with_members(package, construct), "f")
    for line in lines:
        assert line in text


def test_an_overload_may_say_less_of_a_callback_than_its_implementation(package: Path) -> None:
    members = """
        @overload
        async def f(self, x: Callable[[], Awaitable[int]]) -> int: ...
        @overload
        async def f(self, x: None = None) -> None: ...
        async def f(self, x: Callable[[], Awaitable[int]] | None = None) -> int | None: ...
    """
    text = with_members(package, members)
    assert "def f(self, x: Callable[[], int]) -> int:" in text
    assert "overloaded(None if x is None else awaiting(x))" in text


@pytest.mark.parametrize(
    "origin", [".others", "package.services.others", "..services.others"], ids=str
)
def test_a_service_is_known_however_its_module_is_written(package: Path, origin: str) -> None:
    source = package / "services" / "things.py"
    text = source.read_text(encoding="utf-8")
    text = text.replace("from .others import Others", f"from {origin} import Others")
    source.write_text(text, encoding="utf-8")
    written = with_members(package, "async def f(self) -> Others: ...")
    assert "from ..services.others import Others" in written.splitlines()


def test_a_module_above_the_package_is_none_of_it(package: Path) -> None:
    source = package / "services" / "things.py"
    text = source.read_text(encoding="utf-8")
    text = text.replace("from ..hooks import Handle", "from ...hooks import Handle")
    source.write_text(text, encoding="utf-8")
    written = with_members(package, "async def f(self) -> Handle: ...")
    assert "from ....hooks import Handle" in written.splitlines()


def test_a_broken_module_that_a_name_leads_to_is_named(package: Path) -> None:
    (package / "hooks.py").write_text("class Handle(:", encoding="utf-8")
    with pytest.raises(Problem, match=r"^hooks\.py, line 1: this is no Python"):
        with_members(package, "async def f(self) -> Handle: ...")


def test_imports_that_bind_one_name_together_are_all_written(package: Path) -> None:
    source = package / "services" / "things.py"
    text = source.read_text(encoding="utf-8")
    imports = (
        "import xml.dom\nimport xml.sax\nimport xml.etree as e\nimport email.message as email\n"
    )
    inside = "LIMIT = 7\ndef _parsed():\n    import other as xml\n"
    text = text.replace("import asyncio\n", imports).replace("LIMIT = 7\n", inside)
    source.write_text(text, encoding="utf-8")
    members = """
        async def f(self, x: object = xml.sax.SAXException) -> int: ...
        async def g(self, x: e.ElementTree) -> email.Message: ...
    """
    lines = with_members(package, members).splitlines()
    assert {line for line in lines if line.startswith("import ")} == set(imports.splitlines())


@pytest.mark.parametrize("construct", ["async def _f(self): ...", "def __f(self, x): ..."])
def test_what_is_private_stays_behind(package: Path, construct: str) -> None:
    assert "f(" not in with_members(package, construct).replace("def __init__(", "")


def test_names_are_imported_from_where_the_source_has_them(package: Path) -> None:
    members = """
        async def f(self, x: abc.Iterable[int] = LIMIT) -> frozen: ...
        async def g(self, y: Iterator[int]) -> Others: ...
    """
    lines = with_members(package, members).splitlines()
    for line in (
        "import collections.abc as abc",
        "from ...services.things import LIMIT",
        "from ...services.things import Things as AsyncThings",
        "from elsewhere import frozen",
        "from collections.abc import Iterator",
        "from ..services.others import Others",
        "from ..bridge import Bridge",
    ):
        assert line in lines
    assert not any("asyncio" in line for line in lines)


@pytest.mark.parametrize(("source", "says"), [("client.py", "client"), ("services/things.py", "")])
def test_a_source_that_exports_nothing_is_a_problem_when_it_is_the_last(
    package: Path, source: str, says: str
) -> None:
    (package / "services" / "others.py").write_text('"""None."""\n__all__ = ()\n')
    (package / source).write_text('"""Empty."""\n__all__ = ()\n', encoding="utf-8")
    with pytest.raises(Problem, match=f"There is no {says}"):
        generated(package)
