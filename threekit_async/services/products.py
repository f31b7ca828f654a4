"""The Products API: items as JSON, to export, change and import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

from ..errors import DecodeError, UsageError
from ..models.assets import Asset
from ..models.jobs import Job
from ..models.products import Product, ProductEntries, ProductEntry, ProductImport, ProductQuery
from ..options import Options
from ..session.decode import Done, Items, One, Text
from ..session.request import FilePart, Json, Multipart, Request
from ..transfer.upload import Upload, UploadSource
from .checks import check_names
from .jobs import Jobs
from .products_results import affected_assets
from .service import Service
from .uploads import file_part
from .wire import filters

__all__ = ("Products",)


class Products(Service):
    """Export the items of an organisation as JSON, and import items, new or changed.

    Use a private token. The vendor's page prints the addresses without `/api`; its help centre and
    every public integration have it.
    Source: the vendor's page on importing and exporting assets.

        for entry in await tk.products.export(tags="chair"):
            print(entry.product and entry.product.name)
        assets = await tk.products.import_and_wait("products.json")
    """

    async def export(
        self,
        *,
        tags: str | None = None,
        keywords: str | None = None,
        options: Options | None = None,
    ) -> list[ProductEntry]:
        """Read all items as `import_` takes them; there are no pages. Use a private token.

        Each entry comes with a query for its own id: imported again, it changes that item.
        Source: the vendor's page on importing and exporting assets.

        :param tags: only items with this tag.
        :param keywords: only items with this keyword.
        :raises AuthenticationError: when the token is not known, or may not export.
        :raises UsageError: when a tag or keyword is no text.
        """
        return await self._session.send(
            Request(
                verb="GET",
                path="/api/products/export/{format}",
                params={"format": "json"},
                query=filters(tags=tags, keywords=keywords),
                returns=Items(ProductEntry),
            ),
            options,
        )

    async def import_(
        self,
        products: ProductEntries | UploadSource | Upload,
        *,
        sync: bool | None = None,
        send_as: Literal["file", "json"] = "file",
        options: Options | None = None,
    ) -> ProductImport:
        """Make new items, and change those that match an entry's query. Use a private token.

        The answer holds a job, or the items at once: see `ProductImport`. An import is not
        repeated by itself when it may have reached the server.
        Source: the vendor's page on importing and exporting assets.

        :param products: entries, as records or mappings, or a JSON file of them: a path, bytes, an
            open file or an iterable of bytes. Mappings use the API's own names, as
            `parentFolderId`.
        :param sync: False asks for a job, as public integrations do; True and nothing at all were
            seen to wait for the items: 300 seconds of silence are waited for then, unless a
            timeout was given (`Options(timeout=Timeout(read=...))`).
        :param send_as: `file` sends a form with a JSON file, which all sources describe. `json`
            sends the entries as the body itself, in newer descriptions: an array of them, and with
            `sync` an object `{"sync": ..., "files": [...]}`, which one page has.
        :raises UsageError: when there is nothing to import, a file is to be sent as `json`, or an
            entry in a mapping uses Python's names.
        :raises UnprocessableError: when the entries cannot be read.
        """
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/products/import",
                body=_body(products, sync, send_as),
                returns=One(ProductImport),
                safety="unsafe",
            ),
            # Without a word about it the server was seen to wait, too.
            options if sync is False else self._session.patient(options),
        )

    async def import_and_wait(
        self,
        products: ProductEntries | UploadSource | Upload,
        *,
        send_as: Literal["file", "json"] = "file",
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> list[Asset]:
        """Import items as `import_` does, wait, and return the assets that were made or changed.

        Use a private token. A deadline in `options` is over the whole: the import, the wait and
        reading what was made. Source: how public integrations do it.

        :param products: as for `import_`.
        :param send_as: as for `import_`.
        :param timeout: seconds to wait for the job, which goes on when they have passed; None for
            as long as it takes.
        :param interval: seconds between two looks at the job.
        :param progress: called with the job after each look. In the synchronous client it runs on
            the loop's thread: be quick, and do not call the client from it.
        :raises UsageError: as for `import_`.
        :raises UnprocessableError: when the entries cannot be read.
        :raises JobFailedError: when the job has ended with failures.
        :raises DeadlineError: when it has not ended in time; it goes on.
        :raises DecodeError: when it has ended without a list of assets.
        """
        span = self._session.within(options)
        started = await self.import_(products, sync=False, send_as=send_as, options=span.options())
        if started.products is not None:
            return list(started.products)
        if started.job_id is None:
            raise DecodeError(
                "POST /api/products/import succeeded, but its answer has neither jobId nor "
                "products. Look at the items before importing them again."
            )
        jobs = Jobs(self._session)
        await jobs.wait(
            started.job_id,
            timeout=timeout,
            interval=interval,
            progress=progress,
            options=span.options(),
        )
        return await affected_assets(self._session, started.job_id, span)

    async def translations(self, *, options: Options | None = None) -> str:
        """Read all translated texts as CSV: a row for each text, a column for each language.

        Any token. An older address, which the vendor's own client has dropped;
        `assets.translations` is the newer one. Source: public integrations.

        :raises NotFoundError: where the address is gone; the status is our assumption.
        """
        return await self._session.send(
            Request(verb="GET", path="/api/products/translations", returns=Text()), options
        )

    async def import_translations(
        self, source: UploadSource | Upload, *, options: Options | None = None
    ) -> None:
        """Replace or add translated texts. Use a private token.

        An older address, which the vendor's own client has dropped.
        Source: public integrations.

        :param source: CSV with the header `"Canonical Name"` and a column for each language: a
            path, bytes, an open file or an iterable of bytes.
        :raises UsageError: when the source cannot be read.
        :raises UnprocessableError: when the table cannot be read; the status is our assumption.
        """
        part = file_part(source, filename=_name_of(source, "translations.csv"), name="file")
        await self._session.send(
            Request(
                verb="POST",
                path="/api/products/translations",
                body=Multipart(files=(part,)),
                returns=Done(),
                safety="unsafe",
            ),
            options,
        )

    async def healthcheck(self, *, options: Options | None = None) -> None:
        """Return when the service is up, and raise when it is not.

        Any token. Source: the vendor's own client.

        :raises StatusError: when it answers that it is not.
        """
        await self._session.send(
            Request(verb="GET", path="/api/products/healthcheck", returns=Done()), options
        )


def _body(
    products: ProductEntries | UploadSource | Upload, sync: bool | None, send_as: str
) -> Json | Multipart:
    entries = _entries(products)
    if send_as == "json":
        return _json_body(entries, sync)
    if send_as != "file":
        raise UsageError(f"send_as must be 'file' or 'json', not {send_as!r}; nothing was sent.")
    fields = {} if sync is None else {"sync": _flag(sync)}
    return Multipart(files=(_part(products, entries),), fields=fields)


def _json_body(entries: ProductEntries | None, sync: bool | None) -> Json:
    if entries is None:
        raise UsageError("Only entries can be sent as 'json', not a file; nothing was sent.")
    return Json(entries if sync is None else {"sync": _flag(sync), "files": entries})


def _part(products: Any, entries: ProductEntries | None) -> FilePart:
    source = products if entries is None else Json(entries).encoded()
    return file_part(
        source,
        filename=_name_of(source, "products.json"),
        mime_type=getattr(source, "mime_type", None) or "application/json",
        name="file",
    )


def _name_of(source: object, default: str) -> str | None:
    """Name what has no name of its own; a path and an `Upload` may have one."""
    if isinstance(source, Upload):
        return source.filename or _name_of(source.source, default)
    return None if isinstance(source, str) or hasattr(source, "__fspath__") else default


def _entries(products: object) -> ProductEntries | None:
    """Return the entries, or None for a file of them.

    :raises UsageError: when there is none, or it is something else.
    """
    if isinstance(products, (Mapping, ProductEntry)):
        raise UsageError("Pass a list of entries, also for one: [entry]. Nothing was sent.")
    if not isinstance(products, Sequence) or isinstance(
        products, (str, bytes, bytearray, memoryview)
    ):
        return None
    if not products:
        raise UsageError("There is nothing to import: the list is empty. Nothing was sent.")
    if isinstance(products[0], (bytes, bytearray, memoryview)):
        return None
    for entry in cast("Sequence[object]", products):
        if not isinstance(entry, (Mapping, ProductEntry)):
            raise UsageError(
                "An entry is a ProductEntry or a mapping with `query` and `product`, not "
                f"{type(entry).__name__}. Nothing was sent."
            )
        _check(cast("Mapping[str, object] | ProductEntry", entry))
    return cast("ProductEntries", products)


def _check(entry: Mapping[str, object] | ProductEntry) -> None:
    if isinstance(entry, Mapping):
        check_names("A product", entry.get("product"), Product)
        check_names("A query", entry.get("query"), ProductQuery)


def _flag(value: bool) -> str:
    return "true" if value else "false"
