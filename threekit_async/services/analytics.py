"""The Analytics API: sessions and events of configurators and viewers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..models.analytics import AnalyticsEvent, AnalyticsViews, EventType, ViewRange
from ..models.values import Configuration
from ..options import Options
from ..session.decode import Done, Items, One
from ..session.request import Json, Request
from .service import Service
from .wire import List, body_of, filters

__all__ = ("Analytics",)


class Analytics(Service):
    """Report what shoppers do, and read what was reported.

    A public token will do to report and to read. The vendor's own client notes that listing events
    was switched off on purpose: `list` may be refused.
    Source: the vendor's help centre and reference (`create`), its own client (the rest).

        await tk.analytics.create(
            event_type="product cart-add", session_id=session_id, asset_id=asset_id
        )
    """

    async def list(
        self,
        *,
        metadata: Mapping[str, Any] | None = None,
        device: str | None = None,
        referer: str | None = None,
        options: Options | None = None,
    ) -> List[AnalyticsEvent]:
        """Read events; no pages are known. Any token, if it is answered at all.

        The vendor's own client notes that listing was switched off on purpose. Source: that client.

        :param metadata: equality of each given key of the events' metadata, as we understand it.
        :param device: the exact User-Agent of the events.
        :param referer: the exact address of the page the events were reported from.
        :raises ForbiddenError: where listing is switched off; the status is our assumption.
        :raises UsageError: when `metadata` is no mapping.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/analytics/events",
                query=filters(metadata=metadata, device=device, referer=referer),
                returns=Items(AnalyticsEvent, key="events"),
            ),
            options,
        )

    async def get(self, event_id: str, *, options: Options | None = None) -> AnalyticsEvent:
        """Read one event. Any token.

        Source: the vendor's own client.

        :param event_id: the event's UUID.
        :raises NotFoundError: when there is no such event; the status is our assumption.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/analytics/events/{event_id}",
                params={"event_id": event_id},
                returns=One(AnalyticsEvent),
            ),
            options,
        )

    async def create(
        self,
        *,
        event_type: EventType | str,
        session_id: str,
        event_metadata: Mapping[str, Any] | None = None,
        asset_id: str | None = None,
        user_id: str | None = None,
        config_id: str | None = None,
        configuration: Configuration | None = None,
        device: str | None = None,
        metric: float | None = None,
        options: Options | None = None,
    ) -> AnalyticsEvent:
        """Report an event. Any token.

        The organisation is required: give the client its `org_id`.
        Source: the vendor's help centre and reference.

        :param event_type: one of `EventType`; other spellings exist and are sent as they are.
        :param session_id: what the events of one visit have in common.
        :param event_metadata: anything to be kept with the event; `list` and `views` filter by it.
        :param asset_id: the id of the item or asset it is about.
        :param user_id: who it was, in words of your own.
        :param config_id: the UUID or short id of a saved configuration.
        :param configuration: what was chosen, when it is not saved and has no `config_id`.
        :param device: the request's User-Agent by default.
        :param metric: a number to count with, decimals too; 1 by default.
        :raises UnprocessableError: when a value is not valid.
        """
        body = body_of(
            event_type=event_type,
            session_id=session_id,
            event_metadata=event_metadata,
            asset_id=asset_id,
            user_id=user_id,
            config_id=config_id,
            configuration=configuration,
            device=device,
            metric=metric,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/analytics/events",
                body=Json(body),
                returns=One(AnalyticsEvent),
                safety="unsafe",
            ),
            options,
        )

    async def views(
        self,
        *,
        range: ViewRange | None = None,  # noqa: A002  # the vendor's word
        sub_start_date: datetime | str | None = None,
        end_date: datetime | str | None = None,
        event_type: EventType | str | None = None,
        metadata: Mapping[str, Any] | None = None,
        device: str | None = None,
        referer: str | None = None,
        options: Options | None = None,
    ) -> List[AnalyticsViews]:
        """Count the events of each day, month or year. Any token.

        Source: the vendor's own client.

        :param range: what one row stands for: `day`, `month` or `year`.
        :param sub_start_date: the first moment counted, as we understand the vendor's name. Text is
            sent as it is.
        :param end_date: the last moment counted, as we understand it. Text is sent as it is.
        :param event_type: only events of this type.
        :param metadata: as for `list`.
        :param device: as for `list`.
        :param referer: as for `list`.
        :raises UnprocessableError: when a value is not valid; the status is our assumption.
        :raises UsageError: when `metadata` is no mapping.
        """
        query = filters(
            range=range,
            sub_start_date=sub_start_date,
            end_date=end_date,
            event_type=event_type,
            metadata=metadata,
            device=device,
            referer=referer,
        )
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/analytics/events/views",
                query=query,
                returns=Items(AnalyticsViews, key="views"),
            ),
            options,
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/analytics/healthcheck", returns=Done()), options
        )
