"""The Assets API: items, models, materials and everything else an organisation stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..errors import DecodeError
from ..models.asset_jobs import ImportSettings
from ..models.assets import Asset, AssetVariant, SharedVariantData
from ..models.base import UNSET, Maybe
from ..models.catalog import ImportedAsset
from ..models.jobs import Job
from ..models.products import ProductEntry
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import Done, Items, One, Render, Rows
from ..session.request import Json, Request
from ..transfer.upload import Upload, UploadSource
from .asset_jobs import AssetJobs
from .assets_texts import Texts
from .catalog import Catalog
from .checks import check_names
from .files import Files
from .jobs import Jobs
from .service import Service
from .wire import List, body_of, changes_of, filters, given_of, names_of, sort_of

__all__ = ("Assets",)


class Assets(Service):
    """Read, change, copy and delete the assets of an organisation.

    Reading takes a public or a private token, writing a private one. Every endpoint is documented
    to need the organisation (`400 orgid_required` without it).
    Source: the vendor's Assets API page.

        async for asset in tk.assets.list(type="item", tags="chair"):
            print(asset.name)
    """

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
        """List assets; nothing is sent until the pager is used. Any token.

        Source: the vendor's Assets API page.

        :param name: the exact name.
        :param name_like: a part of the name.
        :param type: an asset type: `item`, `model`, `material`, `texture`, `stage`, `scene`,
            `composite`, `attribute`, `upload`, `vector`, `font`, `vfb`, `video`, `lut` or `folder`;
            others are sent as they are.
        :param branch: as `unpublished` or `published`.
        :param tags: one tag; a tag's id on newer organisations.
        :param keywords: one keyword.
        :param metadata: equality of each given key, as `{"SKU": "OC-1"}`.
        :param proxy_id: of items: the id of the visual asset behind them.
        :param imported_file_id: the id of the file they were imported from.
        :param public_share: only those that are shared with other organisations.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
        :raises UnprocessableError: `invalid_query_fields`, as for a field that cannot be sorted by.
        :raises UsageError: when `metadata` is no mapping, or a tag, keyword or name no text.
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
        """Read one asset. Any token.

        Source: the vendor's Assets API page.

        :param asset_id: its UUID, or the customer's own `custom_id`.
        :raises NotFoundError: `asset_not_found`; also for malformed ids.
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
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

    async def create(
        self,
        *,
        name: str,
        type: str,  # noqa: A002  # the vendor's word
        description: str | None = None,
        tags: str | Sequence[str] | None = None,
        keywords: str | Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        branch: str | None = None,
        public_share: bool | None = None,
        proxy_id: str | None = None,
        imported_file_id: str | None = None,
        id: str | None = None,  # noqa: A002  # the vendor's word
        created_by: str | None = None,
        options: Options | None = None,
    ) -> Asset:
        """Create an asset that holds nothing yet. Use a private token.

        Experimental: the vendor's Assets API page describes the body of this call, and no call that
        takes it; verb and path are our assumption. `import_file` and `products.import_` are
        documented.

        :param name: what it is called.
        :param type: an asset type, as `item`; see `list`.
        :param description: a text about it.
        :param tags: a list, sent separated by commas (our assumption), or one text, sent as it is.
        :param keywords: as `tags`.
        :param metadata: names and the text or number of each.
        :param branch: as `unpublished`, which is met on new assets.
        :param public_share: share it with other organisations.
        :param proxy_id: of an item: the id of the visual asset behind it.
        :param imported_file_id: the id of the file it is made of.
        :param id: a UUID of your own for it; the platform chooses one by default.
        :param created_by: the UUID of a user; the token's by default, as we understand it.
        :raises UnprocessableError: when it cannot be created; the status is our assumption.
        :raises UsageError: when a name in a list has a comma.
        """
        body = body_of(
            name=name,
            type=type,
            description=description,
            tags=names_of(tags),
            keywords=names_of(keywords),
            metadata=metadata,
            branch=branch,
            public_share=public_share,
            proxy_id=proxy_id,
            imported_file_id=imported_file_id,
            id=id,
            created_by=created_by,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/assets",
                body=Json(body),
                returns=One(Asset),
                safety="unsafe",
            ),
            options,
        )

    async def update(
        self,
        asset_id: str,
        *,
        name: Maybe[str] = UNSET,
        description: Maybe[str | None] = UNSET,
        tags: Maybe[str | Sequence[str]] = UNSET,
        keywords: Maybe[str | Sequence[str]] = UNSET,
        branch: Maybe[str] = UNSET,
        public_share: Maybe[bool] = UNSET,
        proxy_id: Maybe[str | None] = UNSET,
        imported_file_id: Maybe[str | None] = UNSET,
        parent_folder_id: Maybe[str | None] = UNSET,
        published_at: Maybe[datetime | str | None] = UNSET,
        default_stage_id: Maybe[str | None] = UNSET,
        default_composite_id: Maybe[str | None] = UNSET,
        options: Options | None = None,
    ) -> Asset:
        """Change an asset and return it as it is then. Use a private token.

        What is not given stays; None is sent as null. The metadata of items is changed with
        `products.import_`. Source: the vendor's Assets API page.

        :param asset_id: its UUID, or the customer's own `custom_id`.
        :param name: what it is called.
        :param description: a text about it.
        :param tags: the vendor documents one string without saying how tags are separated in it.
            A list is sent separated by commas, which is our assumption; a string as it is.
        :param keywords: as `tags`.
        :param branch: as `unpublished` or `published`.
        :param public_share: share the item with other organisations.
        :param proxy_id: of an item: the id of the visual asset behind it.
        :param imported_file_id: the id of the file it is made of.
        :param parent_folder_id: a folder's id, or `catalog` (items and stages), or `assets` (the
            rest).
        :param published_at: a moment, or its text in ISO 8601, sent as it is.
        :param default_stage_id: the id of the stage it is shown on.
        :param default_composite_id: the id of the composite it is shown with.
        :raises NotFoundError: `asset_not_found`.
        :raises UnprocessableError: `update_asset_error`.
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
        :raises UsageError: when nothing is to be changed, or a name in a list has a comma.
        """
        changes = changes_of(
            name=name,
            description=description,
            tags=names_of(tags),
            keywords=names_of(keywords),
            branch=branch,
            public_share=public_share,
            proxy_id=proxy_id,
            imported_file_id=imported_file_id,
            parent_folder_id=parent_folder_id,
            published_at=published_at,
            default_stage_id=default_stage_id,
            default_composite_id=default_composite_id,
        )
        return await self._session.send(
            Request(
                verb="PUT",
                path="/api/assets/{asset_id}",
                params={"asset_id": asset_id},
                body=Json(changes),
                returns=One(Asset),
                safety="idempotent",
            ),
            options,
        )

    async def delete(self, asset_id: str, *, options: Options | None = None) -> None:
        """Delete an asset; `restore` brings it back. Use a private token.

        The vendor documents no error for an asset that does not exist.
        Source: the vendor's Assets API page.

        :param asset_id: its UUID, or the customer's own `custom_id`.
        :raises ForbiddenError: when the token may not write.
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
        """
        await self._session.send(
            Request(
                verb="DELETE",
                path="/api/assets/{asset_id}",
                params={"asset_id": asset_id},
                returns=Done(),
                safety="idempotent",
            ),
            options,
        )

    async def restore(
        self,
        asset_id: str,
        *,
        name: Maybe[str] = UNSET,
        description: Maybe[str | None] = UNSET,
        tags: Maybe[str | Sequence[str]] = UNSET,
        keywords: Maybe[str | Sequence[str]] = UNSET,
        branch: Maybe[str] = UNSET,
        public_share: Maybe[bool] = UNSET,
        proxy_id: Maybe[str | None] = UNSET,
        imported_file_id: Maybe[str | None] = UNSET,
        parent_folder_id: Maybe[str | None] = UNSET,
        published_at: Maybe[datetime | str | None] = UNSET,
        default_stage_id: Maybe[str | None] = UNSET,
        default_composite_id: Maybe[str | None] = UNSET,
        options: Options | None = None,
    ) -> Asset:
        """Bring a deleted asset back, changed as by `update` where fields are given.

        Use a private token. A call that may have reached the server is not repeated by itself:
        the second one would find the asset restored, and fail.
        Source: the vendor's Assets API page. These fields are as for `update`: `name`,
        `description`, `tags`, `keywords`, `branch`, `public_share`, `proxy_id`, `imported_file_id`,
        `parent_folder_id`, `published_at`, `default_stage_id`, `default_composite_id`.

        :param asset_id: its UUID, or the customer's own `custom_id`.
        :raises UnprocessableError: `restore_asset_error`, when the asset is not deleted.
        :raises UsageError: when a name in a list has a comma.
        """
        changes = given_of(
            name=name,
            description=description,
            tags=names_of(tags),
            keywords=names_of(keywords),
            branch=branch,
            public_share=public_share,
            proxy_id=proxy_id,
            imported_file_id=imported_file_id,
            parent_folder_id=parent_folder_id,
            published_at=published_at,
            default_stage_id=default_stage_id,
            default_composite_id=default_composite_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/assets/{asset_id}/restore",
                params={"asset_id": asset_id},
                body=Json(changes) if changes else None,
                returns=One(Asset),
                safety="unsafe",
            ),
            options,
        )

    async def clone(self, asset_id: str, *, options: Options | None = None) -> Asset:
        """Copy an asset and return the copy. Use a private token.

        The vendor does not say what the copy is called. Source: the vendor's Assets API page.

        :param asset_id: its UUID, or the customer's own `custom_id`.
        :raises NotFoundError: `asset_not_found`.
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
        """
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/assets/{asset_id}/clone",
                params={"asset_id": asset_id},
                returns=One(Asset),
                safety="unsafe",
            ),
            options,
        )

    async def tags(
        self,
        *,
        name: str | None = None,
        name_like: str | None = None,
        type: str | None = None,  # noqa: A002  # the vendor's word
        branch: str | None = None,
        keywords: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        proxy_id: str | None = None,
        imported_file_id: str | None = None,
        parent_folder_id: str | None = None,
        public_share: bool | None = None,
        options: Options | None = None,
    ) -> List[str]:
        """Read the tags of the assets that match, each once. Any token.

        Source: the vendor's Assets API page. These filters are as for `list`: `name`, `name_like`,
        `type`, `branch`, `keywords`, `metadata`, `proxy_id`, `imported_file_id`, `public_share`.

        :param parent_folder_id: a folder's id, or `catalog` (items and stages), or `assets` (the
            rest).
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
        :raises UsageError: when `metadata` is no mapping, or a keyword or name no text.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/assets/tags",
                returns=Items(str, key="tags"),
                query=filters(
                    name=name,
                    name_like=name_like,
                    type=type,
                    branch=branch,
                    keywords=keywords,
                    metadata=metadata,
                    proxy_id=proxy_id,
                    imported_file_id=imported_file_id,
                    parent_folder_id=parent_folder_id,
                    public_share=public_share,
                ),
            ),
            options,
        )

    async def keywords(
        self,
        *,
        name: str | None = None,
        name_like: str | None = None,
        type: str | None = None,  # noqa: A002  # the vendor's word
        branch: str | None = None,
        tags: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        proxy_id: str | None = None,
        imported_file_id: str | None = None,
        parent_folder_id: str | None = None,
        public_share: bool | None = None,
        options: Options | None = None,
    ) -> List[str]:
        """Read the keywords of the assets that match, each once. Any token.

        Source: the vendor's Assets API page. These filters are as for `list`: `name`, `name_like`,
        `type`, `branch`, `tags`, `metadata`, `proxy_id`, `imported_file_id`, `public_share`.

        :param parent_folder_id: a folder's id, or `catalog` (items and stages), or `assets` (the
            rest).
        :raises BadRequestError: `orgid_required`, when the client has no `org_id`.
        :raises UsageError: when `metadata` is no mapping, or a tag or name no text.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/assets/keywords",
                returns=Items(str, key="keywords"),
                query=filters(
                    name=name,
                    name_like=name_like,
                    type=type,
                    branch=branch,
                    tags=tags,
                    metadata=metadata,
                    proxy_id=proxy_id,
                    imported_file_id=imported_file_id,
                    parent_folder_id=parent_folder_id,
                    public_share=public_share,
                ),
            ),
            options,
        )

    async def export(self, asset_id: str, *, options: Options | None = None) -> List[ProductEntry]:
        """Export one asset as JSON, in the form `products.import_` takes. Use a private token.

        The vendor documents the address only. That the answer is what `products.export` gives,
        as an array or as its one entry, is our assumption.
        Source: the vendor's page on importing and exporting assets.

        :param asset_id: its UUID.
        :raises NotFoundError: when there is no such asset; the status is our assumption.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/assets/export/{asset_id}",
                params={"asset_id": asset_id},
                returns=Items(ProductEntry, alone=True),
            ),
            options,
        )

    async def import_file(
        self,
        source: UploadSource | Upload,
        *,
        filename: str | None = None,
        mime_type: str | None = None,
        title: str | None = None,
        parent_folder_id: str | None = None,
        target_asset_id: str | None = None,
        settings: ImportSettings | Mapping[str, Any] | None = None,
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> List[ImportedAsset]:
        """Upload a file, import it, wait, and return the assets that were made or changed.

        Use a private token. A deadline in `options` is over the whole: the upload, the import, the
        wait and reading what was made. Source: how public integrations do it: `files.upload`,
        `asset_jobs.import_`, `jobs.wait`, `catalog.job`.

        :param source: a path, bytes, a file open for reading bytes, an iterable that yields
            bytes, or an `Upload`.
        :param filename: its name there; a path's own name by default, needed for anything else.
        :param mime_type: its media type; guessed from the name by default.
        :param title: of the job.
        :param parent_folder_id: the folder of the new asset. Without it an asset with the file's
            name is looked for in the whole organisation and updated; a new one is made when there
            is none.
        :param target_asset_id: the asset to update.
        :param settings: how the file is imported: `ImportSettings`, or a mapping with the API's own
            names, as `{"importAs": "model"}`.
        :param timeout: seconds to wait for the job at most; None waits for ever.
        :param interval: seconds between two looks at the job.
        :param progress: is given the job after each look; see `jobs.wait`.
        :raises UsageError: when the source cannot be read or has no name, or the settings use
            Python's names in a mapping.
        :raises JobFailedError: when the import failed.
        :raises DeadlineError: when the job has not ended in time; it goes on, and `catalog.job`
            tells what it has made.
        :raises DecodeError: when the job has ended without telling what it has made.
        """
        check_names("Settings of an import", settings, ImportSettings)
        span = self._session.within(options)
        file = await Files(self._session).upload(
            source, filename=filename, mime_type=mime_type, options=span.options()
        )
        started = await AssetJobs(self._session).import_(
            file.id,
            title=title,
            parent_folder_id=parent_folder_id,
            target_asset_id=target_asset_id,
            settings=settings,
            options=span.options(),
        )
        await Jobs(self._session).wait(
            started.job_id,
            timeout=timeout,
            interval=interval,
            progress=progress,
            options=span.options(),
        )
        ended = await Catalog(self._session).job(started.job_id, options=span.options())
        if ended.output is None:
            raise DecodeError(
                f"Import job {started.job_id} has ended well, but does not tell what it has made. "
                f"Look again with catalog.job({started.job_id!r}).",
                path="output",
            )
        return list(ended.assets)

    async def translations(
        self, *, locale: str | None = None, options: Options | None = None
    ) -> dict[str, str]:
        """Read the translated texts of a language: the canonical text of each, and its translation.

        Any token. Source: the vendor's own client.

        :param locale: as `de`. An unknown one has no texts and is no error.
        :raises DecodeError: when a translation is no text; those that are null are left out.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/assets/translations",
                query=filters(locale=locale),
                returns=Texts(),
            ),
            options,
        )

    def variants(
        self,
        asset_id: str,
        *,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[AssetVariant]:
        """List the precomputed variants of an asset; nothing is sent until the pager is used.

        Any token. Source: the vendor's own client.

        :param asset_id: its UUID.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises NotFoundError: when there is no such asset; the status is our assumption.
        """
        request = Request(
            verb="GET",
            path="/api/assets/{asset_id}/variants",
            params={"asset_id": asset_id},
            returns=Rows(AssetVariant, "variants"),
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    async def variant_data(
        self, asset_id: str, *, options: Options | None = None
    ) -> SharedVariantData:
        """Read what all variants of an asset share; it comes with a page of one variant.

        Any token. Source: the vendor's own client.

        :param asset_id: its UUID.
        :raises NotFoundError: when there is no such asset; the status is our assumption.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/assets/{asset_id}/variants",
                params={"asset_id": asset_id},
                query=filters(per_page=1, page=1),
                returns=One(SharedVariantData, key="shared_data"),
            ),
            options,
        )

    async def thumbnail(
        self,
        asset_id: str,
        *,
        fail_on_empty: bool = True,
        size: int | None = None,
        options: Options | None = None,
    ) -> bytes:
        """Read the picture of an asset into memory. Any token.

        Source: public integrations.

        :param asset_id: its UUID.
        :param fail_on_empty: raise when the asset has none; otherwise a placeholder comes.
        :param size: pixels, at least 1. It asks a second address, seen in one public integration
            only, which knows no `fail_on_empty`.
        :raises StatusError: when there is none (nobody says with which status).
        :raises UsageError: when `size` is no whole number of at least 1.
        """
        if size is not None:
            request = Request(
                verb="GET",
                path="/api/assets/{asset_id}/thumbnail",
                params={"asset_id": asset_id},
                query=filters(size=size),
                returns=Render(),
            )
        else:
            request = Request(
                verb="GET",
                path="/api/assets/thumbnail/{asset_id}",
                params={"asset_id": asset_id},
                query=filters(fail_on_empty=fail_on_empty or None),
                returns=Render(),
            )
        return await self._session.send(request, options)

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/assets/healthcheck", returns=Done()), options
        )
