"""Asking for a token: once for all who need it, and again when it was refused."""

from __future__ import annotations

import asyncio
import gc
import threading
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from threekit_async import (
    ConfigError,
    ConnectError,
    PrivateToken,
    PublicToken,
    Secret,
    ThreekitError,
    UsageError,
)
from threekit_async.session.auth import CookieAuth, Credentials, Provider, credentials
from threekit_async.session.identity.tokens import Tokens

TOKEN = "b7c1f0aa-recognisable"


class Source:
    """A provider in the test's hands: it answers when told to."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.asking = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> Any:
        self.asked += 1
        self.asking.set()
        await self.go.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def tokens(self) -> Tokens:
        return tokens(self)

    def open(self) -> Tokens:
        self.go.set()
        return self.tokens()


def tokens(source: object, **settings: Any) -> Tokens:
    return Tokens(credentials(source), **settings)


async def begun(count: int, start: Callable[[], Any], source: Source) -> list[asyncio.Task[Any]]:
    """Let tasks start, until all of them wait for the source."""
    tasks = [asyncio.ensure_future(start()) for _ in range(count)]
    await source.asking.wait()
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def refused(held: Tokens) -> ThreekitError:
    with pytest.raises(ThreekitError) as failed:
        await held.current()
    return failed.value


async def test_fixed_credentials_are_there_at_once_and_for_ever() -> None:
    token = PublicToken(TOKEN)
    held = Tokens(token)
    assert held.fixed is token
    assert await held.current() is token
    assert await held.renewed(after=token) is False


async def test_a_provider_is_asked_by_the_first_who_needs_a_token() -> None:
    source = Source("a")
    held = source.open()
    assert held.fixed is None
    assert source.asked == 0
    assert [await held.current() for _ in range(3)] == [PrivateToken("a")] * 3
    assert source.asked == 1


async def test_a_hundred_first_calls_ask_once() -> None:
    source = Source("a")
    held = source.tokens()
    tasks = await begun(100, held.current, source)
    source.go.set()
    assert set(await asyncio.gather(*tasks)) == {PrivateToken("a")}
    assert source.asked == 1


async def test_a_hundred_refused_calls_ask_once_more() -> None:
    source = Source("a", "b")
    held = source.open()
    old = await held.current()
    source.go.clear()
    source.asking.clear()
    tasks = await begun(100, lambda: held.renewed(after=old), source)
    assert await held.current() == old
    source.go.set()
    assert await asyncio.gather(*tasks) == [True] * 100
    assert await held.current() == PrivateToken("b")
    assert source.asked == 2


async def test_one_who_was_refused_late_takes_what_others_have_asked_for() -> None:
    source = Source("a", "b")
    held = source.open()
    old = await held.current()
    assert await held.renewed(after=old)
    assert await held.renewed(after=old)
    assert source.asked == 2


async def test_a_provider_that_gives_the_same_again_is_not_believed() -> None:
    source = Source("a", Secret("a"), PrivateToken("a"), "b")
    held = source.open()
    old = await held.current()
    assert await held.renewed(after=old) is False
    assert await held.renewed(after=old) is False
    assert await held.renewed(after=old) is True
    assert source.asked == 4


async def test_the_first_who_waits_may_leave_without_the_others() -> None:
    source = Source("a")
    held = source.tokens()
    first, *others = await begun(5, held.current, source)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.go.set()
    assert set(await asyncio.gather(*others)) == {PrivateToken("a")}
    assert source.asked == 1


async def test_an_answer_nobody_waits_for_is_kept_for_the_next() -> None:
    source = Source("a")
    held = source.tokens()
    (only,) = await begun(1, held.current, source)
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    source.go.set()
    assert await held.current() == PrivateToken("a")
    assert source.asked == 1


async def test_a_failure_nobody_waits_for_is_no_news() -> None:
    said: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
    source = Source(ValueError("x"))
    held = source.tokens()
    (only,) = await begun(1, held.current, source)
    only.cancel()
    flight = held._flight
    assert flight is not None
    source.go.set()
    await asyncio.wait((flight, only))
    held._flight = None
    del flight, only
    gc.collect()
    assert said == []


async def test_all_who_wait_get_the_failure_and_the_next_asks_again() -> None:
    source = Source(ValueError("x"), "a")
    held = source.tokens()
    tasks = await begun(10, held.current, source)
    source.go.set()
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(failure) for failure in failures} == {ConfigError}
    assert {type(cast("ConfigError", failure).__cause__) for failure in failures} == {ValueError}
    # Each an error of its own: one that is shared would gather the frames of all who raise it.
    assert len({id(failure) for failure in failures}) == 10
    assert source.asked == 1
    assert await held.current() == PrivateToken("a")


async def test_a_failed_renewal_keeps_the_old_credentials() -> None:
    source = Source("a", ValueError("x"), "b")
    held = source.open()
    old = await held.current()
    with pytest.raises(ConfigError, match="failed"):
        await held.renewed(after=old)
    assert await held.current() == old
    assert await held.renewed(after=old)


async def test_a_failure_is_named_by_function_and_kind_without_its_words() -> None:
    def vault() -> str:
        raise ValueError(f"cannot read {TOKEN}")

    error = await refused(tokens(vault))
    assert isinstance(error, ConfigError)
    assert "vault failed (ValueError); nothing was sent." in str(error)
    assert TOKEN not in f"{error} {error!r} {vars(error)}"
    assert isinstance(error.__cause__, ValueError)


def frames_shown(error: BaseException | None) -> str:
    """What a traceback with locals shows of the frames that are not the test's own."""
    shown: list[str] = []
    here = Path(__file__).name
    while error is not None:
        found = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += [str(frame.locals) for frame in found.stack if not frame.filename.endswith(here)]
        error = error.__cause__ or error.__context__
    assert shown
    return str(shown)


