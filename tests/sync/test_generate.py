"""The generator: what it writes for each construct, and what it notices."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from threekit_async.sync.generate import Problem, generated, main, stale

CLIENT = '''
"""The asynchronous client."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from .services.things import Things

__all__ = ("AsyncThreekit",)


class AsyncThreekit:
    """Talk.

        async with AsyncThreekit(token="...") as tk: ...
    """

    def __init__(self, *, token: str | None = None) -> None:
        self._token = token

    @classmethod
    def from_env(cls, *, token: str | None = None) -> Self:
        """Make one."""
        return cls(token=token)

    @cached_property
    def things(self) -> Things:
        """Things."""

    @property
    def stats(self) -> int:
        """Count."""
        return 0

    def with_options(self, *, deadline: float | None = None) -> Self:
        """Change."""
        return self

    async def raw(
        self, method: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Raw[T]:
        """Call it."""

    async def aclose(self) -> None:
        """End; see `aclose()`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, exc: BaseException | None) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return "<AsyncThreekit>"
'''

SERVICE = '''
"""Things."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable

from ..models.things import Thing
from ..paging.pager import AsyncPager
from .wire import List

__all__ = ("Things",)

_PRIVATE = 1


class Things:
    """Things: `async for thing in tk.things.list()`."""

    def __init__(self, session: object) -> None:
        self._session = session

    def list(self, *, name: str | None = None, per_page: int = 100) -> AsyncPager[Thing]:
        """List; see `AsyncPager`."""

    async def get(self, thing_id: str, *, deep: bool = False) -> Thing:
        """Read one: `await tk.things.get(x)`."""

    async def save(self, things: Iterable[Thing] | AsyncIterable[Thing], *, to: str) -> int:
        """Save."""

    async def each(self, things: Iterable[Thing]) -> AsyncGenerator[Thing, None]:
        """Yield."""
        for thing in things:
            yield thing

    async def names(self) -> List[str]:
        """Name all."""

    @staticmethod
    def parse(body: bytes, *, strict: bool = False) -> Thing:
        """Read one."""

    async def _hidden(self) -> None:
        """Stay."""


class _Helper:
    pass
'''


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one client and one service that holds every known construct."""
    (tmp_path / "services").mkdir()
    (tmp_path / "client.py").write_text(CLIENT.lstrip(), encoding="utf-8")
    (tmp_path / "services" / "__init__.py").write_text('"""Services."""\n', encoding="utf-8")
    (tmp_path / "services" / "things.py").write_text(SERVICE.lstrip(), encoding="utf-8")
    return tmp_path


def method(text: str, owner: str, name: str) -> str:
    """The source of one generated method, as Python prints it."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef) and node.name == owner:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == name:
                    return ast.unparse(item)
    raise AssertionError(f"{owner}.{name} was not generated")


@pytest.mark.parametrize(
    ("name", "signature", "body"),
    [
        (
            "list",
            "def list(self, *, name: str | None=None, per_page: int=100) -> Pager[Thing]:",
            "return Pager(self._bridge, self._async.list(name=name, per_page=per_page))",
        ),
        (
            "get",
            "def get(self, thing_id: str, *, deep: bool=False) -> Thing:",
            "return self._bridge.call(lambda: self._async.get(thing_id, deep=deep))",
        ),
        (
            "save",
            "def save(self, things: Iterable[Thing], *, to: str) -> int:",
            "return self._bridge.call(lambda: self._async.save(asynchronous(things), to=to))",
        ),
        (
            "each",
            "def each(self, things: Iterable[Thing]) -> Iterator[Thing]:",
            "return self._bridge.iterate(lambda: self._async.each(things))",
        ),
        (
            "parse",
            "@staticmethod\ndef parse(body: bytes, *, strict: bool=False) -> Thing:",
            "return AsyncThings.parse(body, strict=strict)",
        ),
        (
            "__init__",
            "def __init__(self, bridge: Bridge, service: AsyncThings) -> None:",
            "self._async = service",
        ),
    ],
)
def test_each_construct_of_a_service_becomes_its_twin(
    package: Path, name: str, signature: str, body: str
) -> None:
    text = method(generated(package)["services/things.py"], "Things", name)
    assert text.startswith(signature)
    assert text.splitlines()[-1].strip() == body


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("from_env", ["@classmethod", "return cls._around(AsyncThreekit.from_env(token=token))"]),
        ("things", ["@cached_property", "return Things(self._bridge, self._async.things)"]),
        ("stats", ["@property", "return self._async.stats"]),
        ("with_options", ["return self._around(self._async.with_options(deadline=deadline), "]),
        ("close", ["def close(self) -> None:", "self._bridge.close()"]),
        ("__enter__", ["def __enter__(self) -> Self:", "return self"]),
        ("__exit__", ["def __exit__(self, exc: BaseException | None) -> None:", "self.close()"]),
        (
            "raw",
            [
                "method: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Raw[T]:",
                "with recording() as replies:",
                "value = method(*args, **kwargs)",
            ],
        ),
        ("__init__", ["token = veiled(token)"]),
        ("from_env", ["token = veiled(token)"]),
        (
            "__repr__",
            [
                "made = getattr(self, '_async', None)",
                "shown = repr(made) if made else '<AsyncThreekit not made yet>'",
                "return shown.replace('<Async', '<', 1)",
            ],
        ),
    ],
)
def test_each_construct_of_the_client_becomes_its_twin(
    package: Path, name: str, lines: list[str]
) -> None:
    text = method(generated(package)["client.py"], "Threekit", name)
    assert all(line in text for line in lines)


def test_docstrings_speak_of_the_synchronous_world(package: Path) -> None:
    files = generated(package)
    assert "with Threekit(token=" in files["client.py"]
    assert "The synchronous client." in files["client.py"]
    assert "see `close()`" in files["client.py"]
    assert '"""Things: `for thing in tk.things.list()`."""' in files["services/things.py"]
    assert '"""Read one: `tk.things.get(x)`."""' in files["services/things.py"]
    assert "see `Pager`" in files["services/things.py"]


def test_the_synchronous_client_is_one_for_a_process_and_for_all_its_threads() -> None:
    text = " ".join(generated()["client.py"].split())
    assert "Make one client for each process; any thread may share it." in text
    assert "opened by the first request and closed by `close()` or `with`." in text


def test_a_docstring_that_still_speaks_of_an_event_loop_is_a_problem(package: Path) -> None:
    path = package / "client.py"
    path.write_text(CLIENT.replace("Talk.", "Talk, on one event loop."), encoding="utf-8")
    with pytest.raises(Problem, match="the docstring still says 'event loop'"):
        generated(package)


def test_what_is_private_stays_behind(package: Path) -> None:
    text = generated(package)["services/things.py"]
    assert "_hidden" not in text
    assert "_Helper" not in text
    assert "_PRIVATE" not in text


def test_what_is_used_is_imported_from_where_the_source_has_it(package: Path) -> None:
    text = generated(package)["services/things.py"]
    for line in (
        "from ...models.things import Thing",
        "from ..pager import Pager",
        "from ..pager import asynchronous",
        "from ..bridge import Bridge",
        "from ...services.things import Things as AsyncThings",
        "from ...services.wire import List",
        "from collections.abc import Iterator",
    ):
        assert line in text.splitlines()
    assert "AsyncIterable" not in text
    assert "from .services.things import Things" in generated(package)["client.py"].splitlines()


def test_every_file_says_where_it_comes_from(package: Path) -> None:
    for path, text in generated(package).items():
        source = "client.py" if path == "__init__.py" else path
        assert f"from threekit_async/{source}. Do not edit." in text


@pytest.mark.parametrize(
    ("construct", "says"),
    [
        ("def plain(self) -> int: ...", "Things.plain returns int"),
        ("def unknown(self): ...", "Things.unknown returns nothing known"),
        ("def bare(self) -> AsyncIterable[Thing]: ...", "Things.bare returns"),
        ("async def many(self, *ids: str) -> int: ...", "many has *args"),
        ("async def named(self, **ids: str) -> int: ...", "named has *args, **kwargs"),
        ("async def first(self, id: str, /) -> int: ...", "positional-only"),
        ("@staticmethod\n    async def s() -> int: ...", "Things.s is of no known kind"),
        ("@overload\n    async def o(self) -> int: ...", "Things.o is of no known kind"),
        ("LIMIT = 7", "Things holds 'LIMIT = 7'"),
        ('async def a(self) -> int:\n        """Do it asynchronous."""', "docstring still says"),
        ('async def a(self) -> int:\n        """Must be awaited: await"""', "still says 'await'"),
    ],
)
def test_a_construct_that_is_not_known_is_a_problem(
    package: Path, construct: str, says: str
) -> None:
    text = SERVICE.replace("    async def _hidden", f"    {construct}\n\n    async def _hidden")
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as problem:
        generated(package)
    assert says in str(problem.value)


def test_what_a_service_inherits_is_written_into_it(package: Path) -> None:
    base = (
        "from collections.abc import Mapping\nfrom typing import Self\n"
        '__all__ = ("Service",)\n'
        "class Service:\n"
        '    """What all have."""\n'
        "    def __init__(self, session: object) -> None: ...\n"
        "    def with_options(self, *, headers: Mapping[str, str]) -> Self:\n"
        '        """Change them."""\n'
    )
    (package / "services" / "service.py").write_text(base, encoding="utf-8")
    text = SERVICE.replace("class Things:", "class Things(Service):")
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    written = generated(package)
    assert "services/service.py" not in written
    things = written["services/things.py"]
    assert "class Things:" in things
    assert "    def with_options(self, *, headers: Mapping[str, str]) -> Self:" in things
    assert "return type(self)(self._bridge, self._async.with_options(headers=headers))" in things
    assert "from collections.abc import Mapping" in things


@pytest.mark.parametrize("header", ["class Things(Base):", "@frozen\nclass Things:"])
def test_a_class_with_bases_or_decorators_is_a_problem(package: Path, header: str) -> None:
    text = SERVICE.replace("class Things:", header)
    (package / "services" / "things.py").write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match="has unknown bases, or decorators"):
        generated(package)


@pytest.mark.parametrize("gone", ["client.py", "services/things.py"])
def test_a_source_that_exports_nothing_is_a_problem(package: Path, gone: str) -> None:
    (package / gone).write_text('"""Empty."""\n', encoding="utf-8")
    with pytest.raises(Problem, match="no client or no service"):
        generated(package)


@pytest.fixture
def written(package: Path) -> Path:
    """The package with its synchronous side written."""
    (package / "sync").mkdir()
    assert main([], root=package) == 0
    return package


def test_what_was_just_written_is_up_to_date(written: Path) -> None:
    assert main(["--check"], root=written) == 0
    assert (written / "sync" / "services" / "things.py").is_file()


def test_what_is_written_is_python(written: Path) -> None:
    for path in (written / "sync").rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("services/things.py", "    async def _hidden", "    async def new(self) -> int: ...\n\n"),
        ("services/things.py", '"""Save."""', '"""Save all."""'),
        ("services/things.py", "per_page: int = 100", "per_page: int = 50"),
        ("services/things.py", "deep: bool", "shallow: bool"),
        ("client.py", '"""Count."""', '"""Count all."""'),
    ],
)
def test_a_changed_source_is_noticed(
    written: Path, capsys: pytest.CaptureFixture[str], path: str, old: str, new: str
) -> None:
    source = written / path
    text = source.read_text(encoding="utf-8")
    keeps = old if "_hidden" in old else ""
    source.write_text(text.replace(old, new + keeps), encoding="utf-8")
    assert main(["--check"], root=written) == 1
    assert f"sync/{path} differs: run `make generate`" in capsys.readouterr().err


def test_an_edited_an_orphaned_and_a_deleted_file_are_noticed_and_repaired(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = written / "sync"
    before = {path: path.read_bytes() for path in target.rglob("*.py")}
    (target / "client.py").write_text("# edited by hand\n", encoding="utf-8")
    (target / "services" / "old.py").write_text("", encoding="utf-8")
    (target / "services" / "things.py").unlink()
    assert main(["--check"], root=written) == 1
    err = capsys.readouterr().err
    assert "sync/client.py differs" in err
    assert "sync/services/old.py has no source" in err
    assert "sync/services/things.py is missing" in err
    assert main([], root=written) == 0
    assert {path: path.read_bytes() for path in target.rglob("*.py")} == before


def test_files_written_by_hand_are_left_alone(tmp_path: Path) -> None:
    for name in ("bridge.py", "generate.py", "pager.py", "translate.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert stale(tmp_path, {}) == []


def test_the_repository_is_up_to_date() -> None:
    assert main(["--check"]) == 0
