"""The Configurations API: saved states of configurators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UsageError
from ..models.base import UNSET, Maybe
from ..models.configurations import SavedConfiguration
from ..models.values import Configuration
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import Done, One, Render, Rows
from ..session.request import Json, Request
from ..transfer.upload import Upload, UploadSource
from .configurations_saving import saving
from .service import Service
from .uploads import file_parts
from .wire import body_of, changes_of, filters, sort_of

__all__ = ("Configurations",)


class Configurations(Service):
    """Save states of configurators, and read them again.

    Each has an id and a short id, which fits into links; either is taken wherever one is read.
    Public tokens may save and read.
    Source: the vendor's help centre and developer pages (saving) and its own client (the rest).

        saved = await tk.configurations.create(item_id, variant={"Colour": "red"})
        again = await tk.configurations.get(saved.short_id)
    """

    def list(
        self,
        *,
        product_id: str | None = None,
        product_version: str | None = None,
        short_id: str | None = None,
        sku: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        full_configuration: bool | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[SavedConfiguration]:
        """List saved configurations; nothing is sent until the pager is used.

        Any token may read. Source: the vendor's own client.

        :param product_id: those of one item.
        :param product_version: those with one label.
        :param short_id: the one with this short id; `get` takes it too.
        :param sku: passed on; what it is compared with is not documented.
        :param metadata: equality of each given key.
        :param full_configuration: its effect is not documented; passed on.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises UsageError: when a filter is of the wrong kind.
        :raises UnprocessableError: while pages are read: for a field that cannot be sorted by.
        """
        request = Request(
            verb="GET",
            path="/api/configurations",
            query=filters(
                product_id=product_id,
                product_version=product_version,
                short_id=short_id,
                sku=sku,
                metadata=metadata,
                full_configuration=full_configuration,
                sort=sort_of(sort),
            ),
            returns=Rows(SavedConfiguration, "configurations"),
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    async def get(
        self, configuration_id: str, *, options: Options | None = None
    ) -> SavedConfiguration:
        """Read one saved configuration. Any token may. Source: the vendor's own client.

        :param configuration_id: its id or short id.
        :raises NotFoundError: when there is no such configuration.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/configurations/{configuration_id}",
                params={"configuration_id": configuration_id},
                returns=One(SavedConfiguration),
            ),
            options,
        )

    async def create(
        self,
        product_id: str,
        *,
        product_version: str = "v1",
        variant: Configuration | None = None,
        metadata: Mapping[str, Any] | None = None,
        scene_graph_state: str | None = None,
        files: Iterable[UploadSource | Upload] = (),
        attachments: Mapping[str, str] | None = None,
        short_id: str | None = None,
        customer_id: str | None = None,
        session_id: str | None = None,
        creator: str | None = None,
        options: Options | None = None,
    ) -> SavedConfiguration:
        """Save a configuration, with files if there are any. A public token may do it.

        Source: the vendor's developer pages.

        :param product_id: the item that was configured.
        :param product_version: a label of yours; most callers send `v1`.
        :param variant: values of attributes; plain, colours, or references to assets.
        :param metadata: anything of yours; nested objects are allowed.
        :param scene_graph_state: the id of a file with the whole scene.
        :param files: a single one without `attachments` becomes the thumbnail. An `Upload` names
            what is not a path.
        :param attachments: keys of yours and the names of the files behind them, as
            `{"front": "front.png"}`. With several files each one needs a key.
        :param short_id: 7 to 14 letters, digits, `_` and `-`; made by the server by default.
        :param customer_id: the customer it belongs to; see `customers`.
        :param session_id: a session of yours, passed on.
        :param creator: a word for what has saved it, passed on.
        :raises UsageError: when files and attachments do not fit together.
        :raises UnprocessableError: when a field is missing or wrong.
        """
        if isinstance(files, (str, bytes)):
            raise UsageError("Pass files=[...], a list, even for a single one; nothing was sent.")
        fields = body_of(
            product_id=product_id,
            product_version=product_version,
            variant=variant,
            metadata=metadata,
            scene_graph_state=scene_graph_state,
            short_id=short_id,
            customer_id=customer_id,
            session_id=session_id,
            creator=creator,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/configurations",
                body=saving(fields, file_parts(files), attachments),
                returns=One(SavedConfiguration),
                safety="unsafe",
            ),
            options,
        )

    async def update(
        self,
        configuration_id: str,
        *,
        product_version: Maybe[str | None] = UNSET,
        variant: Maybe[Configuration | None] = UNSET,
        metadata: Maybe[Mapping[str, Any] | None] = UNSET,
        customer_id: Maybe[str | None] = UNSET,
        options: Options | None = None,
    ) -> SavedConfiguration:
        """Change a saved configuration. Needs a private token.

        Experimental: no source describes this call. Verb, path, the fields that can be changed,
        and that each given field is replaced as a whole are our assumption.

        :param configuration_id: its id.
        :param product_version: a label of yours.
        :param variant: values of attributes; all of them, as it is replaced.
        :param metadata: anything of yours; all of it, as it is replaced.
        :param customer_id: the customer it belongs to. None empties a field.
        :raises UsageError: when nothing is to be changed.
        :raises NotFoundError: when there is no such configuration, or no such call.
        """
        changes = changes_of(
            product_version=product_version,
            variant=variant,
            metadata=metadata,
            customer_id=customer_id,
        )
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/configurations/{configuration_id}",
                params={"configuration_id": configuration_id},
                body=Json(changes),
                returns=One(SavedConfiguration),
                safety="idempotent",
            ),
            options,
        )

    async def delete(self, configuration_id: str, *, options: Options | None = None) -> None:
        """Delete a saved configuration. Needs a private token.

        Experimental: no source describes this call. Verb and path are our assumption; the answer
        is not looked at.

        :param configuration_id: its id.
        :raises NotFoundError: when there is no such configuration, or no such call.
        """
        await self._session.send(
            Request(
                verb="DELETE",
                path="/api/configurations/{configuration_id}",
                params={"configuration_id": configuration_id},
                returns=Done(),
                safety="idempotent",
            ),
            options,
        )

    async def attachment(
        self, configuration_id: str, key: str, *, options: Options | None = None
    ) -> bytes:
        """Read the bytes of an attached file into memory. Any token may.

        Source: the vendor's own client.
        An HTML page is refused, as the answer of something else than the API.

        :param configuration_id: the configuration's id or short id.
        :param key: one of its `attachments`.
        :raises StatusError: when there is no such configuration, or no such key.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/configurations/{configuration_id}/files/{key}",
                params={"configuration_id": configuration_id, "key": key},
                returns=Render(),
            ),
            options,
        )

    async def thumbnail(self, configuration_id: str, *, options: Options | None = None) -> bytes:
        """Read the bytes of the thumbnail into memory. Any token may.

        Source: the vendor's own client.

        :param configuration_id: the configuration's id or short id.
        :raises StatusError: when there is no such configuration, or it has no thumbnail.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/configurations/{configuration_id}/thumbnail",
                params={"configuration_id": configuration_id},
                returns=Render(),
            ),
            options,
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/configurations/healthcheck", returns=Done()), options
        )