@pytest.mark.parametrize("later", [True, False])
async def test_no_traceback_with_locals_shows_what_a_failed_provider_holds(later: bool) -> None:
    def vault(key: str) -> str:
        raise ValueError(f"cannot read {key}")

    async def vault_later(key: str) -> str:
        return vault(key)

    error = await refused(tokens(partial(vault_later if later else vault, TOKEN)))
    assert "failed (ValueError)" in str(error)
    assert TOKEN not in frames_shown(error)


async def test_an_error_of_this_package_passes_as_it_is() -> None:
    own = ConnectError("No vault.")
    error = await refused(Source(own).open())
    assert (type(error), str(error)) == (ConnectError, "No vault.")


async def test_an_error_that_cannot_be_copied_is_shared() -> None:
    class OwnError(ConnectError):
        def __copy__(self) -> OwnError:
            raise TypeError("no copies")

    own = OwnError("No vault.")
    assert await refused(Source(own).open()) is own


def exhausted() -> Callable[[], str]:
    nothing: Iterator[str] = iter(())
    return lambda: next(nothing)


async def test_a_provider_that_runs_dry_fails_like_any_other() -> None:
    assert "failed (StopIteration)" in str(await refused(tokens(exhausted())))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("", "The token is empty"),
        (f"{TOKEN}\nX: 1", "blanks or letters"),
        (None, "not NoneType"),
        (TOKEN.encode(), "not bytes"),
        (lambda: TOKEN, "It is a function"),
        (PrivateToken, "PrivateToken is a class"),
    ],
)
@pytest.mark.parametrize("later", [True, False])
async def test_what_is_no_token_is_refused_by_name_and_shown_nowhere(
    answer: Any, says: str, later: bool
) -> None:
    def now() -> Any:
        return answer

    error = await refused(Source(answer).open() if later else tokens(now))
    assert isinstance(error, ConfigError)
    assert says in str(error)
    assert "gave no token that can be used" in str(error)
    assert TOKEN not in f"{error}{frames_shown(error)}"
    assert error.__cause__ is error.__context__ is None


async def test_credentials_of_any_kind_may_be_given() -> None:
    public = PublicToken(TOKEN, origin="https://s.example")
    assert await tokens(lambda: public).current() is public


