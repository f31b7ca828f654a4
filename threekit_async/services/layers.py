"""The Layers API: stored renders and exports of assets in their configurations."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import Any, Literal

from ..models.jobs import Job
from ..models.layers import Grouping, Layer, LayerGroup, LayerUrl, Optimization
from ..models.values import Configuration
from ..options import Options
from ..paging.pager import AsyncPager
from ..session.decode import One, Render, Rows
from ..session.request import Json, Request
from ..session.span import Span
from ..transfer.bulk import reported
from ..transfer.destinations.base import Remote
from ..transfer.progress import Progress
from ..transfer.report import TransferReport
from ..transfer.results import Duplicates, FileResult, OnError
from .asset_jobs import AssetJobs
from .jobs import Jobs
from .jobs_waiting import result_file
from .layers_files import LayerDownloads
from .layers_lookup import found, grouping, single
from .layers_making import Wish
from .service import Service
from .wire import body_of, filters, sort_of

__all__ = ("Layers",)

_MOST_RUNS = 100


class Layers(Service):
    """Find, list, register and download layers.

    A layer is one stored render or export of an asset in one configuration, so that it is produced
    once and then looked up. There is no call to change or delete one. Any token may read, a public
    one too; use a private token to register, render or export.
    Source: the vendor's Layers API page.

        async for layer in tk.layers.list(asset_id=asset_id, branch="published"):
            print(layer.id, layer.asset_layer_configuration)

        report = await tk.layers.download_all(tk.layers.list(job_id=job_id), to="renders")
        report.raise_for_failures()

        layer = await tk.layers.find_or_render(
            asset_id=asset_id, asset_layer_configuration={"Colour": "red"}, width=1000, height=1000
        )
    """

    def list(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the vendor's word
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        width: int | None = None,
        height: int | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[Layer]:
        """List layers; nothing is sent until the pager is used. Any token may read.

        Each filter that is given must hold. The vendor documents no total for this listing, so
        pages ahead are asked for carefully: a few after the first full page, then more, until a
        short page ends the walk. Source: the vendor's Layers API page.

        :param id: the layer's id; for a single layer there is `get`.
        :param asset_id: the asset it shows.
        :param asset_layer: the layer of the composite it shows; equal to `asset_id` for assets
            without a composition.
        :param asset_layer_configuration: the whole configuration to match, as values of
            attributes. That the match is exact is our assumption; the vendor does not say.
        :param stage_id: the stage it was rendered in.
        :param stage_configuration: the whole configuration of the stage to match.
        :param metadata: the layer's own metadata; that each given key must be equal, and others
            may be there, is our assumption.
        :param job_id: the job that made it.
        :param branch: `published` or `unpublished`.
        :param format: `png`, `glb` or `usdz`. With `width` and `height` seen in the vendor's
            client only.
        :param width: pixels, as is `height`; whole numbers.
        :param sort: a field with its direction, as `-created_at`; the vendor's default is
            `+created_at`.
        :param per_page: rows for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises UsageError: when a filter is of the wrong kind.
        :raises UnprocessableError: `invalid_query_fields`, while pages are read: for a field that
            cannot be sorted by.
        """
        query = filters(
            id=id,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            format=format,
            width=width,
            height=height,
            sort=sort_of(sort),
        )
        request = Request(
            verb="GET", path="/api/layers", query=query, returns=Rows(Layer, "layers")
        )
        return AsyncPager(
            self._session, request, per_page=per_page, concurrency=concurrency, options=options
        )

    async def get(self, layer_id: str, *, options: Options | None = None) -> Layer:
        """Read one layer. Any token may. Source: the vendor's Layers API page.

        :param layer_id: its id, a UUID; `find` looks a layer up by what it shows.
        :raises NotFoundError: when there is no such layer.
        :raises UnprocessableError: `find_layer_error`, when the id is not a UUID.
        """
        return await self._session.send(single(layer_id, None, One(Layer)), options)

    async def create(
        self,
        *,
        asset_id: str,
        asset_layer_configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        asset_version: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        task_id: str | None = None,
        file_id: str | None = None,
        options: Options | None = None,
    ) -> Layer:
        """Register a layer, for instance for an uploaded GLB or USDZ file. Use a private token.

        Nothing is required by the vendor's page; without `asset_id` a layer could hardly be found.
        Source: the vendor's Layers API page.

        :param asset_id: the asset it shows.
        :param asset_layer_configuration: the whole configuration it shows, as values of
            attributes; it is what `find` compares with.
        :param stage_id: the stage it was rendered in; none by default.
        :param stage_configuration: the whole configuration of that stage.
        :param asset_version: passed on; its form is not documented, "" is seen.
        :param metadata: anything of yours, to be found by.
        :param job_id: the job that made the file, as is `task_id` the task.
        :param file_id: an uploaded file; see `files.upload`.
        :raises UnprocessableError: `create_layer_error`, when a field is missing or wrong.
        """
        body = body_of(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            asset_version=asset_version,
            metadata=metadata,
            job_id=job_id,
            task_id=task_id,
            file_id=file_id,
            org_id=self._session.settings.org_id,
        )
        return await self._session.send(
            Request(
                verb="POST",
                path="/api/layers",
                body=Json(body),
                returns=One(Layer),
                safety="unsafe",
            ),
            options,
        )

    def groups(
        self,
        group_by: Grouping,
        *,
        id: str | None = None,  # noqa: A002  # the vendor's word
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        sort: str | None = None,
        per_page: int = 100,
        concurrency: int = 8,
        options: Options | None = None,
    ) -> AsyncPager[LayerGroup]:
        """Count the layers that share a job, stage, asset, organisation or branch.

        Nothing is sent until the pager is used. Any token may read.
        Source: the vendor's Layers API page.

        :param group_by: `job_id`, `stage_id`, `asset_id`, `org_id` or `branch`; the wire's names
            (`jobId`) are taken too. The filters `id`, `asset_id`, `asset_layer`,
            `asset_layer_configuration`, `stage_id`, `stage_configuration`, `metadata`, `job_id`
            and `branch` are those of `list`.
        :param sort: as for `list`; which fields groups can be sorted by is not documented.
        :param per_page: groups for each request, 1 to 100.
        :param concurrency: pages in flight at most.
        :raises UsageError: for any other grouping, and when a filter is of the wrong kind.
        :raises UnprocessableError: `find_layer_error`, while pages are read.
        """
        wire, attribute = grouping(group_by)
        query = filters(
            id=id,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            sort=sort_of(sort),
        )
        request = Request(
            verb="POST",
            path="/api/layers/groups/{group_by}",
            params={"group_by": wire},
            query=query,
            returns=Rows(LayerGroup, "groups"),
        )
        return AsyncPager(
            self._session,
            request,
            per_page=per_page,
            concurrency=concurrency,
            options=options,
            identity=lambda group: getattr(group, attribute),
        )

    async def url(self, layer_id: str, *, options: Options | None = None) -> LayerUrl:
        """Ask where a layer's file can be fetched; the layer's metadata comes with it.

        Any token may read. Source: the vendor's Layers API page.

        :param layer_id: its id, a UUID.
        :raises NotFoundError: when there is no such layer.
        :raises UnprocessableError: `find_layer_error`, when the id is not a UUID.
        """
        return await self._session.send(single(layer_id, "url", One(LayerUrl)), options)

    async def content(self, layer_id: str, *, options: Options | None = None) -> bytes:
        """Read the bytes of a layer's file into memory; use `download` for large ones.

        Any token may read. Source: the vendor's Layers API page.

        :param layer_id: its id, a UUID.
        :raises NotFoundError: when there is no such layer.
        :raises StatusError: when the layer has no file (the vendor does not say with which status).
        """
        return await self._session.send(single(layer_id, "file", Render()), options)

    async def find(
        self,
        *,
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        width: int | None = None,
        height: int | None = None,
        optimization: Optimization | None = None,
        cache: bool | None = None,
        options: Options | None = None,
    ) -> Layer | None:
        """Look one layer up by what it shows; the latest when several match, None when none does.

        The vendor answers 422 `find_layer_error` both for "nothing found" and for a query it
        cannot read, and both are None here: what could be neither is refused before sending.
        Any token may read.

        The filters `asset_id`, `asset_layer`, `asset_layer_configuration`, `stage_id`,
        `stage_configuration`, `metadata`, `job_id`, `branch`, `format`, `width` and `height` are
        those of `list`. The page names the two configurations and `metadata` only; the others are
        seen in the vendor's client.
        Source: the vendor's Layers API page.

        :param optimization: for images, see `Optimization`: the layer's `url` leads to an image
            that was made smaller, as public integrations read it.
        :param cache: seen in public integrations only; its effect is not documented.
        :raises UsageError: when a filter or wish is of the wrong kind, or out of range.
        """
        return await found(
            self._session,
            One(Layer),
            options,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            format=format,
            width=width,
            height=height,
            optimization=optimization,
            cache=cache,
        )

    async def find_url(
        self,
        *,
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        width: int | None = None,
        height: int | None = None,
        optimization: Optimization | None = None,
        cache: bool | None = None,
        options: Options | None = None,
    ) -> LayerUrl | None:
        """Look one layer up as `find` does and return where its file can be fetched.

        None when there is none. Any token may read. The filters `asset_id`, `asset_layer`,
        `asset_layer_configuration`, `stage_id`, `stage_configuration`, `metadata`, `job_id`,
        `branch`, `format`, `width` and `height` are those of `list`.
        Source: the vendor's Layers API page.

        :param optimization: for images: the file is made smaller on its way, see `Optimization`.
            It does not work on AR exports.
        :param cache: as for `find`.
        :raises UsageError: when a filter or wish is of the wrong kind, or out of range.
        """
        return await found(
            self._session,
            One(LayerUrl),
            options,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            format=format,
            width=width,
            height=height,
            optimization=optimization,
            result_type="url",
            cache=cache,
        )

    async def find_content(
        self,
        *,
        asset_id: str | None = None,
        asset_layer: str | None = None,
        asset_layer_configuration: Configuration | None = None,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        metadata: Mapping[str, Any] | None = None,
        job_id: str | None = None,
        branch: str | None = None,
        format: str | None = None,  # noqa: A002  # the vendor's word
        width: int | None = None,
        height: int | None = None,
        optimization: Optimization | None = None,
        cache: bool | None = None,
        options: Options | None = None,
    ) -> bytes | None:
        """Look one layer up as `find` does and read the bytes of its file into memory.

        None when there is none. Any token may read. The filters `asset_id`, `asset_layer`,
        `asset_layer_configuration`, `stage_id`, `stage_configuration`, `metadata`, `job_id`,
        `branch`, `format`, `width` and `height` are those of `list`.
        Source: the vendor's Layers API page.

        :param optimization: as for `find_url`.
        :param cache: as for `find`.
        :raises UsageError: when a filter or wish is of the wrong kind, or out of range.
        """
        return await found(
            self._session,
            Render(),
            options,
            asset_id=asset_id,
            asset_layer=asset_layer,
            asset_layer_configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            metadata=metadata,
            job_id=job_id,
            branch=branch,
            format=format,
            width=width,
            height=height,
            optimization=optimization,
            result_type="file",
            cache=cache,
        )

    async def find_or_render(
        self,
        *,
        asset_id: str,
        asset_layer_configuration: Configuration,
        stage_id: str | None = None,
        stage_configuration: Configuration | None = None,
        width: int | None = None,
        height: int | None = None,
        renderer: Literal["webgl", "vray"] = "webgl",
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> Layer:
        """Look an image up, and render it when it is not there. Rendering needs a private token.

        A layer of another size than asked for, or with another stage or configuration of the
        stage, does not count as found; it is looked for among the latest 100 of the configuration.
        Two callers at the same time may both render: the vendor documents no lock.
        A deadline in `options` is over all of it, the wait for the job included.
        Source: how public integrations do it.

        :param asset_id: the asset to show.
        :param asset_layer_configuration: the whole configuration; one that leaves attributes out
            may be rendered anew each time, as the match is assumed to be exact.
        :param stage_id: the stage to render in; none by default.
        :param stage_configuration: the whole configuration of that stage; none, `{}`, by default.
        :param width: pixels, as is `height`; the server chooses when they are not given.
        :param renderer: with `vray` the call is experimental; see `asset_jobs.render`.
        :param timeout: seconds to wait for the job at most, and `interval` between two looks at
            it; see `jobs.wait`.
        :param progress: is given the job after each look; see `jobs.wait`.
        :raises UsageError: when an argument is of the wrong kind.
        :raises JobFailedError: when the render failed.
        :raises DeadlineError: when the job has not ended in time; it goes on.
        """
        wish = Wish(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            format="png",
            stage_id=stage_id,
            stage_configuration={} if stage_configuration is None else stage_configuration,
            width=width,
            height=height,
        )
        span = self._session.within(options)
        if (layer := await self._sought(wish, span.options())) is not None:
            return layer
        started = await AssetJobs(self._session).render(
            asset_id,
            renderer=renderer,
            configuration=asset_layer_configuration,
            stage_id=stage_id,
            stage_configuration=stage_configuration,
            width=width,
            height=height,
            options=span.options(),
        )
        made = await self._made_by(
            started.job_id, span, timeout=timeout, interval=interval, progress=progress
        )
        # What the job has made counts even when the server chose another size.
        layer = wish.among(made) or next(iter(made), None)
        layer = layer or await self._sought(wish, span.options().uncached())
        if layer is None:
            raise wish.lost(started.job_id)
        return layer

    async def find_or_export(
        self,
        *,
        asset_id: str,
        format: str = "glb",  # noqa: A002  # the vendor's word
        asset_layer_configuration: Configuration,
        metadata: Mapping[str, Any] | None = None,
        ar_export: bool = True,
        timeout: float | None = 300.0,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float = 1.0,
        progress: Callable[[Job], object] | None = None,
        options: Options | None = None,
    ) -> Layer:
        """Look a 3D file up, and export and register it when it is not there.

        Exporting and registering need a private token. Two callers at the same time may both
        export: the vendor documents no lock. A deadline in `options` is over all of it, the wait
        for the job included. Source: how public integrations do it.

        :param asset_id: the asset to export.
        :param format: `glb` or `usdz`; see `asset_jobs.export` for others.
        :param asset_layer_configuration: the whole configuration; one that leaves attributes out
            may be exported anew each time, as the match is assumed to be exact.
        :param metadata: to look up with, and to register the file with. `arExport` is written
            beside it, true or false, and only a layer that says the same counts as found: a file
            you register yourself with `create` needs it too.
        :param ar_export: prepare the file for augmented reality.
        :param timeout: seconds to wait for the job at most, and `interval` between two looks at
            it; see `jobs.wait`.
        :param progress: is given the job after each look; see `jobs.wait`.
        :raises UsageError: when an argument is of the wrong kind.
        :raises JobFailedError: when the export failed.
        :raises DeadlineError: when the job has not ended in time; it goes on.
        """
        wish = Wish(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            format=format,
            metadata={} if metadata is None else metadata,
            ar_export=ar_export,
        )
        span = self._session.within(options)
        if (layer := await self._sought(wish, span.options())) is not None:
            return layer
        started = await AssetJobs(self._session).export(
            asset_id,
            format,
            configuration=asset_layer_configuration,
            ar_export=ar_export,
            options=span.options(),
        )
        made = await self._made_by(
            started.job_id, span, timeout=timeout, interval=interval, progress=progress
        )
        if (layer := wish.among(made)) is not None:
            return layer
        fresh = span.options().uncached()
        file_id = started.file_id or await self._result_of(started.job_id, format, fresh)
        if file_id is None:
            raise wish.lost(started.job_id)
        return await self.create(
            asset_id=asset_id,
            asset_layer_configuration=asset_layer_configuration,
            metadata=wish.marks(),
            job_id=started.job_id,
            file_id=file_id,
            options=span.options(),
        )

    async def download(
        self,
        layer: Layer | str,
        *,
        to: str | PathLike[str] | Remote,
        name: str = "{id}.{ext}",
        verify: bool = False,
        options: Options | None = None,
    ) -> FileResult:
        """Download the file of one layer. Any token may read.

        A file that is there already is kept, and one that an earlier call left unfinished is
        continued; see `download_all`. It is on the disk's surface before it gets its name. A
        deadline in `options` is over the whole file. Source: the vendor's Layers API page.

        :param layer: a layer, or its id.
        :param to: a folder, which is made when it is missing, or another destination; see
            `download_all`.
        :param name: a template, see `download_all`.
        :param verify: compare length and sha256 with the file's record.
        :raises DownloadError: when there is no file, it cannot be written, or it is not what was
            promised. Nothing is left under the final name.
        :raises NotFoundError: when an id is given and there is no such layer.
        """
        wish = LayerDownloads(to=to, name=name, verify=verify, options=options)
        if isinstance(layer, str):
            return await wish.one(self._session, partial(self.get, layer, options=options))
        return await wish.one(self._session, layer)

    async def download_all(
        self,
        layers: Iterable[Layer] | AsyncIterable[Layer],
        *,
        to: str | PathLike[str] | Remote,
        name: str = "{id}.{ext}",
        concurrency: int = 32,
        verify: bool = False,
        on_error: OnError = "continue",
        duplicates: Duplicates = "copy",
        manifest: bool | str | PathLike[str] = True,
        confirm: bool = True,
        progress: Callable[[Progress], object] | None = None,
        options: Options | None = None,
    ) -> TransferReport:
        """Download the files of many layers, and report. Any token may read.

        A file that fails is counted in the report and never stops the others. A final name is only
        ever given to a complete file. Running again fetches only what is missing: what is finished
        stands in a manifest and is not asked for, and what broke off is continued where the server
        lets it. A file that several layers share is fetched once. A deadline in `options` is over
        each file. A full disk stops the run; what is under way is kept, and the report says so.

        When the process is killed, nothing that was finished is lost. When the power is cut, what
        was finished in the last seconds may be; the next run finds that out and fetches it again.
        Source: the vendor's Layers API page.

        :param layers: any iterable; a pager too, so that pages and files flow together.
        :param to: a folder, which is made when it is missing; `s3://`, `gs://` or `az://` and a
            bucket with a prefix (extra `cloud`); any other address fsspec knows (extra `fsspec`).
        :param name: a template of `id`, `asset_id`, `asset_layer`, `stage_id`, `org_id`,
            `job_id`, `task_id`, `file_id`, `branch`, `format`, `width`, `height` and `ext`. Other
            names are looked up in the layer's metadata, then in its configuration, then in that of
            its stage, as `{sku}`; `{metadata.sku}`, `{configuration.sku}` and `{stage.sku}` say
            which. `/` makes folders. Unsafe characters in values are replaced; two files never get
            the same name.
        :param concurrency: files in flight at most; fewer where the process may not open so many.
        :param verify: read each file's record, and compare length and sha256 with it; read again
            what is there already. Costs one request more for each file.
        :param on_error: `stop` begins no more files after the first that failed, and cancels those
            under way; what they have is kept.
        :param duplicates: what a file that is there under another name becomes: a `copy`, or one
            more name of the same file (`link`), which changes when the other one is edited.
        :param manifest: False remembers nothing, and takes what has its final name for finished. A
            path keeps the manifest elsewhere, which is the only way for destinations that are no
            folder; else it is `threekit-manifest.jsonl` in the folder.
        :param confirm: read a listing that is passed as a pager again, so that no layer is missed
            that others, added or deleted meanwhile, have moved; see `thorough` of the pager.
        :param progress: called at most ten times a second, and at the end. In the synchronous
            client it runs on the loop's thread: be quick, and do not call the client from it.
        :raises UsageError: when an argument is wrong; nothing was sent.
        :raises DownloadError: when the destination cannot be written; nothing was sent.
        :raises ThreekitError: when the layers themselves cannot be listed.
        """
        wish = LayerDownloads(
            to=to,
            name=name,
            concurrency=concurrency,
            verify=verify,
            on_error=on_error,
            duplicates=duplicates,
            manifest=manifest,
            confirm=confirm,
            options=options,
        )
        return await reported(await wish.run(self._session, layers), progress)

    async def iter_downloads(
        self,
        layers: Iterable[Layer] | AsyncIterable[Layer],
        *,
        to: str | PathLike[str] | Remote,
        name: str = "{id}.{ext}",
        concurrency: int = 32,
        verify: bool = False,
        on_error: OnError = "continue",
        duplicates: Duplicates = "copy",
        manifest: bool | str | PathLike[str] = True,
        confirm: bool = True,
        options: Options | None = None,
    ) -> AsyncGenerator[FileResult, None]:
        """Download like `download_all`, and yield the result of each file as it ends.

        `layers`, `to`, `name`, `concurrency`, `verify`, `on_error`, `duplicates`, `manifest` and
        `confirm` are those of `download_all`. After a full disk, or with `on_error="stop"` any
        failure, the results end.
        Leaving the loop early ends the downloads that are under way, which keeps what they have;
        close the generator (`contextlib.aclosing`) to have that happen at once. Any token may read.
        Source: the vendor's Layers API page.

        :raises UsageError: when an argument is wrong; nothing was sent.
        :raises DownloadError: when the destination cannot be written; nothing was sent.
        :raises ThreekitError: when the layers themselves cannot be listed.
        """
        wish = LayerDownloads(
            to=to,
            name=name,
            concurrency=concurrency,
            verify=verify,
            on_error=on_error,
            duplicates=duplicates,
            manifest=manifest,
            confirm=confirm,
            options=options,
        )
        run = await wish.run(self._session, layers)
        try:
            while (result := await run.next()) is not None:
                yield result
        finally:
            await run.end()

    async def _sought(self, wish: Wish, options: Options | None) -> Layer | None:
        span = self._session.within(options)
        latest = await found(self._session, One(Layer), span.options(), **wish.lookup())
        if latest is None or wish.fits(latest):
            return latest
        # The latest is of another size, or on another stage: an earlier one may do.
        pager = self.list(**wish.lookup(), sort="-created_at", options=span.options())
        return wish.among((await pager.first()).items)

    async def _made_by(
        self,
        job_id: str,
        span: Span,
        *,
        timeout: float | None,  # noqa: ASYNC109  # of the job, not of this coroutine
        interval: float,
        progress: Callable[[Job], object] | None,
    ) -> Sequence[Layer]:
        """Wait for a job, and return the layers it has made."""
        await Jobs(self._session).wait(
            job_id, timeout=timeout, interval=interval, progress=progress, options=span.options()
        )
        fresh = span.options().uncached()
        return (await self.list(job_id=job_id, sort="-created_at", options=fresh).first()).items

    async def _result_of(self, job_id: str, format: str, options: Options | None) -> str | None:  # noqa: A002
        runs = await Jobs(self._session).runs(job_id=job_id, options=options).all(limit=_MOST_RUNS)
        file = result_file(runs, format)
        return file.id if file is not None else None
