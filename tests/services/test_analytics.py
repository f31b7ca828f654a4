"""The analytics service against the emulator, in both worlds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest

from tests.conftest import Connect
from threekit_async import (
    AnalyticsViews,
    AssetReference,
    AuthenticationError,
    Colour,
    EventType,
    ForbiddenError,
    NotFoundError,
    Options,
    PublicToken,
    ServerError,
    UnprocessableError,
    UsageError,
)
from threekit_async.emulator import EmulatorThread
from threekit_async.emulator.seeds.tenant import NEIGHBOUR_ORG_ID, NEIGHBOUR_PRIVATE_TOKEN

Call = Callable[[Any], Any]

NOBODY = "11111111-1111-4111-8111-111111111111"
CART_ADD = "product cart-add"
# Nine events happen before midnight, UTC: each is a millisecond after the one before.
MIDNIGHT = datetime(2024, 6, 1, tzinfo=UTC)
BEFORE_MIDNIGHT = MIDNIGHT - timedelta(milliseconds=10)


async def test_an_event_is_reported_with_all_that_is_given_and_can_be_read(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    given = {
        "event_type": CART_ADD,
        "session_id": "visit-1",
        "event_metadata": {"shop": "a", "n": 1},
        "asset_id": "asset-1",
        "user_id": "user-1",
        "config_id": "config-1",
        "configuration": {
            "Paint": Colour(r=1, g=0.5, b=0),
            "Fabric": AssetReference(asset_id="m-1", configuration={"Size": 2}, type="material"),
            "Size": "L",
        },
        "device": "Kiosk",
        "metric": 2.5,
    }
    event = await tk.analytics.create(**given)
    assert {name: getattr(event, name) for name in given} == given
    assert event.org_id == server.org_id
    assert await tk.analytics.get(event.id) == event
    assert await tk.analytics.list() == [event]


async def test_what_is_not_given_comes_from_the_request(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    options = Options(headers={"Referer": "http://localhost/shop"})
    event = await tk.analytics.create(event_type=CART_ADD, session_id="visit-1", options=options)
    assert event.device.startswith("threekit-async/")
    assert (event.metric, event.event_metadata, event.configuration) == (1, {}, None)
    assert event.referer == "http://localhost/shop"


async def test_a_metric_of_nothing_is_sent_as_well(
    connect: Connect, server: EmulatorThread
) -> None:
    event = await connect(server).analytics.create(
        event_type=CART_ADD, session_id="visit-1", metric=0, event_metadata={}
    )
    assert (event.metric, event.event_metadata) == (0, {})


async def test_every_type_of_event_is_taken_and_one_other_spelling_too(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    types = [*get_args(EventType), "production configuration attribute set"]
    for event_type in types:
        await tk.analytics.create(event_type=event_type, session_id="visit-1")
    assert [event.event_type for event in await tk.analytics.list()] == types


async def test_events_are_found_by_metadata_device_and_referer(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    await tk.analytics.create(event_type=CART_ADD, session_id="1", event_metadata={"shop": "a"})
    second = await tk.analytics.create(
        event_type=CART_ADD,
        session_id="2",
        event_metadata={"shop": "b", "n": 1},
        device="Kiosk",
        options=Options(headers={"Referer": "http://localhost/b"}),
    )
    for chosen in (
        {"metadata": {"shop": "b"}},
        {"metadata": {"shop": "b", "n": 1}},
        {"device": "Kiosk"},
        {"referer": "http://localhost/b"},
    ):
        assert await tk.analytics.list(**chosen) == [second]
    assert await tk.analytics.list(metadata={"n": "1"}) == []
    assert await tk.analytics.list(device="' OR 1=1") == []


@pytest.mark.threekit(started_at=BEFORE_MIDNIGHT)
async def test_views_are_counted_by_day_month_and_year(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    for number in range(20):
        event_type = "product ordered" if number < 3 else CART_ADD
        await tk.analytics.create(event_type=event_type, session_id="visit-1")
    days = [
        AnalyticsViews(year=2024, month=5, day=31, views=9, cumulative=9),
        AnalyticsViews(year=2024, month=6, day=1, views=11, cumulative=20),
    ]
    assert await tk.analytics.views() == await tk.analytics.views(range="day") == days
    months = await tk.analytics.views(range="month", event_type="product ordered")
    assert months == [AnalyticsViews(year=2024, month=5, views=3, cumulative=3)]
    years = await tk.analytics.views(range="year")
    assert years == [AnalyticsViews(year=2024, views=20, cumulative=20)]


@pytest.mark.threekit(started_at=BEFORE_MIDNIGHT)
@pytest.mark.parametrize(
    ("chosen", "views"),
    [
        ({"sub_start_date": MIDNIGHT}, 11),
        ({"sub_start_date": MIDNIGHT.astimezone(timezone(timedelta(hours=-7)))}, 11),
        ({"end_date": MIDNIGHT}, 10),
        ({"sub_start_date": MIDNIGHT, "end_date": MIDNIGHT + timedelta(milliseconds=4)}, 5),
        ({"sub_start_date": "2024-06-01"}, 11),
        ({"end_date": "2024-05-31"}, 9),
        ({"sub_start_date": "2025-01-01"}, None),
        ({"metadata": {"number": 4}}, 1),
        ({"device": "Kiosk"}, 10),
        ({"referer": "http://localhost/shop"}, 20),
        ({"referer": "http://localhost/other"}, None),
    ],
)
async def test_views_are_counted_of_the_events_that_are_meant(
    connect: Connect, server: EmulatorThread, chosen: dict[str, Any], views: int | None
) -> None:
    tk = connect(server)
    for number in range(20):
        await tk.analytics.create(
            event_type=CART_ADD,
            session_id="visit-1",
            event_metadata={"number": number},
            device="Kiosk" if number % 2 else None,
            options=Options(headers={"Referer": "http://localhost/shop"}),
        )
    rows = await tk.analytics.views(range="year", **chosen)
    assert [row.views for row in rows] == ([] if views is None else [views])


CALLS: list[Call] = [
    lambda tk: tk.analytics.create(event_type=CART_ADD, session_id="visit-1"),
    lambda tk: tk.analytics.list(),
    lambda tk: tk.analytics.views(),
    lambda tk: tk.analytics.get(NOBODY),
]


async def test_a_public_token_reports_and_reads(connect: Connect, server: EmulatorThread) -> None:
    public = connect(server, token=PublicToken(server.public_token))
    event = await public.analytics.create(event_type=CART_ADD, session_id="visit-1")
    assert await public.analytics.list() == [event] == [await public.analytics.get(event.id)]
    assert [row.views for row in await public.analytics.views()] == [1]


async def test_a_public_token_reports_from_its_own_sites_only(
    connect: Connect, server: EmulatorThread
) -> None:
    public = connect(server, token=PublicToken(server.public_token))
    elsewhere = Options(headers={"Origin": "https://elsewhere.example"})
    with pytest.raises(ForbiddenError, match="from its allowed domains only"):
        await public.analytics.create(event_type=CART_ADD, session_id="1", options=elsewhere)
    assert await public.analytics.list() == []


async def test_the_token_and_the_organisation_must_fit(
    connect: Connect, server: EmulatorThread
) -> None:
    for call in CALLS:
        with pytest.raises(AuthenticationError, match="unknown on this host"):
            await call(connect(server, token="no-such-token"))
        with pytest.raises(ForbiddenError, match="organisation must be the token's"):
            await call(connect(server, org_id=NOBODY))
    event = await CALLS[0](connect(server, org_id=None))
    assert event.org_id == server.org_id


async def test_nobody_else_sees_an_event(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    event = await CALLS[0](tk)
    neighbour = connect(server, token=NEIGHBOUR_PRIVATE_TOKEN, org_id=NEIGHBOUR_ORG_ID)
    assert (await neighbour.analytics.list(), await neighbour.analytics.views()) == ([], [])
    with pytest.raises(NotFoundError, match="Event not found"):
        await neighbour.analytics.get(event.id)


async def test_unknown_and_impossible_ids_are_told_apart(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    for odd in (NOBODY, "a/b?c=d", "x\0y", "%2e%2e"):
        with pytest.raises(NotFoundError, match="Check the id") as missing:
            await tk.analytics.get(odd)
        assert missing.value.code == "event_not_found"
    impossible: list[Any] = ["", "..", None]
    for odd in impossible:
        with pytest.raises(UsageError, match="nothing was sent"):
            await tk.analytics.get(odd)


@pytest.mark.parametrize(
    "changes",
    [
        {"event_type": "product lost"},
        {"session_id": ""},
        {"session_id": 7},
        {"metric": "1"},
        {"metric": 10**400},
        {"event_metadata": "x"},
        {"configuration": ["Size"]},
    ],
)
async def test_an_event_that_does_not_fit_is_refused(
    connect: Connect, server: EmulatorThread, changes: dict[str, Any]
) -> None:
    tk = connect(server)
    with pytest.raises(UnprocessableError, match=r"invalid_event.*Check the values") as refused:
        await tk.analytics.create(**{"event_type": CART_ADD, "session_id": "1", **changes})
    assert refused.value.code == "invalid_event"
    assert await tk.analytics.list() == []


@pytest.mark.parametrize(
    "changes", [{"metric": float("nan")}, {"device": "\ud800"}, {"configuration": {"a": {1}}}]
)
async def test_an_event_that_cannot_be_written_is_refused_before_sending(
    connect: Connect, server: EmulatorThread, changes: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match=r"^The body .*othing was sent"):
        await connect(server).analytics.create(event_type=CART_ADD, session_id="1", **changes)
    assert server.journal() == []


@pytest.mark.parametrize(
    "chosen", [{"range": "week"}, {"end_date": "soon"}, {"event_type": "product lost"}]
)
async def test_a_question_that_does_not_fit_is_refused(
    connect: Connect, server: EmulatorThread, chosen: dict[str, Any]
) -> None:
    with pytest.raises(UnprocessableError, match="Check the values that were sent"):
        await connect(server).analytics.views(**chosen)


async def test_odd_texts_are_kept_as_they_are(connect: Connect, server: EmulatorThread) -> None:
    tk = connect(server)
    for text in ("Größe 🪑", "'; DROP TABLE events; --", "a\0b", "\u202e", "x" * 100_000):
        event = await tk.analytics.create(
            event_type=CART_ADD, session_id=text, event_metadata={text[:9]: [text, None]}
        )
        read = await tk.analytics.get(event.id)
        assert (read.session_id, read.event_metadata) == (text, {text[:9]: [text, None]})


async def test_a_report_is_not_repeated_by_itself(connect: Connect, server: EmulatorThread) -> None:
    server.faults.add(effect="status", status=503, times=1)
    with pytest.raises(ServerError):
        await CALLS[0](connect(server))
    assert [entry.status for entry in server.journal()] == [503]


async def test_the_healthcheck_returns_when_all_is_well_and_raises_otherwise(
    connect: Connect, server: EmulatorThread
) -> None:
    tk = connect(server)
    assert await tk.analytics.healthcheck() is None
    server.faults.add(effect="status", status=503, path="/api/analytics/healthcheck")
    with pytest.raises(ServerError):
        await tk.analytics.healthcheck()