async def test_a_cookie_from_a_provider_needs_an_organisation_too() -> None:
    def cookie() -> Credentials:
        return CookieAuth("sid=1")

    assert "Pass org_id=" in str(await refused(tokens(cookie)))
    assert await tokens(cookie, org_id="o").current() == CookieAuth("sid=1")


async def test_a_plain_function_may_block_without_holding_the_loop() -> None:
    free = threading.Event()

    def slow() -> str:
        assert free.wait(10)
        return f"on-{threading.current_thread() is threading.main_thread()}"

    async def meanwhile() -> None:
        free.set()

    found, _ = await asyncio.gather(tokens(slow).current(), meanwhile())
    assert found == PrivateToken("on-False")


async def test_a_plain_function_may_return_something_to_wait_for() -> None:
    async def later() -> str:
        return "a"

    assert await tokens(lambda: later()).current() == PrivateToken("a")  # noqa: PLW0108


async def test_an_async_function_runs_on_the_loop() -> None:
    async def here() -> str:
        return f"on-{threading.current_thread() is threading.main_thread()}"

    assert await tokens(here).current() == PrivateToken("on-True")


@pytest.mark.parametrize("aside", [True, False])
async def test_a_provider_that_needs_its_own_answer_is_told_so(aside: bool) -> None:
    async def circular() -> Any:
        asked = held.current()
        return await (asyncio.create_task(asked) if aside else asked)

    held = tokens(circular)
    error = await asyncio.wait_for(refused(held), 10)
    assert isinstance(error, UsageError)
    assert "waits for the client that waits for it" in str(error)


async def test_what_a_provider_left_running_may_ask_later() -> None:
    left: list[asyncio.Task[Credentials]] = []
    go = asyncio.Event()

    async def needy() -> Credentials:
        await go.wait()
        return await held.current()

    async def leaving() -> str:
        left.append(asyncio.create_task(needy()))
        return "a"

    held = tokens(leaving)
    await held.current()
    go.set()
    assert await left[0] == PrivateToken("a")


async def test_closing_stops_the_asking_and_says_so() -> None:
    source = Source("a")
    held = source.tokens()
    tasks = await begun(3, held.current, source)
    await held.aclose()
    for failure in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(failure, UsageError)
        assert "was stopped before it answered" in str(failure)
    await held.aclose()


async def test_closing_ends_nothing_when_nothing_runs() -> None:
    held = Source("a").open()
    await held.aclose()
    assert await held.current() == PrivateToken("a")
    await held.aclose()


def test_an_answer_that_belongs_to_another_loop_is_asked_for_anew() -> None:
    held = tokens(forever_once())
    stopped = asyncio.new_event_loop()

    async def start() -> asyncio.Task[Credentials]:
        asking = asyncio.ensure_future(held.current())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return asking

    asking = stopped.run_until_complete(start())
    assert asyncio.run(asyncio.wait_for(held.current(), 10)) == PrivateToken("a")
    asyncio.run(held.aclose())
    for task in asyncio.all_tasks(stopped):
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        stopped.run_until_complete(asking)
    stopped.close()


def forever_once() -> Callable[[], Any]:
    """Make a provider that never answers the first time."""
    asked: list[None] = []

    async def give() -> str:
        asked.append(None)
        if len(asked) == 1:
            await asyncio.get_running_loop().create_future()
        return "a"

    return give


async def test_nothing_that_holds_tokens_shows_them() -> None:
    source = Source(TOKEN)
    held = source.open()
    await held.current()
    shown = [held, held._flight, Tokens(PrivateToken(TOKEN)), Provider(source)]
    assert TOKEN not in "".join(f"{one} {one!r}" for one in shown)
    assert repr(Tokens(PrivateToken(TOKEN))) == "<Tokens PrivateToken>"


async def test_credentials_of_an_own_class_are_shown_by_its_name() -> None:
    class Open:
        def __repr__(self) -> str:
            return TOKEN

        def headers(self) -> dict[str, str]:
            return {"X-Own": TOKEN}

        def query(self) -> dict[str, str]:
            return {}

    assert repr(Tokens(Open())) == "<Tokens Open>"
