"""The Assets API: items, models, materials and everything else an organisation stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..models.assets import Asset
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import One, Rows
from ..session.request import Request
from ..session.session import Session
from .wire import filters, sort_of

__all__ = ("Assets",)


class Assets:
    """Read the assets of an organisation.

    Every endpoint is documented to need the organisation (`400 orgid_required` without it).
    Source: the vendor's Assets API page.

        async for asset in tk.assets.list(type="item", tags="chair"):
            print(asset.name)
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(
        self,
        *,
        name: str | None = None,
        name_like: str | None = None,
        type: str | None = None,  # noqa: A002  # the vendor's word
        branch: str | None = None,
        tags: str | None = None,
        keywords: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        proxy_id: str | None = None,
        imported_file_id: str | None = None,
        public_share: bool | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Asset]:
        """List assets; nothing is sent until the pager is used.

        :param name: the exact name; `name_like` matches a part of it.
        :param type: an asset type, as `item`, `model`, `material`, `stage`.
        :param tags: one tag; a tag's id on newer organisations.
        :param metadata: equality of each given key.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        """
        request = Request(
            verb="GET",
            path="/api/assets",
            returns=Rows(Asset, "assets"),
            query=filters(
                name=name,
                name_like=name_like,
                type=type,
                branch=branch,
                tags=tags,
                keywords=keywords,
                metadata=metadata,
                proxy_id=proxy_id,
                imported_file_id=imported_file_id,
                public_share=public_share,
                sort=sort_of(sort),
            ),
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    async def get(self, asset_id: str, *, options: Options | None = None) -> Asset:
        """Read one asset.

        :param asset_id: its UUID, or the customer's own `custom_id`.
        :raises NotFoundError: `asset_not_found`; also for malformed ids.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/assets/{asset_id}",
                params={"asset_id": asset_id},
                returns=One(Asset),
            ),
            options,
        )
