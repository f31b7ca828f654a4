"""What a file storage answers, to which the API redirects, is not taken for the API's answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import AT_ONCE, Connect
from tests.session.raw_server import answering
from threekit_async import AuthenticationError, ForbiddenError, RateLimitError, Retry

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def always(status: int, **headers: str) -> Handler:
    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return answer


def sent_on_to(url: str) -> Handler:
    """An API that keeps its files elsewhere, and answers everything else itself."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path.endswith("/content"):
            return web.Response(status=302, headers={"Location": f"{url}/stored"})
        return web.json_response({"id": "a"})

    return answer


async def test_its_401_asks_nobody_for_another_token(connect: Connect) -> None:
    asked: list[int] = []

    def provide() -> str:
        asked.append(1)
        return f"token-{len(asked)}"

    async with answering(always(401)) as storage, answering(sent_on_to(storage.url)) as api:
        tk = connect(api, token=provide, retry=AT_ONCE)
        with pytest.raises(AuthenticationError, match="another server that refused"):
            await tk.files.content("a")
    assert asked == [1]


async def test_its_429_pauses_no_call_of_the_api(connect: Connect) -> None:
    limited = always(429, **{"Retry-After": "60"})
    async with answering(limited) as storage, answering(sent_on_to(storage.url)) as api:
        tk = connect(api, retry=Retry(attempts=1))
        with pytest.raises(RateLimitError):
            await tk.files.content("a")
        # A pause would last longer than this test may.
        assert (await tk.files.get("a")).id == "a"
        assert tk.stats.waited == 0


async def test_its_403_is_explained_as_its_own(connect: Connect) -> None:
    async with answering(always(403)) as storage, answering(sent_on_to(storage.url)) as api:
        with pytest.raises(ForbiddenError, match="hold for a short time") as failed:
            await connect(api, retry=AT_ONCE).files.content("a")
    assert "Check that a token is sent" not in str(failed.value)


async def test_a_401_of_the_api_itself_still_asks_for_another_token(connect: Connect) -> None:
    tokens = iter(["old", "new"])
    seen: list[Any] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        if seen[-1] == "Bearer old":
            return web.Response(status=401)
        return web.json_response({"id": "a"})

    async with answering(answer) as api:
        tk = connect(api, token=lambda: next(tokens), retry=AT_ONCE)
        assert (await tk.files.get("a")).id == "a"
    assert seen == ["Bearer old", "Bearer new"]


async def test_errors_carry_the_answers_headers_and_body(connect: Connect) -> None:
    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        headers = {"X-Request-Id": "42"}
        return web.json_response(
            {"error": {"code": "no", "message": "No"}}, status=403, headers=headers
        )

    async with answering(answer) as api:
        with pytest.raises(ForbiddenError) as failed:
            await connect(api, retry=AT_ONCE).files.get("a")
    assert failed.value.headers["x-request-id"] == "42"
    assert b'"code": "no"' in failed.value.body
