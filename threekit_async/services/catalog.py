"""The Catalog API: items as shops see them, and imports in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UsageError
from ..models.catalog import CatalogJob, CatalogProduct, CatalogUpload
from ..options import Options
from ..session.decode import Done, Items, One
from ..session.request import Multipart, Request
from ..transfer.upload import Upload, UploadSource
from .service import Service
from .uploads import file_parts
from .wire import List, filters

__all__ = ("Catalog",)


class Catalog(Service):
    """Find items as shops see them, and import files in one call.

    A public token will do for everything here.
    Source: the vendor's help centre (list) and its own client (the rest).

        [chair] = await tk.catalog.list(metadata={"SKU": "OC-1"})
    """

    async def list(
        self,
        *,
        name: str | None = None,
        name_like: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        tags: str | None = None,
        keywords: str | None = None,
        public_share: bool | None = None,
        org_id: str | None = None,
        options: Options | None = None,
    ) -> List[CatalogProduct]:
        """Read the items that match, the shared ones of public organisations too. Any token.

        No pages are documented: all come at once.
        Source: the vendor's help centre.

        :param name: the exact name.
        :param name_like: a name that is similar; how similar is not documented.
        :param metadata: equality of each given key, as `{"SKU": "OC-1"}`.
        :param tags: one tag. Seen in public integrations only.
        :param keywords: one keyword. Seen in public integrations only.
        :param public_share: only those that are shared with other organisations (True), or are not.
        :param org_id: another organisation, a public one, whose shared items are wanted; the
            client's own by default.
        :raises ForbiddenError: when the token may not read the organisation.
        :raises UsageError: when `metadata` is no mapping, or a tag or keyword no text.
        """
        query = filters(
            name=name,
            name_like=name_like,
            metadata=metadata,
            tags=tags,
            keywords=keywords,
            public_share=public_share,
            org_id=org_id or self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/catalog/products",
                query=query,
                returns=Items(CatalogProduct, key="products"),
            ),
            options,
        )

    async def get(self, product_id: str, *, options: Options | None = None) -> CatalogProduct:
        """Read one item. Any token.

        Source: the vendor's own client.

        :param product_id: the item's UUID.
        :raises NotFoundError: when there is no such item.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/catalog/products/{product_id}",
                params={"product_id": product_id},
                returns=One(CatalogProduct),
            ),
            options,
        )

    async def upload(
        self,
        files: Iterable[UploadSource | Upload],
        *,
        sync: bool = False,
        options: Options | None = None,
    ) -> List[CatalogUpload]:
        """Upload files and import each of them, with one call. Any token.

        Each file gets a job of its own; read what it made with `job`, until it has stopped.
        Source: public integrations.

        :param files: paths, bytes, open files or iterables of bytes; what is not a path needs an
            `Upload` with a file name.
        :param sync: answer when the imports have ended; 300 seconds of silence are waited for then,
            unless a timeout was given (`Options(timeout=Timeout(read=...))`).
        :raises UsageError: when there is no file, or one cannot be read or has no name.
        """
        org_id = self._session.settings.org_id
        fields = {"orgId": org_id} if org_id else {}
        parts = file_parts(files)
        if not parts:
            raise UsageError("There is no file to upload; nothing was sent.")
        body = Multipart(files=tuple(parts), fields={**fields, "sync": "true"} if sync else fields)
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/catalog/assets/upload",
                body=body,
                returns=Items(CatalogUpload, alone=True),
                safety="unsafe",
            ),
            self._session.patient(options) if sync else options,
        )

    async def job(self, job_id: str, *, options: Options | None = None) -> CatalogJob:
        """Read an import: its job and, when that has stopped, the assets it made. Any token.

        In place of `jobs.get` for public tokens, which may not read jobs.
        Source: public integrations.

        :param job_id: as `upload` and the imports of `asset_jobs` give it.
        :raises NotFoundError: when there is no such job; the status is our assumption.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/catalog/jobs/{job_id}",
                params={"job_id": job_id},
                returns=One(CatalogJob),
            ),
            options,
        )

    async def products_healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the part that knows the items is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/catalog/products/healthcheck", returns=Done()), options
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/catalog/healthcheck", returns=Done()), options
        )
